/* What an ordinary user, real or believed, may do with files of one's own and of root. */
#include "../check.h"

#include <sys/sysmacros.h>

int main(int argc, char **argv)
{
	struct stat st;
	int fd;

	check_begin(argc, argv);
	if (geteuid() == 0) {
		check_skip("a user's files", "the user is root");
		return check_end();
	}
	fd = (int)CHECK_OK(open("f", O_RDWR | O_CREAT, 0666), "makes a file");
	CHECK(fstat(fd, &st) == 0 && st.st_uid == geteuid() && st.st_gid == getegid(), "it is the user's own");
	CHECK_EQUAL(st.st_mode, S_IFREG | 0644, "with the mode under the umask");
	close(fd);
	CHECK_OK(chmod("f", 0), "locks oneself out");
	CHECK_ERRNO(open("f", O_RDONLY), EACCES, "of reading");
	CHECK_ERRNO(access("f", R_OK), EACCES, "as access says");
	CHECK_OK(chmod("f", 0644), "and in again");
	CHECK_ERRNO(chown("f", 0, -1u), EPERM, "gives nothing to root");
	CHECK_OK(chown("f", geteuid(), getegid()), "to oneself one may");
	CHECK_ERRNO(chroot("."), EPERM, "does not change the root");
	CHECK_ERRNO(mknod("device", S_IFCHR | 0600, makedev(1, 3)), EPERM, "makes no devices");
	/* What succeeds although it should not is undone: the root file system is not the program's own. */
	CHECK_ERRNO(open("/etc/files_user", O_WRONLY | O_CREAT, 0644), EACCES, "writes nothing in /etc");
	unlink("/etc/files_user");
	CHECK_ERRNO(rename("/etc/passwd", "/etc/files_user"), EACCES, "and moves nothing there");
	rename("/etc/files_user", "/etc/passwd");
	CHECK_ERRNO(open("/etc/passwd", O_WRONLY), EACCES, "nor writes what is there");
	close((int)CHECK_OK(open("/etc/passwd", O_RDONLY), "but reads it"));
	CHECK_ERRNO(open("/etc/shadow", O_RDONLY), EACCES, "not secrets");
	CHECK(stat("/etc/passwd", &st) == 0 && st.st_uid == 0, "which are root's");
	return check_end();
}
