/* symlinkat(2). */
#include "symlink-common.h"

static int call(const char *text, const char *path)
{
	return (int)syscall(SYS_symlinkat, text, AT_FDCWD, path);
}

int main(int argc, char **argv)
{
	int d, f;

	check_begin(argc, argv);
	symlink_common(call);
	d = open("d", O_PATH);
	f = open("f", O_RDONLY);
	CHECK_OK(syscall(SYS_symlinkat, "x", d, "at"), "in a directory");
	symlink_has("d/at", "x", "there it is");
	CHECK_ERRNO(syscall(SYS_symlinkat, "x", f, "at"), ENOTDIR, "in a file");
	CHECK_ERRNO(syscall(SYS_symlinkat, "x", -1, "at"), EBADF, "in nothing");
	return check_end();
}
