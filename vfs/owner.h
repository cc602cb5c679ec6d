/*
 * Owners and modes as the guest knows them, kept beside the host's. Private to vfs/.
 *
 * The host's files belong to one user. What a guest chowned or chmoded to something that the host's inode cannot say
 * is in the attribute user.containers.override_stat, "uid:gid:mode:type" as containers/storage writes it, and the
 * inode is marked by S_ISVTX, so that files without the attribute cost no extra call. See README.md.
 */
#ifndef LX_VFS_OWNER_H
#define LX_VFS_OWNER_H

#include "base/override.h"
#include "vfs/internal.h"

#define OWNER_ATTRIBUTE OVERRIDE_ATTRIBUTE
/* In front of the names that only the host's root could set: xattr.c. */
#define KEPT_PREFIX OVERRIDE_KEPT_PREFIX
/* On the root directory: the store may hold stand-ins for device nodes, INSTANCE_DEVICE_NODES is to be set. */
#define OWNER_DEVICES_ATTRIBUTE INSTANCE_DEVICES_ATTRIBUTE

struct owner {
	uid_t uid;
	gid_t gid;
	mode_t mode; /* with the type */
	dev_t rdev;
	bool kept; /* read from the attribute, or from the sidecar */
	/* Nobody keeps whose it is: whoever asks counts as its owner. */
	bool anyones;
	uint8_t acl; /* OVERRIDE_*_ACL: which access control lists it has */
	/* owner_of_new()'s: the directory has a default list, which says the mode in the umask's place (acl.h). */
	bool heir;
	bool in_sticky; /* owner_of_new()'s: fs.protected_regular and _fifos are about the directory */
	int dir;
	const char *path;
};

/*
 * The guest's view of what fd (any kind, O_PATH too) is, st its host stat. tree may be TREE_UNKNOWN. Never fails: what cannot be read is the host's.
 */
void owner_get(const struct vfs_ns *ns, int fd, enum tree tree, const struct stat *st, struct owner *ret);
/*
 * Makes ret's owner that of the directory which fd's link names: what a link, FIFO or socket has of which nothing is kept.
 * owner_get() has done it, except for links where the caller has CAP_FOWNER.
 */
void owner_adopt(const struct vfs_ns *ns, int fd, enum tree tree, struct owner *ret);
/* The host's file or directory may have an attribute of ours. */
static inline bool owner_is_marked(const struct vfs_ns *ns, const struct stat *st)
{
	return (st->st_mode & S_ISVTX) != 0 ||
	       ((ns->in->features & INSTANCE_UNMARKED) != 0 && st->st_dev == ns->in->root_device &&
		(S_ISREG(st->st_mode) || S_ISDIR(st->st_mode)));
}
/* True if owner_get() would not need fd: no attribute and no directory has to be looked at. */
bool owner_is_plain(const struct vfs_ns *ns, enum tree tree, const struct stat *st);
/* Makes the object be `want` (type and rdev are those of `want`); st: its host stat. tree must be known. */
MUST_CHECK int owner_set(const struct vfs_ns *ns, int fd, enum tree tree, const struct stat *st,
			 const struct owner *want);

/* owner_set() for a link, FIFO or socket. */
MUST_CHECK int owner_set_special(const struct vfs_ns *ns, int fd, enum tree tree, const struct stat *st,
				 const struct owner *want);
/* What is kept of a marked file or directory; the error of reading the attribute. */
MUST_CHECK int owner_read_kept(const struct vfs_ns *ns, int fd, const struct stat *st, struct owner *ret);
/* chmod(2) on the host, of any descriptor. */
MUST_CHECK int owner_set_host_mode(int fd, mode_t mode);

/* True if the host's inode cannot say it. */
bool owner_needs_attribute(const struct owner *want);
/* The same of something that is to be made: owner_finish_new() is needed. */
static inline bool owner_needs_finish(const struct owner *new)
{
	return new->heir || owner_needs_attribute(new);
}
/* The mode to make something on the host with. mode: with its type. */
mode_t owner_host_mode(mode_t mode, bool attribute);

