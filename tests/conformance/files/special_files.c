/*
 * Links, FIFOs and sockets have attributes as other files have, and directories know devices. Their owners: special_owners.c.
 *
 * conformance: not under patched: a device is a regular file to directories
 * conformance: not under trap: the same
 * conformance: not under walk: the same
 * conformance: not under notify: the same
 * conformance: not under ptrace: the same
 */
#include "../check.h"

#include <dirent.h>
#include <sys/xattr.h>

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
	NEED(symlink("nothing", "link") == 0 && mkfifo("fifo", 0600) == 0);
	NEED(mknod("char", S_IFCHR | 0600, 0x103) == 0 && mknod("block", S_IFBLK | 0600, 0x700) == 0);
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
