/*
 * unshare(2), setns(2), pivot_root(2). All guests share the host's namespaces and one mount table. A new namespace that
 * were silently the old one would let a sandbox mount over everybody's files, so none is made: the answers are those of
 * a kernel that was built without.
 */
#include <errno.h>
#include <linux/capability.h>
#include <linux/nsfs.h>
#include <sched.h>

#include "base/host.h"
#include "base/str.h"
#include "translator/args.h"
#include "translator/system/spot.h"
#include "translator/system/system.h"

#define NEW_NAMESPACES                                                                                           \
	((uint64_t)(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | \
		    CLONE_NEWNET | CLONE_NEWTIME))
/* What unshare(2) can also take apart. */
#define SHARED ((uint64_t)(CLONE_FS | CLONE_FILES | CLONE_SYSVSEM | CLONE_SIGHAND | CLONE_VM | CLONE_THREAD))

long tr_refuse_namespaces(const struct tr_call *c, uint64_t flags)
{
	if ((flags & NEW_NAMESPACES) == 0)
		return 0;
	/* A user namespace gives the rights to the others, and there is none to be had. */
	if ((flags & CLONE_NEWUSER) != 0 || creds_capable(c->creds, CAP_SYS_ADMIN))
		return tr_gap(c, -EINVAL);
	return -EPERM;
}

long sys_unshare(struct tr_call *c, const struct unshare_args *a)
{
	if ((a->flags & ~(NEW_NAMESPACES | SHARED)) != 0)
		return -EINVAL;
	if ((a->flags & NEW_NAMESPACES) != 0)
		return tr_refuse_namespaces(c, a->flags);
	if ((a->flags & CLONE_FS) != 0)
		c->process->cwd = VFS_CWD_VARIES;
	return tr_native(c);
}

/* The caller's own namespace of a type. */
static int own_namespace(int type, struct stat *ret)
{
	static const struct {
		int type;
		const char *path;
	} links[] = {
		{CLONE_NEWNS, "/proc/self/ns/mnt"},    {CLONE_NEWCGROUP, "/proc/self/ns/cgroup"},
		{CLONE_NEWUTS, "/proc/self/ns/uts"},   {CLONE_NEWIPC, "/proc/self/ns/ipc"},
		{CLONE_NEWPID, "/proc/self/ns/pid"},   {CLONE_NEWNET, "/proc/self/ns/net"},
		{CLONE_NEWTIME, "/proc/self/ns/time"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(links); i++)
		if (links[i].type == type)
			return host_fstatat(AT_FDCWD, links[i].path, ret, 0);
	/* Nobody can join the user namespace that he is in. */
	return -EINVAL;
}

/* A pidfd: the namespaces of another guest, which are the caller's own. */
static long join_process(struct tr_call *c, int fd, uint64_t types)
{
	if (host_call(SYS_pidfd_send_signal, fd, 0, 0, 0) == -EBADF || types == 0 || (types & ~NEW_NAMESPACES) != 0)
		return -EINVAL;
	if (!creds_capable(c->creds, CAP_SYS_ADMIN))
		return -EPERM;
	return (types & CLONE_NEWUSER) != 0 ? -EINVAL : 0;
}

long sys_setns(struct tr_call *c, const struct setns_args *a)
{
	struct stat theirs, ours;
	int fd, type, r;

	fd = tr_borrow_fd(c, a->fd);
	if (fd < 0)
		return fd;
	r = host_fstat(fd, &theirs);
	if (r < 0)
		return r;
	type = (int)host_call(SYS_ioctl, fd, NS_GET_NSTYPE);
	if (type < 0)
		return join_process(c, fd, a->nstype);
	if (a->nstype != 0 && a->nstype != (uint64_t)type)
		return -EINVAL;
	if (type != CLONE_NEWUSER && !creds_capable(c->creds, CAP_SYS_ADMIN))
		return -EPERM;
	r = own_namespace(type, &ours);
	if (r < 0)
		return r;
	/* One that lxrun was not started in can only come from the host. */
	return theirs.st_ino == ours.st_ino && theirs.st_dev == ours.st_dev ? 0 : tr_gap(c, -EPERM);
}

/* The mount that a path is in, by the table's index. */
static int mount_of(struct instance *in, const char *path)
{
	int i;

	instance_mounts_lock(in);
	i = instance_find_mount(in, path);
	instance_mounts_unlock(in);
	return i;
}

long sys_pivot_root(struct tr_call *c, const struct pivot_root_args *a)
{
	const struct vfs_at at[] = {a->new_root, a->put_old};
	struct instance *in = c->ns.in;
	struct spot spot;
	bool in_root = false;
	int r;

	if (!creds_capable(c->creds, CAP_SYS_ADMIN))
		return -EPERM;
	for (size_t i = 0; i < ARRAY_SIZE(at); i++) {
		r = spot_find(&c->ns, at[i], VFS_DIRECTORY, &spot);
		if (r < 0)
			return r;
		in_root |= mount_of(in, spot.path) == mount_of(in, c->ns.root_path);
	}
	/* Linux: moves the root of everyone in the mount namespace. Here: all guests would be moved, so the answer is that
	 * of a root that cannot be (man 2 pivot_root, EINVAL); chroot(2) is for one process. */
	return tr_gap(c, in_root ? -EBUSY : -EINVAL);
}
