/*
 * /proc/PID/status and /proc/PID/stat: the host's, with the identity that the guest believes in and without the host's
 * processes.
 */
#include <errno.h>

#include "base/host.h"
#include "base/str.h"
#include "vfs/procfs_internal.h"

/* What the lines that change are made of. */
struct status {
	const struct vfs_ns *ns;
	const struct procfs_entry *entry;
	struct procfs_identity id;
	bool init;
};

#define NO_SIGNAL "0000000000000000"

/* The decimal number that a value is; 0 for anything else. */
static uint64_t number(const char *value, size_t n)
{
	char text[24];
	uint64_t v;

	if (n >= sizeof(text))
		return 0;
	memcpy(text, value, n);
	text[n] = '\0';
	return str_to_u64(text, UINT64_MAX, &v) == 0 ? v : 0;
}

static void put_parent(const struct status *s, const char *value, size_t n, struct procfs_out *o)
{
	procfs_putf(o, "%d", procfs_parent(s->ns, s->entry->pid, (pid_t)number(value, n)));
}

static void put_tracer(const struct status *s, const char *value, size_t n, struct procfs_out *o)
{
	pid_t tracer = (pid_t)number(value, n);

	procfs_putf(o, "%d", procfs_is_guest(s->ns, tracer) ? tracer : 0);
}

static void put_uids(const struct status *s, UNUSED const char *value, UNUSED size_t n, struct procfs_out *o)
{
	const struct creds *c = &s->id.creds;

	procfs_putf(o, "%u\t%u\t%u\t%u", c->ruid, c->euid, c->suid, c->fsuid);
}

static void put_gids(const struct status *s, UNUSED const char *value, UNUSED size_t n, struct procfs_out *o)
{
	const struct creds *c = &s->id.creds;

	procfs_putf(o, "%u\t%u\t%u\t%u", c->rgid, c->egid, c->sgid, c->fsgid);
}

/* A space behind each, and one behind none: so does Linux. */
static void put_groups(const struct status *s, UNUSED const char *value, UNUSED size_t n, struct procfs_out *o)
{
	const struct creds *c = &s->id.creds;

	for (uint32_t i = 0; i < c->group_count; i++)
		procfs_putf(o, "%u ", c->groups[i]);
	if (c->group_count == 0)
		procfs_puts(o, " ");
}

static void put_cap_inh(const struct status *s, UNUSED const char *value, UNUSED size_t n, struct procfs_out *o)
{
	procfs_putf(o, "%016lx", s->id.creds.cap_inheritable);
}

static void put_cap_prm(const struct status *s, UNUSED const char *value, UNUSED size_t n, struct procfs_out *o)
{
	procfs_putf(o, "%016lx", s->id.creds.cap_permitted);
}

static void put_cap_eff(const struct status *s, UNUSED const char *value, UNUSED size_t n, struct procfs_out *o)
{
	procfs_putf(o, "%016lx", s->id.creds.cap_effective);
}

static void put_cap_bnd(const struct status *s, UNUSED const char *value, UNUSED size_t n, struct procfs_out *o)
{
	procfs_putf(o, "%016lx", s->id.creds.cap_bounding);
}

static void put_cap_amb(const struct status *s, UNUSED const char *value, UNUSED size_t n, struct procfs_out *o)
{
	procfs_putf(o, "%016lx", s->id.creds.cap_ambient);
}

static void put_no_new_privs(const struct status *s, UNUSED const char *value, UNUSED size_t n, struct procfs_out *o)
{
	procfs_putf(o, "%u", (s->id.flags & PROCESS_NO_NEW_PRIVS) != 0);
}

static void put_seccomp(const struct status *s, UNUSED const char *value, UNUSED size_t n, struct procfs_out *o)
{
	procfs_putf(o, "%u", s->id.seccomp_mode);
}

/* The host counts ours too. */
static void put_filters(const struct status *s, const char *value, size_t n, struct procfs_out *o)
{
	uint64_t all = number(value, n);

	if (s->id.seccomp_mode != 2)
		procfs_puts(o, "0");
	else
		procfs_putf(o, "%lu", all > 1 ? all - 1 : 1);
}

static const struct {
	const char *key;
	void (*put)(const struct status *s, const char *value, size_t n, struct procfs_out *o);
} fields[] = {
	{"PPid", put_parent},
	{"TracerPid", put_tracer},
	{"Uid", put_uids},
	{"Gid", put_gids},
	{"Groups", put_groups},
	{"CapInh", put_cap_inh},
	{"CapPrm", put_cap_prm},
	{"CapEff", put_cap_eff},
	{"CapBnd", put_cap_bnd},
	{"CapAmb", put_cap_amb},
	{"NoNewPrivs", put_no_new_privs},
	{"Seccomp", put_seccomp},
	{"Seccomp_filters", put_filters},
};

