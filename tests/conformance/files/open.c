/* open(2): flags, modes, links, and what is refused. */
#include "../check.h"

static long call(const char *path, int flags, mode_t mode)
{
	return syscall(SYS_open, path, flags, mode);
}

static mode_t mode_of(const char *path)
{
	struct stat st;

	NEED(lstat(path, &st) == 0);
	return st.st_mode & 07777;
}

static void creating(void)
{
	char buf[8];
	long fd, again;

	fd = CHECK_OK(call("f", O_RDWR | O_CREAT | O_EXCL, 06777), "creates a file");
	CHECK_EQUAL(mode_of("f"), 06755, "the umask is taken off the mode, other bits stay");
	CHECK_EQUAL(write(fd, "hello", 5), 5, "it can be written");
	CHECK_EQUAL(fcntl(fd, F_GETFD), 0, "without O_CLOEXEC");
	close(fd);
	CHECK_ERRNO(call("f", O_RDWR | O_CREAT | O_EXCL, 0644), EEXIST, "O_EXCL with a name that is taken");
	fd = CHECK_OK(call("f", O_RDWR | O_CREAT, 0600), "O_CREAT opens what is there");
	CHECK_EQUAL(mode_of("f"), 06755, "and leaves its mode alone");
	close(fd);
	fd = CHECK_OK(call("f", O_WRONLY | O_APPEND | O_CLOEXEC, 0), "O_APPEND and O_CLOEXEC");
	CHECK_EQUAL(fcntl(fd, F_GETFD), FD_CLOEXEC, "close-on-exec is set");
	CHECK_EQUAL(fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND), O_WRONLY | O_APPEND, "F_GETFL tells the flags");
	NEED(write(fd, "!", 1) == 1);
	CHECK_ERRNO(read(fd, buf, 1), EBADF, "a descriptor for writing does not read");
	again = call("f", O_RDONLY, 0);
	CHECK_EQUAL(read(again, buf, sizeof(buf)), 6, "appended");
	close(again);
	close(fd);
	close(CHECK_OK(call("f", O_WRONLY | O_TRUNC, 0), "O_TRUNC"));
	again = call("f", O_RDONLY, 0);
	CHECK_EQUAL(read(again, buf, sizeof(buf)), 0, "empties the file");
	close(again);
	fd = CHECK_OK(call("none", O_RDWR | O_CREAT, 0), "a new file with mode 0 is open all the same");
	CHECK_EQUAL(write(fd, "x", 1), 1, "and can be written");
	CHECK_EQUAL(mode_of("none"), 0, "its mode is 0");
	close(fd);
	fd = CHECK_OK(call("f", O_RDONLY | 0x10000000, 0), "unknown flags are ignored");
	close(fd);
	fd = CHECK_OK(call("f", O_RDONLY, 07777777), "so is a mode without O_CREAT");
	close(fd);
}

static void links(void)
{
	struct stat a, b;
	long fd;

	NEED(symlink("f", "link") == 0);
	NEED(symlink("loop", "loop") == 0);
	NEED(symlink("target", "dangling") == 0);
	fd = CHECK_OK(call("link", O_RDONLY, 0), "follows a link");
	close(fd);
	CHECK_ERRNO(call("link", O_RDONLY | O_NOFOLLOW, 0), ELOOP, "O_NOFOLLOW and a link");
	CHECK_ERRNO(call("link", O_RDONLY | O_NOFOLLOW | O_DIRECTORY, 0), ENOTDIR,
		    "O_NOFOLLOW, O_DIRECTORY and a link");
	CHECK_ERRNO(call("loop", O_RDONLY, 0), ELOOP, "a link to itself");
	CHECK_ERRNO(call("dangling", O_RDONLY, 0), ENOENT, "a dangling link");
	CHECK_ERRNO(call("dangling", O_RDWR | O_CREAT | O_EXCL, 0644), EEXIST,
		    "O_EXCL does not follow a dangling link");
	CHECK_ERRNO(call("dangling", O_RDWR | O_CREAT | O_NOFOLLOW, 0644), ELOOP, "nor does O_NOFOLLOW");
	close(CHECK_OK(call("dangling", O_RDWR | O_CREAT, 0644), "O_CREAT follows a dangling link"));
	CHECK(lstat("target", &a) == 0 && stat("dangling", &b) == 0 && check_same(&a, &b), "and makes its target");

	fd = CHECK_OK(call("link", O_PATH | O_NOFOLLOW, 0), "O_PATH and O_NOFOLLOW open the link itself");
	NEED(lstat("link", &a) == 0);
	CHECK(fstat((int)fd, &b) == 0 && check_same(&a, &b) && S_ISLNK(b.st_mode), "it is the link");
	close(fd);
}

