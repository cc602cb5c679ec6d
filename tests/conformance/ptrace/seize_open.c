/*
 * A thread that waits in an open of a FIFO is seized and interrupted: its call begins again, and ends, before the tracer's eyes.
 * conformance: not under ptrace: the gate itself traces every guest
 * conformance: not under notify: the supervisor waits in place of the guest, out of reach of its signals
 */
#include "tracer.h"

static void open_fifo(void)
{
	int fd = open("fifo", O_RDONLY);

	_exit(fd >= 0 ? 5 : 90);
}

/* The call that it waits in begins again, and ends. */
static void in_open(void)
{
	struct session s = {0};
	struct __ptrace_syscall_info info = {0};
	int fd = -1, ops[3] = {0}, status;
	pid_t pid;

	NEED(mkfifo("fifo", 0600) == 0);
	pid = start_seized(open_fifo, 0);
	usleep(20000);
	wait_for_state(pid, 'S');
	NEED(ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) == 0);
	next_stop(&s, pid);
	for (int i = 0; i < 3; i++) {
		NEED(ptrace(PTRACE_SYSCALL, pid, NULL, NULL) == 0);
		NEED(waitpid(pid, &status, __WALL) == pid);
		NEED(ptrace(PTRACE_GET_SYSCALL_INFO, pid, (void *)sizeof(info), &info) > 0);
		ops[i] = info.op;
		if (i == 0) {
			CHECK_EQUAL(info.entry.nr, SYS_openat, "which call begins again");
			fd = open("fifo", O_RDWR);
			NEED(fd >= 0);
		}
	}
	CHECK(ops[0] == PTRACE_SYSCALL_INFO_ENTRY && ops[1] == PTRACE_SYSCALL_INFO_EXIT &&
		      ops[2] == PTRACE_SYSCALL_INFO_ENTRY,
	      "it begins, it ends, the next begins");
	NEED(ptrace(PTRACE_CONT, pid, NULL, NULL) == 0);
	NEED(waitpid(pid, &status, __WALL) == pid);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 5, "the descriptor is there");
	close(fd);
	unlink("fifo");
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	in_open();
	return check_end();
}
