/* Removing: all of a runtime directory and nothing else; and which ones are stale. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "place.h"

static struct place p;

static void set_up(void)
{
	place_start(&p);
}

static void tear_down(void)
{
	place_end(&p);
}

TestSuite(remove_one, .init = set_up, .fini = tear_down);
TestSuite(sweep, .init = set_up, .fini = tear_down);

static void write_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	cr_assert_geq(fd, 0, "%s: %m", path);
	close(fd);
}

Test(remove_one, everything)
{
	struct instance *in = place_create(&p, NULL);

	rundir_remove(in->runtime);
	cr_expect_eq(count_entries(p.base), 0);
	rundir_remove(in->runtime);
}

Test(remove_one, links_are_not_followed)
{
	struct instance *in = place_create(&p, NULL);
	const char *kept = path_in(p.root, "kept");

	write_file(kept);
	cr_assert_eq(symlink(p.root, path_in(in->runtime, "shmdir/link")), 0);
	cr_assert_eq(symlink(p.root, path_in(in->runtime, ".0")), 0);
	rundir_remove(in->runtime);
	cr_expect_eq(count_entries(p.base), 0);
	cr_expect_eq(access(kept, F_OK), 0);
	cr_expect_eq(count_entries(p.root), 1);
}

Test(remove_one, what_guests_locked)
{
	struct instance *in = place_create(&p, NULL);

	cr_assert_eq(mkdir(path_in(in->runtime, "shmdir/a"), 0700), 0);
	cr_assert_eq(mkdir(path_in(in->runtime, "shmdir/a/b"), 0700), 0);
	write_file(path_in(in->runtime, "shmdir/a/b/c"));
	cr_assert_eq(chmod(path_in(in->runtime, "shmdir/a/b"), 0), 0);
	cr_assert_eq(chmod(path_in(in->runtime, "shmdir/a"), 0500), 0);
	cr_assert_eq(chmod(path_in(in->runtime, "shmdir"), 0), 0);
	/* Root may everything; an ordinary caller is who it has to work for. */
	if (geteuid() == 0)
		place_change_user(&p);
	rundir_remove(in->runtime);
	cr_expect_eq(count_entries(p.base), 0);
}

