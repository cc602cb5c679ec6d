/* What chown(2), lchown(2), fchown(2) and fchownat(2) have in common. */
#ifndef LX_TESTS_CONFORMANCE_CHOWN_COMMON_H
#define LX_TESTS_CONFORMANCE_CHOWN_COMMON_H

#include "../check.h"

#include <sys/inotify.h>
#include <time.h>

typedef int chown_call(const char *path, uid_t uid, gid_t gid);

CHECK_UNUSED static void chown_is(const char *path, uid_t uid, gid_t gid, const char *what)
{
	struct stat st;

	CHECK(lstat(path, &st) == 0 && st.st_uid == uid && st.st_gid == gid, "%s", what);
}

CHECK_UNUSED static mode_t chown_mode(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 ? st.st_mode : 0;
}

/* Owners that are there already change the ctime all the same; watchers are told if one was named. */
CHECK_UNUSED static void chown_again(chown_call *call, const char *path, uid_t uid, gid_t gid, bool told,
				     const char *what)
{
	int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	const struct timespec moment = {.tv_nsec = 20000000};
	struct stat before, after;
	char events[512];

	NEED(watch >= 0 && stat(path, &before) == 0);
	NEED(inotify_add_watch(watch, path, IN_ATTRIB) >= 0 && nanosleep(&moment, NULL) == 0);
	CHECK_OK(call(path, uid, gid), what);
	NEED(stat(path, &after) == 0);
	CHECK(before.st_ctim.tv_sec != after.st_ctim.tv_sec || before.st_ctim.tv_nsec != after.st_ctim.tv_nsec,
	      "%s: the ctime is another", what);
	CHECK_EQUAL(read(watch, events, sizeof(events)), told ? (long)sizeof(struct inotify_event) : -1, "events");
	close(watch);
}

static chown_call *chown_user_call;

CHECK_UNUSED static void chown_user(void *arg)
{
	chown_call *call = chown_user_call;

	(void)arg;
	CHECK_ERRNO(call("seen", CHECK_USER, -1u), EPERM, "a user takes no one's files");
	CHECK_ERRNO(call("mine", 0, -1u), EPERM, "and gives none away");
	CHECK_ERRNO(call("mine", -1u, 0), EPERM, "not to a group that one is not in");
	NEED(chmod("mine", 06755) == 0);
	CHECK_OK(call("mine", -1u, CHECK_USER), "but to one's own");
	CHECK_EQUAL(chown_mode("mine"), S_IFREG | 0755, "the set-id bits go");
	CHECK_OK(call("mine", CHECK_USER, -1u), "to oneself");
	CHECK_OK(call("seen", -1u, -1u), "changing nothing is everyone's");
}

CHECK_UNUSED static void chown_common(chown_call *call)
{
	check_write_file("f", "content");
	check_write_file("mine", "");
	check_write_file("seen", "");
	NEED(chown("mine", CHECK_USER, 7) == 0);
	NEED(mkdir("d", 02755) == 0 && chmod("d", 02755) == 0 && mkfifo("fifo", 0600) == 0);
	NEED(symlink("f", "link") == 0 && symlink("nothing", "dangling") == 0);

	CHECK_OK(call("f", 1234, 5678), "another owner and group");
	chown_is("f", 1234, 5678, "are what stat tells");
	CHECK_OK(call("f", -1u, 6), "the group only");
	chown_is("f", 1234, 6, "the owner stays");
	CHECK_OK(call("f", 7, -1u), "the owner only");
	chown_is("f", 7, 6, "the group stays");
	CHECK_OK(call("f", 65534, 4000000000u), "large numbers");
	chown_is("f", 65534, 4000000000u, "are what stat tells");
	CHECK_OK(call("f", 0, 0), "back");
	chown_is("f", 0, 0, "to root");
	chown_again(call, "f", 0, 0, true, "the owner that a file has");
	chown_again(call, "f", -1u, -1u, false, "no owner");
	NEED(chmod("f", 06755) == 0);
	CHECK_OK(call("f", 5, 6), "a set-id program");
	CHECK_EQUAL(chown_mode("f"), S_IFREG | 0755, "loses those bits");
	NEED(chmod("f", 06745) == 0);
	CHECK_OK(call("f", -1u, -1u), "changing nothing");
	CHECK_EQUAL(chown_mode("f"), S_IFREG | 02745, "S_ISGID stays where the group may not run it");
	CHECK_OK(call("d", 5, 6), "a directory");
	chown_is("d", 5, 6, "is what stat tells");
	CHECK_EQUAL(chown_mode("d"), S_IFDIR | 02755, "it keeps its bits");
	chown_user_call = call;
	check_as_user(chown_user, NULL);
}

CHECK_UNUSED static void chown_paths(chown_call *call)
{
	CHECK_ERRNO(call("nothing", 1, 1), ENOENT, "nothing");
	CHECK_ERRNO(call("", 1, 1), ENOENT, "an empty path");
	CHECK_ERRNO(call("f/", 1, 1), ENOTDIR, "a slash behind a file");
	CHECK_ERRNO(call((const char *)8, 1, 1), EFAULT, "a path that is not there");
}

#endif
