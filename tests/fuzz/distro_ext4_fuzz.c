/*
 * A disk of a small tree, changed at the places that an input says, is looked at, read as a tree and compared: whatever it is, that ends,
 * with a sentence where it fails, and nothing appears beside the tree. Checksums are switched off, so that changes are not found by
 * them. Records of 8 bytes: which of the blocks that are not empty, where in it, how many bytes (1, 2 or 4), their value.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "distro/ext4.h"
#include "distro/sidecar.h"

#define BLOCK       4096
#define BLOCKS_MAX  512
#define CHANGES_MAX 64
#define SUPERBLOCK  1024
#define FEATURES    (SUPERBLOCK + 100) /* s_feature_ro_compat */
#define CHECKSUMS   0x400u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char place[64], path[32];
static int disk = -1;
static off_t blocks[BLOCKS_MAX];
static size_t block_count;

static void remove_place(void)
{
	(void)!archive_remove_tree(place);
}

static void make_file(int dir, const char *name, const char *text, off_t at)
{
	int fd = openat(dir, name, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0644);

	if (fd < 0 || pwrite(fd, text, strlen(text), at) < 0)
		abort();
	(void)fsetxattr(fd, "user.attribute", text, strlen(text), 0);
	close(fd);
}

static void make_tree(int dir)
{
	char long_target[200], name[220];

	memset(long_target, 'l', sizeof(long_target) - 1);
	long_target[sizeof(long_target) - 1] = '\0';
	if (mkdirat(dir, "sub", 0755) < 0 || mkdirat(dir, "many", 0755) < 0 || symlinkat("short", dir, "link") < 0 ||
	    symlinkat(long_target, dir, "long") < 0 || mkfifoat(dir, "fifo", 0600) < 0)
		abort();
	make_file(dir, "file", "some text", 0);
	make_file(dir, "sub/sparse", "behind a hole", 100000);
	if (linkat(dir, "file", dir, "sub/other", 0) < 0)
		abort();
	/* Enough for an index. */
	for (int i = 0; i < 24; i++) {
		snprintf(name, sizeof(name), "many/%d-%.195s", i, long_target);
		make_file(dir, name, i % 8 == 0 ? "x" : "", 0);
	}
}

static int make_directory(const char *name)
{
	char at[96];
	int fd;

	snprintf(at, sizeof(at), "%s/%s", place, name);
	if (mkdir(at, 0755) < 0)
		abort();
	fd = open(at, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		abort();
	return fd;
}

static void prepare(void)
{
	struct message m;
	uint32_t features;
	int dir;

	strcpy(place, access("/dev/shm", W_OK) == 0 ? "/dev/shm/lxrun-fuzz.XXXXXX" : "/tmp/lxrun-fuzz.XXXXXX");
	if (mkdtemp(place) == NULL)
		abort();
	(void)atexit(remove_place);
	dir = make_directory("tree");
	make_tree(dir);
	disk = memfd_create("disk", MFD_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", disk);
	if (disk < 0 || ext4_write_file(dir, disk, EXT4_SIZE_LEAST, NULL, &m) < 0)
		abort();
	close(dir);
	if (pread(disk, &features, sizeof(features), FEATURES) != sizeof(features))
		abort();
	features &= ~CHECKSUMS;
	if (pwrite(disk, &features, sizeof(features), FEATURES) != sizeof(features))
		abort();
	for (off_t at = 0, end; block_count < BLOCKS_MAX; at = end) {
		at = lseek(disk, at, SEEK_DATA);
		if (at < 0)
			break;
		end = lseek(disk, at, SEEK_HOLE);
		for (; at < end && block_count < BLOCKS_MAX; at += BLOCK)
			blocks[block_count++] = at;
	}
}

struct change {
	off_t at;
	size_t n;
	uint8_t was[4];
};

static size_t change(const uint8_t *data, size_t size, struct change *ret)
{
	static const size_t sizes[] = {1, 2, 4, 4};
	size_t count = 0;

	for (; size >= 8 && count < CHANGES_MAX; data += 8, size -= 8, count++) {
		struct change *c = &ret[count];

		c->n = sizes[data[3] >> 6];
		c->at = blocks[data[0] % block_count] + (((data[2] | (data[3] & 15) << 8)) & ~3);
		if ((data[1] & 1) != 0)
			c->at = blocks[(data[0] | (data[1] >> 1) << 8) % block_count] +
				((data[2] | (data[3] & 15) << 8) & ~3);
		if (pread(disk, c->was, c->n, c->at) != (ssize_t)c->n ||
		    pwrite(disk, data + 4, c->n, c->at) != (ssize_t)c->n)
			abort();
	}
	return count;
}

static void expect_sentence(int r, const struct message *m)
{
	if (r < 0 && (m->text[0] == '\0' || strchr(m->text, '\n') != NULL))
		abort();
}

static void expect_alone(void)
{
	DIR *d = opendir(place);
	size_t n = 0;

	if (d == NULL)
		abort();
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	/* Dots, the tree that the disk is of, the new one, links. */
	if (n != 5)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct change changes[CHANGES_MAX];
	struct archive_options o = {0};
	struct ext4_needs needs;
	struct message m;
	char at[96];
	int dir, links, r;
	size_t n;

	if (place[0] == '\0')
		prepare();
	n = change(data, size, changes);
	dir = make_directory("new");
	links = make_directory("links");
	expect_sentence(ext4_scan_disk(path, NULL, &needs, &m), &m);
	if (sidecar_open(-1, true, NULL, &o.sidecar) < 0)
		abort();
	r = ext4_read_tree(path, dir, links, &o, &m);
	expect_sentence(r, &m);
	expect_alone();
	if (r == 0)
		expect_sentence(ext4_compare(path, dir, &o, &m), &m);
	sidecar_close(o.sidecar);
	close(dir);
	close(links);
	for (const char *name = "new"; name != NULL; name = strcmp(name, "new") == 0 ? "links" : NULL) {
		snprintf(at, sizeof(at), "%s/%s", place, name);
		if (archive_remove_tree(at) < 0)
			abort();
	}
	while (n-- > 0)
		if (pwrite(disk, changes[n].was, changes[n].n, changes[n].at) != (ssize_t)changes[n].n)
			abort();
	return 0;
}
