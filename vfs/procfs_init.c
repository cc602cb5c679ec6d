/*
 * Process 1, where no guest is it: the supervisor, which is the instance, as an init that root started and that handles no
 * signal. What the host says of the supervisor's time and memory is true of it; its name and its identity are an init's;
 * what it has open and mapped is not the guest's.
 */
#include <dirent.h>
#include <errno.h>

#include "base/host.h"
#include "base/str.h"
#include "vfs/procfs_internal.h"

#define INIT_THREADS "init (1, #threads: 1)\n"

bool procfs_is_init(const struct vfs_ns *ns, pid_t pid)
{
	return pid == 1 && ns->in->supervisor > 0 && !procfs_is_guest(ns, pid);
}

const char *procfs_listed(const struct vfs_ns *ns, const char *rest, const char *name)
{
	struct stat st;

	if (procfs_pid(name, strlen(name)) != ns->in->supervisor || ns->in->supervisor <= 1)
		return name;
	if (str_eq(rest, "1/task"))
		return "1";
	/* A host that hides others' processes lists no 1. */
	return *rest == '\0' && host_fstatat(AT_FDCWD, "/proc/1", &st, 0) == -ENOENT ? "1" : name;
}

/* Shortens a path's first name to "1" if it is the supervisor's pid: true. */
static bool name_one(const struct vfs_ns *ns, char *path)
{
	size_t n = 0;

	while (path[n] != '\0' && path[n] != '/')
		n++;
	if (ns->in->supervisor <= 1 || procfs_pid(path, n) != ns->in->supervisor)
		return false;
	path[0] = '1';
	memmove(path + 1, path + n, strlen(path + n) + 1);
	return true;
}

void procfs_name_init(const struct vfs_ns *ns, char *rest)
{
	static const char task[] = "1/task/";

	/* The number of its only thread, too. */
	if (name_one(ns, rest) && str_starts(rest, task))
		(void)name_one(ns, rest + sizeof(task) - 1);
}

bool procfs_hides_all(const char *name)
{
	return !str_eq(name, ".") && !str_eq(name, "..");
}

/* With the zero at the end that a constant cannot have. */
int procfs_make_init_cmdline(UNUSED const struct procfs_from *from, struct procfs_out *o)
{
	procfs_put(o, "/init", sizeof("/init"));
	return 0;
}

/* What the kernel starts an init with. */
int procfs_make_init_environ(UNUSED const struct procfs_from *from, struct procfs_out *o)
{
	procfs_put(o, "HOME=/", sizeof("HOME=/"));
	procfs_put(o, "TERM=linux", sizeof("TERM=linux"));
	return 0;
}

/* The first line names the process and how many threads it has. */
int procfs_make_init_sched(const struct procfs_from *from, struct procfs_out *o)
{
	struct procfs_lines lines;
	struct procfs_line line;
	bool first = true;
	int r;

	procfs_read_lines(&lines, from->fd);
	while ((r = procfs_next_line(&lines, &line)) > 0) {
		if (first)
			procfs_puts(o, INIT_THREADS);
		else
			procfs_put_line(o, &line);
		first = false;
	}
	return r;
}

/* Guests whose parent is none: orphans, and who was started from outside. */
int procfs_make_init_children(const struct procfs_from *from, struct procfs_out *o)
{
	int fd CLEANUP(host_close_at) = host_open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	uint64_t buf[256];
	long n;

	if (fd < 0)
		return fd;
	while ((n = host_call(SYS_getdents64, fd, buf, sizeof(buf))) > 0) {
		for (long at = 0; at < n;) {
			const struct dirent64 *e = (const struct dirent64 *)(const void *)((const char *)buf + at);
			pid_t pid = procfs_pid(e->d_name, strlen(e->d_name)), process, parent;

			at += e->d_reclen;
			if (pid > 1 && procfs_is_guest(from->ns, pid) && procfs_family(pid, &process, &parent) &&
			    !procfs_is_guest(from->ns, parent))
				procfs_putf(o, "%d ", pid);
		}
	}
	return (int)n;
}

/* The limits that all others began with. The caller's own are the nearest to them, and he may have them: the host lets nobody
 * raise a limit. What sessions begin with: pam_limits(8) takes it from here. */
int procfs_make_init_limits(const struct procfs_from *from, struct procfs_out *o)
{
	int fd CLEANUP(host_close_at) = -1;
	struct procfs_lines lines;
	struct procfs_line line;
	char path[32];
	int r;

	str_format(path, sizeof(path), "/proc/%d/limits", from->ns->pid);
	fd = host_open(path, O_RDONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	procfs_read_lines(&lines, fd);
	while ((r = procfs_next_line(&lines, &line)) > 0)
		procfs_put_line(o, &line);
	return r;
}

/* Its memory is lxrun's. */
int procfs_refuse(UNUSED const struct vfs_ns *ns, UNUSED const struct procfs_entry *entry, UNUSED int flags)
{
	return -EACCES;
}
