/* Access control lists in the text form of setfacl(1), with numbers: "u::rwx,u:1001:r-x,g::r--,m::rwx,o::---". */
#include "../check.h"

#include <grp.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <sys/xattr.h>

#define ACCESS  "system.posix_acl_access"
#define DEFAULT "system.posix_acl_default"

struct acl {
	struct posix_acl_xattr_header header;
	struct posix_acl_xattr_entry entry[32];
};

CHECK_UNUSED static size_t acl_parse(const char *text, struct acl *ret)
{
	size_t n = 0;

	ret->header.a_version = POSIX_ACL_XATTR_VERSION;
	while (*text != '\0' && n < 32) {
		char tag = text[0], perm[4] = "";
		unsigned id = ACL_UNDEFINED_ID;
		bool named = text[2] != ':';

		NEED(named ? sscanf(text + 1, ":%u:%3[rwx-]", &id, perm) == 2
			   : sscanf(text + 1, "::%3[rwx-]", perm) == 1);
		ret->entry[n].e_tag = tag == 'u'   ? named ? ACL_USER : ACL_USER_OBJ
				      : tag == 'g' ? named ? ACL_GROUP : ACL_GROUP_OBJ
				      : tag == 'm' ? ACL_MASK
						   : ACL_OTHER;
		ret->entry[n].e_perm = 0;
		for (int i = 0; i < 3; i++)
			ret->entry[n].e_perm |= perm[i] != '-' ? 4u >> i : 0;
		ret->entry[n++].e_id = id;
		text += strcspn(text, ",");
		text += *text == ',';
	}
	return sizeof(ret->header) + n * sizeof(ret->entry[0]);
}

CHECK_UNUSED static int acl_set(const char *path, const char *name, const char *text)
{
	struct acl a;
	size_t n = acl_parse(text, &a);

	return setxattr(path, name, &a, n, 0);
}

/* "none" where there is no list. */
CHECK_UNUSED static const char *acl_text(const char *path, const char *name)
{
	static char text[1024];
	struct acl a;
	ssize_t n = getxattr(path, name, &a, sizeof(a));
	size_t at = 0, count;

	if (n < 0)
		return errno == ENODATA ? "none" : strerrorname_np(errno);
	count = ((size_t)n - sizeof(a.header)) / sizeof(a.entry[0]);
	text[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		unsigned tag = a.entry[i].e_tag, perm = a.entry[i].e_perm;
		char id[12] = "";

		if (tag == ACL_USER || tag == ACL_GROUP)
			snprintf(id, sizeof(id), "%u", a.entry[i].e_id);
		else if (a.entry[i].e_id != ACL_UNDEFINED_ID)
			snprintf(id, sizeof(id), "?");
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%c:%s:%c%c%c", i > 0 ? "," : "",
				       tag == ACL_USER || tag == ACL_USER_OBJ     ? 'u'
				       : tag == ACL_GROUP || tag == ACL_GROUP_OBJ ? 'g'
				       : tag == ACL_MASK                          ? 'm'
										  : 'o',
				       id, perm & 4 ? 'r' : '-', perm & 2 ? 'w' : '-', perm & 1 ? 'x' : '-');
	}
	return text;
}

CHECK_UNUSED static mode_t acl_mode(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_mode & 07777 : 0xffff;
}

/* False, and a line that says so, where the file system has none. */
CHECK_UNUSED static bool acl_prepare(void)
{
	check_write_file("probe", "");
	if (acl_set("probe", ACCESS, "u::rw-,g::r--,o::r--") < 0 && errno == EOPNOTSUPP) {
		check_skip("access control lists", "this file system has none");
		return false;
	}
	NEED(unlink("probe") == 0);
	return true;
}

struct acl_user {
	uid_t uid;
	gid_t gid, groups[2];
	int count;
};

/* For a child: somebody else, without capabilities. */
CHECK_UNUSED static void acl_become(const struct acl_user *u)
{
	NEED(setgroups((size_t)u->count, u->groups) == 0);
	NEED(setresgid(u->gid, u->gid, u->gid) == 0 && setresuid(u->uid, u->uid, u->uid) == 0);
}
