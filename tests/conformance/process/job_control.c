/*
 * Stopping and going on, as a shell with a terminal does it: SIGSTOP and SIGCONT, waits that tell of both, process groups,
 * the terminal's foreground group, ^Z and ^C on it, reads and writes from the background, orphaned groups.
 */
#include "../check.h"

#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>

static int status_of(pid_t pid, int options)
{
	int status = -1;
	pid_t r;

	while ((r = waitpid(pid, &status, options)) < 0 && errno == EINTR)
		;
	return r == pid ? status : -1;
}

static void *calls(void *arg)
{
	struct stat st;

	for (;;)
		(void)!stat("/etc/passwd", &st);
	return arg;
}

/* Stopped wherever its threads are: busy with calls, or waiting in one. */
static void stop_and_go(void)
{
	int pair[2], wrong = 0;
	siginfo_t info;
	pid_t pid;

	NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	pid = fork();
	if (pid == 0) {
		char byte;
		struct iovec io = {&byte, 1};
		struct msghdr message = {.msg_iov = &io, .msg_iovlen = 1};
		pthread_t t;

		pthread_create(&t, NULL, calls, NULL);
		for (;;) {
			if (recvmsg(pair[0], &message, 0) != 1)
				_exit(1);
			if (byte == 'q')
				_exit(7);
			if (write(pair[0], &byte, 1) != 1)
				_exit(2);
		}
	}
	for (int i = 0; i < 50; i++) {
		char byte = 0;

		kill(pid, SIGSTOP);
		wrong += status_of(pid, WUNTRACED) != (SIGSTOP << 8 | 0x7f);
		wrong += write(pair[1], "x", 1) != 1;
		wrong += recv(pair[1], &byte, 1, MSG_DONTWAIT) != -1;
		kill(pid, SIGCONT);
		wrong += status_of(pid, WCONTINUED) != 0xffff;
		wrong += read(pair[1], &byte, 1) != 1 || byte != 'x';
	}
	CHECK_EQUAL(wrong, 0, "stopped and continued fifty times in a waiting call");
	kill(pid, SIGSTOP);
	CHECK(waitid(P_PID, (id_t)pid, &info, WSTOPPED) == 0 && info.si_code == CLD_STOPPED &&
		      info.si_status == SIGSTOP,
	      "waitid tells of a stop");
	CHECK(waitid(P_PID, (id_t)pid, &info, WSTOPPED | WNOHANG) == 0 && info.si_pid == 0, "once");
	kill(pid, SIGCONT);
	CHECK(waitid(P_PID, (id_t)pid, &info, WCONTINUED | WNOWAIT) == 0 && info.si_code == CLD_CONTINUED,
	      "and of going on");
	CHECK(waitid(P_PID, (id_t)pid, &info, WCONTINUED) == 0, "again with WNOWAIT");
	NEED(write(pair[1], "q", 1) == 1);
	CHECK_EQUAL(status_of(pid, 0), 7 << 8, "its end");
}

static volatile sig_atomic_t children, continued;

static void on_child(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	children++;
	continued += info->si_code == CLD_CONTINUED;
}

static void notices(void)
{
	struct sigaction act = {.sa_sigaction = on_child, .sa_flags = SA_SIGINFO | SA_RESTART};
	pid_t pid;

	sigaction(SIGCHLD, &act, NULL);
	pid = fork();
	if (pid == 0)
		for (;;)
			pause();
	kill(pid, SIGSTOP);
	status_of(pid, WUNTRACED);
	kill(pid, SIGCONT);
	status_of(pid, WCONTINUED);
	/* The wait knows of it before the child has gone on and told. */
	usleep(20000);
	kill(pid, SIGKILL);
	status_of(pid, 0);
	CHECK(children == 3 && continued == 1, "SIGCHLD for a stop, for going on and for the end");
	act.sa_flags |= SA_NOCLDSTOP;
	sigaction(SIGCHLD, &act, NULL);
	children = 0;
	pid = fork();
	if (pid == 0)
		for (;;)
			pause();
	kill(pid, SIGSTOP);
	status_of(pid, WUNTRACED);
	kill(pid, SIGCONT);
	status_of(pid, WCONTINUED);
	/* The wait knows of it before the child has gone on and told. */
	usleep(20000);
	kill(pid, SIGKILL);
	status_of(pid, 0);
	CHECK_EQUAL(children, 1, "with SA_NOCLDSTOP for the end only");
	signal(SIGCHLD, SIG_DFL);
}

/* --- on a terminal ---------------------------------------------------------------------------------------------------- */

static int terminal, controller;

static pid_t job(void (*body)(void))
{
	pid_t pid = fork();

	NEED(pid >= 0);
	if (pid == 0) {
		setpgid(0, 0);
		signal(SIGTTOU, SIG_DFL);
		signal(SIGHUP, SIG_DFL);
		close(controller);
		body();
		_exit(9);
	}
	setpgid(pid, pid);
	return pid;
}

