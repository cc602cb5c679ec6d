#include "guest-tools/pool.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct pool_block {
	struct pool_block *before;
	_Alignas(16) char bytes[];
};

static NORETURN void no_memory(void)
{
	fputs("no memory is left\n", stderr);
	exit(EXIT_FAILURE);
}

void *pool_alloc(struct pool *p, size_t size)
{
	struct pool_block *b = size < SIZE_MAX / 2 ? calloc(1, sizeof(*b) + size) : NULL;

	if (b == NULL)
		no_memory();
	b->before = p->last;
	p->last = b;
	return b->bytes;
}

char *pool_text(struct pool *p, const char *s, size_t length)
{
	char *copy = pool_alloc(p, length + 1);

	memcpy(copy, s, length);
	return copy;
}

char *pool_copy(struct pool *p, const char *s)
{
	return pool_text(p, s, strlen(s));
}

char *pool_format(struct pool *p, const char *format, ...)
{
	va_list args, again;
	char *s;
	int n;

	va_start(args, format);
	va_copy(again, args);
	n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (n < 0)
		no_memory();
	s = pool_alloc(p, (size_t)n + 1);
	vsnprintf(s, (size_t)n + 1, format, again);
	va_end(again);
	return s;
}

void pool_free(struct pool *p)
{
	while (p->last != NULL) {
		struct pool_block *b = p->last;

		p->last = b->before;
		free(b);
	}
}

void list_add(struct pool *p, struct list *l, const char *item)
{
	if (l->count + 1 >= l->room) {
		size_t room = l->room > 0 ? l->room * 2 : 8;
		const char **items = pool_alloc(p, room * sizeof(*items));

		if (l->count > 0)
			memcpy(items, l->items, l->count * sizeof(*items));
		l->items = items;
		l->room = room;
	}
	l->items[l->count++] = item;
}

bool list_has(const struct list *l, const char *item)
{
	for (size_t i = 0; i < l->count; i++) {
		if (strcmp(l->items[i], item) == 0)
			return true;
	}
	return false;
}

void list_split(struct pool *p, struct list *l, const char *text, const char *separators)
{
	for (;;) {
		size_t length;

		text += strspn(text, separators);
		length = strcspn(text, separators);
		if (length == 0)
			return;
		list_add(p, l, pool_text(p, text, length));
		text += length;
	}
}

char *list_join(struct pool *p, const struct list *l, const char *between)
{
	struct text t = {.pool = p};

	for (size_t i = 0; i < l->count; i++) {
		text_add(&t, i > 0 ? between : "");
		text_add(&t, l->items[i]);
	}
	return text_end(&t);
}

void list_set_variable(struct pool *p, struct list *l, const char *assignment)
{
	size_t length = strcspn(assignment, "=") + 1;

	for (size_t i = 0; i < l->count; i++) {
		if (strncmp(l->items[i], assignment, length) == 0) {
			l->items[i] = assignment;
			return;
		}
	}
	list_add(p, l, assignment);
}

const char *list_variable(const struct list *l, const char *name, size_t length)
{
	for (size_t i = 0; i < l->count; i++) {
		if (strncmp(l->items[i], name, length) == 0 && l->items[i][length] == '=')
			return l->items[i] + length + 1;
	}
	return NULL;
}

char *const *list_vector(struct pool *p, const struct list *l)
{
	char **v = pool_alloc(p, (l->count + 1) * sizeof(*v));

	for (size_t i = 0; i < l->count; i++)
		v[i] = pool_copy(p, l->items[i]);
	return v;
}

void text_bytes(struct text *t, const char *s, size_t length)
{
	if (t->used + length + 1 > t->room) {
		size_t room = (t->used + length + 32) * 2;
		char *bigger = pool_alloc(t->pool, room);

		if (t->used > 0)
			memcpy(bigger, t->s, t->used);
		t->s = bigger;
		t->room = room;
	}
	memcpy(t->s + t->used, s, length);
	t->used += length;
	t->s[t->used] = '\0';
}

void text_byte(struct text *t, char c)
{
	text_bytes(t, &c, 1);
}

void text_add(struct text *t, const char *s)
{
	text_bytes(t, s, strlen(s));
}

char *text_end(struct text *t)
{
	text_bytes(t, "", 0);
	return t->s;
}