Test(remove_one, deeper_than_any_path)
{
	struct instance *in = place_create(&p, NULL);
	int dir = open(path_in(in->runtime, "shmdir"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (int i = 0; i < 5000; i++) {
		int next;

		cr_assert_eq(mkdirat(dir, "a_directory", 0700), 0);
		cr_assert_eq(mkdirat(dir, ".1", 0700), 0);
		next = openat(dir, "a_directory", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		cr_assert_geq(next, 0);
		close(dir);
		dir = next;
	}
	close(dir);
	rundir_remove(in->runtime);
	cr_expect_eq(count_entries(p.base), 0);
}

Test(remove_one, nothing_outside_of_a_base)
{
	struct instance *in = place_create(&p, NULL);
	char path[512];

	/* A directory with the right name in the wrong place. */
	snprintf(path, sizeof(path), "%s/r1-abcdef", p.dir);
	cr_assert_eq(mkdir(path, 0700), 0);
	rundir_remove(path);
	cr_expect_eq(access(path, F_OK), 0);
	/* In the right place with the wrong name. */
	snprintf(path, sizeof(path), "%s/data", p.base);
	cr_assert_eq(mkdir(path, 0700), 0);
	rundir_remove(path);
	cr_expect_eq(access(path, F_OK), 0);
	snprintf(path, sizeof(path), "%s/shmdir", in->runtime);
	rundir_remove(path);
	cr_expect_eq(access(path, F_OK), 0);
	rundir_remove(p.base);
	rundir_remove("/");
	rundir_remove("");
	rundir_remove("r1-abcdef");
	snprintf(path, sizeof(path), "%s/..", in->runtime);
	rundir_remove(path);
	snprintf(path, sizeof(path), "%s/../r1-abcdef", in->runtime);
	rundir_remove(path);
	/* Right in all but being a link. */
	snprintf(path, sizeof(path), "%s/r1-abcdef", p.base);
	cr_assert_eq(symlink(p.root, path), 0);
	write_file(path_in(p.root, "kept"));
	rundir_remove(path);
	cr_expect_eq(access(path_in(p.root, "kept"), F_OK), 0);
	cr_expect_eq(access(path_in(in->runtime, "shm"), F_OK), 0);
}

/* --- sweeping -------------------------------------------------------------------------------------------------------- */

/* An instance whose maker is gone: made by a child. Its directory, in a buffer that the next call uses again. */
static const char *abandoned(pid_t supervisor)
{
	static char path[256];
	int ends[2];
	pid_t pid;

	cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		struct instance *in = place_create(&p, NULL);

		in->supervisor = supervisor;
		_exit(write(ends[1], in->runtime, sizeof(path)) == (ssize_t)sizeof(path) ? 0 : 1);
	}
	cr_assert_eq(read(ends[0], path, sizeof(path)), (ssize_t)sizeof(path));
	cr_assert_eq(waitpid(pid, NULL, 0), pid);
	close(ends[0]);
	close(ends[1]);
	return path;
}

/* rundir_sweep(); how many directories of this place it removed. The caller may have stale ones elsewhere. */
static size_t sweep_here(void)
{
	size_t before = count_entries(p.base), removed;
	int all = rundir_sweep();

	removed = before - count_entries(p.base);
	cr_expect_geq(all, (int)removed);
	return removed;
}

static pid_t dead_pid(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	cr_assert_eq(waitpid(pid, NULL, 0), pid);
	return pid;
}

Test(sweep, abandoned_ones_only)
{
	struct instance *mine = place_create(&p, NULL);

	abandoned(dead_pid());
	abandoned(dead_pid());
	cr_assert_eq(count_entries(p.base), 3);
	cr_expect_eq(sweep_here(), 2);
	cr_expect_eq(count_entries(p.base), 1);
	cr_expect_eq(access(mine->runtime, F_OK), 0);
	cr_expect_eq(sweep_here(), 0);
}

Test(sweep, a_supervisor_keeps_it)
{
	const char *path = abandoned(getpid());

	cr_expect_eq(sweep_here(), 0);
	cr_expect_eq(access(path, F_OK), 0);
}

Test(sweep, a_guest_keeps_it)
{
	const char *path = abandoned(dead_pid());
	int ends[2];
	char byte;
	pid_t pid;

	cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execl(path_in(path, "resident"), "sleep", "100", NULL);
		_exit(127);
	}
	close(ends[1]);
	cr_assert_eq(read(ends[0], &byte, 1), 0);
	cr_expect_eq(sweep_here(), 0);
	cr_expect_eq(access(path, F_OK), 0);
	kill(pid, SIGKILL);
	cr_assert_eq(waitpid(pid, NULL, 0), pid);
	cr_expect_eq(sweep_here(), 1);
}

Test(sweep, half_made_ones)
{
	const char *path = abandoned(getpid());

	/* Without the memory nobody says who the supervisor is, without the resident there is no guest. */
	cr_assert_eq(unlink(path_in(path, "shm")), 0);
	cr_assert_eq(unlink(path_in(path, "resident")), 0);
	cr_expect_eq(sweep_here(), 1);
}

Test(sweep, those_of_other_pid_namespaces_are_left_alone)
{
	const char *path = abandoned(dead_pid());

	cr_assert_eq(unlink(path_in(path, "pidns")), 0);
	cr_assert_eq(symlink("pid:[1]", path_in(path, "pidns")), 0);
	cr_expect_eq(sweep_here(), 0);
	cr_expect_eq(access(path, F_OK), 0);
}

Test(sweep, nothing_but_runtime_directories)
{
	cr_assert_eq(mkdir(p.base, 0700), 0);
	cr_assert_eq(mkdir(path_in(p.base, "r1x-abcdef"), 0700), 0);
	cr_assert_eq(mkdir(path_in(p.base, "r999999-abcde"), 0700), 0);
	cr_assert_eq(mkdir(path_in(p.base, "other"), 0700), 0);
	write_file(path_in(p.base, "r999999-abcdef"));
	cr_expect_eq(sweep_here(), 0);
	cr_expect_eq(count_entries(p.base), 4);
}