static void reader(void)
{
	char line[16] = "";
	ssize_t n = read(terminal, line, sizeof(line));

	_exit(n == 3 && line[0] == 'h' ? 5 : 6);
}

static void writer(void)
{
	struct termios t;

	tcgetattr(terminal, &t);
	t.c_lflag |= TOSTOP;
	tcsetattr(terminal, TCSANOW, &t);
	(void)!write(terminal, "w", 1);
	_exit(8);
}

static void sleeper(void)
{
	for (;;)
		pause();
}

static volatile sig_atomic_t hangups;

static void hung_up(int sig)
{
	(void)sig;
	hangups++;
}

static void on_terminal(void)
{
	pid_t pid;

	NEED(setsid() == getpid());
	NEED(ioctl(terminal, TIOCSCTTY, 0) == 0);
	signal(SIGTTOU, SIG_IGN);
	CHECK_EQUAL(tcgetpgrp(terminal), getpgrp(), "a new session's leader has the terminal");
	CHECK_EQUAL(tcgetsid(terminal), getpid(), "which belongs to the session");

	pid = job(reader);
	CHECK_EQUAL(status_of(pid, WUNTRACED), SIGTTIN << 8 | 0x7f, "a read from the background stops");
	CHECK_OK(tcsetpgrp(terminal, pid), "in the foreground");
	kill(-pid, SIGCONT);
	usleep(20000);
	NEED(write(controller, "hi\n", 3) == 3);
	CHECK_EQUAL(status_of(pid, 0), 5 << 8, "it reads");
	tcsetpgrp(terminal, getpgrp());

	pid = job(writer);
	CHECK_EQUAL(status_of(pid, WUNTRACED), SIGTTOU << 8 | 0x7f, "changing the terminal from the background stops");
	tcsetpgrp(terminal, pid);
	kill(-pid, SIGCONT);
	CHECK_EQUAL(status_of(pid, 0), 8 << 8, "in the foreground it may");
	tcsetpgrp(terminal, getpgrp());

	pid = job(sleeper);
	tcsetpgrp(terminal, pid);
	usleep(10000);
	NEED(write(controller, "\032", 1) == 1);
	CHECK_EQUAL(status_of(pid, WUNTRACED), SIGTSTP << 8 | 0x7f, "^Z stops the foreground");
	tcsetpgrp(terminal, getpgrp());
	kill(-pid, SIGCONT);
	CHECK_EQUAL(status_of(pid, WCONTINUED), 0xffff, "bg");
	tcsetpgrp(terminal, pid);
	NEED(write(controller, "\003", 1) == 1);
	CHECK_EQUAL(status_of(pid, 0), SIGINT, "fg, ^C ends it");
	tcsetpgrp(terminal, getpgrp());
	pid = job(sleeper);
	tcsetpgrp(terminal, pid);
	usleep(10000);
	NEED(write(controller, "\034", 1) == 1);
	CHECK(WIFSIGNALED(status_of(pid, 0)), "and ^\\ another");
	tcsetpgrp(terminal, getpgrp());
	CHECK_OK(ioctl(controller, TIOCSWINSZ, &(struct winsize){30, 100, 0, 0}), "a new size");
	signal(SIGHUP, hung_up);
	close(controller);
	CHECK(hangups == 1, "a hangup is told to the leader");
	CHECK(read(terminal, (char[1]){0}, 1) == 0 || errno == EIO, "after which there is nothing to read");
	signal(SIGHUP, SIG_IGN);
}

static void session(void *arg)
{
	(void)arg;
	controller = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	NEED(controller >= 0 && grantpt(controller) == 0 && unlockpt(controller) == 0);
	terminal = open(ptsname(controller), O_RDWR | O_NOCTTY);
	NEED(terminal >= 0);
	signal(SIGHUP, SIG_IGN);
	on_terminal();
}

/* A stopped group that nobody could continue is told so. */
static void orphaned(void)
{
	int fds[2];
	char byte = 0;
	pid_t pid;

	NEED(pipe(fds) == 0);
	pid = fork();
	if (pid == 0) {
		pid_t inner;

		setsid();
		inner = fork();
		if (inner == 0) {
			setpgid(0, 0);
			signal(SIGHUP, SIG_IGN);
			raise(SIGSTOP);
			_exit(write(fds[1], "c", 1) == 1 ? 0 : 1);
		}
		status_of(inner, WUNTRACED);
		_exit(0);
	}
	status_of(pid, 0);
	close(fds[1]);
	CHECK(read(fds[0], &byte, 1) == 1 && byte == 'c', "an orphaned stopped group goes on");
	close(fds[0]);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	stop_and_go();
	notices();
	check_in_child(session, NULL);
	orphaned();
	return check_end();
}
