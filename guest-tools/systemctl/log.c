/* The output of services. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "guest-tools/systemctl/service.h"

#define LOG_MAX  (8 << 20)
#define TAIL_MAX 65536

int service_open_log(struct service *s)
{
	s->log_fd = open(state_path(s->pool, s->u->name, ".log"), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
	return s->log_fd < 0 ? -errno : 0;
}

/* The service has it open to append, so it can be cut under its hands. */
void service_trim_log(struct service *s)
{
	struct pool pool = {NULL};
	struct stat st;
	int old;

	if (s->log_fd < 0 || fstat(s->log_fd, &st) < 0 || st.st_size <= LOG_MAX)
		return;
	old = open(state_path(&pool, s->u->name, ".log.old"), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
	pool_free(&pool);
	if (old < 0)
		return;
	for (off_t at = 0; at < st.st_size;) {
		char buf[16384];
		ssize_t n = pread(s->log_fd, buf, sizeof(buf), at);

		if (n <= 0 || write(old, buf, (size_t)n) != n)
			break;
		at += n;
	}
	close(old);
	(void)!ftruncate(s->log_fd, 0);
}

char *service_log_tail(struct pool *p, const char *name, unsigned lines)
{
	int fd = open(state_path(p, name, ".log"), O_RDONLY | O_CLOEXEC);
	char *text = pool_alloc(p, TAIL_MAX + 1), *from;
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0)
		n = 0;
	else
		n = pread(fd, text, TAIL_MAX, st.st_size > TAIL_MAX ? st.st_size - TAIL_MAX : 0);
	if (fd >= 0)
		close(fd);
	if (n <= 0 || lines == 0)
		return pool_copy(p, "");
	for (ssize_t i = 0; i < n; i++) {
		if (text[i] == '\0')
			text[i] = ' ';
	}
	from = text + n - (text[n - 1] == '\n');
	while (from > text && (from[-1] != '\n' || --lines > 0))
		from--;
	return from;
}

void service_log(const struct service *s, const char *format, ...)
{
	char line[1024], stamp[32];
	time_t now = time(NULL);
	struct tm tm;
	va_list args;
	int n;

	if (s->log_fd < 0)
		return;
	va_start(args, format);
	n = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (n < 0 || localtime_r(&now, &tm) == NULL || strftime(stamp, sizeof(stamp), "%b %d %H:%M:%S", &tm) == 0)
		return;
	dprintf(s->log_fd, "%s systemctl: %s\n", stamp, line);
}
