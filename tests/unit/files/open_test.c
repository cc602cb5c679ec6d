/* How opened descriptors come to the guest, and which opens may wait. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "guest.h"

TestSuite(open, .init = guest_start, .fini = guest_end);

#define C (&guest.call)

/* A frame that is there; nothing looks into it. */
static char frame;

static long open_at(const char *path, int flags)
{
	long r;

	C->frame = (struct tr_frame *)(void *)&frame;
	C->ns.open_call = NULL;
	guest.waits = 0;
	r = sys_openat(C, &(struct openat_args){guest_path(path), flags, 0600});
	if (r >= 0)
		close((int)r - GUEST_FD);
	return r;
}

Test(open, gives_descriptors)
{
	cr_assert_eq(open_at("f", O_RDONLY), guest.given + GUEST_FD);
	cr_assert_not(guest.given_cloexec);
	cr_assert_eq(open_at("f", O_RDONLY | O_CLOEXEC), guest.given + GUEST_FD);
	cr_assert(guest.given_cloexec);
	guest.given = -1;
	cr_assert_eq(open_at("nothing", O_RDONLY), -ENOENT);
	cr_assert_eq(guest.given, -1, "an error is handed out as it is");
}

Test(open, waits_interruptibly)
{
	cr_assert_geq(open_at("f", O_RDONLY), 0);
	cr_assert_eq(guest.waits, 1, "it could be a FIFO");
	cr_assert_geq(open_at("link", O_RDONLY), 0);
	cr_assert_geq(guest.waits, 1, "also behind a link");
	cr_assert_geq(open_at("new", O_RDWR | O_CREAT), 0);
	cr_assert_geq(guest.waits, 1, "or be there already");
}

Test(open, does_not_wait_where_nothing_can)
{
	static const int flags[] = {O_PATH, O_DIRECTORY, O_RDONLY | O_NONBLOCK, O_RDWR | O_CREAT | O_EXCL};
	static const char *const paths[] = {"f", "d", "fifo", "other"};

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		cr_assert_geq(open_at(paths[i], flags[i]), 0, "%s", paths[i]);
		cr_assert_eq(guest.waits, 0, "%s", paths[i]);
	}
	C->frame = NULL;
	guest.waits = 0;
	cr_assert_geq(sys_openat(C, &(struct openat_args){guest_path("f"), O_RDONLY, 0}), 0);
	cr_assert_eq(guest.waits, 0, "not outside of the guest's process");
}

Test(open, passes_on_what_interrupts)
{
	guest.wait_result = -EINTR;
	cr_assert_eq(open_at("fifo", O_RDONLY), -EINTR);
	guest.wait_result = -512;
	cr_assert_eq(open_at("fifo", O_RDONLY), -512, "to be made again at the guest's site");
	cr_assert_eq(guest.waits, 1, "but not in here");
	cr_assert_eq(open_at("fifo", O_RDWR | O_CREAT), -512);
}

Test(open, notes_directories_of_views)
{
	struct openat_args a = {{AT_FDCWD, "/proc/self/fd"}, O_RDONLY | O_DIRECTORY, 0};

	cr_assert_geq(open_at("d", O_RDONLY | O_DIRECTORY), 0);
	cr_assert_eq(guest.process.flags & PROCESS_VIEW_DIRS, 0);
	cr_assert_geq(sys_openat(C, &a), 0);
	cr_assert_neq(guest.process.flags & PROCESS_VIEW_DIRS, 0);
	cr_assert_eq(guest.changes, 1);
	cr_assert_geq(sys_openat(C, &a), 0);
	cr_assert_eq(guest.changes, 1, "once");
	cr_assert_null(C->ns.ret_view_dirs, "nothing points to a stack that is gone");
}

Test(open, notes_a_current_directory_in_a_view)
{
	cr_assert_eq(sys_chdir(C, &(struct chdir_args){{AT_FDCWD, "/proc/self"}}), 0);
	cr_assert_neq(guest.process.flags & PROCESS_VIEW_DIRS, 0);
	cr_assert_eq(chdir("/"), 0);
}

Test(open, flags)
{
	cr_assert_eq(open_at("f", O_PATH | O_RDWR | O_TRUNC | O_APPEND), guest.given + GUEST_FD,
		     "O_PATH ignores flags");
	cr_assert_eq(open_at("nothing", O_CREAT | O_DIRECTORY | O_RDWR), -EINVAL);
	cr_assert_eq(open_at("nothing", O_TMPFILE), -EINVAL, "the flags come before the path");
	cr_assert_geq(open_at("f", O_RDONLY | 0x40000000), 0, "unknown ones are ignored");
}
