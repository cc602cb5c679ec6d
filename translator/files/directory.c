/* Directories: listing them, and where the process stands: getdents(2), getcwd(2), chdir(2), chroot(2). */
#include <linux/capability.h>
#include <unistd.h>

#include "base/host.h"
#include "base/str.h"
#include "translator/files/files.h"

/* What the libcs ask for; who asks for more gets less and comes back for the rest. */
#define LISTING_MAX 32768

static long list(struct tr_call *c, int guest_fd, uint64_t to, uint32_t count, bool old)
{
	char entries[LISTING_MAX] __attribute__((aligned(8)));
	int fd = files_fd(c, guest_fd);
	ssize_t n;
	int r;

	if (fd < 0)
		return fd;
	n = vfs_getdents(&c->ns, fd, entries, count < sizeof(entries) ? count : sizeof(entries), old);
	if (n <= 0)
		return n;
	r = tr_write(c, to, entries, (size_t)n);
	return r < 0 ? r : n;
}

long sys_getdents64(struct tr_call *c, const struct getdents64_args *a)
{
	return list(c, a->fd, a->dirp, a->count, false);
}

long sys_getdents(struct tr_call *c, const struct getdents_args *a)
{
	return list(c, a->fd, a->dirp, a->count, true);
}

long sys_getcwd(struct tr_call *c, const struct getcwd_args *a)
{
	char path[PATH_MAX];
	ssize_t n = vfs_getcwd(&c->ns, path, sizeof(path));
	int r;

	if (n < 0)
		return n;
	if ((uint64_t)n > a->size)
		return -ERANGE;
	r = tr_write(c, a->buf, path, (size_t)n);
	return r < 0 ? r : n;
}

static long move(struct tr_call *c, struct vfs_at at)
{
	bool view_seen = false;
	int r;

	c->ns.ret_view_dirs = &view_seen;
	r = vfs_chdir(&c->ns, at);
	c->ns.ret_view_dirs = NULL;
	if (view_seen)
		files_view_seen(c);
	return r;
}

long sys_chdir(struct tr_call *c, const struct chdir_args *a)
{
	return move(c, a->at);
}

long sys_fchdir(struct tr_call *c, const struct fchdir_args *a)
{
	int fd = files_fd(c, a->fd);

	return fd < 0 ? fd : move(c, files_self(fd));
}

/*
 * The guest path of a directory in the instance, whatever the process's root is: a process can stand outside of its root,
 * and chroot(".") from there is how programs get out again. "" for the instance's root, as process->root has it.
 */
static int path_in_instance(struct tr_call *c, int fd, char *buf, size_t size)
{
	struct vfs_ns whole = c->ns;
	ssize_t n;

	whole.root_path = "";
	n = vfs_fd_path(&whole, fd, buf, size);
	if (n < 0)
		return (int)n;
	if (str_eq(buf, "/"))
		buf[0] = '\0';
	return 0;
}

long sys_chroot(struct tr_call *c, const struct chroot_args *a)
{
	int fd CLEANUP(host_close_at) = vfs_open_path(&c->ns, a->at, VFS_DIRECTORY);
	char path[PATH_MAX];
	int r;

	if (fd < 0)
		return fd;
	r = vfs_access(&c->ns, files_self(fd), 0, X_OK, true);
	if (r < 0)
		return r;
	if (!creds_capable(c->creds, CAP_SYS_CHROOT))
		return -EPERM;
	r = path_in_instance(c, fd, path, sizeof(path));
	if (r == 0)
		r = host_dup3(fd, RESERVED_FD, 0);
	if (r < 0)
		return r;
	r = (int)str_copy(c->process->root, sizeof(c->process->root), path);
	tr_process_changed(c);
	return r < 0 ? r : 0;
}
