/* O_TMPFILE, and giving such a file a name. */
#include "../check.h"

static void naming(void)
{
	char path[64], buf[8] = "";
	struct stat st;
	int fd = open(".", O_TMPFILE | O_RDWR, 0666);
	int again;

	CHECK(fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode), "it is a file");
	CHECK_EQUAL(st.st_nlink, 0, "without a name");
	CHECK_EQUAL(st.st_mode & 07777, 0644, "with the mode under the umask");
	CHECK_EQUAL(write(fd, "text", 4), 4, "it can be written");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	CHECK_OK(linkat(AT_FDCWD, path, AT_FDCWD, "named", AT_SYMLINK_FOLLOW), "gets a name through /proc");
	CHECK_OK(linkat(fd, "", AT_FDCWD, "named2", AT_EMPTY_PATH), "and by AT_EMPTY_PATH");
	CHECK_ERRNO(linkat(fd, "", AT_FDCWD, "named", AT_EMPTY_PATH), EEXIST, "not one that is taken");
	CHECK(stat("named", &st) == 0 && st.st_nlink == 2 && st.st_size == 4, "it is there");
	again = open("named2", O_RDONLY);
	CHECK(read(again, buf, sizeof(buf)) == 4 && strcmp(buf, "text") == 0, "with its content");
	close(again);
	close(fd);
}

int main(int argc, char **argv)
{
	int fd;

	check_begin(argc, argv);
	fd = open(".", O_TMPFILE | O_RDWR, 0600);
	if (fd == -1 && errno == EOPNOTSUPP) {
		check_skip("O_TMPFILE", "the file system does not have it");
		return check_end();
	}
	close(fd);
	naming();
	fd = open(".", O_TMPFILE | O_RDWR | O_EXCL, 0600);
	CHECK(fd >= 0, "with O_EXCL");
	CHECK_ERRNO(linkat(fd, "", AT_FDCWD, "never", AT_EMPTY_PATH), ENOENT, "it gets no name");
	close(fd);
	check_write_file("f", "");
	NEED(mkdir("d", 0755) == 0 && symlink("d", "link") == 0);
	CHECK_ERRNO(open("f", O_TMPFILE | O_RDWR, 0600), ENOTDIR, "in a file");
	CHECK_ERRNO(open("nothing", O_TMPFILE | O_RDWR, 0600), ENOENT, "in nothing");
	CHECK_ERRNO(open(".", O_TMPFILE | O_RDONLY, 0600), EINVAL, "read only");
	CHECK_ERRNO(open(".", O_TMPFILE | O_RDWR | O_CREAT, 0600), EINVAL, "with O_CREAT");
	fd = open("link", O_TMPFILE | O_WRONLY, 0600);
	CHECK(fd >= 0, "through a link to a directory");
	close(fd);
	return check_end();
}
