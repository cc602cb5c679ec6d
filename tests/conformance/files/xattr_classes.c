/* Extended attributes: who may have which class. */
#include "xattr-common.h"

/* Version 2, CAP_NET_RAW (13) permitted and effective. */
static const uint32_t capability[5] = {0x02000001, 1 << 13, 0, 0, 0};
/* Version 3, of user 0 and of another; no version. */
static const uint32_t roots[6] = {0x03000001, 1 << 13, 0, 0, 0, 0}, others[6] = {0x03000000, 1 << 13, 0, 0, 0, 1000};
static const uint32_t nonsense[5] = {0x07000000, 1 << 13, 0, 0, 0};

/* What the kernel makes of capability sets. */
static void forms(void)
{
	static const struct {
		const void *value;
		size_t size;
		const char *what;
	} wrong[] = {{nonsense, sizeof(nonsense), "no capabilities: an unknown version"},
		     {capability, 12, "a version that is longer"},
		     {roots, sizeof(capability), "a version that is longer still"},
		     {"value", 5, "text"}};
	uint32_t got[6];

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		CHECK_ERRNO(setxattr("f", "security.capability", wrong[i].value, wrong[i].size, 0), EINVAL,
			    wrong[i].what);
	CHECK_OK(setxattr("f", "security.capability", roots, sizeof(roots), 0), "capabilities of root's namespace");
	CHECK_EQUAL(getxattr("f", "security.capability", NULL, 0), sizeof(capability), "are those of version 2");
	CHECK_EQUAL(getxattr("f", "security.capability", got, sizeof(got)), sizeof(capability), "as they are read");
	CHECK(memcmp(got, capability, sizeof(capability)) == 0, "in that form");
	CHECK_ERRNO(getxattr("f", "security.capability", got, 8), ERANGE, "a buffer that is too small for it");
	CHECK_OK(setxattr("f", "security.capability", others, sizeof(others), 0), "capabilities of another namespace");
	CHECK_EQUAL(getxattr("f", "security.capability", got, sizeof(got)), sizeof(others), "stay what they are");
	CHECK_OK(removexattr("f", "security.capability"), "and go");
}

static void empty(void *arg)
{
	char value[32];

	(void)arg;
	CHECK_ERRNO(setxattr("f", "security.capability", nonsense, sizeof(nonsense), 0), EINVAL,
		    "for a user too, nonsense is found first");
	CHECK_OK(setxattr("mine", "security.capability", "", 0, 0), "everybody may set an empty one");
	CHECK_ERRNO(getxattr("mine", "security.capability", value, sizeof(value)), EINVAL, "which cannot be read");
	CHECK_ERRNO(removexattr("mine", "security.capability"), EPERM, "or removed");
	CHECK_ERRNO(setxattr("f", "other.x", "x", 1, 0), EACCES, "an unknown class in a file that must not be written");
	CHECK_ERRNO(setxattr("mine", "other.x", "x", 1, 0), EOPNOTSUPP, "and in one that may");
}

static void as_user(void *arg)
{
	char value[8];

	(void)arg;
	CHECK_OK(getxattr("f", "user.one", value, sizeof(value)), "a user reads attributes of a file that may be read");
	CHECK_ERRNO(setxattr("f", "user.x", "x", 1, 0), EACCES, "but does not set them where writing is forbidden");
	CHECK_ERRNO(removexattr("f", "user.one"), EACCES, "nor removes them");
	CHECK_ERRNO(getxattr("secret", "user.one", value, sizeof(value)), EACCES, "nor reads those of a secret file");
	CHECK_OK(setxattr("writable", "user.x", "x", 1, 0), "sets them where writing is allowed");
	CHECK_ERRNO(getxattr("f", "trusted.one", value, sizeof(value)), ENODATA, "trusted attributes are not there");
	CHECK_ERRNO(setxattr("mine", "trusted.x", "x", 1, 0), EPERM, "and cannot be set");
	CHECK_ERRNO(setxattr("mine", "security.capability", capability, sizeof(capability), 0), EPERM,
		    "nor can capabilities");
}

int main(int argc, char **argv)
{
	uint32_t got[5] = {0};
	char names[1024], value[8];
	long n;

	check_begin(argc, argv);
	if (!xattr_prepare())
		return check_end();
	check_write_file("secret", "");
	check_write_file("writable", "");
	check_write_file("mine", "");
	NEED(setxattr("secret", "user.one", "s", 1, 0) == 0 && chmod("secret", 0600) == 0);
	NEED(chmod("writable", 0666) == 0 && chown("mine", CHECK_USER, CHECK_USER) == 0);

	CHECK_OK(setxattr("f", "trusted.one", "t", 1, 0), "root sets trusted attributes");
	CHECK(xattr_is("f", "trusted.one", "t"), "and reads them");
	n = listxattr("f", names, sizeof(names));
	CHECK(xattr_listed(names, n, "trusted.one"), "they are listed");
	CHECK_OK(setxattr("f", "security.capability", capability, sizeof(capability), 0),
		 "root gives capabilities to a file");
	CHECK_EQUAL(getxattr("f", "security.capability", got, sizeof(got)), sizeof(capability), "they are there");
	CHECK(memcmp(got, capability, sizeof(got)) == 0, "as they were given");
	check_as_user(as_user, NULL);
	CHECK_OK(removexattr("f", "security.capability"), "and takes them again");
	forms();
	check_as_user(empty, NULL);
	CHECK_OK(removexattr("f", "trusted.one"), "trusted ones too");
	CHECK_ERRNO(getxattr("f", "system.nonsense", value, sizeof(value)), EOPNOTSUPP, "an unknown system attribute");
	NEED(mkfifo("fifo", 0600) == 0);
	CHECK_ERRNO(setxattr("fifo", "user.x", "x", 1, 0), EPERM, "a FIFO has no user attributes");
	CHECK_ERRNO(getxattr("fifo", "user.x", value, sizeof(value)), ENODATA, "and none to read");
	return check_end();
}
