/* What mkdir(2) and mkdirat(2) have in common. */
#ifndef LX_TESTS_CONFORMANCE_MKDIR_COMMON_H
#define LX_TESTS_CONFORMANCE_MKDIR_COMMON_H

#include "../check.h"

typedef int mkdir_call(const char *path, mode_t mode);

static mkdir_call *mkdir_user_call;

CHECK_UNUSED static void mkdir_user(void *arg)
{
	struct stat st;

	(void)arg;
	CHECK_ERRNO(mkdir_user_call("mine", 0755), EACCES, "a user may not in another's directory");
	CHECK_ERRNO(mkdir_user_call("d", 0755), EEXIST, "a name that is taken comes first");
	CHECK_OK(mkdir_user_call("open/mine", 0755), "but where all may write");
	CHECK(stat("open/mine", &st) == 0 && st.st_uid == CHECK_USER && st.st_gid == CHECK_USER,
	      "it is the user's own");
	CHECK_OK(mkdir_user_call("grouped/mine", 0755), "in a directory with S_ISGID");
	CHECK(stat("grouped/mine", &st) == 0 && st.st_gid == 7, "the group is the directory's");
	CHECK_EQUAL(st.st_mode, S_IFDIR | S_ISGID | 0755, "and so is the bit");
}

CHECK_UNUSED static void mkdir_common(mkdir_call *call)
{
	char path[PATH_MAX + 8];
	struct stat st;

	CHECK_OK(call("d", 0777), "makes a directory");
	CHECK(stat("d", &st) == 0 && st.st_mode == (S_IFDIR | 0755), "with the mode under the umask");
	CHECK(st.st_uid == 0 && st.st_gid == 0, "it belongs to who made it");
	CHECK_OK(call("d/e/", 01700), "a slash behind the name");
	CHECK(stat("d/e", &st) == 0 && st.st_mode == (S_IFDIR | S_ISVTX | 0700), "the sticky bit");
	snprintf(path, sizeof(path), "%s/d/absolute", check_directory);
	CHECK_OK(call(path, 0), "an absolute path");
	CHECK(stat("d/absolute", &st) == 0 && st.st_mode == S_IFDIR, "mode 0");
	CHECK_OK(mkdir("d/absolute/below", 0755), "root works in it");
	umask(0777);
	CHECK_OK(call("closed", 0777), "the umask takes all of the mode");
	umask(022);
	CHECK(stat("closed", &st) == 0 && st.st_mode == S_IFDIR, "so it is mode 0 again");
	CHECK_ERRNO(lstat("closed/nothing", &st), ENOENT, "which does not keep root from looking");
	CHECK_OK(rmdir("closed"), "or from removing it");
	CHECK(stat("d", &st) == 0 && (st.st_nlink == 4 || st.st_nlink == 1), "its parent counts its children");

	check_write_file("f", "");
	NEED(symlink("new", "dangling") == 0 && symlink("d", "link") == 0);
	CHECK_ERRNO(call("d", 0755), EEXIST, "a name that is taken");
	CHECK_ERRNO(call("f", 0755), EEXIST, "by a file");
	CHECK_ERRNO(call("link", 0755), EEXIST, "by a link");
	CHECK_ERRNO(call("dangling", 0755), EEXIST, "by a dangling link");
	CHECK_ERRNO(call("dangling/", 0755), EEXIST, "also with a slash behind it");
	CHECK_ERRNO(call(".", 0755), EEXIST, ".");
	CHECK_ERRNO(call("..", 0755), EEXIST, "..");
	CHECK_ERRNO(call("/", 0755), EEXIST, "/");
	CHECK_ERRNO(call("/proc", 0755), EEXIST, "a mount point");
	CHECK_ERRNO(call("", 0755), ENOENT, "an empty path");
	CHECK_ERRNO(call("nothing/d", 0755), ENOENT, "no such directory");
	CHECK_ERRNO(call("f/d", 0755), ENOTDIR, "a file as a directory");
	CHECK_ERRNO(call("f/", 0755), EEXIST, "a slash behind a file");
	CHECK_ERRNO(call((const char *)8, 0755), EFAULT, "a path that is not there");
	CHECK_OK(call("link/through", 0755), "through a link");
	CHECK_OK(access("d/through", F_OK), "there it is");

	NEED(mkdir("open", 0777) == 0 && chmod("open", 0777) == 0);
	NEED(mkdir("grouped", 0777) == 0 && chown("grouped", 0, 7) == 0 && chmod("grouped", 02777) == 0);
	mkdir_user_call = call;
	check_as_user(mkdir_user, NULL);
}

#endif
