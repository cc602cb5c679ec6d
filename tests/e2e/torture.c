/*
 * torture [small|many|full] DIRECTORY: a tree made to hurt whoever copies it. small: some 60 entries, of every type, with odd owners,
 * modes, names, times, attributes, hard links and holes. many: with a directory of 3000 files and 70 levels, too. full: 100,000 files
 * in one directory, 66,000 subdirectories in another, 300 levels, files beyond 4 GB.
 *
 * Run in a distribution, as its root. What the kernel does not let its caller do is a failure.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

#define SETFLAGS _IOW('f', 2, long)

static void fail(const char *what, const char *name)
{
	fprintf(stderr, "torture: %s: %s: %s\n", what, name, strerror(errno));
	exit(1);
}

static void must(int r, const char *what, const char *name)
{
	if (r < 0)
		fail(what, name);
}

static void put(const char *name, mode_t mode, uid_t uid, gid_t gid, const void *bytes, size_t n)
{
	int fd = open(name, O_CREAT | O_EXCL | O_WRONLY, 0600);

	must(fd, "open", name);
	if (write(fd, bytes, n) != (ssize_t)n)
		fail("write", name);
	must(fchown(fd, uid, gid), "chown", name);
	must(fchmod(fd, mode), "chmod", name);
	close(fd);
}

static void set(const char *name, const char *attribute, const void *value, size_t n)
{
	must(lsetxattr(name, attribute, value, n, 0), attribute, name);
}

static void at(const char *name, int64_t atime, long ansec, int64_t mtime, long mnsec)
{
	struct timespec t[] = {{.tv_sec = atime, .tv_nsec = ansec}, {.tv_sec = mtime, .tv_nsec = mnsec}};

	must(utimensat(AT_FDCWD, name, t, AT_SYMLINK_NOFOLLOW), "utimensat", name);
}

static void modes(void)
{
	static const mode_t odd[] = {0, 01, 0400, 0444, 0200, 04755, 02755, 06711, 01777, 07777};
	char name[32];

	must(mkdir("modes", 0755), "mkdir", "modes");
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		snprintf(name, sizeof(name), "modes/%04o", odd[i]);
		put(name, odd[i], i % 2 != 0 ? 1000 : 0, i % 3 != 0 ? 1000 : 0, name, strlen(name));
	}
	put("modes/far", 0640, 70000, 4294967294u, "", 0);
	must(mkdir("modes/closed", 0), "mkdir", "modes/closed");
	must(mkdir("modes/shared", 0755), "mkdir", "modes/shared");
	must(chown("modes/shared", 12, 34), "chown", "modes/shared");
	must(chmod("modes/shared", 03777), "chmod", "modes/shared");
}

static void device(const char *name, mode_t mode, unsigned a, unsigned b)
{
	must(mknod(name, mode, makedev(a, b)), "mknod", name);
	must(chown(name, 0, 6), "chown", name);
}

static void listen_at(const char *name)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", name);
	must(bind(fd, (struct sockaddr *)&a, sizeof(a)), "bind", name);
	close(fd);
	must(chown(name, 33, 44), "chown", name);
}

static void types(void)
{
	must(mkdir("types", 0755), "mkdir", "types");
	device("types/null", S_IFCHR | 0666, 1, 3);
	device("types/disk", S_IFBLK | 0660, 8, 0);
	device("types/large", S_IFBLK | 0600, 259, 70000);
	device("types/larger", S_IFCHR | 04600, 300, 5);
	device("types/whiteout", S_IFCHR, 0, 0);
	must(mkfifo("types/fifo", 0600), "mkfifo", "fifo");
	must(mkfifo("types/owned", 0600), "mkfifo", "owned");
	must(chown("types/owned", 5, 6), "chown", "owned");
	must(chmod("types/owned", 04204), "chmod", "owned");
	listen_at("types/socket");
	put("types/empty", 0644, 0, 0, "", 0);
}

static void a_link(const char *name, size_t n)
{
	char *target = malloc(n + 1);

	memset(target, 't', n);
	for (size_t i = 200; i < n; i += 200)
		target[i] = '/';
	target[n] = '\0';
	must(symlink(target, name), "symlink", name);
	free(target);
}

static void links(void)
{
	must(mkdir("links", 0755), "mkdir", "links");
	a_link("links/1", 1);
	a_link("links/59", 59);
	a_link("links/60", 60);
	a_link("links/61", 61);
	a_link("links/4002", 4002);
	a_link("links/4095", 4095);
	a_link("links/owned", 20);
	must(lchown("links/owned", 1000, 7), "lchown", "links/owned");
	a_link("links/marked", 100);
	set("links/marked", "trusted.one", "first", 5);
	set("links/marked", "security.two", "", 0);
	at("links/owned", -1234567890, 1, 1, 999999999);
	must(mkdir("links/below", 0755), "mkdir", "links/below");
	must(chown("links/below", 8, 9), "chown", "links/below");
	a_link("links/below/root", 3);
	must(lchown("links/below/root", 0, 0), "lchown", "links/below/root");
}

static void hard(void)
{
	must(mkdir("hard", 0755), "mkdir", "hard");
	put("hard/a", 04711, 3, 4, "several names", 13);
	must(link("hard/a", "hard/b"), "link", "hard/b");
	must(link("hard/a", "types/c"), "link", "types/c");
	must(link("types/fifo", "hard/fifo"), "link", "hard/fifo");
	must(link("types/null", "hard/null"), "link", "hard/null");
	must(link("types/socket", "hard/socket"), "link", "hard/socket");
	must(link("links/owned", "hard/link"), "link", "hard/link");
	put("hard/same", 0644, 0, 0, "several names", 13);
}

static void names(void)
{
	char longest[256 + 6] = "names/";

	must(mkdir("names", 0755), "mkdir", "names");
	memset(longest + 6, 'n', 255);
	put(longest, 0644, 0, 0, "long", 4);
	put("names/\xff\xfe not UTF-8", 0644, 0, 0, "x", 1);
	put("names/\001\n\t\"'\\", 0644, 0, 0, "x", 1);
	put("names/ ", 0644, 0, 0, "x", 1);
	put("names/-rf", 0644, 0, 0, "x", 1);
	put("names/...", 0644, 0, 0, "x", 1);
	put("names/.hidden", 0644, 0, 0, "x", 1);
}

static void attributes(void)
{
	static const unsigned char capability[] = {1, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
	static const unsigned char list[] = {2,    0,    0,    0,    1,    0,    6,    0,    0xff, 0xff, 0xff,
					     0xff, 2,    0,    5,    0,    0xe9, 3,    0,    0,    4,    0,
					     4,    0,    0xff, 0xff, 0xff, 0xff, 0x10, 0,    7,    0,    0xff,
					     0xff, 0xff, 0xff, 0x20, 0,    0,    0,    0xff, 0xff, 0xff, 0xff};
	char large[3000];

	memset(large, 'L', sizeof(large));
	must(mkdir("attributes", 0755), "mkdir", "attributes");
	put("attributes/all", 0755, 0, 0, "x", 1);
	set("attributes/all", "user.empty", "", 0);
	set("attributes/all", "user.binary", "\0\1\377", 3);
	set("attributes/all", "trusted.t", "t", 1);
	set("attributes/all", "security.capability", capability, sizeof(capability));
	put("attributes/large", 0644, 1, 1, "x", 1);
	set("attributes/large", "user.large", large, sizeof(large));
	put("attributes/listed", 0664, 0, 0, "x", 1);
	set("attributes/listed", "system.posix_acl_access", list, sizeof(list));
	must(mkdir("attributes/dir", 0755), "mkdir", "dir");
	set("attributes/dir", "system.posix_acl_default", list, sizeof(list));
	set("attributes/dir", "user.of", "a directory", 11);
	put("attributes/dir/inherits", 0604, 0, 0, "x", 1);
}

static void times(void)
{
	put("before", 0644, 0, 0, "x", 1);
	at("before", -2000000000, 5, -1, 999999999);
	put("after", 0644, 0, 0, "x", 1);
	at("after", 5000000000, 1, 13569465600, 123456789);
	put("used", 0644, 0, 0, "x", 1);
	at("used", 2000000000, 7, 1000000000, 1);
}

/* A hole in front, between and behind; as many pieces as an inode's own extents are not enough for. */
static void sparse(const char *name, off_t step, int pieces, off_t size)
{
	int fd = open(name, O_CREAT | O_EXCL | O_WRONLY, 0644);

	must(fd, "open", name);
	for (int i = 1; i <= pieces; i++)
		if (pwrite(fd, name, strlen(name), (off_t)i * step) < 0)
			fail("write", name);
	must(ftruncate(fd, size), "ftruncate", name);
	close(fd);
}

