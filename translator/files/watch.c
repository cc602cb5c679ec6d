/* Objects that are named to something else: inotify(7), fanotify(7), file handles. */
#include <features.h>
#include <linux/fanotify.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/host.h"
#include "base/str.h"
#include "translator/files/files.h"

/* The host's path of an open descriptor: the link is followed to the object itself, also if that is a link. */
#define SELF_LINK_SIZE 32

static void self_link(char *to, int fd)
{
	(void)str_format(to, SELF_LINK_SIZE, "/proc/self/fd/%d", fd);
}

long sys_inotify_add_watch(struct tr_call *c, const struct inotify_add_watch_args *a)
{
	int inotify = files_fd(c, a->fd);
	int lookup = ((a->mask & IN_DONT_FOLLOW) != 0 ? VFS_NOFOLLOW : 0) |
		     ((a->mask & IN_ONLYDIR) != 0 ? VFS_DIRECTORY : 0);
	int fd CLEANUP(host_close_at) = -1;
	char path[SELF_LINK_SIZE];
	int r;

	if (inotify < 0)
		return inotify;
	fd = vfs_open_path(&c->ns, a->at, lookup);
	if (fd < 0)
		return fd;
	r = vfs_access(&c->ns, files_self(fd), 0, R_OK, true);
	if (r < 0)
		return r;
	self_link(path, fd);
	return host_call(SYS_inotify_add_watch, inotify, path, a->mask & ~(uint32_t)IN_DONT_FOLLOW);
}

long sys_fanotify_mark(struct tr_call *c, const struct fanotify_mark_args *a)
{
	int group = files_fd(c, a->fd);
	int lookup = ((a->flags & FAN_MARK_DONT_FOLLOW) != 0 ? VFS_NOFOLLOW : 0) |
		     ((a->flags & FAN_MARK_ONLYDIR) != 0 ? VFS_DIRECTORY : 0);
	int fd CLEANUP(host_close_at) = -1;
	char path[SELF_LINK_SIZE];
	int r;

	if (group < 0)
		return group;
	if (a->at.path == NULL || (a->flags & FAN_MARK_FLUSH) != 0)
		return host_call(SYS_fanotify_mark, group, a->flags, a->mask, a->at.dir, NULL);
	fd = vfs_open_path(&c->ns, a->at, lookup);
	if (fd < 0)
		return fd;
	r = vfs_access(&c->ns, files_self(fd), 0, R_OK, true);
	if (r < 0)
		return r;
	self_link(path, fd);
	return host_call(SYS_fanotify_mark, group, a->flags & ~(uint32_t)FAN_MARK_DONT_FOLLOW, a->mask, AT_FDCWD, path);
}

/* Flags of name_to_handle_at(2) that are younger than some headers. */
#define HANDLE_FID             AT_REMOVEDIR /* Linux 6.5 */
#define HANDLE_MOUNT_ID_UNIQUE 0x1          /* 6.12 */
#define HANDLE_CONNECTABLE     0x2          /* 6.13 */
#define STATX_MOUNT_ID         0x1000u      /* 5.8 */
#define STATX_MOUNT_ID_UNIQUE  0x4000u      /* 6.8 */

struct handle {
	struct file_handle head;
	unsigned char bytes[MAX_HANDLE_SZ];
};

/* The mount's id as statx(2) and /proc/self/mountinfo tell it, which is not always the host's. */
static int write_mount_id(struct tr_call *c, int fd, int flags, uint64_t to)
{
	bool unique = (flags & HANDLE_MOUNT_ID_UNIQUE) != 0;
	struct statx stx;
	int r = vfs_statx(&c->ns, files_self(fd), 0, unique ? STATX_MOUNT_ID_UNIQUE : STATX_MOUNT_ID, &stx);
	int id;

	if (r < 0)
		return r;
	if (unique)
		return tr_write(c, to, &stx.stx_mnt_id, sizeof(stx.stx_mnt_id));
	id = (int)stx.stx_mnt_id;
	return tr_write(c, to, &id, sizeof(id));
}

long sys_name_to_handle_at(struct tr_call *c, const struct name_to_handle_at_args *a)
{
	int known = AT_SYMLINK_FOLLOW | AT_EMPTY_PATH | HANDLE_FID | HANDLE_MOUNT_ID_UNIQUE | HANDLE_CONNECTABLE;
	int lookup = ((a->flags & AT_SYMLINK_FOLLOW) != 0 ? 0 : VFS_NOFOLLOW) |
		     ((a->flags & AT_EMPTY_PATH) != 0 ? VFS_EMPTY : 0);
	int fd CLEANUP(host_close_at) = -1;
	struct handle h;
	int host_id, r;
	long result;

	if ((a->flags & ~known) != 0)
		return -EINVAL;
	fd = vfs_open_path(&c->ns, a->at, lookup);
	if (fd < 0)
		return fd;
	r = tr_read(c, &h.head, a->handle, sizeof(h.head));
	if (r < 0)
		return r;
	if (h.head.handle_bytes > MAX_HANDLE_SZ)
		return -EINVAL;

	result = host_call(SYS_name_to_handle_at, fd, "", &h, &host_id,
			   AT_EMPTY_PATH | (a->flags & (HANDLE_FID | HANDLE_CONNECTABLE)));
	if (result < 0 && result != -EOVERFLOW)
		return result;
	/* Too small a handle is told how large it must be, and gets no bytes. */
	r = tr_write(c, a->handle, &h, sizeof(h.head) + (result == 0 ? h.head.handle_bytes : 0));
	if (r == 0)
		r = write_mount_id(c, fd, a->flags, a->mount_id);
	return r < 0 ? r : result;
}
