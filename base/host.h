/*
 * The only door to raw host system calls.
 *
 * Every function returns what the kernel returned: a value >= 0, or -errno (see the call's page in man section 2 for
 * which). Nothing here looks at or sets the variable errno. Freestanding, async-signal-safe, usable from any domain.
 * Pointers are addresses of the calling process. Descriptors are the host's.
 */
#ifndef LX_BASE_HOST_H
#define LX_BASE_HOST_H

#include <fcntl.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>

#include "base/attr.h"

struct statx;
struct statfs;
struct timespec;

/* One raw call. The result is the kernel's own: >= 0 or -errno. */
static ALWAYS_INLINE long host_syscall(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

#define HOST_CALL_(nr, a, b, c, d, e, f, ...) \
	host_syscall(nr, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
/* host_call(SYS_close, fd): a raw call with zero to six arguments of any integer or pointer type. */
#define host_call(...) HOST_CALL_(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)

/* True for a result that is an error (-4095..-1). */
static inline bool host_is_error(long r)
{
	return (unsigned long)r > -4096ul;
}

MUST_CHECK int host_open(const char *path, int flags, mode_t mode);
MUST_CHECK int host_openat(int dir, const char *path, int flags, mode_t mode);
/* resolve: RESOLVE_* of openat2(2). ENOSYS or EPERM where the kernel or a container does not have the call. */
MUST_CHECK int host_openat2(int dir, const char *path, uint64_t flags, mode_t mode, uint64_t resolve);
/* Closes fd; the result is of no use to anyone (man 2 close), so there is none. */
void host_close(int fd);
/* A cleanup for CLEANUP(): closes *fd if it is >= 0. */
void host_close_at(int *fd);
/* Hands *fd over: returns it and leaves -1. */
static inline int take_fd(int *fd)
{
	int r = *fd;

	*fd = -1;
	return r;
}

MUST_CHECK ssize_t host_read(int fd, void *buf, size_t n);
MUST_CHECK ssize_t host_write(int fd, const void *buf, size_t n);
MUST_CHECK ssize_t host_pread(int fd, void *buf, size_t n, off_t at);
/* Reads until n bytes, the end of the file, or an error; the number of bytes read, or -errno. */
MUST_CHECK ssize_t host_pread_full(int fd, void *buf, size_t n, off_t at);
/* Writes all n bytes: 0, or -errno. */
MUST_CHECK int host_pwrite_full(int fd, const void *buf, size_t n, off_t at);
MUST_CHECK int host_write_full(int fd, const void *buf, size_t n);
MUST_CHECK int host_fstat(int fd, struct stat *ret);
MUST_CHECK int host_fstatat(int dir, const char *path, struct stat *ret, int flags);
/* The link's text, NUL-terminated; its length, or -errno (-ENAMETOOLONG where it does not fit). */
MUST_CHECK ssize_t host_readlinkat(int dir, const char *path, char *buf, size_t size);
MUST_CHECK int host_dup3(int from, int to, int flags);
MUST_CHECK int host_fcntl(int fd, int cmd, long arg);
MUST_CHECK int host_fchdir(int fd);
MUST_CHECK int host_memfd_create(const char *name, unsigned flags);

/* The mapping's address, or -errno: check with host_is_error(). */
MUST_CHECK long host_mmap(uint64_t addr, size_t len, int prot, int flags, int fd, off_t at);
MUST_CHECK int host_munmap(uint64_t addr, size_t len);
MUST_CHECK int host_mprotect(uint64_t addr, size_t len, int prot);

pid_t host_getpid(void);
pid_t host_gettid(void);
MUST_CHECK int host_kill(pid_t pid, int sig);
MUST_CHECK int host_tgkill(pid_t pid, pid_t tid, int sig);
NORETURN void host_exit_group(int status);

#endif