static void flags(void)
{
	int nodump = 0x40, fd;

	put("nodump", 0644, 0, 0, "x", 1);
	fd = open("nodump", O_RDONLY);
	/* Not every file system has them. */
	(void)ioctl(fd, SETFLAGS, &nodump);
	close(fd);
}

static void many(const char *directory, int n, int subdirectories)
{
	char name[300];

	must(mkdir(directory, 0755), "mkdir", directory);
	for (int i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "%s/%.*s%d", directory, i % 7 == 0 ? 100 : 3,
			 "file-with-a-name-that-is-rather-long-to-fill-blocks-of-the-directory-file-with-a-name-that-"
			 "is-rather",
			 i);
		put(name, 0644, (uid_t)(i % 3), 0, name, i % 10 == 0 ? 20 : 0);
	}
	for (int i = 0; i < subdirectories; i++) {
		snprintf(name, sizeof(name), "%s/d%d", directory, i);
		must(mkdir(name, 0755), "mkdir", name);
	}
}

static void deep(int levels)
{
	int start = open(".", O_RDONLY | O_DIRECTORY);

	for (int i = 0; i < levels; i++) {
		must(mkdir("level", 0755), "mkdir", "level");
		must(chdir("level"), "chdir", "level");
	}
	put("bottom", 0640, 1, 2, "bottom", 6);
	must(fchdir(start), "fchdir", ".");
	close(start);
}

