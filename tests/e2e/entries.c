/*
 * entries [-t|-a] DIRECTORY [PATH-TO-LEAVE-OUT...]: every entry below a directory, as a program in there sees it, one a line, sorted:
 *
 *   path type mode owner:group device size links first-name-of-the-same-file target attributes contents [times..]
 *
 * Columns are separated by tabs; bytes that are no printable ASCII are written as \ooo. Contents are a hash. What is left out is
 * named by its path below the directory, with a slash in front; it appears, what is below it does not. -t: with times of change.
 * -a: and, but for links, times of access, which are not changed by this, and how much is not a hole.
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
static int with_times, with_all, failed;

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

static int open_unchanged(const char *path, int flags)
{
	int fd = open(path, flags | O_NOATIME | O_NOFOLLOW | O_CLOEXEC);

	return fd >= 0 || errno != EPERM ? fd : open(path, flags | O_NOFOLLOW | O_CLOEXEC);
}

/* FNV-1a, by words: differences are mistakes here, not attacks. Blocks of zeros are none, whether they are holes or not. */
static uint64_t mix(uint64_t hash, off_t at, const unsigned char *bytes, size_t n)
{
	static const unsigned char zeros[4096];
	uint64_t word;

	for (size_t block = 0; block < n; block += sizeof(zeros)) {
		size_t some = n - block < sizeof(zeros) ? n - block : sizeof(zeros);

		if (memcmp(bytes + block, zeros, some) == 0)
			continue;
		hash = (hash ^ (uint64_t)at ^ block) * 0x100000001b3;
		for (size_t i = 0; i < some; i += sizeof(word)) {
			word = 0;
			memcpy(&word, bytes + block + i, some - i < sizeof(word) ? some - i : sizeof(word));
			hash = (hash ^ word) * 0x100000001b3;
			hash ^= hash >> 29;
		}
	}
	return hash;
}

/* From there to the end, or to a hole; where that is, or -1. */
static off_t mix_piece(int fd, off_t at, uint64_t *hash)
{
	static unsigned char buffer[1 << 17];
	off_t end = lseek(fd, at, SEEK_HOLE);
	ssize_t n = 1;

	at -= at % 4096;
	while (n > 0 && (end < 0 || at < end)) {
		size_t some = end < 0 || end - at > (off_t)sizeof(buffer) ? sizeof(buffer) : (size_t)(end - at);

		n = pread(fd, buffer, some, at);
		if (n > 0)
			*hash = mix(*hash, at, buffer, (size_t)n);
		at += n > 0 ? n : 0;
	}
	return n < 0 ? -1 : at;
}

static void print_contents(const char *path)
{
	uint64_t hash = 0xcbf29ce484222325;
	int fd = open_unchanged(path, O_RDONLY);
	off_t at = 0, data, filled = 0;

	if (fd < 0) {
		complain("open", path);
		return;
	}
	do {
		data = lseek(fd, at, SEEK_DATA);
		if (data < 0 && errno == ENXIO)
			break;
		/* Not all files know of holes. */
		data = data < 0 ? at : data;
		at = mix_piece(fd, data, &hash);
		if (at < 0)
			complain("read", path);
		filled += at - data;
	} while (at > data);
	close(fd);
	printf("%016llx", (unsigned long long)hash);
	if (with_all)
		printf("\t%lld", (long long)filled);
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
	/* Reading a link cannot but change its time of access. */
	if (with_all && !S_ISLNK(st->st_mode))
		printf("\t%lld.%09ld", (long long)st->st_atim.tv_sec, st->st_atim.tv_nsec);
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

/* The names of a directory, sorted; how many, or -1. */
static int names_of(const char *path, char ***ret)
{
	int fd = open_unchanged(path, O_RDONLY | O_DIRECTORY), count = 0, room = 0;
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *e;

	*ret = NULL;
	if (dir == NULL)
		return -1;
	while ((e = readdir(dir)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (count == room) {
			room = room * 2 + 64;
			*ret = realloc(*ret, (size_t)room * sizeof(**ret));
		}
		(*ret)[count++] = strdup(e->d_name);
	}
	closedir(dir);
	if (count > 0)
		qsort(*ret, (size_t)count, sizeof(**ret), compare_names);
	return count;
}

static void list(const char *path, const char *name)
{
	char **found;
	struct stat st;
	int count;

	if (lstat(*path ? path : "/", &st) < 0) {
		complain("lstat", path);
		return;
	}
	print_entry(*path ? path : "/", *name ? name : "/", &st);
	if (!S_ISDIR(st.st_mode) || is_left_out(name))
		return;
	count = names_of(*path ? path : "/", &found);
	if (count < 0) {
		complain("opendir", path);
		return;
	}
	for (int i = 0; i < count; i++) {
		char *below, *below_name;

		if (asprintf(&below, "%s/%s", path, found[i]) > 0 &&
		    asprintf(&below_name, "%s/%s", name, found[i]) > 0) {
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

	if (i < argc && (strcmp(argv[i], "-t") == 0 || strcmp(argv[i], "-a") == 0)) {
		with_times = 1;
		with_all = argv[i][1] == 'a';
		i++;
	}
	if (i >= argc)
		return 2;
	left_out = argv + i + 1;
	list(strcmp(argv[i], "/") == 0 ? "" : argv[i], "");
	return failed;
}
