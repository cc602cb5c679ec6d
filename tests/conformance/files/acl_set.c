/*
 * Lists of access control: which there are, on what, who may set them, what they do to the mode and the mode to them.
 *
 * conformance: calls setxattr, getxattr, removexattr, listxattr, chmod, chown, rename, link
 */
#include "acl-common.h"

#include <sys/sysmacros.h>

#define LIST  "u::rw-,u:1001:r-x,g::r--,m::rwx,o::---"
#define OTHER "u::rwx,g::r-x,g:33:rw-,m::rwx,o::r--"

static const char *const wrong[] = {
	"u::rw-",
	"u::rw-,g::r--",
	"g::r--,u::rw-,o::r--",
	"u::rw-,g::r--,o::r--,o::r--",
	"u::rw-,u:1001:r--,g::r--,o::---",
	"u::rw-,g::r--,g:1001:r--,o::---",
	"u::rw-,g::r--,u:1001:r--,m::rwx,o::---",
	"u::rw-,g::r--,m::rwx",
	"u::rw-,u::rw-,g::r--,o::---",
	"u:1001:rw-,g::r--,m::rwx,o::---",
	"u::rw-,g::r--,m::rwx,m::rwx,o::---",
	"u::rw-,g:1001:r--,g::r--,m::rwx,o::---",
	"u::rw-,u:4294967295:rw-,g::r--,m::rwx,o::---",
};

/* Allowed, though nobody should write them. */
static const char *const odd[] = {
	"u::rw-,u:1001:r--,u:1001:rwx,g::r--,m::rwx,o::---",
	"u::rw-,u:5:r--,u:2:rwx,g::r--,m::rwx,o::---",
	"u::rw-,g::r--,m::rwx,o::---",
	"u::---,u:0:---,g::---,g:0:---,m::---,o::---",
};

static const char *listed(const char *path)
{
	static char text[512];
	char list[512];
	ssize_t n = listxattr(path, list, sizeof(list));

	text[0] = '\0';
	for (ssize_t i = 0; i < n; i += (ssize_t)strlen(list + i) + 1)
		if (strncmp(list + i, "system.", 7) == 0)
			strcat(strcat(text, " "), list + i + strlen("system.posix_acl_"));
	return text;
}

static void forms(void)
{
	struct acl a = {0};
	size_t n = acl_parse(LIST, &a);
	char few[20];

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		CHECK_ERRNO(acl_set("f", ACCESS, wrong[i]), EINVAL, wrong[i]);
		CHECK_ERRNO(acl_set("d", DEFAULT, wrong[i]), EINVAL, "as a default");
	}
	CHECK_STRING(acl_text("f", ACCESS), "none", "nothing has changed");
	CHECK_EQUAL(acl_mode("f"), 0644, "nor has the mode");
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		CHECK_OK(acl_set("f", ACCESS, odd[i]), odd[i]);
		CHECK_STRING(acl_text("f", ACCESS), odd[i], "is set");
	}
	CHECK_OK(removexattr("f", ACCESS), "removed");

	a.entry[1].e_perm = 8;
	CHECK_ERRNO(setxattr("f", ACCESS, &a, n, 0), EINVAL, "a fourth permission");
	a.entry[1].e_perm = 5;
	a.entry[1].e_tag = 3;
	CHECK_ERRNO(setxattr("f", ACCESS, &a, n, 0), EINVAL, "an unknown tag");
	CHECK_ERRNO(setxattr("f", DEFAULT, &a, n, 0), EINVAL, "comes before what a file cannot have");
	a.entry[1].e_tag = ACL_USER;
	CHECK_ERRNO(setxattr("f", ACCESS, &a, n - 1, 0), EINVAL, "half an entry");
	CHECK_ERRNO(setxattr("f", ACCESS, &a, 3, 0), EINVAL, "half a header");
	a.header.a_version = 1;
	CHECK_ERRNO(setxattr("f", ACCESS, &a, n, 0), EOPNOTSUPP, "another version");
	a.header.a_version = POSIX_ACL_XATTR_VERSION;
	a.entry[0].e_id = 77;
	CHECK_OK(setxattr("f", ACCESS, &a, n, 0), "a number where there is none");
	CHECK_STRING(acl_text("f", ACCESS), LIST, "is left out");
	CHECK_EQUAL(getxattr("f", ACCESS, NULL, 0), n, "its size");
	CHECK_ERRNO(getxattr("f", ACCESS, few, sizeof(few)), ERANGE, "a buffer that is too small");
	CHECK_OK(setxattr("f", ACCESS, &a, 4, 0), "no entries");
	CHECK_STRING(acl_text("f", ACCESS), "none", "take it away");
	CHECK_OK(acl_set("f", ACCESS, LIST), "once more");
	CHECK_OK(setxattr("f", ACCESS, NULL, 0, 0), "no value");
	CHECK_STRING(acl_text("f", ACCESS), "none", "does the same");
	CHECK_OK(removexattr("f", ACCESS), "what is not there is removed");
	CHECK_EQUAL(acl_mode("f"), 0670, "the mode is the last list's");
	NEED(chmod("f", 0644) == 0);
}

