/* Names in the root directory that are links, then something else, then other links: each look finds what is there. */
#include "../check.h"

static char dir[16], file[32], first[256], second[256];

static void fill(const char *at, const char *text)
{
	char path[300];
	int fd;

	snprintf(path, sizeof(path), "%s/f", at);
	NEED(mkdir(at, 0755) == 0);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0644);
	NEED(fd >= 0 && write(fd, text, 1) == 1 && close(fd) == 0);
}

static char content(void)
{
	char c = '?';
	int fd = open(file, O_RDONLY);

	if (fd < 0)
		return errno == ENOENT ? '-' : errno == ENOTDIR ? '/' : '!';
	if (read(fd, &c, 1) != 1)
		c = '?';
	close(fd);
	return c;
}

int main(int argc, char **argv)
{
	char cwd[200], text[200];
	struct stat st;

	check_begin(argc, argv);
	NEED(getcwd(cwd, sizeof(cwd)) != NULL);
	/* Short, as /bin and /lib are. */
	snprintf(dir, sizeof(dir), "/l%05d", (int)(getpid() % 100000));
	snprintf(file, sizeof(file), "%s/f", dir);
	snprintf(first, sizeof(first), "%s/first", cwd);
	snprintf(second, sizeof(second), "%s/second", cwd);
	fill(first, "1");
	fill(second, "2");

	NEED(symlink(first, dir) == 0);
	CHECK_EQUAL(content(), '1', "through an absolute link");
	CHECK_EQUAL(content(), '1', "and again");
	CHECK(lstat(dir, &st) == 0 && S_ISLNK(st.st_mode), "the link itself");
	CHECK(stat(dir, &st) == 0 && S_ISDIR(st.st_mode), "what it leads to");
	CHECK_EQUAL(readlink(dir, text, sizeof(text)), (long)strlen(first), "its text");
	CHECK_ERRNO(open(dir, O_RDONLY | O_NOFOLLOW), ELOOP, "not followed");

	NEED(unlink(dir) == 0 && symlink(second + 1, dir) == 0);
	CHECK_EQUAL(content(), '2', "through a relative link in its place");
	NEED(unlink(dir) == 0);
	CHECK_EQUAL(content(), '-', "nothing");
	fill(dir, "3");
	CHECK_EQUAL(content(), '3', "a directory in its place");
	CHECK_EQUAL(content(), '3', "and again");
	NEED(unlink(file) == 0 && rmdir(dir) == 0 && symlink(dir, dir) == 0);
	CHECK_ERRNO(open(file, O_RDONLY), ELOOP, "a link to itself");
	CHECK_ERRNO(open(file, O_RDONLY), ELOOP, "and again");
	NEED(unlink(dir) == 0 && close(open(dir, O_WRONLY | O_CREAT, 0600)) == 0);
	CHECK_EQUAL(content(), '/', "a file in its place");
	NEED(unlink(dir) == 0 && symlink(first, dir) == 0);
	CHECK_ERRNO(rmdir(dir), ENOTDIR, "a link is no directory to remove");
	CHECK_OK(rename(dir, "renamed"), "renamed, the link itself");
	CHECK(lstat("renamed", &st) == 0 && S_ISLNK(st.st_mode), "is a link elsewhere");
	CHECK_EQUAL(content(), '-', "and gone from the root");
	return check_end();
}
