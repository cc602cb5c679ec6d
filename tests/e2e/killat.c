/*
 * killat HOW N COMMAND...: runs a command and all that it starts, and counts the system calls that change something on a disk. At the
 * N-th, before it is done,
 *
 *   kill       everything is killed (SIGKILL)
 *   interrupt  its process gets SIGINT
 *   full       it and all later ones that take space fail with ENOSPC
 *   count      nothing: their number is printed on descriptor 3 at the end
 *   peak       nothing: how many kilobytes the largest of its processes had is printed on descriptor 3 at the end
 *   fsync      SHELL-COMMAND is run at the N-th fsync(2), at each if N is 0: killat fsync N SHELL-COMMAND COMMAND...
 *   clone      the same when a process or thread is made
 *
 * Its exit status is the command's, or 128 and the signal.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRACEES 64

static const long takes_space[] = {
	SYS_write, SYS_pwrite64, SYS_writev,   SYS_copy_file_range, SYS_ftruncate, SYS_fallocate,
	SYS_mkdir, SYS_mkdirat,  SYS_link,     SYS_linkat,          SYS_symlink,   SYS_symlinkat,
	SYS_mknod, SYS_mknodat,  SYS_setxattr, SYS_fsetxattr,       SYS_openat,    SYS_open};
static const long changes[] = {SYS_rename,       SYS_renameat,  SYS_renameat2, SYS_unlink,    SYS_unlinkat,
			       SYS_rmdir,        SYS_chmod,     SYS_fchmod,    SYS_fchmodat,  SYS_removexattr,
			       SYS_fremovexattr, SYS_utimensat, SYS_fsync,     SYS_fdatasync, SYS_syncfs};

struct tracee {
	pid_t pid;
	int inside, failing;
};

static struct tracee tracees[TRACEES];
static long count, at;
static int full;

static int is_in(const long *list, size_t n, long nr)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == nr)
			return 1;
	return 0;
}

#define IS_IN(list, nr) is_in(list, sizeof(list) / sizeof(list[0]), nr)

static struct tracee *find(pid_t pid)
{
	for (int i = 0; i < TRACEES; i++)
		if (tracees[i].pid == pid)
			return &tracees[i];
	for (int i = 0; i < TRACEES; i++)
		if (tracees[i].pid == 0) {
			tracees[i] = (struct tracee){.pid = pid};
			return &tracees[i];
		}
	fprintf(stderr, "killat: too many processes\n");
	exit(99);
}

/* Opening counts where it makes something; writing, to what is a file. */
static int does_change(pid_t pid, const struct user_regs_struct *r)
{
	long nr = (long)r->orig_rax;
	char link[64], target[256];
	ssize_t n;

	if (nr == SYS_openat)
		return (r->rdx & (O_CREAT | O_TRUNC)) != 0;
	if (nr == SYS_open)
		return (r->rsi & (O_CREAT | O_TRUNC)) != 0;
	if (nr == SYS_write || nr == SYS_writev || nr == SYS_pwrite64) {
		snprintf(link, sizeof(link), "/proc/%d/fd/%d", pid, (int)r->rdi);
		n = readlink(link, target, sizeof(target) - 1);
		target[n < 0 ? 0 : n] = '\0';
		return target[0] == '/' && (strncmp(target, "/dev/", 5) != 0 || strncmp(target, "/dev/shm/", 9) == 0);
	}
	return IS_IN(takes_space, nr) || IS_IN(changes, nr);
}

static void kill_all(void)
{
	for (int i = 0; i < TRACEES; i++)
		if (tracees[i].pid != 0)
			kill(tracees[i].pid, SIGKILL);
}

static int is_hook(const char *how)
{
	return strcmp(how, "clone") == 0 || strcmp(how, "fsync") == 0;
}

static int is_hooked(const char *how, long nr)
{
	static const long makes[] = {SYS_fork, SYS_vfork, SYS_clone, SYS_clone3};

	return how[0] == 'f' ? nr == SYS_fsync : IS_IN(makes, nr);
}

static void enter(const char *how, const char *command, struct tracee *t, struct user_regs_struct *r)
{
	long nr = (long)r->orig_rax;

	if (is_hook(how)) {
		if (is_hooked(how, nr) && (++count == at || at == 0) && system(command) != 0)
			fprintf(stderr, "killat: %s failed\n", command);
		return;
	}
	if (!does_change(t->pid, r))
		return;
	count++;
	if (count == at && strcmp(how, "kill") == 0)
		kill_all();
	if (count == at && strcmp(how, "interrupt") == 0)
		kill(t->pid, SIGINT);
	full = full || (count >= at && strcmp(how, "full") == 0);
	if (full && IS_IN(takes_space, nr)) {
		t->failing = 1;
		r->orig_rax = (unsigned long long)-1;
		ptrace(PTRACE_SETREGS, t->pid, NULL, r);
	}
}

static void stopped(const char *how, const char *command, struct tracee *t)
{
	struct user_regs_struct r;

	if (ptrace(PTRACE_GETREGS, t->pid, NULL, &r) < 0)
		return;
	t->inside = !t->inside;
	if (t->inside) {
		enter(how, command, t, &r);
	} else if (t->failing) {
		t->failing = 0;
		r.rax = (unsigned long long)-ENOSPC;
		ptrace(PTRACE_SETREGS, t->pid, NULL, &r);
	}
}

/* Untraced, at its own speed. */
static int peak(char **words)
{
	struct rusage usage;
	int status;
	pid_t child = vfork();

	if (child == 0) {
		execvp(words[0], words);
		_exit(127);
	}
	waitpid(child, &status, 0);
	getrusage(RUSAGE_CHILDREN, &usage);
	dprintf(3, "%ld\n", usage.ru_maxrss);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
	const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
			     PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
	int words = argc > 1 && is_hook(argv[1]) ? 4 : 3, status, result = 99;
	const char *how = argc > 1 ? argv[1] : "";
	pid_t first, pid;

	if (argc <= words)
		return fprintf(stderr, "usage: killat kill|interrupt|full|count|peak|fsync|clone N [SHELL-COMMAND] "
				       "COMMAND...\n") > 0
			       ? 2
			       : 2;
	at = atol(argv[2]);
	fcntl(3, F_SETFD, FD_CLOEXEC);
	if (strcmp(how, "peak") == 0)
		return peak(argv + words);
	first = fork();
	if (first == 0) {
		/* Which needs to trace by itself. */
		setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		execvp(argv[words], argv + words);
		_exit(127);
	}
	find(first);
	waitpid(first, &status, 0);
	ptrace(PTRACE_SETOPTIONS, first, NULL, options);
	ptrace(PTRACE_SYSCALL, first, NULL, NULL);
	while ((pid = waitpid(-1, &status, __WALL)) > 0) {
		struct tracee *t;
		int signal = 0;

		/* What a shell command has started is not ours. */
		t = find(pid);
		if (WIFEXITED(status) || WIFSIGNALED(status)) {
			if (pid == first)
				result = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
			t->pid = 0;
			continue;
		}
		if (WSTOPSIG(status) == (SIGTRAP | 0x80))
			stopped(how, argv[3], t);
		else if (status >> 8 == (SIGTRAP | PTRACE_EVENT_EXEC << 8))
			/* It comes back from the call that it has just begun. */
			t->inside = 1;
		else if (status >> 16 == 0 && WSTOPSIG(status) != SIGSTOP)
			signal = WSTOPSIG(status);
		ptrace(PTRACE_SYSCALL, pid, NULL, signal);
	}
	if (strcmp(how, "count") == 0)
		dprintf(3, "%ld\n", count);
	return result;
}
