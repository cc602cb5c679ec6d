/* Access ACLs and the permission bits: each says what the other says. */
#include "../check.h"

#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#define NAME "system.posix_acl_access"

struct acl {
	struct posix_acl_xattr_header header;
	struct posix_acl_xattr_entry entry[5];
};

static long set(const char *path, const struct acl *a, size_t entries)
{
	return setxattr(path, NAME, a, sizeof(a->header) + entries * sizeof(a->entry[0]), 0);
}

static long set_minimal(const char *path, unsigned mode)
{
	const struct acl a = {.header.a_version = POSIX_ACL_XATTR_VERSION,
			      .entry = {{ACL_USER_OBJ, mode >> 6 & 7, ACL_UNDEFINED_ID},
					{ACL_GROUP_OBJ, mode >> 3 & 7, ACL_UNDEFINED_ID},
					{ACL_OTHER, mode & 7, ACL_UNDEFINED_ID}}};

	return set(path, &a, 3);
}

static long set_extended(const char *path)
{
	static const struct acl a = {.header.a_version = POSIX_ACL_XATTR_VERSION,
				     .entry = {{ACL_USER_OBJ, 6, ACL_UNDEFINED_ID},
					       {ACL_USER, 7, 1234},
					       {ACL_GROUP_OBJ, 4, ACL_UNDEFINED_ID},
					       {ACL_MASK, 5, ACL_UNDEFINED_ID},
					       {ACL_OTHER, 1, ACL_UNDEFINED_ID}}};

	return set(path, &a, 5);
}

static unsigned mode_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_mode & 07777 : 0xffff;
}

static void check_on(const char *path, const char *what)
{
	char text[128], value[128];

	snprintf(text, sizeof(text), "sets a minimal ACL of %s", what);
	CHECK_OK(set_minimal(path, 0640), text);
	snprintf(text, sizeof(text), "which is the mode of %s", what);
	CHECK_EQUAL(mode_of(path), 0640, text);
	CHECK_ERRNO(getxattr(path, NAME, value, sizeof(value)), ENODATA, "and no ACL");
	CHECK_OK(set_minimal(path, 0406), "one with less for the owner");
	CHECK_EQUAL(mode_of(path), 0406, "is the mode, too");
	CHECK_OK(set_extended(path), "sets an ACL with more entries");
	CHECK_EQUAL(mode_of(path), 0651, "whose mask is the group's part of the mode");
	CHECK_EQUAL(getxattr(path, NAME, value, sizeof(value)), 44, "and which is there");
	CHECK_OK(chmod(path, 0700), "chmod");
	CHECK_EQUAL(mode_of(path), 0700, "sets the mode");
	CHECK_OK(removexattr(path, NAME), "removes the ACL");
	CHECK_EQUAL(mode_of(path), 0700, "which leaves the mode");
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	check_write_file("plain", "");
	if (set_minimal("plain", 0600) < 0 && errno == EOPNOTSUPP) {
		check_skip("access ACLs", "this file system has none");
		return check_end();
	}
	check_write_file("other", "");
	check_write_file("setuid", "");
	NEED(mkdir("directory", 0755) == 0 && mknod("device", S_IFCHR | 0600, makedev(1, 3)) == 0);
	NEED(chown("other", 7, 8) == 0 && chmod("other", 0444) == 0);
	check_on("plain", "a file");
	check_on("other", "somebody else's file");
	check_on("directory", "a directory");
	check_on("device", "a device");
	NEED(chmod("setuid", 04755) == 0);
	CHECK_OK(set_minimal("setuid", 0711), "an ACL of a set-user-ID program");
	CHECK_EQUAL(mode_of("setuid"), 04711, "leaves the bit alone");
	return check_end();
}
