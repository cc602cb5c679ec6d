#include "vm-backend/network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <slirp/libslirp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MTU     16000
#define BUFFER  (4 << 20)
#define PACKETS 64 /* at a time, then others have their turn */

struct timer {
	struct timer *next;
	SlirpTimerId id;
	void *opaque;
	int64_t expires; /* milliseconds, -1: not set */
};

static Slirp *slirp;
static int own = -1;
static struct timer *timers;
static struct pollfd *polls; /* of the round */
static size_t poll_count;

static int64_t clock_ns(void *opaque)
{
	struct timespec t;

	(void)opaque;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* --- what libslirp asks for --------------------------------------------------------------------------------------------- */

/* A frame that finds no room is lost, as on a wire. */
static ssize_t send_packet(const void *buf, size_t n, void *opaque)
{
	(void)opaque;
	(void)!send(own, buf, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	return (ssize_t)n;
}

static void guest_error(const char *message, void *opaque)
{
	(void)message;
	(void)opaque;
}

static void *timer_new(SlirpTimerId id, void *timer_opaque, void *opaque)
{
	struct timer *t = calloc(1, sizeof(*t));

	(void)opaque;
	if (t == NULL)
		abort();
	*t = (struct timer){timers, id, timer_opaque, -1};
	timers = t;
	return t;
}

static void timer_free(void *timer, void *opaque)
{
	(void)opaque;
	for (struct timer **at = &timers; *at != NULL; at = &(*at)->next)
		if (*at == timer) {
			*at = (*at)->next;
			break;
		}
	free(timer);
}

static void timer_mod(void *timer, int64_t expires, void *opaque)
{
	(void)opaque;
	((struct timer *)timer)->expires = expires;
}

static void watch(int fd, void *opaque)
{
	(void)fd;
	(void)opaque;
}

static void notify(void *opaque)
{
	(void)opaque;
}

static const SlirpCb callbacks = {
	.send_packet = send_packet,
	.guest_error = guest_error,
	.clock_get_ns = clock_ns,
	.timer_free = timer_free,
	.timer_mod = timer_mod,
	.register_poll_fd = watch,
	.unregister_poll_fd = watch,
	.notify = notify,
	.timer_new_opaque = timer_new,
};

static struct in_addr address(const char *text)
{
	struct in_addr a = {0};

	(void)inet_pton(AF_INET, text, &a);
	return a;
}

int network_open(int *ret_vm)
{
	SlirpConfig c = {.version = 4,
			 .in_enabled = true,
			 .vnetwork = address("10.0.2.0"),
			 .vnetmask = address("255.255.255.0"),
			 .vhost = address("10.0.2.2"),
			 .vdhcp_start = address("10.0.2.15"),
			 .vnameserver = address("10.0.2.3"),
			 .if_mtu = MTU,
			 .if_mru = MTU};
	int pair[2], buffer = BUFFER;

	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	for (int i = 0; i < 2; i++) {
		(void)setsockopt(pair[i], SOL_SOCKET, SO_SNDBUF, &buffer, sizeof(buffer));
		(void)setsockopt(pair[i], SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer));
	}
	own = pair[0];
	slirp = slirp_new(&c, &callbacks, NULL);
	if (slirp == NULL) {
		close(pair[0]);
		close(pair[1]);
		return -ENOMEM;
	}
	*ret_vm = pair[1];
	return 0;
}

/* --- the loop --------------------------------------------------------------------------------------------------------------- */

static int add_poll(int fd, int events, void *opaque)
{
	short e = 0;

	(void)opaque;
	if (poll_count == NETWORK_POLLS)
		return -1;
	if ((events & SLIRP_POLL_IN) != 0)
		e |= POLLIN;
	if ((events & SLIRP_POLL_OUT) != 0)
		e |= POLLOUT;
	if ((events & SLIRP_POLL_PRI) != 0)
		e |= POLLPRI;
	polls[poll_count] = (struct pollfd){.fd = fd, .events = e};
	return (int)poll_count++;
}

static int get_events(int i, void *opaque)
{
	short e = i >= 0 ? polls[i].revents : 0;
	int r = 0;

	(void)opaque;
	if ((e & POLLIN) != 0)
		r |= SLIRP_POLL_IN;
	if ((e & POLLOUT) != 0)
		r |= SLIRP_POLL_OUT;
	if ((e & POLLPRI) != 0)
		r |= SLIRP_POLL_PRI;
	if ((e & POLLERR) != 0)
		r |= SLIRP_POLL_ERR;
	if ((e & POLLHUP) != 0)
		r |= SLIRP_POLL_HUP;
	return r;
}

size_t network_poll(struct pollfd *set, int *timeout)
{
	uint32_t limit = *timeout < 0 ? UINT32_MAX : (uint32_t)*timeout;
	int64_t now = clock_ns(NULL) / 1000000;

	polls = set;
	set[0] = (struct pollfd){.fd = own, .events = POLLIN};
	poll_count = 1;
	slirp_pollfds_fill(slirp, &limit, add_poll, NULL);
	for (const struct timer *t = timers; t != NULL; t = t->next)
		if (t->expires >= 0 && (t->expires <= now || t->expires - now < limit))
			limit = t->expires <= now ? 0 : (uint32_t)(t->expires - now);
	*timeout = limit > INT32_MAX ? -1 : (int)limit;
	return poll_count;
}

void network_serve(struct pollfd *set)
{
	static uint8_t packet[65536];
	int64_t now = clock_ns(NULL) / 1000000;
	ssize_t n;

	polls = set;
	for (int i = 0; i < PACKETS && (n = recv(own, packet, sizeof(packet), MSG_DONTWAIT)) > 0; i++)
		slirp_input(slirp, packet, (int)n);
	slirp_pollfds_poll(slirp, 0, get_events, NULL);
	for (struct timer *t = timers, *next; t != NULL; t = next) {
		next = t->next;
		if (t->expires >= 0 && t->expires <= now) {
			t->expires = -1;
			slirp_handle_timer(slirp, t->id, t->opaque);
		}
	}
}

int network_forward(uint16_t port, bool listening)
{
	struct in_addr host = address("127.0.0.1");

	if (!listening)
		return slirp_remove_hostfwd(slirp, 0, host, port) < 0 ? -ENOENT : 0;
	return slirp_add_hostfwd(slirp, 0, host, port, address("10.0.2.15"), port) < 0 ? -errno : 0;
}
