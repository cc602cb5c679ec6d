/* fanotify_mark(2), as far as it needs no rights. */
#include "../check.h"

#include <poll.h>
#include <sys/fanotify.h>

static int group;

static long call(unsigned flags, uint64_t mask, int dir, const char *path)
{
	return syscall(SYS_fanotify_mark, group, flags, mask, dir, path);
}

static bool event(uint64_t mask)
{
	static char buf[4096] __attribute__((aligned(8)));
	const struct fanotify_event_metadata *e = (const void *)buf;
	struct pollfd p = {.fd = group, .events = POLLIN};

	return poll(&p, 1, 2000) == 1 && read(group, buf, sizeof(buf)) >= (ssize_t)sizeof(*e) && (e->mask & mask) != 0;
}

static bool quiet(void)
{
	struct pollfd p = {.fd = group, .events = POLLIN};

	return poll(&p, 1, 0) == 0;
}

int main(int argc, char **argv)
{
	int d;

	check_begin(argc, argv);
	group = (int)syscall(SYS_fanotify_init, FAN_CLASS_NOTIF | FAN_REPORT_FID, O_RDONLY);
	check_write_file("f", "");
	NEED(mkdir("d", 0755) == 0 && symlink("f", "link") == 0 && (d = open("d", O_RDONLY)) >= 0);
	check_write_file("d/inside", "");
	if (group < 0 || call(FAN_MARK_ADD, FAN_OPEN, AT_FDCWD, "f") < 0) {
		check_skip("fanotify_mark", "the kernel or the file system does not have it");
		return check_end();
	}
	close(open("f", O_RDONLY));
	CHECK(event(FAN_OPEN), "a file is opened");
	CHECK_OK(call(FAN_MARK_ADD, FAN_OPEN, d, "inside"), "in a directory");
	close(open("d/inside", O_RDONLY));
	CHECK(event(FAN_OPEN), "a file is opened there");
	CHECK_OK(call(FAN_MARK_REMOVE, FAN_OPEN, AT_FDCWD, "link"), "through a link, a mark is removed");
	close(open("f", O_RDONLY));
	CHECK(quiet(), "and nothing is told");
	CHECK_OK(call(FAN_MARK_ADD, FAN_CREATE | FAN_ONDIR, d, NULL), "no path: the descriptor");
	check_write_file("d/new", "");
	CHECK(event(FAN_CREATE), "a file is made in it");
	CHECK_OK(call(FAN_MARK_FLUSH, 0, AT_FDCWD, NULL), "FAN_MARK_FLUSH");
	close(open("d/inside", O_RDONLY));
	CHECK(quiet(), "nothing is told any more");
	CHECK_ERRNO(call(FAN_MARK_ADD, FAN_OPEN, AT_FDCWD, "nothing"), ENOENT, "nothing");
	CHECK_ERRNO(call(FAN_MARK_ADD | FAN_MARK_ONLYDIR, FAN_OPEN, AT_FDCWD, "f"), ENOTDIR,
		    "FAN_MARK_ONLYDIR: a file");
	CHECK_ERRNO(call(FAN_MARK_ADD, FAN_OPEN, -1, "f"), EBADF, "from nothing");
	CHECK_ERRNO(syscall(SYS_fanotify_mark, -1, FAN_MARK_ADD, FAN_OPEN, AT_FDCWD, "f"), EBADF, "no descriptor");
	return check_end();
}
