/*
 * A directory that another process exchanges, all the time, with a link to a directory outside: no operation ever
 * reaches what is outside, however the race ends.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "scratch.h"

/* Seconds of racing for each kind of operation. */
#define SECONDS  0.5
#define PATIENCE 10

static pid_t racer;

static void start(void)
{
	int root;

	scratch_start(true);
	cr_assert_eq(mkdir(host_path("root/swap"), 0755), 0);
	cr_assert_eq(mkdir(host_path("root/swap/dir"), 0755), 0);
	cr_assert_eq(close(open(host_path("root/swap/dir/file"), O_CREAT | O_RDWR, 0644)), 0);
	cr_assert_eq(mkdir(host_path("outside/dir"), 0755), 0);
	cr_assert_eq(rename(host_path("outside/file"), host_path("outside/dir/file")), 0);
	cr_assert_eq(symlink("inside", host_path("root/swap/dir/link")), 0);
	cr_assert_eq(symlink("outside", host_path("outside/dir/link")), 0);
	/* On the host it leads outside; for the guest, nowhere. */
	cr_assert_eq(symlink(host_path("outside"), host_path("root/trap")), 0);
	root = open(host_path("root"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	racer = fork();
	if (racer == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			syscall(SYS_renameat2, root, "swap", root, "trap", RENAME_EXCHANGE);
	}
	close(root);
}

static void end(void)
{
	kill(racer, SIGKILL);
	waitpid(racer, NULL, 0);
	scratch_end();
}

TestSuite(race, .init = start, .fini = end, .timeout = 60);

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void race(const char *what, int (*run)(void))
{
	for (unsigned features = 0; features <= INSTANCE_NO_OPENAT2; features += INSTANCE_NO_OPENAT2) {
		double until = now() + SECONDS;
		unsigned good = 0, all = 0;

		scratch.in->features = features;
		/* On a busy machine the other process may not have its turn in that time. */
		while (now() < until || ((good == 0 || good == all) && now() < until + PATIENCE)) {
			int r = run();

			good += r >= 0;
			all++;
		}
		/* The race was one: both sides were met. */
		cr_expect_gt(good, 0, "%s never succeeded", what);
		cr_expect_lt(good, all, "%s never failed", what);
	}
	struct stat st;

	cr_expect_eq(stat(host_path("outside/dir/file"), &st), 0, "%s removed the file outside", what);
	cr_expect_eq(st.st_size, 7, "%s changed the file outside", what);
	cr_expect_eq(st.st_mode & 07777, 0644, "%s changed the mode of the file outside", what);
	cr_expect_lt(access(host_path("outside/dir/new"), F_OK), 0, "%s made a file outside", what);
}

static int check_fd(int fd)
{
	struct stat st;

	if (fd < 0)
		return fd;
	cr_assert_eq(fstat(fd, &st), 0);
	cr_assert_neq(st.st_size, 7, "the file outside was opened");
	close(fd);
	return 0;
}

static int run_open(void)
{
	return check_fd(vfs_open(&scratch.ns, path("/swap/dir/file"), O_RDONLY, 0, 0));
}

static int run_open_dots(void)
{
	return check_fd(vfs_open(&scratch.ns, path("/mnt/../swap/dir/../dir/file"), O_RDONLY, 0, 0));
}

static int run_truncate(void)
{
	return check_fd(vfs_open(&scratch.ns, path("/swap/dir/file"), O_RDWR | O_TRUNC, 0, 0));
}

static int run_create(void)
{
	int fd = vfs_open(&scratch.ns, path("/swap/dir/new"), O_RDWR | O_CREAT, 0600, 0);

	return check_fd(fd);
}

static int run_stat(void)
{
	struct stat st;
	int r = vfs_stat(&scratch.ns, path("/swap/dir/file"), 0, &st);

	cr_assert(r < 0 || st.st_size != 7, "the file outside was seen");
	return r;
}

static int run_readlink(void)
{
	char text[16];
	ssize_t n = vfs_readlink(&scratch.ns, path("/swap/dir/link"), text, sizeof(text));

	cr_assert(n < 0 || (n == 6 && memcmp(text, "inside", 6) == 0), "the link outside was read");
	return (int)n;
}

static int run_chmod(void)
{
	return vfs_chmod(&scratch.ns, path("/swap/dir/file"), 0, 0640);
}

/* Into the directory and back; what got stuck on the way is put back first. */
static int run_rename(void)
{
	int r = vfs_rename(&scratch.ns, path("/file"), path("/swap/dir/file"), 0);

	return r == 0 || r == -ENOENT ? vfs_rename(&scratch.ns, path("/swap/dir/file"), path("/file"), 0) : r;
}

static int run_relative(void)
{
	return check_fd(vfs_open(&scratch.ns, path("swap/dir/file"), O_RDONLY, 0, 0));
}

#define RACE(name)                       \
	Test(race, name)                 \
	{                                \
		race(#name, run_##name); \
	}

RACE(open)
RACE(open_dots)
RACE(truncate)
RACE(create)
RACE(stat)
RACE(readlink)
RACE(chmod)

Test(race, rename)
{
	(void)unlink(host_path("root/file"));
	race("rename", run_rename);
}

Test(race, relative)
{
	cr_assert_eq(vfs_chdir(&scratch.ns, path("/")), 0);
	race("relative", run_relative);
}
