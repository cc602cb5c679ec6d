#include "cli/below.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
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

/* More than any file of /etc that is read by lines. */
#define SIZE_MAX_BELOW (64 << 20)

static void free_text(char **text)
{
	free(*text);
}

FILE *below_fopen(int root_fd, const char *path)
{
	int fd CLEANUP(host_close_at) = below_open(root_fd, path, 0);
	char *text CLEANUP(free_text) = NULL;
	struct stat st;
	FILE *f = NULL;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > SIZE_MAX_BELOW)
		return NULL;
	text = malloc((size_t)st.st_size + 1);
	n = text != NULL ? host_pread_full(fd, text, (size_t)st.st_size, 0) : -ENOMEM;
	if (n >= 0)
		f = fmemopen(NULL, (size_t)n + 1, "w+");
	if (f == NULL)
		return NULL;
	(void)!fwrite(text, 1, (size_t)n, f);
	rewind(f);
	return f;
}

void below_close(FILE **f)
{
	if (*f != NULL)
		fclose(*f);
}
