/* AF_UNIX addresses for the programs of this folder. */
#ifndef LX_TESTS_CONFORMANCE_NET_UNIX_H
#define LX_TESTS_CONFORMANCE_NET_UNIX_H

#include "../check.h"

#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

#define PATH_AT offsetof(struct sockaddr_un, sun_path)

/* An address with room behind it for the NUL that the kernel puts there. */
struct name {
	union {
		struct sockaddr any;
		struct sockaddr_un un;
		char bytes[256];
	};
	socklen_t size;
};

/* The address of exactly these bytes, without a NUL. */
CHECK_UNUSED static struct name name_of(const char *path, size_t n)
{
	struct name a;

	memset(&a, 0, sizeof(a));
	a.un.sun_family = AF_UNIX;
	memcpy(a.un.sun_path, path, n);
	a.size = (socklen_t)(PATH_AT + n);
	return a;
}

CHECK_UNUSED static struct name name(const char *path)
{
	return name_of(path, strlen(path));
}

CHECK_UNUSED static int new_socket(int type)
{
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	NEED(fd >= 0);
	return fd;
}

CHECK_UNUSED static int do_bind(int fd, const char *path)
{
	struct name a = name(path);

	return bind(fd, &a.any, a.size);
}

CHECK_UNUSED static int do_connect(int fd, const char *path)
{
	struct name a = name(path);

	return connect(fd, &a.any, a.size);
}

/* A socket of this type with this name; a stream listens. */
CHECK_UNUSED static int server(int type, const char *path)
{
	int fd = new_socket(type);

	NEED(do_bind(fd, path) == 0);
	if (type != SOCK_DGRAM)
		NEED(listen(fd, 5) == 0);
	return fd;
}

/* True if the address is this path, with its NUL counted. */
CHECK_UNUSED static bool name_is(const struct name *a, const char *path)
{
	size_t n = strlen(path);

	return a->size == PATH_AT + n + 1 && a->un.sun_family == AF_UNIX && memcmp(a->bytes + PATH_AT, path, n) == 0 &&
	       a->bytes[PATH_AT + n] == '\0';
}

CHECK_UNUSED static bool own_name_is(int fd, const char *path)
{
	struct name a = {.size = sizeof(a.bytes)};

	return getsockname(fd, &a.any, &a.size) == 0 && name_is(&a, path);
}

CHECK_UNUSED static bool peer_name_is(int fd, const char *path)
{
	struct name a = {.size = sizeof(a.bytes)};

	return getpeername(fd, &a.any, &a.size) == 0 && name_is(&a, path);
}

/* A connected pair by way of a named server: [0] is the client's end. */
CHECK_UNUSED static void connected(int listener, const char *path, int ret[2])
{
	ret[0] = new_socket(SOCK_STREAM);
	NEED(do_connect(ret[0], path) == 0);
	ret[1] = accept(listener, NULL, NULL);
	NEED(ret[1] >= 0);
}

/* The check's directory and this behind it. */
CHECK_UNUSED static const char *below(const char *rest)
{
	static char path[PATH_MAX + 128];

	snprintf(path, sizeof(path), "%s/%s", check_directory, rest);
	return path;
}

#endif
