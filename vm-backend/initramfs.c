/* The initramfs: a cpio archive ("newc") of a console and one program, and of modules where a kernel needs them, made anew for every start, since it is small. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/host.h"
#include "vm-backend/backend.h"

#define COPY_SIZE (64 << 10)

static int pad(int fd)
{
	static const char zeros[4];
	off_t at = lseek(fd, 0, SEEK_CUR);

	return host_write_full(fd, zeros, (size_t)(-at & 3));
}

static int put_header(int fd, const char *name, mode_t mode, off_t size, unsigned major, unsigned minor)
{
	static unsigned inode;
	char header[128];
	int r;

	snprintf(header, sizeof(header), "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X", ++inode, mode,
		 0u, 0u, 1u, 0u, (unsigned)size, 0u, 0u, major, minor, (unsigned)strlen(name) + 1, 0u);
	r = host_write_full(fd, header, strlen(header));
	if (r == 0)
		r = host_write_full(fd, name, strlen(name) + 1);
	return r == 0 ? pad(fd) : r;
}

static int copy(int to, int from, off_t size)
{
	char buf[COPY_SIZE];

	while (size > 0) {
		ssize_t n = host_read(from, buf, sizeof(buf));
		int r = n > 0 ? host_write_full(to, buf, (size_t)n) : n == 0 ? -EIO : (int)n;

		if (r < 0)
			return r;
		size -= n;
	}
	return pad(to);
}

/* Kernels take archives one behind the other. */
static int append(int fd, const char *path)
{
	int from CLEANUP(host_close_at) = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (from < 0)
		return errno == ENOENT ? 0 : -errno;
	return fstat(from, &st) < 0 ? -errno : copy(fd, from, st.st_size);
}

int initramfs_make(const char *agent, const char *more)
{
	int program CLEANUP(host_close_at) = open(agent, O_RDONLY | O_CLOEXEC);
	int fd CLEANUP(host_close_at) = -1;
	struct stat st;
	int r;

	if (program < 0 || fstat(program, &st) < 0)
		return -errno;
	fd = host_memfd_create("initramfs", 0);
	if (fd < 0)
		return fd;
	r = put_header(fd, "dev", S_IFDIR | 0755, 0, 0, 0);
	if (r == 0)
		r = put_header(fd, "dev/console", S_IFCHR | 0600, 0, 5, 1);
	if (r == 0)
		r = put_header(fd, "init", S_IFREG | 0755, st.st_size, 0, 0);
	if (r == 0)
		r = copy(fd, program, st.st_size);
	if (r == 0)
		r = put_header(fd, "TRAILER!!!", 0, 0, 0, 0);
	if (r == 0 && more != NULL)
		r = append(fd, more);
	return r < 0 ? r : take_fd(&fd);
}
