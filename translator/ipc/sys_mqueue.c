/*
 * mq_open(2), mq_unlink(2). A queue is a file of the host's mqueue file system, in a directory with the sticky bit; its inode number
 * names it here.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <mqueue.h>
#include <sys/stat.h>

#include "base/host.h"
#include "base/str.h"
#include "translator/args.h"
#include "translator/ipc/ipc.h"

#define TRIES 100

/* oflag2acc[] of ipc/mqueue.c, and generic_permission(). */
static int may_open(struct tr_call *c, const struct ipc_owner *o, int flags)
{
	static const mode_t access[] = {4, 2, 6, 7};
	mode_t granted = o->mode, wanted = access[flags & O_ACCMODE];

	if (creds_capable(c->creds, CAP_DAC_OVERRIDE) || (wanted == 4 && creds_capable(c->creds, CAP_DAC_READ_SEARCH)))
		return 0;
	if (c->creds->fsuid == o->uid)
		granted >>= 6;
	else if (creds_in_group(c->creds, o->gid))
		granted >>= 3;
	return (wanted & ~granted & 7) != 0 ? -EACCES : 0;
}

static bool find(struct tr_call *c, int fd, struct stat *st, struct ipc_owner *ret)
{
	return host_fstat(fd, st) == 0 && ipc_find(&c->ns.in->ipc, IPC_KIND_MQUEUE, st->st_ino, ret);
}

static long open_existing(struct tr_call *c, const char *name, int flags)
{
	int fd CLEANUP(host_close_at) = (int)host_call(SYS_mq_open, name, flags & ~(O_CREAT | O_EXCL), 0, NULL);
	struct ipc_owner o;
	struct stat st;
	int r;

	if (fd < 0)
		return fd;
	r = find(c, fd, &st, &o) ? may_open(c, &o, flags) : 0;
	return r < 0 ? r : tr_give_fd(c, take_fd(&fd), true);
}

static long make(struct tr_call *c, const char *name, int flags, mode_t mode, const struct mq_attr *attr)
{
	int fd CLEANUP(host_close_at) =
		(int)host_call(SYS_mq_open, name, flags | O_EXCL, (mode & 07777) | IPC_HOST_MODE, attr);
	struct stat st;

	if (fd < 0)
		return fd;
	if (host_fstat(fd, &st) == 0) {
		/* What the umask took, it took from the host's mode as well. */
		ipc_made(c, IPC_KIND_MQUEUE, st.st_ino, c->creds->fsuid, c->creds->fsgid, mode & st.st_mode);
		if ((st.st_mode & IPC_HOST_MODE) != IPC_HOST_MODE)
			(void)host_call(SYS_fchmod, fd, (st.st_mode & 07777) | IPC_HOST_MODE);
	}
	return tr_give_fd(c, take_fd(&fd), true);
}

long sys_mq_open(struct tr_call *c, const struct mq_open_args *a)
{
	const int flags = (int)a->oflag;
	struct mq_attr attr;

	if ((flags & O_CREAT) == 0)
		return open_existing(c, a->name, flags);
	if (a->attr != 0 && tr_read(c, &attr, a->attr, sizeof(attr)) < 0)
		return -EFAULT;
	for (int i = 0; i < TRIES; i++) {
		long r = make(c, a->name, flags, (mode_t)a->mode, a->attr != 0 ? &attr : NULL);

		if (r != -EEXIST || (flags & O_EXCL) != 0)
			return r;
		r = open_existing(c, a->name, flags);
		if (r != -ENOENT)
			return r;
	}
	return -ENOENT;
}

long sys_mq_unlink(struct tr_call *c, const struct mq_unlink_args *a)
{
	int fd CLEANUP(host_close_at) = (int)host_call(SYS_mq_open, a->name, O_RDONLY | O_CLOEXEC, 0, NULL);
	struct ipc_owner o;
	struct stat st;
	bool known;
	long r;

	/* The host finds the same error, or none. */
	known = fd >= 0 && find(c, fd, &st, &o);
	if (known && c->creds->fsuid != o.uid && c->creds->fsuid != 0 && !creds_capable(c->creds, CAP_FOWNER))
		return -EPERM;
	r = host_call(SYS_mq_unlink, a->name);
	if (r == 0 && known)
		ipc_remove(&c->ns.in->ipc, IPC_KIND_MQUEUE, st.st_ino);
	return r;
}
