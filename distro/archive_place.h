/*
 * The directories that an archive is unpacked into: opened component by component without following links, the last few kept
 * open. A directory's time is that of its entry whatever is made in it afterwards, so it is set when the directory is closed;
 * one that is opened again gets back the time that it had. Private to distro/.
 */
#ifndef LX_DISTRO_ARCHIVE_PLACE_H
#define LX_DISTRO_ARCHIVE_PLACE_H

#include <time.h>

#include "distro/archive_work.h"

#define PLACE_DIRS 32

struct place_dir {
	char *path; /* clean; "" is the root */
	size_t length;
	int fd;
	bool made; /* by this opening */
	bool changed;
	struct timespec mtime;
	uint64_t used;
};

struct places {
	struct archive_work *work;
	int umask; /* bits that the host takes from what is made */
	uint64_t clock;
	struct place_dir dirs[PLACE_DIRS]; /* [0] is the root, for good; path NULL: unused */
};

/* root stays the caller's. */
MUST_CHECK int places_open(struct places *p, int root, struct archive_work *w);
/* Sets the times that are still to be set. Also after a failed places_open(). */
void places_close(struct places *p);

/*
 * name without "." and superfluous slashes, into *buf (of *room bytes, grown); "" for the root. Absolute names and those with
 * ".." are refused with a sentence.
 */
MUST_CHECK int place_clean(struct archive_work *w, const char *name, char **buf, size_t *room);

/* The open directory of a clean path, good until the next call; missing ones are made, if create says so (else -ENOENT). */
MUST_CHECK int places_directory(struct places *p, const char *path, size_t length, bool create, struct place_dir **ret);
/* The directory that a clean path's last component is in. */
MUST_CHECK int places_parent(struct places *p, const char *path, bool create, struct place_dir **ret,
			     const char **last);
/* The directory is gone. */
void places_forget(struct places *p, const char *path);

#endif
