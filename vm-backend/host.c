/*
 * lxrun-vm: the process that has the VM. cli starts it with a listening socket, and it leaves when nobody has needed the VM for a
 * while. host.h has its parts; it prints nothing: who waits for it is told on the socket.
 *
 *	lxrun-vm FD RUNTIME AGENT KERNEL MEMORY IDLE BACKEND FORWARD PROCESSORS SWAP
 *	lxrun-vm probe RUNTIME AGENT KERNEL MEMORY	prints a line for each backend: its name, and "usable" or why it is not
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/sysinfo.h>
#include <time.h>
#include <unistd.h>

#include "vm-backend/host.h"
#include "vm-backend/network.h"

/* The packaged kernel measures its processor first, which takes long where others use it as well. */
#define BOOT_MILLISECONDS 60000
/* Of a backend whose probe proves little. */
#define BOOT_MILLISECONDS_UNCERTAIN 10000
#define TIME_MILLISECONDS           30000
/* Without virtualization: the smaller of half the host's memory and this; for processors, the smaller of the host's and this. */
#define MEMORY_MAX        (UINT64_C(4) << 30)
#define PROCESSORS_MAX    4
#define TICK_MILLISECONDS 100
/* Between two pieces of memory that the guest gives up: it has other work. */
#define MEMORY_MILLISECONDS 10
#define CLIENTS_MAX         1024
#define READ_MOST           (64u << 10)
#define OUT_MUCH            (128u << 10)

struct host host;
static int listener;

int64_t host_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

char *host_copy(const char *text)
{
	char *copy = strdup(text);

	if (copy == NULL)
		abort();
	return copy;
}

void must(int r)
{
	if (r < 0)
		abort();
}

void host_leave(const char *sentence)
{
	if (host.leaving)
		return;
	host.leaving = true;
	for (struct client *c = host.clients; c != NULL; c = c->next)
		client_error(c, sentence);
	if (host.vm.backend != NULL)
		host.vm.backend->stop(&host.vm);
	host.vm.backend = NULL;
}

/* For distributions to end in order; then for the agent to write back; then by force. */
#define GRACE_MILLISECONDS 4000
#define LAST_MILLISECONDS  1500

void host_shutdown(bool force)
{
	struct queue how = {0};

	if (force)
		must(fields_put_text(&how, FIELD_FORCE, ""));
	for (struct member *m = host.members; m != NULL; m = m->next)
		member_stop(m, FRAME_STOP, &how);
	queue_done(&how);
	host.shutdown_at = host_now() + (force ? 300 : GRACE_MILLISECONDS);
}

/* The last line of what its kernel and QEMU said; "" if there is none. */
static void last_words(char *ret, size_t size)
{
	char path[PATH_MAX + 8], line[1024];
	FILE *f;

	ret[0] = '\0';
	snprintf(path, sizeof(path), "%s/log", host.vm.runtime);
	f = fopen(path, "re");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\r\n")] = '\0';
		if (line[0] != '\0')
			snprintf(ret, size, "%s", line);
	}
	if (f != NULL)
		fclose(f);
}

static bool start_another(void);

static void vm_is_gone(void)
{
	char sentence[PATH_MAX + 512], words[300];

	if (!host.up && host.shutdown_at == 0 && start_another())
		return;
	last_words(words, sizeof(words));
	snprintf(sentence, sizeof(sentence), "the utility VM did not start by %s; what was said is in %s/log%s%s",
		 host.vm.backend->name, host.vm.runtime, words[0] != '\0' ? ": " : "", words);
	host_leave(host.shutdown_at != 0 ? "the utility VM was shut down"
		   : host.up             ? "the utility VM has ended unexpectedly"
					 : sentence);
}

/* --- time -------------------------------------------------------------------------------------------------------------------- */

static int64_t clock_ns(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

void host_send_time(void)
{
	uint64_t ns = (uint64_t)clock_ns(CLOCK_REALTIME);

	must(queue_frame(&host.out, 0, FRAME_TIME, 0, &ns, sizeof(ns)));
	host.time_sent = host_now();
	host.time_offset = (int64_t)ns - clock_ns(CLOCK_MONOTONIC);
}

/* Once in a while, for clocks that drift; at once when the host's has jumped, which it does when the host has slept. */
static void keep_time(int64_t now)
{
	int64_t jump = clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC) - host.time_offset;

	if (host.up && (now - host.time_sent >= TIME_MILLISECONDS || jump > 100000000 || jump < -100000000))
		host_send_time();
}

