/* bind(2) to a path: what is made, what it is called, what is refused. */
#include "unix.h"

static int result_of_bind(const char *path)
{
	int fd = new_socket(SOCK_STREAM), r = do_bind(fd, path), e = errno;

	close(fd);
	errno = e;
	return r;
}

/* Binds, is found by its name, and is called by it. */
static bool works(const char *path)
{
	int fd = new_socket(SOCK_STREAM), peer = new_socket(SOCK_STREAM);
	struct stat st;
	bool ok = do_bind(fd, path) == 0 && listen(fd, 1) == 0 && own_name_is(fd, path) && lstat(path, &st) == 0 &&
		  S_ISSOCK(st.st_mode) && do_connect(peer, path) == 0 && peer_name_is(peer, path) && unlink(path) == 0;

	close(fd);
	close(peer);
	return ok;
}

static void every_length(void)
{
	const size_t max = sizeof(((struct sockaddr_un *)NULL)->sun_path);
	size_t relative = 0, absolute = 0, base = strlen(check_directory);
	char path[128];

	for (size_t n = 1; n <= max; n++) {
		memset(path, 'n', n);
		path[n] = '\0';
		relative += works(path);
	}
	CHECK_EQUAL(relative, max, "relative names of each length from 1 to 108");
	NEED(base + 2 < max);
	for (size_t n = base + 2; n <= max; n++) {
		memset(path, 'n', n);
		memcpy(path, check_directory, base);
		path[base] = '/';
		path[n] = '\0';
		absolute += works(path);
	}
	CHECK_EQUAL(absolute, max - base - 1, "absolute names of each length up to 108");
}

static void made_file(void)
{
	int fd = new_socket(SOCK_STREAM);
	struct stat st, at;

	CHECK_OK(do_bind(fd, "file"), "binds");
	NEED(stat("file", &st) == 0 && fstat(fd, &at) == 0);
	CHECK_EQUAL(st.st_mode, S_IFSOCK | 0755, "a socket file, the umask applied");
	CHECK_EQUAL(st.st_uid, geteuid(), "of the caller's");
	CHECK_EQUAL(st.st_size, 0, "and empty");
	CHECK(st.st_ino != at.st_ino || st.st_dev != at.st_dev, "which is not what the descriptor is");
	close(fd);
	CHECK_OK(access("file", F_OK), "stays when the socket is gone");
	CHECK_ERRNO(open("file", O_RDONLY), ENXIO, "and cannot be opened");
	CHECK_ERRNO(result_of_bind("file"), EADDRINUSE, "nor bound to again");
	NEED(unlink("file") == 0);
	CHECK_OK(result_of_bind("file"), "until it is removed");
	NEED(unlink("file") == 0);

	umask(0277);
	CHECK_OK(result_of_bind("mode"), "with a umask of 0277");
	umask(022);
	NEED(stat("mode", &st) == 0);
	CHECK_EQUAL(st.st_mode, S_IFSOCK | 0500, "it has the mode that is left");
	fd = new_socket(SOCK_STREAM);
	NEED(fchmod(fd, 0600) == 0);
	CHECK_OK(do_bind(fd, "fchmod"), "a socket with a mode of its own");
	NEED(stat("fchmod", &st) == 0);
	CHECK_EQUAL(st.st_mode, S_IFSOCK | 0600, "gives it to its file");
	close(fd);
	fd = new_socket(SOCK_DGRAM);
	CHECK_OK(do_bind(fd, "datagram"), "a datagram socket");
	CHECK(own_name_is(fd, "datagram"), "has its name too");
	close(fd);
}

static void other_ways(void)
{
	char up[64];

	NEED(mkdir("dir", 0755) == 0 && mkdir("dir/sub", 0755) == 0);
	NEED(symlink("dir", "link") == 0 && symlink(below("dir"), "absolute") == 0 && symlink("loop", "loop") == 0);
	CHECK(works("dir/x"), "a relative name with a directory");
	CHECK(works("./x"), "a dot");
	CHECK(works("dir/../x"), "two dots");
	CHECK(works("dir//x"), "two slashes");
	CHECK(works("link/x"), "through a link");
	CHECK(works("absolute/sub/x"), "through an absolute link");
	CHECK(works(below("link/x")), "absolute, through a link");
	CHECK(works(below("absolute/x")), "absolute, through an absolute link");
	CHECK(works(below("dir/./x")), "absolute, with a dot");
	CHECK(works("/tmp/../tmp/conformance.x"), "absolute, with two dots");
	snprintf(up, sizeof(up), "dir/sub/../../link/../y");
	CHECK(works(up), "there and back");
	NEED(chdir("dir") == 0);
	CHECK(works("../y"), "above the current directory");
	NEED(chdir("..") == 0);

	/* Names are bytes. */
	CHECK(works("a name\twith \xc3\xa4 and \n"), "odd characters");
}

