/* mount(2) with MS_MOVE */
#include "mounts.h"

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	/* A mount whose parent propagates cannot be moved. */
	NEED(mkdir("base", 0755) == 0 && do_mount("none", "base", "tmpfs", 0, NULL) == 0);
	NEED(do_mount(NULL, "base", NULL, MS_PRIVATE, NULL) == 0 && chdir("base") == 0);
	NEED(mkdir("a", 0755) == 0 && mkdir("b", 0755) == 0);
	check_write_file("file", "x");
	NEED(do_mount("none", "a", "tmpfs", 0, NULL) == 0 && mkdir("a/sub", 0755) == 0);
	NEED(do_mount("none", "a/sub", "tmpfs", 0, NULL) == 0);
	check_write_file("a/sub/file", "x");
	CHECK_ERRNO(do_mount("b", "a", NULL, MS_MOVE, NULL), EINVAL, "what is no mount");
	CHECK_ERRNO(do_mount("a", "file", NULL, MS_MOVE, NULL), EINVAL, "onto a file");
	CHECK_ERRNO(do_mount("a", "nowhere", NULL, MS_MOVE, NULL), ENOENT, "nowhere");
	CHECK_ERRNO(do_mount("nowhere", "b", NULL, MS_MOVE, NULL), ENOENT, "nothing");
	CHECK_ERRNO(do_mount("", "b", NULL, MS_MOVE, NULL), EINVAL, "an empty path");
	CHECK_ERRNO(do_mount("a", "a/sub", NULL, MS_MOVE, NULL), ELOOP, "into itself");
	CHECK_OK(do_mount("a", "b", NULL, MS_MOVE, NULL), "a mount");
	CHECK_STRING(names_in("a"), "", "leaves");
	CHECK_STRING(names_in("b/sub"), "file", "and takes along what is mounted in it");
	CHECK(times_mounted("b") == 1 && times_mounted("b/sub") == 1 && times_mounted("a") == 0, "says /proc");
	CHECK_OK(do_umount("b/sub", 0), "which can be unmounted");
	CHECK_OK(do_umount("b", 0), "at the new place");
	CHECK_ERRNO(do_umount("a", 0), EINVAL, "and not at the old");
	NEED(chdir("..") == 0);
	CHECK_OK(do_umount("base", MNT_DETACH), "in the end");
	return check_end();
}
