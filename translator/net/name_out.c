/* A socket's name as the host's kernel reports it, on its way to the guest. */
#include <errno.h>

#include "base/host.h"
#include "base/str.h"
#include "translator/net/net.h"
#include "translator/net/place.h"

#define NAME_AT offsetof(struct sockaddr_un, sun_path)
/* All that an address has room for. */
#define TEXT_SIZE (sizeof(struct sockaddr_storage) - NAME_AT)

void net_address_init(struct net_address *a)
{
	*a = (struct net_address){.length = sizeof(a->any)};
}

/* The guest's name for the host's text; NULL if the text is what the guest must see. */
static const char *guest_name(struct tr_call *c, const char *text, char buf[PATH_MAX])
{
	const struct instance *in = c->ns.in;
	size_t n = strlen(in->runtime);
	char id[NET_ID_SIZE];

	if (text[0] != '/')
		return NULL;
	if (strncmp(text, in->runtime, n) == 0 && str_starts(text + n, NET_ROOT "/"))
		return text + n + strlen(NET_ROOT);
	if (net_record_of(in, text, id))
		return net_record_read(in, id, buf) == 0 ? buf : NULL;
	return vfs_guest_path(&c->ns, text, buf, PATH_MAX) >= 0 ? buf : NULL;
}

void net_name_out(struct tr_call *c, struct net_address *a)
{
	char text[TEXT_SIZE + 1], buf[PATH_MAX];
	const char *name;
	size_t n;

	if (a->length <= (int)NAME_AT || a->length > (int)sizeof(a->any) || a->any.ss_family != AF_UNIX)
		return;
	if (a->un.sun_path[0] == '\0')
		return;
	n = (size_t)a->length - NAME_AT;
	memcpy(text, (const char *)&a->any + NAME_AT, n);
	text[n] = '\0';

	name = guest_name(c, text, buf);
	if (name == NULL)
		return;
	/* unix(7): the NUL is counted, and stands behind sun_path for the longest names. */
	n = strlen(name);
	if (n > UNIX_PATH_MAX)
		n = UNIX_PATH_MAX;
	*a = (struct net_address){.un.sun_family = AF_UNIX, .length = (int)(NAME_AT + n + 1)};
	memcpy((char *)&a->any + NAME_AT, name, n);
}

int net_give_address(struct tr_call *c, const struct net_address *a, uint64_t to, uint64_t length_at)
{
	int room;

	if (tr_read(c, &room, length_at, sizeof(room)) < 0)
		return -EFAULT;
	if (room > a->length)
		room = a->length;
	if (room < 0)
		return -EINVAL;
	if (tr_write(c, length_at, &a->length, sizeof(a->length)) < 0)
		return -EFAULT;
	return room > 0 ? tr_write(c, to, &a->any, (size_t)room) : 0;
}
