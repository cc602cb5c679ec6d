/*
 * The form of unit files: [Section], Key=value, comments of # and ; in lines of their own (within a continued line too), a \
 * at the end of a line continues it. Text of any bytes; lines that are none of this are left out.
 */
#ifndef LX_GUEST_TOOLS_UNIT_TEXT_H
#define LX_GUEST_TOOLS_UNIT_TEXT_H

#include "guest-tools/pool.h"

typedef void unit_text_setting(void *context, const char *section, const char *key, const char *value);

/* What it gives belongs to the pool. */
void unit_text_read(struct pool *p, const char *text, size_t size, unit_text_setting *give, void *context);

/* The same for environment files: NAME=value with a shell's quotes; there are no sections. `give` gets NAME=value. */
void environment_file_read(struct pool *p, const char *text, size_t size, void (*give)(void *, const char *),
			   void *context);

#endif
