/*
 * The table of /proc's views, and what a path below /proc names. Theory: procfs.md.
 */
#include "vfs/procfs.h"

#include <errno.h>

#include "base/layout.h"
#include "base/str.h"
#include "vfs/procfs_internal.h"

static bool is_reserved_fd(const char *name)
{
	uint64_t fd;

	return str_to_u64(name, RESERVED_FD, &fd) == 0 && fd == RESERVED_FD;
}

/* A name in map_files: "start-end". */
static bool is_resident_range(const char *name)
{
	uint64_t start;

	return str_hex(name, strlen(name), &start) > 0 && procfs_is_resident(start);
}

#define MOUNT_NS_VIEW "PID/ns/mnt"

static const struct procfs_view views[] = {
	{"self", PROCFS_LINK, .link = procfs_link_self},
	{"thread-self", PROCFS_LINK, .link = procfs_link_thread_self},
	{"mounts", PROCFS_LINK, .constant = "self/mounts"},
	{"net", PROCFS_LINK, .constant = "self/net"},
	{"sysvipc/msg", PROCFS_TEXT, procfs_make_sysvipc},
	{"sysvipc/sem", PROCFS_TEXT, procfs_make_sysvipc},
	{"sysvipc/shm", PROCFS_TEXT, procfs_make_sysvipc},
	{"sys/kernel/hostname", PROCFS_TEXT, procfs_make_hostname, .write = PROCFS_WRITE_EPERM},
	{"sys/kernel/domainname", PROCFS_TEXT, procfs_make_domainname, .write = PROCFS_WRITE_EPERM},
	/* CREDS_CAPS_ALL has this bit last. */
	{"sys/kernel/cap_last_cap", PROCFS_TEXT, .constant = "40\n"},

	/* In front of those of all processes, which are process 1's too. */
	{"INIT/comm", PROCFS_TEXT, .constant = "init\n"},
	{"INIT/cmdline", PROCFS_TEXT, procfs_make_init_cmdline},
	{"INIT/environ", PROCFS_TEXT, procfs_make_init_environ, .private = true},
	{"INIT/limits", PROCFS_TEXT, procfs_make_init_limits},
	{"INIT/sched", PROCFS_TEXT, procfs_make_init_sched},
	{"INIT/children", PROCFS_TEXT, procfs_make_init_children},
	{"INIT/cwd", PROCFS_LINK, .constant = "/"},
	{"INIT/fd/*", PROCFS_MAGIC, .constant = "", .hidden = procfs_hides_all},
	{"INIT/fdinfo/*", PROCFS_HOST, .hidden = procfs_hides_all, .private = true},
	{"INIT/map_files/*", PROCFS_MAGIC, .constant = "", .hidden = procfs_hides_all},
	{"INIT/maps", PROCFS_TEXT, .constant = "", .private = true},
	{"INIT/smaps", PROCFS_TEXT, .constant = "", .private = true},
	{"INIT/smaps_rollup", PROCFS_TEXT, .constant = "", .private = true},
	{"INIT/numa_maps", PROCFS_TEXT, .constant = "", .private = true},
	{"INIT/auxv", PROCFS_TEXT, .constant = "", .private = true},
	{"INIT/mem", PROCFS_TEXT, .open = procfs_refuse},
	{"INIT/pagemap", PROCFS_TEXT, .open = procfs_refuse},
	{"INIT/syscall", PROCFS_TEXT, .open = procfs_refuse},

	{"PID/exe", PROCFS_LINK, .link = procfs_link_exe},
	{"PID/cwd", PROCFS_LINK, .link = procfs_link_host},
	{"PID/root", PROCFS_LINK, .link = procfs_link_root},
	{"PID/fd/*", PROCFS_MAGIC, .link = procfs_link_host, .hidden = is_reserved_fd},
	{"PID/fdinfo/*", PROCFS_HOST, .hidden = is_reserved_fd, .private = true},
	{"PID/fdinfo", PROCFS_HOST, .private = true},
	{"PID/map_files/*", PROCFS_MAGIC, .link = procfs_link_host, .hidden = is_resident_range},
	{MOUNT_NS_VIEW, PROCFS_MAGIC, .link = procfs_link_mount_ns},
	{"PID/ns/*", PROCFS_MAGIC, .link = procfs_link_host},

	{"PID/status", PROCFS_TEXT, procfs_make_status},
	{"PID/stat", PROCFS_TEXT, procfs_make_stat},
	{"PID/maps", PROCFS_TEXT, procfs_make_maps, .private = true},
	{"PID/smaps", PROCFS_TEXT, procfs_make_maps, .private = true},
	{"PID/numa_maps", PROCFS_TEXT, procfs_make_numa_maps, .private = true},
	{"PID/smaps_rollup", PROCFS_HOST, .private = true},
	{"PID/timers", PROCFS_HOST, .private = true},
	{"PID/mounts", PROCFS_TEXT, procfs_make_mounts},
	{"PID/mountinfo", PROCFS_TEXT, procfs_make_mountinfo},
	{"PID/mountstats", PROCFS_TEXT, procfs_make_mountstats},
	{"PID/net/unix", PROCFS_TEXT, procfs_make_net_unix},
	{"PID/cgroup", PROCFS_TEXT, .constant = "0::/\n"},
	{"PID/uid_map", PROCFS_TEXT, .constant = "         0          0 4294967295\n", .write = PROCFS_WRITE_EPERM},
	{"PID/gid_map", PROCFS_TEXT, .constant = "         0          0 4294967295\n", .write = PROCFS_WRITE_EPERM},
	{"PID/projid_map", PROCFS_TEXT, .constant = "         0          0 4294967295\n", .write = PROCFS_WRITE_EPERM},
	{"PID/setgroups", PROCFS_TEXT, .constant = "allow\n", .write = PROCFS_WRITE_EPERM},
	/* No audit in here. A login's PAM module sets this and fails the login if it cannot. */
	{"PID/loginuid", PROCFS_TEXT, .constant = "4294967295", .write = PROCFS_WRITE_FORGET},
	{"PID/oom_score_adj", PROCFS_TEXT, .open = procfs_open_kept},
	{"PID/sessionid", PROCFS_TEXT, .constant = "4294967295"},
};

