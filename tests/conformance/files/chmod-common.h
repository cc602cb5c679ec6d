/* What chmod(2), fchmod(2), fchmodat(2) and fchmodat2(2) have in common. */
#ifndef LX_TESTS_CONFORMANCE_CHMOD_COMMON_H
#define LX_TESTS_CONFORMANCE_CHMOD_COMMON_H

#include "../check.h"

#include <sys/inotify.h>
#include <time.h>

typedef int chmod_call(const char *path, mode_t mode);

CHECK_UNUSED static mode_t chmod_mode(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_mode : 0;
}

/* A mode that is there already changes the ctime all the same, and watchers are told once. */
CHECK_UNUSED static void chmod_again(chmod_call *call, const char *path, mode_t mode, const char *what)
{
	int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	const struct timespec moment = {.tv_nsec = 20000000};
	struct stat before, after;
	char events[512];

	NEED(watch >= 0 && call(path, mode) == 0 && stat(path, &before) == 0);
	NEED(inotify_add_watch(watch, path, IN_ATTRIB) >= 0 && nanosleep(&moment, NULL) == 0);
	CHECK_OK(call(path, mode), what);
	NEED(stat(path, &after) == 0);
	CHECK(before.st_ctim.tv_sec != after.st_ctim.tv_sec || before.st_ctim.tv_nsec != after.st_ctim.tv_nsec,
	      "%s: the ctime is another", what);
	CHECK_EQUAL(read(watch, events, sizeof(events)), sizeof(struct inotify_event), "one event");
	close(watch);
}

static chmod_call *chmod_user_call;

CHECK_UNUSED static void chmod_user(void *arg)
{
	chmod_call *call = chmod_user_call;

	(void)arg;
	CHECK_ERRNO(call("f", 0666), EPERM, "a user may not change another's file");
	CHECK_OK(call("mine", 06711), "but one's own");
	CHECK_EQUAL(chmod_mode("mine"), S_IFREG | 06711, "also to a set-id program");
	CHECK_OK(call("foreign", 06755), "of a group that one is not in");
	CHECK_EQUAL(chmod_mode("foreign"), S_IFREG | 04755, "S_ISGID is dropped");
	CHECK_OK(call("mine", 0), "one may lock oneself out");
	CHECK_ERRNO(open("mine", O_RDONLY), EACCES, "of reading");
	CHECK_OK(call("mine", 0600), "and in again");
	close((int)CHECK_OK(open("mine", O_RDWR), "to read and write"));
}

CHECK_UNUSED static void chmod_common(chmod_call *call)
{
	check_write_file("f", "");
	check_write_file("mine", "");
	check_write_file("foreign", "");
	NEED(chown("mine", CHECK_USER, CHECK_USER) == 0 && chown("foreign", CHECK_USER, 7) == 0);
	NEED(mkdir("d", 0755) == 0 && symlink("f", "link") == 0 && symlink("nothing", "dangling") == 0);
	NEED(mkfifo("fifo", 0600) == 0);

	for (mode_t m = 1; m <= 04000; m <<= 1) {
		char what[32];

		snprintf(what, sizeof(what), "mode %o", m);
		CHECK_OK(call("f", m), what);
		CHECK_EQUAL(chmod_mode("f"), S_IFREG | m, "is what stat tells");
	}
	CHECK_OK(call("f", 07777), "all bits");
	CHECK_EQUAL(chmod_mode("f"), S_IFREG | 07777, "are there");
	CHECK_OK(call("f", 0170644), "a type in the mode");
	CHECK_EQUAL(chmod_mode("f"), S_IFREG | 0644, "is ignored");
	CHECK_OK(call("d", 03070), "a directory");
	CHECK_EQUAL(chmod_mode("d"), S_IFDIR | 03070, "is what stat tells");
	check_write_file("d/inside", "");
	CHECK_OK(call("d", 0), "a directory of mode 0");
	CHECK_OK(access("d/inside", F_OK), "root may search it");
	CHECK_OK(call("d", 0755), "and back");
	chmod_again(call, "f", 0644, "the mode that a file has");
	chmod_again(call, "f", 04711, "the mode that a program has");
	chmod_again(call, "d", 0755, "the mode that a directory has");
	NEED(call("f", 0644) == 0);
	CHECK_OK(call("fifo", 0622), "a FIFO");
	CHECK_EQUAL(chmod_mode("fifo"), S_IFIFO | 0622, "is what stat tells");
	CHECK_OK(call("link", 0640), "follows a link");
	CHECK_EQUAL(chmod_mode("f"), S_IFREG | 0640, "to its target");
	chmod_user_call = call;
	check_as_user(chmod_user, NULL);
}

CHECK_UNUSED static void chmod_paths(chmod_call *call)
{
	CHECK_ERRNO(call("nothing", 0644), ENOENT, "nothing");
	CHECK_ERRNO(call("dangling", 0644), ENOENT, "a dangling link");
	CHECK_ERRNO(call("", 0644), ENOENT, "an empty path");
	CHECK_ERRNO(call("f/", 0644), ENOTDIR, "a slash behind a file");
	CHECK_ERRNO(call((const char *)8, 0644), EFAULT, "a path that is not there");
}

#endif
