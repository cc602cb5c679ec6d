#include "translator/system/tmpfs.h"

#include <dirent.h>
#include <errno.h>

#include "base/host.h"
#include "base/str.h"

#define NUMBERS_MAX 100000
/* Deeper trees stay until the instance's runtime directory goes. */
#define DEPTH_MAX 64

/* The mount is made by the instance, whoever asked for it: owner and mode are set with all rights. */
static const struct creds nobody_asks = {.cap_effective = CREDS_CAPS_ALL, .cap_permitted = CREDS_CAPS_ALL};

int tmpfs_make(const struct vfs_ns *ns, const struct tmpfs_options *how, char *ret, size_t size)
{
	int fd CLEANUP(host_close_at) = -1;
	struct vfs_ns all = *ns;
	int r = -EEXIST;

	all.creds = &nobody_asks;
	if (str_format(ret, size, "%s/t", ns->in->runtime) >= size)
		return -ENAMETOOLONG;
	r = (int)host_call(SYS_mkdir, ret, 0700);
	if (r < 0 && r != -EEXIST)
		return r;
	for (unsigned n = 0; n < NUMBERS_MAX; n++) {
		if (str_format(ret, size, "%s/t/%u", ns->in->runtime, n) >= size)
			return -ENAMETOOLONG;
		r = (int)host_call(SYS_mkdir, ret, 0700);
		if (r != -EEXIST)
			break;
	}
	if (r < 0)
		return r;
	fd = host_open(ret, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	r = vfs_fchown(&all, fd, how->uid, how->gid);
	if (r == 0)
		r = vfs_fchmod(&all, fd, how->mode);
	if (r < 0)
		(void)host_call(SYS_rmdir, ret);
	return r;
}

static void empty(int dir, int depth);

static void remove_one(int dir, const char *name, int depth)
{
	int fd CLEANUP(host_close_at) = -1;

	if (host_call(SYS_unlinkat, dir, name, 0) != -EISDIR)
		return;
	if (depth > 0) {
		fd = host_openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
		if (fd >= 0)
			empty(fd, depth - 1);
	}
	(void)host_call(SYS_unlinkat, dir, name, AT_REMOVEDIR);
}

/* Reads a piece of the listing at a time; what was listed is removed, so the next piece is there again. */
static void empty(int dir, int depth)
{
	uint64_t buf[128];
	long n;

	while ((n = host_call(SYS_getdents64, dir, buf, sizeof(buf))) > 0) {
		for (long at = 0; at < n;) {
			const struct dirent64 *e = (const struct dirent64 *)(const void *)((const char *)buf + at);

			if (!str_eq(e->d_name, ".") && !str_eq(e->d_name, ".."))
				remove_one(dir, e->d_name, depth);
			at += e->d_reclen;
		}
	}
}

void tmpfs_remove(const struct vfs_ns *ns, const char *path)
{
	int fd CLEANUP(host_close_at) = -1;
	char ours[sizeof(ns->in->runtime) + 4];

	/* Nothing but what tmpfs_make() made. */
	(void)str_format(ours, sizeof(ours), "%s/t/", ns->in->runtime);
	if (!str_starts(path, ours))
		return;
	fd = host_open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
	if (fd < 0)
		return;
	empty(fd, DEPTH_MAX);
	(void)host_call(SYS_rmdir, path);
}
