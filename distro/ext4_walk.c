#include "distro/ext4_walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "distro/archive_guest.h"

int tree_open(int dir, const char *name, const struct stat *st, int flags)
{
	int fd;

	flags |= O_NOFOLLOW | O_CLOEXEC;
	fd = openat(dir, name, flags | O_NOATIME);
	return fd >= 0 ? fd : guest_open(dir, name, st, flags);
}

int tree_names(int fd, struct names *ret)
{
	int again = fcntl(fd, F_DUPFD_CLOEXEC, 3), r = 0;
	DIR *d = again >= 0 ? fdopendir(again) : NULL;
	const struct dirent *e;
	struct name *entry;

	if (d == NULL) {
		r = -errno;
		if (again >= 0)
			close(again);
		return r;
	}
	rewinddir(d);
	for (errno = 0; r == 0 && (e = readdir(d)) != NULL; errno = 0)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			r = names_add(ret, e->d_name, strlen(e->d_name), &entry);
	if (r == 0 && errno != 0)
		r = -errno;
	closedir(d);
	return r;
}

void tree_down(int *dir, unsigned depth)
{
	if (depth < WALK_OPEN)
		return;
	close(*dir);
	*dir = -1;
}

int tree_up(int *dir, int sub, unsigned depth)
{
	if (depth < WALK_OPEN)
		return 0;
	*dir = openat(sub, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOATIME);
	if (*dir < 0)
		*dir = openat(sub, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *dir < 0 ? -errno : 0;
}
