/*
 * Guest paths and what they name.
 *
 * A guest's root is a host directory plus the instance's mount table; this library turns (directory, path) into host
 * objects and does to them what a call means, in the guest's terms: owners, views, mount points. It knows nothing of
 * guest memory or of how a call arrived. Theory and rules: vfs/README.md.
 *
 * Conventions: every function returns >= 0 or -errno of what Linux would answer; outputs are `ret`, written only on
 * success. Descriptors in `struct vfs_at` are the caller's and stay open; a descriptor that a function returns is the
 * caller's to close. Freestanding, no heap, no static state: everything lives in arguments and on the stack (a call
 * may use up to 64 KB of it). Paths are NUL-terminated and shorter than PATH_MAX.
 */
#ifndef LX_VFS_VFS_H
#define LX_VFS_VFS_H

#include <linux/limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/attr.h"
#include "base/host.h"
#include "base/instance.h"

struct sidecar_record;
struct statx;
struct statfs;
struct timespec;

/* A path as a call gives it. dir: an open descriptor or AT_FDCWD (the calling process's own cwd). A NULL path means
 * the descriptor itself, for the calls that allow one. */
struct vfs_at {
	int dir;
	const char *path;
};

/* In the runtime directory: a file for each mount namespace but the first, "mnt-NUMBER", and a link "NUMBER" to it. */
#define VFS_MOUNT_NS_FILES "%s/n"

/* How one process sees the tree. Filled by the translator for each call; borrowed by every function here. */
struct vfs_ns {
	struct instance *in;
	const struct creds *creds; /* for permission checks and for the owner of what is made */
	int root;                  /* O_PATH descriptor of the process's root directory */
	const char *root_path;     /* its guest path in the instance: "" unless chroot(2) was called */
	uint32_t mount_ns;         /* whose mounts it sees (struct mount_entry) */
	pid_t pid, tid;            /* whose /proc/self and /proc/thread-self; tid 0: the calling thread's (vfs_tid) */
	const char *exe;           /* guest path of the running program */
	bool view_dirs;            /* descriptors may be directories of views: look before going relative */
	bool *ret_view_dirs;       /* set to true when a view's directory is handed out; may be NULL */
	/*
	 * What is known here of the directory where the process's relative paths begin: VFS_CWD_UNKNOWN after every change of it. NULL:
	 * nobody keeps that.
	 */
	uint64_t *cwd;
	uint64_t (*clock)(
		void); /* ticks of about a nanosecond, the same for all processes; negative or NULL: there is none */
	/*
	 * Makes the openat(2) or openat2(2) of a vfs_open() that opens the object itself: the one host call here that can
	 * wait (a FIFO, a device, a lease), so that the caller can let signals interrupt it. Its result is passed on as it
	 * is. NULL: a plain host call.
	 */
	long (*open_call)(void *arg, long nr, const uint64_t a[6]);
	void *open_call_arg;
	/* Makes the instance keep a record (INSTANCE_CALL_SIDECAR): 0 or -errno. NULL: nobody can. */
	int (*sidecar)(void *arg, const struct sidecar_record *r);
	/* What it has kept of attributes (INSTANCE_CALL_SIDECAR_READ): its size, and as much as fits in buf. */
	long (*sidecar_read)(void *arg, const struct sidecar_record *r, void *buf, size_t size);
	void *sidecar_arg;
};

#define VFS_CWD_UNKNOWN 0
/* For good: the process's threads stand in different directories. */
#define VFS_CWD_VARIES 2

/* The thread that asks. */
static inline pid_t vfs_tid(const struct vfs_ns *ns)
{
	return ns->tid != 0 ? ns->tid : host_gettid();
}

enum vfs_lookup {
	VFS_NOFOLLOW = 1 << 0,  /* a link as the last component is meant itself */
	VFS_EMPTY = 1 << 1,     /* AT_EMPTY_PATH: "" means the descriptor */
	VFS_DIRECTORY = 1 << 2, /* -ENOTDIR unless it is a directory */
};

