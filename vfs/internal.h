/*
 * What the files of vfs/ share: text of paths, the mount table, guarded opens, and the walk that joins them.
 * The theory is in README.md. Nothing here is seen outside of vfs/.
 */
#ifndef LX_VFS_INTERNAL_H
#define LX_VFS_INTERNAL_H

#include "base/host.h"
#include "vfs/procfs.h"
#include "vfs/vfs.h"

/* A path while it is resolved: a base's path in front of what the guest gave, or a link's text inside of it. */
#define WALK_PATH        (2 * PATH_MAX)
#define MOUNT_SOURCE_MAX sizeof(((struct mount_entry *)0)->source)
/* Linux follows this many links in one resolution. */
#define LINKS_MAX 40
/* O_TMPFILE without the O_DIRECTORY in it. */
#define OPEN_TMPFILE (O_TMPFILE & ~O_DIRECTORY)

/* --- text (path.c) ------------------------------------------------------------------------------------------------ */

/* A component of a path: where it begins and its length; at the end of the path the length is 0. */
struct component {
	size_t at, length;
};

/* The component at or behind `at`, slashes skipped. */
struct component path_component(const char *path, size_t at);
bool component_is(const char *path, struct component c, const char *name);
static inline bool component_is_dotdot(const char *path, struct component c)
{
	return c.length == 2 && path[c.at] == '.' && path[c.at + 1] == '.';
}

/* strlen(), and if it has neither empty nor dot components, nor "..": path_tidy() would change nothing. */
size_t path_length(const char *path, bool *ret_plain);
/* Takes out empty and dot components. A slash or dot at the end stays: it says that a directory is meant. In place. */
void path_tidy(char *path);
/* How many bytes of path name the directory above path[0, n), without a slash at the end. */
size_t path_above(const char *path, size_t n);
/* The first ".." component; length 0 if there is none. */
struct component path_dotdot(const char *path);
/* True for all texts with a ".." component, and for few others. */
bool path_may_go_up(const char *text, size_t length);
/* Takes out the ".." component c and the one before it, in place; false where there is none before it. */
bool path_collapse(char *path, struct component c);
/*
 * Puts text in the place of path[at, end): the link that stands there, followed. -ENAMETOOLONG for more than WALK_PATH.
 */
MUST_CHECK int path_splice(char *path, size_t at, size_t end, const char *text, size_t length);

/* The last component and how the path ends. */
struct last {
	struct component name; /* length 0: the path is only slashes */
	bool slash;            /* something like "/" stands behind it */
};
struct last path_last(const char *path);
/* prefix is path or a directory above it; both without slashes at the end ("" is the root). */
bool path_is_below(const char *path, const char *prefix);

/* --- the mount table (mount.c) ------------------------------------------------------------------------------------- */

/* A mount as a lookup found it: a copy, since the table may change at any time. */
struct mount {
	uint32_t id; /* 0: none, the instance's root directory itself */
	uint32_t kind, flags;
	bool above;   /* the process's root lies in it: paths go through ns->root, not through source */
	size_t point; /* how many bytes of the looked-up path name the mount point (0 if above) */
	char source[MOUNT_SOURCE_MAX];
};

/* The mount that an absolute, tidy path without ".." (as seen from the process's root) is in. */
void mount_find(const struct vfs_ns *ns, const char *path, struct mount *ret);
/* True if name is a component of a mount point: other names are on the way to none. */
bool mount_has_name(struct instance *in, const char *name, size_t length);
/* True if name is the last component of a mount point: a path without such names crosses none. */
bool mount_may_cross(struct instance *in, const char *name, size_t length);
/* True if any component of path is one. */
bool mount_path_may_cross(struct instance *in, const char *path);
/* True only if an absolute path is in no mount, and the process's root is the instance's: its first name is in no mount point. */
bool mount_is_in_none(const struct vfs_ns *ns, const char *path);
/* What path (instance's guest path, no slash at the end) is to the table. */
enum mount_relation {
	MOUNT_UNRELATED,
	MOUNT_POINT,      /* it is a mount point */
	MOUNT_FILE_POINT, /* of a file */
	MOUNT_PARENT,     /* a mount point lies somewhere below it */
};
enum mount_relation mount_relation(const struct vfs_ns *ns, const char *path);
/* A mount with any of these flags exists. */
bool mount_any(struct instance *in, uint32_t flags);
/* A mount that may not be written to, other than /sys, exists. */
bool mount_any_read_only(struct instance *in);
/* True if files at the host's path `source` are the distribution's own, so that owners are kept in attributes. */
bool mount_source_is_guests(const struct instance *in, const char *source);
bool mount_is_guests(const struct instance *in, const struct mount *m);

