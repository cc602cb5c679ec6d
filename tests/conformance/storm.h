/*
 * Storms of signals. Where a call takes longer than the time between two signals a program never gets on, with no gate in
 * between too (fork(2) starts again for each signal): so a storm is as dense as calls here allow.
 */
#ifndef LX_TESTS_CONFORMANCE_STORM_H
#define LX_TESTS_CONFORMANCE_STORM_H

#include "check.h"

#include <time.h>

CHECK_UNUSED static void storm_call(void)
{
	struct stat st;

	(void)!stat("/etc/passwd", &st);
}

CHECK_UNUSED static void storm_fork(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	NEED(waitpid(pid, NULL, 0) == pid);
}

/* The microseconds between two signals: `wanted`, or some times what the step takes. */
CHECK_UNUSED static long storm_interval(long wanted, void (*step)(void))
{
	long best = 1000000;

	for (int i = 0; i < 10; i++) {
		struct timespec from, to;
		long took;

		clock_gettime(CLOCK_MONOTONIC, &from);
		step();
		clock_gettime(CLOCK_MONOTONIC, &to);
		took = (to.tv_sec - from.tv_sec) * 1000000 + (to.tv_nsec - from.tv_nsec) / 1000;
		best = took < best ? took : best;
	}
	return wanted > 4 * best ? wanted : 4 * best;
}

#endif
