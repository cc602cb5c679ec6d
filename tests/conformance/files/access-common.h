/* What access(2), faccessat(2) and faccessat2(2) have in common. */
#ifndef LX_TESTS_CONFORMANCE_ACCESS_COMMON_H
#define LX_TESTS_CONFORMANCE_ACCESS_COMMON_H

#include "../check.h"

typedef int access_call(const char *path, int mode);

CHECK_UNUSED static void access_prepare(void)
{
	check_write_file("f", "");
	check_write_file("none", "");
	check_write_file("program", "");
	check_write_file("owned", "");
	check_write_file("grouped", "");
	NEED(chmod("none", 0) == 0 && chmod("program", 0755) == 0);
	NEED(chmod("owned", 0077) == 0 && chown("owned", CHECK_USER, CHECK_USER) == 0);
	NEED(chmod("grouped", 0704) == 0 && chown("grouped", 0, CHECK_USER) == 0);
	NEED(mkdir("d", 0700) == 0 && mkdir("d/e", 0777) == 0 && mkdir("seen", 0744) == 0);
	check_write_file("seen/f", "");
	NEED(symlink("f", "link") == 0 && symlink("nothing", "dangling") == 0);
}

CHECK_UNUSED static void access_root(access_call *call)
{
	CHECK_OK(call("f", F_OK), "a file that is there");
	CHECK_OK(call("f", R_OK | W_OK), "root may read and write it");
	CHECK_ERRNO(call("f", X_OK), EACCES, "but not run what is not executable");
	CHECK_OK(call("program", R_OK | W_OK | X_OK), "a program may be run");
	CHECK_OK(call("none", R_OK | W_OK), "root may read and write a file of mode 0");
	CHECK_ERRNO(call("none", X_OK), EACCES, "not run it");
	CHECK_OK(call("d", R_OK | W_OK | X_OK), "and search all directories");
	CHECK_OK(call("link", R_OK), "follows a link");
	CHECK_ERRNO(call("dangling", F_OK), ENOENT, "a dangling link");
	CHECK_ERRNO(call("nothing", F_OK), ENOENT, "no such file");
	CHECK_ERRNO(call("", F_OK), ENOENT, "an empty path");
	CHECK_ERRNO(call("f/", F_OK), ENOTDIR, "a slash behind a file");
	CHECK_ERRNO(call("f", 8), EINVAL, "an unknown mode");
	CHECK_ERRNO(call("nothing", 8), EINVAL, "comes before the path");
	CHECK_ERRNO(call((const char *)8, F_OK), EFAULT, "a path that is not there");
}

static access_call *access_user_call;

CHECK_UNUSED static void access_user(void *arg)
{
	access_call *call = access_user_call;

	(void)arg;
	CHECK_OK(call("f", R_OK), "a user may read a file of mode 0644");
	CHECK_ERRNO(call("f", W_OK), EACCES, "not write it");
	CHECK_ERRNO(call("f", R_OK | W_OK), EACCES, "not both");
	CHECK_OK(call("program", R_OK | X_OK), "run a program");
	CHECK_ERRNO(call("none", R_OK), EACCES, "not read a file of mode 0");
	CHECK_OK(call("none", F_OK), "but see it");
	CHECK_ERRNO(call("owned", R_OK), EACCES, "an owner has the owner's rights only");
	CHECK_ERRNO(call("grouped", R_OK), EACCES, "a member of the group has the group's rights only");
	CHECK_ERRNO(call("d/e", F_OK), EACCES, "what is behind a directory that may not be searched");
	CHECK_OK(call("d", F_OK), "that directory is there");
	CHECK_ERRNO(call("d", R_OK), EACCES, "it may not be read");
	CHECK_OK(call("seen", R_OK), "a directory that may be read");
	CHECK_ERRNO(call("seen", X_OK), EACCES, "but not searched");
	CHECK_ERRNO(call("seen/f", F_OK), EACCES, "hides what is in it");
}

CHECK_UNUSED static void access_common(access_call *call)
{
	access_prepare();
	access_root(call);
	access_user_call = call;
	check_as_user(access_user, NULL);
}

/* The effective user is another than the real one: 0 asks for the rights of the real one, who is no one special. */
CHECK_UNUSED static void access_real_root_effective_user(void)
{
	NEED(syscall(SYS_setresgid, 0, CHECK_USER, 0) == 0);
	NEED(syscall(SYS_setresuid, 0, CHECK_USER, 0) == 0);
}

#endif
