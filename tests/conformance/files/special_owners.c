/*
 * Symbolic links, FIFOs and sockets have an owner, and FIFOs and sockets a mode, of their own, whatever directory they are in.
 *
 * conformance: calls lchown, chown, fchown, fchownat, chmod, fchmod, mknod, symlink, link, rename, unlink, lstat
 */
#include "../check.h"

#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

#define GROUP 22

static void is(const char *path, uid_t uid, gid_t gid, mode_t mode, const char *what)
{
	struct stat st = {0};
	struct statx x = {0};

	CHECK(lstat(path, &st) == 0 && st.st_uid == uid && st.st_gid == gid && st.st_mode == mode, "%s", what);
	CHECK(statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &x) == 0 && x.stx_uid == uid &&
		      x.stx_gid == gid && x.stx_mode == mode,
	      "%s: statx", what);
}

static void make(const char *path, mode_t type)
{
	if (type == S_IFLNK)
		NEED(symlink("target", path) == 0);
	else
		NEED(mknod(path, type | 0600, 0) == 0);
}

static mode_t mode_of(mode_t type)
{
	return type | (type == S_IFLNK ? 0777 : 0600);
}

/* What root does to one of the kind. */
static void kind(mode_t type)
{
	const mode_t mode = mode_of(type);
	struct stat st;
	int fd;

	make("a", type);
	is("a", 0, 0, mode, "root's");
	CHECK_OK(lchown("a", 21, GROUP), "another owner");
	is("a", 21, GROUP, mode, "is told");
	CHECK_OK(lchown("a", -1u, 23), "another group");
	is("a", 21, 23, mode, "the owner stays");
	CHECK_OK(fchownat(AT_FDCWD, "a", 24, -1u, AT_SYMLINK_NOFOLLOW), "another owner by fchownat");
	is("a", 24, 23, mode, "the group stays");

	CHECK_OK(rename("a", "of7/b"), "it moves to another's directory");
	is("of7/b", 24, 23, mode, "and keeps its owner");
	CHECK_OK(link("of7/b", "c"), "another name");
	is("c", 24, 23, mode, "has the owner, too");
	CHECK_OK(lchown("c", 25, 26), "an owner by one name");
	is("of7/b", 25, 26, mode, "is the other's");
	CHECK_OK(unlink("of7/b"), "one name goes");
	is("c", 25, 26, mode, "the other keeps the owner");

	make("d", type);
	CHECK_OK(rename("d", "c"), "a new one takes its place");
	is("c", 0, 0, mode, "with its own owner");
	CHECK_OK(lchown("c", 25, 26), "that one's owner");
	CHECK_OK(unlink("c"), "is gone");
	for (int i = 0; i < 20; i++) {
		make("c", type);
		is("c", 0, 0, mode, "what has its number is another's");
		NEED(lchown("c", 25, 26) == 0 && unlink("c") == 0);
	}

	make("of7/root", type);
	is("of7/root", 0, 0, mode, "root's in another's directory");
	CHECK_OK(rename("of7/root", "root"), "goes home");
	is("root", 0, 0, mode, "as root's");
	CHECK_OK(rename("root", "of7/root"), "and back");
	is("of7/root", 0, 0, mode, "as root's");
	CHECK_OK(lchown("of7/root", 7, 8), "it becomes the directory's owner's");
	is("of7/root", 7, 8, mode, "as is told");
	fd = open("of7/root", O_PATH | O_NOFOLLOW);
	CHECK(fd >= 0 && fstat(fd, &st) == 0 && st.st_uid == 7 && st.st_gid == 8, "by a descriptor as well");
	close(fd);
	CHECK_OK(rename("of7/root", "seven"), "and leaves");
	is("seven", 7, 8, mode, "as it is");
	make("e", type);
	CHECK_OK(renameat2(AT_FDCWD, "seven", AT_FDCWD, "e", RENAME_EXCHANGE), "two change names");
	is("e", 7, 8, mode, "the one");
	is("seven", 0, 0, mode, "the other");
	CHECK_OK(link("e", "of7/e"), "a name in the owner's directory");
	is("of7/e", 7, 8, mode, "changes nothing");
	CHECK_OK(chown("of7", 9, 9), "whoever owns that");
	is("of7/e", 7, 8, mode, "a link keeps its owner");
	NEED(chown("of7", 7, 8) == 0);
	fd = open("e", O_PATH | O_NOFOLLOW);
	NEED(fd >= 0);
	CHECK_OK(fchownat(fd, "", 31, 32, AT_EMPTY_PATH), "an owner by descriptor");
	is("e", 31, 32, mode, "is told");
	close(fd);
	NEED(unlink("e") == 0 && unlink("of7/e") == 0 && unlink("seven") == 0);
}

