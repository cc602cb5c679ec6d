/* Processes by number and time of start. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest-tools/systemctl/processes.h"

static struct pool pool;

Test(processes, are_who_they_were)
{
	struct process me = process_of(getpid());

	cr_expect_eq(me.pid, getpid());
	cr_expect(process_is_alive(&me));
	me.started++;
	cr_expect(!process_is_alive(&me), "another process of the same number");
	cr_expect(!process_is_alive(&(struct process){0, 0}));
}

Test(processes, zombies_are_none)
{
	pid_t pid = fork();
	siginfo_t info;

	if (pid == 0)
		_exit(0);
	cr_assert_eq(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	cr_expect_eq(process_of(pid).pid, 0);
	(void)waitpid(pid, NULL, 0);
}

/* A child with INVOCATION_ID and a grandchild without. */
static pid_t start(int *ret_pipe)
{
	int pipes[2];
	pid_t pid;

	cr_assert_eq(pipe(pipes), 0);
	pid = fork();
	if (pid == 0) {
		close(pipes[1]);
		dup2(pipes[0], 0);
		close(pipes[0]);
		execle("/bin/sh", "sh", "-c", "env -i /bin/cat; :", NULL,
		       (char *const[]){(char[]){"INVOCATION_ID=abc"}, NULL});
		_exit(1);
	}
	close(pipes[0]);
	*ret_pipe = pipes[1];
	return pid;
}

Test(processes, are_found_by_invocation_and_descent)
{
	struct pids pids = {NULL};
	int pipe = -1;
	pid_t pid = start(&pipe);

	for (unsigned i = 0; i < 500 && pids.count < 2; i++) {
		usleep(10000);
		processes_find(&pool, 0, "abc", &pids);
	}
	cr_expect_eq(pids.count, 2);
	processes_find(&pool, 0, "abcd", &pids);
	cr_expect_eq(pids.count, 0);
	processes_find(&pool, pid, "", &pids);
	cr_expect_eq(pids.count, 1, "the descendants of another process");
	close(pipe);
	(void)waitpid(pid, NULL, 0);
}
