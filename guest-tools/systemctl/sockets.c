#include "guest-tools/systemctl/sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "guest-tools/files.h"
#include "guest-tools/systemctl/drop_ins.h"
#include "guest-tools/systemctl/unit_name.h"

#define SOCKETS_MAX 16

union address {
	struct sockaddr any;
	struct sockaddr_un un;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

/* "/path", "@abstract", "port", "address:port", "[address]:port". 0 for anything else. */
static socklen_t parse_address(struct pool *p, const char *text, union address *ret)
{
	char *copy = pool_copy(p, text), *colon = strrchr(copy, ':'), *end;
	unsigned long port = strtoul(colon != NULL ? colon + 1 : copy, &end, 10);
	size_t length = strlen(text);

	memset(ret, 0, sizeof(*ret));
	if (text[0] == '/' || text[0] == '@') {
		if (length >= sizeof(ret->un.sun_path))
			return 0;
		ret->un.sun_family = AF_UNIX;
		memcpy(ret->un.sun_path, text, length + 1);
		if (text[0] == '@')
			ret->un.sun_path[0] = '\0';
		return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + (text[0] == '/'));
	}
	if (*end != '\0' || port == 0 || port > 65535)
		return 0;
	if (colon == NULL) {
		ret->in6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
		return sizeof(ret->in6);
	}
	*colon = '\0';
	if (inet_pton(AF_INET, copy, &ret->in.sin_addr) == 1) {
		ret->in.sin_family = AF_INET;
		ret->in.sin_port = htons((uint16_t)port);
		return sizeof(ret->in);
	}
	if (copy[0] != '[' || colon[-1] != ']')
		return 0;
	colon[-1] = '\0';
	ret->in6.sin6_family = AF_INET6;
	ret->in6.sin6_port = htons((uint16_t)port);
	return inet_pton(AF_INET6, copy + 1, &ret->in6.sin6_addr) == 1 ? sizeof(ret->in6) : 0;
}

static int number(struct unit *u, const char *key, const char *otherwise, int base)
{
	return (int)strtol(unit_get(u, "Socket", key, otherwise), NULL, base);
}

static void set_owner(struct unit *u, const char *path)
{
	const char *user = unit_get(u, "Socket", "SocketUser", NULL),
		   *group = unit_get(u, "Socket", "SocketGroup", NULL);
	struct account a = {.uid = 0, .gid = 0};
	gid_t gid;

	if (user != NULL && account_find(&u->pool, user, &a) < 0)
		return;
	gid = a.gid;
	if (group != NULL && group_find(&u->pool, group, &gid) < 0)
		return;
	if (user != NULL || group != NULL)
		(void)!chown(path, a.uid, gid);
}

/* A listener, or a bound socket for datagrams. */
static int open_one(struct unit *u, const char *text, int type)
{
	union address a;
	socklen_t length = parse_address(&u->pool, text, &a);
	int fd, on = 1, off = 0, r = 0;
	mode_t old;

	if (length == 0)
		return -EINVAL;
	fd = socket(a.any.sa_family, type | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (text[0] == '/') {
		char *above = pool_text(&u->pool, text, (size_t)(strrchr(text, '/') - text));

		if (above[0] != '\0')
			r = make_directories(above, (mode_t)number(u, "DirectoryMode", "0755", 8));
		(void)unlink(text);
	} else if (text[0] != '@') {
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
		if (a.any.sa_family == AF_INET6 &&
		    strcmp(unit_get(u, "Socket", "BindIPv6Only", "default"), "ipv6-only") != 0)
			(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	}
	old = umask((mode_t)(~number(u, "SocketMode", "0666", 8) & 0777));
	if (r == 0 && bind(fd, &a.any, length) < 0)
		r = -errno;
	umask(old);
	if (r == 0 && text[0] == '/') {
		(void)!chmod(text, (mode_t)number(u, "SocketMode", "0666", 8) & 0777);
		set_owner(u, text);
	}
	if (r == 0 && unit_truth(u, "Socket", "PassCredentials", false))
		(void)setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on));
	if (r == 0 && type != SOCK_DGRAM && listen(fd, number(u, "Backlog", "4096", 10)) < 0)
		r = -errno;
	if (r < 0)
		close(fd);
	return r < 0 ? r : fd;
}

