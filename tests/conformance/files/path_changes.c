/*
 * What a path leads to is what holds now, however often it has been asked for, and whoever changes what is on the way: another
 * process, step by step and in a race.
 *
 * conformance: dynamic
 */
#include "../check.h"

#include <linux/fs.h>
#include <signal.h>
#include <sys/wait.h>

#define TIMES 5

/* stat(2)'s and access(2)'s answer to a path, asked for several times: they must agree. The inode, or -errno. */
static long ask(const char *path)
{
	struct stat st;
	long first = 0;

	for (int i = 0; i < TIMES; i++) {
		long r = stat(path, &st) == 0 ? (long)st.st_ino : -errno;
		int a = access(path, F_OK) == 0 ? 0 : -errno;

		if (i == 0)
			first = r;
		if (r != first || (r < 0 ? a != r : a != 0)) {
			fprintf(stderr, "%s: %ld at first, then %ld, access %d\n", path, first, r, a);
			return LONG_MIN;
		}
	}
	return first;
}

static long inode(const char *path)
{
	struct stat st;
	int fd = open(path, O_PATH | O_NOFOLLOW);
	long r = fd >= 0 && fstat(fd, &st) == 0 ? (long)st.st_ino : -errno;

	close(fd);
	return r;
}

/* Another process does it, so that nothing of the asking one's knows. */
static void elsewhere(void (*change)(void))
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		change();
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid || status != 0)
		abort();
}

static void must(int r)
{
	if (r < 0) {
		perror("change");
		_exit(1);
	}
}

static char absolute[PATH_MAX];

static void move_away(void)
{
	must(rename("d", "away"));
}
static void put_back(void)
{
	must(rename("away", "d"));
}
static void link_relative(void)
{
	must(symlink("other", "d"));
}
static void link_absolute(void)
{
	char text[PATH_MAX + 8];

	snprintf(text, sizeof(text), "%s/other", absolute);
	must(symlink(text, "d"));
}
static void remove_link(void)
{
	must(unlink("d"));
}
static void exchange(void)
{
	must((int)syscall(SYS_renameat2, AT_FDCWD, "d/f", AT_FDCWD, "other/f", RENAME_EXCHANGE));
}
static void make_again(void)
{
	must(unlink("d/f"));
	must(close(open("d/f", O_CREAT | O_WRONLY, 0600)));
}
static void make_new(void)
{
	must(close(open("other/new", O_CREAT | O_WRONLY, 0600)));
}

static void steps(const char *prefix)
{
	char f[PATH_MAX + 16], new[PATH_MAX + 16];
	long mine, others;

	snprintf(f, sizeof(f), "%sd/f", prefix);
	snprintf(new, sizeof(new), "%sd/new", prefix);
	mine = inode("d/f");
	others = inode("other/f");
	CHECK(ask(f) == mine, "the file");
	CHECK_EQUAL(ask(new), -ENOENT, "nothing");
	elsewhere(move_away);
	CHECK_EQUAL(ask(f), -ENOENT, "a directory was moved away");
	elsewhere(link_relative);
	CHECK(ask(f) == others, "a link is in its place");
	CHECK_EQUAL(ask(new), -ENOENT, "and nothing there, either");
	elsewhere(make_new);
	CHECK(ask(new) == inode("other/new"), "until it is made");
	elsewhere(remove_link);
	CHECK_EQUAL(ask(new), -ENOENT, "the link was removed");
	elsewhere(link_absolute);
	CHECK(ask(f) == others, "an absolute link");
	CHECK(ask(new) == inode("other/new"), "what was not there is");
	must(unlink("other/new"));
	CHECK_EQUAL(ask(new), -ENOENT, "and is not any more");
	elsewhere(make_new);
	CHECK(ask(new) == inode("other/new"), "and is again");
	elsewhere(remove_link);
	elsewhere(put_back);
	CHECK(ask(f) == mine, "the directory came back");
	CHECK_EQUAL(ask(new), -ENOENT, "without what is in the other");
	elsewhere(exchange);
	CHECK(ask(f) == others, "files exchanged");
	elsewhere(exchange);
	elsewhere(make_again);
	CHECK(ask(f) == inode("d/f"), "a new file of the same name");
	must(unlink("other/new"));
}

