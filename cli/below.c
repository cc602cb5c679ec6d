#include "cli/below.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/host.h"
#include "base/instance.h"
#include "vfs/vfs.h"

/* For a host without openat2: as the root user of an instance that has nothing mounted. */
static int walk_below(int root_fd, const char *path, int flags)
{
	struct creds root = {.cap_effective = CREDS_CAPS_ALL};
	struct instance *in = calloc(1, sizeof(*in));
	struct vfs_ns ns = {.in = in, .creds = &root, .root = root_fd, .root_path = "", .exe = ""};
	int fd;

	if (in == NULL)
		return -ENOMEM;
	in->features = INSTANCE_NO_OPENAT2;
	fd = vfs_open(&ns, (struct vfs_at){.dir = AT_FDCWD, .path = path}, flags, 0, 0);
	free(in);
	return fd;
}

int below_open(int root_fd, const char *path, int flags)
{
	int fd;

	/* Nobody waits for a FIFO that stands there instead. */
	flags |= O_CLOEXEC | ((flags & O_PATH) != 0 ? 0 : O_NONBLOCK);
	fd = host_openat2(root_fd, path, (unsigned)flags, 0, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
	if (fd == -ENOSYS || fd == -EPERM)
		fd = walk_below(root_fd, path, flags);
	return fd;
}

FILE *below_fopen(int root_fd, const char *path)
{
	int fd = below_open(root_fd, path, 0);
	FILE *f = fd >= 0 ? fdopen(fd, "r") : NULL;

	if (f == NULL && fd >= 0)
		close(fd);
	return f;
}

void below_close(FILE **f)
{
	if (*f != NULL)
		fclose(*f);
}