static int open_unit(struct service *s, struct unit *u, const char *name)
{
	static const struct {
		const char *key;
		int type;
	} kinds[] = {
		{"ListenStream", SOCK_STREAM},
		{"ListenDatagram", SOCK_DGRAM},
		{"ListenSequentialPacket", SOCK_SEQPACKET},
	};
	const char *shown = unit_get(u, "Socket", "FileDescriptorName", name);

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct list all = {NULL};

		unit_values(u, "Socket", kinds[i].key, &all);
		for (size_t k = 0; k < all.count && s->sockets.count < SOCKETS_MAX; k++) {
			const char *text = specifier_expand(&u->pool, &u->specifiers, all.items[k]);
			int fd;

			/* The journal's: nobody would write to them. */
			if (strncmp(text, "/run/systemd/", 13) == 0)
				continue;
			fd = open_one(u, text, kinds[i].type);
			if (fd < 0) {
				service_log(s, "cannot listen on %s for %s: %s", text, u->name, strerror(-fd));
				return fd;
			}
			s->socket_fds[s->sockets.count] = fd;
			list_add(s->pool, &s->sockets, pool_copy(s->pool, shown));
		}
	}
	return 0;
}

static void socket_names(struct service *s, struct list *ret)
{
	unit_words(s->u, "Service", "Sockets", ret);
	if (ret->count == 0)
		list_add(s->pool, ret, pool_format(s->pool, "%s.socket", unit_name_without_type(s->pool, s->u->name)));
}

/*
 * Would systemd have the socket open: the service asks for it, or it is enabled. Not those with Accept=yes, which want a
 * service per connection: there is nobody to accept one.
 */
static bool is_used(struct service *s, struct unit *socket)
{
	struct list wanted = {NULL};

	if (unit_truth(socket, "Socket", "Accept", false) ||
	    strcmp(unit_get(socket, "Socket", "Service", s->u->name), s->u->name) != 0)
		return false;
	unit_words(s->u, "Service", "Sockets", &wanted);
	unit_words(s->u, "Unit", "Requires", &wanted);
	unit_words(s->u, "Unit", "Wants", &wanted);
	drop_ins_dependencies(s->pool, "sockets.target", "wants", &wanted);
	drop_ins_dependencies(s->pool, s->u->name, "wants", &wanted);
	drop_ins_dependencies(s->pool, s->u->name, "requires", &wanted);
	return list_has(&wanted, socket->name);
}

int sockets_open(struct service *s)
{
	struct list names = {NULL};
	int r = 0;

	s->socket_fds = pool_alloc(s->pool, SOCKETS_MAX * sizeof(int));
	socket_names(s, &names);
	for (size_t i = 0; r == 0 && i < names.count; i++) {
		struct unit u;

		if (!unit_name_valid(names.items[i]))
			continue;
		unit_load(names.items[i], &u);
		if (u.state == UNIT_LOADED && is_used(s, &u))
			r = open_unit(s, &u, u.name);
		unit_done(&u);
	}
	return r;
}

void sockets_remove(struct service *s)
{
	struct list names = {NULL};

	socket_names(s, &names);
	for (size_t i = 0; i < names.count && s->sockets.count > 0; i++) {
		struct list all = {NULL};
		struct unit u;

		if (!unit_name_valid(names.items[i]))
			continue;
		unit_load(names.items[i], &u);
		if (u.state == UNIT_LOADED)
			unit_values(&u, "Socket", "ListenStream", &all);
		for (size_t k = 0; k < all.count; k++) {
			if (all.items[k][0] == '/')
				(void)unlink(specifier_expand(&u.pool, &u.specifiers, all.items[k]));
		}
		unit_done(&u);
	}
}
