/* Device nodes have owners, modes, numbers and attributes as other files have, wherever they go. */
#include "../check.h"

#include <sys/sysmacros.h>
#include <sys/xattr.h>

static void is(const char *path, mode_t mode, dev_t device, uid_t uid, const char *what)
{
	struct stat st;

	CHECK(lstat(path, &st) == 0 && st.st_mode == mode && st.st_rdev == device && st.st_uid == uid, "%s", what);
}

static void node(const char *path, mode_t type, dev_t device)
{
	struct stat st;
	char value[8];
	int fd;

	CHECK_OK(mknod(path, type | 0660, device), "makes a node");
	is(path, type | 0640, device, 0, "with its type, mode and number");
	CHECK_OK(chown(path, 21, 22), "chown");
	is(path, type | 0640, device, 21, "changes the owner only");
	CHECK_OK(chmod(path, 0606), "chmod");
	is(path, type | 0606, device, 21, "changes the mode only");
	CHECK_OK(rename(path, "d/moved"), "it moves");
	is("d/moved", type | 0606, device, 21, "and stays what it is");
	CHECK_OK(link("d/moved", path), "it gets a second name");
	CHECK(stat(path, &st) == 0 && st.st_nlink == 2 && st.st_size == 0, "for the same node");
	fd = open(path, O_PATH);
	CHECK(fstat(fd, &st) == 0 && st.st_mode == (type | 0606) && st.st_rdev == device, "fstat tells the same");
	close(fd);
	CHECK_ERRNO(truncate(path, 0), EINVAL, "it has no length");
	CHECK_ERRNO(setxattr(path, "user.a", "v", 1, 0), EPERM, "and no user attributes");
	if (setxattr(path, "trusted.a", "v", 1, 0) == 0)
		CHECK_EQUAL(getxattr(path, "trusted.a", value, sizeof(value)), 1, "but root's");
	else
		check_skip("but root's", "the file system does not have them");
	CHECK_OK(unlink(path), "a name is removed");
	CHECK_OK(unlink("d/moved"), "and the other");
}

int main(int argc, char **argv)
{
	int fd;

	check_begin(argc, argv);
	NEED(mkdir("d", 0755) == 0);
	node("char", S_IFCHR, makedev(1, 3));
	node("block", S_IFBLK, makedev(300, 70000));

	/* As touch does it. */
	NEED(mknod("null", S_IFCHR | 0600, makedev(1, 3)) == 0);
	fd = (int)CHECK_OK(open("null", O_WRONLY | O_CREAT | O_NONBLOCK, 0666), "a node that works is opened");
	CHECK_OK(futimens(fd, NULL), "its times are set");
	CHECK_EQUAL(write(fd, "x", 1), 1, "it takes what is written");
	close(fd);
	return check_end();
}
