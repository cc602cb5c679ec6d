/* conformance: calls wait4, waitid */
/* Waiting for children: every form of it, what it tells, who may, and children whose end nobody wants to know. */
#include "../check.h"

#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

static pid_t child(int status)
{
	pid_t pid = fork();

	NEED(pid >= 0);
	if (pid == 0) {
		access("/etc", F_OK);
		if (status < 0)
			kill(getpid(), -status);
		_exit(status);
	}
	return pid;
}

static void *wait_here(void *arg)
{
	int status = -1;

	return (void *)(long)(waitpid(*(pid_t *)arg, &status, 0) == *(pid_t *)arg && WEXITSTATUS(status) == 33);
}

static void *wait_not_mine(void *arg)
{
	return (void *)(long)(waitpid(*(pid_t *)arg, NULL, __WNOTHREAD) == -1 && errno == ECHILD);
}

static bool gone(pid_t pid)
{
	for (int i = 0; i < 500; i++) {
		if (kill(pid, 0) == -1 && errno == ESRCH)
			return true;
		usleep(2000);
	}
	return false;
}

static volatile sig_atomic_t count;

static void handler(int sig)
{
	(void)sig;
	count++;
}

int main(int argc, char **argv)
{
	struct sigaction no_zombies = {.sa_handler = handler, .sa_flags = SA_NOCLDWAIT};
	struct rusage usage = {0};
	siginfo_t info = {0};
	pthread_t t;
	void *r;
	int status, fds[2];
	pid_t pid, other;

	check_begin(argc, argv);
	CHECK_ERRNO(wait(&status), ECHILD, "no child");
	CHECK_ERRNO(waitpid(1, &status, 0), ECHILD, "somebody else's");
	CHECK_ERRNO(waitpid(-999999, &status, 0), ECHILD, "a group that is not there");
	CHECK_ERRNO(waitpid(-1, &status, 0x40), EINVAL, "an unknown option");
	CHECK_ERRNO(waitid(P_ALL, 0, &info, 0), EINVAL, "waitid for nothing");

	pid = child(3);
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 3, "waitpid by number");
	pid = child(-SIGUSR1);
	CHECK(wait(&status) == pid && WIFSIGNALED(status) && WTERMSIG(status) == SIGUSR1, "wait");
	pid = child(0);
	CHECK(wait4(pid, &status, 0, &usage) == pid && usage.ru_maxrss > 0, "wait4 tells what was used");
	pid = child(5);
	CHECK(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) == 0 && info.si_pid == pid &&
		      info.si_code == CLD_EXITED && info.si_status == 5 && info.si_signo == SIGCHLD,
	      "waitid tells who");
	CHECK(waitpid(pid, &status, WNOHANG) == pid, "and leaves it with WNOWAIT");
	pid = child(-SIGKILL);
	CHECK(waitid(P_ALL, 0, &info, WEXITED) == 0 && info.si_pid == pid && info.si_code == CLD_KILLED &&
		      info.si_status == SIGKILL,
	      "waitid for any");
	pid = fork();
	if (pid == 0) {
		setpgid(0, 0);
		_exit(6);
	}
	setpgid(pid, pid);
	other = child(7);
	CHECK(waitid(P_PGID, (id_t)pid, &info, WEXITED) == 0 && info.si_status == 6, "a group by waitid");
	CHECK(waitpid(0, &status, 0) == other, "one's own group");
	pid = fork();
	if (pid == 0) {
		setpgid(0, 0);
		_exit(6);
	}
	setpgid(pid, pid);
	CHECK(waitpid(-pid, &status, 0) == pid, "a group by waitpid");

	NEED(pipe(fds) == 0);
	pid = fork();
	if (pid == 0) {
		close(fds[1]);
		_exit(read(fds[0], &status, 1) == 0 ? 8 : 1);
	}
	close(fds[0]);
	CHECK_EQUAL(waitpid(pid, &status, WNOHANG), 0, "WNOHANG for one that runs");
	CHECK(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG) == 0 && info.si_pid == 0, "and by waitid");
	{
		int pidfd = (int)syscall(434 /* pidfd_open */, pid, 0);

		close(fds[1]);
		CHECK(pidfd >= 0 && waitid((idtype_t)3 /* P_PIDFD */, (id_t)pidfd, &info, WEXITED) == 0 &&
			      info.si_status == 8,
		      "by its descriptor");
		close(pidfd);
	}

	pid = child(33);
	pthread_create(&t, NULL, wait_here, &pid);
	pthread_join(t, &r);
	CHECK(r != NULL, "another thread's child");
	pid = child(33);
	pthread_create(&t, NULL, wait_not_mine, &pid);
	pthread_join(t, &r);
	CHECK(r != NULL && waitpid(pid, &status, 0) == pid, "__WNOTHREAD");

	/* Nobody wants to know. */
	signal(SIGCHLD, SIG_IGN);
	pid = child(1);
	CHECK(gone(pid), "with SIGCHLD ignored no zombie is left");
	pid = child(1);
	CHECK_ERRNO(waitpid(pid, &status, 0), ECHILD, "and a wait ends without one");
	sigaction(SIGCHLD, &no_zombies, NULL);
	pid = child(1);
	CHECK(gone(pid) && count == 1, "SA_NOCLDWAIT: a signal, but no zombie");
	CHECK_ERRNO(waitpid(pid, &status, 0), ECHILD, "nor a status");
	signal(SIGCHLD, SIG_DFL);
	pid = child(4);
	usleep(20000);
	CHECK(kill(pid, 0) == 0 && waitpid(pid, &status, 0) == pid && kill(pid, 0) == -1, "a zombie waits to be asked");

	/* Interrupted. */
	{
		struct sigaction act = {.sa_handler = handler};
		sigset_t set, old;

		sigaction(SIGALRM, &act, NULL);
		pid = fork();
		if (pid == 0)
			for (;;)
				pause();
		ualarm(30000, 0);
		CHECK_ERRNO(waitpid(pid, &status, 0), EINTR, "a wait is interrupted");
		act.sa_flags = SA_RESTART;
		sigaction(SIGALRM, &act, NULL);
		count = 0;
		ualarm(20000, 0);
		other = fork();
		if (other == 0) {
			usleep(60000);
			kill(pid, SIGKILL);
			_exit(0);
		}
		CHECK(waitpid(pid, &status, 0) == pid && count == 1, "or goes on");
		waitpid(other, &status, 0);
		sigemptyset(&set);
		sigaddset(&set, SIGCHLD);
		sigprocmask(SIG_BLOCK, &set, &old);
		pid = child(2);
		CHECK(sigwaitinfo(&set, &info) == SIGCHLD && info.si_pid == pid && info.si_status == 2 &&
			      waitpid(pid, &status, 0) == pid,
		      "SIGCHLD by sigwaitinfo");
		sigprocmask(SIG_SETMASK, &old, NULL);
	}

	/* Grandchildren. */
	CHECK_OK(prctl(PR_SET_CHILD_SUBREAPER, 1), "becomes a subreaper");
	pid = fork();
	if (pid == 0) {
		if (fork() == 0) {
			while (getppid() == getpgrp() + 100000)
				;
			usleep(30000);
			_exit(12);
		}
		_exit(11);
	}
	CHECK(waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 11, "a child ends before its own");
	CHECK(wait(&status) > 0 && WEXITSTATUS(status) == 12, "whose end is told to the subreaper");
	CHECK_OK(prctl(PR_SET_CHILD_SUBREAPER, 0), "no more");
	CHECK_ERRNO(wait(&status), ECHILD, "nobody is left");
	return check_end();
}
