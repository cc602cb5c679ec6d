#include "vm-backend/mconsole.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/host.h"

#define MAGIC        0xcafebabeu
#define VERSION      2
#define DATA         512
#define MILLISECONDS 3000

struct request {
	uint32_t magic, version, length;
	char data[DATA];
};

struct reply {
	uint32_t error, more, length;
	char data[DATA];
};

static int address(struct sockaddr_un *a, const char *directory, const char *name)
{
	*a = (struct sockaddr_un){.sun_family = AF_UNIX};
	return snprintf(a->sun_path, sizeof(a->sun_path), "%s/%s", directory, name) < (int)sizeof(a->sun_path)
		       ? 0
		       : -ENAMETOOLONG;
}

static int exchange(int fd, const struct sockaddr_un *to, const struct request *q)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	struct reply a;
	ssize_t n;

	if (sendto(fd, q, sizeof(*q), 0, (const struct sockaddr *)to, sizeof(*to)) < 0)
		return -errno;
	do {
		if (poll(&p, 1, MILLISECONDS) <= 0)
			return -ETIMEDOUT;
		n = recv(fd, &a, sizeof(a), 0);
		if (n < (ssize_t)offsetof(struct reply, data))
			return n < 0 ? -errno : -EPROTO;
	} while (a.more != 0);
	/* The number is one only for requests that failed with one. */
	return (int32_t)a.error > 0 ? -(int)a.error : (int)a.error;
}

int mconsole_ask(const char *directory, const char *command)
{
	int fd CLEANUP(host_close_at) = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct request q = {.magic = MAGIC, .version = VERSION};
	struct sockaddr_un own, to;
	int r;

	if (fd < 0)
		return -errno;
	if (strlen(command) >= sizeof(q.data))
		return -ENAMETOOLONG;
	strcpy(q.data, command);
	q.length = (uint32_t)strlen(command);
	r = address(&own, directory, "answers");
	if (r == 0)
		r = address(&to, directory, "mconsole");
	if (r < 0)
		return r;
	(void)unlink(own.sun_path);
	if (bind(fd, (const struct sockaddr *)&own, sizeof(own)) < 0)
		return -errno;
	r = exchange(fd, &to, &q);
	(void)unlink(own.sun_path);
	return r;
}