/* --- the channel's bytes ----------------------------------------------------------------------------------------------------- */

static void send_bytes(void)
{
	struct queue part = host.out;
	size_t length = queue_length(&host.out), most = length;
	long n;

	if (host.window > 0 && host.under_way + most > host.window)
		most = host.window > host.under_way ? host.window - host.under_way : 0;
	part.end = part.start + most;
	n = queue_write(&part, host.vm.channel);
	if (n < 0) {
		vm_is_gone();
		return;
	}
	host.under_way += (uint32_t)n;
	queue_drop(&host.out, (size_t)n);
}

static bool can_send(void)
{
	return host.up && queue_length(&host.out) > 0 && (host.window == 0 || host.under_way < host.window);
}

static void serve_channel(short events)
{
	if ((events & (POLLIN | POLLHUP)) != 0) {
		if (queue_read(&host.in, host.vm.channel, READ_MOST) < 0)
			vm_is_gone();
		else
			channel_frames();
	}
	if (!host.leaving && can_send())
		send_bytes();
}

/* --- the loop ---------------------------------------------------------------------------------------------------------------- */

static void accept_one(void)
{
	struct ucred who;
	socklen_t n = sizeof(who);
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) < 0 || who.uid != geteuid()) {
		close(fd);
		return;
	}
	client_add(fd);
}

static void tick(void)
{
	int64_t now = host_now();
	bool uncertain = (host.vm.backend->capabilities & VM_UNCERTAIN) != 0;

	if (!host.up && now - host.started > (uncertain ? BOOT_MILLISECONDS_UNCERTAIN : BOOT_MILLISECONDS)) {
		vm_is_gone();
		return;
	}
	keep_time(now);
	members_tick();
	memory_tick();
	if (host.shutdown_at != 0 && (host.members == NULL || now >= host.shutdown_at) && host.up &&
	    !host.shutdown_sent) {
		must(queue_frame(&host.out, 0, FRAME_SHUTDOWN, 0, NULL, 0));
		host.shutdown_sent = true;
		host.shutdown_at = now + LAST_MILLISECONDS;
	}
	if (host.shutdown_at != 0 && now >= host.shutdown_at)
		host_leave("the utility VM was shut down");
	if (host.members != NULL || host.clients != NULL)
		host.idle_since = now;
	else if (host.idle_limit >= 0 && now - host.idle_since >= host.idle_limit)
		host_leave("the utility VM has ended");
}

static void turn(void)
{
	static struct pollfd set[2 + CLIENTS_MAX + NETWORK_POLLS];
	size_t n = 2, network;
	int timeout = memory_is_busy() ? MEMORY_MILLISECONDS : TICK_MILLISECONDS;

	set[0] = (struct pollfd){.fd = listener, .events = POLLIN};
	set[1] = (struct pollfd){.fd = host.vm.channel, .events = (short)(POLLIN | (can_send() ? POLLOUT : 0))};
	for (struct client *c = host.clients; c != NULL && n < 2 + CLIENTS_MAX; c = c->next) {
		bool stop = c->wait != WAIT_NOTHING || queue_length(&host.out) > OUT_MUCH;

		set[n++] = (struct pollfd){
			.fd = c->fd,
			.events = (short)((stop ? 0 : POLLIN) | (queue_length(&c->out) > 0 ? POLLOUT : 0))};
	}
	network = n;
	n += network_poll(set + n, &timeout);
	if (poll(set, n, timeout) < 0 && errno != EINTR)
		abort();
	network_serve(set + network);
	n = 2;
	for (struct client *c = host.clients; c != NULL && n < network; c = c->next, n++)
		client_serve(c, set[n].revents);
	if (!host.leaving)
		serve_channel(set[1].revents);
	/* Those that waited have more to say. */
	for (struct client *c = host.clients; c != NULL; c = c->next)
		client_serve(c, 0);
	clients_sweep();
	if (set[0].revents != 0 && !host.leaving)
		accept_one();
	if (!host.leaving)
		tick();
}

