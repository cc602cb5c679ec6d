/* What symlink(2) and symlinkat(2) have in common. */
#ifndef LX_TESTS_CONFORMANCE_SYMLINK_COMMON_H
#define LX_TESTS_CONFORMANCE_SYMLINK_COMMON_H

#include "../check.h"

typedef int symlink_call(const char *text, const char *path);

CHECK_UNUSED static void symlink_has(const char *path, const char *want, const char *what)
{
	char text[PATH_MAX + 1] = "";

	NEED(readlink(path, text, PATH_MAX) >= 0);
	CHECK_STRING(text, want, what);
}

static symlink_call *symlink_user_call;

CHECK_UNUSED static void symlink_user(void *arg)
{
	struct stat st;

	(void)arg;
	CHECK_ERRNO(symlink_user_call("f", "mine"), EACCES, "a user may not in another's directory");
	CHECK_OK(symlink_user_call("f", "open/mine"), "but where all may write");
	CHECK(lstat("open/mine", &st) == 0 && S_ISLNK(st.st_mode), "it is a link");
}

CHECK_UNUSED static void symlink_common(symlink_call *call)
{
	char text[PATH_MAX + 8];

	NEED(mkdir("d", 0755) == 0);
	check_write_file("f", "");
	CHECK_OK(call("f", "relative"), "a relative text");
	symlink_has("relative", "f", "stays as it is");
	CHECK_OK(call("/usr/../etc//x/", "absolute"), "an absolute text");
	symlink_has("absolute", "/usr/../etc//x/", "stays as it is, too");
	CHECK_OK(call("../f", "d/up"), "in a directory");
	CHECK_OK(access("d/up", F_OK), "leads out of it");
	CHECK_OK(call("/proc/self/cwd/f", "magic"), "through a magic link");
	CHECK_OK(access("magic", F_OK), "leads there");
	/* Some file systems end at 1024. */
	memset(text, 'x', sizeof(text));
	text[1023] = '\0';
	CHECK_OK(call(text, "long"), "a long text");
	symlink_has("long", text, "is whole");
	text[1023] = 'x';
	text[PATH_MAX] = '\0';
	CHECK_ERRNO(call(text, "longer"), ENAMETOOLONG, "one longer than a path may be");

	CHECK_ERRNO(call("x", "f"), EEXIST, "a name that is taken");
	CHECK_ERRNO(call("x", "absolute"), EEXIST, "by a dangling link");
	CHECK_ERRNO(call("x", "d"), EEXIST, "by a directory");
	CHECK_ERRNO(call("x", "."), EEXIST, ".");
	CHECK_ERRNO(call("x", "new/"), ENOENT, "a slash behind the name");
	CHECK_ERRNO(call("", "new"), ENOENT, "an empty text");
	CHECK_ERRNO(call("x", ""), ENOENT, "an empty path");
	CHECK_ERRNO(call("x", "nothing/new"), ENOENT, "no such directory");
	CHECK_ERRNO(call("x", "f/new"), ENOTDIR, "a file as a directory");
	CHECK_ERRNO(call((const char *)8, "new"), EFAULT, "a text that is not there");
	CHECK_ERRNO(call("x", (const char *)8), EFAULT, "a path that is not there");

	NEED(mkdir("open", 0777) == 0 && chmod("open", 0777) == 0);
	symlink_user_call = call;
	check_as_user(symlink_user, NULL);
}

#endif
