/*
 * What bench/run runs inside each contender. Plain C and a libc; nothing of lxrun's.
 *
 *   micro loop WHAT DIRECTORY    does WHAT for a while, prints the mean of one in nanoseconds
 *   micro run COMMAND...         starts COMMAND, waits for its end, prints how long that took in nanoseconds
 *
 * Exit status 0, or 1 with a sentence on standard error if anything that was to be measured did not work.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

/* How long a loop runs, and how many rounds of it at least. */
#define LOOP_NANOSECONDS 60000000
#define LOOP_ROUNDS      3

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void need(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "micro: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* --- what loops do, once; prepared before ---------------------------------------------------------------------------- */

static int memory, ends[2];
static volatile sig_atomic_t signals;

static void do_getpid(void)
{
	need(syscall(SYS_getpid) > 0, "getpid");
}

static void do_getppid(void)
{
	need(syscall(SYS_getppid) >= 0, "getppid");
}

static void do_read(void)
{
	char c;

	need(pread(memory, &c, 1, 0) == 1, "pread");
}

static void do_write(void)
{
	need(pwrite(memory, "x", 1, 0) == 1, "pwrite");
}

static void do_stat(void)
{
	struct stat st;

	need(stat("a/b/file", &st) == 0, "stat");
}

static char absolute[4096], missing[4096];

static void do_stat_absolute(void)
{
	struct stat st;

	need(stat(absolute, &st) == 0, "stat");
}

static void do_stat_missing(void)
{
	struct stat st;

	need(stat(missing, &st) < 0 && errno == ENOENT, "stat of nothing");
}

static void do_open(void)
{
	int fd = open(absolute, O_RDONLY | O_CLOEXEC);

	need(fd >= 0, "open");
	close(fd);
}

static void do_readdir(void)
{
	DIR *d = opendir("entries");
	int n = 0;

	need(d != NULL, "opendir");
	while (readdir(d) != NULL)
		n++;
	need(n >= 100, "readdir");
	closedir(d);
}

static void do_rename(void)
{
	need(rename("from", "to") == 0 && rename("to", "from") == 0, "rename");
}

static void do_signal(void)
{
	sig_atomic_t before = signals;

	need(kill(getpid(), SIGUSR1) == 0 && signals == (sig_atomic_t)(before + 1), "signal");
}

static void do_sendmsg(void)
{
	char c = 'x';
	struct iovec io = {&c, 1};
	struct msghdr m = {.msg_iov = &io, .msg_iovlen = 1};

	need(sendmsg(ends[0], &m, 0) == 1 && recvmsg(ends[1], &m, 0) == 1, "sendmsg");
}

static void wait_for(pid_t pid)
{
	int status;

	need(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0, "a child");
}

static void do_fork(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	wait_for(pid);
}

static char *const true_arguments[] = {(char *)"true", NULL};

static void do_fork_exec(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		execv("/bin/true", true_arguments);
		_exit(127);
	}
	wait_for(pid);
}

static void do_spawn(void)
{
	pid_t pid = -1;

	errno = posix_spawn(&pid, "/bin/true", NULL, NULL, true_arguments, environ);
	wait_for(pid);
}

static const struct loop {
	const char *name;
	void (*once)(void);
	unsigned batch; /* how many between two looks at the clock */
} loops[] = {
	{"getpid", do_getpid, 1000},
	{"getppid", do_getppid, 1000},
	{"read", do_read, 500},
	{"write", do_write, 500},
	{"stat", do_stat, 200},
	{"stat-absolute", do_stat_absolute, 200},
	{"stat-missing", do_stat_missing, 200},
	{"open", do_open, 200},
	{"readdir", do_readdir, 5},
	{"rename", do_rename, 50},
	{"signal", do_signal, 100},
	{"sendmsg", do_sendmsg, 200},
	{"fork", do_fork, 5},
	{"fork-exec", do_fork_exec, 2},
	{"spawn", do_spawn, 2},
};

static void on_signal(int sig)
{
	(void)sig;
	signals++;
}

static void make(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	need(fd >= 0, path);
	close(fd);
}

static void prepare(const char *directory)
{
	char path[64];

	need(chdir(directory) == 0, directory);
	need((mkdir("a", 0755) == 0 && mkdir("a/b", 0755) == 0 && mkdir("entries", 0755) == 0) || errno == EEXIST,
	     "making directories");
	make("a/b/file");
	make("from");
	for (int i = 0; i < 100; i++) {
		snprintf(path, sizeof(path), "entries/%d", i);
		make(path);
	}
	snprintf(absolute, sizeof(absolute), "%s/a/b/file", directory);
	snprintf(missing, sizeof(missing), "%s/a/b/nothing", directory);
	need(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) == 0, "socketpair");
	need(signal(SIGUSR1, on_signal) != SIG_ERR, "signal");
	memory = memfd_create("bench", 0);
	need(memory >= 0 && pwrite(memory, "x", 1, 0) == 1, "memfd_create");
}

static void run_loop(const struct loop *l)
{
	uint64_t begin, end;
	uint64_t n = 0;

	for (unsigned i = 0; i < l->batch; i++)
		l->once();
	begin = now();
	do {
		for (unsigned i = 0; i < l->batch; i++)
			l->once();
		n += l->batch;
		end = now();
	} while (end - begin < LOOP_NANOSECONDS || n < (uint64_t)LOOP_ROUNDS * l->batch);
	printf("%.1f\n", (double)(end - begin) / (double)n);
}

static void run_command(char **command)
{
	uint64_t begin = now();
	int status;
	pid_t pid;

	errno = posix_spawnp(&pid, command[0], NULL, NULL, command, environ);
	need(errno == 0, command[0]);
	need(waitpid(pid, &status, 0) == pid, "waitpid");
	if (status != 0) {
		fprintf(stderr, "micro: %s ended with status %#x\n", command[0], (unsigned)status);
		exit(1);
	}
	printf("%.1f\n", (double)(now() - begin));
}

int main(int argc, char **argv)
{
	if (argc > 2 && strcmp(argv[1], "run") == 0) {
		run_command(argv + 2);
		return 0;
	}
	for (size_t i = 0; argc == 4 && strcmp(argv[1], "loop") == 0 && i < sizeof(loops) / sizeof(loops[0]); i++) {
		if (strcmp(argv[2], loops[i].name) != 0)
			continue;
		prepare(argv[3]);
		run_loop(&loops[i]);
		return 0;
	}
	fprintf(stderr, "usage: micro loop WHAT DIRECTORY | micro run COMMAND...\n");
	return 1;
}
