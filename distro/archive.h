/*
 * Distributions as archives: tar in any compression that libarchive knows (gzip, xz, zstd, bzip2, none), `.wsl` files among
 * them. Public; links libarchive, so only lxrun-manage uses it.
 *
 * A tree is kept as vfs/README.md says: the host's files are the caller's, with u+rw (directories u+rwx); what differs from
 * "0:0 with the host's mode" is in user.containers.override_stat and marked by S_ISVTX; device nodes are empty files with the
 * attribute; trusted.* and security.* attributes are user.lxrun.<name>. What no attribute can say of a file is in the
 * distribution's sidecar (distro/sidecar.h).
 */
#ifndef LX_DISTRO_ARCHIVE_H
#define LX_DISTRO_ARCHIVE_H

#include "distro/distro.h"

struct sidecar;

struct archive_progress {
	uint64_t entries;       /* done */
	uint64_t bytes;         /* of the archive, read or written */
	uint64_t bytes_total;   /* 0: unknown (a pipe) */
	uint64_t content;       /* bytes of files */
	uint64_t content_total; /* 0: unknown */
};

struct archive_options {
	/* Called a few times a second and at the end; a result other than 0 stops the work with -ECANCELED. NULL: nobody. */
	int (*progress)(void *context, const struct archive_progress *p);
	void *context;
	/*
	 * Bytes that an archive may unpack to, so that 10 MB cannot fill a disk; 0: ARCHIVE_CONTENT_MAX, and, beyond
	 * ARCHIVE_RATIO_FROM, ARCHIVE_RATIO_MAX times its own size.
	 */
	uint64_t content_max;
	uint64_t entries_max; /* 0: ARCHIVE_ENTRIES_MAX */
	/*
	 * What is kept of the tree that is read, or of the one that an archive is unpacked to; of the copy. NULL: nothing, and
	 * nothing can be.
	 */
	struct sidecar *sidecar, *copy_sidecar;
	/* Of a comparison: who reads files since then (seconds since 1970) changes their times of access; 0: nobody does. */
	int64_t read_since;
	/* What progress begins with: of work that is a part of more. */
	struct archive_progress done;
};

#define ARCHIVE_CONTENT_MAX (64ull << 30)
#define ARCHIVE_RATIO_FROM  (256ull << 20)
#define ARCHIVE_RATIO_MAX   100
#define ARCHIVE_ENTRIES_MAX 10000000ull

enum archive_format { ARCHIVE_TAR, ARCHIVE_TAR_GZ, ARCHIVE_TAR_XZ, ARCHIVE_TAR_ZST };

/*
 * Unpacks the archive that fd is open on into the empty directory dir. Hostile archives cannot write outside of it: names are
 * taken apart and opened component by component without following links. Entries with an absolute name or `..` in it, and
 * hard links to what was not in the archive, fail it with a sentence. A later entry of the same name replaces an earlier one,
 * as tar does; nothing is made below a link. After success the message says what could not be kept, or is empty.
 */
MUST_CHECK int archive_unpack(int fd, int dir, const struct archive_options *o, struct message *message);

/*
 * Writes the tree at dir to fd in the guest's terms (owners, modes, devices and attributes as guests see them; hard links,
 * sparse files and times kept), sorted by nothing. Sockets are left out, as tar leaves them.
 */
MUST_CHECK int archive_pack(int dir, int fd, enum archive_format format, const struct archive_options *o,
			    struct message *message);

/*
 * Copies the tree at `from` into the empty directory `to`, as the host has it: by reference where the file system can, with
 * attributes, holes, times and hard links. Sockets are left out.
 */
MUST_CHECK int archive_copy(int from, int to, const struct archive_options *o, struct message *message);

/* Removes a tree of the caller's, whatever modes its directories have; dir is a path. 0 or -errno. */
MUST_CHECK int archive_remove_tree(const char *dir);

#endif