/* What was said to clients last reaches them, if they listen. */
static void farewell(void)
{
	int64_t end = host_now() + 1000;

	while (host.clients != NULL && host_now() < end) {
		for (struct client *c = host.clients; c != NULL; c = c->next)
			client_serve(c, POLLOUT);
		clients_sweep();
		if (host.clients != NULL)
			(void)poll(NULL, 0, 5);
	}
}

static struct vm_config config;
static const char *wanted_backend;

static void set_defaults(const char *memory, const char *processors)
{
	long online = sysconf(_SC_NPROCESSORS_ONLN);
	struct sysinfo info;

	config.memory = strtoull(memory, NULL, 10);
	config.processors = (unsigned)strtoul(processors, NULL, 10);
	config.half_memory = MEMORY_MAX;
	if (sysinfo(&info) == 0)
		config.half_memory = (uint64_t)info.totalram * info.mem_unit / 2;
	if (config.memory == 0)
		config.memory = config.half_memory < MEMORY_MAX ? config.half_memory : MEMORY_MAX;
	else
		config.half_memory = config.memory;
	config.host_processors = online > 0 ? (unsigned)online : 1;
	if (config.processors > config.host_processors)
		config.processors = config.host_processors;
}

static int start_by(const struct vm_backend *backend, struct vm_message *m)
{
	struct vm_config c = config;
	bool fast = (backend->capabilities & VM_FAST) != 0;

	if (fast)
		c.memory = c.half_memory;
	if (c.processors == 0)
		c.processors = fast || c.host_processors < PROCESSORS_MAX ? c.host_processors : PROCESSORS_MAX;
	host.started = host_now();
	return backend->start(&c, &host.vm, m);
}

/* Where the probe was fooled: whatever is next. */
static bool start_another(void)
{
	struct vm_message m;
	const struct vm_backend *backend;

	if (host.vm.backend->failed == NULL)
		return false;
	host.vm.backend->failed();
	backend = vm_choose(wanted_backend, &config, &m);
	if (backend == NULL || backend == host.vm.backend)
		return false;
	host.vm.backend->stop(&host.vm);
	host.vm.backend = NULL;
	queue_drop(&host.in, queue_length(&host.in));
	if (start_by(backend, &m) == 0)
		return true;
	host_leave(m.text);
	return true;
}

static int start(char **argv)
{
	struct vm_message m = {"no memory"};
	const struct vm_backend *backend;
	int r;

	config.runtime = argv[2];
	config.agent = argv[3];
	config.kernel = argv[4];
	set_defaults(argv[5], argv[9]);
	wanted_backend = argv[7];
	backend = vm_choose(wanted_backend, &config, &m);
	r = backend == NULL ? -ENOENT : network_open(&config.network);
	if (r == 0)
		r = start_by(backend, &m);
	if (r == 0)
		return 0;
	/* Who waits learns why. */
	accept_one();
	host_leave(m.text);
	farewell();
	return r;
}

static int print_probes(char **argv)
{
	struct vm_message reason;

	config.runtime = argv[2];
	config.agent = argv[3];
	config.kernel = argv[4];
	set_defaults(argv[5], "0");
	for (size_t i = 0; vm_backends[i] != NULL; i++)
		printf("%s %s\n", vm_backends[i]->name,
		       vm_backends[i]->probe(&config, &reason) >= 0 ? "usable" : reason.text);
	return 0;
}

int main(int argc, char **argv)
{
	char path[PATH_MAX];

	if (argc == 6 && strcmp(argv[1], "probe") == 0)
		return print_probes(argv);

	if (argc != 12)
		return 2;
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	listener = atoi(argv[1]);
	(void)fcntl(listener, F_SETFD, FD_CLOEXEC);
	(void)fcntl(listener, F_SETFL, O_NONBLOCK);
	host.started = host.idle_since = host_now();
	host.next_stream = 1;
	host.idle_limit = atoll(argv[6]);
	host.swap = strtoull(argv[10], NULL, 10);
	host.forward_ports = strcmp(argv[8], "1") == 0;
	host.forget = strcmp(argv[11], "1") == 0;
	if (start(argv) < 0)
		return 1;
	while (!host.leaving)
		turn();
	/* Who comes now finds nobody, and starts another one. */
	snprintf(path, sizeof(path), "%s/ctl", argv[2]);
	(void)unlink(path);
	close(listener);
	farewell();
	return 0;
}