/* The text of links that take turns at a name. */
static void texts(void)
{
	char text[16];
	bool good = true;

	for (int i = 0; i < 20; i++) {
		ssize_t n;

		must(symlink(i % 2 == 0 ? "even" : "odd!!", "l"));
		for (int k = 0; k < TIMES; k++) {
			n = readlink("l", text, sizeof(text));
			good = good && n == (i % 2 == 0 ? 4 : 5) &&
			       memcmp(text, i % 2 == 0 ? "even" : "odd!!", (size_t)n) == 0;
		}
		must(unlink("l"));
		good = good && readlink("l", text, sizeof(text)) == -1 && errno == ENOENT;
	}
	CHECK(good, "readlink tells what the link says now");
	CHECK_ERRNO(readlink("d/f", text, sizeof(text)), EINVAL, "of a file");
	CHECK_ERRNO(readlink("d/f", text, sizeof(text)), EINVAL, "of a file, again");
}

static void close_door(void)
{
	must(chmod("d", 0700));
}
static void open_door(void)
{
	must(chmod("d", 0755));
}
static void give(void)
{
	must(chown("d", 1234, 1234));
}
static void take(void)
{
	must(chown("d", 0, 0));
}

static int as_other(int (*what)(void))
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		if (setgid(1234) < 0 || setuid(1234) < 0)
			_exit(99);
		_exit(what());
	}
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int look_inside(void)
{
	long r = ask("d/f");

	return r == LONG_MIN ? 98 : r < 0 ? (int)-r : 0;
}

static void permissions(void)
{
	int ask_pipe[2], answer[2];
	char c = 0;
	pid_t pid;
	int r;

	elsewhere(open_door);
	CHECK_EQUAL(as_other(look_inside), 0, "another user may pass");
	CHECK_EQUAL(as_other(look_inside), 0, "again");
	elsewhere(close_door);
	CHECK_EQUAL(as_other(look_inside), EACCES, "and may not");
	elsewhere(give);
	CHECK_EQUAL(as_other(look_inside), 0, "but in a directory of his");
	elsewhere(take);
	CHECK_EQUAL(as_other(look_inside), EACCES, "which it was");

	must(pipe(ask_pipe));
	must(pipe(answer));
	pid = fork();
	if (pid == 0) {
		if (setgid(1234) < 0 || setuid(1234) < 0)
			_exit(99);
		while (read(ask_pipe[0], &c, 1) == 1 && c != 'e') {
			c = (char)look_inside();
			must((int)write(answer[1], &c, 1));
		}
		_exit(0);
	}
	for (int i = 0; i < 6; i++) {
		elsewhere(i % 2 == 0 ? open_door : close_door);
		must((int)write(ask_pipe[1], "a", 1));
		must((int)read(answer[0], &c, 1));
		CHECK_EQUAL(c, i % 2 == 0 ? 0 : EACCES, "who has asked before");
	}
	must((int)write(ask_pipe[1], "e", 1));
	waitpid(pid, &r, 0);
	elsewhere(open_door);
}

/* A directory and a link take turns all the time: each answer is one side's or the other's. */
static void race(void)
{
	long mine = inode("d/f"), others = inode("other/f");
	unsigned bad = 0, seen[2] = {0, 0};
	struct stat st;
	pid_t pid;

	must(symlink("other", "trap"));
	pid = fork();
	if (pid == 0)
		for (;;)
			syscall(SYS_renameat2, AT_FDCWD, "d", AT_FDCWD, "trap", RENAME_EXCHANGE);
	for (int i = 0; i < 20000 && (i < 3000 || seen[0] == 0 || seen[1] == 0); i++) {
		int fd;

		if (stat("d/f", &st) < 0 || ((long)st.st_ino != mine && (long)st.st_ino != others)) {
			bad++;
			continue;
		}
		seen[(long)st.st_ino == mine]++;
		if (stat("d/nothing", &st) == 0 || errno != ENOENT)
			bad++;
		fd = open("d/f", O_RDONLY);
		if (fd < 0 || fstat(fd, &st) < 0 || ((long)st.st_ino != mine && (long)st.st_ino != others))
			bad++;
		close(fd);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	CHECK_EQUAL(bad, 0, "no other answer in a race");
}

int main(int argc, char **argv)
{
	char prefix[PATH_MAX + 2];

	check_begin(argc, argv);
	if (getcwd(absolute, sizeof(absolute)) == NULL)
		abort();
	must(chmod(".", 0755));
	must(mkdir("d", 0755));
	must(mkdir("other", 0755));
	must(close(open("d/f", O_CREAT | O_WRONLY, 0644)));
	must(close(open("other/f", O_CREAT | O_WRONLY, 0644)));
	steps("");
	snprintf(prefix, sizeof(prefix), "%s/", absolute);
	steps(prefix);
	texts();
	permissions();
	race();
	return check_end();
}
