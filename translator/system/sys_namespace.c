/*
 * unshare(2), setns(2), pivot_root(2). Mount namespaces are made here (mount_ns.h). Of all others guests share the host's: a new
 * one that were silently the old one would be no sandbox, so none is made, and the answers are those of a kernel that was built
 * without.
 */
#include <errno.h>
#include <linux/capability.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdatomic.h>

#include "base/host.h"
#include "base/str.h"
#include "translator/args.h"
#include "translator/ids/process.h"
#include "translator/system/mount_ns.h"
#include "translator/system/mounts.h"
#include "translator/system/pivot.h"
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
	if ((flags & CLONE_NEWUSER) == 0 && !creds_capable(c->creds, CAP_SYS_ADMIN))
		return -EPERM;
	return (flags & NEW_NAMESPACES & ~(uint64_t)CLONE_NEWNS) == 0 ? 0 : tr_gap(c, -EINVAL);
}

long tr_new_mount_ns(struct tr_call *c, uint64_t flags, uint32_t *ret, int *ret_fd)
{
	int fd;

	*ret = c->process->mount_ns;
	*ret_fd = -1;
	if ((flags & CLONE_NEWNS) == 0)
		return 0;
	fd = mount_ns_make(&c->ns, ret);
	if (fd >= 0)
		*ret_fd = fd;
	return fd < 0 ? fd : 0;
}

/* The process is in it from now on. */
static void enter(struct tr_call *c, uint32_t number)
{
	c->process->mount_ns = c->ns.mount_ns = number;
	if (c->process->cwd != VFS_CWD_VARIES)
		c->process->cwd = VFS_CWD_UNKNOWN;
	tr_process_changed(c);
	atomic_fetch_add(&c->ns.in->generation, 1);
}

long sys_unshare(struct tr_call *c, const struct unshare_args *a)
{
	int fd CLEANUP(host_close_at) = -1;
	uint32_t number;
	long r;

	if ((a->flags & ~(NEW_NAMESPACES | SHARED)) != 0)
		return -EINVAL;
	/* Other threads may be elsewhere from now on. */
	if ((a->flags & (CLONE_FS | CLONE_NEWNS)) != 0)
		c->process->cwd = VFS_CWD_VARIES;
	if ((a->flags & NEW_NAMESPACES) == 0)
		return tr_native(c);
	r = tr_refuse_namespaces(c, a->flags);
	if (r < 0)
		return r;
	/* Linux: who has a mount namespace of his own has a directory of his own, too. */
	r = host_call(SYS_unshare, (a->flags & SHARED) | CLONE_FS);
	if (r == 0)
		r = tr_new_mount_ns(c, a->flags, &number, &fd);
	if (r == 0)
		enter(c, number);
	return r;
}

