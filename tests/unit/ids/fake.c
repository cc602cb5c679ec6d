#include "fake.h"

#include <errno.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/host.h"
#include "translator/seccomp/seccomp.h"

struct fake fake;

/* Addresses that no process has: the first page and everything above the user's half. */
static bool accessible(uint64_t at, size_t n)
{
	return n == 0 || (at >= 4096 && at + n <= 0x7ffffffff000);
}

static int read_guest(struct tr_call *c UNUSED, void *to, uint64_t from, size_t n)
{
	if (!accessible(from, n))
		return -EFAULT;
	if (n > 0)
		memcpy(to, (const void *)(uintptr_t)from, n);
	return 0;
}

static int write_guest(struct tr_call *c UNUSED, uint64_t to, const void *from, size_t n)
{
	if (!accessible(to, n))
		return -EFAULT;
	if (n > 0)
		memcpy((void *)(uintptr_t)to, from, n);
	return 0;
}

static long read_string(struct tr_call *c UNUSED, char *to, uint64_t from, size_t size)
{
	size_t n;

	if (!accessible(from, 1))
		return -EFAULT;
	n = strnlen((const char *)(uintptr_t)from, size);
	if (n == size)
		return -ENAMETOOLONG;
	memcpy(to, (const char *)(uintptr_t)from, n + 1);
	return (long)n;
}

static int borrow_fd(struct tr_call *c UNUSED, int fd)
{
	return fd;
}

static int give_fd(struct tr_call *c UNUSED, int fd, bool cloexec UNUSED)
{
	return fd;
}

static const struct tr_port port = {read_guest, write_guest, read_string, borrow_fd, give_fd};

