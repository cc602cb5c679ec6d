/*
 * A distribution's root in a temporary directory, with an instance and a view of it in memory.
 *
 *	<dir>/root      the guest's root: files, directories, and links of every kind
 *	<dir>/run       the runtime directory, its dev/ shown at /dev, mounted/ at /mnt, readonly/ at /romnt (read-only),
 *			single at /filemnt
 *	<dir>/outside   what nobody may reach
 *
 * Every file's content is its own path, so a test can tell what it has opened.
 */
#ifndef LX_TESTS_UNIT_VFS_SCRATCH_H
#define LX_TESTS_UNIT_VFS_SCRATCH_H

#include <stdbool.h>

#include "vfs/vfs.h"

struct scratch {
	struct instance *in;
	struct creds creds;
	struct vfs_ns ns;
	bool view_dirs;
	uint64_t cwd; /* vfs_ns.cwd */
	char dir[64];
	char root[80];
};

/* The one that a test process works with. */
extern struct scratch scratch;

/* Makes the tree below a new temporary directory, and the instance. Mounts are there if `mounts`. */
void scratch_start(bool mounts);
void scratch_end(void);
/* What tests may change, open: it can be made again even from inside a chroot. */
struct scratch_tree {
	int root, mounted, single;
};
struct scratch_tree scratch_open(const char *dir);
/* chain: the chain too. */
void scratch_rebuild(const struct scratch_tree *t, bool chain);
/* Trees are made in memory where that takes attributes: for tests that make thousands. Never ended by scratch_end(). */
extern bool scratch_in_memory;
/* The tree alone, without an instance: path of a new temporary directory. */
void scratch_make(char *dir, size_t size);
/* Something has changed the tree behind the vfs's back, and the time that it may go unnoticed is over. */
void scratch_changed(void);
/* Who the guest's process is: 0 has all capabilities, others none. */
void scratch_become(uid_t uid, gid_t gid);
void scratch_mount(unsigned kind, unsigned flags, const char *point, const char *format, ...) PRINTF_LIKE(4, 5);
/* The names of /chain: chain/N leads through N links to a file. */
#define SCRATCH_CHAIN 45

struct vfs_at path(const char *p);
/* A string of the host's file, relative to scratch.dir, in one of a few buffers that take turns. */
const char *host_path(const char *format, ...) PRINTF_LIKE(1, 2);

#endif