/* setns(2): the namespace, its root, and the caller in it. */
static long join_mount_ns(struct tr_call *c, uint32_t number)
{
	int fd CLEANUP(host_close_at) = -1;
	char root[PATH_MAX];
	int r = mount_ns_root(c->ns.in, number, root, sizeof(root));

	if (r < 0)
		return r;
	fd = host_open(root, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	r = host_fchdir(fd);
	if (r == 0)
		r = host_dup3(fd, RESERVED_FD, 0);
	if (r < 0)
		return r;
	c->process->root[0] = '\0';
	enter(c, number);
	return 0;
}

static bool may_join(struct tr_call *c)
{
	return creds_capable(c->creds, CAP_SYS_ADMIN) && creds_capable(c->creds, CAP_SYS_CHROOT);
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

/* A pidfd: the namespaces of another guest, which are the caller's own but for mounts. */
static long join_process(struct tr_call *c, int fd, uint64_t types)
{
	const struct process_slot *slot;

	if (host_call(SYS_pidfd_send_signal, fd, 0, 0, 0) == -EBADF || types == 0 || (types & ~NEW_NAMESPACES) != 0)
		return -EINVAL;
	if (!creds_capable(c->creds, CAP_SYS_ADMIN))
		return -EPERM;
	if ((types & CLONE_NEWUSER) != 0)
		return -EINVAL;
	if ((types & CLONE_NEWNS) == 0)
		return 0;
	slot = instance_find_filled_slot(c->ns.in, ids_process_of_pidfd(fd));
	return may_join(c) ? join_mount_ns(c, slot != NULL ? slot->mount_ns : 0) : -EPERM;
}

long sys_setns(struct tr_call *c, const struct setns_args *a)
{
	struct stat theirs, ours;
	uint32_t number;
	int fd, type, r;

	fd = tr_borrow_fd(c, a->fd);
	if (fd < 0)
		return fd;
	r = host_fstat(fd, &theirs);
	if (r < 0)
		return r;
	if (mount_ns_of_file(&c->ns, fd, &number)) {
		if (a->nstype != 0 && a->nstype != CLONE_NEWNS)
			return -EINVAL;
		return may_join(c) ? join_mount_ns(c, number) : -EPERM;
	}
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
	if (theirs.st_ino != ours.st_ino || theirs.st_dev != ours.st_dev)
		return tr_gap(c, -EPERM);
	if (type != CLONE_NEWNS)
		return 0;
	return may_join(c) ? join_mount_ns(c, 0) : -EPERM;
}

/* The mount that a path is in, by the table's index. */
static int mount_of(struct instance *in, uint32_t ns, const char *path)
{
	int i;

	instance_mounts_lock(in);
	i = instance_find_mount(in, ns, path);
	instance_mounts_unlock(in);
	return i;
}

/* What in Linux moves with the root: the caller's own, and his directory if it is the old one. */
static int move_root(struct tr_call *c)
{
	int fd CLEANUP(host_close_at) = -1;
	struct stat old, here;
	char root[PATH_MAX];
	int r = mount_ns_root(c->ns.in, c->ns.mount_ns, root, sizeof(root));

	if (r < 0)
		return r;
	fd = host_open(root, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	if (host_fstat(RESERVED_FD, &old) == 0 && host_fstatat(AT_FDCWD, ".", &here, 0) == 0 &&
	    old.st_ino == here.st_ino && old.st_dev == here.st_dev)
		r = host_fchdir(fd);
	return r < 0 ? r : host_dup3(fd, RESERVED_FD, 0);
}

/*
 * A directory that the caller stands in is called by its original name, not by that of the mount through which he came
 * (README.md). Who wants it as his root means that mount.
 */
static int find_new_root(struct tr_call *c, struct spot *new, struct spot *old)
{
	char host[PATH_MAX], point[PATH_MAX], rest[PATH_MAX];
	struct vfs_ns whole = c->ns;
	const size_t n = strlen(new->path);
	ssize_t r;

	if (mounts_is_point(c->ns.in, c->ns.mount_ns, new->path))
		return 0;
	whole.root_path = "";
	r = vfs_host_path(&whole, new->path[0] != '\0' ? new->path : "/", host, sizeof(host));
	if (r < 0 || !pivot_find(c->ns.in, c->ns.mount_ns, host, point))
		return r < 0 ? (int)r : 0;
	if (strncmp(old->path, new->path, n) == 0 && (old->path[n] == '\0' || old->path[n] == '/')) {
		memcpy(rest, old->path + n, strlen(old->path + n) + 1);
		if (str_format(old->path, sizeof(old->path), "%s%s", point, rest) >= sizeof(old->path))
			return -ENAMETOOLONG;
	}
	memcpy(new->path, point, strlen(point) + 1);
	return 0;
}

long sys_pivot_root(struct tr_call *c, const struct pivot_root_args *a)
{
	const uint32_t ns = c->ns.mount_ns;
	struct instance *in = c->ns.in;
	struct spot new, old;
	int r;

	if (!creds_capable(c->creds, CAP_SYS_ADMIN))
		return -EPERM;
	r = spot_find(&c->ns, a->new_root, VFS_DIRECTORY, &new);
	if (r == 0)
		r = spot_find(&c->ns, a->put_old, VFS_DIRECTORY, &old);
	if (r == 0)
		r = find_new_root(c, &new, &old);
	if (r < 0)
		return r;
	if (mount_of(in, ns, new.path) == mount_of(in, ns, c->ns.root_path) ||
	    mount_of(in, ns, old.path) == mount_of(in, ns, c->ns.root_path))
		return c->ns.root_path[0] != '\0' ? -EINVAL : -EBUSY;
	/* Linux: moves the root of everyone in the mount namespace. The first one is that of all guests: nobody moves them. */
	if (ns == 0)
		return tr_gap(c, -EINVAL);
	if (c->ns.root_path[0] != '\0')
		return -EINVAL;
	r = pivot_mounts(in, ns, new.path, old.path);
	if (r == 0)
		r = move_root(c);
	enter(c, ns);
	return r;
}
