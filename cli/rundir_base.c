#include "cli/rundir_base.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/host.h"
#include "cli/rundir.h"
#include "distro/distro.h"

/* "/rPID-XXXXXX" with the largest pid that there is. */
#define NAME_MAX_LENGTH 16

bool rundir_is_name(const char *name)
{
	size_t digits;

	if (name[0] != 'r')
		return false;
	digits = strspn(name + 1, "0123456789");
	return digits > 0 && digits < 11 && name[1 + digits] == '-' && strlen(name + 2 + digits) == 6 &&
	       strchr(name, '/') == NULL;
}

/* In the order of preference; rundir.h says why. */
enum { BASE_RUNTIME, BASE_SHM, BASE_TMP, BASE_CACHE };
_Static_assert(BASE_CACHE + 1 == RUNDIR_BASES && BASE_SHM == RUNDIR_BASE_FIXED && BASE_TMP + 1 == RUNDIR_BASE_FIXED_END,
	       "rundir_base.h");

bool rundir_base_path(int which, char *path, size_t size)
{
	const char *run = getenv("XDG_RUNTIME_DIR"), *cache = getenv("XDG_CACHE_HOME");
	int n;

	if (which == BASE_RUNTIME && run != NULL && run[0] == '/')
		n = snprintf(path, size, "%s/lxrun", run);
	else if (which == BASE_SHM)
		n = snprintf(path, size, "/dev/shm/lxrun-%u", geteuid());
	else if (which == BASE_TMP)
		n = snprintf(path, size, "/tmp/lxrun-%u", geteuid());
	else if (which == BASE_CACHE && cache != NULL && cache[0] == '/')
		n = snprintf(path, size, "%s/lxrun", cache);
	else if (which == BASE_CACHE && distro_home() != NULL)
		n = snprintf(path, size, "%s/.cache/lxrun", distro_home());
	else
		return false;
	return n > 0 && (size_t)n < size;
}

/* A directory, no link, that nobody else can look into: its descriptor, or -errno. */
static int open_private(const char *path)
{
	int fd CLEANUP(host_close_at) = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_uid != geteuid() || (st.st_mode & 0777) != 0700)
		return -EPERM;
	return take_fd(&fd);
}

int rundir_base_open(int which)
{
	char path[PATH_MAX];

	return rundir_base_path(which, path, sizeof(path)) ? open_private(path) : -ENOENT;
}

/* The directory that a base is in: what others made must be theirs to make, what is the caller's is made. */
static int prepare_parent(int which, const char *path)
{
	char parent[PATH_MAX];
	int fd;

	snprintf(parent, sizeof(parent), "%.*s", (int)(strrchr(path, '/') - path), path);
	if (which == BASE_RUNTIME) {
		fd = open_private(parent);
		if (fd < 0)
			return fd;
		close(fd);
	} else if (which == BASE_CACHE && mkdir(parent, 0700) < 0 && errno != EEXIST) {
		return -errno;
	}
	return 0;
}

static int make_base(int which, const char *path)
{
	int r = prepare_parent(which, path);

	if (r < 0)
		return r;
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return -errno;
	return open_private(path);
}

int rundir_base_make_at(int which)
{
	char path[PATH_MAX];

	return rundir_base_path(which, path, sizeof(path)) ? make_base(which, path) : -ENOENT;
}

static bool allows_exec(int fd)
{
	struct statvfs fs;

	return fstatvfs(fd, &fs) == 0 && (fs.f_flag & ST_NOEXEC) == 0;
}

static void explain(char *message, size_t size, const char *path, int r)
{
	if (r == -EPERM || r == -ELOOP || r == -ENOTDIR)
		snprintf(message, size,
			 "'%s' is not a directory of yours alone (mode 0700): remove it, or set XDG_RUNTIME_DIR", path);
	else if (r == -EACCES)
		snprintf(message, size, "'%s' does not allow programs to be executed: set XDG_RUNTIME_DIR", path);
	else if (r == -ENAMETOOLONG)
		snprintf(message, size, "'%s' is too long for names of sockets in it: set XDG_RUNTIME_DIR", path);
	else
		snprintf(message, size, "cannot make the directory '%s': %s", path, strerror(-r));
}

int rundir_base_make(char *path, size_t size, char *message, size_t message_size)
{
	int first = 0, from = -1;

	for (int i = 0; i < RUNDIR_BASES; i++) {
		char named[PATH_MAX], real[PATH_MAX];
		int fd CLEANUP(host_close_at) = -1;
		int r;

		if (!rundir_base_path(i, named, sizeof(named)))
			continue;
		fd = make_base(i, named);
		if (fd < 0)
			r = fd;
		else if (!allows_exec(fd))
			r = -EACCES;
		else if (realpath(named, real) == NULL)
			r = -errno;
		else if (strlen(real) + NAME_MAX_LENGTH > RUNDIR_PATH_MAX || strlen(real) >= size)
			r = -ENAMETOOLONG;
		else {
			strcpy(path, real);
			return take_fd(&fd);
		}
		/* Why the best place is none says more than why the last is. A place that is merely absent says nothing, nor
		 * does a /dev/shm without programs, which containers have. */
		if (first == 0 || first == -ENOENT || from == BASE_SHM) {
			first = r;
			from = i;
			explain(message, message_size, named, r);
		}
	}
	return first;
}
