/*
 * The keeper: a child of the supervisor that does nothing but wait for its death. If that comes otherwise than at an orderly
 * end, before which the supervisor ends the keeper, the guests are ended and told why.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/host.h"
#include "cli/missed.h"
#include "cli/rundir.h"
#include "cli/supervisor_state.h"

/* How long guests may take to die, and how long is waited for who starts the distribution anew. */
#define KILL_MILLISECONDS 10000
#define LOCK_TRIES        100
#define LOCK_MILLISECONDS 20

/* Stays locked until this process ends. */
static bool lock_location(const char *location)
{
	int fd = location != NULL ? open(location, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	for (int i = 0; fd >= 0 && i < LOCK_TRIES; i++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return true;
		(void)poll(NULL, 0, LOCK_MILLISECONDS);
	}
	return false;
}

static void end_instance(const struct supervisor *s)
{
	const struct supervisor_options *o = s->o;
	struct terminals terminals;
	char sentence[400];

	/* Before they are gone: what reads a terminal ends with the program that it was for. */
	terminals_find(&s->guests, &terminals);
	snprintf(sentence, sizeof(sentence), "%.300s was ended because its supervisor was killed", o->name);
	terminals_say(&terminals, sentence);
	(void)guests_kill(&s->guests, KILL_MILLISECONDS);
	(void)!missed_store(s->in, o->location);
	if (o->id != NULL && lock_location(o->location))
		rundir_withdraw(o->id, s->in->runtime);
	rundir_remove(s->in->runtime);
}

static NORETURN void keep(const struct supervisor *s, int supervisor)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = INSTANCE_LOCK_KEEPER, .l_len = 1};
	struct pollfd p = {.fd = 4, .events = POLLIN};

	(void)prctl(PR_SET_NAME, "lxrun-keeper");
	/* Nothing but these two: the instance's memory, whose lock says that the keeper lives, and the supervisor. */
	supervisor = fcntl(supervisor, F_DUPFD, 5);
	(void)!dup2(s->memory, 3);
	(void)!dup2(supervisor, 4);
	(void)close_range(5, ~0u, 0);
	(void)fcntl(3, F_SETLK, &lock);
	while (poll(&p, 1, -1) <= 0)
		;
	end_instance(s);
	_exit(0);
}

void keeper_start(struct supervisor *s)
{
	int own = (int)syscall(SYS_pidfd_open, getpid(), 0);

	s->keeper = fork();
	if (s->keeper == 0)
		keep(s, own);
	s->keeper_fd = s->keeper > 0 ? (int)syscall(SYS_pidfd_open, s->keeper, 0) : -1;
	close(own);
}

void keeper_end(struct supervisor *s)
{
	if (s->keeper <= 0)
		return;
	(void)kill(s->keeper, SIGKILL);
	while (waitpid(s->keeper, NULL, 0) < 0 && errno == EINTR)
		;
	if (s->keeper_fd >= 0)
		close(s->keeper_fd);
	s->keeper = 0;
	s->keeper_fd = -1;
}
