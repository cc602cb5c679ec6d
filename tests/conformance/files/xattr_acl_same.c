/* An access ACL that says what the mode says already, as cp and tar set it: nothing changes, also where the owner may not do a thing. */
#include "../check.h"

#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <sys/xattr.h>

static long set_same(const char *path, unsigned mode)
{
	const struct {
		struct posix_acl_xattr_header header;
		struct posix_acl_xattr_entry entry[3];
	} acl = {.header.a_version = POSIX_ACL_XATTR_VERSION,
		 .entry = {{ACL_USER_OBJ, mode >> 6 & 7, ACL_UNDEFINED_ID},
			   {ACL_GROUP_OBJ, mode >> 3 & 7, ACL_UNDEFINED_ID},
			   {ACL_OTHER, mode & 7, ACL_UNDEFINED_ID}}};

	return setxattr(path, "system.posix_acl_access", &acl, sizeof(acl), 0);
}

static void check_on(const char *path, unsigned mode)
{
	struct stat st = {0};

	NEED(chown(path, 7, 8) == 0 && chmod(path, mode) == 0);
	CHECK_OK(set_same(path, mode), "sets an ACL that is the mode");
	CHECK_OK(stat(path, &st), "stat");
	CHECK_EQUAL(st.st_mode & 07777, mode, "which stays");
	CHECK_EQUAL(st.st_uid, 7, "and so does the owner");
	CHECK_EQUAL(st.st_gid, 8, "and the group");
}

int main(int argc, char **argv)
{
	static const unsigned modes[] = {0, 0200, 0400, 0044, 0600, 02755, 06111};

	check_begin(argc, argv);
	check_write_file("file", "x");
	if (set_same("file", 0600) < 0 && errno == EOPNOTSUPP) {
		check_skip("access ACLs", "this file system has none");
		return check_end();
	}
	NEED(mkdir("directory", 0755) == 0);
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		check_on("file", modes[i]);
		check_on("directory", modes[i]);
	}
	return check_end();
}
