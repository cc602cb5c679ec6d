/* Results go to the guest's memory through the port, whole or not at all; sizes are bounded before they are used. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

TestSuite(port, .init = guest_start, .fini = guest_end);

#define C (&guest.call)

/* The address for n bytes that just fit, then for the same with one byte too few. */
#define FITS(n)  guest_end_of_memory(n)
#define SHORT(n) (guest_end_of_memory(n) + 1)

Test(port, stat)
{
	struct stat *st = guest_at(FITS(sizeof(*st)));
	int f = openat(C->ns.root, "f", O_RDONLY);

	cr_assert_eq(sys_newfstatat(C, &(struct newfstatat_args){guest_path("f"), FITS(sizeof(*st)), 0}), 0);
	cr_assert_eq(st->st_size, 7);
	cr_assert_eq(st->st_uid, 0, "the host's user is the guest's root");
	cr_assert_eq(sys_newfstatat(C, &(struct newfstatat_args){guest_path("f"), SHORT(sizeof(*st)), 0}), -EFAULT);
	memset(st, 0, sizeof(*st));
	cr_assert_eq(sys_fstat(C, &(struct fstat_args){guest_fd(f), FITS(sizeof(*st))}), 0);
	cr_assert_eq(st->st_size, 7);
	cr_assert_eq(sys_fstat(C, &(struct fstat_args){guest_fd(f), SHORT(sizeof(*st))}), -EFAULT);
	cr_assert_eq(sys_fstat(C, &(struct fstat_args){f, FITS(sizeof(*st))}), -EBADF, "not the test's number");
	cr_assert_eq(sys_fstat(C, &(struct fstat_args){AT_FDCWD, FITS(sizeof(*st))}), -EBADF);
	close(f);
}

Test(port, no_path)
{
	struct vfs_at none = {C->ns.root, NULL};
	uint64_t to = FITS(sizeof(struct statx));

	cr_assert_eq(sys_newfstatat(C, &(struct newfstatat_args){none, to, AT_EMPTY_PATH}), 0);
	cr_assert_eq(sys_newfstatat(C, &(struct newfstatat_args){none, to, 0}), -EFAULT);
	cr_assert_eq(sys_statx(C, &(struct statx_args){none, AT_EMPTY_PATH, STATX_SIZE, to}), 0);
	cr_assert_eq(sys_statx(C, &(struct statx_args){none, 0, STATX_SIZE, to}), -EFAULT);
	cr_assert_eq(sys_listxattrat(C, &(struct listxattrat_args){none, 0, to, 10}), -EFAULT);
}

Test(port, statx_and_statfs)
{
	struct statx *x = guest_at(FITS(sizeof(*x)));
	struct statfs *fs = guest_at(FITS(sizeof(*fs)));

	cr_assert_eq(sys_statx(C, &(struct statx_args){guest_path("f"), 0, STATX_SIZE, FITS(sizeof(*x))}), 0);
	cr_assert_eq(x->stx_size, 7);
	cr_assert_eq(sys_statx(C, &(struct statx_args){guest_path("f"), 0, STATX_SIZE, SHORT(sizeof(*x))}), -EFAULT);
	cr_assert_eq(sys_statfs(C, &(struct statfs_args){guest_path("f"), FITS(sizeof(*fs))}), 0);
	cr_assert_gt(fs->f_bsize, 0);
	cr_assert_eq(sys_statfs(C, &(struct statfs_args){guest_path("f"), SHORT(sizeof(*fs))}), -EFAULT);
}

Test(port, readlink)
{
	char *text = guest_at(FITS(4));

	memset(text, '#', 4);
	cr_assert_eq(sys_readlinkat(C, &(struct readlinkat_args){guest_path("link"), FITS(4), 100}), 1);
	cr_assert_eq(memcmp(text, "f###", 4), 0, "no more than the text is written");
	cr_assert_eq(sys_readlinkat(C, &(struct readlinkat_args){guest_path("link"), FITS(1), INT32_MAX}), 1);
	cr_assert_eq(sys_readlinkat(C, &(struct readlinkat_args){guest_path("link"), FITS(0), 100}), -EFAULT);
	cr_assert_eq(sys_readlinkat(C, &(struct readlinkat_args){guest_path("link"), FITS(4), 0}), -EINVAL);
	cr_assert_eq(sys_readlinkat(C, &(struct readlinkat_args){guest_path("link"), FITS(4), INT32_MIN}), -EINVAL);
}

