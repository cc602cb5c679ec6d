#include "distro/registry_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/host.h"
#include "distro/registry_text.h"

/* Ten thousand distributions with the longest names. */
#define SIZE_MAX_BYTES (64l << 20)

/* All of a regular file; NULL and the error in *ret_error. */
static char *read_file(const char *path, size_t *ret_size, int *ret_error)
{
	/* Not to wait for the other end of a FIFO. */
	int fd CLEANUP(host_close_at) = host_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0);
	struct stat st;
	ssize_t n;
	char *text;

	*ret_error = fd < 0 ? fd : host_fstat(fd, &st);
	if (*ret_error < 0)
		return NULL;
	if (!S_ISREG(st.st_mode) || st.st_size > SIZE_MAX_BYTES) {
		*ret_error = -EBADMSG;
		return NULL;
	}
	text = malloc((size_t)st.st_size + 1);
	if (text == NULL) {
		*ret_error = -ENOMEM;
		return NULL;
	}
	n = host_pread_full(fd, text, (size_t)st.st_size, 0);
	if (n < 0) {
		*ret_error = (int)n;
		free(text);
		return NULL;
	}
	*ret_size = (size_t)n;
	return text;
}

int registry_load(const char *path, struct registry *ret)
{
	size_t size;
	int r;
	char *text = read_file(path, &size, &r);

	*ret = REGISTRY_EMPTY;
	if (text == NULL)
		return r == -ELOOP || r == -ENXIO ? -EBADMSG : r;
	r = registry_from_text(text, size, ret);
	free(text);
	return r;
}

static int to_memory(const struct registry *r, char **ret_text, size_t *ret_size)
{
	FILE *f = open_memstream(ret_text, ret_size);
	bool failed;

	if (f == NULL)
		return -ENOMEM;
	registry_to_text(r, f);
	failed = ferror(f) != 0;
	if (fclose(f) != 0 || failed) {
		free(*ret_text);
		return -ENOMEM;
	}
	return 0;
}

static int write_synced(const char *path, const char *text, size_t size)
{
	int fd CLEANUP(host_close_at) = host_open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	int r = fd < 0 ? fd : host_write_full(fd, text, size);

	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	return r;
}

/* So that the new name is there after a crash of the machine, too. Some file systems cannot: then it was all that could be. */
static void sync_directory_of(const char *path)
{
	char directory[PATH_MAX];
	const char *slash = strrchr(path, '/');
	int fd CLEANUP(host_close_at) = -1;

	snprintf(directory, sizeof(directory), "%.*s", (int)(slash - path), path);
	fd = host_open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	if (fd >= 0)
		(void)!fsync(fd);
}

static int replace(const char *path, const char *text, size_t size)
{
	char fresh[PATH_MAX];
	int r;

	if (snprintf(fresh, sizeof(fresh), "%s.new", path) >= (int)sizeof(fresh))
		return -ENAMETOOLONG;
	r = write_synced(fresh, text, size);
	if (r == 0 && rename(fresh, path) < 0)
		r = -errno;
	if (r < 0)
		(void)unlink(fresh);
	else
		sync_directory_of(path);
	return r;
}

int registry_store(const char *path, const struct registry *r)
{
	size_t size;
	char *text;
	int error = to_memory(r, &text, &size);

	if (error < 0)
		return error;
	error = replace(path, text, size);
	free(text);
	return error;
}

static bool has_content(const char *path, const char *text, size_t size)
{
	size_t n;
	int error;
	char *now = read_file(path, &n, &error);
	bool same = now != NULL && n == size && memcmp(now, text, size) == 0;

	free(now);
	return same;
}

int registry_store_copy(const struct distro *d)
{
	struct distro entry = *d;
	const struct registry one = {.distros = &entry, .count = 1, .default_version = 1, .lock = -1};
	char path[PATH_MAX], *text;
	size_t size;
	int r = distro_path(d, "distribution", path, sizeof(path));

	if (r == 0)
		r = to_memory(&one, &text, &size);
	if (r < 0)
		return r;
	if (!has_content(path, text, size))
		r = replace(path, text, size);
	free(text);
	return r;
}
