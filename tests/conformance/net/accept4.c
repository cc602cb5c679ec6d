/* accept4(2): accept(2) with flags. */
#include "unix.h"

static int take(int fd, int flags, struct name *a)
{
	int client = new_socket(SOCK_STREAM);

	NEED(do_connect(client, "s") == 0);
	a->size = sizeof(a->bytes);
	return accept4(fd, &a->any, &a->size, flags);
}

int main(int argc, char **argv)
{
	struct name a;
	int fd, got;

	check_begin(argc, argv);
	fd = server(SOCK_STREAM, "s");
	CHECK_OK(got = take(fd, 0, &a), "no flags");
	CHECK(fcntl(got, F_GETFD) == 0 && (fcntl(got, F_GETFL) & O_NONBLOCK) == 0, "an ordinary descriptor");
	CHECK_EQUAL(a.size, sizeof(sa_family_t), "the address is told");
	CHECK_OK(got = take(fd, SOCK_CLOEXEC, &a), "SOCK_CLOEXEC");
	CHECK(fcntl(got, F_GETFD) == FD_CLOEXEC && (fcntl(got, F_GETFL) & O_NONBLOCK) == 0, "closed by exec");
	CHECK_OK(got = take(fd, SOCK_NONBLOCK, &a), "SOCK_NONBLOCK");
	CHECK(fcntl(got, F_GETFD) == 0 && (fcntl(got, F_GETFL) & O_NONBLOCK) != 0, "does not wait");
	CHECK_OK(got = take(fd, SOCK_CLOEXEC | SOCK_NONBLOCK, &a), "both");
	CHECK(fcntl(got, F_GETFD) == FD_CLOEXEC && (fcntl(got, F_GETFL) & O_NONBLOCK) != 0, "are both");
	CHECK_ERRNO(take(fd, 4, &a), EINVAL, "another flag");
	CHECK_OK(accept4(fd, NULL, NULL, 0), "which has taken nobody");
	CHECK_ERRNO(accept4(-1, &a.any, &a.size, 0), EBADF, "no descriptor");
	CHECK_ERRNO(accept4(-1, &a.any, &a.size, 4), EBADF, "comes before bad flags");
	return check_end();
}
