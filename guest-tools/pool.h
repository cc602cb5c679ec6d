/*
 * Memory that is given back as a whole, and what is built in it: texts and lists of texts. The programs here run for a
 * moment and cannot go on without memory: they end when there is none (exit status 1, one sentence).
 */
#ifndef LX_GUEST_TOOLS_POOL_H
#define LX_GUEST_TOOLS_POOL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct pool {
	struct pool_block *last;
};

/* Zeroed. */
void *pool_alloc(struct pool *p, size_t size);
char *pool_text(struct pool *p, const char *s, size_t length);
char *pool_copy(struct pool *p, const char *s);
char *pool_format(struct pool *p, const char *format, ...) PRINTF_LIKE(2, 3);
void pool_free(struct pool *p);

/* A list of texts, always ended by NULL once something was added; `items` of an empty one may be NULL. */
struct list {
	const char **items;
	size_t count, room;
};
void list_add(struct pool *p, struct list *l, const char *item);
bool list_has(const struct list *l, const char *item);
/* The words between characters of `separators`. */
void list_split(struct pool *p, struct list *l, const char *text, const char *separators);
/* One text, with `between` between the items. */
char *list_join(struct pool *p, const struct list *l, const char *between);
/* NAME=VALUE: replaces an item for the same NAME. */
void list_set_variable(struct pool *p, struct list *l, const char *assignment);
/* The value of NAME, which is `length` long; NULL if there is none. */
const char *list_variable(const struct list *l, const char *name, size_t length);
/* As execve(2) wants it, which changes nothing. */
char *const *list_vector(struct pool *p, const struct list *l);

/* A text that grows. */
struct text {
	struct pool *pool;
	char *s; /* ended by NUL; NULL while nothing was added */
	size_t used, room;
};
void text_byte(struct text *t, char c);
void text_add(struct text *t, const char *s);
void text_bytes(struct text *t, const char *s, size_t length);
/* Never NULL. */
char *text_end(struct text *t);

#endif
