/* The file `missed-calls` of a distribution's location: a number a line. Anything else in it is passed over. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/host.h"
#include "distro/distro.h"

/* A number of 32 bits and its newline. */
#define LINE_MAX_ 11
#define BYTES_MAX (MISSED_CALLS_MAX * LINE_MAX_)
#define NAME      "missed-calls"

bool missed_calls_add(struct missed_calls *m, uint32_t nr)
{
	for (size_t i = 0; i < m->count; i++)
		if (m->nr[i] == nr)
			return false;
	if (m->count == MISSED_CALLS_MAX)
		return false;
	m->nr[m->count++] = nr;
	return true;
}

/* A line without its end. */
static void take_line(struct missed_calls *m, const char *line, size_t length)
{
	uint64_t nr = 0;

	if (length == 0 || length >= LINE_MAX_)
		return;
	for (size_t i = 0; i < length; i++) {
		if (line[i] < '0' || line[i] > '9')
			return;
		nr = nr * 10 + (uint64_t)(line[i] - '0');
	}
	if (nr <= UINT32_MAX)
		(void)missed_calls_add(m, (uint32_t)nr);
}

void missed_calls_read(const char *location, struct missed_calls *ret)
{
	char path[PATH_MAX], text[BYTES_MAX];
	int fd CLEANUP(host_close_at) = -1;
	ssize_t n = -1;

	ret->count = 0;
	if (snprintf(path, sizeof(path), "%s/" NAME, location) < (int)sizeof(path))
		fd = host_open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0);
	if (fd >= 0)
		n = host_pread_full(fd, text, sizeof(text), 0);
	for (ssize_t at = 0; at < n;) {
		const char *end = memchr(text + at, '\n', (size_t)(n - at));

		if (end == NULL)
			return;
		take_line(ret, text + at, (size_t)(end - text - at));
		at = end - text + 1;
	}
}

int missed_calls_write(const char *location, const struct missed_calls *m)
{
	char path[PATH_MAX], fresh[PATH_MAX], text[BYTES_MAX + 1];
	int fd CLEANUP(host_close_at) = -1;
	size_t used = 0;
	int r;

	if (snprintf(path, sizeof(path), "%s/" NAME, location) >= (int)sizeof(path) ||
	    snprintf(fresh, sizeof(fresh), "%s/" NAME ".new", location) >= (int)sizeof(fresh))
		return -ENAMETOOLONG;
	for (size_t i = 0; i < m->count; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%u\n", m->nr[i]);
	fd = host_open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	r = fd < 0 ? fd : host_write_full(fd, text, used);
	if (r == 0 && rename(fresh, path) < 0)
		r = -errno;
	if (r < 0 && fd >= 0)
		(void)unlink(fresh);
	return r;
}
