/* inotify_add_watch(2). */
#include "../check.h"

#include <poll.h>
#include <sys/inotify.h>

static int in;

static long call(const char *path, uint32_t mask)
{
	return syscall(SYS_inotify_add_watch, in, path, mask);
}

/* The next event; its name is empty where there is none. */
static bool event(long wd, uint32_t mask, const char *name)
{
	/* One at a time: a record is as long as its name. */
	static char buf[4096] __attribute__((aligned(8)));
	static long have, at;
	const struct inotify_event *e;

	if (at >= have) {
		struct pollfd p = {.fd = in, .events = POLLIN};

		if (poll(&p, 1, 2000) != 1)
			return false;
		have = read(in, buf, sizeof(buf));
		at = 0;
	}
	e = (const struct inotify_event *)(const void *)(buf + at);
	at += (long)(sizeof(*e) + e->len);
	return e->wd == wd && (e->mask & ~(uint32_t)IN_ISDIR) == mask && strcmp(e->len > 0 ? e->name : "", name) == 0;
}

static void files(void)
{
	long wd = CHECK_OK(call("f", IN_OPEN | IN_ATTRIB | IN_CLOSE_WRITE | IN_MODIFY), "a file");
	int fd = open("f", O_WRONLY);

	NEED(write(fd, "x", 1) == 1);
	close(fd);
	CHECK(event(wd, IN_OPEN, ""), "is opened");
	CHECK(event(wd, IN_MODIFY, ""), "written");
	CHECK(event(wd, IN_CLOSE_WRITE, ""), "and closed");
	NEED(chmod("f", 0600) == 0);
	CHECK(event(wd, IN_ATTRIB, ""), "its mode changes");
	CHECK_EQUAL(call("link", IN_OPEN | IN_MASK_ADD), wd, "a link to it is the same watch");
	CHECK_EQUAL(call(check_directory, IN_CREATE) == wd, 0, "another object is another");
	CHECK_OK(syscall(SYS_inotify_rm_watch, in, wd), "removes a watch");
	CHECK(event(wd, IN_IGNORED, ""), "and says so");
}

static void directories(void)
{
	long wd = CHECK_OK(call("d", IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ONLYDIR), "a directory");

	check_write_file("d/new", "");
	CHECK(event(wd, IN_CREATE, "new"), "a file is made in it");
	NEED(mkdir("d/sub", 0755) == 0);
	CHECK(event(wd, IN_CREATE, "sub"), "a directory");
	NEED(symlink("x", "d/link") == 0);
	CHECK(event(wd, IN_CREATE, "link"), "a link");
	NEED(rename("d/new", "d/other") == 0);
	CHECK(event(wd, IN_MOVED_FROM, "new"), "a file is renamed");
	CHECK(event(wd, IN_MOVED_TO, "other"), "in two events");
	NEED(unlink("d/other") == 0 && rmdir("d/sub") == 0 && unlink("d/link") == 0);
	CHECK(event(wd, IN_DELETE, "other"), "a file is removed");
	CHECK(event(wd, IN_DELETE, "sub"), "a directory");
	CHECK(event(wd, IN_DELETE, "link"), "a link");
	NEED(rmdir("d") == 0);
	CHECK(event(wd, IN_IGNORED, ""), "the watch ends with the directory");
}

static void links(void)
{
	long wd = CHECK_OK(call("link", IN_ATTRIB | IN_DELETE_SELF | IN_DONT_FOLLOW), "IN_DONT_FOLLOW: a link itself");

	NEED(chmod("f", 0644) == 0 && unlink("link") == 0);
	CHECK(event(wd, IN_ATTRIB, ""), "it loses its name");
	CHECK(event(wd, IN_DELETE_SELF, ""), "and is gone");
	CHECK(event(wd, IN_IGNORED, ""), "with its watch");
}

static void as_user(void *arg)
{
	(void)arg;
	CHECK_ERRNO(call("secret", IN_OPEN), EACCES, "a user watches nothing that may not be read");
	CHECK_OK(call("f", IN_OPEN), "only what may");
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	in = inotify_init1(IN_CLOEXEC);
	NEED(in >= 0);
	check_write_file("f", "");
	check_write_file("secret", "");
	NEED(chmod("secret", 0600) == 0 && mkdir("d", 0755) == 0 && symlink("f", "link") == 0);
	files();
	directories();
	links();
	CHECK_ERRNO(call("nothing", IN_OPEN), ENOENT, "nothing");
	CHECK_ERRNO(call("", IN_OPEN), ENOENT, "an empty path");
	CHECK_ERRNO(call("f/", IN_OPEN), ENOTDIR, "a slash behind a file");
	CHECK_ERRNO(call("f", IN_OPEN | IN_ONLYDIR), ENOTDIR, "IN_ONLYDIR: a file");
	CHECK_ERRNO(call("f", 0), EINVAL, "no events");
	CHECK_ERRNO(call("f", IN_OPEN | IN_MASK_ADD | IN_MASK_CREATE), EINVAL, "IN_MASK_ADD and IN_MASK_CREATE");
	CHECK_ERRNO(call((const char *)8, IN_OPEN), EFAULT, "a path that is not there");
	CHECK_ERRNO(syscall(SYS_inotify_add_watch, -1, "f", IN_OPEN), EBADF, "no descriptor");
	CHECK_ERRNO(syscall(SYS_inotify_add_watch, open("f", O_RDONLY), "f", IN_OPEN), EINVAL,
		    "another kind of descriptor");
	check_as_user(as_user, NULL);
	return check_end();
}