static void modes(const char *path)
{
	CHECK_OK(acl_set(path, ACCESS, LIST), path);
	CHECK_STRING(acl_text(path, ACCESS), LIST, "is set");
	CHECK_STRING(listed(path), " access", "and listed");
	CHECK_EQUAL(acl_mode(path), 0670, "the mask is the group's part of the mode");
	CHECK_OK(chmod(path, 0751), "chmod");
	CHECK_STRING(acl_text(path, ACCESS), "u::rwx,u:1001:r-x,g::r--,m::r-x,o::--x",
		     "changes owner, mask and others");
	CHECK_OK(chmod(path, 0), "to nothing");
	CHECK_STRING(acl_text(path, ACCESS), "u::---,u:1001:r-x,g::r--,m::---,o::---", "the others stay");
	CHECK_OK(chmod(path, 0444), "and back");
	CHECK_STRING(acl_text(path, ACCESS), "u::r--,u:1001:r-x,g::r--,m::r--,o::r--", "a little");
	CHECK_OK(chown(path, 1000, 33), "another owner");
	CHECK_STRING(acl_text(path, ACCESS), "u::r--,u:1001:r-x,g::r--,m::r--,o::r--", "keeps it");
	CHECK_OK(chown(path, 0, 0), "the former one");
	CHECK_STRING(acl_text(path, ACCESS), "u::r--,u:1001:r-x,g::r--,m::r--,o::r--", "too");
	CHECK_OK(acl_set(path, ACCESS, OTHER), "another list");
	CHECK_STRING(acl_text(path, ACCESS), OTHER, "takes its place");
	CHECK_EQUAL(acl_mode(path), 0774, "with its mode");
	CHECK_OK(acl_set(path, ACCESS, "u::rw-,g::r--,o::r--"), "a list that says what a mode says");
	CHECK_STRING(acl_text(path, ACCESS), "none", "is none");
	CHECK_STRING(listed(path), "", "and not listed");
	CHECK_EQUAL(acl_mode(path), 0644, "but the mode");
	CHECK_OK(acl_set(path, ACCESS, LIST), "a list");
	CHECK_OK(rename(path, "renamed"), "moves with its file");
	CHECK_STRING(acl_text("renamed", ACCESS), LIST, "as it is");
	CHECK_OK(rename("renamed", path), "and back");
	CHECK_OK(removexattr(path, ACCESS), "goes");
	CHECK_STRING(acl_text(path, ACCESS), "none", "is gone");
	CHECK_EQUAL(acl_mode(path), 0670, "and leaves its mode");
	NEED(chmod(path, 0755) == 0);
}

