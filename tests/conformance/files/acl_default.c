/*
 * What is made in a directory with a default access control list.
 *
 * conformance: calls open, mkdir, mknod, symlink
 */
#include "acl-common.h"

static const char *const lists[] = {
	"u::rwx,u:1001:rwx,g::r-x,m::rwx,o::r-x",
	"u::rwx,u:1001:r--,g::---,g:33:rw-,m::r--,o::---",
	"u::rw-,g::r--,o::---",
	"u::rwx,g::rwx,o::rwx",
	"u::---,g::---,o::---",
	"u::r-x,g::rwx,m::rwx,o::--x",
};

static const mode_t modes[] = {0777, 0640, 02666, 0, 04755, 01777};
/* The later ones only with the first list. */
#define SOME 3

static void tell(const char *path, const char *what, mode_t mode)
{
	struct stat st;

	NEED(lstat(path, &st) == 0);
	printf("ok - %s %04o: %04o %u:%u", what, mode, st.st_mode & 07777, st.st_uid, st.st_gid);
	printf(" access %s", acl_text(path, ACCESS));
	printf(" default %s\n", acl_text(path, DEFAULT));
}

static void make(mode_t mode)
{
	int fd = open("f", O_RDWR | O_CREAT | O_EXCL, mode);

	CHECK(fd >= 0, "a file is made, and open whatever its mode");
	close(fd);
	tell("f", "open", mode);
	NEED(unlink("f") == 0);
	fd = open("f", O_RDWR | O_CREAT, mode);
	NEED(fd >= 0 && close(fd) == 0);
	tell("f", "open without O_EXCL", mode);
	NEED(unlink("f") == 0);
	NEED(mkdir("d", mode) == 0);
	tell("d", "mkdir", mode);
	NEED(rmdir("d") == 0);
	NEED(mknod("n", S_IFREG | mode, 0) == 0);
	tell("n", "mknod", mode);
	NEED(unlink("n") == 0);
}

static void temporary(mode_t mode)
{
	int fd = open(".", O_RDWR | O_TMPFILE, mode);
	char path[64];

	if (fd < 0)
		return;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	NEED(linkat(AT_FDCWD, path, AT_FDCWD, "t", AT_SYMLINK_FOLLOW) == 0);
	tell("t", "O_TMPFILE", mode);
	NEED(unlink("t") == 0);
	close(fd);
}

static void make_all(bool all)
{
	for (size_t i = 0; i < (all ? sizeof(modes) / sizeof(modes[0]) : SOME); i++) {
		make(modes[i]);
		temporary(modes[i] & 0777);
	}
}

static void in(const char *list, mode_t mask)
{
	umask(mask);
	printf("ok - default %s, umask %03o\n", list, mask);
	NEED(acl_set(".", DEFAULT, list) == 0);
	make_all(list == lists[0]);
}

/* Below one another. */
static void deeper(void)
{
	NEED(acl_set(".", DEFAULT, lists[0]) == 0);
	NEED(mkdir("a", 0777) == 0 && mkdir("a/b", 0755) == 0 && mkdir("a/b/c", 0700) == 0);
	tell("a/b/c", "the third level", 0700);
	NEED(symlink("x", "a/b/link") == 0);
	CHECK_ERRNO(lgetxattr("a/b/link", ACCESS, NULL, 0), EOPNOTSUPP, "a link gets none");
	NEED(chmod("a", 02775) == 0 && chown("a", 0, 44) == 0 && chmod("a", 02775) == 0);
	NEED(mkdir("a/g", 0777) == 0);
	tell("a/g", "with the group of the directory", 0777);
	CHECK_OK(removexattr("a/b", DEFAULT), "without a default list");
	NEED(mkdir("a/b/d", 0777) == 0);
	tell("a/b/d", "the umask counts again", 0777);
	NEED(rmdir("a/b/d") == 0 && unlink("a/b/link") == 0 && rmdir("a/b/c") == 0 && rmdir("a/b") == 0);
	NEED(rmdir("a/g") == 0 && rmdir("a") == 0);
}

static void as_user(void *arg)
{
	static const struct acl_user user = {CHECK_USER, CHECK_USER, {33}, 1};

	(void)arg;
	acl_become(&user);
	NEED(chdir("users") == 0);
	in(lists[0], 0);
	in(lists[1], 077);
	in(lists[4], 022);
	NEED(removexattr(".", DEFAULT) == 0);
	CHECK_OK(mkdir("own", 0700), "nothing stays");
	tell("own", "behind it", 0700);
	NEED(rmdir("own") == 0);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	if (!acl_prepare())
		return check_end();
	NEED(mkdir("users", 0755) == 0 && chown("users", CHECK_USER, CHECK_USER) == 0 && mkdir("roots", 0755) == 0);
	NEED(chdir("roots") == 0);
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		in(lists[i], 022);
	in(lists[0], 0777);
	in(lists[1], 0);
	deeper();
	NEED(chdir("..") == 0);
	check_in_child(as_user, NULL);
	return check_end();
}
