/*
 * Extended attributes of symbolic links, FIFOs, sockets and devices: security.* and trusted.* like any other file's, user.* none;
 * a FIFO's and a socket's access control list.
 *
 * conformance: calls lsetxattr, lgetxattr, llistxattr, lremovexattr, rename, link, unlink
 */
#include "acl-common.h"

#include <sys/sysmacros.h>

#define LIST "u::rw-,u:1001:r-x,g::r--,m::rwx,o::---"

static const char *names_of(const char *path)
{
	static char text[512];
	char list[512];
	ssize_t n = llistxattr(path, list, sizeof(list));

	text[0] = '\0';
	for (ssize_t i = 0; i < n; i += (ssize_t)strlen(list + i) + 1)
		if (strncmp(list + i, "trusted.", 8) == 0 || strncmp(list + i, "security.lx", 11) == 0)
			strcat(strcat(text, " "), list + i);
	return n < 0 ? strerrorname_np(errno) : text;
}

static const char *value_of(const char *path, const char *name)
{
	static char value[8192];
	ssize_t n = lgetxattr(path, name, value, sizeof(value) - 1);

	value[n < 0 ? 0 : n] = '\0';
	return n < 0 ? strerrorname_np(errno) : value;
}

static void make(const char *path, mode_t type)
{
	if (type == S_IFLNK)
		NEED(symlink("nowhere", path) == 0);
	else
		NEED(mknod(path, type | 0600, makedev(1, 3)) == 0);
}

static void kind(mode_t type, const char *what)
{
	char big[3001];

	memset(big, 'b', 3000);
	big[3000] = '\0';
	make("x", type);
	CHECK_STRING(names_of("x"), "", what);
	CHECK_STRING(value_of("x", "trusted.a"), "ENODATA", "has none");
	CHECK_ERRNO(lremovexattr("x", "trusted.a"), ENODATA, "to be removed");
	CHECK_ERRNO(lsetxattr("x", "trusted.a", "v", 1, XATTR_REPLACE), ENODATA, "or replaced");
	CHECK_OK(lsetxattr("x", "trusted.a", "value", 5, XATTR_CREATE), "sets one");
	CHECK_ERRNO(lsetxattr("x", "trusted.a", "v", 1, XATTR_CREATE), EEXIST, "once");
	CHECK_STRING(value_of("x", "trusted.a"), "value", "reads it");
	CHECK_OK(lsetxattr("x", "trusted.a", "other", 5, XATTR_REPLACE), "replaces it");
	CHECK_STRING(value_of("x", "trusted.a"), "other", "reads it");
	CHECK_EQUAL(lgetxattr("x", "trusted.a", NULL, 0), 5, "its size");
	CHECK_ERRNO(lgetxattr("x", "trusted.a", big, 3), ERANGE, "has no room in less");
	CHECK_STRING(names_of("x"), " trusted.a", "it is listed");
	CHECK_OK(lsetxattr("x", "security.lxrun-test", "", 0, 0), "an empty one of another class");
	CHECK_EQUAL(lgetxattr("x", "security.lxrun-test", NULL, 0), 0, "is there");
	CHECK_OK(lsetxattr("x", "trusted.a", big, 3000, 0), "a big one");
	CHECK_STRING(value_of("x", "trusted.a"), big, "comes back");
	CHECK_OK(lremovexattr("x", "security.lxrun-test"), "one goes");
	CHECK_STRING(value_of("x", "security.lxrun-test"), "ENODATA", "is gone");

	CHECK_ERRNO(lsetxattr("x", "user.a", "v", 1, 0), EPERM, "user.* is not for it");
	CHECK_STRING(value_of("x", "user.a"), "ENODATA", "to read");
	CHECK_ERRNO(lremovexattr("x", "user.a"), EPERM, "or remove");

	NEED(lsetxattr("x", "trusted.a", "kept", 4, 0) == 0);
	CHECK_OK(lchown("x", 7, 8), "another owner");
	CHECK_STRING(value_of("x", "trusted.a"), "kept", "changes nothing");
	CHECK_OK(lchown("x", 0, 0), "nor does the first");
	CHECK_STRING(value_of("x", "trusted.a"), "kept", "again");
	CHECK_OK(rename("x", "d/y"), "it moves");
	CHECK_STRING(value_of("d/y", "trusted.a"), "kept", "with it");
	CHECK_OK(link("d/y", "x"), "a second name");
	CHECK_STRING(value_of("x", "trusted.a"), "kept", "has it");
	CHECK_OK(unlink("d/y"), "one name goes");
	CHECK_STRING(value_of("x", "trusted.a"), "kept", "the other has it");
	make("new", type);
	CHECK_OK(rename("new", "x"), "another takes its place");
	CHECK_STRING(names_of("x"), "", "and has none");
	NEED(unlink("x") == 0);
	for (int i = 0; i < 20; i++) {
		make("x", type);
		NEED(names_of("x")[0] == '\0' && lsetxattr("x", "trusted.a", "v", 1, 0) == 0 && unlink("x") == 0);
	}
	check_report(true, "what has the number of what is gone has none", "");
}

