/*
 * One set of operations, done by the kernel itself or by the vfs: what a differential test compares. Every function
 * returns >= 0 or -errno.
 */
#ifndef LX_TESTS_UNIT_VFS_API_H
#define LX_TESTS_UNIT_VFS_API_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

struct api {
	const char *name;
	int (*open)(int dir, const char *path, int flags, mode_t mode, uint64_t resolve);
	int (*stat)(int dir, const char *path, int flags, struct stat *st);
	int (*fstat)(int fd, struct stat *st);
	int (*statx)(int dir, const char *path, int flags, struct statx *st);
	int (*access)(int dir, const char *path, int mode, int flags);
	int (*readlink)(int dir, const char *path, char *buf, size_t size);
	long (*getdents)(int fd, void *buf, size_t size);
	int (*mkdir)(int dir, const char *path, mode_t mode);
	int (*mknod)(int dir, const char *path, mode_t mode, dev_t device);
	int (*symlink)(const char *text, int dir, const char *path);
	int (*link)(int from, const char *old, int to, const char *new, int flags);
	int (*unlink)(int dir, const char *path, int flags);
	int (*rename)(int from, const char *old, int to, const char *new, unsigned flags);
	int (*chmod)(int dir, const char *path, mode_t mode, int flags);
	int (*fchmod)(int fd, mode_t mode);
	int (*chown)(int dir, const char *path, uid_t uid, gid_t gid, int flags);
	int (*fchown)(int fd, uid_t uid, gid_t gid);
	int (*utimens)(int dir, const char *path, const struct timespec *times, int flags);
	int (*truncate)(const char *path, off_t length);
	int (*chdir)(const char *path);
	int (*getcwd)(char *buf, size_t size);
	int (*setxattr)(const char *path, const char *name, const char *value, bool follow);
	int (*getxattr)(const char *path, const char *name, char *buf, size_t size, bool follow);
	int (*listxattr)(const char *path, char *buf, size_t size, bool follow);
	int (*removexattr)(const char *path, const char *name, bool follow);
	/* Become another user of the guest: 0 has all capabilities, others none. */
	void (*become)(uid_t uid, gid_t gid);
};

extern const struct api native_api;
extern const struct api guest_api;

#endif
