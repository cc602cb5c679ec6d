#include "cli/gates.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

const char *const gate_names[3] = {
	[INSTANCE_GATE_TRAP] = "trap",
	[INSTANCE_GATE_NOTIFY] = "notify",
	[INSTANCE_GATE_PTRACE] = "ptrace",
};

static int install_filter(unsigned flags)
{
	struct sock_filter allow[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
	struct sock_fprog program = {.len = 1, .filter = allow};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return errno;
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program) < 0 ? errno : 0;
}

static int try_in_child(unsigned flags)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (pid == 0)
		_exit(install_filter(flags));
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	/* A host's own filter may end who asks. */
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EPERM;
}

static int try_ptrace(void)
{
	int status, r = 0;
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	if (ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACESYSGOOD) < 0)
		r = -errno;
	(void)kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return r;
}

int gate_try(enum instance_gate gate)
{
	switch (gate) {
	case INSTANCE_GATE_TRAP:
		return try_in_child(0);
	case INSTANCE_GATE_NOTIFY:
		return try_in_child(SECCOMP_FILTER_FLAG_NEW_LISTENER);
	case INSTANCE_GATE_PTRACE:
		return try_ptrace();
	}
	return -EINVAL;
}

const char *gate_reason(enum instance_gate gate, int error)
{
	if (gate == INSTANCE_GATE_PTRACE)
		return error == -EPERM || error == -EACCES ? "this host does not allow processes to be traced"
							   : "this kernel has no ptrace(2)";
	if (gate == INSTANCE_GATE_NOTIFY && error == -EBUSY)
		return "a filter that this process has listens already";
	if (error == -EPERM || error == -EACCES)
		return "this host does not allow seccomp filters";
	return gate == INSTANCE_GATE_NOTIFY ? "this kernel's seccomp filters have no listeners"
					    : "this kernel has no seccomp filters";
}
