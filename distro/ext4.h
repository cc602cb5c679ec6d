/*
 * Disks of version 2: from a tree to an ext4 image and back, without root and without mounting anything. Public; links libext2fs, so
 * only lxrun-archive uses it.
 *
 * Everything that an inode has goes along: type, owner, mode, device, attributes and access control lists, flags, project, times of
 * access and change to the nanosecond, hard links of everything, holes. Times of the inode's own change and of its birth do not.
 */
#ifndef LX_DISTRO_EXT4_H
#define LX_DISTRO_EXT4_H

#include "distro/archive.h"

/* How large a disk may become; it takes what is written to it. */
#define EXT4_SIZE_DEFAULT (UINT64_C(1) << 40)
#define EXT4_SIZE_LEAST   (UINT64_C(256) << 20)
/* How many files a disk of that size has room for. */
uint64_t ext4_inodes(uint64_t size);

/*
 * Writes the tree at dir, in the guest's terms as archive_pack() does (owners, modes, devices, attributes, times, hard links,
 * holes; sockets, too), into a new image at path, which must not be there. On failure the image is removed; until it is complete
 * it says of itself that it is not clean. It is on its way to the host's disk when this returns; ext4_sync() waits for that.
 */
MUST_CHECK int ext4_write_tree(int dir, const char *path, uint64_t size, const struct archive_options *o,
			       struct message *message);
/* The same to an empty file that fd is open on for reading and writing, and that has a name or not. */
MUST_CHECK int ext4_write_file(int dir, int fd, uint64_t size, const struct archive_options *o,
			       struct message *message);
MUST_CHECK int ext4_sync(const char *path, struct message *message);

/*
 * Writes what is in the image at path into the empty directory dir, as a store keeps it; o->sidecar is written to. `links` is
 * another empty directory of the same file system: what is in it afterwards is to be removed. The image is not believed: one that
 * is damaged, or made to do harm, fails with a sentence.
 */
MUST_CHECK int ext4_read_tree(const char *path, int dir, int links, const struct archive_options *o,
			      struct message *message);

/*
 * Directories that are made in this one begin elsewhere on the host's disk, depending on their names, where that is ext4: next to
 * where thousands of files have just been removed it looks at each of these for every new one, for minutes.
 */
void ext4_spread(int dir);

/* Compares the image with the tree, inode by inode and byte by byte; -EIO and a sentence that names what differs first. */
MUST_CHECK int ext4_compare(const char *path, int dir, const struct archive_options *o, struct message *message);

/*
 * Has e2fsck look at an image that nobody uses. repair: a journal is replayed first, if it has to be, and what is done with a file
 * system that was not closed. -EUCLEAN: it is damaged; -ENOENT: there is no e2fsck, and nothing was done.
 */
MUST_CHECK int ext4_check(const char *path, bool repair, struct message *message);
/* The same while the caller does something else with it, which only reads; one of _end and _stop follows. */
MUST_CHECK int ext4_check_begin(const char *path, bool repair, pid_t *ret, struct message *message);
MUST_CHECK int ext4_check_end(const char *path, pid_t checking, struct message *message);
void ext4_check_stop(pid_t checking);

/* What moving it will take. */
struct ext4_needs {
	uint64_t entries, content; /* bytes of files, without holes */
	uint64_t space;            /* on the disk that it is moved to, at most */
	bool is_system;            /* of an image: there are /etc or /bin in it */
};
/* Looks at all of a tree, or of an image, and for what cannot be moved: with a sentence that names it. */
MUST_CHECK int ext4_scan_tree(int dir, const struct archive_options *o, struct ext4_needs *ret,
			      struct message *message);
MUST_CHECK int ext4_scan_disk(const char *path, const struct archive_options *o, struct ext4_needs *ret,
			      struct message *message);

#endif
