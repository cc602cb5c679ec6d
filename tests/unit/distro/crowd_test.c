/* Many at once, some of which are killed: the registry is always one that somebody wrote whole. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "home.h"

TestSuite(crowd, .init = home_start, .fini = home_end);

static NORETURN void change(int i)
{
	struct registry r;
	struct distro d;
	char name[16];

	snprintf(name, sizeof(name), "d%d", i);
	if (registry_begin(&r, &message) < 0)
		_exit(1);
	d = (struct distro){.version = 1, .default_uid = (uint32_t)i};
	strcpy(d.name, name);
	snprintf(d.location, sizeof(d.location), "/nowhere/%s", name);
	if (registry_add(&r, &d) < 0 || registry_commit(&r, &message) < 0)
		_exit(2);
	registry_done(&r);
	_exit(0);
}

static NORETURN void look(void)
{
	/* If a hundred never come. */
	alarm(100);
	for (size_t least = 0; least < 100;) {
		struct registry r;

		if (registry_read(&r, &message) < 0 || r.rebuilt || r.count < least)
			_exit(3);
		least = r.count;
		registry_done(&r);
	}
	_exit(0);
}

Test(crowd, a_hundred_changes_and_readers)
{
	struct registry r;
	int status;

	for (int i = 0; i < 100; i++) {
		pid_t pid = fork();

		if (pid == 0)
			change(i);
		cr_assert_gt(pid, 0);
	}
	for (int i = 0; i < 2; i++)
		if (fork() == 0)
			look();
	for (int i = 0; i < 102; i++) {
		cr_assert_gt(wait(&status), 0);
		cr_expect_eq(status, 0, "%x", status);
	}
	cr_assert_eq(registry_read(&r, &message), 0);
	cr_expect_not(r.rebuilt);
	cr_expect_eq(r.count, 100);
	for (int i = 0; i < 100; i++) {
		char name[16];

		snprintf(name, sizeof(name), "d%d", i);
		cr_expect_not_null(registry_find(&r, name), "%s", name);
	}
	registry_done(&r);
}

Test(crowd, killed_at_any_point)
{
	struct registry r;
	size_t before = 0;

	srand(7);
	for (int round = 0; round < 150; round++) {
		pid_t pid = fork();
		int status;

		if (pid == 0)
			change(round);
		usleep((useconds_t)rand() % 3000);
		kill(pid, SIGKILL);
		cr_assert_eq(waitpid(pid, &status, 0), pid);
		cr_assert_eq(registry_read(&r, &message), 0);
		cr_assert_not(r.rebuilt);
		cr_assert(r.count == before || r.count == before + 1);
		/* Who ended by itself has done it. */
		if (WIFEXITED(status))
			cr_assert(WEXITSTATUS(status) == 0 && r.count == before + 1);
		before = r.count;
		registry_done(&r);
	}
	cr_assert_eq(registry_begin(&r, &message), 0);
	registry_done(&r);
}
