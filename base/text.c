#include "base/text.h"

#include <errno.h>

#include "base/host.h"
#include "base/str.h"

void text_key_of(const struct stat *st, uint64_t offset, struct text_key *ret)
{
	*ret = (struct text_key){
		.device = st->st_dev,
		.inode = st->st_ino,
		.size = (uint64_t)st->st_size,
		.changed_s = st->st_ctim.tv_sec,
		.changed_ns = st->st_ctim.tv_nsec,
		.modified_s = st->st_mtim.tv_sec,
		.modified_ns = st->st_mtim.tv_nsec,
		.offset = offset,
	};
}

size_t text_name(const struct text_key *key, char ret[TEXT_NAME_MAX])
{
	return str_format(ret, TEXT_NAME_MAX, "%lx-%lx-%lx-%lx.%lx-%lx.%lx-%lx", (unsigned long)key->device,
			  (unsigned long)key->inode, (unsigned long)key->size, (unsigned long)key->changed_s,
			  (unsigned long)key->changed_ns, (unsigned long)key->modified_s,
			  (unsigned long)key->modified_ns, (unsigned long)key->offset);
}

int text_open(const char *dir, int fd, uint64_t offset, uint64_t length, uint32_t owner)
{
	int copy CLEANUP(host_close_at) = -1;
	char path[512], name[TEXT_NAME_MAX];
	struct text_key key;
	struct stat st;
	uint64_t end;
	int r = host_fstat(fd, &st);

	if (r < 0)
		return r;
	if (!S_ISREG(st.st_mode) || __builtin_add_overflow(offset, length, &end))
		return -ENOENT;
	text_key_of(&st, offset, &key);
	(void)text_name(&key, name);
	if (str_format(path, sizeof(path), "%s/%s", dir, name) >= sizeof(path))
		return -ENAMETOOLONG;
	copy = host_open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, 0);
	if (copy < 0)
		return copy;
	r = host_fstat(copy, &st);
	if (r < 0)
		return r;
	if (!S_ISREG(st.st_mode) || (st.st_mode & 07777) != 0400 || st.st_uid != owner ||
	    (uint64_t)st.st_size != end + TEXT_PAGE)
		return -ENOENT;
	return take_fd(&copy);
}

bool text_read(const char *dir, const char *path, struct text_trailer *ret)
{
	int fd CLEANUP(host_close_at) = -1;
	size_t n = strlen(dir);
	struct stat st;

	if (n == 0 || !str_starts(path, dir) || path[n] != '/')
		return false;
	fd = host_open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0);
	if (fd < 0 || host_fstat(fd, &st) < 0 || st.st_size < (off_t)TEXT_PAGE ||
	    host_pread_full(fd, ret, sizeof(*ret), st.st_size - (off_t)TEXT_PAGE) != sizeof(*ret))
		return false;
	ret->path[sizeof(ret->path) - 1] = '\0';
	return ret->magic == TEXT_MAGIC && ret->path[0] == '/';
}