static void absolute(void)
{
	char path[PATH_MAX + 8];
	struct stat a, b;
	long fd;

	snprintf(path, sizeof(path), "%s/f", check_directory);
	close(CHECK_OK(call(path, O_RDONLY, 0), "an absolute path"));
	NEED(symlink(path, "absolute") == 0);
	close(CHECK_OK(call("absolute", O_RDONLY, 0), "an absolute link"));
	snprintf(path, sizeof(path), "/../../..%.4000s/f", check_directory);
	close(CHECK_OK(call(path, O_RDONLY, 0), ".. of the root is the root"));
	fd = CHECK_OK(call("/..", O_RDONLY | O_DIRECTORY, 0), "/.. opens");
	CHECK(stat("/", &a) == 0 && fstat((int)fd, &b) == 0 && check_same(&a, &b), "and is the root");
	close(fd);
}

static void refused(void)
{
	NEED(mkdir("d", 0755) == 0);
	CHECK_ERRNO(call("nothing", O_RDONLY, 0), ENOENT, "no such file");
	CHECK_ERRNO(call("", O_RDONLY, 0), ENOENT, "an empty path");
	CHECK_ERRNO(call("", O_RDONLY | O_CREAT, 0644), ENOENT, "an empty path with O_CREAT");
	CHECK_ERRNO(call("nothing/f", O_RDWR | O_CREAT, 0644), ENOENT, "no such directory");
	CHECK_ERRNO(call("f/g", O_RDONLY, 0), ENOTDIR, "a file as a directory");
	CHECK_ERRNO(call("f/", O_RDONLY, 0), ENOTDIR, "a slash behind a file");
	CHECK_ERRNO(call("f/.", O_RDONLY, 0), ENOTDIR, "a dot behind a file");
	CHECK_ERRNO(call("f", O_RDONLY | O_DIRECTORY, 0), ENOTDIR, "O_DIRECTORY and a file");
	CHECK_ERRNO(call("f", O_RDWR | O_CREAT | O_DIRECTORY, 0644), EINVAL, "O_DIRECTORY and O_CREAT");
	CHECK_ERRNO(call("new/", O_RDWR | O_CREAT, 0644), EISDIR, "O_CREAT and a slash behind a new name");
	CHECK_ERRNO(call("f/", O_RDWR | O_CREAT, 0644), EISDIR, "O_CREAT and a slash behind a file");
	CHECK_ERRNO(call("d", O_RDWR, 0), EISDIR, "writing a directory");
	CHECK_ERRNO(call("d", O_RDONLY | O_CREAT, 0644), EISDIR, "O_CREAT and a directory");
	CHECK_ERRNO(call("d", O_RDONLY | O_CREAT | O_EXCL, 0644), EEXIST, "O_CREAT, O_EXCL and a directory");
	CHECK_ERRNO(call(".", O_RDONLY | O_CREAT, 0644), EISDIR, "O_CREAT and .");
	CHECK_ERRNO(call("..", O_RDONLY | O_CREAT | O_EXCL, 0644), EEXIST, "O_CREAT, O_EXCL and ..");
	CHECK_ERRNO(call("d", O_WRONLY | O_TRUNC, 0), EISDIR, "O_TRUNC and a directory");
	CHECK_ERRNO(call((const char *)8, O_RDONLY, 0), EFAULT, "a path that is not there");
	close(CHECK_OK(call("d/", O_RDONLY, 0), "a slash behind a directory"));
	close(CHECK_OK(call("d//.//..///f", O_RDONLY, 0), "slashes and dots"));
}

