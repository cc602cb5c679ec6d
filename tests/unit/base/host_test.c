/* The error contract of base/host.c: results are the kernel's own, the variable of the libc stays as it was. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/host.h"

Test(host, errors_are_negative_and_leave_errno_alone)
{
	struct stat st;
	char buf[8];

	errno = EDOM;
	cr_expect_eq(host_open("/nonexistent", O_RDONLY, 0), -ENOENT);
	cr_expect_eq(host_openat(-1, "x", O_RDONLY, 0), -EBADF);
	cr_expect_eq(host_openat(AT_FDCWD, "/dev/null/x", O_RDONLY, 0), -ENOTDIR);
	cr_expect_eq(host_read(-1, buf, sizeof(buf)), -EBADF);
	cr_expect_eq(host_write_full(-1, "x", 1), -EBADF);
	cr_expect_eq(host_fstat(-1, &st), -EBADF);
	cr_expect_eq(host_fstatat(AT_FDCWD, "/nonexistent", &st, 0), -ENOENT);
	cr_expect_eq(host_dup3(0, 0, 0), -EINVAL);
	cr_expect_eq(host_fcntl(-1, F_GETFD, 0), -EBADF);
	cr_expect_eq(host_fchdir(-1), -EBADF);
	cr_expect_eq(host_kill(0x7ffffffe, 0), -ESRCH);
	cr_expect(host_is_error(host_mmap(1, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)));
	cr_expect_eq(errno, EDOM);
}

Test(host, is_error)
{
	cr_expect(host_is_error(-1));
	cr_expect(host_is_error(-4095));
	cr_expect_not(host_is_error(-4096));
	cr_expect_not(host_is_error(0));
	cr_expect_not(host_is_error(4095));
	/* An address in the upper half of the address space is a result, not an error. */
	cr_expect_not(host_is_error((long)0xffff800000000000ul));
}

Test(host, files)
{
	int fd CLEANUP(host_close_at) = host_memfd_create("host_test", 0);
	char buf[32] = "";
	struct stat st;

	cr_assert_geq(fd, 0);
	cr_expect_eq(host_write_full(fd, "0123456789", 10), 0);
	cr_expect_eq(host_fstat(fd, &st), 0);
	cr_expect_eq(st.st_size, 10);
	cr_expect_eq(host_pread_full(fd, buf, sizeof(buf), 4), 6);
	cr_expect_str_eq(buf, "456789");
	cr_expect_eq(host_pread_full(fd, buf, 3, 100), 0);

	int taken = take_fd(&fd);
	cr_expect_eq(fd, -1);
	cr_expect_geq(host_fcntl(taken, F_GETFD, 0), 0);
	host_close_at(&taken);
	cr_expect_eq(taken, -1);
	host_close_at(&taken);
}

Test(host, readlink_that_does_not_fit)
{
	char path[64], buf[64], small[4];
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/cwd", (int)getpid());
	cr_assert_eq(chdir("/tmp"), 0);
	n = host_readlinkat(AT_FDCWD, path, buf, sizeof(buf));
	cr_expect_eq(n, 4);
	cr_expect_str_eq(buf, "/tmp");
	cr_expect_eq(host_readlinkat(AT_FDCWD, path, small, sizeof(small)), -ENAMETOOLONG);
}

Test(host, openat2)
{
	int fd CLEANUP(host_close_at) = host_open("/tmp", O_PATH | O_DIRECTORY, 0);
	int r = host_openat2(fd, "../../../etc", O_PATH, 0, RESOLVE_BENEATH);

	/* Without openat2 (old kernels, some containers) the answer says so. */
	cr_expect(r == -EXDEV || r == -ENOSYS || r == -EPERM, "%d", r);
}
