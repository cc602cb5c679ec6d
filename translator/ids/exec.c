/* The identity of a program that is about to be executed. */
#include <errno.h>
#include <linux/capability.h>
#include <linux/xattr.h>
#include <unistd.h>

#include "base/host.h"
#include "translator/ids/ids.h"
#include "translator/ids/rules.h"
#include "translator/ptrace/ptrace.h"

/* Everything about the file that creds_exec() asks for. */
static int look_at(struct tr_call *c, int fd, const struct stat *st, bool no_suid, struct creds_exec_file *ret)
{
	const struct vfs_at file = {fd, ""};
	struct vfs_ns_cap_data caps;
	ssize_t n;

	*ret = (struct creds_exec_file){.uid = st->st_uid, .gid = st->st_gid, .mode = st->st_mode};
	ret->readable = vfs_permission(&c->ns, st, R_OK) == 0;
	if (no_suid) {
		ret->mode &= ~(uint32_t)(S_ISUID | S_ISGID);
		return 0;
	}
	/* Most programs have no attributes at all, and that is cheap to find out. */
	if (host_call(SYS_flistxattr, fd, NULL, 0) == 0 && (c->ns.in->features & INSTANCE_NO_XATTRS) == 0)
		return 0;
	/* An access control list, too, is for others than the owner. */
	if (c->creds->fsuid != st->st_uid)
		ret->readable = vfs_fpermission(&c->ns, fd, R_OK) == 0;
	n = vfs_getxattr(&c->ns, file, VFS_EMPTY, XATTR_NAME_CAPS, &caps, sizeof(caps));
	if (n == -ERANGE || n == -EINVAL)
		return -EINVAL;
	/* Without the attribute, or on a file system that has none, there are no capabilities. */
	return n < 0 ? 0 : creds_file_caps(&caps, (size_t)n, ret);
}

int tr_creds_exec(struct tr_call *c, int fd, const struct stat *st, bool no_suid, struct tr_exec_identity *ret)
{
	unsigned unsafe = (c->process->flags & PROCESS_NO_NEW_PRIVS) != 0 ? CREDS_NO_NEW_PRIVS : 0;
	struct creds_exec_effect effect;
	struct creds_exec_file file;
	int r;

	r = look_at(c, fd, st, no_suid, &file);
	if (r < 0)
		return r;
	if (((file.mode & (S_ISUID | S_ISGID)) != 0 || file.has_caps) && tr_ptrace_is_watched(c))
		unsafe |= CREDS_TRACED;
	ret->creds = *c->creds;
	r = creds_exec(&ret->creds, &file, unsafe, &effect);
	if (r < 0)
		return r;
	ret->secure = effect.secure;
	ret->dumpable = effect.dumpable;
	ret->keeps_death_signal = effect.keeps_death_signal;
	ret->resets_personality = effect.resets_personality;
	return 0;
}
