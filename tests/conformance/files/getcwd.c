/* getcwd(2). */
#include "../check.h"

static char buf[PATH_MAX + 1];

static long call(char *to, size_t size)
{
	return syscall(SYS_getcwd, to, size);
}

static void is(const char *want, const char *what)
{
	memset(buf, '#', sizeof(buf));
	CHECK_EQUAL(call(buf, sizeof(buf)), strlen(want) + 1, "the length with the NUL");
	CHECK_STRING(buf, want, what);
}

int main(int argc, char **argv)
{
	char want[PATH_MAX + 64];
	long n;

	check_begin(argc, argv);
	is(check_directory, "the current directory");
	n = (long)strlen(check_directory) + 1;
	CHECK_EQUAL(call(buf, (size_t)n), n, "a buffer that just fits");
	CHECK_ERRNO(call(buf, (size_t)n - 1), ERANGE, "a buffer that is too small");
	CHECK_ERRNO(call(buf, 0), ERANGE, "an empty buffer");
	CHECK_ERRNO(call((char *)8, PATH_MAX), EFAULT, "a buffer that is not there");
	NEED(mkdir("d", 0755) == 0 && mkdir("d/e", 0755) == 0 && symlink("d/e", "link") == 0);
	NEED(chdir("link") == 0);
	snprintf(want, sizeof(want), "%s/d/e", check_directory);
	is(want, "behind a link");
	NEED(rename("../../d", "../../renamed") == 0);
	snprintf(want, sizeof(want), "%s/renamed/e", check_directory);
	is(want, "a directory above has a new name");
	NEED(rmdir("../e") == 0);
	CHECK_ERRNO(call(buf, sizeof(buf)), ENOENT, "a removed directory");
	CHECK_OK(chdir("."), "is one all the same");
	CHECK_ERRNO(open("f", O_RDWR | O_CREAT, 0644), ENOENT, "in which nothing can be made");
	CHECK_OK(chdir(".."), "it still has a parent");
	snprintf(want, sizeof(want), "%s/renamed", check_directory);
	is(want, "which has a path");
	NEED(chdir("/") == 0);
	is("/", "the root");
	NEED(chdir("/proc") == 0);
	is("/proc", "a mount point");
	NEED(chdir("/proc/self/fd") == 0);
	snprintf(want, sizeof(want), "/proc/%d/fd", (int)getpid());
	is(want, "in /proc");
	NEED(chdir("/dev") == 0);
	is("/dev", "/dev");
	return check_end();
}
