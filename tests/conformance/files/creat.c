/* creat(2). */
#include "../check.h"

static long call(const char *path, mode_t mode)
{
	return syscall(SYS_creat, path, mode);
}

int main(int argc, char **argv)
{
	struct stat st;
	char c;
	long fd;

	check_begin(argc, argv);
	fd = CHECK_OK(call("f", 0666), "makes a file");
	CHECK_EQUAL(write((int)fd, "abc", 3), 3, "for writing");
	CHECK_ERRNO(read((int)fd, &c, 1), EBADF, "not for reading");
	close((int)fd);
	CHECK(stat("f", &st) == 0 && (st.st_mode & 07777) == 0644 && st.st_size == 3, "with the mode under the umask");
	close((int)CHECK_OK(call("f", 0600), "takes what is there"));
	CHECK(stat("f", &st) == 0 && (st.st_mode & 07777) == 0644 && st.st_size == 0, "and empties it");
	NEED(symlink("target", "link") == 0 && mkdir("d", 0755) == 0);
	close((int)CHECK_OK(call("link", 0644), "through a dangling link"));
	CHECK_OK(access("target", F_OK), "makes the target");
	CHECK_ERRNO(call("d", 0644), EISDIR, "a directory");
	CHECK_ERRNO(call("", 0644), ENOENT, "an empty path");
	CHECK_ERRNO(call("nothing/f", 0644), ENOENT, "no such directory");
	CHECK_ERRNO(call("f/f", 0644), ENOTDIR, "a file as a directory");
	return check_end();
}