static void kernel_cuts_at_a_nul(void)
{
	struct name a = name_of("cut\0off", 7);
	int fd = new_socket(SOCK_STREAM);

	CHECK_OK(bind(fd, &a.any, a.size), "a NUL within the length");
	CHECK(own_name_is(fd, "cut"), "ends the name");
	CHECK_OK(access("cut", F_OK), "of the file too");
	close(fd);
	a = name_of("nul", 4);
	fd = new_socket(SOCK_STREAM);
	CHECK_OK(bind(fd, &a.any, a.size), "a NUL at the end");
	CHECK(own_name_is(fd, "nul"), "is counted once");
	close(fd);
}

static void refused(void)
{
	struct name a = name("x");
	int fd = new_socket(SOCK_STREAM), bound = server(SOCK_STREAM, "bound");

	CHECK_ERRNO(result_of_bind("nowhere/x"), ENOENT, "no such directory");
	CHECK_ERRNO(result_of_bind("bound/x"), ENOTDIR, "a file for a directory");
	CHECK_ERRNO(result_of_bind("loop/x"), ELOOP, "a link to itself");
	CHECK_ERRNO(result_of_bind("bound"), EADDRINUSE, "a bound name");
	CHECK_ERRNO(result_of_bind("dir"), EADDRINUSE, "a directory");
	CHECK_ERRNO(result_of_bind("link"), EADDRINUSE, "a link");
	CHECK_ERRNO(result_of_bind("loop"), EADDRINUSE, "a link that leads nowhere");
	CHECK_ERRNO(result_of_bind("/"), EADDRINUSE, "the root");
	CHECK_ERRNO(result_of_bind("."), EADDRINUSE, "a dot");
	CHECK_ERRNO(result_of_bind(".."), EADDRINUSE, "two dots");
	CHECK_ERRNO(result_of_bind("dir/."), EADDRINUSE, "a directory and a dot");
	CHECK_ERRNO(result_of_bind("dir/"), EADDRINUSE, "a directory with a slash");
	CHECK_ERRNO(result_of_bind("new/"), ENOENT, "a new name with a slash");
	CHECK_ERRNO(access("new", F_OK), ENOENT, "makes nothing");
	CHECK_ERRNO(do_bind(bound, "again"), EINVAL, "a socket that has a name");

	CHECK_ERRNO(bind(fd, &a.any, 1), EINVAL, "less than a family");
	CHECK_ERRNO(bind(fd, &a.any, 111), EINVAL, "more than an address");
	CHECK_ERRNO(bind(fd, &a.any, (socklen_t)-1), EINVAL, "a negative length");
	CHECK_ERRNO(bind(fd, NULL, 5), EFAULT, "no address");
	a.un.sun_family = AF_INET;
	CHECK_ERRNO(bind(fd, &a.any, a.size), EINVAL, "another family");
	a.un.sun_family = AF_UNIX;
	CHECK_ERRNO(bind(-1, &a.any, a.size), EBADF, "no socket");
	CHECK_ERRNO(bind(0, &a.any, a.size), ENOTSOCK, "not a socket");
	CHECK(works("still"), "and nothing is in the way");
	close(fd);
	close(bound);
	NEED(unlink("bound") == 0);
}

static void no_path(void)
{
	struct name a = name_of("\0conformance abstract", 21), b = {.size = sizeof(b.bytes)};
	int fd = new_socket(SOCK_STREAM);

	CHECK_OK(bind(fd, &a.any, a.size), "an abstract name");
	CHECK_OK(getsockname(fd, &b.any, &b.size), "is told");
	CHECK(a.size == b.size && memcmp(a.bytes, b.bytes, a.size) == 0, "as it was given");
	close(fd);

	a.un.sun_family = AF_UNIX;
	fd = new_socket(SOCK_STREAM);
	CHECK_OK(bind(fd, &a.any, sizeof(sa_family_t)), "no name");
	b.size = sizeof(b.bytes);
	CHECK_OK(getsockname(fd, &b.any, &b.size), "the kernel chooses one");
	CHECK(b.size == PATH_AT + 6 && b.bytes[PATH_AT] == '\0', "an abstract one");
	close(fd);
	a = (struct name){.un.sun_family = AF_UNIX};
	fd = new_socket(SOCK_STREAM);
	CHECK_OK(bind(fd, &a.any, PATH_AT + 1), "a single NUL is an abstract name");
	close(fd);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	every_length();
	made_file();
	other_ways();
	kernel_cuts_at_a_nul();
	refused();
	no_path();
	return check_end();
}
