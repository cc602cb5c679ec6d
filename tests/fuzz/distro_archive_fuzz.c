/*
 * Unpacks an input as an archive, with its headers' checksums put right, into a directory; nothing may appear beside it. What
 * was unpacked is packed and removed again.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "distro/archive.h"

#define BLOCK 512

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char place[64];

static void remove_place(void)
{
	(void)!archive_remove_tree(place);
}

static void prepare(void)
{
	/* The memory file system, where there is one. */
	strcpy(place, access("/dev/shm", W_OK) == 0 ? "/dev/shm/lxrun-fuzz.XXXXXX" : "/tmp/lxrun-fuzz.XXXXXX");
	if (mkdtemp(place) == NULL)
		abort();
	(void)atexit(remove_place);
}

static void set_checksums(uint8_t *p, size_t size)
{
	for (; size >= BLOCK; p += BLOCK, size -= BLOCK) {
		unsigned sum = 0;

		if (memcmp(p + 257, "ustar", 5) != 0)
			continue;
		memset(p + 148, ' ', 8);
		for (int i = 0; i < BLOCK; i++)
			sum += p[i];
		(void)snprintf((char *)p + 148, 8, "%06o", sum);
	}
}

static int archive_of(const uint8_t *data, size_t size)
{
	int fd = memfd_create("archive", MFD_CLOEXEC);
	uint8_t *copy = malloc(size + 1);

	if (fd < 0 || copy == NULL)
		abort();
	memcpy(copy, data, size);
	set_checksums(copy, size);
	if (write(fd, copy, size) != (ssize_t)size || lseek(fd, 0, SEEK_SET) != 0)
		abort();
	free(copy);
	return fd;
}

static void expect_alone(void)
{
	DIR *d = opendir(place);
	struct dirent *e;

	if (d == NULL)
		abort();
	while ((e = readdir(d)) != NULL)
		if (e->d_name[0] != '.' && strcmp(e->d_name, "root") != 0)
			abort();
	closedir(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct archive_options o = {.content_max = 4 << 20, .entries_max = 2000};
	struct message message;
	char root[80];
	int fd, dir, r;

	if (size == 0 || size > 1 << 20)
		return 0;
	if (place[0] == '\0')
		prepare();
	(void)snprintf(root, sizeof(root), "%s/root", place);
	if (mkdir(root, 0755) < 0)
		abort();
	dir = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fd = archive_of(data, size);
	if (dir < 0)
		abort();
	r = archive_unpack(fd, dir, &o, &message);
	if (r < 0 && (message.text[0] == '\0' || strchr(message.text, '\n') != NULL))
		abort();
	close(fd);
	expect_alone();
	fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (r == 0 && archive_pack(dir, fd, ARCHIVE_TAR, NULL, &message) < 0)
		abort();
	close(fd);
	close(dir);
	if (archive_remove_tree(root) < 0)
		abort();
	return 0;
}
