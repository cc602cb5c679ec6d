/* What getdents(2) and getdents64(2) have in common; their records differ. */
#ifndef LX_TESTS_CONFORMANCE_GETDENTS_COMMON_H
#define LX_TESTS_CONFORMANCE_GETDENTS_COMMON_H

#include "../check.h"

#include <dirent.h>

struct getdents_entry {
	const char *name;
	ino_t inode;
	off_t next;
	unsigned char type;
	size_t length;
};

/* The raw call, and one of its records taken apart. */
typedef long getdents_call(int fd, void *buf, unsigned size);
typedef struct getdents_entry getdents_parse(const char *record);

#define GETDENTS_FILES 300

CHECK_UNUSED static void getdents_prepare(void)
{
	char name[32];

	NEED(mkdir("d", 0755) == 0 && mkdir("d/dir", 0755) == 0);
	for (int i = 0; i < GETDENTS_FILES; i++) {
		snprintf(name, sizeof(name), "d/file%d", i);
		check_write_file(name, "");
	}
	NEED(symlink("nothing", "d/link") == 0 && mkfifo("d/fifo", 0600) == 0);
	memset(name, 0, sizeof(name));
}

/* What is wrong with the type of an entry; file systems may leave it open. */
CHECK_UNUSED static bool getdents_type_ok(const struct getdents_entry *e)
{
	struct stat st;
	char path[300];

	snprintf(path, sizeof(path), "d/%s", e->name);
	NEED(lstat(path, &st) == 0);
	return e->type == DT_UNKNOWN || e->type == IFTODT(st.st_mode);
}

/* Reads all of d with a buffer of this size; how many entries, and if all were right. */
CHECK_UNUSED static void getdents_all(getdents_call *call, getdents_parse *parse, unsigned size)
{
	static char seen[GETDENTS_FILES];
	char *buf = malloc(size);
	int fd = open("d", O_RDONLY | O_DIRECTORY);
	bool types = true, inodes = true, lengths = true;
	int count = 0, others = 0, i;
	struct stat st;
	char path[300];
	long n;

	memset(seen, 0, sizeof(seen));
	while ((n = call(fd, buf, size)) > 0) {
		long at = 0;

		while (at < n) {
			struct getdents_entry e = parse(buf + at);

			lengths = lengths && e.length % 8 == 0 && e.length >= strlen(e.name) + 2 + 18 &&
				  at + (long)e.length <= n;
			at += (long)e.length;
			count++;
			types = types && getdents_type_ok(&e);
			snprintf(path, sizeof(path), "d/%s", e.name);
			if (strcmp(e.name, "..") != 0)
				inodes = inodes && lstat(path, &st) == 0 && st.st_ino == e.inode;
			if (sscanf(e.name, "file%d", &i) == 1 && i < GETDENTS_FILES)
				seen[i]++;
			else
				others++;
		}
	}
	CHECK_EQUAL(n, 0, "at the end there is nothing");
	CHECK_EQUAL(call(fd, buf, size), 0, "and still nothing");
	for (i = 0; i < GETDENTS_FILES && seen[i] == 1; i++)
		;
	CHECK_EQUAL(i, GETDENTS_FILES, "every file once");
	CHECK_EQUAL(others, 5, "dots, directory, link and FIFO");
	CHECK_EQUAL(count, GETDENTS_FILES + 5, "nothing else");
	CHECK(types, "types are those of stat, or open");
	CHECK(inodes, "inodes are those of stat");
	CHECK(lengths, "records are whole");
	close(fd);
	free(buf);
}

