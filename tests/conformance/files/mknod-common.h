/* What mknod(2) and mknodat(2) have in common. */
#ifndef LX_TESTS_CONFORMANCE_MKNOD_COMMON_H
#define LX_TESTS_CONFORMANCE_MKNOD_COMMON_H

#include "../check.h"

#include <sys/sysmacros.h>

typedef int mknod_call(const char *path, mode_t mode, dev_t device);

CHECK_UNUSED static void mknod_is(const char *path, mode_t mode, dev_t device, const char *what)
{
	struct stat st;

	CHECK(lstat(path, &st) == 0 && st.st_mode == mode, "%s: its type and mode", what);
	if (device != 0)
		CHECK(st.st_rdev == device, "%s: its number", what);
}

static mknod_call *mknod_user_call;

CHECK_UNUSED static void mknod_user(void *arg)
{
	(void)arg;
	CHECK_ERRNO(mknod_user_call("open/device", S_IFCHR | 0600, makedev(1, 3)), EPERM, "a user makes no devices");
	CHECK_ERRNO(mknod_user_call("open/device", S_IFBLK | 0600, makedev(7, 0)), EPERM, "of either kind");
	CHECK_OK(mknod_user_call("open/fifo", S_IFIFO | 0600, 0), "but FIFOs");
	CHECK_ERRNO(mknod_user_call("fifo2", S_IFIFO | 0600, 0), EACCES, "not in another's directory");
}

CHECK_UNUSED static void mknod_common(mknod_call *call)
{
	CHECK_OK(call("file", S_IFREG | 0666, 0), "a file");
	mknod_is("file", S_IFREG | 0644, 0, "a file");
	CHECK_OK(call("typeless", 04777, 0), "no type is a file");
	mknod_is("typeless", S_IFREG | 04755, 0, "no type");
	CHECK_OK(call("fifo", S_IFIFO | 0666, 0), "a FIFO");
	mknod_is("fifo", S_IFIFO | 0644, 0, "a FIFO");
	CHECK_OK(call("socket", S_IFSOCK | 0600, 0), "a socket");
	mknod_is("socket", S_IFSOCK | 0600, 0, "a socket");
	CHECK_OK(call("char", S_IFCHR | 0666, makedev(1, 3)), "a character device");
	mknod_is("char", S_IFCHR | 0644, makedev(1, 3), "a character device");
	CHECK_OK(call("block", S_IFBLK | 0660, makedev(300, 70000)), "a block device with large numbers");
	mknod_is("block", S_IFBLK | 0640, makedev(300, 70000), "a block device");

	NEED(symlink("new", "dangling") == 0);
	CHECK_ERRNO(call("file", S_IFREG | 0600, 0), EEXIST, "a name that is taken");
	CHECK_ERRNO(call("dangling", S_IFREG | 0600, 0), EEXIST, "by a dangling link");
	CHECK_ERRNO(call("dir", S_IFDIR | 0700, 0), EPERM, "a directory");
	CHECK_ERRNO(call("link", S_IFLNK | 0700, 0), EINVAL, "a link");
	CHECK_ERRNO(call("odd", 0150000, 0), EINVAL, "an unknown type");
	CHECK_ERRNO(call("new/", S_IFREG | 0600, 0), ENOENT, "a slash behind the name");
	CHECK_ERRNO(call("nothing/f", S_IFREG | 0600, 0), ENOENT, "no such directory");
	CHECK_ERRNO(call("file/f", S_IFREG | 0600, 0), ENOTDIR, "a file as a directory");
	CHECK_ERRNO(call("", S_IFREG | 0600, 0), ENOENT, "an empty path");
	CHECK_ERRNO(call((const char *)8, S_IFREG | 0600, 0), EFAULT, "a path that is not there");

	NEED(mkdir("open", 0777) == 0 && chmod("open", 0777) == 0);
	mknod_user_call = call;
	check_as_user(mknod_user, NULL);
}

#endif
