/* Opening through the magic links of /proc, and what stands for descriptors in /dev. */
#include "../check.h"

static char at[PATH_MAX];

static const char *fd_link(int fd)
{
	static char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return path;
}

static bool is(int fd, const char *path)
{
	struct stat a, b;
	bool same = fd >= 0 && fstat(fd, &a) == 0 && stat(path, &b) == 0 && check_same(&a, &b);

	close(fd);
	return same;
}

static void descriptors(void)
{
	char text[PATH_MAX], want[PATH_MAX + 32];
	int f = open("f", O_RDONLY), p = open("f", O_PATH), d = open("d", O_RDONLY), fds[2];
	ssize_t n;

	CHECK(is(open(fd_link(f), O_RDWR), "f"), "fd/N opens the file anew, with other flags");
	CHECK(is(open(fd_link(p), O_RDONLY), "f"), "also from O_PATH");
	snprintf(at, sizeof(at), "/proc/self/fd/%d/e", d);
	CHECK(is(open(at, O_RDONLY), "d/e"), "fd/N in the middle of a path");
	snprintf(at, sizeof(at), "/proc/self/fd/%d/../f", d);
	CHECK(is(open(at, O_RDONLY), "f"), ".. behind fd/N");
	snprintf(at, sizeof(at), "/dev/fd/%d", f);
	CHECK(is(open(at, O_RDONLY), "f"), "/dev/fd/N");
	CHECK_ERRNO(open("/proc/self/fd/9999", O_RDONLY), ENOENT, "fd/N of a closed descriptor");
	CHECK_ERRNO(open(fd_link(f), O_RDONLY | O_NOFOLLOW), ELOOP, "O_NOFOLLOW and fd/N");
	n = readlink(fd_link(f), text, sizeof(text));
	text[n > 0 ? n : 0] = '\0';
	snprintf(want, sizeof(want), "%s/f", check_directory);
	CHECK_STRING(text, want, "fd/N tells the path");

	NEED(unlink("gone") == -1);
	check_write_file("gone", "still here");
	close(f);
	f = open("gone", O_RDONLY);
	NEED(unlink("gone") == 0);
	n = readlink(fd_link(f), text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	snprintf(want, sizeof(want), "%s/gone (deleted)", check_directory);
	CHECK_STRING(text, want, "of a removed file too");
	close((int)CHECK_OK(open(fd_link(f), O_RDONLY), "and opens it"));

	NEED(pipe(fds) == 0);
	n = readlink(fd_link(fds[0]), text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	CHECK(strncmp(text, "pipe:[", 6) == 0, "a pipe's text");
	n = open(fd_link(fds[1]), O_WRONLY | O_NONBLOCK);
	CHECK(n >= 0 && write((int)n, "x", 1) == 1, "a pipe opens anew");
	close(f);
	close(p);
	close(d);
}

static void places(void)
{
	char text[PATH_MAX];
	struct stat a, b;
	ssize_t n;

	CHECK(is(open("/proc/self/cwd/f", O_RDONLY), "f"), "cwd in the middle of a path");
	CHECK(is(open("/proc/self/cwd", O_RDONLY), "."), "cwd");
	CHECK(is(open("/proc/self/cwd/../../.", O_RDONLY), "../.."), ".. behind cwd");
	CHECK(is(open("/proc/self/root", O_RDONLY), "/"), "root");
	CHECK(is(open("/proc/self/root/..", O_RDONLY), "/"), ".. behind root");
	snprintf(at, sizeof(at), "/proc/self/root%.4000s/f", check_directory);
	CHECK(is(open(at, O_RDONLY), "f"), "root in front of a path");
	snprintf(at, sizeof(at), "/proc/%d/cwd/f", (int)getpid());
	CHECK(is(open(at, O_RDONLY), "f"), "by pid");
	CHECK(is(open("/proc/thread-self/cwd/f", O_RDONLY), "f"), "by thread-self");
	n = readlink("/proc/self/cwd", text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	CHECK_STRING(text, check_directory, "cwd tells the path");
	n = readlink("/proc/self/root", text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	CHECK_STRING(text, "/", "root tells /");
	n = readlink("/proc/self", text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	CHECK_EQUAL(atoi(text), getpid(), "self tells the pid");
	CHECK(lstat("/proc/self/cwd", &a) == 0 && S_ISLNK(a.st_mode), "lstat sees a link");
	CHECK(stat("/proc/self/cwd", &a) == 0 && stat(".", &b) == 0 && check_same(&a, &b), "stat follows it");
	NEED(symlink("/proc/self/cwd/d", "through") == 0);
	CHECK(is(open("through/e", O_RDONLY), "d/e"), "a link through a magic link");
}

static void relative(void)
{
	int proc = open("/proc", O_RDONLY | O_DIRECTORY), self = open("/proc/self", O_PATH), fd;
	char text[32] = "";

	CHECK(is(openat(self, "cwd/f", O_RDONLY), "f"), "relative to /proc/self");
	CHECK(is(openat(proc, "self/cwd/f", O_RDONLY), "f"), "relative to /proc");
	fd = openat(self, "comm", O_RDONLY);
	CHECK(fd >= 0 && read(fd, text, sizeof(text) - 1) > 0, "a file relative to /proc/self");
	close(fd);
	CHECK_ERRNO(openat(self, "nothing", O_RDONLY), ENOENT, "no such file in /proc");
	CHECK_ERRNO(openat(proc, "new", O_RDWR | O_CREAT, 0644), ENOENT, "nothing can be made there");
	NEED(fchdir(self) == 0);
	fd = open("status", O_RDONLY);
	CHECK(fd >= 0, "relative to a current directory in /proc");
	close(fd);
	NEED(chdir(check_directory) == 0);
	close(proc);
	close(self);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	check_write_file("f", "content");
	NEED(mkdir("d", 0755) == 0 && mkdir("d/e", 0755) == 0);
	descriptors();
	places();
	relative();
	return check_end();
}
