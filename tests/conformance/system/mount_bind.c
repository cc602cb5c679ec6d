/* mount(2) with MS_BIND */
#include "mounts.h"

static const char *content(const char *path)
{
	static char text[64];
	int fd = open(path, O_RDONLY);
	ssize_t n = read(fd, text, sizeof(text) - 1);

	close(fd);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void directories(void)
{
	char cwd[PATH_MAX];
	struct stat a, b;

	CHECK_OK(do_mount("from", "to", NULL, MS_BIND, NULL), "a directory");
	CHECK_STRING(names_in("to"), "file sub", "shows what the other has");
	CHECK(stat("from/file", &a) == 0 && stat("to/file", &b) == 0 && check_same(&a, &b), "the same files");
	check_write_file("to/new", "x");
	CHECK(exists("from/new"), "new ones appear in both");
	CHECK_OK(unlink("from/new"), "and go from both");
	CHECK(!exists("to/new"), "at once");
	NEED(chdir("to/sub") == 0);
	CHECK(getcwd(cwd, sizeof(cwd)) != NULL && strcmp(cwd + strlen(cwd) - 4, "/sub") == 0, "is a place to be in");
	CHECK(stat("..", &a) == 0 && check_same(&a, &b) == false && exists("../file"), "with a parent");
	NEED(chdir("../..") == 0);
	CHECK(exists("from"), "that leads out");
	CHECK_ERRNO(rename("from", "to"), EBUSY, "it cannot be replaced");
	CHECK_ERRNO(rmdir("to"), EBUSY, "nor removed");
	CHECK_OK(do_umount("to", 0), "unmounted");
	CHECK_STRING(names_in("to"), "hidden", "what was there is back");
}

static void files(void)
{
	CHECK_OK(do_mount("from/file", "target", NULL, MS_BIND, NULL), "a file");
	CHECK_STRING(content("target"), "from", "has the other's content");
	check_write_file("target", "changed");
	CHECK_STRING(content("from/file"), "changed", "in both directions");
	CHECK_ERRNO(unlink("target"), EBUSY, "it cannot be removed");
	CHECK_ERRNO(rename("from/file", "target"), EBUSY, "nor replaced");
	CHECK_OK(do_umount("target", 0), "unmounted");
	CHECK_STRING(content("target"), "target", "has its own again");
	CHECK_ERRNO(do_mount("from/file", "to", NULL, MS_BIND, NULL), ENOTDIR, "a file onto a directory");
	CHECK_ERRNO(do_mount("from", "target", NULL, MS_BIND, NULL), ENOTDIR, "a directory onto a file");
	CHECK_ERRNO(do_mount("nowhere", "to", NULL, MS_BIND, NULL), ENOENT, "nothing");
	CHECK_ERRNO(do_mount("", "to", NULL, MS_BIND, NULL), EINVAL, "an empty path");
	CHECK_ERRNO(do_mount(NULL, "to", NULL, MS_BIND, NULL), EINVAL, "no path");
}

static void nested(void)
{
	NEED(do_mount("none", "from/sub", "tmpfs", 0, NULL) == 0);
	check_write_file("from/sub/inner", "x");
	CHECK_OK(do_mount("from", "to", NULL, MS_BIND, NULL), "a directory with a mount in it");
	CHECK_STRING(names_in("to/sub"), "", "without that");
	CHECK_ERRNO(do_umount("to/sub", 0), EINVAL, "which is not mounted there");
	NEED(do_umount("to", 0) == 0);
	CHECK_OK(do_mount("from", "to", NULL, MS_BIND | MS_REC, NULL), "with MS_REC");
	CHECK_STRING(names_in("to/sub"), "inner", "with it");
	CHECK_ERRNO(do_umount("to", 0), EBUSY, "which keeps it from being unmounted");
	CHECK_OK(do_umount("to/sub", 0), "until it is");
	CHECK_OK(do_umount("to", 0), "itself");
	CHECK_STRING(names_in("from/sub"), "inner", "the first one stays");
	CHECK_OK(do_mount("from", "to", NULL, MS_BIND | MS_REC, NULL), "once more");
	CHECK_OK(do_umount("to", MNT_DETACH), "all of it with MNT_DETACH");
	CHECK(times_mounted("to") == 0 && times_mounted("to/sub") == 0, "is gone");
	/* A bind of a bind. */
	NEED(do_mount("from/sub", "to", NULL, MS_BIND, NULL) == 0 && do_umount("from/sub", 0) == 0);
	CHECK_STRING(names_in("to"), "inner", "a bind outlives what it was made from");
	CHECK_OK(do_umount("to", 0), "and ends");
}

static void onto_itself(void)
{
	CHECK_OK(do_mount("from", "from", NULL, MS_BIND, NULL), "onto itself");
	CHECK_STRING(names_in("from"), "file sub", "shows the same");
	CHECK_OK(do_mount(NULL, "from", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL), "to be made read-only");
	CHECK_ERRNO(open("from/file", O_WRONLY), EROFS, "which it is");
	CHECK_ERRNO(chmod("from/file", 0600), EROFS, "for all");
	CHECK(has_option("from", "ro"), "says /proc/mounts");
	CHECK_OK(do_umount("from", 0), "and again");
	CHECK_OK(close(open("from/file", O_WRONLY)), "not");
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	NEED(mkdir("from", 0755) == 0 && mkdir("from/sub", 0755) == 0 && mkdir("to", 0755) == 0);
	check_write_file("from/file", "from");
	check_write_file("to/hidden", "x");
	check_write_file("target", "target");
	directories();
	files();
	nested();
	onto_itself();
	return check_end();
}