/* --- opening and looking --------------------------------------------------------------------------------------- */

/* A flag for vfs_open() beside O_RDONLY: what the caller may execute is opened, if he may read it or not. */
#define VFS_OPEN_EXEC (1 << 30)
/* openat(2), all flags; resolve is openat2(2)'s RESOLVE_* as the guest gave it (0 for open and openat). */
MUST_CHECK int vfs_open(const struct vfs_ns *ns, struct vfs_at at, int flags, mode_t mode, uint64_t resolve);

/*
 * An O_PATH descriptor of what the path names, for the calls that act on an object (statfs, chdir, exec, inotify).
 * For files that only exist in a view it names the host object below (its content is not the guest's: use vfs_open).
 */
MUST_CHECK int vfs_open_path(const struct vfs_ns *ns, struct vfs_at at, int lookup);

MUST_CHECK int vfs_stat(const struct vfs_ns *ns, struct vfs_at at, int lookup, struct stat *ret);
MUST_CHECK int vfs_fstat(const struct vfs_ns *ns, int fd, struct stat *ret);
/* flags: AT_* of statx(2), mask likewise. */
MUST_CHECK int vfs_statx(const struct vfs_ns *ns, struct vfs_at at, int flags, unsigned mask, struct statx *ret);
MUST_CHECK int vfs_statfs(const struct vfs_ns *ns, struct vfs_at at, struct statfs *ret);
/* If the caller (fsuid and fsgid) may do what mode (R_OK, W_OK, X_OK) says to a file; st is vfs_stat's answer. */
MUST_CHECK int vfs_permission(const struct vfs_ns *ns, const struct stat *st, int mode);
/* The same of a descriptor, with what access control lists say, which a struct stat has not. */
MUST_CHECK int vfs_fpermission(const struct vfs_ns *ns, int fd, int mode);
/* mode: R_OK, W_OK, X_OK, F_OK; effective: AT_EACCESS. */
MUST_CHECK int vfs_access(const struct vfs_ns *ns, struct vfs_at at, int lookup, int mode, bool effective);
/* The link's text, not terminated; its length (at most size). */
MUST_CHECK ssize_t vfs_readlink(const struct vfs_ns *ns, struct vfs_at at, char *buf, size_t size);
/* The terminal that fd is, if it is one, belongs to the caller (his real user id) now, as login(1) makes it. */
void vfs_log_in(const struct vfs_ns *ns, int fd);
/*
 * getdents64(2) and the older getdents(2) (old = true) on a host descriptor: hides what is not the guest's, adds mount
 * points. buf is memory of this address space. The number of bytes, 0 at the end.
 */
MUST_CHECK ssize_t vfs_getdents(const struct vfs_ns *ns, int fd, void *buf, size_t size, bool old);

/* --- making, removing, renaming ------------------------------------------------------------------------------------ */

MUST_CHECK int vfs_mkdir(const struct vfs_ns *ns, struct vfs_at at, mode_t mode);
MUST_CHECK int vfs_mknod(const struct vfs_ns *ns, struct vfs_at at, mode_t mode, dev_t device);
MUST_CHECK int vfs_symlink(const struct vfs_ns *ns, const char *text, struct vfs_at at);
/* A socket file has just been made by bind(2), `name` in the directory dir: it gets its owner, or goes. */
MUST_CHECK int vfs_bound(const struct vfs_ns *ns, int dir, const char *name);
/* flags: AT_SYMLINK_FOLLOW, AT_EMPTY_PATH. */
MUST_CHECK int vfs_link(const struct vfs_ns *ns, struct vfs_at from, struct vfs_at to, int flags);
/* flags: AT_REMOVEDIR. */
MUST_CHECK int vfs_unlink(const struct vfs_ns *ns, struct vfs_at at, int flags);
/* flags: RENAME_* of renameat2(2). */
MUST_CHECK int vfs_rename(const struct vfs_ns *ns, struct vfs_at from, struct vfs_at to, unsigned flags);

/* --- attributes ---------------------------------------------------------------------------------------------------- */

