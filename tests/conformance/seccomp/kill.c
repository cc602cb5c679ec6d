/* Filters that kill, allow-lists, and SECCOMP_MODE_STRICT. */
#include "filters.h"

#include <pthread.h>

static uint32_t action;
static long number;

static void forbidden(void)
{
	FORBID(number, action);
	syscall(number, "nothing", 0);
}

static bool dies(long nr, uint32_t how)
{
	number = nr;
	action = how;
	return killed_by(status_of(forbidden), SIGSYS);
}

/* Everything but what a program needs that has all it wants. */
static void allow_list(uint32_t otherwise)
{
	const struct sock_filter code[] = {
		LOAD(arch),
		IF_EQUAL(AUDIT_ARCH_X86_64, 1, 0),
		RETURN(SECCOMP_RET_KILL_PROCESS),
		LOAD(nr),
		IF_EQUAL(SYS_read, 4, 0),
		IF_EQUAL(SYS_write, 3, 0),
		IF_EQUAL(SYS_exit_group, 2, 0),
		IF_EQUAL(SYS_rt_sigreturn, 1, 0),
		RETURN(otherwise),
		RETURN(SECCOMP_RET_ALLOW),
	};

	NEED(SET_FILTER(code) == 0);
}

static void listed(void)
{
	char buf[8] = "";
	int pipes[2];

	NEED(pipe(pipes) == 0);
	allow_list(SECCOMP_RET_KILL_PROCESS);
	_exit(write(pipes[1], "x", 1) == 1 && read(pipes[0], buf, sizeof(buf)) == 1 && buf[0] == 'x' ? 0 : 1);
}

static void unlisted_path(void)
{
	allow_list(SECCOMP_RET_KILL_PROCESS);
	syscall(SYS_open, "/", O_RDONLY);
}

static void unlisted_plain(void)
{
	allow_list(SECCOMP_RET_KILL_PROCESS);
	syscall(SYS_sched_yield);
}

static void unlisted_error(void)
{
	allow_list(FAIL(EPERM));
	CHECK_ERRNO(syscall(SYS_open, "/", O_RDONLY), EPERM, "a translated call that is not on the list");
	CHECK_ERRNO(syscall(SYS_sched_yield), EPERM, "another call that is not");
	CHECK_ERRNO(syscall(SYS_getpid), EPERM, "not even this one");
}

static void unknown_action(void)
{
	const struct sock_filter code[] = {LOAD(nr), IF_EQUAL(SYS_rmdir, 0, 1), RETURN(0x12340000),
					   RETURN(SECCOMP_RET_ALLOW)};

	NEED(SET_FILTER(code) == 0);
	syscall(SYS_rmdir, "x");
}

/* --- strict mode ---------------------------------------------------------------------------------------------------- */

static void strict_allowed(void)
{
	char buf[8] = "";
	int pipes[2];

	NEED(pipe(pipes) == 0 && syscall(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 0, NULL) == 0);
	if (write(pipes[1], "x", 1) == 1 && read(pipes[0], buf, sizeof(buf)) == 1)
		syscall(SYS_exit, 5);
	syscall(SYS_exit, 6);
}

static void strict_path(void)
{
	NEED(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) == 0);
	syscall(SYS_open, "/", O_RDONLY);
	syscall(SYS_exit, 0);
}

static void strict_plain(void)
{
	NEED(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) == 0);
	syscall(SYS_getpid);
	syscall(SYS_exit, 0);
}

static void strict_exit_group(void)
{
	NEED(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) == 0);
	syscall(SYS_exit_group, 0);
	syscall(SYS_exit, 0);
}

static void strict_prctl(void)
{
	NEED(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) == 0);
	prctl(PR_GET_SECCOMP);
	syscall(SYS_exit, 0);
}

static void nothing(int sig)
{
	(void)sig;
}

static void strict_handler(void)
{
	NEED(signal(SIGSEGV, nothing) != SIG_ERR);
	NEED(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) == 0);
	syscall(SYS_kill, 0, 0);
	syscall(SYS_exit, 0);
}

static void strict_after_filter(void)
{
	FORBID(SYS_rmdir, FAIL(EIO));
	CHECK_ERRNO(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT), EINVAL, "strict mode after a filter");
	CHECK_EQUAL(prctl(PR_GET_SECCOMP), SECCOMP_MODE_FILTER, "the filter stays");
	CHECK_ERRNO(rmdir("x"), EIO, "and works");
}

/* --- threads -------------------------------------------------------------------------------------------------------- */

static void *forbidden_thread(void *arg)
{
	forbidden();
	return arg;
}

static void one_thread(void)
{
	pthread_t t;

	NEED(pthread_create(&t, NULL, forbidden_thread, NULL) == 0);
	pthread_join(t, NULL);
	_exit(action == SECCOMP_RET_KILL_THREAD ? 7 : 8);
}

static int thread_status(long nr, uint32_t how)
{
	number = nr;
	action = how;
	return status_of(one_thread);
}

int main(int argc, char **argv)
{
	int status;

	check_begin(argc, argv);
	CHECK(dies(SYS_getppid, SECCOMP_RET_KILL_PROCESS), "getppid");
	CHECK(dies(SYS_getppid, SECCOMP_RET_KILL_THREAD), "getppid, the only thread");
	CHECK(dies(SYS_rmdir, SECCOMP_RET_KILL_PROCESS), "rmdir");
	CHECK(dies(SYS_rmdir, SECCOMP_RET_KILL_THREAD), "rmdir, the only thread");
	CHECK(dies(SYS_dup2, SECCOMP_RET_KILL_PROCESS), "dup2");
	CHECK(dies(5002, SECCOMP_RET_KILL_PROCESS), "a call that does not exist");
	CHECK(killed_by(status_of(unknown_action), SIGSYS), "an action that does not exist");

	CHECK_EQUAL(status_of(listed), 0, "a list of calls: what is on it");
	CHECK(killed_by(status_of(unlisted_path), SIGSYS), "open is not");
	CHECK(killed_by(status_of(unlisted_plain), SIGSYS), "sched_yield neither");
	in_child(unlisted_error);

	status = status_of(strict_allowed);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 5, "strict mode: read, write and exit");
	CHECK(killed_by(status_of(strict_path), SIGKILL), "open is not allowed");
	CHECK(killed_by(status_of(strict_plain), SIGKILL), "getpid neither");
	CHECK(killed_by(status_of(strict_exit_group), SIGKILL), "nor exit_group");
	CHECK(killed_by(status_of(strict_prctl), SIGKILL), "nor prctl");
	CHECK(killed_by(status_of(strict_handler), SIGKILL), "nor kill");
	in_child(strict_after_filter);

	status = thread_status(SYS_getppid, SECCOMP_RET_KILL_THREAD);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7, "getppid ends one thread of two");
	status = thread_status(SYS_rmdir, SECCOMP_RET_KILL_THREAD);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7, "so does rmdir");
	CHECK(killed_by(thread_status(SYS_getppid, SECCOMP_RET_KILL_PROCESS), SIGSYS), "getppid ends both");
	CHECK(killed_by(thread_status(SYS_rmdir, SECCOMP_RET_KILL_PROCESS), SIGSYS), "so does rmdir");
	return check_end();
}
