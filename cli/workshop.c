/*
 * A program of the host's that makes a distribution, in an instance that ends with it. Who is killed in the middle has a guard: a
 * process that only waits for that, and then does what every later command would do (recover.h).
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/host.h"
#include "cli/bootstrap.h"
#include "cli/instance.h"
#include "cli/instance_end.h"
#include "cli/recover.h"
#include "cli/report.h"

/* Where the instance has the host's files: its programs' root, so they never see this name. */
#define HOST "/mnt/host"
/* How often it is looked whether the program has ended, where something that it left behind keeps its output open. */
#define LOOK_MILLISECONDS 200

static void to_nowhere(int fd)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null >= 0) {
		(void)dup2(null, fd);
		close(null);
	}
}

/* --- the guard ------------------------------------------------------------------------------------------------------------- */

struct guard {
	int line; /* who holds it lives */
	pid_t pid;
};

static NORETURN void stand_guard(int line)
{
	ssize_t n;
	char byte;

	for (int fd = 0; fd < 3; fd++)
		to_nowhere(fd);
	(void)setsid();
	for (int sig = 1; sig < SIGRTMIN; sig++)
		(void)signal(sig, SIG_IGN);
	do
		n = read(line, &byte, 1);
	while (n < 0 && errno == EINTR);
	if (n == 0)
		recover();
	_exit(0);
}

/* Without one, later commands do its work. */
static void guard_begin(struct guard *g, int lock)
{
	int fds[2];

	*g = (struct guard){.line = -1, .pid = -1};
	if (pipe2(fds, O_CLOEXEC) < 0)
		return;
	g->line = fds[1];
	g->pid = fork();
	if (g->pid == 0) {
		/* The lock is his who is guarded. */
		close(lock);
		close(fds[1]);
		stand_guard(fds[0]);
	}
	close(fds[0]);
}

static void guard_end(struct guard *g)
{
	if (g->pid > 0) {
		(void)kill(g->pid, SIGKILL);
		(void)waitpid(g->pid, NULL, 0);
	}
	if (g->line >= 0)
		close(g->line);
}

/* --- the program ----------------------------------------------------------------------------------------------------------- */

static NORETURN void become(const struct workshop *w, int output)
{
	static const struct user root = {.name = "root", .home = "/tmp", .shell = "/bin/sh"};
	static char root_path[PATH_MAX];
	struct instance_plan plan = {
		.distro = &w->install->d, .root = root_path, .host = HOST, .target = WORKSHOP_TARGET, .locked = true};
	struct instance_program program = {
		.path = w->words[0], .directory = "/", .user = &root, .root = HOST, .trace = -1};
	char resident[RESIDENT_PATH_MAX];
	struct message m = {""};
	int r, host;

	to_nowhere(STDIN_FILENO);
	(void)dup2(output, STDOUT_FILENO);
	(void)dup2(output, STDERR_FILENO);
	/* A terminal's signals are for who waits for this; what the caller ignores, and its umask, are not for packages. */
	(void)setsid();
	for (int sig = 1; sig < SIGRTMIN; sig++)
		(void)signal(sig, SIG_DFL);
	(void)umask(022);
	r = instance_root(plan.distro, root_path, sizeof(root_path));
	if (r < 0)
		report_fatal("cannot find the files of '%s': %s", plan.distro->name, strerror(-r));
	host = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (host < 0)
		report_fatal("cannot open '/': %s", strerror(errno));
	if (instance_enter(&plan, &program, resident, &m) < 0)
		report_fatal("%s", m.text);
	instance_reserve_root(host);
	execve(resident, w->words, w->environment);
	report_fatal("cannot execute %s: %s", resident, strerror(errno));
}

/* --- its output ---------------------------------------------------------------------------------------------------------- */

struct lines {
	char text[1024];
	size_t length;
};

/* Long lines are cut; bytes that a terminal would take for orders are left out. */
static int take(const struct workshop *w, struct lines *l, const char *bytes, size_t n)
{
	int stop = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)bytes[i];

		if (c == '\n' || c == '\r') {
			l->text[l->length] = '\0';
			if (l->length > 0 && w->line(w->context, l->text) != 0)
				stop = 1;
			l->length = 0;
		} else if (c >= ' ' && c != 0x7f && l->length < sizeof(l->text) - 1) {
			l->text[l->length++] = (char)c;
		}
	}
	return stop;
}

/* Until the program has ended: 0, or -ECANCELED. */
static int follow(const struct workshop *w, int output, pid_t child, int *ret_status)
{
	struct lines lines = {.length = 0};
	struct pollfd p = {.fd = output, .events = POLLIN};
	bool ended = false;

	for (;;) {
		char bytes[4096];
		ssize_t n = 0;
		int ready = poll(&p, 1, ended ? 0 : LOOK_MILLISECONDS);

		if (ready > 0)
			n = read(output, bytes, sizeof(bytes));
		if (n > 0 ? take(w, &lines, bytes, (size_t)n) != 0 : w->line(w->context, NULL) != 0)
			return -ECANCELED;
		if (n > 0)
			continue;
		if (ended)
			return 0;
		/* The end of its output: it will end. */
		if (ready > 0 && n == 0)
			p.fd = -1;
		ended = waitpid(child, ret_status, WNOHANG) == child;
	}
}

int workshop_run(const struct workshop *w, struct message *m)
{
	struct guard guard;
	int fds[2], r, status = 0;
	pid_t child;

	guard_begin(&guard, w->install->lock);
	if (pipe2(fds, O_CLOEXEC) < 0) {
		message_set(m, "cannot make a pipe: %s", strerror(errno));
		guard_end(&guard);
		return -EMFILE;
	}
	child = fork();
	if (child == 0)
		become(w, fds[1]);
	close(fds[1]);
	r = child < 0 ? -errno : follow(w, fds[0], child, &status);
	if (child < 0)
		message_set(m, "cannot start a process: %s", strerror(-r));
	/* What it has left running does not outlive it. */
	if (instance_end_locked(&w->install->d, r < 0) == -EBUSY && r == 0) {
		message_set(m, "processes that were started for '%s' do not end", w->install->d.name);
		r = -EBUSY;
	}
	if (r == -ECANCELED) {
		(void)kill(child, SIGKILL);
		(void)waitpid(child, NULL, 0);
		(void)!instance_end_locked(&w->install->d, true);
	}
	close(fds[0]);
	guard_end(&guard);
	return r < 0 ? r : status;
}
