#include "distro/ext4_names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int names_add(struct names *n, const char *name, size_t length, struct name **ret)
{
	if (n->count == n->room) {
		size_t room = n->room + n->room / 2 + 32;
		struct name *more = realloc(n->list, room * sizeof(*more));

		if (more == NULL)
			return -ENOMEM;
		n->list = more;
		n->room = room;
	}
	if (n->used + length + 1 > n->bytes_room) {
		size_t room = n->bytes_room + n->bytes_room / 2 + 1024;
		char *more = room < UINT32_MAX ? realloc(n->bytes, room) : NULL;

		if (more == NULL)
			return -ENOMEM;
		n->bytes = more;
		n->bytes_room = room;
	}
	memcpy(n->bytes + n->used, name, length);
	n->bytes[n->used + length] = '\0';
	n->list[n->count] = (struct name){.at = (uint32_t)n->used, .length = (uint8_t)length};
	n->used += length + 1;
	*ret = &n->list[n->count++];
	return 0;
}

void names_done(struct names *n)
{
	free(n->list);
	free(n->bytes);
	*n = (struct names){0};
}

int tree_path_add(struct tree_path *p, const char *name)
{
	size_t n = strlen(name);

	if (p->length + n + 2 > p->room) {
		size_t room = (p->length + n) * 2 + 256;
		char *more = realloc(p->text, room);

		if (more == NULL)
			return -ENOMEM;
		p->text = more;
		p->room = room;
	}
	if (p->length > 0)
		p->text[p->length++] = '/';
	memcpy(p->text + p->length, name, n + 1);
	p->length += n;
	return 0;
}

void tree_path_cut(struct tree_path *p, size_t length)
{
	p->length = length;
	p->text[length] = '\0';
}

void tree_path_done(struct tree_path *p)
{
	free(p->text);
	*p = (struct tree_path){0};
}
