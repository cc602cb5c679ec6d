/* The reserved descriptor: nothing that a guest does may touch it. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"

TestSuite(descriptors, .init = guest_start, .fini = guest_end);

#define C (&guest.call)

/* 1: left to the host's kernel; else the handler's own result. */
#define NATIVE_CALL 1
static long verdict(long r)
{
	bool native = C->verdict == TR_NATIVE;

	C->verdict = TR_DONE;
	return native ? NATIVE_CALL : r;
}

Test(descriptors, close)
{
	cr_assert_eq(verdict(sys_close(C, &(struct close_args){RESERVED_FD})), -EBADF);
	cr_assert_eq(verdict(sys_close(C, &(struct close_args){5})), NATIVE_CALL);
}

Test(descriptors, dup)
{
	cr_assert_eq(verdict(sys_dup2(C, &(struct dup2_args){RESERVED_FD, 5})), -EBADF);
	cr_assert_eq(verdict(sys_dup2(C, &(struct dup2_args){5, RESERVED_FD})), -EBADF);
	cr_assert_eq(verdict(sys_dup2(C, &(struct dup2_args){RESERVED_FD, RESERVED_FD})), -EBADF);
	cr_assert_eq(verdict(sys_dup2(C, &(struct dup2_args){5, 6})), NATIVE_CALL);
	cr_assert_eq(verdict(sys_dup3(C, &(struct dup3_args){RESERVED_FD, 5, 0})), -EBADF);
	cr_assert_eq(verdict(sys_dup3(C, &(struct dup3_args){5, RESERVED_FD, O_CLOEXEC})), -EBADF);
	cr_assert_eq(verdict(sys_dup3(C, &(struct dup3_args){RESERVED_FD, RESERVED_FD, 0})), -EINVAL);
	cr_assert_eq(verdict(sys_dup3(C, &(struct dup3_args){5, RESERVED_FD, O_NONBLOCK})), -EINVAL);
}

Test(descriptors, close_range_elsewhere)
{
	struct close_range_args below = {3, RESERVED_FD - 1, 0}, above = {RESERVED_FD + 1, UINT32_MAX, 0};
	struct close_range_args wrong = {RESERVED_FD, 3, 0}, unknown = {3, UINT32_MAX, 0x100};

	cr_assert_eq(verdict(sys_close_range(C, &below)), NATIVE_CALL);
	cr_assert_eq(verdict(sys_close_range(C, &above)), NATIVE_CALL);
	cr_assert_eq(verdict(sys_close_range(C, &wrong)), NATIVE_CALL, "the kernel says EINVAL");
	cr_assert_eq(verdict(sys_close_range(C, &unknown)), -EINVAL);
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static void fill(void)
{
	for (int fd = RESERVED_FD - 2; fd <= RESERVED_FD + 2; fd++)
		cr_assert_eq(dup2(C->ns.root, fd), fd);
}

Test(descriptors, close_range_around)
{
	fill();
	cr_assert_eq(sys_close_range(C, &(struct close_range_args){RESERVED_FD - 1, RESERVED_FD + 1, 0}), 0);
	cr_assert(is_open(RESERVED_FD) && is_open(RESERVED_FD - 2) && is_open(RESERVED_FD + 2));
	cr_assert(!is_open(RESERVED_FD - 1) && !is_open(RESERVED_FD + 1));
	fill();
	cr_assert_eq(sys_close_range(C, &(struct close_range_args){RESERVED_FD, RESERVED_FD + 1, 0}), 0);
	cr_assert(is_open(RESERVED_FD) && is_open(RESERVED_FD - 1) && !is_open(RESERVED_FD + 1));
	fill();
	cr_assert_eq(sys_close_range(C, &(struct close_range_args){RESERVED_FD - 1, RESERVED_FD, 0}), 0);
	cr_assert(is_open(RESERVED_FD) && !is_open(RESERVED_FD - 1) && is_open(RESERVED_FD + 1));
	cr_assert_eq(sys_close_range(C, &(struct close_range_args){RESERVED_FD, RESERVED_FD, 0}), 0);
	cr_assert(is_open(RESERVED_FD));
	fill();
	cr_assert_eq(sys_close_range(C, &(struct close_range_args){RESERVED_FD - 1, UINT32_MAX, CLOSE_RANGE_CLOEXEC}),
		     0);
	cr_assert_eq(fcntl(RESERVED_FD, F_GETFD), 0, "it survives exec");
	cr_assert_eq(fcntl(RESERVED_FD + 1, F_GETFD), FD_CLOEXEC);
}

static int unshare_child(void *arg)
{
	const struct close_range_args *a = arg;

	if (sys_close_range(C, a) != 0 || !is_open(RESERVED_FD))
		return 1;
	return is_open(RESERVED_FD + 1) == (a->last >= RESERVED_FD + 1) ? 2 : 0;
}

/* With a table that is shared by another process: it must be unshared whatever part of the range is empty. */
Test(descriptors, close_range_unshare)
{
	static char stack[65536] __attribute__((aligned(16)));
	struct close_range_args ranges[] = {{RESERVED_FD, RESERVED_FD, CLOSE_RANGE_UNSHARE},
					    {RESERVED_FD, UINT32_MAX, CLOSE_RANGE_UNSHARE},
					    {3, UINT32_MAX, CLOSE_RANGE_UNSHARE}};

	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++) {
		int status;
		pid_t pid;

		fill();
		pid = clone(unshare_child, stack + sizeof(stack), CLONE_FILES | SIGCHLD, &ranges[i]);
		cr_assert_gt(pid, 0);
		cr_assert_eq(waitpid(pid, &status, 0), pid);
		cr_assert_eq(status, 0, "range %zu: %d", i, WEXITSTATUS(status));
		cr_assert(is_open(RESERVED_FD - 1) && is_open(RESERVED_FD) && is_open(RESERVED_FD + 1), "range %zu", i);
	}
}
