/*
 * Tasks: which are of the instance, and who they are. What slots say of other processes is a hint, copied and bounded
 * before it is used.
 */
#include <errno.h>
#include <linux/capability.h>
#include <stdatomic.h>

#include "base/host.h"
#include "base/layout.h"
#include "base/str.h"
#include "vfs/procfs_internal.h"

/* PID_MAX_LIMIT of a 64-bit kernel. */
#define PID_MAX (4 * 1024 * 1024)
/* How many ancestors without a slot are climbed over: forks that have not made a translated call yet. */
#define GENERATIONS 8
/* How often a slot that is being written is read again before its state of the moment is taken. */
#define SLOT_READS 16

pid_t procfs_pid(const char *text, size_t n)
{
	pid_t pid = 0;

	if (n == 0 || n > 7 || text[0] == '0')
		return 0;
	for (size_t i = 0; i < n; i++) {
		if (text[i] < '0' || text[i] > '9')
			return 0;
		pid = pid * 10 + (text[i] - '0');
	}
	return pid <= PID_MAX ? pid : 0;
}

/* The number behind "Key:\t" at the beginning of a line. */
static pid_t number_of(const char *text, const char *key)
{
	size_t n = strlen(key);

	for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
		size_t digits = 0;

		if (*line == '\n')
			line++;
		if (!str_starts(line, key))
			continue;
		while (line[n + digits] >= '0' && line[n + digits] <= '9')
			digits++;
		return procfs_pid(line + n, digits);
	}
	return 0;
}

