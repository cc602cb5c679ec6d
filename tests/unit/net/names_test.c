/* net_name_out(), net_give_address() and records, on texts as the kernel could report them. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "translator/net/net.h"
#include "translator/net/place.h"

#define AT offsetof(struct sockaddr_un, sun_path)

static struct instance *in;
static struct creds root;
static struct tr_call c;

static int local_read(struct tr_call *call, void *to, uint64_t from, size_t n)
{
	(void)call;
	if (from < 4096)
		return -EFAULT;
	memcpy(to, (const void *)from, n);
	return 0;
}

static int local_write(struct tr_call *call, uint64_t to, const void *from, size_t n)
{
	(void)call;
	if (to < 4096)
		return -EFAULT;
	memcpy((void *)to, from, n);
	return 0;
}

static const struct tr_port port = {.read = local_read, .write = local_write};

static void add_mount(const char *point, const char *source)
{
	struct mount_entry *m = &in->mounts[in->mount_count++];

	m->kind = MOUNT_BIND;
	strcpy(m->point, point);
	strcpy(m->source, source);
}

static void start(void)
{
	char path[300];

	in = calloc(1, sizeof(*in));
	cr_assert(in != NULL);
	strcpy(in->root, "/srv/distribution");
	strcpy(in->runtime, "/tmp/net.XXXXXX");
	cr_assert(mkdtemp(in->runtime) != NULL);
	snprintf(path, sizeof(path), "%s/s", in->runtime);
	cr_assert(mkdir(path, 0700) == 0);
	add_mount("/mnt/host", "/");
	add_mount("/run/shared", "/var/lib/shared");
	c = (struct tr_call){
		.port = &port,
		.creds = &root,
		.ns = {.in = in, .creds = &root, .root = -1, .root_path = "", .pid = getpid(), .tid = getpid()},
	};
}

static void end(void)
{
	char command[300];

	snprintf(command, sizeof(command), "rm -rf '%s'", in->runtime);
	cr_assert(system(command) == 0);
	free(in);
}

TestSuite(names, .init = start, .fini = end);

/* What the guest sees of the host's text, as the kernel reports it: with its NUL. */
static struct net_address seen(const char *text)
{
	struct net_address a;

	net_address_init(&a);
	a.any.ss_family = AF_UNIX;
	memcpy((char *)&a.any + AT, text, strlen(text) + 1);
	a.length = (int)(AT + strlen(text) + 1);
	net_name_out(&c, &a);
	return a;
}

static void expect(const char *text, const char *name)
{
	struct net_address a = seen(text);

	cr_assert(a.length == (int)(AT + strlen(name) + 1), "%s", text);
	cr_assert(strcmp((char *)&a.any + AT, name) == 0);
}

static char *below_runtime(const char *rest)
{
	static char text[300];

	snprintf(text, sizeof(text), "%s%s", in->runtime, rest);
	return text;
}

Test(names, texts)
{
	expect("relative", "relative");
	expect("a/b", "a/b");
	expect(below_runtime("/r/run/x.sock"), "/run/x.sock");
	expect(below_runtime("/r/x"), "/x");
	expect("/srv/distribution/run/y", "/run/y");
	expect("/var/lib/shared/z", "/run/shared/z");
	expect("/tmp/.X11-unix/X0", "/mnt/host/tmp/.X11-unix/X0");
}

Test(names, abstract_and_others_stay)
{
	struct net_address a = {.un = {.sun_family = AF_UNIX, .sun_path = "\0abstract"}, .length = AT + 9}, b = a;

	net_name_out(&c, &b);
	cr_assert(memcmp(&a, &b, sizeof(a)) == 0);
	a = b = (struct net_address){.un.sun_family = AF_UNIX, .length = AT};
	net_name_out(&c, &b);
	cr_assert(memcmp(&a, &b, sizeof(a)) == 0);
	a = b = (struct net_address){.any.ss_family = AF_INET, .length = 16};
	net_name_out(&c, &b);
	cr_assert(memcmp(&a, &b, sizeof(a)) == 0);
	a = b = (struct net_address){.length = 0};
	net_name_out(&c, &b);
	cr_assert(memcmp(&a, &b, sizeof(a)) == 0);
}

Test(names, every_length)
{
	char text[109], name[128];

	for (size_t n = 2; n <= 108; n++) {
		struct net_address a;

		memset(text, 'n', n);
		text[0] = '/';
		text[n] = '\0';
		snprintf(name, sizeof(name), "/mnt/host%s", text);
		a = seen(text);
		if (strlen(name) > 108)
			name[108] = '\0';
		cr_assert(a.length == (int)(AT + strlen(name) + 1));
		cr_assert(memcmp((char *)&a.any + AT, name, strlen(name) + 1) == 0);
	}
}

Test(names, records)
{
	char id[NET_ID_SIZE], other[NET_ID_SIZE], text[300], name[PATH_MAX];
	const char *given = "/var/run/../run/./a name";

	cr_assert(net_record_make(in, given, 5, id) == 0);
	cr_assert(net_record_make(in, "second", 5, other) == 0);
	cr_assert(strcmp(id, other) != 0);
	cr_assert(net_record_read(in, id, name) == 0);
	cr_assert(strcmp(name, given) == 0);
	snprintf(text, sizeof(text), "%s/s/%s/leaf", in->runtime, id);
	expect(text, given);
	net_record_settle(in, id);
	expect(text, given);
	snprintf(text, sizeof(text), "%s/s/%s/leaf", in->runtime, other);
	expect(text, "second");
	net_record_remove(in, other);
	cr_assert(net_record_read(in, other, name) == -ENOENT);
	expect(text, text);
}

Test(names, ids_are_recognised)
{
	char id[NET_ID_SIZE];

	cr_assert(net_record_of(in, below_runtime("/s/0123456789abcdef/x"), id));
	cr_assert(strcmp(id, "0123456789abcdef") == 0);
	cr_assert(!net_record_of(in, below_runtime("/s/0123456789abcdef"), id));
	cr_assert(!net_record_of(in, below_runtime("/s/0123456789abcde/x"), id));
	cr_assert(!net_record_of(in, below_runtime("/s/0123456789abcdeg/x"), id));
	cr_assert(!net_record_of(in, below_runtime("/s/../../../etc/pas/x"), id));
	cr_assert(!net_record_of(in, below_runtime("/r/0123456789abcdef/x"), id));
	cr_assert(!net_record_of(in, "/s/0123456789abcdef/x", id));
	cr_assert(!net_record_of(in, "", id));
}

Test(names, given_as_the_kernel_does)
{
	struct net_address a = {.un = {.sun_family = AF_UNIX, .sun_path = "name"}, .length = AT + 5};
	char room[32];
	int length;

	for (int n = 0; n < 20; n++) {
		memset(room, 0x55, sizeof(room));
		length = n;
		cr_assert(net_give_address(&c, &a, (uintptr_t)room, (uintptr_t)&length) == 0);
		cr_assert(length == a.length);
		n = n < a.length ? n : a.length;
		cr_assert(memcmp(room, &a.any, (size_t)n) == 0);
		cr_assert(room[n] == 0x55);
		if (n == a.length)
			break;
	}
	length = -1;
	cr_assert(net_give_address(&c, &a, (uintptr_t)room, (uintptr_t)&length) == -EINVAL);
	length = 5;
	cr_assert(net_give_address(&c, &a, 0, (uintptr_t)&length) == -EFAULT);
	cr_assert(net_give_address(&c, &a, (uintptr_t)room, 0) == -EFAULT);
	length = 0;
	cr_assert(net_give_address(&c, &a, 0, (uintptr_t)&length) == 0);
}
