/* cli/below.h for who has the distribution's root as its own: the kernel follows links as they are meant there. */
#include "cli/below.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Nobody's passwd is larger. */
#define FILE_MAX (16 << 20)

int below_open(int root_fd, const char *path, int flags)
{
	int fd = open(path, flags | O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	(void)root_fd;
	return fd < 0 ? -errno : fd;
}

FILE *below_fopen(int root_fd, const char *path)
{
	int fd = below_open(root_fd, path, 0);
	struct stat st;
	FILE *f;

	if (fd < 0)
		return NULL;
	f = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= FILE_MAX ? fdopen(fd, "r") : NULL;
	if (f == NULL)
		close(fd);
	return f;
}

void below_close(FILE **f)
{
	if (*f != NULL)
		fclose(*f);
}
