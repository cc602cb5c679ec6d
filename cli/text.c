#include "cli/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/host.h"
#include "base/text.h"
#include "cli/libexec.h"
#include "distro/distro.h"
#include "syscall-tables/patched.h"

/* What has the system calls of nearly all programs: the dynamic linkers and the C libraries. */
static const char *const files[] = {
	"lib64/ld-linux-x86-64.so.2", "lib/x86_64-linux-gnu/libc.so.6", "lib64/libc.so.6",
	"usr/lib/libc.so.6",          "lib/ld-musl-x86_64.so.1",        "bin/busybox",
};

/* rw_store() takes no younger ones, which may still be written to. */
#define AGE_SECONDS 2

static bool cache_base(char *ret, size_t size)
{
	const char *cache = getenv("XDG_CACHE_HOME");
	int n = -1;

	if (cache != NULL && cache[0] == '/')
		n = snprintf(ret, size, "%s", cache);
	else if (distro_home() != NULL)
		n = snprintf(ret, size, "%s/.cache", distro_home());
	return n > 0 && (size_t)n < size;
}

/* A directory of the caller's alone, from which text can be mapped. */
static bool is_good(int fd)
{
	struct statvfs fs;
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_uid == geteuid() && (st.st_mode & 07777) == 0700 &&
	       fstatvfs(fd, &fs) == 0 && (fs.f_flag & ST_NOEXEC) == 0;
}

/* The directory for text of this version: a descriptor, its path without links in ret, or -1. */
static int open_cache(char *ret, size_t size)
{
	char base[PATH_MAX - 64], path[PATH_MAX], real[PATH_MAX];
	int fd CLEANUP(host_close_at) = -1;

	if (!cache_base(base, sizeof(base)))
		return -1;
	(void)mkdir(base, 0700);
	snprintf(path, sizeof(path), "%s/lxrun", base);
	(void)mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/lxrun/text-%016lx", base, (unsigned long)sys_patched_hash());
	(void)mkdir(path, 0700);
	if (realpath(path, real) == NULL || strlen(real) >= size)
		return -1;
	fd = open(real, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || !is_good(fd))
		return -1;
	strcpy(ret, real);
	return take_fd(&fd);
}

/* There, old enough, and not yet looked at? */
static bool is_missing(int cache, int root, const char *path)
{
	int fd CLEANUP(host_close_at) =
		host_openat2(root, path, O_PATH | O_CLOEXEC, 0, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
	char name[TEXT_NAME_MAX];
	struct text_key key;
	struct timespec now;
	struct stat st;

	if (fd < 0 || host_fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return false;
	text_key_of(&st, TEXT_LOOKED_AT, &key);
	(void)text_name(&key, name);
	return faccessat(cache, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0 && clock_gettime(CLOCK_REALTIME, &now) == 0 &&
	       now.tv_sec - st.st_ctim.tv_sec > AGE_SECONDS;
}

static void rewrite(const char *cache, const char *root)
{
	char program[PATH_MAX];
	char *words[ARRAY_SIZE(files) + 4] = {program, (char *)(uintptr_t)cache, (char *)(uintptr_t)root};
	pid_t pid;

	if (!libexec_look("lxrun-rewrite", program, sizeof(program)))
		return;
	memcpy(&words[3], files, sizeof(files));
	pid = fork();
	if (pid == 0) {
		execv(program, words);
		_exit(125);
	}
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

void text_prepare(const char *root, char *ret, size_t size)
{
	int cache CLEANUP(host_close_at) = open_cache(ret, size);
	int dir CLEANUP(host_close_at) = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (cache < 0 || dir < 0) {
		ret[0] = '\0';
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (is_missing(cache, dir, files[i])) {
			rewrite(ret, root);
			break;
		}
}