/* From a place that an earlier entry told. */
CHECK_UNUSED static void getdents_seek(getdents_call *call, getdents_parse *parse)
{
	static char buf[4096];
	int fd = open("d", O_RDONLY | O_DIRECTORY);
	struct getdents_entry first, second;
	char third[300];
	off_t place;
	long n;

	n = call(fd, buf, sizeof(buf));
	NEED(n > 0);
	first = parse(buf);
	second = parse(buf + first.length);
	place = second.next;
	snprintf(third, sizeof(third), "%s", parse(buf + first.length + second.length).name);
	CHECK_EQUAL(lseek(fd, place, SEEK_SET), place, "seeks to the third entry");
	NEED(call(fd, buf, sizeof(buf)) > 0);
	CHECK_STRING(parse(buf).name, third, "and finds it");
	CHECK_EQUAL(lseek(fd, 0, SEEK_SET), 0, "seeks to the beginning");
	CHECK_EQUAL(call(fd, buf, sizeof(buf)), n, "and finds all again");
	close(fd);
}

CHECK_UNUSED static void getdents_refused(getdents_call *call)
{
	char buf[1024];
	int fd = open("d", O_RDONLY), f = open("d/file0", O_RDONLY), p = open("d", O_PATH), gone;

	CHECK_ERRNO(call(fd, buf, 8), EINVAL, "a buffer that is too small for one");
	CHECK_ERRNO(call(fd, buf, 0), EINVAL, "an empty buffer");
	CHECK_ERRNO(call(f, buf, sizeof(buf)), ENOTDIR, "a file");
	CHECK_ERRNO(call(p, buf, sizeof(buf)), EBADF, "an O_PATH descriptor");
	CHECK_ERRNO(call(-1, buf, sizeof(buf)), EBADF, "no descriptor");
	CHECK_ERRNO(call(fd, (void *)8, sizeof(buf)), EFAULT, "a buffer that is not there");
	NEED(mkdir("gone", 0755) == 0 && (gone = open("gone", O_RDONLY)) >= 0 && rmdir("gone") == 0);
	CHECK_ERRNO(call(gone, buf, sizeof(buf)), ENOENT, "a removed directory");
	close(gone);
	close(p);
	close(f);
	close(fd);
}

CHECK_UNUSED static bool getdents_finds(getdents_call *call, getdents_parse *parse, const char *dir, const char *name)
{
	static char buf[32768];
	int fd = open(dir, O_RDONLY | O_DIRECTORY);
	bool found = false;
	long n;

	NEED(fd >= 0);
	while ((n = call(fd, buf, sizeof(buf))) > 0)
		for (long at = 0; at < n; at += (long)parse(buf + at).length)
			found = found || strcmp(parse(buf + at).name, name) == 0;
	close(fd);
	return found;
}

CHECK_UNUSED static void getdents_views(getdents_call *call, getdents_parse *parse)
{
	char number[16];
	int fd;

	snprintf(number, sizeof(number), "%d", (int)getpid());
	CHECK(getdents_finds(call, parse, "/proc", number), "/proc has this process");
	CHECK(getdents_finds(call, parse, "/proc", "self"), "/proc has self");
	CHECK(getdents_finds(call, parse, "/proc/self", "status"), "/proc/self has status");
	CHECK(getdents_finds(call, parse, "/", "proc"), "the root has its mount points");
	CHECK(getdents_finds(call, parse, "/dev", "null"), "/dev has null");
	NEED((fd = open("d", O_RDONLY)) >= 0);
	snprintf(number, sizeof(number), "%d", fd);
	CHECK(getdents_finds(call, parse, "/proc/self/fd", number), "/proc/self/fd has an open descriptor");
	close(fd);
	CHECK(!getdents_finds(call, parse, "/proc/self/fd", "900"), "and none that is not");
}

CHECK_UNUSED static void getdents_common(getdents_call *call, getdents_parse *parse)
{
	getdents_prepare();
	getdents_all(call, parse, 32768);
	getdents_all(call, parse, 1 << 20);
	getdents_all(call, parse, 128);
	getdents_all(call, parse, 40);
	getdents_seek(call, parse);
	getdents_refused(call);
	getdents_views(call, parse);
}

#endif
