/* io_pgetevents(2) with a mask. */
#include "mask-common.h"

#include <linux/aio_abi.h>

static aio_context_t context;

struct packed {
	const void *mask;
	size_t size;
};

static long call(const void *mask, size_t size, int milliseconds)
{
	struct timespec t = {.tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000l};
	struct packed p = {mask, size};
	struct io_event event;

	return syscall(SYS_io_pgetevents, context, 1l, 1l, &event, &t, &p);
}

int main(int argc, char **argv)
{
	char text[4] = "abc";
	struct iocb block = {.aio_lio_opcode = IOCB_CMD_PWRITE, .aio_buf = (uint64_t)(uintptr_t)text, .aio_nbytes = 3};
	struct iocb *list = &block;
	struct io_event event = {0};
	sigset_t all;
	struct packed packed = {&all, MASK_SIZE};

	check_begin(argc, argv);
	sigfillset(&all);
	if (syscall(SYS_io_setup, 4, &context) < 0) {
		check_skip("io_pgetevents", "the kernel has no asynchronous input and output");
		return check_end();
	}
	check_mask(call, true, true);

	block.aio_fildes = (unsigned)open("f", O_RDWR | O_CREAT, 0644);
	block.aio_data = 99;
	NEED((int)block.aio_fildes >= 0);
	CHECK_EQUAL(syscall(SYS_io_submit, context, 1l, &list), 1, "something is written");
	CHECK_EQUAL(syscall(SYS_io_pgetevents, context, 1l, 1l, &event, NULL, &packed), 1, "and waited for");
	CHECK(event.data == 99 && event.res == 3, "with its result");
	CHECK_OK(syscall(SYS_io_destroy, context), "the end");
	return check_end();
}
