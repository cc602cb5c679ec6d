/*
 * An archive's bytes, decompressed by a thread of its own while the caller writes what came before. Private to distro/.
 *
 * Where the bytes end, and what was wrong with them, the caller learns when it comes there. The limits on content are kept here:
 * whatever an archive does with its bytes, they have passed this.
 */
#ifndef LX_DISTRO_ARCHIVE_INPUT_H
#define LX_DISTRO_ARCHIVE_INPUT_H

#include <stddef.h>

#include "distro/archive_work.h"

struct input;

MUST_CHECK int input_open(int fd, struct archive_work *w, struct input **ret);
/* Ends the thread, wherever it is. NULL is nothing. */
void input_close(struct input *in);

/* Up to max of the next bytes, as they lie there until the next call; *ret_n 0: the end. */
MUST_CHECK int input_take(struct input *in, size_t max, const void **ret, size_t *ret_n);
/* The next n bytes; how many there were before the end, or -errno. */
MUST_CHECK long input_read(struct input *in, void *buf, size_t n);
/* Where we are, in decompressed bytes. */
uint64_t input_position(const struct input *in);

#endif
