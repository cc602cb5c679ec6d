/* An archive's bytes on their way out: gathered, compressed (by as many threads as there are processors), written. Private to
 * distro/. */
#ifndef LX_DISTRO_ARCHIVE_OUTPUT_H
#define LX_DISTRO_ARCHIVE_OUTPUT_H

#include <stddef.h>

#include "distro/archive_work.h"

struct output;

MUST_CHECK int output_open(int fd, enum archive_format format, struct archive_work *w, struct output **ret);
MUST_CHECK int output_write(struct output *o, const void *p, size_t n);
/* Room for at least one byte, to be filled by the caller and counted by output_filled(). */
MUST_CHECK int output_room(struct output *o, void **ret, size_t *ret_n);
void output_filled(struct output *o, size_t n);
MUST_CHECK int output_zeros(struct output *o, uint64_t n);
/* Writes what is left; only then is it known that all went well. */
MUST_CHECK int output_end(struct output *o);
void output_close(struct output *o);

#endif