/* Stands for no row. */
#define NO_VIEW ((unsigned)ARRAY_SIZE(views))

const struct procfs_view *procfs_view(const struct procfs_entry *entry)
{
	if (entry->view >= ARRAY_SIZE(views))
		lx_bug();
	return &views[entry->view];
}

/* Where a path leads: a task's directory, or none of any, and what is below that. */
struct place {
	pid_t pid, tid;
	bool init; /* pid is 1, and no guest is it */
	const char *below;
};

static size_t component(const char *path)
{
	size_t n = 0;

	while (path[n] != '\0' && path[n] != '/')
		n++;
	return n;
}

static bool is_component(const char *path, size_t n, const char *name)
{
	return strncmp(path, name, n) == 0 && name[n] == '\0';
}

static const char *behind(const char *path, size_t n)
{
	return path[n] == '/' ? path + n + 1 : path + n;
}

static struct place locate(const struct vfs_ns *ns, const char *rest)
{
	struct place p = {.below = rest};
	size_t n = component(rest);
	bool more = rest[n] == '/';

	if (more && is_component(rest, n, "self"))
		p.pid = ns->pid;
	else if (more && is_component(rest, n, "thread-self"))
		p.pid = ns->pid, p.tid = vfs_tid(ns);
	else
		p.pid = procfs_pid(rest, n);
	if (p.pid == 0)
		return p;
	p.init = procfs_is_init(ns, p.pid);

	p.below = behind(rest, n);
	n = component(p.below);
	if (p.tid == 0 && p.below[n] == '/' && is_component(p.below, n, "task")) {
		const char *thread = p.below + n + 1;

		n = component(thread);
		p.tid = procfs_pid(thread, n);
		if (p.tid != 0)
			p.below = behind(thread, n);
	}
	return p;
}

/* The row's path without "PID/", or NULL if the row is not for such a place. */
static const char *pattern(const struct procfs_view *v, const struct place *p)
{
	bool of_task = str_starts(v->path, "PID/");

	if (p->init && str_starts(v->path, "INIT/"))
		return v->path + 5;
	if (of_task != (p->pid != 0))
		return NULL;
	return of_task ? v->path + 4 : v->path;
}

/* How much of path the pattern covers, whole components; 0 if it does not match. */
static size_t match(const char *pat, const char *path)
{
	const char *start = path;

	for (;;) {
		size_t want = component(pat), n = component(path);

		if (n == 0 || !((want == 1 && *pat == '*') || (want == n && strncmp(pat, path, n) == 0)))
			return 0;
		pat = behind(pat, want);
		if (*pat == '\0')
			return (size_t)(path - start) + n;
		path = behind(path, n);
	}
}