static void as_user(void *arg)
{
	char value[16];

	(void)arg;
	CHECK_ERRNO(lsetxattr("mine", "trusted.a", "v", 1, 0), EPERM, "a user sets no trusted attribute of his link");
	CHECK_ERRNO(lgetxattr("mine", "trusted.r", value, sizeof(value)), ENODATA, "and sees none");
	CHECK_STRING(names_of("mine"), "", "in the list either");
	CHECK_ERRNO(lsetxattr("mine", "security.lxrun-test", "v", 1, 0), EPERM, "nor a security one");
}

static void lists(const char *path, mode_t type)
{
	make(path, type);
	CHECK_STRING(acl_text(path, ACCESS), "none", path);
	CHECK_OK(acl_set(path, ACCESS, LIST), "a list");
	CHECK_STRING(acl_text(path, ACCESS), LIST, "is set");
	CHECK_EQUAL(acl_mode(path), 0670, "with its mode");
	CHECK_OK(chmod(path, 0640), "a mode");
	CHECK_STRING(acl_text(path, ACCESS), "u::rw-,u:1001:r-x,g::r--,m::r--,o::---", "changes it");
	CHECK_OK(chown(path, 3, 4), "an owner");
	CHECK_STRING(acl_text(path, ACCESS), "u::rw-,u:1001:r-x,g::r--,m::r--,o::---", "does not");
	CHECK_OK(removexattr(path, ACCESS), "it goes");
	CHECK_STRING(acl_text(path, ACCESS), "none", "is gone");
	CHECK_EQUAL(acl_mode(path), 0640, "the mode stays");
	CHECK_ERRNO(acl_set(path, DEFAULT, LIST), EACCES, "no default");
}

int main(int argc, char **argv)
{
	struct stat st;

	check_begin(argc, argv);
	NEED(mkdir("d", 0755) == 0 && symlink("nowhere", "probe") == 0);
	if (lsetxattr("probe", "trusted.a", "v", 1, 0) < 0) {
		check_skip("trusted attributes of a link", strerror(errno));
		return check_end();
	}
	kind(S_IFLNK, "a link");
	kind(S_IFIFO, "a FIFO");
	kind(S_IFSOCK, "a socket");
	kind(S_IFCHR, "a device");
	make("mine", S_IFLNK);
	NEED(lchown("mine", CHECK_USER, CHECK_USER) == 0 && lsetxattr("mine", "trusted.r", "v", 1, 0) == 0);
	check_as_user(as_user, NULL);
	if (!acl_prepare())
		return check_end();
	lists("fifo", S_IFIFO);
	lists("sock", S_IFSOCK);
	NEED(acl_set("d", DEFAULT, "u::rwx,u:1001:rwx,g::r-x,m::rwx,o::---") == 0);
	CHECK_OK(mkfifo("d/fifo", 0666), "a FIFO in a directory with a default list");
	CHECK_STRING(acl_text("d/fifo", ACCESS), "u::rw-,u:1001:rwx,g::r-x,m::rw-,o::---", "has its list");
	CHECK(stat("d/fifo", &st) == 0 && st.st_mode == (S_IFIFO | 0660), "and mode");
	return check_end();
}
