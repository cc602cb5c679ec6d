/*
 * entries [-t] DIRECTORY [PATH-TO-LEAVE-OUT...]: every entry below a directory, as a program in there sees it, one a line, sorted:
 *
 *   path type mode owner:group device size links first-name-of-the-same-file target attributes contents [time]
 *
 * Columns are separated by tabs; bytes that are no printable ASCII are written as \ooo. Contents are a hash. What is left out is
 * named by its path below the directory, with a slash in front; it appears, what is below it does not. -t: with times of change.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

static char **left_out;
static int with_times, failed;

/* The first name of each file with more than one. */
struct file {
	dev_t dev;
	ino_t ino;
	char *name;
};

static void *files;

static void complain(const char *what, const char *path)
{
	fprintf(stderr, "entries: %s: %s: %s\n", what, path, strerror(errno));
	failed = 1;
}

static void print_bytes(const char *s, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (s[i] > ' ' && s[i] < 0x7f && s[i] != '\\')
			putchar(s[i]);
		else
			printf("\\%03o", (unsigned char)s[i]);
	}
}

static int compare_files(const void *a, const void *b)
{
	const struct file *x = a, *y = b;

	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	return x->ino == y->ino ? 0 : x->ino < y->ino ? -1 : 1;
}

static const char *first_name(const struct stat *st, const char *name)
{
	struct file *file = malloc(sizeof(*file)), **found;

	*file = (struct file){.dev = st->st_dev, .ino = st->st_ino};
	found = tsearch(file, &files, compare_files);
	if (*found != file)
		free(file);
	else
		file->name = strdup(name);
	return (*found)->name;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void print_attributes(const char *path)
{
	static char names[65536], value[65536];
	char *sorted[1024];
	ssize_t size = llistxattr(path, names, sizeof(names)), n;
	int count = 0;

	if (size < 0) {
		if (errno != ENOTSUP)
			complain("llistxattr", path);
		size = 0;
	}
	for (ssize_t i = 0; i < size && count < 1024; i += (ssize_t)strlen(names + i) + 1)
		sorted[count++] = names + i;
	qsort(sorted, (size_t)count, sizeof(*sorted), compare_names);
	for (int i = 0; i < count; i++) {
		n = lgetxattr(path, sorted[i], value, sizeof(value));
		if (n < 0) {
			complain(sorted[i], path);
			continue;
		}
		printf("%s%s=", i > 0 ? "," : "", sorted[i]);
		for (ssize_t k = 0; k < n; k++)
			printf("%02x", (unsigned char)value[k]);
	}
	if (count == 0)
		putchar('-');
}

/* FNV-1a: differences are mistakes here, not attacks. */
static void print_contents(const char *path)
{
	static unsigned char buffer[1 << 17];
	uint64_t hash = 0xcbf29ce484222325;
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	ssize_t n;

	if (fd < 0) {
		complain("open", path);
		return;
	}
	while ((n = read(fd, buffer, sizeof(buffer))) > 0) {
		for (ssize_t i = 0; i < n; i++)
			hash = (hash ^ buffer[i]) * 0x100000001b3;
	}
	if (n < 0)
		complain("read", path);
	close(fd);
	printf("%016llx", (unsigned long long)hash);
}

static void print_entry(const char *path, const char *name, const struct stat *st)
{
	char target[4096];
	ssize_t n;

	print_bytes(name, strlen(name));
	printf("\t%c\t%04o\t%u:%u\t", "?pc?d?b?-?l?s???"[st->st_mode >> 12], st -> st_mode & 07777, st -> st_uid,
	       st -> st_gid);
	if (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode))
		printf("%u:%u\t", major(st->st_rdev), minor(st->st_rdev));
	else
		printf("-\t");
	/* How large a directory is depends on its past. */
	if (S_ISDIR(st->st_mode))
		printf("-\t-\t-\t");
	else
		printf("%lld\t%lu\t", (long long)st->st_size, (unsigned long)st->st_nlink);
	if (!S_ISDIR(st->st_mode)) {
		const char *first = st->st_nlink > 1 ? first_name(st, name) : "-";
		print_bytes(first, strlen(first));
		putchar('\t');
	}
	n = S_ISLNK(st->st_mode) ? readlink(path, target, sizeof(target)) : 0;
	if (n < 0)
		complain("readlink", path);
	print_bytes(n > 0 ? target : "-", n > 0 ? (size_t)n : 1);
	putchar('\t');
	print_attributes(path);
	putchar('\t');
	if (S_ISREG(st->st_mode))
		print_contents(path);
	else
		putchar('-');
	if (with_times)
		printf("\t%lld.%09ld", (long long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec);
	putchar('\n');
}

static int is_left_out(const char *name)
{
	for (char **p = left_out; *p; p++) {
		if (strcmp(*p, name) == 0)
			return 1;
	}
	return 0;
}

static void list(const char *path, const char *name)
{
	struct dirent **found;
	struct stat st;
	int count;

	if (lstat(*path ? path : "/", &st) < 0) {
		complain("lstat", path);
		return;
	}
	print_entry(*path ? path : "/", *name ? name : "/", &st);
	if (!S_ISDIR(st.st_mode) || is_left_out(name))
		return;
	count = scandir(*path ? path : "/", &found, NULL, alphasort);
	if (count < 0) {
		complain("scandir", path);
		return;
	}
	for (int i = 0; i < count; i++) {
		char *below, *below_name;

		if (strcmp(found[i]->d_name, ".") != 0 && strcmp(found[i]->d_name, "..") != 0 &&
		    asprintf(&below, "%s/%s", path, found[i]->d_name) > 0 &&
		    asprintf(&below_name, "%s/%s", name, found[i]->d_name) > 0) {
			list(below, below_name);
			free(below);
			free(below_name);
		}
		free(found[i]);
	}
	free(found);
}

int main(int argc, char **argv)
{
	int i = 1;

	if (i < argc && strcmp(argv[i], "-t") == 0) {
		with_times = 1;
		i++;
	}
	if (i >= argc)
		return 2;
	left_out = argv + i + 1;
	list(strcmp(argv[i], "/") == 0 ? "" : argv[i], "");
	return failed;
}
