/* Small filters, and children to try them on. */
#ifndef LX_TESTS_CONFORMANCE_SECCOMP_FILTERS_H
#define LX_TESTS_CONFORMANCE_SECCOMP_FILTERS_H

#include "../check.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>

#ifndef SYS_SECCOMP
#define SYS_SECCOMP 1 /* si_code */
#endif

#define LOAD(field)          BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define RETURN(action)       BPF_STMT(BPF_RET | BPF_K, action)
#define IF_EQUAL(k, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, k, yes, no)
#define FAIL(error)          (SECCOMP_RET_ERRNO | (error))

CHECK_UNUSED static long set_filter(const struct sock_filter *code, size_t n, unsigned flags)
{
	struct sock_fprog program = {.len = (unsigned short)n, .filter = (struct sock_filter *)code};

	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

#define SET_FILTER(code) set_filter(code, sizeof(code) / sizeof((code)[0]), 0)

/* From now on call nr is answered by action, all others are allowed. */
CHECK_UNUSED static long forbid_with(long nr, uint32_t action, unsigned flags)
{
	const struct sock_filter code[] = {
		LOAD(nr),
		IF_EQUAL((uint32_t)nr, 0, 1),
		RETURN(action),
		RETURN(SECCOMP_RET_ALLOW),
	};

	return set_filter(code, sizeof(code) / sizeof(code[0]), flags);
}

#define FORBID(nr, action) NEED(forbid_with(nr, action, 0) == 0)

/* Runs body in a child of its own; how it ended, as wait's status. */
CHECK_UNUSED static int status_of(void (*body)(void))
{
	int status;
	pid_t pid;

	fflush(stdout);
	NEED((pid = fork()) >= 0);
	if (pid == 0) {
		check_failures = 0;
		body();
		fflush(stdout);
		_exit(check_failures == 0 ? 0 : 1);
	}
	NEED(waitpid(pid, &status, 0) == pid);
	return status;
}

/* Runs body in a child; its checks count. */
CHECK_UNUSED static void in_child(void (*body)(void))
{
	int status = status_of(body);

	if (WIFSIGNALED(status))
		CHECK(false, "a child ended by signal %d", WTERMSIG(status));
	else
		check_failures += WEXITSTATUS(status) != 0;
}

CHECK_UNUSED static bool killed_by(int status, int sig)
{
	return WIFSIGNALED(status) && WTERMSIG(status) == sig;
}

#endif