static bool is_hidden(const struct procfs_view *v, const char *covered, size_t n)
{
	char name[32];
	size_t i = n;

	if (v->hidden == NULL)
		return false;
	while (i > 0 && covered[i - 1] != '/')
		i--;
	/* No descriptor and no pair of addresses is longer than this. */
	if (n - i >= sizeof(name))
		return false;
	memcpy(name, covered + i, n - i);
	name[n - i] = '\0';
	return v->hidden(name);
}

/* The row for a place, or NO_VIEW; *ret_used is how much of p->below it covers. -ENOENT for what is hidden. */
static int find_view(const struct place *p, unsigned *ret, size_t *ret_used)
{
	for (unsigned i = 0; i < ARRAY_SIZE(views); i++) {
		const char *pat = pattern(&views[i], p);
		size_t n = pat != NULL ? match(pat, p->below) : 0;

		if (n == 0)
			continue;
		if (is_hidden(&views[i], p->below, n))
			return -ENOENT;
		if (p->below[n] != '\0' && (views[i].kind == PROCFS_TEXT || views[i].kind == PROCFS_HOST))
			continue;
		*ret = i;
		*ret_used = n;
		return 0;
	}
	*ret = NO_VIEW;
	*ret_used = strlen(p->below);
	return 0;
}

/* The host's path of what is covered; -ENOENT if it is too long to be one of /proc's. */
static int host_path(const struct vfs_ns *ns, const struct place *p, size_t used, char *buf, size_t size)
{
	const char *slash = used > 0 ? "/" : "";
	pid_t pid = p->init ? ns->in->supervisor : p->pid, tid = p->init ? pid : p->tid;
	size_t n;

	if (p->tid != 0)
		n = str_format(buf, size, "/proc/%d/task/%d%s%.*s", pid, tid, slash, (int)used, p->below);
	else if (p->pid != 0)
		n = str_format(buf, size, "/proc/%d%s%.*s", pid, slash, (int)used, p->below);
	else
		n = str_format(buf, size, "/proc%s%.*s", slash, (int)used, p->below);
	return n < size ? 0 : -ENOENT;
}

int procfs_may_open(const struct vfs_ns *ns, const struct procfs_entry *entry)
{
	if (entry->view == NO_VIEW || !views[entry->view].private)
		return 0;
	return procfs_may_look(ns, entry) ? 0 : -EACCES;
}

int procfs_lookup(const struct vfs_ns *ns, const char *rest, struct procfs_entry *ret)
{
	struct place p = locate(ns, rest);
	struct procfs_entry e;
	int r;

	if (p.pid != 0 && !p.init && !procfs_is_guest(ns, p.pid))
		return -ENOENT;
	/* It has one thread. */
	if (p.init && p.tid > 1)
		return -ENOENT;
	e = (struct procfs_entry){.pid = p.pid, .tid = p.tid};
	r = find_view(&p, &e.view, &e.used);
	if (r < 0)
		return -ENOENT;
	r = host_path(ns, &p, e.used, e.host, sizeof(e.host));
	if (r < 0)
		return r;

	if (e.view != NO_VIEW && str_eq(views[e.view].path, MOUNT_NS_VIEW))
		procfs_find_mount_ns(ns, &e);
	e.kind = e.view == NO_VIEW ? PROCFS_HOST : views[e.view].kind;
	e.used += (size_t)(p.below - rest);
	e.read_only = p.pid == 0 || p.init;
	*ret = e;
	return 0;
}

bool procfs_hides(const struct vfs_ns *ns, const char *rest, const char *name)
{
	struct place p = locate(ns, rest);
	size_t n = strlen(p.below);

	if (*rest == '\0') {
		pid_t pid = procfs_pid(name, strlen(name));

		return pid != 0 && !procfs_is_guest(ns, pid) && !procfs_is_init(ns, pid);
	}
	if (p.init && str_eq(p.below, "task"))
		return name[0] != '.' && !str_eq(name, "1");
	if (p.pid == 0)
		return false;
	for (unsigned i = 0; i < ARRAY_SIZE(views); i++) {
		const char *pat = views[i].hidden != NULL ? pattern(&views[i], &p) : NULL;

		if (pat != NULL && n > 0 && strncmp(pat, p.below, n) == 0 && str_eq(pat + n, "/*"))
			return views[i].hidden(name);
	}
	return false;
}
