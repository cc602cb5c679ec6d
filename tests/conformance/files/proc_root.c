/* /proc/PID/root of a process with another root than the reader's: it leads there, not to what has its name in here. */
#include "../check.h"

#include <sys/mount.h>

static struct stat outer;
static char outside[PATH_MAX];

static void in_jail(void *arg)
{
	struct stat st, jail;
	char text[PATH_MAX], path[PATH_MAX + 64];
	const int parent = getppid();

	(void)arg;
	NEED(chroot("jail") == 0 && chdir("/") == 0 && stat("/", &jail) == 0);
	CHECK(stat("/proc/self/root/", &st) == 0 && check_same(&st, &jail), "one's own root is the jail");
	snprintf(path, sizeof(path), "/proc/%d/root", parent);
	memset(text, 0, sizeof(text));
	CHECK(readlink(path, text, sizeof(text) - 1) > 0, "another's root can be read");
	CHECK(stat(path, &st) == 0 && check_same(&st, &outer), "and followed");
	snprintf(path, sizeof(path), "/proc/%d/root/", parent);
	CHECK(stat(path, &st) == 0 && check_same(&st, &outer) && !check_same(&st, &jail), "also with a slash");
	snprintf(path, sizeof(path), "/proc/%d/root%.4000s", parent, outside);
	CHECK_OK(access(path, R_OK), "to what lies below");
	snprintf(path, sizeof(path), "/proc/%d/root/nothing here", parent);
	CHECK_ERRNO(access(path, F_OK), ENOENT, "not to what is not there");
}

static void as_user(void *arg)
{
	char path[64];

	(void)arg;
	snprintf(path, sizeof(path), "/proc/%d/root/", getppid());
	CHECK_ERRNO(access(path, F_OK), EACCES, "not to everybody");
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	NEED(stat("/", &outer) == 0 && mkdir("jail", 0755) == 0 && mkdir("jail/proc", 0755) == 0);
	NEED(mount("proc", "jail/proc", "proc", 0, NULL) == 0);
	check_write_file("file", "x");
	snprintf(outside, sizeof(outside), "%.4000s/file", check_directory);
	check_in_child(in_jail, NULL);
	check_as_user(as_user, NULL);
	NEED(umount("jail/proc") == 0);
	return check_end();
}