static void numbers(void)
{
	long first = call("f", O_RDONLY, 0);
	long fd;

	close(first);
	NEED(mkdir("d/e", 0755) == 0 && symlink("../../f", "d/e/up") == 0);
	fd = call("d/e/../e/up", O_RDONLY, 0);
	CHECK_EQUAL(fd, first, "the lowest free number, also behind links");
	close(fd);
	fd = call("d/e/new", O_RDWR | O_CREAT, 0644);
	CHECK_EQUAL(fd, first, "the lowest free number for a new file");
	close(fd);
	fd = call("/proc/self/status", O_RDONLY, 0);
	CHECK_EQUAL(fd, first, "the lowest free number in /proc");
	close(fd);
	fd = call("/dev/null", O_RDWR, 0);
	CHECK_EQUAL(fd, first, "the lowest free number in /dev");
	close(fd);
}

static void path_only(void)
{
	struct stat a, b;
	char buf[4];
	long fd = CHECK_OK(call("f", O_PATH | O_RDWR | O_TRUNC | O_APPEND, 0), "O_PATH ignores most flags");

	CHECK_ERRNO(read(fd, buf, 1), EBADF, "it does not read");
	CHECK_ERRNO(fchmod((int)fd, 0600), EBADF, "it does not change");
	CHECK(stat("f", &a) == 0 && fstat((int)fd, &b) == 0 && check_same(&a, &b), "but it tells what it is");
	CHECK_EQUAL(fcntl(fd, F_GETFL) & O_PATH, O_PATH, "F_GETFL says O_PATH");
	close(fd);
	close(CHECK_OK(call("none", O_PATH, 0), "O_PATH needs no permission"));
}

static void as_user(void *arg)
{
	(void)arg;
	CHECK_ERRNO(call("secret", O_RDONLY, 0), EACCES, "a user may not read another's file of mode 0600");
	CHECK_ERRNO(call("f", O_WRONLY, 0), EACCES, "nor write one of mode 0644");
	close(CHECK_OK(call("f", O_RDONLY, 0), "but read it"));
	CHECK_ERRNO(call("f", O_RDONLY | O_TRUNC, 0), EACCES, "O_TRUNC is writing");
	CHECK_ERRNO(call("f", O_RDONLY | O_NOATIME, 0), EPERM, "O_NOATIME is the owner's");
	CHECK_ERRNO(call("mine", O_RDWR | O_CREAT, 0644), EACCES, "nor make a name in another's directory");
	CHECK_ERRNO(call("closed/f", O_RDONLY, 0), EACCES, "a directory that may not be searched");
	CHECK_ERRNO(call("closed/nothing", O_RDONLY, 0), EACCES, "also for a name that is not there");
	close(CHECK_OK(call("secret", O_PATH, 0), "O_PATH needs no right to read"));
	CHECK_ERRNO(call("readable", O_RDWR, 0), EACCES, "reading and writing needs both");
}

static void permissions(void)
{
	NEED(chmod("f", 0644) == 0);
	check_write_file("secret", "s");
	NEED(chmod("secret", 0600) == 0);
	check_write_file("readable", "r");
	NEED(chmod("readable", 0444) == 0);
	NEED(mkdir("closed", 0700) == 0);
	check_write_file("closed/f", "f");
	close(CHECK_OK(call("readable", O_RDWR, 0), "root may write a file of mode 0444"));
	close(CHECK_OK(call("none", O_RDWR, 0), "and open one of mode 0"));
	check_as_user(as_user, NULL);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	creating();
	links();
	absolute();
	refused();
	numbers();
	path_only();
	permissions();
	return check_end();
}