/* A directory that changes hands does not take along what is in it. */
static void directory(mode_t type)
{
	const mode_t mode = mode_of(type);
	char name[32];

	NEED(mkdir("home", 0755) == 0);
	for (int i = 0; i < 50; i++) {
		snprintf(name, sizeof(name), "home/%d", i);
		make(name, type);
	}
	NEED(lchown("home/1", 41, 42) == 0);
	CHECK_OK(chown("home", 41, 42), "a directory gets another owner");
	is("home/0", 0, 0, mode, "what is in it stays root's");
	is("home/49", 0, 0, mode, "all of it");
	is("home/1", 41, 42, mode, "or another's");
	CHECK_OK(rename("home/0", "of7/0"), "it moves");
	is("of7/0", 0, 0, mode, "as root's");
	CHECK_OK(chown("home", -1u, 43), "another group");
	is("home/1", 41, 42, mode, "is the directory's");
	CHECK_OK(chown("home", 0, 0), "it is root's again");
	is("home/1", 41, 42, mode, "what is in it stays another's");
	is("home/2", 0, 0, mode, "and what was root's");
	for (int i = 1; i < 50; i++) {
		snprintf(name, sizeof(name), "home/%d", i);
		NEED(unlink(name) == 0);
	}
	NEED(unlink("of7/0") == 0 && rmdir("home") == 0);
}

/* Modes that the host's inode may not have. */
static void modes(mode_t type, const char *what)
{
	static const mode_t tried[] = {0, 0444, 0222, 04755, 02644, 01777, 0600};
	int fd;

	make("a", type);
	for (size_t i = 0; i < sizeof(tried) / sizeof(tried[0]); i++) {
		CHECK_OK(chmod("a", tried[i]), what);
		is("a", 0, 0, type | tried[i], "a mode");
	}
	CHECK_OK(chown("a", 21, GROUP), "an owner");
	CHECK_OK(chmod("a", 0060), "and a mode");
	is("a", 21, GROUP, type | 0060, "are told");
	CHECK_OK(rename("a", "of7/a"), "it moves");
	is("of7/a", 21, GROUP, type | 0060, "with both");
	CHECK_OK(chown("of7/a", 0, 0), "back");
	CHECK_OK(chmod("of7/a", 0600), "to what there was");
	is("of7/a", 0, 0, type | 0600, "is told");
	NEED(unlink("of7/a") == 0);
	if (type != S_IFIFO)
		return;
	NEED(mkfifo("a", 0600) == 0);
	fd = open("a", O_RDWR | O_NONBLOCK);
	NEED(fd >= 0);
	CHECK_OK(fchown(fd, 21, GROUP), "fchown");
	CHECK_OK(fchmod(fd, 0404), "fchmod");
	is("a", 21, GROUP, S_IFIFO | 0404, "are told");
	close(fd);
	NEED(unlink("a") == 0);
}

static void bind_at(const char *path)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(name.sun_path, path);
	CHECK_OK(bind(fd, (struct sockaddr *)&name, sizeof(name)), "a socket is bound");
	close(fd);
}

/* Root's capabilities go beyond what the umask left. */
static void closed(void)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "socket"};
	int server = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0), fd;

	(void)umask(0777);
	CHECK_OK(bind(server, (struct sockaddr *)&name, sizeof(name)), "a socket for nobody");
	CHECK_OK(mkfifo("fifo", 0666), "a FIFO for nobody");
	(void)umask(0);
	is("socket", 0, 0, S_IFSOCK, "has the mode");
	is("fifo", 0, 0, S_IFIFO, "likewise");
	NEED(listen(server, 1) == 0);
	CHECK_OK(connect(client, (struct sockaddr *)&name, sizeof(name)), "root reaches it");
	CHECK_ERRNO(open("socket", O_RDWR), ENXIO, "though not by open");
	fd = open("fifo", O_RDWR | O_NONBLOCK);
	CHECK(fd >= 0, "root opens the FIFO");
	close(fd);
	close(client);
	close(server);
	NEED(unlink("socket") == 0 && unlink("fifo") == 0);
}

