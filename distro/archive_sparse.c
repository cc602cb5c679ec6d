/* Sparse files of archives: where their content goes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "distro/archive_tar.h"

#define OLD_MAP       386
#define OLD_MAP_COUNT 4
#define OLD_EXTENDED  482
#define OLD_REAL_SIZE 483
#define MORE_COUNT    21
#define MORE_EXTENDED 504

int sparse_add(struct tar_reader *t, int64_t offset, int64_t size)
{
	if (offset < 0 || size < 0 || offset > INT64_MAX - size || t->extent_count == TAR_EXTENT_MAX)
		return tar_damaged(t, "a sparse file's map");
	if (t->extent_count == t->extent_room) {
		size_t room = t->extent_room == 0 ? 64 : t->extent_room * 2;
		struct tar_extent *more = realloc(t->extents, room * sizeof(*more));

		if (more == NULL)
			return work_fail(t->work, -ENOMEM, "there is not enough memory");
		t->extents = more;
		t->extent_room = room;
	}
	t->extents[t->extent_count++] = (struct tar_extent){.offset = (uint64_t)offset, .size = (uint64_t)size};
	return 0;
}

/* Pairs of 12 digits; one that begins with NUL ends them. */
static int read_pairs(struct tar_reader *t, const uint8_t *p, int count)
{
	for (; count > 0 && p[0] != '\0'; count--, p += 24) {
		int64_t offset, size;
		int r = tar_number(p, 12, &offset);

		if (r == 0)
			r = tar_number(p + 12, 12, &size);
		r = r < 0 ? tar_damaged(t, "a sparse file's map") : sparse_add(t, offset, size);
		if (r < 0)
			return r;
	}
	return 0;
}

int sparse_read_old(struct tar_reader *t, const uint8_t *header, uint64_t *ret_size)
{
	bool more = header[OLD_EXTENDED] != 0;
	uint8_t block[TAR_BLOCK];
	int64_t size;
	int r;

	if (tar_number(header + OLD_REAL_SIZE, 12, &size) < 0 || size < 0)
		return tar_damaged(t, "a sparse file's size");
	r = read_pairs(t, header + OLD_MAP, OLD_MAP_COUNT);
	while (r == 0 && more) {
		r = tar_read(t, block, sizeof(block));
		if (r == 0)
			r = read_pairs(t, block, MORE_COUNT);
		more = block[MORE_EXTENDED] != 0;
	}
	*ret_size = (uint64_t)size;
	return r;
}

/* A decimal number and the character behind it. */
static const char *decimal(const char *s, char end, int64_t *ret)
{
	uint64_t v = 0;

	if (*s < '0' || *s > '9')
		return NULL;
	for (; *s >= '0' && *s <= '9'; s++) {
		if (v > ((uint64_t)INT64_MAX - 9) / 10)
			return NULL;
		v = v * 10 + (uint64_t)(*s - '0');
	}
	if (*s != end && *s != '\0')
		return NULL;
	*ret = (int64_t)v;
	return *s == '\0' ? s : s + 1;
}

int sparse_read_text(struct tar_reader *t, char *map)
{
	const char *s = map;
	int r = 0;

	while (r == 0 && *s != '\0') {
		int64_t offset, size;

		s = decimal(s, ',', &offset);
		if (s != NULL)
			s = decimal(s, ',', &size);
		r = s == NULL ? tar_damaged(t, "a sparse file's map") : sparse_add(t, offset, size);
	}
	return r;
}

/* A line of the map in front of the content, which fills whole blocks. *at: how much of the block is used. */
static int read_line(struct tar_reader *t, char *block, size_t *at, int64_t *ret)
{
	char line[24];
	size_t n = 0;

	for (;;) {
		if (*at == TAR_BLOCK) {
			int r;

			if (t->left < TAR_BLOCK)
				return tar_damaged(t, "a sparse file's map");
			r = tar_read(t, block, TAR_BLOCK);
			if (r < 0)
				return r;
			t->left -= TAR_BLOCK;
			*at = 0;
		}
		if (n == sizeof(line))
			return tar_damaged(t, "a sparse file's map");
		line[n] = block[(*at)++];
		if (line[n] == '\n') {
			line[n] = '\0';
			break;
		}
		n++;
	}
	return decimal(line, '\0', ret) == NULL ? tar_damaged(t, "a sparse file's map") : 0;
}

int sparse_read_front(struct tar_reader *t)
{
	char block[TAR_BLOCK];
	size_t at = TAR_BLOCK;
	int64_t count;
	int r;

	t->extent_count = 0;
	r = read_line(t, block, &at, &count);
	for (; r == 0 && count > 0; count--) {
		int64_t offset, size;

		r = read_line(t, block, &at, &offset);
		if (r == 0)
			r = read_line(t, block, &at, &size);
		if (r == 0)
			r = sparse_add(t, offset, size);
	}
	return r;
}

int sparse_check(struct tar_reader *t, uint64_t size)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < t->extent_count; i++) {
		const struct tar_extent *e = &t->extents[i];

		if (e->size > t->left - sum || e->offset + e->size > size)
			return tar_damaged(t, "a sparse file's map");
		sum += e->size;
	}
	return 0;
}
