/*
 * Links, FIFOs and sockets have owners and attributes as other files have, and directories know devices.
 *
 * conformance: not under trap: what cannot carry an attribute has no owner of its own, and a device is a regular file
 * conformance: not under walk: the same
 * conformance: not under notify: the same
 * conformance: not under ptrace: the same
 */
#include "../check.h"

#include <dirent.h>
#include <sys/xattr.h>

static void owned(const char *path, const char *what)
{
	struct stat st;

	CHECK_OK(lchown(path, 21, 22), what);
	CHECK(lstat(path, &st) == 0 && st.st_uid == 21 && st.st_gid == 22, "%s: is what lstat tells", what);
	CHECK_OK(rename(path, "d/moved"), "it moves");
	CHECK(lstat("d/moved", &st) == 0 && st.st_uid == 21 && st.st_gid == 22, "%s: wherever it goes", what);
	CHECK_OK(rename("d/moved", path), "and back");
}

static void as_user(void *arg)
{
	struct stat st;

	(void)arg;
	NEED(symlink("x", "open/link") == 0 && mkfifo("open/fifo", 0600) == 0);
	CHECK(lstat("open/link", &st) == 0 && st.st_uid == CHECK_USER, "a user's link");
	CHECK(lstat("open/fifo", &st) == 0 && st.st_uid == CHECK_USER, "a user's FIFO");
}

static unsigned char type_of(const char *name)
{
	DIR *d = opendir(".");
	struct dirent *e;
	unsigned char type = 0xff;

	NEED(d != NULL);
	while ((e = readdir(d)) != NULL)
		if (strcmp(e->d_name, name) == 0)
			type = e->d_type;
	closedir(d);
	return type;
}

int main(int argc, char **argv)
{
	char value[8];

	check_begin(argc, argv);
	NEED(mkdir("d", 0755) == 0 && mkdir("open", 0777) == 0 && chmod("open", 0777) == 0);
	NEED(symlink("nothing", "link") == 0 && mkfifo("fifo", 0600) == 0 && mknod("socket", S_IFSOCK | 0600, 0) == 0);
	NEED(mknod("char", S_IFCHR | 0600, 0x103) == 0 && mknod("block", S_IFBLK | 0600, 0x700) == 0);
	owned("link", "a link");
	owned("fifo", "a FIFO");
	owned("socket", "a socket");
	check_as_user(as_user, NULL);
	CHECK(type_of("char") == DT_CHR || type_of("char") == DT_UNKNOWN, "a directory knows character devices");
	CHECK(type_of("block") == DT_BLK || type_of("block") == DT_UNKNOWN, "and block devices");
	if (lsetxattr("link", "trusted.a", "v", 1, 0) == -1 && errno == EOPNOTSUPP) {
		check_skip("extended attributes", "the file system does not have them");
		return check_end();
	}
	CHECK_EQUAL(lgetxattr("link", "trusted.a", value, sizeof(value)), 1, "a link has attributes of root's");
	CHECK_OK(lsetxattr("fifo", "trusted.a", "v", 1, 0), "a FIFO too");
	CHECK_EQUAL(lgetxattr("fifo", "trusted.a", value, sizeof(value)), 1, "which are there");
	return check_end();
}
