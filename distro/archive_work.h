/* What a piece of work on an archive carries along: progress, limits, and the one sentence if it fails. Private to distro/. */
#ifndef LX_DISTRO_ARCHIVE_WORK_H
#define LX_DISTRO_ARCHIVE_WORK_H

#include <stdbool.h>

#include "distro/archive.h"

struct archive_work {
	const struct archive_options *options;
	struct archive_progress progress;
	struct message *message;
	int64_t next_tick; /* when progress is called again: CLOCK_MONOTONIC, nanoseconds */
	bool failed;       /* the sentence is there */
};

void work_begin(struct archive_work *w, const struct archive_options *o, struct message *message);
/* Calls progress if it is time; 0 or -ECANCELED. Cheap. */
MUST_CHECK int work_tick(struct archive_work *w);
/* Calls it for the last time. */
MUST_CHECK int work_end(struct archive_work *w);
/* The first sentence counts. Gives error back. */
int work_fail(struct archive_work *w, int error, const char *format, ...) PRINTF_LIKE(3, 4);
/* The sentence for a failed host call on an entry; what: "write", "make" .. */
int work_fail_on(struct archive_work *w, int error, const char *what, const char *name);

/* A name for people: quoted, cut, without control characters. */
struct shown_name {
	char text[320];
};
struct shown_name show_name(const char *name);

#endif
