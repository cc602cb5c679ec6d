/* Owners, modes, devices and attributes of what is unpacked, as base/override.h and vfs/README.md keep them. Private to distro/. */
#ifndef LX_DISTRO_ARCHIVE_OWNER_H
#define LX_DISTRO_ARCHIVE_OWNER_H

#include "base/override.h"
#include "distro/archive_tar.h"
#include "distro/sidecar.h"

struct owners {
	struct archive_work *work;
	mode_t umask;
	struct sidecar *sidecar; /* NULL: there is none */
	dev_t device;            /* that it is about */
	bool no_attributes;      /* the file system takes none */
	bool exact;              /* of a disk of version 2: everything counts, and is kept somewhere */
	bool devices;            /* there are stand-ins */
	uint64_t lost_owners, lost_devices, lost_attributes;
};

/* What the entry is to be. Also where it is a stand-in itself: an archive of a store, or of a rootless container's. */
void owner_of_entry(const struct tar_entry *e, struct override *ret);
/* What it says itself, whatever its attributes are called. */
void owner_plain(const struct tar_entry *e, struct override *ret);
/* The mode to make a file or directory with. */
mode_t owner_mode_to_make(const struct owners *o, const struct override *want);
/* A file or directory has been made with owner_mode_to_make(), or was there (made false): all that is left to do. */
MUST_CHECK int owner_apply(struct owners *o, int fd, bool made, const struct tar_entry *e, const struct override *want);
/*
 * A link or FIFO has been made, `name` in the directory dir: where it is not the directory's owner's, or has a mode that the
 * host's inode cannot have, that is kept.
 */
MUST_CHECK int owner_apply_special(struct owners *o, int dir, const char *name, const struct tar_entry *e,
				   const struct override *want);
/* Its attributes, and its access control list: in the sidecar. */
void owner_special_attributes(struct owners *o, int dir, const char *name, const struct tar_entry *e);
/* Keeps what an inode of ext4 has besides attributes, name "" for fd itself. Only where exact. */
void owner_put_inode(struct owners *o, int fd, const char *name, const char *text);
/* What could not be kept, as a sentence; "" if everything was. */
void owner_say_lost(const struct owners *o, struct message *ret);

#endif
