#include "tests/unit/archive/make.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

char make_place[64];
static uint8_t *buffer;
static size_t used, room, last;

void make_raw(const void *p, size_t n)
{
	if (used + n > room) {
		room = (used + n) * 2 + 4096;
		buffer = realloc(buffer, room);
		if (buffer == NULL)
			abort();
	}
	memcpy(buffer + used, p, n);
	used += n;
}

static void pad(void)
{
	static const uint8_t zeros[512];

	make_raw(zeros, -used % 512);
}

static void set_checksum(uint8_t *h)
{
	unsigned sum = 0;

	memset(h + 148, ' ', 8);
	for (int i = 0; i < 512; i++)
		sum += h[i];
	(void)snprintf((char *)h + 148, 8, "%06o", sum);
}

void make_field(size_t offset, const char *text)
{
	memcpy(buffer + last + offset, text, strlen(text));
	set_checksum(buffer + last);
}

void make_entry(char type, const char *name, const char *link, const void *content, size_t size)
{
	uint8_t h[512] = {0};

	memcpy(h, name, strnlen(name, 100));
	memcpy(h + 100, "0000644", 8);
	memcpy(h + 108, "0000000", 8);
	memcpy(h + 116, "0000000", 8);
	(void)snprintf((char *)h + 124, 12, "%011zo", size);
	memcpy(h + 136, "00000000001", 12);
	h[156] = (uint8_t)type;
	if (link != NULL)
		memcpy(h + 157, link, strnlen(link, 100));
	memcpy(h + 257, "ustar\00000", 8);
	set_checksum(h);
	last = used;
	make_raw(h, sizeof(h));
	if (content != NULL)
		make_raw(content, size);
	pad();
}

void make_file(const char *name, const char *content)
{
	make_entry('0', name, NULL, content, strlen(content));
}

void make_pax(const char *key, const void *value, size_t size)
{
	char head[300], record[70000];
	size_t n = strlen(key) + size + 3, total = n + 1;
	int k;

	while (total != n + (size_t)snprintf(NULL, 0, "%zu", total))
		total = n + (size_t)snprintf(NULL, 0, "%zu", total);
	k = snprintf(head, sizeof(head), "%zu %s=", total, key);
	memcpy(record, head, (size_t)k);
	memcpy(record + k, value, size);
	record[total - 1] = '\n';
	make_entry('x', "pax", NULL, record, total);
}

void make_end(void)
{
	static const uint8_t zeros[1024];

	make_raw(zeros, sizeof(zeros));
}

size_t make_size(void)
{
	return used;
}

void make_cut(size_t size)
{
	used = size;
}

void make_setup(void)
{
	used = 0;
	strcpy(make_place, "/tmp/lxrun-archive.XXXXXX");
	if (mkdtemp(make_place) == NULL || mkdir(make_path("root"), 0755) < 0)
		abort();
}

void make_teardown(void)
{
	if (archive_remove_tree(make_place) < 0)
		abort();
	free(buffer);
	buffer = NULL;
	used = room = 0;
}

int make_unpack(const struct archive_options *o, struct message *message)
{
	int dir = open(make_path("root"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int fd = memfd_create("archive", MFD_CLOEXEC), r;

	if (dir < 0 || fd < 0 || (used > 0 && write(fd, buffer, used) != (ssize_t)used) || lseek(fd, 0, SEEK_SET) != 0)
		abort();
	r = archive_unpack(fd, dir, o, message);
	close(fd);
	close(dir);
	used = 0;
	return r;
}

const char *make_path(const char *name)
{
	static char paths[4][8192];
	static unsigned next;
	char *p = paths[next++ % 4];

	(void)snprintf(p, sizeof(paths[0]), "%s/%s", make_place, name);
	return p;
}

bool make_exists(const char *name)
{
	struct stat st;

	return lstat(make_path(name), &st) == 0;
}

const char *make_content(const char *name)
{
	static char text[4096];
	int fd = open(make_path(name), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = '\0';
	return text;
}
