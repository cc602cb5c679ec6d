/* The tree that the steps work on: made, printed and removed. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "identity.h"

#define LIST_MAX 256

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* --- making ------------------------------------------------------------------------------------------------------------ */

static void file(const char *name, mode_t mode, uid_t uid, gid_t gid, const char *text)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600), from;

	if (text != NULL) {
		if (write(fd, text, strlen(text)) < 0)
			perror(name);
	} else {
		from = open(program, O_RDONLY | O_CLOEXEC);
		while (sendfile(fd, from, NULL, 1 << 20) > 0)
			;
		close(from);
	}
	close(fd);
	if (chown(name, uid, gid) < 0 || chmod(name, mode) < 0)
		perror(name);
}

static void directory(const char *name, mode_t mode, uid_t uid, gid_t gid)
{
	if (mkdir(name, 0700) < 0 || chown(name, uid, gid) < 0 || chmod(name, mode) < 0)
		perror(name);
}

void tree_make(void)
{
	char text[sizeof(base)];

	umask(0);
	for (size_t n = strlen(top); n <= strlen(base); n += 2) {
		snprintf(text, n + 1, "%s", base);
		if (mkdir(text, n == strlen(base) ? 0777 : 0755) < 0 || chdir(text) < 0) {
			perror(text);
			exit(2);
		}
	}
	directory("a", 0777, 0, 0);
	directory("b", 01777, 0, 0);
	directory("c", 02775, 1000, 1001);
	directory("d", 0750, 1001, 100);
	file("e", 06755, 0, 0, NULL);
	file("a/a", 0600, 1001, 1001, "of 1001\n");
	file("a/b", 04711, 1000, 1000, NULL);
	file("a/e", 0644, 1000, 1000, "of 1000\n");
	file("b/b", 0664, 1000, 1001, "1000, 1001\n");
	file("b/c", 0640, 0, 100, "of root\n");
	file("c/e", 02755, 1001, 100, NULL);
	file("c/a", 0600, 1000, 100, "");
	file("d/e", 0666, 0, 0, "");
	directory("b/d", 0700, 1000, 1000);
	directory("c/d", 02777, 0, 1001);
}

/* --- printing ---------------------------------------------------------------------------------------------------------- */

uint64_t hash_file(int fd)
{
	static unsigned char block[1 << 16];
	uint64_t hash = 0xcbf29ce484222325u;
	ssize_t n;

	while ((n = read(fd, block, sizeof(block))) > 0)
		for (ssize_t i = 0; i < n; i++)
			hash = (hash ^ block[i]) * 0x100000001b3u;
	return hash;
}

void say_xattrs(const char *path)
{
	char list[4096], *names[64];
	unsigned char value[256];
	ssize_t n = llistxattr(path, list, sizeof(list)), size;
	size_t count = 0;

	if (n < 0) {
		say_result(n);
		return;
	}
	for (char *p = list; p < list + n && count < 64; p += strlen(p) + 1)
		if (options.acls || strncmp(p, "system.posix_acl", 16) != 0)
			names[count++] = p;
	qsort(names, count, sizeof(names[0]), by_text);
	for (size_t i = 0; i < count; i++) {
		say(" %s=", names[i]);
		size = lgetxattr(path, names[i], value, sizeof(value));
		if (size < 0)
			say("%s", strerrorname_np(errno));
		for (ssize_t k = 0; k < size; k++)
			say("%02x", value[k]);
	}
}

static void print(const char *path)
{
	char text[512];
	struct stat st;
	ssize_t n;
	int fd;

	say("  ");
	say_text(path);
	if (lstat(path, &st) < 0) {
		say_result(-1);
		say_end();
		return;
	}
	say_stat(&st);
	if (S_ISREG(st.st_mode) && (fd = open(path, O_RDONLY | O_CLOEXEC)) >= 0) {
		say(" #%jx", (uintmax_t)hash_file(fd));
		close(fd);
	}
	if (S_ISLNK(st.st_mode) && (n = readlink(path, text, sizeof(text) - 1)) >= 0) {
		text[n] = '\0';
		say(" -> ");
		say_text(text);
	}
	say_xattrs(path);
	say_end();
}

/* Calls what is in a directory, in the order of its names. */
static void each(const char *path, void (*act)(const char *path, bool directory))
{
	char *names[LIST_MAX], text[4096];
	size_t count = 0;
	struct dirent *e;
	struct stat st;
	DIR *dir = opendir(path);

	if (dir == NULL) {
		say("  ");
		say_text(path);
		say_result(-1);
		say_end();
		return;
	}
	while ((e = readdir(dir)) != NULL && count < LIST_MAX)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			names[count++] = strdup(e->d_name);
	closedir(dir);
	qsort(names, count, sizeof(names[0]), by_text);
	for (size_t i = 0; i < count; i++) {
		snprintf(text, sizeof(text), "%s/%s", path, names[i]);
		act(text, lstat(text, &st) == 0 && S_ISDIR(st.st_mode));
		free(names[i]);
	}
}

static void print_all(const char *path, bool is_directory)
{
	print(path);
	if (is_directory)
		each(path, print_all);
}

static void remove_all(const char *path, bool is_directory)
{
	if (is_directory)
		each(path, remove_all);
	if ((is_directory ? rmdir(path) : unlink(path)) < 0)
		perror(path);
}

void tree_print(void)
{
	print_all(top, true);
}

void tree_remove(void)
{
	if (chdir("/") < 0)
		perror("/");
	remove_all(top, true);
}
