#include "base/host.h"

#include <errno.h>

#include "base/str.h"

int host_open(const char *path, int flags, mode_t mode)
{
	return host_openat(AT_FDCWD, path, flags, mode);
}

int host_openat(int dir, const char *path, int flags, mode_t mode)
{
	return (int)host_call(SYS_openat, dir, path, flags, mode);
}

int host_openat2(int dir, const char *path, uint64_t flags, mode_t mode, uint64_t resolve)
{
	struct open_how how = {.flags = flags, .mode = mode, .resolve = resolve};

	return (int)host_call(SYS_openat2, dir, path, &how, sizeof(how));
}

void host_close(int fd)
{
	(void)host_call(SYS_close, fd);
}

void host_close_at(int *fd)
{
	if (*fd >= 0)
		host_close(*fd);
	*fd = -1;
}

ssize_t host_read(int fd, void *buf, size_t n)
{
	return host_call(SYS_read, fd, buf, n);
}

ssize_t host_write(int fd, const void *buf, size_t n)
{
	return host_call(SYS_write, fd, buf, n);
}

ssize_t host_pread(int fd, void *buf, size_t n, off_t at)
{
	return host_call(SYS_pread64, fd, buf, n, at);
}

ssize_t host_pread_full(int fd, void *buf, size_t n, off_t at)
{
	size_t done = 0;

	while (done < n) {
		ssize_t r = host_pread(fd, (char *)buf + done, n - done, at + (off_t)done);

		if (r < 0)
			return r;
		if (r == 0)
			break;
		done += (size_t)r;
	}
	return (ssize_t)done;
}

int host_pwrite_full(int fd, const void *buf, size_t n, off_t at)
{
	size_t done = 0;

	while (done < n) {
		ssize_t r = host_call(SYS_pwrite64, fd, (const char *)buf + done, n - done, at + (off_t)done);

		if (r == -EINTR)
			continue;
		if (r <= 0)
			return r < 0 ? (int)r : -EIO;
		done += (size_t)r;
	}
	return 0;
}

int host_write_full(int fd, const void *buf, size_t n)
{
	size_t done = 0;

	while (done < n) {
		ssize_t r = host_write(fd, (const char *)buf + done, n - done);

		if (r < 0)
			return (int)r;
		done += (size_t)r;
	}
	return 0;
}

int host_fstat(int fd, struct stat *ret)
{
	return (int)host_call(SYS_fstat, fd, ret);
}

int host_fstatat(int dir, const char *path, struct stat *ret, int flags)
{
	return (int)host_call(SYS_newfstatat, dir, path, ret, flags);
}

ssize_t host_readlinkat(int dir, const char *path, char *buf, size_t size)
{
	ssize_t n = host_call(SYS_readlinkat, dir, path, buf, size);

	if (n < 0)
		return n;
	if ((size_t)n >= size)
		return -ENAMETOOLONG;
	buf[n] = '\0';
	return n;
}

int host_dup3(int from, int to, int flags)
{
	return (int)host_call(SYS_dup3, from, to, flags);
}

int host_fcntl(int fd, int cmd, long arg)
{
	return (int)host_call(SYS_fcntl, fd, cmd, arg);
}

int host_fchdir(int fd)
{
	return (int)host_call(SYS_fchdir, fd);
}

int host_memfd_create(const char *name, unsigned flags)
{
	return (int)host_call(SYS_memfd_create, name, flags);
}

long host_mmap(uint64_t addr, size_t len, int prot, int flags, int fd, off_t at)
{
	return host_call(SYS_mmap, addr, len, prot, flags, fd, at);
}

int host_munmap(uint64_t addr, size_t len)
{
	return (int)host_call(SYS_munmap, addr, len);
}

int host_mprotect(uint64_t addr, size_t len, int prot)
{
	return (int)host_call(SYS_mprotect, addr, len, prot);
}

pid_t host_getpid(void)
{
	return (pid_t)host_call(SYS_getpid);
}

pid_t host_gettid(void)
{
	return (pid_t)host_call(SYS_gettid);
}

int host_kill(pid_t pid, int sig)
{
	return (int)host_call(SYS_kill, pid, sig);
}

int host_tgkill(pid_t pid, pid_t tid, int sig)
{
	return (int)host_call(SYS_tgkill, pid, tid, sig);
}

void host_exit_group(int status)
{
	for (;;)
		(void)host_call(SYS_exit_group, status);
}