static void defaults(void)
{
	CHECK_OK(acl_set("d", DEFAULT, LIST), "a default list");
	CHECK_STRING(acl_text("d", DEFAULT), LIST, "is set");
	CHECK_STRING(acl_text("d", ACCESS), "none", "and the other is not");
	CHECK_STRING(listed("d"), " default", "it is listed");
	CHECK_EQUAL(acl_mode("d"), 0755, "the mode stays");
	CHECK_OK(chmod("d", 0700), "whatever it is");
	CHECK_STRING(acl_text("d", DEFAULT), LIST, "the list, too");
	CHECK_OK(acl_set("d", ACCESS, OTHER), "an access list beside it");
	CHECK_STRING(acl_text("d", DEFAULT), LIST, "both");
	CHECK_STRING(acl_text("d", ACCESS), OTHER, "are there");
	CHECK_OK(acl_set("d", DEFAULT, "u::rw-,g::r--,o::---"), "a small default list");
	CHECK_STRING(acl_text("d", DEFAULT), "u::rw-,g::r--,o::---", "is kept");
	CHECK_OK(removexattr("d", DEFAULT), "removed");
	CHECK_STRING(acl_text("d", DEFAULT), "none", "is gone");
	CHECK_STRING(acl_text("d", ACCESS), OTHER, "the other is not");
	CHECK_OK(removexattr("d", DEFAULT), "what is not there is removed");
	CHECK_ERRNO(acl_set("f", DEFAULT, LIST), EACCES, "a file has no default");
	CHECK_STRING(acl_text("f", DEFAULT), "none", "to read");
	CHECK_OK(removexattr("f", DEFAULT), "but it can be removed");
}

static void as_owner(void *arg)
{
	static const struct acl_user user = {CHECK_USER, CHECK_USER, {0}, 0};

	(void)arg;
	acl_become(&user);
	CHECK_OK(acl_set("mine", ACCESS, LIST), "an owner sets a list");
	CHECK_EQUAL(acl_mode("mine"), 0670, "which takes the set-group-ID bit that is not his to give");
	CHECK_OK(removexattr("mine", ACCESS), "and removes it");
	CHECK_ERRNO(acl_set("f", ACCESS, LIST), EPERM, "of another's file he does not");
	CHECK_ERRNO(acl_set("f", ACCESS, wrong[0]), EPERM, "that comes before what is wrong with a list");
	CHECK_ERRNO(acl_set("f", DEFAULT, LIST), EACCES, "but not before what a file cannot have");
	CHECK_ERRNO(removexattr("f", ACCESS), EPERM, "nor removes it");
	CHECK_ERRNO(acl_set("d", DEFAULT, LIST), EPERM, "or the default of a directory");
	CHECK_ERRNO(removexattr("d", DEFAULT), EPERM, "or removes that");
	CHECK_STRING(acl_text("d", ACCESS), OTHER, "anybody reads a list");
	CHECK_STRING(acl_text("secret", ACCESS), LIST, "of what he may not read, too");
}

int main(int argc, char **argv)
{
	int fd;

	check_begin(argc, argv);
	if (!acl_prepare())
		return check_end();
	check_write_file("f", "");
	check_write_file("mine", "");
	check_write_file("secret", "");
	check_write_file("plain", "");
	NEED(mkdir("d", 0755) == 0 && mkdir("plaindir", 0755) == 0 && symlink("f", "link") == 0);
	NEED(mknod("device", S_IFCHR | 0600, makedev(1, 3)) == 0);
	forms();
	modes("plain");
	modes("plaindir");
	modes("device");
	defaults();
	NEED(acl_set("secret", ACCESS, LIST) == 0);
	NEED(chown("mine", CHECK_USER, 5) == 0 && chmod("mine", 02755) == 0);
	check_in_child(as_owner, NULL);
	CHECK_OK(acl_set("link", ACCESS, LIST), "a link leads to its file");
	CHECK_STRING(acl_text("f", ACCESS), LIST, "which has the list");
	CHECK_ERRNO(lsetxattr("link", ACCESS, "", 0, 0), EOPNOTSUPP, "a link itself has none");
	CHECK_ERRNO(lgetxattr("link", ACCESS, NULL, 0), EOPNOTSUPP, "to read");
	CHECK_ERRNO(lremovexattr("link", ACCESS), EOPNOTSUPP, "or remove");
	fd = open("f", O_RDONLY);
	CHECK_OK(fremovexattr(fd, ACCESS), "by a descriptor");
	CHECK_STRING(acl_text("f", ACCESS), "none", "it goes as well");
	NEED(chown("f", 0, 6) == 0 && chmod("f", 06755) == 0);
	CHECK_OK(acl_set("f", ACCESS, OTHER), "root's list");
	CHECK_EQUAL(acl_mode("f"), 06774, "takes no bits");
	return check_end();
}
