#include "tracee.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/prctl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/host.h"
#include "base/layout.h"
#include "launcher.h"
#include "loader/loader.h"

#define STATUS_EXEC_FAILED 90

static char one[] = "LX_ONE=1", two[] = "LX_TWO=two words", none[] = "LX_EMPTY=";
static char *const environment[] = {one, two, none, NULL};

static size_t read_proc(pid_t pid, const char *name, char *buf, size_t size)
{
	char path[64];
	size_t n = 0;
	ssize_t r;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	while (n < size && (r = read(fd, buf + n, size - n)) > 0)
		n += (size_t)r;
	close(fd);
	return n;
}

static void read_stat(pid_t pid, uint64_t *ret)
{
	static const int numbers[STAT_FIELDS] = {26, 27, 28, 45, 46, 47, 48, 49, 50, 51};
	char text[2048];
	char *p, *save = NULL;
	size_t n = read_proc(pid, "stat", text, sizeof(text) - 1);

	text[n] = '\0';
	p = strrchr(text, ')');
	if (p == NULL)
		return;
	p = strtok_r(p + 1, " ", &save);
	for (int number = 3, i = 0; p != NULL && i < STAT_FIELDS; number++, p = strtok_r(NULL, " ", &save))
		if (number == numbers[i])
			ret[i++] = strtoull(p, NULL, 10);
}

static void read_string(pid_t pid, uint64_t address, char *buf, size_t size)
{
	struct iovec here = {.iov_base = buf, .iov_len = size - 1}, there = {.iov_base = NULL, .iov_len = size - 1};
	ssize_t n;

	/* The string is near the end of the stack: no more than to the end of its page. */
	there.iov_base = (void *)(uintptr_t)address;
	if (there.iov_len > 4096 - (address & 4095))
		there.iov_len = 4096 - (address & 4095);
	n = process_vm_readv(pid, &here, 1, &there, 1, 0);
	buf[n < 0 ? 0 : n] = '\0';
}

static void look(pid_t pid, struct snapshot *ret)
{
	size_t n;

	ret->outcome = STARTED;
	ptrace(PTRACE_GETREGS, pid, NULL, &ret->regs);
	read_stat(pid, ret->stat);
	n = read_proc(pid, "auxv", (char *)ret->auxv, sizeof(ret->auxv) - sizeof(ret->auxv[0]));
	for (ret->auxv_count = 0; ret->auxv_count < n / sizeof(ret->auxv[0]); ret->auxv_count++) {
		if (ret->auxv[ret->auxv_count].a_type == AT_NULL)
			break;
		if (ret->auxv[ret->auxv_count].a_type == AT_EXECFN)
			read_string(pid, ret->auxv[ret->auxv_count].a_un.a_val, ret->execfn, sizeof(ret->execfn));
	}
	n = read_proc(pid, "maps", ret->maps, sizeof(ret->maps) - 1);
	ret->maps[n] = '\0';
	ret->cmdline_size = read_proc(pid, "cmdline", ret->cmdline, sizeof(ret->cmdline));
	ret->environ_size = read_proc(pid, "environ", ret->environ, sizeof(ret->environ));
}

/* A child that stops, without random addresses, and then execs `file` as `path`; its errno goes into the pipe. */
static pid_t start(const char *file, const char *path, int program, int error_pipe)
{
	char *const arguments[] = {strdup(path), strdup("second argument"), strdup(""), NULL};
	pid_t pid = fork();

	if (pid == 0) {
		int error;

		personality(ADDR_NO_RANDOMIZE);
		if (program >= 0 && program != PROGRAM_FD)
			dup2(program, PROGRAM_FD);
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		execve(file, arguments, environment);
		error = errno;
		if (write(error_pipe, &error, sizeof(error)) != (ssize_t)sizeof(error))
			_exit(1);
		_exit(STATUS_EXEC_FAILED);
	}
	for (int i = 0; i < 3; i++)
		free(arguments[i]);
	return pid;
}

/* Runs to the next stop; delivers no signals. True at a stop. */
static bool go_on(pid_t pid, enum __ptrace_request how, int *status)
{
	return ptrace(how, pid, NULL, NULL) == 0 && waitpid(pid, status, 0) == pid && WIFSTOPPED(*status);
}

static bool is_exec_stop(int status)
{
	return status >> 8 == (SIGTRAP | PTRACE_EVENT_EXEC << 8);
}