void fake_begin(const struct creds *creds)
{
	if (fake.in == NULL) {
		fake.in = mmap(NULL, sizeof(*fake.in), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (fake.in == MAP_FAILED)
			abort();
	}
	fake.process.pid = getpid();
	fake.process.creds = *creds;
	fake.process.dumpable = 1;
	fake.call = (struct tr_call){
		.port = &port,
		.process = &fake.process,
		.creds = &fake.process.creds,
		.tid = (pid_t)syscall(SYS_gettid),
		.ns = {.in = fake.in, .creds = &fake.process.creds, .pid = getpid(), .tid = (pid_t)syscall(SYS_gettid)},
	};
}

void fake_slot(pid_t pid, const struct creds *creds)
{
	struct process_slot *s = instance_claim_slot(fake.in, pid);

	if (s == NULL)
		abort();
	s->creds = *creds;
	instance_slot_is_filled(s, pid);
}

struct creds fake_root(void)
{
	return (struct creds){
		.cap_effective = CREDS_CAPS_ALL,
		.cap_permitted = CREDS_CAPS_ALL,
		.cap_bounding = CREDS_CAPS_ALL,
	};
}

struct creds fake_user(uint32_t id)
{
	return (struct creds){
		.ruid = id,
		.euid = id,
		.suid = id,
		.fsuid = id,
		.rgid = id,
		.egid = id,
		.sgid = id,
		.fsgid = id,
		.cap_bounding = CREDS_CAPS_ALL,
	};
}

static void read_groups(const char *text, struct creds *c)
{
	char *end;

	for (c->group_count = 0; c->group_count < CREDS_GROUPS_MAX; text = end) {
		unsigned long id = strtoul(text, &end, 10);

		if (end == text)
			return;
		c->groups[c->group_count++] = (uint32_t)id;
		if (*end == '\n')
			return;
		while (*end == ' ')
			end++;
		if (*end == '\n')
			return;
	}
}

static const char *value(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	return at != NULL ? at + strlen(name) : "";
}

int fake_read_creds(pid_t pid, struct creds *ret)
{
	char path[64], text[8192];
	struct creds c = {0};
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	fd = host_open(path, O_RDONLY, 0);
	if (fd < 0)
		return fd;
	n = host_pread_full(fd, text, sizeof(text) - 1, 0);
	host_close(fd);
	if (n <= 0)
		return -EIO;
	text[n] = '\0';
	if (sscanf(value(text, "\nUid:"), "%u %u %u %u", &c.ruid, &c.euid, &c.suid, &c.fsuid) != 4 ||
	    sscanf(value(text, "\nGid:"), "%u %u %u %u", &c.rgid, &c.egid, &c.sgid, &c.fsgid) != 4 ||
	    sscanf(value(text, "\nCapInh:"), "%lx", &c.cap_inheritable) != 1 ||
	    sscanf(value(text, "\nCapPrm:"), "%lx", &c.cap_permitted) != 1 ||
	    sscanf(value(text, "\nCapEff:"), "%lx", &c.cap_effective) != 1 ||
	    sscanf(value(text, "\nCapBnd:"), "%lx", &c.cap_bounding) != 1 ||
	    sscanf(value(text, "\nCapAmb:"), "%lx", &c.cap_ambient) != 1)
		return -EIO;
	read_groups(value(text, "\nGroups:\t"), &c);
	if (pid == getpid())
		c.securebits = (uint32_t)syscall(SYS_prctl, PR_GET_SECUREBITS);
	*ret = c;
	return 0;
}

void fake_differences(const struct creds *k, const struct creds *m, char *ret, size_t size)
{
	const struct {
		const char *name;
		uint64_t kernel, model;
	} fields[] = {
		{"ruid", k->ruid, m->ruid},
		{"euid", k->euid, m->euid},
		{"suid", k->suid, m->suid},
		{"fsuid", k->fsuid, m->fsuid},
		{"rgid", k->rgid, m->rgid},
		{"egid", k->egid, m->egid},
		{"sgid", k->sgid, m->sgid},
		{"fsgid", k->fsgid, m->fsgid},
		{"inheritable", k->cap_inheritable, m->cap_inheritable},
		{"permitted", k->cap_permitted, m->cap_permitted},
		{"effective", k->cap_effective, m->cap_effective},
		{"bounding", k->cap_bounding, m->cap_bounding},
		{"ambient", k->cap_ambient, m->cap_ambient},
		{"securebits", k->securebits, m->securebits},
		{"groups", k->group_count, m->group_count},
	};
	size_t n = 0;

	ret[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		if (fields[i].kernel != fields[i].model && n < size)
			n += (size_t)snprintf(ret + n, size - n, " %s: kernel %lx, here %lx;", fields[i].name,
					      fields[i].kernel, fields[i].model);
	for (uint32_t i = 0; n == 0 && i < k->group_count; i++)
		if (k->groups[i] != m->groups[i])
			n += (size_t)snprintf(ret, size, " group %u: kernel %u, here %u", i, k->groups[i],
					      m->groups[i]);
}

/* --- the translator's side ------------------------------------------------------------------------------------------- */

struct creds *tr_creds_for_change(struct tr_call *c)
{
	return c->creds;
}

void tr_creds_changed(struct tr_call *c UNUSED)
{
	fake.creds_changed++;
}

void tr_process_changed(struct tr_call *c UNUSED)
{
	fake.process_changed++;
}

long tr_signal_self(struct tr_call *c UNUSED, int sig UNUSED, long nr, const uint64_t arg[6])
{
	return host_call(nr, arg[0], arg[1], arg[2]);
}

bool tr_is_guest(struct tr_call *c, pid_t pid)
{
	for (size_t i = 0; i < ARRAY_SIZE(fake.guests) && fake.guests[i] != 0; i++)
		if (fake.guests[i] == pid)
			return true;
	return pid == c->ns.pid || instance_find_slot(c->ns.in, pid) != NULL;
}

long tr_seccomp_set(struct tr_call *c UNUSED, uint32_t op, uint32_t flags UNUSED, uint64_t addr)
{
	fake.seccomp_op = op;
	fake.seccomp_program = addr;
	return fake.seccomp_result;
}
