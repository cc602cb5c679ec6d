/*
 * All calls through a magic link of /proc act on what the descriptor is. Libcs use it for what has no call of its own.
 *
 * conformance: not under notify: /proc refuses to remove its names with another errno for the supervisor, who is not their owner
 */
#include "../check.h"

#include <sys/vfs.h>
#include <sys/xattr.h>

static char path[64];

static const char *through(int fd)
{
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return path;
}

static void attributes(void)
{
	struct timespec times[2] = {{1000000000, 0}, {1100000000, 0}};
	struct stat st;
	int p = open("f", O_PATH);

	CHECK_OK(chown(through(p), 5, 6), "chown");
	CHECK(lstat("f", &st) == 0 && st.st_uid == 5 && st.st_gid == 6, "changed the file");
	CHECK(stat(through(p), &st) == 0 && st.st_uid == 5 && st.st_gid == 6, "stat tells it");
	CHECK_OK(chmod(through(p), 04711), "chmod");
	CHECK(lstat("f", &st) == 0 && st.st_mode == (S_IFREG | 04711), "changed the file");
	CHECK(stat(through(p), &st) == 0 && st.st_mode == (S_IFREG | 04711), "stat tells it");
	CHECK(fstatat(p, "", &st, AT_EMPTY_PATH) == 0 && st.st_uid == 5 && st.st_mode == (S_IFREG | 04711),
	      "so does fstat");
	CHECK_OK(utimensat(AT_FDCWD, through(p), times, 0), "utimensat");
	CHECK(stat("f", &st) == 0 && st.st_mtime == 1100000000, "changed the file");
	CHECK_OK(truncate(through(p), 3), "truncate");
	CHECK(stat("f", &st) == 0 && st.st_size == 3, "changed the file");
	CHECK_OK(access(through(p), R_OK | W_OK | X_OK), "access");
	CHECK(lstat(through(p), &st) == 0 && S_ISLNK(st.st_mode), "lstat sees the link");
	close(p);
}

static void extended(void)
{
	char value[16];
	int p = open("f", O_PATH);

	if (setxattr(through(p), "user.a", "v", 1, 0) == -1 && errno == EOPNOTSUPP) {
		check_skip("extended attributes", "the file system does not have them");
		return;
	}
	CHECK_EQUAL(getxattr("f", "user.a", value, sizeof(value)), 1, "setxattr changed the file");
	CHECK_EQUAL(getxattr(through(p), "user.a", value, sizeof(value)), 1, "getxattr tells it");
	CHECK_OK(removexattr(through(p), "user.a"), "removexattr");
	CHECK_ERRNO(getxattr("f", "user.a", value, sizeof(value)), ENODATA, "changed the file");
	close(p);
}

static void places(void)
{
	struct statfs a, b;
	char cwd[PATH_MAX];
	struct stat st;
	int d = open("d", O_PATH), f = open("f", O_RDONLY);

	CHECK(statfs(through(d), &a) == 0 && statfs("d", &b) == 0 && a.f_type == b.f_type, "statfs");
	CHECK_OK(linkat(AT_FDCWD, through(f), AT_FDCWD, "linked", AT_SYMLINK_FOLLOW), "linkat");
	CHECK(stat("linked", &st) == 0 && st.st_nlink == 2, "gave it a name");
	CHECK_ERRNO(link(through(f), "link2"), EXDEV, "link does not follow");
	CHECK_ERRNO(unlink(through(f)), EPERM, "unlink does not follow");
	snprintf(path, sizeof(path), "/proc/self/fd/%d/made", d);
	CHECK_OK(mkdir(path, 0755), "mkdir behind one");
	CHECK(stat("d/made", &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == 0, "made it there");
	snprintf(path, sizeof(path), "/proc/self/fd/%d/new", d);
	CHECK_OK(close(open(path, O_RDWR | O_CREAT, 0644)), "creating behind one");
	CHECK_OK(access("d/new", F_OK), "made it there");
	CHECK_OK(rename(path, "renamed"), "renaming from behind one");
	CHECK_OK(access("renamed", F_OK), "it is here");
	CHECK_OK(chdir(through(d)), "chdir");
	CHECK_OK(access("made", F_OK), "went there");
	CHECK(getcwd(cwd, sizeof(cwd)) != NULL && strcmp(strrchr(cwd, '/'), "/d") == 0,
	      "which is known by its own path");
	NEED(chdir("..") == 0);
	CHECK_OK(access("/proc/self/cwd/d/made", F_OK), "behind cwd");
	CHECK_OK(rmdir("/proc/self/cwd/d/made"), "rmdir behind cwd");
	CHECK_ERRNO(access("d/made", F_OK), ENOENT, "removed it");
	close(f);
	close(d);
}

static void as_user(void *arg)
{
	(void)arg;
	CHECK_ERRNO(chmod(through(*(int *)arg), 0777), EPERM, "a user may not chmod another's file through one");
}

int main(int argc, char **argv)
{
	int fd;

	check_begin(argc, argv);
	check_write_file("f", "content");
	NEED(mkdir("d", 0755) == 0);
	attributes();
	extended();
	places();
	fd = open("f", O_RDONLY);
	check_as_user(as_user, &fd);
	return check_end();
}
