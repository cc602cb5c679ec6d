/* close_range(2). */
#include "../check.h"

#include <sched.h>
#include <signal.h>

#ifndef CLOSE_RANGE_UNSHARE
#define CLOSE_RANGE_UNSHARE 2
#endif
#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC 4
#endif

static int call(unsigned first, unsigned last, unsigned flags)
{
	return (int)syscall(SYS_close_range, first, last, flags);
}

static const int numbers[] = {10, 100, 200, 300, 400, 900};
#define COUNT (sizeof(numbers) / sizeof(numbers[0]))

static void fill(void)
{
	for (size_t i = 0; i < COUNT; i++)
		NEED(dup2(0, numbers[i]) == numbers[i]);
}

/* Which of the numbers are open (flag -1), or have this descriptor flag, as a string of digits. */
static const char *which(int flag)
{
	static char text[COUNT + 1];

	for (size_t i = 0; i < COUNT; i++) {
		int r = fcntl(numbers[i], F_GETFD);

		text[i] = (flag < 0 ? r >= 0 : r == flag) ? '1' : '0';
	}
	return text;
}

static void ranges(void)
{
	fill();
	CHECK_OK(call(100, 200, 0), "a range");
	CHECK_STRING(which(-1), "100111", "closes what is in it");
	fill();
	CHECK_OK(call(150, 350, 0), "a range around 241");
	CHECK_STRING(which(-1), "110011", "closes what is in it");
	fill();
	CHECK_OK(call(241, 300, 0), "a range from 241");
	CHECK_STRING(which(-1), "111011", "closes what is in it");
	fill();
	CHECK_OK(call(200, 241, 0), "a range to 241");
	CHECK_STRING(which(-1), "110111", "closes what is in it");
	CHECK_OK(call(241, 241, 0), "241 alone");
	fill();
	CHECK_OK(call(300, ~0u, 0), "to the end");
	CHECK_STRING(which(-1), "111000", "closes all above");
	fill();
	CHECK_OK(call(3, ~0u, 0), "everything but the first three");
	CHECK_STRING(which(-1), "000000", "closes all");
	CHECK_OK(access("/proc/self", F_OK), "after which paths work");
	CHECK_ERRNO(call(5, 4, 0), EINVAL, "an end before the beginning");
	CHECK_ERRNO(call(3, ~0u, 0x100), EINVAL, "an unknown flag");
	CHECK_ERRNO(call(300, 400, 0x100), EINVAL, "an unknown flag for any range");
}

static void at_exec(void)
{
	fill();
	CHECK_OK(call(100, 300, CLOSE_RANGE_CLOEXEC), "CLOSE_RANGE_CLOEXEC");
	CHECK_STRING(which(-1), "111111", "closes nothing yet");
	CHECK_STRING(which(FD_CLOEXEC), "011100", "but marks what is in it");
	NEED(call(3, ~0u, 0) == 0);
}

/* Two processes with one table: unsharing it leaves the other's alone. */
static int child(void *arg)
{
	unsigned flags = *(unsigned *)arg;

	return call(3, ~0u, flags) == 0 && strcmp(which(-1), "000000") == 0 ? 0 : 1;
}

static void sharing(unsigned flags, const char *left, const char *what)
{
	static char stack[65536] __attribute__((aligned(16)));
	int status;
	pid_t pid;

	fill();
	pid = clone(child, stack + sizeof(stack), CLONE_FILES | SIGCHLD, &flags);
	NEED(pid > 0 && waitpid(pid, &status, 0) == pid);
	CHECK_EQUAL(status, 0, "a process that shares the table closes all");
	CHECK_STRING(which(-1), left, what);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	if (call(2000, 2000, 0) == -1 && errno == ENOSYS) {
		check_skip("close_range", "the kernel does not have it");
		return check_end();
	}
	ranges();
	at_exec();
	sharing(0, "000000", "for both");
	sharing(CLOSE_RANGE_UNSHARE, "111111", "CLOSE_RANGE_UNSHARE: for itself");
	return check_end();
}