static void large(const char *name, uint64_t size)
{
	static uint64_t bytes[1 << 17];
	uint64_t v = 88172645463325252ull;
	int fd = open(name, O_CREAT | O_EXCL | O_WRONLY, 0644);

	must(fd, "open", name);
	for (uint64_t done = 0; done < size; done += sizeof(bytes)) {
		for (size_t i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++) {
			v ^= v << 13;
			v ^= v >> 7;
			v ^= v << 17;
			bytes[i] = v;
		}
		if (write(fd, bytes, sizeof(bytes)) != (ssize_t)sizeof(bytes))
			fail("write", name);
	}
	close(fd);
}

int main(int argc, char **argv)
{
	const char *how = argc == 3 ? argv[1] : "";
	int full = strcmp(how, "full") == 0;

	if (argc != 3 || (!full && strcmp(how, "many") != 0 && strcmp(how, "small") != 0))
		return fprintf(stderr, "usage: torture small|many|full DIRECTORY\n") > 0 ? 2 : 2;
	umask(0);
	must(mkdir(argv[2], 0751), "mkdir", argv[2]);
	must(chdir(argv[2]), "chdir", argv[2]);
	modes();
	types();
	links();
	hard();
	names();
	attributes();
	times();
	flags();
	sparse("sparse", 8192, 12, 200000);
	sparse("hole", 1, 0, full ? 10ll << 30 : 10ll << 20);
	if (full || strcmp(how, "many") == 0) {
		many("many", full ? 100000 : 3000, 0);
		many("subdirectories", 0, full ? 66000 : 300);
		deep(full ? 300 : 70);
		sparse("pieces", 65536, full ? 3000 : 400, full ? 8ll << 30 : 30ll << 20);
	}
	if (full)
		large("large", (4ull << 30) + (100ull << 20));
	at("modes", 1234567890, 111, 1234567891, 222);
	at(".", 1, 2, 3, 4);
	return 0;
}
