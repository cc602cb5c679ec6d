/* How a running instance is found: links in the bases, locks in the runtime directory. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/host.h"
#include "cli/rundir.h"
#include "cli/rundir_base.h"

#define LINK_MAX_ 128

/* Processes are known by their numbers, so what is in another pid namespace (a container with the same /tmp) is another's. */
static bool link_name(const char *id, char *ret)
{
	struct stat st;

	return stat("/proc/self/ns/pid", &st) == 0 &&
	       snprintf(ret, LINK_MAX_, "d-%s-%lu", id, (unsigned long)st.st_ino) < LINK_MAX_;
}

static int set_link(int base, const char *name, const char *path)
{
	for (int i = 0; i < 2; i++) {
		if (symlinkat(path, base, name) == 0)
			return 0;
		if (errno != EEXIST || unlinkat(base, name, 0) < 0)
			return -errno;
	}
	return -EEXIST;
}

int rundir_publish(const char *id, const char *path)
{
	int common CLEANUP(host_close_at) = -1;
	int own CLEANUP(host_close_at) = -1;
	char name[LINK_MAX_], base[PATH_MAX];
	int r;

	if (!link_name(id, name))
		return -ENOENT;
	snprintf(base, sizeof(base), "%.*s", (int)(strrchr(path, '/') - path), path);
	own = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	r = own < 0 ? -errno : set_link(own, name, path);
	if (r < 0)
		return r;
	for (int i = RUNDIR_BASE_FIXED; common < 0 && i < RUNDIR_BASE_FIXED_END; i++)
		common = rundir_base_make_at(i);
	return common < 0 ? 0 : set_link(common, name, path);
}

void rundir_withdraw(const char *id, const char *path)
{
	char name[LINK_MAX_];

	for (int i = 0; link_name(id, name) && i < RUNDIR_BASES; i++) {
		int base CLEANUP(host_close_at) = rundir_base_open(i);
		char text[PATH_MAX];

		if (base >= 0 && host_readlinkat(base, name, text, sizeof(text)) > 0 && strcmp(text, path) == 0)
			(void)unlinkat(base, name, 0);
	}
}

/* A runtime directory of the caller's, for this root. */
static int open_rundir(const char *path, const char *root)
{
	int dir CLEANUP(host_close_at) = -1;
	const char *slash = strrchr(path, '/');
	char text[INSTANCE_PATH_MAX];
	struct stat st;

	if (path[0] != '/' || strlen(path) > RUNDIR_PATH_MAX || !rundir_is_name(slash + 1))
		return -ENOENT;
	dir = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0 || fstat(dir, &st) < 0 || st.st_uid != geteuid())
		return -ENOENT;
	if (host_readlinkat(dir, "r", text, sizeof(text)) < 0 || strcmp(text, root) != 0)
		return -ENOENT;
	return take_fd(&dir);
}

int rundir_find(const char *id, const char *root, char *ret_path)
{
	char name[LINK_MAX_];

	for (int i = 0; link_name(id, name) && i < RUNDIR_BASES; i++) {
		int base CLEANUP(host_close_at) = rundir_base_open(i);
		char path[PATH_MAX];
		int dir;

		if (base < 0 || host_readlinkat(base, name, path, sizeof(path)) < 0)
			continue;
		dir = open_rundir(path, root);
		if (dir < 0)
			continue;
		strcpy(ret_path, path);
		return dir;
	}
	return -ENOENT;
}

static pid_t holder(int fd, enum instance_lock which)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = which, .l_len = 1};

	if (fcntl(fd, F_GETLK, &lock) < 0 || lock.l_type == F_UNLCK)
		return 0;
	return lock.l_pid;
}

struct rundir_alive rundir_alive(int dir)
{
	int fd CLEANUP(host_close_at) = openat(dir, "shm", O_RDWR | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return (struct rundir_alive){0, 0};
	return (struct rundir_alive){.supervisor = holder(fd, INSTANCE_LOCK_SUPERVISOR),
				     .keeper = holder(fd, INSTANCE_LOCK_KEEPER)};
}
