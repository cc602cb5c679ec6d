/*
 * Removing a tree of any depth with a few descriptors: what lies deeper than some levels is moved up to the top and removed from
 * there.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/host.h"
#include "distro/archive.h"

#define DEPTH_MAX 64

struct removal {
	int top;
	unsigned long serial;
	bool moved; /* there is something at the top that was moved there */
	int error;  /* the first */
};

static void failed(struct removal *r, int error)
{
	if (r->error == 0)
		r->error = error;
}

/* A directory in dir, made accessible; no link. */
static int open_directory(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	char path[32];
	int handle;

	if (fd >= 0) {
		struct stat st;

		if (fstat(fd, &st) == 0 && (st.st_mode & 0700) != 0700)
			(void)fchmod(fd, 0700);
		return fd;
	}
	if (errno != EACCES)
		return -errno;
	handle = openat(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (handle < 0)
		return -errno;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", handle);
	(void)chmod(path, 0700);
	fd = openat(handle, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fd = fd < 0 ? -errno : fd;
	close(handle);
	return fd;
}

static void move_up(struct removal *r, int dir, const char *name)
{
	for (int i = 0; i < 1000; i++) {
		char up[40];
		struct stat st;

		(void)snprintf(up, sizeof(up), ".lxrun-removed-%lu", r->serial++);
		if (fstatat(r->top, up, &st, AT_SYMLINK_NOFOLLOW) == 0)
			continue;
		if (renameat(dir, name, r->top, up) < 0)
			failed(r, -errno);
		else
			r->moved = true;
		return;
	}
	failed(r, -EEXIST);
}

/* Consumes fd. */
static void empty(struct removal *r, int fd, int depth)
{
	DIR *d = fdopendir(fd);
	struct dirent *e;

	if (d == NULL) {
		failed(r, -ENOMEM);
		close(fd);
		return;
	}
	while ((e = readdir(d)) != NULL) {
		int sub;

		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (e->d_type != DT_DIR && (unlinkat(fd, e->d_name, 0) == 0 || errno == ENOENT))
			continue;
		if (unlinkat(fd, e->d_name, AT_REMOVEDIR) == 0)
			continue;
		sub = open_directory(fd, e->d_name);
		if (sub < 0) {
			failed(r, sub);
			continue;
		}
		if (depth == DEPTH_MAX) {
			close(sub);
			move_up(r, fd, e->d_name);
			continue;
		}
		empty(r, sub, depth + 1);
		if (unlinkat(fd, e->d_name, AT_REMOVEDIR) < 0)
			failed(r, -errno);
	}
	closedir(d);
}

int archive_remove_tree(const char *dir)
{
	struct removal r = {.top = -1};
	int fd;

	r.top = open_directory(AT_FDCWD, dir);
	if (r.top == -ENOTDIR || r.top == -ELOOP)
		return unlink(dir) < 0 ? -errno : 0;
	if (r.top < 0)
		return r.top;
	do {
		r.moved = false;
		fd = openat(r.top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0)
			failed(&r, -errno);
		else
			empty(&r, fd, 0);
	} while (r.moved && r.error == 0);
	close(r.top);
	if (rmdir(dir) < 0)
		failed(&r, -errno);
	return r.error;
}
