/*
 * A tracer sees the stops that its tracee's own calls and signals make, and no other: neither SIGSYS nor what a translator
 * calls. More is in ../ptrace.
 *
 * conformance: not under ptrace: the gate itself traces every guest
 */
#include "../check.h"

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/user.h>

static void tracee(void)
{
	struct stat st;
	int fd;

	ptrace(PTRACE_TRACEME, 0, 0, 0);
	kill(getpid(), SIGSTOP);
	syscall(SYS_getuid);
	syscall(SYS_stat, "/etc/passwd", &st);
	syscall(SYS_getpgid, 0);
	fd = (int)syscall(SYS_open, "/proc/self/status", O_RDONLY, 0);
	syscall(SYS_access, "/nothing", F_OK);
	syscall(SYS_close, fd);
	syscall(SYS_tkill, syscall(SYS_gettid), SIGUSR1);
	syscall(SYS_chdir, "/tmp");
	_exit(7);
}

int main(int argc, char **argv)
{
	static const long want[] = {SYS_getuid, SYS_stat,   SYS_getpgid, SYS_open,  SYS_access,
				    SYS_close,  SYS_gettid, SYS_tkill,   SYS_chdir, SYS_exit_group};
	const unsigned count = sizeof(want) / sizeof(want[0]);
	unsigned stops = 0, entries = 0, exits = 0, signals = 0, foreign = 0;
	struct user_regs_struct r;
	bool inside = false;
	int status, deliver = 0;
	pid_t pid;

	check_begin(argc, argv);
	signal(SIGUSR1, SIG_IGN);
	pid = fork();
	NEED(pid >= 0);
	if (pid == 0)
		tracee();
	NEED(waitpid(pid, &status, 0) == pid);
	CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP, "the first stop is its own signal");
	NEED(ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL) == 0);
	for (;;) {
		NEED(ptrace(PTRACE_SYSCALL, pid, 0, deliver) == 0 && waitpid(pid, &status, 0) == pid);
		deliver = 0;
		if (!WIFSTOPPED(status))
			break;
		stops++;
		NEED(ptrace(PTRACE_GETREGS, pid, 0, &r) == 0);
		if (WSTOPSIG(status) == (SIGTRAP | 0x80)) {
			unsigned *n = inside ? &exits : &entries;

			foreign += *n >= count || (long)r.orig_rax != want[*n];
			(*n)++;
			inside = !inside;
		} else if (WSTOPSIG(status) == SIGUSR1) {
			signals++;
			deliver = SIGUSR1;
		} else {
			foreign++;
		}
		/* Programs are below the stack and the libraries; nothing of a translator's is a place to stop at. */
		foreign += r.rip >= 0x550000000000 && r.rip < 0x550000200000;
	}
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7, "it ends as it wants");
	CHECK_EQUAL(entries, count, "each call is seen at its entry");
	CHECK_EQUAL(exits, count - 1, "and but for the last at its exit");
	CHECK_EQUAL(signals, 1, "its signal is seen");
	CHECK_EQUAL(stops, 2 * count, "those are all stops");
	CHECK_EQUAL(foreign, 0, "none is anybody else's");
	return check_end();
}
