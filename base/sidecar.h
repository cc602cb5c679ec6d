/*
 * The sidecar: what is kept of a distribution's files that neither the host's inode nor an attribute of it can say. Owners and
 * modes of symbolic links, FIFOs and sockets, and, where the file system takes no user attributes, of everything.
 *
 * Here is the form of its records, and the index of them in the instance's shared memory. docs/sidecar.md describes the file
 * that holds them, which distro/sidecar.h reads and writes.
 *
 * A record is about an inode of the store's file system, whose number may be used again when it is gone: so it says when the
 * inode was born, and does not count for one with another time of birth. File systems that keep none leave its type, and that
 * whoever removes a file through lxrun removes its record.
 */
#ifndef LX_BASE_SIDECAR_H
#define LX_BASE_SIDECAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/attr.h"

/* The host's inode that something is kept of. */
struct sidecar_key {
	uint64_t device; /* 0 in files: the one that the store is on, whose number may be another tomorrow */
	uint64_t inode;
	int64_t birth; /* nanoseconds since 1970; 0 where the file system does not say */
	uint32_t type; /* S_IFMT of the host's mode */
};

struct sidecar_owner {
	uint32_t uid, gid;
	uint32_t mode; /* the guest's, with its type */
	uint32_t more; /* in the index: enum sidecar_more; 0 in records */
	uint64_t rdev;
};

/* What the index says of an inode besides its owner. The values of attributes are the supervisor's alone. */
enum sidecar_more {
	SIDECAR_NO_OWNER = 1 << 0,
	SIDECAR_ATTRIBUTES = 1 << 1, /* any */
	SIDECAR_ACCESS_ACL = 1 << 2,
	SIDECAR_DEFAULT_ACL = 1 << 3,
};

/* --- records (sidecar.c) ----------------------------------------------------------------------------------------------- */

enum sidecar_kind {
	SIDECAR_OWNER = 1,     /* replaces an earlier one of the inode */
	SIDECAR_ATTRIBUTE = 2, /* replaces an earlier one of the name; without a value: removes it */
	SIDECAR_REMOVED = 3,   /* nothing is kept of the inode any more */
};

#define SIDECAR_NAME_MAX   255
#define SIDECAR_VALUE_MAX  65536
#define SIDECAR_RECORD_MAX (64 + 256 + SIDECAR_VALUE_MAX)

/* A record in memory. */
struct sidecar_record {
	enum sidecar_kind kind;
	struct sidecar_key key;
	struct sidecar_owner owner; /* SIDECAR_OWNER */
	/* SIDECAR_ATTRIBUTE; both are in the caller's memory, or in the bytes that were read. value NULL: removed. */
	const char *name;
	uint32_t name_length;
	const void *value;
	uint32_t value_size;
};

/* The bytes of a record, at most SIDECAR_RECORD_MAX; how many, or -EINVAL for one that cannot be written, -ERANGE for size. */
MUST_CHECK long sidecar_encode(const struct sidecar_record *r, void *buf, size_t size);
/* The record that n bytes begin with, which need not be aligned; its size, or -EINVAL where they are none. */
MUST_CHECK long sidecar_decode(const void *bytes, size_t n, struct sidecar_record *ret);

/* A file begins with this many bytes, which say what it is. */
#define SIDECAR_HEADER_SIZE 16
void sidecar_header(unsigned char ret[SIDECAR_HEADER_SIZE]);
/* 0, -EINVAL for no sidecar, -EPROTONOSUPPORT for one of a version that is not known here. */
MUST_CHECK int sidecar_check_header(const void *bytes, size_t n);

/* --- the index (sidecar_index.c) --------------------------------------------------------------------------------------- */

/*
 * Where one writer keeps the owners of all records, and which inodes have attributes, and any number of processes look them up
 * without a lock and without a system call. Open addressing; nothing is ever moved. All zeros is an empty one, and what is not
 * used costs no memory: a bit for each place, that says if a search from there can find anything, is asked before the place.
 */
#define SIDECAR_INDEX_PLACES (1u << 19)
#define SIDECAR_INDEX_MAX    (SIDECAR_INDEX_PLACES / 2) /* records: -ENOSPC for more */

struct sidecar_entry {
	_Atomic uint32_t sequence; /* odd while the entry changes */
	_Atomic uint32_t state;    /* enum of sidecar_index.c */
	struct sidecar_key key;
	struct sidecar_owner owner;
};

struct sidecar_index {
	_Atomic uint32_t count;      /* entries: 0 is the answer to most questions */
	_Atomic uint32_t links;      /* of them, those about symbolic links */
	_Atomic uint32_t attributes; /* those that have any */
	uint32_t unused;
	_Atomic uint64_t begun[SIDECAR_INDEX_PLACES / 64];
	struct sidecar_entry entries[SIDECAR_INDEX_PLACES];
};

/*
 * What is kept of an inode, whatever its birth and type: those are in ret_key, and the caller compares them if they matter to
 * him. False: nothing is.
 */
bool sidecar_index_find(const struct sidecar_index *x, uint64_t device, uint64_t inode, struct sidecar_key *ret_key,
			struct sidecar_owner *ret);

/* The writer's. There is one entry for a number: a later birth takes the place of an earlier one. 0 or -ENOSPC. */
MUST_CHECK int sidecar_index_set(struct sidecar_index *x, const struct sidecar_key *key, const struct sidecar_owner *o);
void sidecar_index_remove(struct sidecar_index *x, uint64_t device, uint64_t inode);

/* True if what is kept under `kept` is about the inode `now`, as the host has it. */
static inline bool sidecar_same(const struct sidecar_key *kept, const struct sidecar_key *now)
{
	return kept->inode == now->inode && kept->birth == now->birth && kept->type == now->type;
}

#endif
