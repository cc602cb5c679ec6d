/* chdir(2). */
#include "../check.h"

static int call(const char *path)
{
	return (int)syscall(SYS_chdir, path);
}

static bool here(const char *name)
{
	return access(name, F_OK) == 0;
}

static void as_user(void *arg)
{
	(void)arg;
	CHECK_ERRNO(call("closed"), EACCES, "a user may not into a directory that may not be searched");
	CHECK_OK(call("passable"), "but into one that may not be read");
	CHECK_ERRNO(open(".", O_RDONLY), EACCES, "and does not read it there");
}

int main(int argc, char **argv)
{
	char path[PATH_MAX + 8];

	check_begin(argc, argv);
	NEED(mkdir("d", 0755) == 0 && mkdir("d/e", 0755) == 0 && mkdir("closed", 0700) == 0);
	NEED(mkdir("passable", 0711) == 0 && symlink("d", "link") == 0 && symlink("loop", "loop") == 0);
	check_write_file("top", "");
	check_write_file("d/in", "");
	check_as_user(as_user, NULL);
	CHECK_OK(call("d"), "a directory");
	CHECK(here("in") && !here("top"), "is where relative paths begin");
	CHECK_OK(call(".."), "..");
	CHECK(here("top"), "is its parent");
	CHECK_OK(call("link"), "through a link");
	CHECK(here("in"), "into its target");
	CHECK_OK(call("e/../.."), "along a longer path");
	CHECK(here("top"), "is here");
	snprintf(path, sizeof(path), "%s/d", check_directory);
	CHECK_OK(call(path), "an absolute path");
	CHECK(here("in"), "is there");
	CHECK_OK(call(check_directory), "and back");
	CHECK_ERRNO(call("top"), ENOTDIR, "a file");
	CHECK_ERRNO(call("nothing"), ENOENT, "nothing");
	CHECK_ERRNO(call(""), ENOENT, "an empty path");
	CHECK_ERRNO(call("loop"), ELOOP, "a link to itself");
	CHECK_ERRNO(call((const char *)8), EFAULT, "a path that is not there");
	CHECK(here("top"), "none of these moved");
	CHECK_OK(call("/"), "the root");
	CHECK_OK(call("../../.."), "has itself as parent");
	CHECK(here("proc"), "is still the root");
	CHECK_OK(call("/proc/self"), "into /proc");
	CHECK(here("status") && here("fd"), "where relative paths work");
	CHECK_OK(call("cwd"), "through a magic link");
	CHECK(here("status"), "that leads here");
	CHECK_OK(call(".."), "and up");
	CHECK(here("self") && here("version"), "to /proc");
	CHECK_OK(call(".."), "and up again");
	CHECK(here("proc"), "to the root");
	return check_end();
}
