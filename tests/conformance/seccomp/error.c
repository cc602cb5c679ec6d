/* Filters that answer a call with an errno: calls of every kind, most restrictive answers, what fork and exec inherit. */
#include "filters.h"

#include <pthread.h>
#include <sys/socket.h>

static void one_each(void)
{
	struct stat st;
	char buf[8];

	/* Of what lxrun does with them, one of each: the kernel's, translated, translated for some arguments, refused. */
	FORBID(SYS_getppid, FAIL(EIO));
	CHECK_ERRNO(syscall(SYS_getppid), EIO, "getppid");
	FORBID(SYS_sched_yield, FAIL(ENODEV));
	CHECK_ERRNO(syscall(SYS_sched_yield), ENODEV, "sched_yield");
	FORBID(SYS_mkdir, FAIL(EXDEV));
	CHECK_ERRNO(syscall(SYS_mkdir, "d", 0755), EXDEV, "mkdir");
	CHECK_ERRNO(stat("d", &st), ENOENT, "makes nothing");
	FORBID(SYS_getuid, FAIL(EPERM));
	CHECK_ERRNO(syscall(SYS_getuid), EPERM, "getuid");
	FORBID(SYS_dup2, FAIL(EBUSY));
	CHECK_ERRNO(syscall(SYS_dup2, 0, 50), EBUSY, "dup2");
	CHECK_ERRNO(syscall(SYS_dup2, 241, 50), EBUSY, "dup2 of any number");
	FORBID(SYS_recvfrom, FAIL(ECHILD));
	CHECK_ERRNO(recv(0, buf, sizeof(buf), 0), ECHILD, "recv");
	FORBID(SYS_init_module, FAIL(EXDEV));
	CHECK_ERRNO(syscall(SYS_init_module, NULL, 0, ""), EXDEV, "init_module");
	FORBID(5000, FAIL(ENOTTY));
	CHECK_ERRNO(syscall(5000), ENOTTY, "a call that does not exist");
	FORBID(SYS_read, FAIL(ENOANO));
	CHECK_ERRNO(read(0, buf, 1), ENOANO, "read");
	CHECK_OK(stat(".", &st), "others are allowed");
	CHECK_OK(open(".", O_RDONLY), "and whatever they need to do their work");
}

static void values(void)
{
	struct stat st = {.st_mode = 7};

	FORBID(SYS_getpgrp, FAIL(0));
	CHECK_EQUAL(syscall(SYS_getpgrp), 0, "no errno is success");
	FORBID(SYS_newfstatat, FAIL(0));
	CHECK_EQUAL(syscall(SYS_newfstatat, AT_FDCWD, ".", &st, 0), 0, "of a call that was not made");
	CHECK_EQUAL(st.st_mode, 7, "and has written nothing");
	FORBID(SYS_getsid, FAIL(4095));
	CHECK_ERRNO(syscall(SYS_getsid, 0), 4095, "the largest errno");
	FORBID(SYS_chdir, FAIL(4097));
	CHECK_ERRNO(syscall(SYS_chdir, "/"), 4095, "a larger one is the largest");
	FORBID(SYS_getcwd, FAIL(4097));
	CHECK_ERRNO(syscall(SYS_getcwd, NULL, 0), 4095, "of every call");
}