/* Table readers: the generation to begin with, and if what was read since then holds. Bounded. */
uint32_t mount_read_begin(struct instance *in);
bool mount_read_again(struct instance *in, uint32_t generation, unsigned *tries);

/* --- opening without following (guard.c) ---------------------------------------------------------------------------- */

/*
 * openat2(dir, path, flags, mode, resolve) with RESOLVE_NO_SYMLINKS and RESOLVE_NO_MAGICLINKS always on, or the same
 * component by component where the host has no openat2. The first `trusted` bytes of path are a mount's source.
 * -ELOOP where a link stands in the way.
 */
MUST_CHECK int guard_open(const struct vfs_ns *ns, int dir, const char *path, size_t trusted, int flags, mode_t mode,
			  uint64_t resolve);
/* openat(AT_FDCWD, path, flags, mode), following: for what the kernel alone can follow. */
MUST_CHECK int plain_open(const struct vfs_ns *ns, const char *path, int flags, mode_t mode);

/* --- resolution (resolve.c) ------------------------------------------------------------------------------------------ */

enum tree {
	TREE_UNKNOWN, /* relative to a descriptor: nobody has looked */
	TREE_GUEST,   /* the distribution's own files */
	TREE_HOST,    /* seen through a mount: owners and modes are the host's */
};

/* A host object that a guest path names, if no link stands in the way. Valid until the walk goes on. */
struct place {
	int dir;          /* base: a descriptor or AT_FDCWD */
	const char *path; /* relative to it; absolute below a mount's source */
	size_t trusted;   /* see guard_open() */
	uint64_t resolve; /* RESOLVE_BENEATH or RESOLVE_IN_ROOT, and the guest's own NO_XDEV and CACHED */
	enum tree tree;
	struct procfs_entry proc; /* valid if in_proc or magic */
	bool in_proc;
	/* A magic link of /proc that is followed: path names it, the object may be anywhere. */
	bool magic;
};

struct walk {
	const struct vfs_ns *ns;
	int dir; /* where a relative path begins */
	int own; /* a descriptor of ours to be closed, or -1 */
	unsigned links, tries;
	bool nofollow;
	bool fixed;           /* the base has no guest path: only what is below it can be named */
	bool split_dots;      /* take every ".." of an absolute path out by hand */
	bool plain;           /* path_length() says so of path, which no link's text has come into */
	bool from_dir;        /* the guest's path was relative */
	uint64_t resolve;     /* the guest's RESOLVE_* */
	uint32_t start_mount; /* RESOLVE_NO_XDEV: the one that may not be left */
	size_t clean;         /* this much of path is known to be free of links */
	/* Of the links that were followed, some text began at the root, or had ".." in it. */
	bool links_absolute, links_up;
	/* search.c: */
	bool checked;    /* the caller needs search permission */
	size_t searched; /* what is above the directory path[0, searched) needs no check any more */
	bool begun;      /* the directory where a relative path begins has been asked */
	bool narrowed;   /* place is a name in the directory that was checked last; wide is what it was */
	int step;        /* that directory, or -1 */
	struct place place, wide;
	struct mount mount; /* of an absolute path */
	char path[WALK_PATH];
	char host[WALK_PATH + MOUNT_SOURCE_MAX];
};

/*
 * A walk: begin, then as long as walk_again() says so, walk_next() and an operation on w->place that does not follow
 * links. Afterwards walk_done().
 *
 *	r = walk_begin(&w, ns, at, lookup, 0);
 *	while (r == 0) {
 *		r = walk_next(&w);
 *		if (r == 0)
 *			r = place_open(&w, flags, mode);
 *		if (!walk_again(&w, &r))
 *			break;
 *	}
 */
MUST_CHECK int walk_begin(struct walk *w, const struct vfs_ns *ns, struct vfs_at at, int lookup, uint64_t resolve);
MUST_CHECK int walk_next(struct walk *w);
MUST_CHECK bool walk_again(struct walk *w, int *r);
void walk_done(struct walk *w);
/* Checks the directories that w->place passes and makes it a name in the last; the way back. w->checked is set. */
MUST_CHECK int walk_search(struct walk *w);
void walk_widen(struct walk *w);
/* See walk.searched: n bytes of w->path. */
void walk_set_searched(struct walk *w, size_t n);
/* The operation that most need: opens w->place. */
MUST_CHECK int place_open(struct walk *w, int flags, mode_t mode);
/* All of it. */
MUST_CHECK int walk_open(struct walk *w, int flags, mode_t mode);
/* The directory of the place's last component, as fstatat takes it ("" is place.dir itself); NULL: too long. */
const char *place_parent(const struct place *p, char *buf, size_t size);
/* The path is in a mount of the host's whole tree, where absolute links mean the host's root: the mount point. */
bool walk_in_host_root(const struct walk *w);
/* -EROFS if w->place may not be written to. */
MUST_CHECK int place_writable(struct walk *w);

