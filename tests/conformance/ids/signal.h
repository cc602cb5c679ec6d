/* Children to be signalled, and what became of them. */
#ifndef LX_TESTS_CONFORMANCE_IDS_SIGNAL_H
#define LX_TESTS_CONFORMANCE_IDS_SIGNAL_H

#include "ids.h"

#define NOBODY 0x3fffffff /* above the highest pid */

/* A child that sleeps as this user, in a session of its own if asked for. */
CHECK_UNUSED static pid_t sleeper(uid_t uid, bool session)
{
	int ready[2];
	char byte;
	pid_t pid;

	NEED(pipe(ready) == 0);
	fflush(stdout);
	pid = fork();
	NEED(pid >= 0);
	if (pid == 0) {
		if (session)
			setsid();
		if (syscall(SYS_setresuid, uid, uid, uid) != 0 || write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	NEED(read(ready[0], &byte, 1) == 1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

/* The signal that ended a child within so many milliseconds, 0 if none has (it is killed then). */
CHECK_UNUSED static int ended_within(pid_t pid, int milliseconds)
{
	int status;
	pid_t r;

	for (int i = 0; i < milliseconds; i += 2) {
		r = waitpid(pid, &status, WNOHANG);
		if (r == pid)
			return WIFSIGNALED(status) ? WTERMSIG(status) : -1;
		usleep(2000);
	}
	kill(pid, SIGKILL);
	NEED(waitpid(pid, &status, 0) == pid);
	return 0;
}

/* The signal that ended a child: on a busy machine that takes its time. */
CHECK_UNUSED static int ended_by(pid_t pid)
{
	return ended_within(pid, 10000);
}

/* A child lives, as well as that can be seen. It does not any more. */
CHECK_UNUSED static bool has_lived(pid_t pid)
{
	return ended_within(pid, 100) == 0;
}

#endif
