/*
 * Pitfall 7: a descriptor that the guest does not know of. Programs that close everything, in every way, that put their own
 * files anywhere, that look what is open, or that have few numbers to go.
 */
#include "../check.h"

#include <dirent.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

static bool works(void)
{
	struct stat st;
	int fd = open("/etc/passwd", O_RDONLY);

	return fd >= 0 && close(fd) == 0 && stat("/etc", &st) == 0 && access("/nothing", F_OK) == -1 &&
	       errno == ENOENT && chdir("/") == 0 && access("etc/passwd", F_OK) == 0;
}

static int run_shell(const char *command)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(70);
	}
	NEED(waitpid(pid, &status, 0) == pid);
	return WEXITSTATUS(status);
}

static void close_one_by_one(void *arg)
{
	int bad = 0;

	(void)arg;
	for (int fd = 3; fd < 700; fd++)
		bad += close(fd) != -1 || errno != EBADF;
	CHECK_EQUAL(bad, 0, "closing what is not open is EBADF for each number");
	CHECK(works(), "paths work afterwards");
	CHECK_EQUAL(run_shell("exit 7"), 7, "and programs start");
}

static void close_listed(void *arg)
{
	DIR *d = opendir("/proc/self/fd");
	struct dirent *e;

	(void)arg;
	while ((e = readdir(d)) != NULL)
		if (atoi(e->d_name) > 2 && atoi(e->d_name) != dirfd(d))
			close(atoi(e->d_name));
	closedir(d);
	CHECK(works(), "closing what /proc/self/fd lists");
}

static void close_ranges(void *arg)
{
	(void)arg;
	CHECK_OK(close_range(3, ~0u, 0), "close_range to the end");
	CHECK(works(), "paths work afterwards");
	for (unsigned fd = 3; fd < 300; fd++)
		close_range(fd, fd, 0);
	CHECK(works(), "close_range for each number");
	CHECK_OK(close_range(100, 250, 4 /* CLOSE_RANGE_CLOEXEC */), "marking a range");
	CHECK_EQUAL(run_shell("test -d / && cd /etc && test -f passwd && exit 8"), 8, "a program after that");
	closefrom(3);
	CHECK(works(), "closefrom");
	close_range(0, ~0u, 2 /* CLOSE_RANGE_UNSHARE */);
	_exit(works() && dup(0) == -1 ? check_failures : 1);
}

static void mark_all(void *arg)
{
	(void)arg;
	for (int fd = 3; fd < 1024; fd++)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
	CHECK_EQUAL(run_shell("test -d / && cd /etc && test -f passwd && exit 9"), 9, "marking all with FD_CLOEXEC");
}

/*
 * A program that fills the whole table can use all but one of the numbers, and one less where a path is opened directory by
 * directory; what it then has is intact.
 */
static void fill(void *arg)
{
	struct stat null, st;
	int got = 0, wrong = 0;

	(void)arg;
	NEED(setrlimit(RLIMIT_NOFILE, &(struct rlimit){600, 600}) == 0);
	NEED(stat("/dev/null", &null) == 0);
	for (int fd; (fd = open("/dev/null", O_RDWR)) >= 0; got++)
		wrong += fstat(fd, &st) != 0 || st.st_rdev != null.st_rdev;
	CHECK(errno == EMFILE && got >= 595, "a table that is filled");
	CHECK_EQUAL(wrong, 0, "each descriptor is what was opened");
	for (int fd = 3; fd < 600; fd++)
		close(fd);
	CHECK(works(), "and emptied");
}

static void limited(void *arg)
{
	rlim_t n = (rlim_t)(long)arg;
	char text[64];

	NEED(setrlimit(RLIMIT_NOFILE, &(struct rlimit){n, n}) == 0);
	CHECK(works(), "with a limit of %lu on descriptors", (unsigned long)n);
	snprintf(text, sizeof(text), "a program with a limit of %lu", (unsigned long)n);
	CHECK_EQUAL(run_shell("test -d / && cd /etc && test -f passwd && exit 5"), 5, text);
	CHECK_EQUAL(run_shell("ulimit -n 20; (cd /usr && ls >/dev/null && exit 6)"), 6, "which sets a smaller one");
}

int main(int argc, char **argv)
{
	int pair[2], sent = -1, duplicates = 0;

	check_begin(argc, argv);
	check_in_child(close_one_by_one, NULL);
	check_in_child(close_listed, NULL);
	check_in_child(close_ranges, NULL);
	check_in_child(mark_all, NULL);
	check_in_child(fill, NULL);
	check_in_child(limited, (void *)256);
	check_in_child(limited, (void *)242);
	check_in_child(limited, (void *)64);
	check_in_child(limited, (void *)20);

	/* Nobody can get hold of what is not open. */
	for (int fd = 10; fd < 400; fd++) {
		struct stat st;
		char path[64], to[64];
		int copy = dup(fd);

		duplicates += copy >= 0;
		if (copy >= 0)
			close(copy);
		copy = fcntl(fd, F_DUPFD, 3);
		duplicates += copy >= 0;
		if (copy >= 0)
			close(copy);
		duplicates += fcntl(fd, F_GETFD) != -1 || fcntl(fd, F_GETFL) != -1 || fstat(fd, &st) != -1 ||
			      openat(fd, "etc", O_PATH) != -1 || fchdir(fd) != -1 || dup2(fd, 5) != -1;
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		duplicates += access(path, F_OK) == 0 || readlink(path, to, sizeof(to)) != -1;
		snprintf(path, sizeof(path), "/dev/fd/%d", fd);
		duplicates += open(path, O_PATH) != -1;
		snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
		duplicates += access(path, F_OK) == 0;
		if (duplicates != 0) {
			printf("# descriptor %d\n", fd);
			break;
		}
	}
	CHECK_EQUAL(duplicates, 0, "nothing can be had from a number that is not open");
	NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	for (int fd = 10; fd < 400; fd++) {
		char control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8))) = {0}, byte = 0;
		struct iovec io = {&byte, 1};
		struct msghdr m = {
			.msg_iov = &io, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
		struct cmsghdr *c = CMSG_FIRSTHDR(&m);

		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(fd));
		if (sendmsg(pair[0], &m, 0) != -1 || errno != EBADF)
			sent = fd;
	}
	CHECK_EQUAL(sent, -1, "nor sent to others");
	CHECK_ERRNO(epoll_ctl(epoll_create1(0), EPOLL_CTL_ADD, 241, &(struct epoll_event){0}), EBADF, "nor watched");
	return check_end();
}
