/* Probes of system calls: what the kernel has, and what a container's filter leaves of it. */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/host.h"
#include "cli/probe_internal.h"

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1ul << 5)
#endif

/* --- seccomp ---------------------------------------------------------------------------------------------------------- */

/* A filter that lets everything through. */
static int install(unsigned long flags)
{
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog program = {.len = 1, .filter = &allow};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	return (int)host_call(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

static int install_plain(void)
{
	return install(0);
}

static int install_listener(void)
{
	int r = install(SECCOMP_FILTER_FLAG_NEW_LISTENER);

	return r < 0 ? r : 0;
}

/* No program at all is EFAULT, but a flag that the kernel does not know is EINVAL before that. */
static bool knows_flag(unsigned long flag)
{
	return host_call(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flag, NULL) == -EFAULT;
}

void probe_seccomp(const char *store, struct probe_result *ret)
{
	uint32_t trap = SECCOMP_RET_TRAP;
	int r = probe_in_child(install_plain);

	(void)store;
	if (r == 0)
		r = (int)host_call(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &trap);
	if (r == 0)
		return;
	probe_found(ret, "a filter that sends calls to lxrun is refused: %s", strerror(-r));
	probe_say(ret, PROBE_MISSING, "programs run only under `--gate ptrace`, many times slower",
		  "a kernel with CONFIG_SECCOMP_FILTER; in a container a profile that allows seccomp(2) and prctl(2)");
}

void probe_seccomp_flags(const char *store, struct probe_result *ret)
{
	(void)store;
	if (!knows_flag(SECCOMP_FILTER_FLAG_SPEC_ALLOW)) {
		probe_found(ret, "SPEC_ALLOW is not known");
		probe_say(ret, PROBE_LIMITED, "the kernel may slow all guests down by mitigations of speculation",
			  "Linux 4.17 or newer");
	} else if (!knows_flag(SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV)) {
		probe_found(ret, "WAIT_KILLABLE_RECV is not known");
		probe_say(ret, PROBE_LIMITED, "the notify gate may do a call twice that a signal interrupts",
			  "Linux 5.19 or newer");
	}
}

void probe_listener(const char *store, struct probe_result *ret)
{
	int r = probe_in_child(install_listener);

	(void)store;
	if (r == 0)
		return;
	probe_found(ret, "%s",
		    r == -EBUSY ? "somebody else, a container manager perhaps, listens already" : strerror(-r));
	probe_say(ret, PROBE_LIMITED, "the end of a distribution's last program is noticed half a second later", NULL);
}

/* --- single calls ----------------------------------------------------------------------------------------------------- */

void probe_openat2(const char *store, struct probe_result *ret)
{
	int fd CLEANUP(host_close_at) = host_openat2(AT_FDCWD, "/", O_PATH | O_CLOEXEC, 0, RESOLVE_IN_ROOT);

	(void)store;
	if (fd >= 0)
		return;
	probe_found(ret, "%s", fd == -ENOSYS ? "the kernel does not have it" : strerror(-fd));
	probe_say(ret, PROBE_LIMITED, "paths are walked a component at a time, which makes files slower",
		  fd == -ENOSYS ? "Linux 5.6 or newer" : "a container runtime whose profile knows openat2");
}

static bool keyctl_is_refused(void)
{
	long r = host_call(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_PROCESS_KEYRING, 0);

	return r == -EPERM || r == -ENOSYS;
}

static bool personality_is_refused(void)
{
	return host_call(SYS_personality, ADDR_NO_RANDOMIZE) == -EPERM;
}

static bool readv_is_refused(void)
{
	char from = 0, to;
	struct iovec a = {&to, 1}, b = {&from, 1};

	return host_call(SYS_process_vm_readv, getpid(), &a, 1, &b, 1, 0) < 0;
}

static bool handles_are_refused(void)
{
	return host_call(SYS_name_to_handle_at, AT_FDCWD, "/", NULL, NULL, 0) == -EPERM;
}

static bool memfd_is_refused(void)
{
	int fd CLEANUP(host_close_at) = host_memfd_create("probe", 1);

	return fd < 0;
}

static const struct {
	const char *name;
	bool (*is_refused)(void);
} calls[] = {
	{"keyctl", keyctl_is_refused},          {"personality", personality_is_refused},
	{"process_vm_readv", readv_is_refused}, {"name_to_handle_at", handles_are_refused},
	{"memfd_create", memfd_is_refused},
};

/* In a child: personality would stay. */
static int find_refused(void)
{
	int bits = 0;

	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		if (calls[i].is_refused())
			bits |= 1 << i;
	return bits;
}

void probe_refused_calls(const char *store, struct probe_result *ret)
{
	int bits = probe_in_child(find_refused);
	char names[200] = "";

	(void)store;
	for (size_t i = 0; bits > 0 && i < ARRAY_SIZE(calls); i++)
		if ((bits & 1 << i) != 0) {
			size_t used = strlen(names);

			snprintf(names + used, sizeof(names) - used, "%s%s", used > 0 ? ", " : "", calls[i].name);
		}
	if (names[0] == '\0')
		return;
	probe_found(ret, "this host refuses %s", names);
	probe_say(ret, PROBE_LIMITED, "programs that need them fail inside as they do outside",
		  "a container's profile that allows them, if it is one");
}

/* --- tracing ---------------------------------------------------------------------------------------------------------- */

static int trace_a_child(void)
{
	pid_t child = fork();
	int r;

	if (child < 0)
		return -errno;
	if (child == 0) {
		pause();
		_exit(0);
	}
	r = ptrace(PTRACE_SEIZE, child, 0, 0) < 0 ? -errno : 0;
	(void)kill(child, SIGKILL);
	(void)waitpid(child, NULL, 0);
	return r;
}

void probe_ptrace(const char *store, struct probe_result *ret)
{
	int r = probe_in_child(trace_a_child);

	(void)store;
	if (r == 0)
		return;
	probe_found(ret, "%s", strerror(-r));
	probe_say(ret, PROBE_LIMITED, "strace and gdb do not work in distributions, nor does `--gate ptrace`",
		  "in a container: --cap-add SYS_PTRACE, or a profile that allows ptrace(2)");
}

void probe_yama(const char *store, struct probe_result *ret)
{
	char line[16];

	(void)store;
	if (!probe_read_line("/proc/sys/kernel/yama/ptrace_scope", line, sizeof(line)) || atoi(line) == 0)
		return;
	probe_found(ret, "kernel.yama.ptrace_scope is %d", atoi(line));
	if (atoi(line) == 1)
		probe_say(ret, PROBE_LIMITED, "strace -p and gdb -p work for children of the tracer only",
			  "sysctl kernel.yama.ptrace_scope=0, as root");
	else
		probe_say(ret, PROBE_LIMITED, "strace and gdb do not work in distributions",
			  "sysctl kernel.yama.ptrace_scope=1, as root");
}
