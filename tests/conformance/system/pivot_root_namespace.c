/*
 * pivot_root(2) in a mount namespace of one's own, by the usual ways.
 *
 * conformance: calls pivot_root, unshare
 */
#include "mounts.h"

#include <sched.h>

static long pivot(const char *new_root, const char *put_old)
{
	return syscall(SYS_pivot_root, new_root, put_old);
}

static bool has(const char *path)
{
	return access(path, F_OK) == 0;
}

static int mounts(void)
{
	FILE *f = fopen("/proc/self/mountinfo", "r");
	char line[2048];
	int n = 0;

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		n++;
	if (f != NULL)
		fclose(f);
	return n;
}

/* A namespace whose root can be moved: one that is no mount point, as a chroot's, gets one that is. */
static void begin(void)
{
	NEED(unshare(CLONE_NEWNS) == 0);
	if (do_mount(NULL, "/", NULL, MS_PRIVATE, NULL) == 0)
		return;
	NEED(errno == EINVAL && do_mount("/", "root", NULL, MS_BIND | MS_REC, NULL) == 0);
	NEED(do_mount(NULL, "root", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	NEED(chdir("root") == 0 && chroot(".") == 0 && chdir(check_directory) == 0);
}

static void in_child_of_it(void *arg)
{
	char text[8] = "";
	int fd = open("/file", O_RDONLY);

	(void)arg;
	CHECK(fd >= 0 && read(fd, text, sizeof(text)) == 1 && text[0] == 'x', "a child has the root");
	close(fd);
}

static void to_a_place(void *arg)
{
	char path[PATH_MAX], cwd[PATH_MAX];

	(void)arg;
	begin();
	NEED(do_mount("none", "new", "tmpfs", 0, NULL) == 0 && do_mount(NULL, "new", NULL, MS_PRIVATE, NULL) == 0);
	NEED(mkdir("new/old", 0755) == 0 && mkdir("new/proc", 0755) == 0 && mkdir("new/sub", 0755) == 0);
	NEED(do_mount("from", "new/sub", NULL, MS_BIND, NULL) == 0);
	check_write_file("new/file", "x");
	CHECK_ERRNO(pivot("new/old", "new/old"), EINVAL, "no mount point");
	CHECK_ERRNO(pivot("new", "new/nothing"), ENOENT, "no place for the old one");
	NEED(chdir("/") == 0);
	snprintf(path, sizeof(path), "%.4000s/new", check_directory);
	snprintf(cwd, sizeof(cwd), "%.4000s/new/old", check_directory);
	CHECK_OK(pivot(path, cwd), "another root");
	CHECK(has("/file") && has("/sub/here"), "is there, with what is mounted in it");
	CHECK(getcwd(cwd, sizeof(cwd)) != NULL && strcmp(cwd, "/") == 0 && has("file"),
	      "who was in the old one is in it");
	CHECK(has("/../file") && has("/sub/../file") && has("/sub/../../file"), "nothing is above it");
	snprintf(path, sizeof(path), "/old%.4000s/from/here", check_directory);
	CHECK(has(path), "the old one is in its place");
	CHECK(has("/old/proc/self"), "with its mounts");
	check_in_child(in_child_of_it, NULL);
	NEED(do_mount("proc", "/proc", "proc", 0, NULL) == 0);
	CHECK(mounts() > 4, "all are listed");
	CHECK_ERRNO(do_umount("/old", 0), EBUSY, "the old root is not empty");
	CHECK_OK(do_umount("/old", MNT_DETACH), "but can go");
	CHECK(!has(path) && !has("/old/proc"), "with all that was in it");
	CHECK_EQUAL(mounts(), 3, "what is left");
	CHECK_OK(rmdir("/old"), "its place, too");
	check_write_file("/sub/new", "y");
	CHECK_OK(rename("/sub/new", "/sub/newer"), "the new one can be changed");
	CHECK_ERRNO(rename("/sub/newer", "/newer"), EXDEV, "each mount by itself");
	CHECK_OK(unlink("/sub/newer"), "as before");
	CHECK_OK(chroot("/sub"), "and another root in it");
	CHECK(chdir("/") == 0 && has("/here") && !has("/file"), "is that");
}

/* Without a place: the old root lies below the new one until it is taken away. */
static void to_itself(void *arg)
{
	char cwd[PATH_MAX];

	(void)arg;
	begin();
	NEED(do_mount("from", "new", NULL, MS_BIND, NULL) == 0 && do_mount(NULL, "new", NULL, MS_PRIVATE, NULL) == 0);
	NEED(chdir("new") == 0);
	CHECK_OK(pivot(".", "."), "into itself");
	CHECK_OK(do_umount(".", MNT_DETACH), "and the old one away");
	CHECK(chdir("/") == 0 && has("/here"), "the root is the new one");
	CHECK(!has(check_directory), "nothing of the old one is left");
	CHECK(getcwd(cwd, sizeof(cwd)) != NULL && strcmp(cwd, "/") == 0, "it is called so");
	CHECK_ERRNO(do_umount("/here", 0), EINVAL, "nothing is mounted there");
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	NEED(mkdir("new", 0755) == 0 && mkdir("from", 0755) == 0 && mkdir("root", 0755) == 0);
	check_write_file("from/here", "x");
	check_in_child(to_a_place, NULL);
	check_in_child(to_itself, NULL);
	CHECK(has("from/here") && has("/proc/self"), "nobody else has noticed");
	CHECK(!has("new/file"), "anything");
	return check_end();
}
