#include "vm-backend/qmp.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/host.h"

#define MILLISECONDS 3000
#define LINE         16384

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* The next line, without its end; what is longer than there is room for is cut. There is one monitor in a process. */
static int read_line(int fd, char *line, size_t size, int64_t end)
{
	static char have[LINE];
	static size_t length;

	for (;;) {
		char *newline = memchr(have, '\n', length);
		struct pollfd p = {.fd = fd, .events = POLLIN};
		int64_t left = end - now();
		ssize_t n;

		if (newline != NULL || length == sizeof(have)) {
			size_t used = newline != NULL ? (size_t)(newline - have) + 1 : length;

			snprintf(line, size, "%.*s", (int)(used - 1), have);
			memmove(have, have + used, length - used);
			length -= used;
			return 0;
		}
		if (left <= 0 || poll(&p, 1, (int)left) <= 0)
			return -ETIMEDOUT;
		n = recv(fd, have + length, sizeof(have) - length, MSG_DONTWAIT);
		if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
			return -EPIPE;
		length += n > 0 ? (size_t)n : 0;
	}
}

static bool starts(const char *line, const char *with)
{
	return strncmp(line, with, strlen(with)) == 0;
}

/* QEMU's sentence: the value of "desc", whose escapes stay. */
static void take_sentence(const char *line, char *said, size_t size)
{
	static const char key[] = "\"desc\": \"";
	const char *at = strstr(line, key);
	size_t n = 0;

	at = at != NULL ? at + sizeof(key) - 1 : "";
	while (at[n] != '\0' && at[n] != '"')
		n += at[n] == '\\' && at[n + 1] != '\0' ? 2 : 1;
	snprintf(said, size, "%.*s", (int)n, at);
}

/* What happens meanwhile is told in between, as lines of another kind. */
static int take_answer(int fd, char *said, size_t size)
{
	int64_t end = now() + MILLISECONDS;
	char line[LINE];
	int r;

	snprintf(said, size, "it does not answer");
	while ((r = read_line(fd, line, sizeof(line), end)) == 0) {
		if (starts(line, "{\"return\""))
			return 0;
		if (!starts(line, "{\"error\""))
			continue;
		take_sentence(line, said, size);
		return -EIO;
	}
	return r;
}

int qmp_ask(int fd, char *said, size_t size, const char *format, ...)
{
	char request[LINE];
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(request, sizeof(request), format, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(request))
		return -E2BIG;
	if (send(fd, request, (size_t)n, MSG_NOSIGNAL) != n)
		return -EPIPE;
	return take_answer(fd, said, size);
}

int qmp_greet(int fd)
{
	char said[256];

	return qmp_ask(fd, said, sizeof(said), "{\"execute\": \"qmp_capabilities\"}\n");
}

bool qmp_quote(const char *text, char *ret, size_t size)
{
	size_t n = 0;

	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		if (n + 7 > size)
			return false;
		if (c == '"' || c == '\\')
			ret[n++] = '\\';
		if (c < 0x20)
			n += (size_t)snprintf(ret + n, size - n, "\\u%04x", c);
		else
			ret[n++] = (char)c;
	}
	ret[n] = '\0';
	return true;
}
