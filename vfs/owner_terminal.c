/* Whose terminals are: devpts keeps the host's user only, so that it is kept in the instance (base/terminal.h). */
#include <asm/ioctls.h>
#include <errno.h>
#include <sys/sysmacros.h>

#include "base/str.h"
#include "base/terminal.h"
#include "vfs/owner.h"

#define PTMX_MAJOR 5
#define PTMX_MINOR 2
/* What Debian and its relatives call tty; login(1) gives a terminal to it. */
#define TTY_GROUP 5

bool owner_get_terminal(const struct vfs_ns *ns, const struct stat *st, struct owner *ret)
{
	struct terminal_owner t;

	if (!terminal_is(st) || !terminal_find(&ns->in->terminals, st, &t))
		return false;
	ret->uid = t.uid;
	ret->gid = t.gid;
	ret->mode = S_IFCHR | (t.mode & 07777);
	ret->anyones = false;
	return true;
}

bool owner_set_terminal(const struct vfs_ns *ns, const struct stat *st, const struct owner *want)
{
	const struct terminal_owner t = {.uid = want->uid, .gid = want->gid, .mode = want->mode & 07777};

	/* That of another user of the host's stays his. */
	return terminal_is(st) && st->st_uid == ns->in->host_uid && terminal_set(&ns->in->terminals, st, &t);
}

void owner_of_new_terminal(const struct vfs_ns *ns, int fd)
{
	struct owner o = {.uid = ns->creds->fsuid, .gid = ns->creds->fsgid};
	char path[32];
	struct stat st;
	unsigned n;

	if (host_fstat(fd, &st) < 0 || !S_ISCHR(st.st_mode) || st.st_rdev != makedev(PTMX_MAJOR, PTMX_MINOR) ||
	    host_call(SYS_ioctl, fd, TIOCGPTN, &n) < 0)
		return;
	(void)str_format(path, sizeof(path), "/dev/pts/%u", n);
	if (host_fstatat(AT_FDCWD, path, &st, AT_SYMLINK_NOFOLLOW) < 0 || !terminal_is(&st))
		return;
	/* The options of the host's mount say the group and the mode: Documentation/filesystems/devpts.rst. */
	if (st.st_gid != ns->in->host_gid)
		o.gid = st.st_gid;
	o.mode = st.st_mode;
	(void)owner_set_terminal(ns, &st, &o);
}

void vfs_log_in(const struct vfs_ns *ns, int fd)
{
	const struct owner o = {.uid = ns->creds->ruid, .gid = TTY_GROUP, .mode = S_IFCHR | 0620};
	struct stat st;

	if (host_fstat(fd, &st) == 0)
		(void)owner_set_terminal(ns, &st, &o);
}