Test(port, getcwd)
{
	char *text = guest_at(FITS(8));

	cr_assert_eq(fchdir(C->ns.root), 0);
	cr_assert_eq(sys_chdir(C, &(struct chdir_args){{AT_FDCWD, "d"}}), 0);
	cr_assert_eq(sys_getcwd(C, &(struct getcwd_args){FITS(8), 8}), 3);
	cr_assert_str_eq(text, "/d");
	cr_assert_eq(sys_getcwd(C, &(struct getcwd_args){FITS(8), 2}), -ERANGE);
	cr_assert_eq(sys_getcwd(C, &(struct getcwd_args){FITS(2), UINT64_MAX}), -EFAULT);
}

Test(port, getdents)
{
	int dir = openat(C->ns.root, ".", O_RDONLY | O_DIRECTORY);
	long n = sys_getdents64(C, &(struct getdents64_args){guest_fd(dir), GUEST_MEMORY, UINT32_MAX});
	int count = 0;

	for (long at = 0; at < n; count++)
		at += ((struct dirent64 *)guest_at(GUEST_MEMORY + (uint64_t)at))->d_reclen;
	cr_assert_eq(count, 7, "dots, d, f, fifo, link, proc: %d", count);
	cr_assert_eq(lseek(dir, 0, SEEK_SET), 0);
	cr_assert_eq(sys_getdents64(C, &(struct getdents64_args){guest_fd(dir), FITS(8), 1000}), -EFAULT);
	cr_assert_eq(lseek(dir, 0, SEEK_SET), 0);
	cr_assert_eq(sys_getdents64(C, &(struct getdents64_args){guest_fd(dir), GUEST_MEMORY, 8}), -EINVAL);
	cr_assert_eq(sys_getdents(C, &(struct getdents_args){dir, GUEST_MEMORY, 1000}), -EBADF);
	close(dir);
}

Test(port, attributes)
{
	struct setxattr_args a = {guest_path("f"), "user.a", GUEST_MEMORY, 5, 0};
	char *value = guest_at(FITS(5));

	memcpy(guest_at(GUEST_MEMORY), "value", 5);
	if (sys_setxattr(C, &a) == -EOPNOTSUPP)
		cr_skip("no user attributes in /tmp");
	cr_assert_eq(sys_getxattr(C, &(struct getxattr_args){guest_path("f"), "user.a", FITS(5), UINT64_MAX}), 5);
	cr_assert_eq(memcmp(value, "value", 5), 0);
	cr_assert_eq(sys_getxattr(C, &(struct getxattr_args){guest_path("f"), "user.a", SHORT(5), 70000}), -EFAULT);
	cr_assert_eq(sys_getxattr(C, &(struct getxattr_args){guest_path("f"), "user.a", 0, 0}), 5);
	cr_assert_eq(sys_listxattr(C, &(struct listxattr_args){guest_path("f"), GUEST_MEMORY, UINT64_MAX}), 7);
	cr_assert_str_eq(guest_at(GUEST_MEMORY), "user.a");
	cr_assert_eq(sys_listxattr(C, &(struct listxattr_args){guest_path("f"), SHORT(7), 100}), -EFAULT);
	a.value = FITS(4);
	cr_assert_eq(sys_setxattr(C, &a), -EFAULT);
	a.size = 65537;
	a.value = GUEST_MEMORY;
	cr_assert_eq(sys_setxattr(C, &a), -E2BIG);
	a.size = UINT64_C(1) << 32 | 5;
	cr_assert_eq(sys_setxattr(C, &a), -E2BIG, "the upper half of a size counts");
	a.name = "";
	cr_assert_eq(sys_setxattr(C, &a), -ERANGE);
}