static void stacked(void)
{
	FORBID(SYS_getppid, FAIL(EIO));
	FORBID(SYS_getppid, FAIL(EPERM));
	CHECK_ERRNO(syscall(SYS_getppid), EPERM, "the newer of two answers");
	FORBID(SYS_getppid, SECCOMP_RET_ALLOW);
	CHECK_ERRNO(syscall(SYS_getppid), EPERM, "allowing it again does not help");
	FORBID(SYS_getppid, SECCOMP_RET_LOG);
	CHECK_ERRNO(syscall(SYS_getppid), EPERM, "nor does logging it");
	FORBID(SYS_chdir, FAIL(EIO));
	FORBID(SYS_chdir, FAIL(EPERM));
	CHECK_ERRNO(syscall(SYS_chdir, "/"), EPERM, "the same for another call");
	FORBID(SYS_chdir, SECCOMP_RET_ALLOW);
	CHECK_ERRNO(syscall(SYS_chdir, "/"), EPERM, "allowed too late");
	FORBID(SYS_chdir, SECCOMP_RET_TRACE);
	CHECK_ERRNO(syscall(SYS_chdir, "/"), EPERM, "an errno is more than a tracer");
	FORBID(SYS_getsid, SECCOMP_RET_LOG);
	CHECK_OK(syscall(SYS_getsid, 0), "a call that is logged");
	FORBID(SYS_access, SECCOMP_RET_LOG);
	CHECK_OK(syscall(SYS_access, "/", F_OK), "or another one");
	FORBID(SYS_getsid, SECCOMP_RET_TRACE);
	CHECK_ERRNO(syscall(SYS_getsid, 0), ENOSYS, "for a tracer that is not there");
	FORBID(SYS_getuid, SECCOMP_RET_USER_NOTIF);
	CHECK_ERRNO(syscall(SYS_getuid), ENOSYS, "for a listener that is not there");
	FORBID(SYS_getpgrp, SECCOMP_RET_USER_NOTIF);
	CHECK_ERRNO(syscall(SYS_getpgrp), ENOSYS, "the same");
}

static void grandchild(void)
{
	CHECK_ERRNO(syscall(SYS_mkdir, "d", 0755), EXDEV, "a child's child cannot either");
	FORBID(SYS_rmdir, FAIL(EIO));
	CHECK_ERRNO(syscall(SYS_rmdir, "d"), EIO, "nor do more");
}

static void inherited(void)
{
	FORBID(SYS_mkdir, FAIL(EXDEV));
	in_child(grandchild);
	CHECK_ERRNO(syscall(SYS_rmdir, "d"), ENOENT, "a child's filter is not its parent's");
	CHECK_ERRNO(syscall(SYS_mkdir, "d", 0755), EXDEV, "which has its own");
}

static char *self;

static void over_exec(void)
{
	FORBID(SYS_mkdir, FAIL(EXDEV));
	FORBID(SYS_getppid, FAIL(EIO));
	execl(self, self, "again", NULL);
	CHECK(false, "execve: %s", strerror(errno));
}

static void exec_itself(void)
{
	FORBID(SYS_execve, FAIL(ENOMEM));
	CHECK_ERRNO(execl(self, self, "again", NULL), ENOMEM, "execve");
	FORBID(SYS_fork, FAIL(EAGAIN));
	CHECK_ERRNO(syscall(SYS_fork), EAGAIN, "fork");
	FORBID(SYS_vfork, FAIL(EAGAIN));
	CHECK_ERRNO(syscall(SYS_vfork), EAGAIN, "vfork");
	FORBID(SYS_clone, FAIL(EAGAIN));
	CHECK_ERRNO(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0), EAGAIN, "clone");
}

static void masks_and_signals(void)
{
	struct sigaction act = {.sa_handler = SIG_IGN};

	FORBID(SYS_rt_sigaction, FAIL(EIO));
	CHECK_ERRNO(sigaction(SIGUSR1, &act, NULL), EIO, "rt_sigaction");
	FORBID(SYS_rt_sigprocmask, FAIL(EIO));
	CHECK_EQUAL(pthread_sigmask(SIG_BLOCK, &(sigset_t){0}, NULL), EIO, "rt_sigprocmask");
	FORBID(SYS_kill, FAIL(EIO));
	CHECK_ERRNO(kill(getpid(), 0), EIO, "kill");
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "again") == 0) {
		setvbuf(stdout, NULL, _IOLBF, 0);
		CHECK_ERRNO(syscall(SYS_mkdir, "d", 0755), EXDEV, "after exec");
		CHECK_ERRNO(syscall(SYS_getppid), EIO, "the same for the other call");
		return check_end();
	}
	self = realpath(argv[0], NULL);
	NEED(self != NULL);
	check_begin(argc, argv);
	in_child(one_each);
	in_child(values);
	in_child(stacked);
	in_child(inherited);
	in_child(over_exec);
	in_child(exec_itself);
	in_child(masks_and_signals);
	CHECK_OK(syscall(SYS_getppid), "the parent is free");
	return check_end();
}
