/* What --install, --import and --clone share: a distribution that is there as a whole or not at all. */
#ifndef LX_CLI_INSTALL_H
#define LX_CLI_INSTALL_H

#include "distro/archive.h"
#include "distro/distro.h"

struct install {
	struct distro d;
	bool named;  /* d.name is its own; else one for the time being */
	bool placed; /* its location is called after that, and is to be called as it is */
	int lock;    /* its location, held */
	int root;    /* its rootfs, empty at first; of version 2: until its disk is made */
};

/*
 * Registers a distribution that is being installed, and makes its directories. name NULL: it will be known later; location NULL:
 * where stores are; version 0: as the registry says. Reports and exits when the name or the place is taken.
 */
void install_begin(struct install *n, const char *name, const char *location, int version);
/* Reads what its files say of themselves. With a sentence and -errno if they are no distribution. */
MUST_CHECK int install_look(struct install *n, bool first_run, struct message *message);
/* Of version 2: makes its disk of its files, which go then. With a sentence and -errno. */
MUST_CHECK int install_disk(struct install *n, const struct archive_options *o, struct message *message);
/* Makes it one: on failure it is still to be dropped. */
MUST_CHECK int install_finish(struct install *n, struct message *message);
/* Removes everything again. */
void install_drop(struct install *n);
/* The end of what had progress: r 0 and it is finished; else nothing of it is left, and the process ends with the sentence. */
void install_end(struct install *n, int r, struct message *message);

/* The archive's end of it: unpacks `file` ("-": the standard input) into a new distribution, or reports and exits with nothing
 * left. */
void install_from_file(struct install *n, const char *file, const char *what, bool first_run, bool quiet);

/* The same for what a function opens: a descriptor, or -errno and a sentence. */
typedef int (*install_open)(struct install *n, void *context, struct message *m);
void install_from_archive(struct install *n, install_open open_it, void *context, const char *what, bool first_run,
			  bool quiet);

#endif
