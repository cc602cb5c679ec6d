/*
 * The file `sidecar` of a distribution's location: base/sidecar.h's records, one behind the other, the later ones in force. Its
 * form, and what a crash can do to it, is docs/sidecar.md's subject. One process at a time writes to it: the supervisor of
 * the distribution's instance, or who holds the location's lock and makes or changes the distribution.
 *
 * The libc only.
 */
#ifndef LX_DISTRO_SIDECAR_H
#define LX_DISTRO_SIDECAR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/sidecar.h"

#define SIDECAR_NAME    "sidecar"
#define SIDECAR_FRESH   "sidecar.new"     /* while the file is written anew */
#define SIDECAR_DAMAGED "sidecar.damaged" /* what was there when more than its end was damaged */

/* More bytes are refused (-EFBIG): far more than SIDECAR_INDEX_MAX owners need. */
#define SIDECAR_FILE_MAX (256ull << 20)

struct sidecar;

/* How bytes get into the file, for tests that let it fail; write(2)'s results, or -errno. */
struct sidecar_io {
	long (*write)(void *context, int fd, const void *bytes, size_t n);
	void *context;
};

/*
 * What is kept at the location that the directory `dir` is open on; -1: of nothing, in memory only. A file that is not there is
 * empty, and made by the first record. write: an end that was torn off is cut, and what is damaged otherwise is put
 * aside, with all in front of the damage written anew. Reading changes nothing. -EPROTONOSUPPORT: a later version's.
 * io NULL: the host's. dir stays the caller's, and open as long as the sidecar.
 */
MUST_CHECK int sidecar_open(int dir, bool write, const struct sidecar_io *io, struct sidecar **ret);
/* NULL is allowed. */
void sidecar_close(struct sidecar *s);

/*
 * Keeps a record: it is in the file when this comes back with 0, so that the death of this process loses nothing; against one of
 * the machine see sidecar_sync(). key.device of anything but 0 is another file system's, and kept in memory only.
 * -errno: nothing has changed. -ENOSPC: also for more than SIDECAR_INDEX_MAX inodes.
 */
MUST_CHECK int sidecar_put(struct sidecar *s, const struct sidecar_record *r);
/* Writes the file anew with what is in force only; sidecar_put() does it when more than half would go. */
MUST_CHECK int sidecar_compact(struct sidecar *s);
/* To the disk. */
MUST_CHECK int sidecar_sync(struct sidecar *s);

/* What is kept of an inode, whose birth and type count; false: nothing is. */
bool sidecar_owner_of(const struct sidecar *s, const struct sidecar_key *key, struct sidecar_owner *ret);
/* The value of an attribute; NULL: there is none. Valid until the next record. */
const void *sidecar_attribute_of(const struct sidecar *s, const struct sidecar_key *key, const char *name,
				 size_t *ret_size);
/* Their names, each with a NUL: the size of all, of which as much as fits is in buf. */
size_t sidecar_names_of(const struct sidecar *s, const struct sidecar_key *key, char *buf, size_t size);
/* What an index is to say of an inode, with ret->more; false: nothing is kept of it. */
bool sidecar_entry_of(const struct sidecar *s, const struct sidecar_key *key, struct sidecar_owner *ret);
/* What is kept of an inode, as records. */
void sidecar_each_of(const struct sidecar *s, const struct sidecar_key *key,
		     void (*each)(void *context, const struct sidecar_record *r), void *context);
/* All owners, and all attributes, in no order, as records. */
void sidecar_each(const struct sidecar *s, void (*each)(void *context, const struct sidecar_record *r), void *context);

/* How many inodes something is kept of; how large the file is. */
size_t sidecar_count(const struct sidecar *s);
size_t sidecar_size(const struct sidecar *s);

/*
 * The key of an inode, fd may be O_PATH: its birth by statx(2). device is the store's: a key of that one has device 0. -errno.
 */
MUST_CHECK int sidecar_key_of(int fd, const char *name, uint64_t device, struct sidecar_key *ret);

#endif
