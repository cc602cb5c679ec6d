/* chroot(2). */
#include "../check.h"

static int call(const char *path)
{
	return (int)syscall(SYS_chroot, path);
}

static bool reads(const char *path, const char *want)
{
	char buf[32] = "";
	int fd = open(path, O_RDONLY);
	bool same = fd >= 0 && read(fd, buf, sizeof(buf) - 1) >= 0 && strcmp(buf, want) == 0;

	close(fd);
	return same;
}

static void inside(void *arg)
{
	char buf[PATH_MAX];
	ssize_t n;

	(void)arg;
	CHECK_OK(call("new"), "a directory");
	CHECK(reads("f", "outer"), "the current directory stays");
	NEED(chdir("/") == 0);
	CHECK(reads("/f", "inner"), "absolute paths begin there");
	CHECK(reads("f", "inner"), "and relative ones after chdir");
	CHECK(reads("../../f", "inner"), ".. does not leave it");
	CHECK(reads("/d/../../f", "inner"), "in the middle neither");
	CHECK(reads("absolute", "inner"), "absolute links begin there");
	CHECK(reads("up", "inner"), "relative ones do not leave it");
	CHECK(getcwd(buf, sizeof(buf)) != NULL, "there is a current directory");
	CHECK_STRING(buf, "/", "which is the root");
	NEED(chdir("d") == 0);
	CHECK_STRING(getcwd(buf, sizeof(buf)), "/d", "paths are told from there");
	CHECK_ERRNO(access("/proc/self", F_OK), ENOENT, "there is no /proc");
	CHECK_OK(call("/d"), "again, deeper");
	CHECK_OK(chdir("/"), "to the new root");
	CHECK(reads("/g", "deep"), "it is there");
	CHECK_STRING(getcwd(buf, sizeof(buf)), "/", "and is the root");
	n = readlink("/link", buf, sizeof(buf));
	CHECK_EQUAL(n, 4, "links are read as they are");
}

/* Who stands outside of the root can get out again. */
static void outside(void *arg)
{
	char buf[PATH_MAX], path[PATH_MAX];
	long n;

	(void)arg;
	snprintf(path, sizeof(path), "..%.4000s/f", strrchr(check_directory, '/'));
	NEED(call("new") == 0);
	n = syscall(SYS_getcwd, buf, sizeof(buf));
	CHECK(n > 0 && strncmp(buf, "(unreachable)", 13) == 0,
	      "a current directory outside of the root is unreachable");
	CHECK(reads(path, "outer"), ".. works there");
	CHECK_OK(call("."), "the root can be left from there");
	CHECK(reads("/f", "outer"), "the new one is outside");
	NEED(chdir("/") == 0);
	CHECK_STRING(getcwd(buf, sizeof(buf)), "/", "and is the root");
}

static void descriptors(void *arg)
{
	int fd = open("f", O_RDONLY), dir = open(".", O_RDONLY), r;
	char c;

	(void)arg;
	NEED(call("new") == 0 && chdir("/") == 0);
	CHECK(read(fd, &c, 1) == 1 && c == 'o', "an open file stays open");
	CHECK((r = openat(dir, "f", O_RDONLY)) >= 0 && read(r, &c, 1) == 1 && c == 'o',
	      "a directory outside can be used");
	CHECK_OK(fchdir(dir), "and gone to");
	CHECK(reads("f", "outer"), "it is outside");
	CHECK(reads("/f", "inner"), "the root stays");
}

static void children(void *arg)
{
	(void)arg;
	NEED(call("new") == 0 && chdir("/") == 0);
	fflush(stdout);
	if (fork() == 0)
		_exit(reads("/f", "inner") ? 0 : 1);
	int status;

	NEED(wait(&status) > 0);
	CHECK_EQUAL(status, 0, "a child has the same root");
}

static void as_user(void *arg)
{
	(void)arg;
	CHECK_ERRNO(call("new"), EPERM, "a user may not");
	CHECK_ERRNO(call("nothing"), ENOENT, "but learns first that there is nothing");
	CHECK_ERRNO(call("closed"), EACCES, "or that it may not be searched");
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	NEED(mkdir("new", 0755) == 0 && mkdir("new/d", 0755) == 0 && mkdir("closed", 0700) == 0);
	check_write_file("f", "outer");
	check_write_file("new/f", "inner");
	check_write_file("new/d/g", "deep");
	NEED(symlink("/f", "new/absolute") == 0 && symlink("../../f", "new/up") == 0 &&
	     symlink("/g/x", "new/d/link") == 0);
	CHECK_ERRNO(call("nothing"), ENOENT, "nothing");
	CHECK_ERRNO(call("f"), ENOTDIR, "a file");
	CHECK_ERRNO(call(""), ENOENT, "an empty path");
	CHECK_ERRNO(call((const char *)8), EFAULT, "a path that is not there");
	check_in_child(inside, NULL);
	check_in_child(outside, NULL);
	check_in_child(descriptors, NULL);
	check_in_child(children, NULL);
	check_as_user(as_user, NULL);
	return check_end();
}
