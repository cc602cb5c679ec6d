/* openat(2): where a path begins. */
#include "../check.h"

static long call(int dir, const char *path, int flags, mode_t mode)
{
	return syscall(SYS_openat, dir, path, flags, mode);
}

static bool reads(long fd, const char *want)
{
	char buf[64] = "";
	bool same = fd >= 0 && read((int)fd, buf, sizeof(buf) - 1) >= 0 && strcmp(buf, want) == 0;

	close((int)fd);
	return same;
}

static void from_directories(void)
{
	char path[PATH_MAX + 8];
	int d, p, f;

	NEED(mkdir("d", 0755) == 0 && mkdir("d/e", 0755) == 0);
	check_write_file("f", "outer");
	check_write_file("d/f", "inner");
	NEED(symlink("../f", "d/up") == 0);
	NEED((d = open("d", O_RDONLY | O_DIRECTORY)) >= 0);
	NEED((p = open("d", O_PATH)) >= 0);
	NEED((f = open("f", O_RDONLY)) >= 0);

	CHECK(reads(call(AT_FDCWD, "f", O_RDONLY, 0), "outer"), "from the current directory");
	CHECK(reads(call(d, "f", O_RDONLY, 0), "inner"), "from a directory");
	CHECK(reads(call(p, "f", O_RDONLY, 0), "inner"), "from an O_PATH descriptor");
	CHECK(reads(call(d, "../f", O_RDONLY, 0), "outer"), ".. leaves the directory");
	CHECK(reads(call(d, "up", O_RDONLY, 0), "outer"), "so does a link");
	CHECK(reads(call(d, "e/../f", O_RDONLY, 0), "inner"), ".. inside of it");
	snprintf(path, sizeof(path), "%s/f", check_directory);
	CHECK(reads(call(d, path, O_RDONLY, 0), "outer"), "an absolute path does not use the directory");
	CHECK(reads(call(-1, path, O_RDONLY, 0), "outer"), "and does not look at it");
	CHECK(reads(call(f, path, O_RDONLY, 0), "outer"), "whatever it is");

	CHECK_ERRNO(call(-1, "f", O_RDONLY, 0), EBADF, "no descriptor");
	CHECK_ERRNO(call(9999, "f", O_RDONLY, 0), EBADF, "a closed descriptor");
	CHECK_ERRNO(call(-1, "", O_RDONLY, 0), ENOENT, "an empty path comes before a bad descriptor");
	CHECK_ERRNO(call(f, "f", O_RDONLY, 0), ENOTDIR, "a file as the directory");
	CHECK_ERRNO(call(d, "", O_RDONLY, 0), ENOENT, "an empty path");
	CHECK_ERRNO(call(d, "nothing", O_RDONLY, 0), ENOENT, "no such file");
	close(CHECK_OK(call(d, "new", O_RDWR | O_CREAT, 0644), "creates in a directory"));
	CHECK_OK(access("d/new", F_OK), "there it is");
	close(CHECK_OK(call(d, ".", O_RDONLY, 0), "the directory itself"));
	close(f);
	close(p);
	close(d);
}

static void moved_and_removed(void)
{
	int d;

	NEED(mkdir("a", 0755) == 0 && mkdir("b", 0755) == 0);
	check_write_file("a/f", "moved");
	check_write_file("b/g", "beside");
	NEED((d = open("a", O_RDONLY)) >= 0);
	NEED(rename("a", "b/c") == 0);
	CHECK(reads(call(d, "f", O_RDONLY, 0), "moved"), "a descriptor follows its directory");
	CHECK(reads(call(d, "../g", O_RDONLY, 0), "beside"), ".. is where it is now");
	NEED(unlink("b/c/f") == 0 && rmdir("b/c") == 0);
	CHECK_ERRNO(call(d, "f", O_RDONLY, 0), ENOENT, "a removed directory is empty");
	CHECK_ERRNO(call(d, "f", O_RDWR | O_CREAT, 0644), ENOENT, "and nothing can be made in it");
	close(CHECK_OK(call(d, ".", O_RDONLY, 0), "it still opens itself"));
	close(d);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	from_directories();
	moved_and_removed();
	return check_end();
}
