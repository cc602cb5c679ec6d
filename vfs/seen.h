/*
 * Paths that a walk has been down: the next time one host call says what is there. Private to vfs/.
 *
 * A path is remembered by its text and what it depends on, with the object that it led to (device, inode, and when that changed
 * last). Whoever asks again lets the host's kernel go down the path, which follows links in the host's way: what it finds counts
 * only if it is that same object, untouched. So no race and no change of the tree can show anything that a walk has not found
 * there. For "nothing is there" there is no such proof; seen.c says what stands in its place.
 */
#ifndef LX_VFS_SEEN_H
#define LX_VFS_SEEN_H

#include "vfs/owner.h"

/* A path to be looked for. What the host is asked: fstatat(dir, path, .., flags). */
struct seen {
	uint64_t key;
	uint64_t missing; /* the key of "nothing is there"; 0: not yet made */
	uint64_t object;  /* what seen_known() found; 0: nothing */
	int dir;
	const char *path;
	int flags;
	bool relative;
	bool absent; /* seen_known() found that nothing is there */
};

/* False: paths like this one are not remembered. lookup: VFS_NOFOLLOW counts. */
bool seen_begin(const struct vfs_ns *ns, struct vfs_at at, int lookup, struct seen *s);
/* Something is remembered, so that it is worth asking the host. */
bool seen_known(const struct vfs_ns *ns, struct seen *s);
/*
 * Asks the host. 0: *st is what the guest finds; -ENOENT: nothing is; 1: nothing is remembered that holds, a walk has to tell.
 */
MUST_CHECK int seen_look(const struct vfs_ns *ns, struct seen *s, struct stat *st);
/* For who has asked the host himself: what it answered is what the guest finds: st, or -ENOENT. */
bool seen_is(const struct seen *s, const struct stat *st);
bool seen_is_missing(const struct vfs_ns *ns, struct seen *s);

/* A walk that began with s->path has ended: at st, or with -ENOENT. Remembers what may be remembered. */
void seen_note(const struct vfs_ns *ns, const struct seen *s, const struct walk *w, const struct stat *st);
void seen_note_missing(const struct vfs_ns *ns, struct seen *s, const struct walk *w);
/* The same of a name in the directory where relative paths begin, which needed no walk. */
void seen_note_name(const struct vfs_ns *ns, const struct seen *s, const struct stat *st);

/* The text of the link that st is the host stat of, which seen_is(): its length, or 0. text: SEEN_TEXT_MAX bytes. */
size_t seen_text(const struct vfs_ns *ns, const struct seen *s, const struct stat *st, char *text);
void seen_note_text(const struct vfs_ns *ns, const struct seen *s, const struct stat *st, const char *text,
		    size_t length);

/* The owner of a marked file or directory, if its attribute was read since the file changed last: no host call. */
bool seen_owner(const struct vfs_ns *ns, const struct stat *st, struct owner *ret);
/* What the attribute says of the file with this host stat. */
void seen_note_owner(const struct vfs_ns *ns, const struct stat *st, const struct owner *o);
/* The attribute of the file that had this host stat is about to change. */
void seen_forget_owner(const struct vfs_ns *ns, const struct stat *st);

/* The owner of a link, FIFO or socket that seen_is(), and what vfs_stat() said of it. */
bool seen_special(const struct vfs_ns *ns, const struct seen *s, const struct stat *st, struct owner *ret);
void seen_note_special(const struct vfs_ns *ns, const struct seen *s, const struct stat *st, const struct owner *o);

/*
 * owner_get() of something of the distribution's (TREE_GUEST), as far as that needs no descriptor and no host call; false, and
 * *ret undefined, where it does.
 */
bool seen_owner_get(const struct vfs_ns *ns, const struct stat *st, struct owner *ret);

#endif
