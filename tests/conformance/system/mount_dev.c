/* What a chroot needs: /proc, /dev and /dev/pts of its own, mounted as debootstrap and schroot do, and unmounted. */
#include "mounts.h"

#include <sys/sysmacros.h>

static bool is_null(const char *path)
{
	struct stat st;
	int fd = open(path, O_RDWR);
	char byte;
	bool is = fd >= 0 && fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3) &&
		  write(fd, "x", 1) == 1 && read(fd, &byte, 1) == 0;

	close(fd);
	return is;
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	NEED(mkdir("root", 0755) == 0 && mkdir("root/proc", 0755) == 0 && mkdir("root/dev", 0755) == 0);
	CHECK_OK(do_mount("proc", "root/proc", "proc", 0, NULL), "a /proc");
	CHECK_OK(do_mount("/dev", "root/dev", NULL, MS_BIND, NULL), "a /dev");
	CHECK(is_null("root/dev/null"), "with its devices");
	CHECK_OK(do_mount("/dev/pts", "root/dev/pts", NULL, MS_BIND, NULL), "and /dev/pts in it");
	CHECK(exists("root/dev/pts/ptmx"), "with terminals");
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		if (chroot("root") != 0 || chdir("/") != 0)
			_exit(1);
		if (!is_null("/dev/null") || access("/proc/self/status", F_OK) != 0)
			_exit(2);
		if (!exists("/dev/pts/ptmx"))
			_exit(3);
		_exit(0);
	}
	NEED(waitpid(pid, &status, 0) == pid);
	CHECK_EQUAL(WEXITSTATUS(status), 0, "all seen from inside");
	CHECK_ERRNO(do_umount("root/dev", 0), EBUSY, "the outer one stays");
	CHECK_OK(do_umount("root/dev/pts", 0), "until the inner one has gone");
	CHECK_OK(do_umount("root/dev", 0), "then it goes");
	CHECK_OK(do_umount("root/proc", 0), "and /proc");
	CHECK_STRING(names_in("root/dev"), "", "nothing is left");
	CHECK_STRING(names_in("root/proc"), "", "there either");
	CHECK(is_null("/dev/null") && exists("/dev/pts/ptmx") && exists("/proc/self"), "the others are as before");
	return check_end();
}