Test(port, times)
{
	struct timespec *t = guest_at(FITS(2 * sizeof(*t)));
	struct stat st;

	t[0] = (struct timespec){1000000000, 5};
	t[1] = (struct timespec){1100000000, 6};
	cr_assert_eq(sys_utimensat(C, &(struct utimensat_args){guest_path("f"), FITS(2 * sizeof(*t)), 0}), 0);
	cr_assert_eq(fstatat(C->ns.root, "f", &st, 0), 0);
	cr_assert_eq(st.st_mtim.tv_sec, 1100000000);
	cr_assert_eq(st.st_atim.tv_nsec, 5);
	cr_assert_eq(sys_utimensat(C, &(struct utimensat_args){guest_path("f"), SHORT(2 * sizeof(*t)), 0}), -EFAULT);
	cr_assert_eq(sys_utime(C, &(struct utime_args){guest_path("f"), SHORT(16)}), -EFAULT);
	cr_assert_eq(sys_futimesat(C, &(struct futimesat_args){{AT_FDCWD, NULL}, 0}), -EFAULT);
	/* A number of microseconds that would overflow into UTIME_NOW or UTIME_OMIT. */
	((uint64_t *)guest_at(FITS(32)))[1] = UINT64_C(0x10000000000003ff);
	cr_assert_eq(sys_utimes(C, &(struct utimes_args){guest_path("f"), FITS(32)}), -EINVAL);
}

/* Structs that grow: openat2(2), setxattrat(2). */
Test(port, growing_structs)
{
	uint64_t at = guest_end_of_memory(4096);
	unsigned char *bytes = guest_at(at);
	struct openat2_args a = {guest_path("f"), at, sizeof(struct open_how)};
	long r;

	memset(bytes, 0, 4096);
	for (uint64_t size = 0; size < 24; size++) {
		a.size = size;
		cr_assert_eq(sys_openat2(C, &a), -EINVAL, "%lu bytes", (unsigned long)size);
	}
	for (uint64_t size = 24; size <= 4096; size += 509) {
		a.size = size;
		r = sys_openat2(C, &a);
		cr_assert_geq(r, GUEST_FD, "%lu bytes: %ld", (unsigned long)size, r);
		close((int)r - GUEST_FD);
	}
	bytes[4095] = 1;
	a.size = 4096;
	cr_assert_eq(sys_openat2(C, &a), -E2BIG, "the last byte asks for something");
	a.size = 4097;
	cr_assert_eq(sys_openat2(C, &a), -E2BIG, "more than a page");
	a.size = 4096;
	a.how++;
	cr_assert_eq(sys_openat2(C, &a), -EFAULT, "a part is not there");
	a.size = UINT64_MAX;
	cr_assert_eq(sys_openat2(C, &a), -E2BIG);
}

Test(port, watches)
{
	int in = inotify_init1(IN_CLOEXEC);
	struct inotify_add_watch_args a = {guest_fd(in), guest_path("link"), IN_ATTRIB};
	long file = sys_inotify_add_watch(C, &a), link;

	cr_assert_gt(file, 0);
	a.mask |= IN_DONT_FOLLOW;
	link = sys_inotify_add_watch(C, &a);
	cr_assert_gt(link, 0);
	cr_assert_neq(link, file, "the link itself");
	a.fd = in;
	cr_assert_eq(sys_inotify_add_watch(C, &a), -EBADF);
	close(in);
}

Test(port, handles)
{
	struct file_handle *h = guest_at(FITS(sizeof(*h) + 128));
	struct name_to_handle_at_args a = {guest_path("f"), FITS(sizeof(*h) + 128), GUEST_MEMORY, 0};
	long r;

	h->handle_bytes = 0;
	r = sys_name_to_handle_at(C, &a);
	if (r == -EOPNOTSUPP)
		cr_skip("no handles in /tmp");
	cr_assert_eq(r, -EOVERFLOW);
	cr_assert_gt(h->handle_bytes, 0);
	cr_assert_eq(sys_name_to_handle_at(C, &a), 0);
	h->handle_bytes = 129;
	cr_assert_eq(sys_name_to_handle_at(C, &a), -EINVAL);
	h->handle_bytes = 128;
	a.mount_id = guest_end_of_memory(3);
	cr_assert_eq(sys_name_to_handle_at(C, &a), -EFAULT);
	a.handle = guest_end_of_memory(7);
	cr_assert_eq(sys_name_to_handle_at(C, &a), -EFAULT);
}