/* A descriptor (O_PATH) that at names, and whose files it belongs to. For calls that act on an object. */
struct object {
	int fd;
	bool borrowed;  /* fd is the caller's own */
	bool read_only; /* of an absolute path: it lies in a read-only mount */
	enum tree tree;
	uint32_t kind; /* of an absolute path: enum mount_kind */
	bool mount_known;
	uint32_t mount; /* its id, if known */
	bool in_proc;
	uid_t uid; /* who owns it there */
	gid_t gid;
};
#define OBJECT_INIT      \
	{                \
		.fd = -1 \
	}
MUST_CHECK int object_open(const struct vfs_ns *ns, struct vfs_at at, int lookup, bool write, struct object *ret);
/* The same, and remembers where the path led: vfs/seen.h. */
struct seen;
MUST_CHECK int object_open_seen(const struct vfs_ns *ns, struct vfs_at at, int lookup, struct seen *s,
				struct object *ret);
void object_done(struct object *o);
/* -EBADF for an O_PATH descriptor, to which the calls on descriptors may do nothing. */
MUST_CHECK int fd_is_real(int fd);

static inline bool is_mount_point(enum mount_relation relation)
{
	return relation == MOUNT_POINT || relation == MOUNT_FILE_POINT;
}

enum parent_kind {
	PARENT_NAME,
	PARENT_DOT,
	PARENT_DOTDOT,
	PARENT_ROOT, /* "/" */
};

/* The directory that holds a path's last component, for the calls that act on a name. */
struct parent {
	int dir;
	bool borrowed; /* dir is the caller's own */
	enum tree tree;
	enum parent_kind kind;
	bool read_only;
	bool mount_known;
	uint32_t mount;               /* the id of the mount that dir is in, if known */
	enum mount_relation relation; /* of the name */
	bool slash;
	/* permission.c: only for callers whom permissions concern. */
	bool checked;
	bool writable;           /* names may be made in dir and taken out of it */
	bool sticky;             /* but only the caller's own may be taken out */
	char name[NAME_MAX + 3]; /* with a slash if the path ended with one: the host's kernel knows what that means */
};
#define PARENT_INIT       \
	{                 \
		.dir = -1 \
	}
MUST_CHECK int parent_open(const struct vfs_ns *ns, struct vfs_at at, struct parent *ret);
void parent_done(struct parent *p);
/* The id of the mount that an open file is in; -ENOENT for what has no path. */
MUST_CHECK int fd_mount(const struct vfs_ns *ns, int fd, uint32_t *ret);
/* The id of the mount that p->dir is in. */
uint32_t parent_mount(const struct vfs_ns *ns, struct parent *p);
/* 0, -EBADF or -ENOTDIR: a descriptor of the caller's is only looked at when it is used. */
MUST_CHECK int parent_check(const struct parent *p);
/* 0, -EXDEV, or what is wrong with a descriptor. */
MUST_CHECK int parents_same_mount(const struct vfs_ns *ns, struct parent *a, struct parent *b);

/* True for a relative path of one component that no mount, view or dot is involved in: dir and path name it. */
bool at_is_plain(const struct vfs_ns *ns, struct vfs_at at);
/*
 * True for a path that no mount, view, dot or root of the process's is involved in: unless it passes a link, ret_path below ret_dir
 * names the same.
 */
bool at_is_easy(const struct vfs_ns *ns, struct vfs_at at, int *ret_dir, const char **ret_path);
/* True if dir may be a directory of /proc: relative paths must be looked at. */
bool dir_is_view(const struct vfs_ns *ns, int dir);
void tell_view_dirs(const struct vfs_ns *ns);
static inline const char *dot_if_empty(const char *path)
{
	return path[0] != '\0' ? path : ".";
}

/* --- where (where.c) ----------------------------------------------------------------------------------------------- */

/* "/proc/self/fd/N" */
struct fd_link {
	char text[32];
};
struct fd_link fd_link(int fd);
/* The host's path of an open descriptor or AT_FDCWD, PATH_MAX bytes; -ENOENT for what has none. */
MUST_CHECK ssize_t fd_host_path(int fd, char *buf);
/* The guest path in the instance (not stripped of ns->root_path); -ENOENT. */
MUST_CHECK ssize_t instance_path(const struct vfs_ns *ns, const char *host, char *buf, size_t size);
/* Whose files a descriptor's are. */
enum tree fd_tree(const struct vfs_ns *ns, int fd);

/* A directory or its permissions changed: prefixes that others remember are void. */
void note_directory_change(const struct vfs_ns *ns);

#endif
