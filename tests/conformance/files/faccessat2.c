/* faccessat2(2). */
#include "access-common.h"

static long flagged(int dir, const char *path, int mode, int flags)
{
	return syscall(SYS_faccessat2, dir, path, mode, flags);
}

static int call(const char *path, int mode)
{
	return (int)flagged(AT_FDCWD, path, mode, 0);
}

static int effective(const char *path, int mode)
{
	return (int)flagged(AT_FDCWD, path, mode, AT_EACCESS);
}

static void divided(void *arg)
{
	(void)arg;
	access_real_root_effective_user();
	CHECK_OK(call("none", R_OK), "without flags the real user counts");
	CHECK_ERRNO(effective("none", R_OK), EACCES, "with AT_EACCESS the effective one");
}

static void descriptors(void)
{
	int f = open("f", O_PATH), d = open("d", O_RDONLY), link = open("dangling", O_PATH | O_NOFOLLOW);

	CHECK_OK(flagged(f, "", R_OK, AT_EMPTY_PATH), "AT_EMPTY_PATH: a file");
	CHECK_ERRNO(flagged(f, "", X_OK, AT_EMPTY_PATH), EACCES, "AT_EMPTY_PATH: that is no program");
	CHECK_OK(flagged(link, "", F_OK, AT_EMPTY_PATH), "AT_EMPTY_PATH: a link is not followed");
	CHECK_OK(flagged(AT_FDCWD, "", R_OK, AT_EMPTY_PATH), "AT_EMPTY_PATH: the current directory");
	CHECK_ERRNO(flagged(-1, "", R_OK, AT_EMPTY_PATH), EBADF, "AT_EMPTY_PATH: nothing");
	CHECK_ERRNO(flagged(f, "", R_OK, 0), ENOENT, "an empty path");
	CHECK_OK(flagged(d, "e", R_OK, 0), "from a directory");
	CHECK_OK(flagged(AT_FDCWD, "dangling", F_OK, AT_SYMLINK_NOFOLLOW), "AT_SYMLINK_NOFOLLOW: a dangling link");
	CHECK_ERRNO(flagged(AT_FDCWD, "f", F_OK, 0x20000), EINVAL, "an unknown flag");
	close(link);
	close(d);
	close(f);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	if (call(".", F_OK) == -1 && errno == ENOSYS) {
		check_skip("faccessat2", "the kernel does not have it");
		return check_end();
	}
	access_common(call);
	access_user_call = effective;
	check_as_user(access_user, NULL);
	check_in_child(divided, NULL);
	descriptors();
	return check_end();
}