/* What process 1 shows in place of what the host says of the supervisor. */
static const struct {
	const char *key, *value;
} init_fields[] = {
	{"Name", "init"},      {"State", "S (sleeping)"},
	{"Tgid", "1"},         {"Pid", "1"},
	{"NStgid", "1"},       {"NSpid", "1"},
	{"NSpgid", "1"},       {"NSsid", "1"},
	{"Threads", "1"},      {"SigPnd", NO_SIGNAL},
	{"ShdPnd", NO_SIGNAL}, {"SigBlk", NO_SIGNAL},
	{"SigIgn", NO_SIGNAL}, {"SigCgt", NO_SIGNAL},
	{"TracerPid", "0"},
};

static bool is_field(const struct procfs_line *line, const char *key)
{
	size_t n = strlen(key);

	return line->length >= n + 2 && strncmp(line->text, key, n) == 0 && line->text[n] == ':';
}

/* True if the line was one of the fields. */
static bool put_field(const struct status *s, const struct procfs_line *line, struct procfs_out *o)
{
	for (size_t i = 0; s->init && i < ARRAY_SIZE(init_fields); i++) {
		if (!is_field(line, init_fields[i].key))
			continue;
		procfs_putf(o, "%s:\t%s\n", init_fields[i].key, init_fields[i].value);
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		size_t n = strlen(fields[i].key);

		if (!is_field(line, fields[i].key))
			continue;
		procfs_putf(o, "%s:\t", fields[i].key);
		fields[i].put(s, line->text + n + 2, line->length - n - 2, o);
		procfs_puts(o, "\n");
		return true;
	}
	return false;
}

int procfs_make_status(const struct procfs_from *from, struct procfs_out *o)
{
	struct status s = {.ns = from->ns, .entry = from->entry, .init = procfs_is_init(from->ns, from->entry->pid)};
	struct procfs_lines lines;
	struct procfs_line line;
	int r;

	procfs_identity(from->ns, from->entry->pid, from->entry->tid, &s.id);
	/* A line that does not fit the reader's buffer (thousands of groups of the host's) goes by its first piece. */
	bool replaced = false;

	procfs_read_lines(&lines, from->fd);
	while ((r = procfs_next_line(&lines, &line)) > 0) {
		if (line.begins)
			replaced = put_field(&s, &line, o);
		if (!replaced)
			procfs_put_line(o, &line);
	}
	return r;
}

/* What proc_pid_stat(5) marks [PT], addresses above all: the kernel says this instead to who may not look. */
static const char *stat_instead(unsigned field)
{
	if (field == 26 || field == 27)
		return "1";
	return field == 28 || field == 29 || field == 30 || field == 35 || field >= 45 ? "0" : NULL;
}

/* Process 1 is a session of its own without a terminal, has one thread, and handles no signal. */
static const char *init_instead(unsigned field)
{
	if (field == 5 || field == 6 || field == 20)
		return "1";
	return field == 7 || (field >= 31 && field <= 34) ? "0" : stat_instead(field);
}

#define STAT_START 22

/* The fields behind the parent's, each with the space in front. init: the instance, of which process 1 is the beginning. */
static void put_stat_rest(bool all, const struct instance *init, const char *text, size_t n, struct procfs_out *o)
{
	size_t at = 0;

	for (unsigned field = 5; !all && at < n; field++) {
		const char *instead = init != NULL ? init_instead(field) : stat_instead(field);
		char start[24];
		size_t from = ++at;

		if (init != NULL && field == STAT_START && init->started != 0) {
			str_format(start, sizeof(start), "%lu", init->started);
			instead = start;
		}

		procfs_puts(o, " ");
		while (at < n && text[at] != ' ' && text[at] != '\n')
			at++;
		if (instead != NULL && at > from && text[from] != '0')
			procfs_puts(o, instead);
		else
			procfs_put(o, text + from, at - from);
		if (at < n && text[at] == '\n')
			break;
	}
	procfs_put(o, text + at, n - at);
}

/* "pid (name) state ppid ...": the name may hold anything, closing brackets and newlines included. */
int procfs_make_stat(const struct procfs_from *from, struct procfs_out *o)
{
	const struct instance *init = procfs_is_init(from->ns, from->entry->pid) ? from->ns->in : NULL;
	char text[2048];
	ssize_t n = host_read(from->fd, text, sizeof(text));
	size_t i, parent;

	if (n < 0)
		return (int)n;
	for (i = (size_t)n; i > 0 && text[i - 1] != ')'; i--)
		;
	parent = i + 3;
	for (i = parent; i < (size_t)n && text[i] >= '0' && text[i] <= '9'; i++)
		;
	if (i == parent || i >= (size_t)n) {
		procfs_put(o, text, (size_t)n);
		return 0;
	}
	if (init != NULL)
		procfs_puts(o, "1 (init) S ");
	else
		procfs_put(o, text, parent);
	procfs_putf(o, "%d", procfs_parent(from->ns, from->entry->pid, (pid_t)number(text + parent, i - parent)));
	put_stat_rest(init == NULL && procfs_may_look(from->ns, from->entry), init, text + i, (size_t)n - i, o);
	return 0;
}