static void as_user(void *arg)
{
	static const mode_t types[] = {S_IFLNK, S_IFIFO, S_IFSOCK};

	(void)arg;
	(void)umask(022);
	for (size_t i = 0; i < 3; i++) {
		make("sticky/mine", types[i]);
		is("sticky/mine", CHECK_USER, CHECK_USER, mode_of(types[i]), "a user's own in a shared directory");
		CHECK_ERRNO(lchown("sticky/mine", 0, -1u), EPERM, "is not given away");
		CHECK_OK(lchown("sticky/mine", CHECK_USER, CHECK_USER), "to oneself");
		CHECK_OK(rename("sticky/mine", "sticky/other"), "moves");
		CHECK_OK(link("sticky/other", "sticky/third"), "has another name");
		is("sticky/third", CHECK_USER, CHECK_USER, mode_of(types[i]), "which is the user's");
		CHECK_OK(unlink("sticky/third"), "which goes");
		CHECK_OK(unlink("sticky/other"), "and goes");
	}
	CHECK_OK(mkfifo("open/fifo", 0666), "a FIFO");
	is("open/fifo", CHECK_USER, CHECK_USER, S_IFIFO | 0644, "has what the umask leaves");
	CHECK_OK(chmod("open/fifo", 0), "closed");
	CHECK_ERRNO(open("open/fifo", O_RDONLY | O_NONBLOCK), EACCES, "to its owner, too");
	CHECK_OK(chmod("open/fifo", 0400), "for reading");
	CHECK_ERRNO(open("open/fifo", O_RDWR | O_NONBLOCK), EACCES, "not for writing");
	CHECK_OK(symlink("x", "setgid/link"), "a link in a directory with S_ISGID");
	is("setgid/link", CHECK_USER, GROUP, S_IFLNK | 0777, "has its group");
	bind_at("sticky/socket");
	is("sticky/socket", CHECK_USER, CHECK_USER, S_IFSOCK | 0755, "and is the user's");

	CHECK_ERRNO(unlink("sticky/rootlink"), EPERM, "root's link in a sticky directory stays");
	CHECK_ERRNO(unlink("sticky/rootfifo"), EPERM, "root's FIFO, too");
	CHECK_ERRNO(rename("sticky/rootlink", "sticky/x"), EPERM, "under its name");
	CHECK_ERRNO(rename("sticky/socket", "sticky/rootlink"), EPERM, "and is not replaced");
	CHECK_OK(unlink("sticky/given"), "a link that was given to the user goes");
	CHECK_ERRNO(chmod("sticky/rootfifo", 0666), EPERM, "root's mode stays");
	CHECK_ERRNO(lchown("sticky/rootlink", CHECK_USER, -1u), EPERM, "and root's owner");
	CHECK_OK(chmod("sticky/givenfifo", 0640), "the mode of what was given");
	is("sticky/givenfifo", CHECK_USER, 5, S_IFIFO | 0640, "is the user's to change");
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	(void)umask(0);
	NEED(mkdir("of7", 0755) == 0 && chown("of7", 7, 8) == 0);
	NEED(mkdir("sticky", 0777) == 0 && chmod("sticky", 01777) == 0);
	NEED(mkdir("open", 0777) == 0 && mkdir("setgid", 0777) == 0 && chown("setgid", 0, GROUP) == 0);
	NEED(chmod("setgid", 02777) == 0);
	kind(S_IFLNK);
	kind(S_IFIFO);
	kind(S_IFSOCK);
	closed();
	directory(S_IFLNK);
	directory(S_IFIFO);
	directory(S_IFSOCK);
	modes(S_IFIFO, "a FIFO");
	modes(S_IFSOCK, "a socket");

	NEED(symlink("x", "sticky/rootlink") == 0 && mkfifo("sticky/rootfifo", 0600) == 0);
	NEED(symlink("x", "sticky/given") == 0 && lchown("sticky/given", CHECK_USER, 5) == 0);
	NEED(mkfifo("sticky/givenfifo", 0600) == 0 && chown("sticky/givenfifo", CHECK_USER, 5) == 0);
	check_as_user(as_user, NULL);
	is("sticky/socket", CHECK_USER, CHECK_USER, S_IFSOCK | 0755, "a user's socket");
	is("setgid/link", CHECK_USER, GROUP, S_IFLNK | 0777, "a user's link");
	return check_end();
}