MUST_CHECK int vfs_chmod(const struct vfs_ns *ns, struct vfs_at at, int lookup, mode_t mode);
MUST_CHECK int vfs_fchmod(const struct vfs_ns *ns, int fd, mode_t mode);
/* uid or gid of -1 stays. */
MUST_CHECK int vfs_chown(const struct vfs_ns *ns, struct vfs_at at, int lookup, uid_t uid, gid_t gid);
MUST_CHECK int vfs_fchown(const struct vfs_ns *ns, int fd, uid_t uid, gid_t gid);
/* times: two, or NULL for now, as utimensat(2). */
MUST_CHECK int vfs_utimens(const struct vfs_ns *ns, struct vfs_at at, int lookup, const struct timespec *times);
MUST_CHECK int vfs_truncate(const struct vfs_ns *ns, struct vfs_at at, off_t length);

MUST_CHECK int vfs_setxattr(const struct vfs_ns *ns, struct vfs_at at, int lookup, const char *name, const void *value,
			    size_t size, int flags);
/* size 0 asks for the length; values and lists are memory of this address space. */
MUST_CHECK ssize_t vfs_getxattr(const struct vfs_ns *ns, struct vfs_at at, int lookup, const char *name, void *value,
				size_t size);
MUST_CHECK ssize_t vfs_listxattr(const struct vfs_ns *ns, struct vfs_at at, int lookup, char *list, size_t size);
MUST_CHECK int vfs_removexattr(const struct vfs_ns *ns, struct vfs_at at, int lookup, const char *name);

/*
 * Of a process without a program (its /proc/PID/exe is ENOENT): no thread is left, it only waits to be waited for. If its parent is
 * no guest, that is the host's init, and for that long Linux would not show it: it does not exist.
 */
MUST_CHECK bool vfs_process_ended(pid_t pid);

/* --- where things are ---------------------------------------------------------------------------------------------- */

/* chdir(2): moves the calling process. */
MUST_CHECK int vfs_chdir(const struct vfs_ns *ns, struct vfs_at at);
/* getcwd(2)'s text with its NUL; the length with the NUL. "(unreachable)" in front where Linux says so. */
MUST_CHECK ssize_t vfs_getcwd(const struct vfs_ns *ns, char *buf, size_t size);
/* The guest path (as seen from the process's root) of an open descriptor or AT_FDCWD; -ENOENT for what has none. */
MUST_CHECK ssize_t vfs_fd_path(const struct vfs_ns *ns, int fd, char *buf, size_t size);
/*
 * A host path in the guest's terms: the longest mount source or the root in front is replaced. -ENOENT for a path that
 * the guest cannot name. Works on text: no file is looked at.
 */
MUST_CHECK ssize_t vfs_guest_path(const struct vfs_ns *ns, const char *host, char *buf, size_t size);
/* The other way: the host's path for an absolute guest path without links and dots (mount table, then the root). */
MUST_CHECK ssize_t vfs_host_path(const struct vfs_ns *ns, const char *guest, char *buf, size_t size);

/*
 * The guest path (as seen from the process's root) of what at names: absolute, without links, dots or a slash at the
 * end, by the mounts that the path went through. The object must exist. Its length.
 */
MUST_CHECK ssize_t vfs_real_path(const struct vfs_ns *ns, struct vfs_at at, int lookup, char *buf, size_t size);

/*
 * Which of these flags (enum mount_flags) the mount has through which at names an object that exists. Costs next to nothing
 * while no mount has any of them.
 */
uint32_t vfs_mount_flags(const struct vfs_ns *ns, struct vfs_at at, int lookup, uint32_t which);

/*
 * The directory that holds the last component, for what must act on a name (bind of AF_UNIX, mount points): an O_PATH
 * descriptor in *ret_dir (the caller's to close), the component in name (NAME_MAX + 1 bytes). A last component that is
 * a link is not followed. -EEXIST for "/", "." and "..".
 */
MUST_CHECK int vfs_parent(const struct vfs_ns *ns, struct vfs_at at, int *ret_dir, char *name);

#endif
