/*
 * Progress of long work, and its interruption: on a terminal a bar, otherwise a line a second, nothing if quiet; all on the
 * standard error. While it is begun, SIGINT, SIGTERM and SIGHUP ask the work to stop; progress_end() tells whether one did.
 */
#ifndef LX_CLI_PROGRESS_H
#define LX_CLI_PROGRESS_H

#include "distro/archive.h"

/* what: "importing debian". The options are good until progress_end(). */
const struct archive_options *progress_begin(const char *what, bool quiet);
/* A sentence about where the work is, instead of numbers; a result other than 0 asks the work to stop. */
MUST_CHECK int progress_say(const char *text);
/* Bytes that have come, of so many (0: unknown), with their rate and the time that is left; a result as above. */
MUST_CHECK int progress_download(void *context, uint64_t now, uint64_t total);
/* What follows is called otherwise: as progress_begin()'s what. */
void progress_title(const char *what);
/* The line is gone; the signal that came, or 0. The signals stay caught, so that what follows can be cleaned up in peace. */
int progress_end(void);
/* Ends this process the way the signal would have. */
NORETURN void progress_die(int signal);

/* --max-size: bytes that an archive may unpack to; reports and exits on what is no size. */
uint64_t progress_size(const char *text);
void progress_set_limit(uint64_t content_max);

#endif
