/*
 * Memory, strings and text for code without a libc.
 *
 * The compiler may call memcpy, memmove, memset and memcmp on its own; base/mem.c provides them in the freestanding
 * build and the libc does in the hosted one. Buffers are always (pointer, size); nothing writes past the size.
 */
#ifndef LX_BASE_STR_H
#define LX_BASE_STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

void *memcpy(void *restrict to, const void *restrict from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int byte, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);

static inline bool str_eq(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

/* True if s begins with prefix. */
bool str_starts(const char *s, const char *prefix);

/* Copies s with its NUL; the length, or -ENAMETOOLONG and an empty string where it does not fit. */
MUST_CHECK long str_copy(char *to, size_t size, const char *s);

/* A decimal number that fills the whole string; 0, or -EINVAL (empty, other characters, above max). */
MUST_CHECK int str_to_u64(const char *s, uint64_t max, uint64_t *ret);

/* The hexadecimal number (small letters, at most 16 digits) that text of n characters begins with; how many digits it has. */
size_t str_hex(const char *text, size_t n, uint64_t *ret);

/*
 * A small snprintf: %s %c %% and %d %i %u %x %o with l or z, widths with an optional 0, %.*s, %p. Always ends the
 * text with a NUL. The length of what the whole text would need, as snprintf's.
 */
size_t str_vformat(char *to, size_t size, const char *format, va_list ap);
size_t str_format(char *to, size_t size, const char *format, ...) PRINTF_LIKE(3, 4);

#endif