bool procfs_family(pid_t pid, pid_t *ret_process, pid_t *ret_parent)
{
	int fd CLEANUP(host_close_at) = -1;
	char path[32], text[512];
	ssize_t n;

	str_format(path, sizeof(path), "/proc/%d/status", pid);
	fd = host_open(path, O_RDONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return false;
	n = host_read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return false;
	text[n] = '\0';
	*ret_process = number_of(text, "Tgid:\t");
	*ret_parent = number_of(text, "PPid:\t");
	return true;
}

/* 1: its program is the instance's resident; 0: another; -errno: there is none to see (a zombie, a kernel thread, a
 * process that is not dumpable). */
static int has_our_exe(const struct vfs_ns *ns, pid_t pid)
{
	char path[32];
	struct stat st;
	int r;

	str_format(path, sizeof(path), "/proc/%d/exe", pid);
	r = host_fstatat(AT_FDCWD, path, &st, 0);
	if (r < 0)
		return r;
	return st.st_dev == ns->in->exe_device && st.st_ino == ns->in->exe_inode;
}

bool vfs_process_ended(pid_t pid)
{
	char path[32];
	struct stat st;

	str_format(path, sizeof(path), "/proc/%d/task", pid);
	/* Two links and one for each thread. */
	return host_fstatat(AT_FDCWD, path, &st, 0) < 0 || st.st_nlink <= 3;
}

bool procfs_is_guest(const struct vfs_ns *ns, pid_t pid)
{
	pid_t process, parent;
	int r;

	if (pid <= 0)
		return false;
	if (pid == ns->pid || pid == vfs_tid(ns))
		return true;
	r = has_our_exe(ns, pid);
	if (r >= 0)
		return r > 0;

	/* All guests are the caller's: what may not be signalled is none, and a slot with its pid is a dead one's. */
	if (host_kill(pid, 0) < 0)
		return false;
	if (!(r == -ENOENT && vfs_process_ended(pid)) && instance_find_slot(ns->in, pid) != NULL)
		return true;
	/* It ended, or lost its dumpable flag by fork, before its first translated call: guests' children are guests. */
	if (!procfs_family(pid, &process, &parent))
		return false;
	if (process != pid && process > 0 && instance_find_slot(ns->in, process) != NULL)
		return true;
	if (parent <= 0)
		return false;
	return parent == ns->pid || has_our_exe(ns, parent) > 0 ||
	       (host_kill(parent, 0) == 0 && instance_find_slot(ns->in, parent) != NULL);
}

/* The slot that speaks for a task: its own, its process's, or that of the nearest ancestor that has one. */
static struct process_slot *slot_of(const struct vfs_ns *ns, pid_t pid, pid_t tid)
{
	struct process_slot *s = tid > 0 ? instance_find_filled_slot(ns->in, tid) : NULL;

	for (int i = 0; s == NULL && pid > 0 && i < GENERATIONS; i++) {
		pid_t process, parent;

		s = instance_find_filled_slot(ns->in, pid);
		if (s != NULL || !procfs_family(pid, &process, &parent))
			break;
		if (process != pid && process > 0)
			s = instance_find_filled_slot(ns->in, process);
		pid = parent;
	}
	return s;
}

/* Copies n bytes of a slot; the copy may be torn where the owner died in the middle of a change. */
static void read_slot(const struct process_slot *s, void *to, const void *from, size_t n)
{
	for (int i = 0; i < SLOT_READS; i++) {
		uint32_t before = atomic_load_explicit(&s->sequence, memory_order_acquire);

		memcpy(to, from, n);
		atomic_thread_fence(memory_order_acquire);
		if ((before & 1) == 0 && atomic_load_explicit(&s->sequence, memory_order_relaxed) == before)
			break;
	}
}

void procfs_identity(const struct vfs_ns *ns, pid_t pid, pid_t tid, struct procfs_identity *ret)
{
	const struct process_slot *s;

	ret->flags = 0;
	ret->seccomp_mode = 0;
	ret->dumpable = 1;
	if (procfs_is_init(ns, pid)) {
		creds_of_init(&ret->creds);
		return;
	}
	s = slot_of(ns, pid, tid);
	if (s != NULL) {
		ret->flags = s->flags;
		ret->seccomp_mode = s->seccomp_mode;
		ret->dumpable = s->dumpable;
	}
	/* The asking thread knows best; one that nobody knows of is most likely its kin. */
	if (s == NULL || (tid != 0 ? tid : pid) == vfs_tid(ns))
		ret->creds = *ns->creds;
	else
		read_slot(s, &ret->creds, &s->creds, sizeof(ret->creds));
	if (ret->creds.group_count > CREDS_GROUPS_MAX)
		ret->creds.group_count = 0;
}

bool procfs_may_look(const struct vfs_ns *ns, const struct procfs_entry *entry)
{
	const struct creds *me = ns->creds, *them;
	struct procfs_identity id;

	if (entry->pid == 0 || entry->pid == ns->pid || creds_capable(me, CAP_SYS_PTRACE))
		return true;
	procfs_identity(ns, entry->pid, entry->tid, &id);
	them = &id.creds;
	return id.dumpable == 1 && creds_are(them, me->fsuid, me->fsgid) &&
	       (them->cap_permitted & ~me->cap_effective) == 0;
}

static const char *behind_number(const char *s)
{
	while (*s >= '0' && *s <= '9')
		s++;
	return s;
}

/* Directories of mode 0555 belong to the process whether it is dumpable or not (task_dump_owner in fs/proc/base.c). */
static bool is_always_owned(const char *host)
{
	static const char *const directories[] = {"", "/task", "/attr", "/net", "/fdinfo"};
	const char *rest = behind_number(host + sizeof("/proc/") - 1);

	if (str_starts(rest, "/task/")) {
		rest = behind_number(rest + sizeof("/task/") - 1);
	}
	for (size_t i = 0; i < ARRAY_SIZE(directories); i++)
		if (str_eq(rest, directories[i]))
			return true;
	return false;
}

bool procfs_is_own_list(const struct vfs_ns *ns, const struct procfs_entry *entry)
{
	size_t n = strlen(entry->host);

	return entry->pid == ns->pid && n > 3 && str_eq(entry->host + n - 3, "/fd");
}

void procfs_owner(const struct vfs_ns *ns, const struct procfs_entry *entry, uid_t *ret_uid, gid_t *ret_gid)
{
	struct procfs_identity id;

	*ret_uid = 0;
	*ret_gid = 0;
	if (entry->pid == 0)
		return;
	procfs_identity(ns, entry->pid, entry->tid, &id);
	if (id.dumpable != 1 && !is_always_owned(entry->host))
		return;
	*ret_uid = id.creds.euid;
	*ret_gid = id.creds.egid;
}

/* A child that has not called in yet and whose parent is gone: the descriptor that it inherited leads to its root. */
static ssize_t inherited_root(const struct vfs_ns *ns, pid_t pid, char *buf)
{
	char path[48];
	ssize_t n;

	str_format(path, sizeof(path), "/proc/%d/fd/%d", pid, RESERVED_FD);
	n = host_readlinkat(AT_FDCWD, path, buf, PATH_MAX);
	if (n < 0)
		return -ENOENT;
	n = (ssize_t)procfs_guest_text(ns, buf);
	if (str_eq(buf, "/"))
		buf[n = 0] = '\0';
	return n;
}

ssize_t procfs_task_path(const struct vfs_ns *ns, const struct procfs_entry *entry, enum procfs_path which, char *buf)
{
	const struct process_slot *s;

	if (entry->pid == ns->pid) {
		long n = str_copy(buf, PATH_MAX, which == PROCFS_EXE ? ns->exe : ns->root_path);

		return n < 0 ? -ENOENT : n;
	}
	if (procfs_is_init(ns, entry->pid))
		return str_copy(buf, PATH_MAX, which == PROCFS_EXE ? PROCFS_INIT_EXE : "");
	s = slot_of(ns, entry->pid, entry->tid);
	if (s == NULL)
		return which == PROCFS_ROOT ? inherited_root(ns, entry->pid, buf) : -ENOENT;
	_Static_assert(INSTANCE_PATH_MAX == PATH_MAX, "the buffer is as large as a slot's path");
	read_slot(s, buf, which == PROCFS_EXE ? s->exe : s->root, PATH_MAX);
	buf[PATH_MAX - 1] = '\0';
	/* Paths are absolute; only a root may be empty. */
	if (buf[0] != '/' && !(which == PROCFS_ROOT && buf[0] == '\0'))
		return -ENOENT;
	return (ssize_t)strlen(buf);
}

uint32_t procfs_mount_ns(const struct vfs_ns *ns, const struct procfs_entry *entry)
{
	const struct process_slot *s;

	if (entry->pid == ns->pid)
		return ns->mount_ns;
	if (procfs_is_init(ns, entry->pid))
		return 0;
	s = slot_of(ns, entry->pid, entry->tid);
	return s != NULL ? s->mount_ns : ns->mount_ns;
}

pid_t procfs_parent(const struct vfs_ns *ns, pid_t pid, pid_t host_parent)
{
	if (pid == 1)
		return 0;
	return procfs_is_guest(ns, host_parent) ? host_parent : 1;
}
