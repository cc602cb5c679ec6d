/* AF_UNIX names and permissions, as an ordinary user. */
#include "unix.h"

static int result_of(int (*call)(int, const char *), const char *path)
{
	int fd = new_socket(SOCK_STREAM), r = call(fd, path), e = errno;

	close(fd);
	errno = e;
	return r;
}

int main(int argc, char **argv)
{
	struct stat st;
	int fd;

	check_begin(argc, argv);
	CHECK_OK(result_of(do_bind, "own"), "binds in a directory of its own");
	NEED(stat("own", &st) == 0);
	CHECK(st.st_uid == geteuid() && st.st_gid == getegid(), "the file is the user's");
	CHECK_OK(chmod("own", 0700), "who may change it");
	CHECK_OK(unlink("own"), "and remove it");
	CHECK_OK(result_of(do_bind, "/tmp/conformance.user"), "binds in /tmp");
	CHECK_OK(unlink("/tmp/conformance.user"), "and removes that");
	CHECK_ERRNO(result_of(do_bind, "/etc/conformance.user"), EACCES, "not in /etc");
	CHECK_ERRNO(result_of(do_bind, "/etc/passwd"), EADDRINUSE, "a name that is taken there");
	CHECK_ERRNO(result_of(do_bind, "/root/x"), EACCES, "not where it may not look");
	CHECK_ERRNO(result_of(do_connect, "/root/x"), EACCES, "nor connect");

	NEED(mkdir("closed", 0700) == 0);
	fd = server(SOCK_STREAM, "closed/s");
	CHECK_OK(result_of(do_connect, "closed/s"), "connects");
	NEED(chmod("closed", 0600) == 0);
	CHECK_ERRNO(result_of(do_connect, "closed/s"), EACCES, "not through a directory that it may not search");
	CHECK_ERRNO(result_of(do_bind, "closed/t"), EACCES, "nor bind");
	CHECK_ERRNO(result_of(do_bind, "closed/s"), EACCES, "nor learn what is there");
	NEED(chmod("closed", 0500) == 0);
	CHECK_ERRNO(result_of(do_bind, "closed/t"), EACCES, "nor bind where it may not write");
	CHECK_ERRNO(result_of(do_bind, "closed/s"), EADDRINUSE, "but learn what is there");
	NEED(chmod("closed", 0700) == 0);
	close(fd);
	return check_end();
}