/* What a process came to that is not stopped where it should be. */
static void judge(int status, int error_pipe, struct snapshot *ret)
{
	bool segv =
		WIFSIGNALED(status) ? WTERMSIG(status) == SIGSEGV : WIFSTOPPED(status) && WSTOPSIG(status) == SIGSEGV;

	ret->outcome = segv ? KILLED : BROKEN;
	ret->error = status;
	if (WIFEXITED(status) && WEXITSTATUS(status) == STATUS_EXEC_FAILED &&
	    read(error_pipe, &ret->error, sizeof(ret->error)) == (ssize_t)sizeof(ret->error))
		ret->outcome = REFUSED;
}

static void finish(pid_t pid, int status)
{
	if (!WIFSTOPPED(status))
		return;
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
}

static bool first_stop(pid_t pid, int *status)
{
	long options = PTRACE_O_EXITKILL | PTRACE_O_TRACEEXEC | PTRACE_O_TRACESYSGOOD;

	return waitpid(pid, status, 0) == pid && WIFSTOPPED(*status) &&
	       ptrace(PTRACE_SETOPTIONS, pid, NULL, options) == 0;
}

void start_native(const char *path, struct snapshot *ret)
{
	int errors[2], status = 0;
	pid_t pid;

	memset(ret, 0, sizeof(*ret));
	ret->outcome = BROKEN;
	if (pipe2(errors, O_CLOEXEC) < 0)
		return;
	pid = start(path, path, -1, errors[1]);
	if (pid > 0 && first_stop(pid, &status)) {
		if (go_on(pid, PTRACE_CONT, &status) && is_exec_stop(status))
			look(pid, ret);
		else
			judge(status, errors[0], ret);
		finish(pid, status);
	}
	close(errors[0]);
	close(errors[1]);
}

static bool in_launcher(const struct user_regs_struct *regs)
{
	return regs->rip >= RESIDENT_BASE && regs->rip < RESIDENT_TEXT_END;
}

/* From the launcher's start to its last system call, ldr_set_mm()'s, and from there step by step to the jump. */
static void run_launcher(pid_t pid, int *status, struct snapshot *ret)
{
	struct user_regs_struct regs;
	bool entering = false, done = false; /* the first stop is the end of execve */

	while (!done && go_on(pid, PTRACE_SYSCALL, status) && WSTOPSIG(*status) == (SIGTRAP | 0x80)) {
		ptrace(PTRACE_GETREGS, pid, NULL, &regs);
		done = !entering && regs.orig_rax == SYS_prctl && regs.rdi == PR_SET_MM;
		entering = !entering;
	}
	if (!done)
		return judge(*status, -1, ret);
	while (in_launcher(&regs)) {
		if (!go_on(pid, PTRACE_SINGLESTEP, status))
			return judge(*status, -1, ret);
		ptrace(PTRACE_GETREGS, pid, NULL, &regs);
	}
	look(pid, ret);
}

/* The errno that the loader's probes answer for a program and its interpreter; 0 if they accept both. */
static int probe(int fd)
{
	struct ldr_program program;
	int r = ldr_probe(fd, &program), interpreter;

	if (r < 0 || program.kind != LDR_ELF || program.interpreter[0] == '\0')
		return r;
	interpreter = open(program.interpreter, O_RDONLY | O_CLOEXEC);
	if (interpreter < 0)
		return -errno;
	r = ldr_probe_interpreter(interpreter);
	close(interpreter);
	return r;
}

void start_launched(const char *launcher, const char *path, struct snapshot *ret)
{
	int program = open(path, O_RDONLY | O_CLOEXEC), errors[2], r, status = 0;
	pid_t pid;

	memset(ret, 0, sizeof(*ret));
	ret->outcome = BROKEN;
	if (program < 0)
		return;
	r = probe(program);
	if (r < 0) {
		ret->outcome = REFUSED;
		ret->error = -r;
		close(program);
		return;
	}
	if (pipe2(errors, O_CLOEXEC) < 0) {
		close(program);
		return;
	}
	pid = start(launcher, path, program, errors[1]);
	if (pid > 0 && first_stop(pid, &status)) {
		if (go_on(pid, PTRACE_CONT, &status) && is_exec_stop(status))
			run_launcher(pid, &status, ret);
		else
			judge(status, errors[0], ret);
		finish(pid, status);
	}
	close(errors[0]);
	close(errors[1]);
	close(program);
}