/* The kept owner of a directory, dir and path as in owner_of_new(); false if it keeps none (so it is 0:0). */
bool owner_of_directory(const struct vfs_ns *ns, int dir, const char *path, enum tree tree, struct owner *ret);

/*
 * Who owns what ns's process makes in a directory. dir and path name the directory for fstatat (path "" is dir itself).
 * mode is what the call asked for, before the umask. What they point to must last until owner_finish_new().
 */
void owner_of_new(const struct vfs_ns *ns, int dir, const char *path, enum tree tree, mode_t mode, struct owner *ret);

/*
 * A link, FIFO or socket has just been made: where it does not belong to the owner of its directory, or has a mode that the
 * host's inode cannot say, that is kept. dir and name name it. mode: what the call asked for, with the type.
 */
MUST_CHECK int owner_finish_special(const struct vfs_ns *ns, int dir, const char *name, enum tree tree, mode_t mode);
/* The same for one that has got a name in another directory than it had: it keeps its owner. */
MUST_CHECK int owner_moved_special(const struct vfs_ns *ns, const struct owner *old, int to, enum tree to_tree,
				   const char *name, const struct stat *st);
/*
 * owner_set() for a directory that is of now until then: the links, FIFOs and sockets in it keep the owner that it told for them. That
 * takes a look at each entry.
 */
MUST_CHECK int owner_give_directory(const struct vfs_ns *ns, int fd, enum tree tree, const struct stat *st,
				    const struct owner *now, const struct owner *want);
/* What links, FIFOs and sockets in a directory have, dir and tree as in owner_of_directory(). */
void owner_of_specials(const struct vfs_ns *ns, int dir, enum tree tree, struct owner *ret);

/* The umask took its bits from what was asked of the host, which is what was asked of us and more. st: the new inode's. */
void owner_take_umask(struct owner *want, const struct stat *st);
/* Something has just been made with owner_host_mode(want->mode, true): what is left to do. fd may be O_PATH. */
MUST_CHECK int owner_finish_new(const struct vfs_ns *ns, int fd, enum tree tree, struct owner *want);

/* True if a process may do what an owner may. */
bool owner_may_change(const struct vfs_ns *ns, const struct owner *o);
/* A program changes hands or content: it has no file capabilities any more. tree must be known. */
void owner_drop_capabilities(const struct vfs_ns *ns, int fd, enum tree tree, mode_t mode);
/* A process is going to write to a file: without CAP_FSETID that takes its set-id bits. tree must be known. */
MUST_CHECK int owner_written(const struct vfs_ns *ns, int fd, enum tree tree, const struct stat *st, struct owner *o);
/* True if a process may keep the set-group-ID bit on a file of the group. */
bool owner_may_set_gid(const struct vfs_ns *ns, gid_t gid);
/*
 * Gives the caller back the access to a guest's file that its host mode lacks (0444, 0000): true if it changed. Whether the
 * guest's mode allows it has been looked at before.
 */
bool owner_grant(const struct vfs_ns *ns, int fd, enum tree tree);

/* "uid:gid:mode:type"; 0 or -EINVAL. hosted mode gives the type where the text has none. */
MUST_CHECK int owner_parse(const char *text, mode_t host, struct owner *ret);
size_t owner_print(const struct owner *o, char *buf, size_t size);

/* The store has device stand-ins: regular files that must not be taken for some. */
static inline bool owner_may_be_device(const struct vfs_ns *ns)
{
	return (ns->in->features & INSTANCE_DEVICE_NODES) != 0;
}

/* What is kept of a terminal (st: its host stat), or false. */
bool owner_get_terminal(const struct vfs_ns *ns, const struct stat *st, struct owner *ret);
/* False: it is no terminal of which that can be kept. */
bool owner_set_terminal(const struct vfs_ns *ns, const struct stat *st, const struct owner *want);
/* fd has just been opened: if it is a new terminal's other end, that is the opener's. */
void owner_of_new_terminal(const struct vfs_ns *ns, int fd);

/* A stand-in was made. */
void owner_note_devices(const struct vfs_ns *ns);
/* What a device stand-in opens: a new descriptor, -ENXIO, or -ENODEV for what is no stand-in. */
MUST_CHECK int owner_open_device(const struct vfs_ns *ns, int fd, int flags);

#endif
