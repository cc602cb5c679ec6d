#include "guest-tools/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int file_read_fd(struct pool *p, int fd, char **ret, size_t *ret_size)
{
	struct text t = {.pool = p};
	char buf[16384];

	for (;;) {
		ssize_t n = read(fd, buf, sizeof(buf));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		text_bytes(&t, buf, (size_t)n);
		if (t.used > FILES_MAX)
			return -EFBIG;
	}
	*ret = text_end(&t);
	*ret_size = t.used;
	return 0;
}

int file_read(struct pool *p, const char *path, char **ret, size_t *ret_size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), r;

	if (fd < 0)
		return -errno;
	r = file_read_fd(p, fd, ret, ret_size);
	close(fd);
	return r;
}

static int write_all(int fd, const char *text)
{
	size_t left = strlen(text);

	while (left > 0) {
		ssize_t n = write(fd, text, left);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		text += n;
		left -= (size_t)n;
	}
	return 0;
}

int file_write(const char *path, const char *text, mode_t mode)
{
	char part[PATH_MAX];
	int fd, r;

	if (snprintf(part, sizeof(part), "%s.XXXXXX", path) >= (int)sizeof(part))
		return -ENAMETOOLONG;
	fd = mkostemp(part, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = write_all(fd, text);
	if (r == 0 && fchmod(fd, mode) < 0)
		r = -errno;
	if (close(fd) < 0 && r == 0)
		r = -errno;
	if (r == 0 && rename(part, path) < 0)
		r = -errno;
	if (r < 0)
		(void)unlink(part);
	return r;
}

int make_directories(const char *path, mode_t mode)
{
	char part[PATH_MAX];
	size_t length = strlen(path);

	if (length >= sizeof(part))
		return -ENAMETOOLONG;
	for (size_t i = 1; i <= length; i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		if (mkdir(part, path[i] == '\0' ? mode : 0755) < 0 && errno != EEXIST)
			return -errno;
	}
	return 0;
}

static int by_text(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

void directory_names(struct pool *p, const char *path, struct list *ret)
{
	DIR *d = opendir(path);
	struct dirent *e;
	size_t before = ret->count;

	if (d == NULL)
		return;
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] != '.')
			list_add(p, ret, pool_copy(p, e->d_name));
	}
	closedir(d);
	if (ret->count > before)
		qsort(ret->items + before, ret->count - before, sizeof(*ret->items), by_text);
}

/* `above` matches so far; `rest` are the components to come. */
static void match(struct pool *p, const char *above, const char *rest, struct list *ret)
{
	size_t length = strcspn(rest, "/");
	char *pattern = pool_text(p, rest, length);
	const char *next = rest + length + strspn(rest + length, "/");
	struct list names = {NULL};

	if (strpbrk(pattern, "*?[") == NULL)
		list_add(p, &names, pattern);
	else
		directory_names(p, above[0] != '\0' ? above : "/", &names);
	for (size_t i = 0; i < names.count; i++) {
		char *path = pool_format(p, "%s/%s", above, names.items[i]);

		if (names.items[i] != pattern && fnmatch(pattern, names.items[i], FNM_PERIOD) != 0)
			continue;
		if (*next != '\0')
			match(p, path, next, ret);
		else if (access(path, F_OK) == 0)
			list_add(p, ret, path);
	}
}

void files_matching(struct pool *p, const char *pattern, struct list *ret)
{
	if (pattern[0] == '/')
		match(p, "", pattern + strspn(pattern, "/"), ret);
}
