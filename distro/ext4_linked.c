#include "distro/ext4_linked.h"

#include <errno.h>
#include <stdlib.h>

/* Its place, or a free one. */
static struct linked_inode *place(const struct linked *l, uint64_t host)
{
	size_t at = (size_t)(host * 0x9e3779b97f4a7c15ull >> 20) & (l->room - 1);

	while (l->list[at].host != 0 && l->list[at].host != host)
		at = (at + 1) & (l->room - 1);
	return &l->list[at];
}

static int grow(struct linked *l)
{
	struct linked more = {.room = l->room == 0 ? 256 : l->room * 2};

	more.list = calloc(more.room, sizeof(more.list[0]));
	if (more.list == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < l->room; i++)
		if (l->list[i].host != 0)
			*place(&more, l->list[i].host) = l->list[i];
	more.count = l->count;
	free(l->list);
	*l = more;
	return 0;
}

int linked_add(struct linked *l, uint64_t host, uint64_t host_links, uint32_t disk, uint32_t disk_links)
{
	struct linked_inode *i;

	if (host_links < disk_links)
		return -EINVAL;
	if (host_links < 2)
		return 0;
	if (l->count * 4 >= l->room * 3 && grow(l) < 0)
		return -ENOMEM;
	i = place(l, host);
	if (i->host == 0) {
		*i = (struct linked_inode){.host = host, .disk = disk, .links = disk_links};
		l->count++;
	}
	if (i->disk != disk || i->seen == i->links)
		return -EINVAL;
	i->seen++;
	return 0;
}

bool linked_complete(const struct linked *l)
{
	for (size_t i = 0; i < l->room; i++)
		if (l->list[i].seen != l->list[i].links)
			return false;
	return true;
}

void linked_done(struct linked *l)
{
	free(l->list);
	*l = (struct linked){0};
}
