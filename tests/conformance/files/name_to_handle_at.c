/* name_to_handle_at(2). */
#include "../check.h"

struct handle {
	struct file_handle head;
	unsigned char bytes[MAX_HANDLE_SZ];
};

static struct handle h;
static int mount_id;

static long call(int dir, const char *path, int flags)
{
	h.head.handle_bytes = MAX_HANDLE_SZ;
	return syscall(SYS_name_to_handle_at, dir, path, &h, &mount_id, flags);
}

static bool same(const struct handle *a)
{
	return a->head.handle_bytes == h.head.handle_bytes && a->head.handle_type == h.head.handle_type &&
	       memcmp(a->head.f_handle, h.head.f_handle, h.head.handle_bytes) == 0;
}

int main(int argc, char **argv)
{
	struct handle f;
	int d, p, id;

	check_begin(argc, argv);
	check_write_file("f", "");
	NEED(mkdir("d", 0755) == 0 && symlink("f", "link") == 0 && symlink("nothing", "dangling") == 0);
	check_write_file("d/inside", "");
	NEED((d = open("d", O_RDONLY)) >= 0 && (p = open("f", O_PATH)) >= 0);
	if (call(AT_FDCWD, "f", 0) == -1 && errno == EOPNOTSUPP) {
		check_skip("name_to_handle_at", "the file system has no handles");
		return check_end();
	}
	CHECK_OK(call(AT_FDCWD, "f", 0), "a file");
	f = h;
	id = mount_id;
	CHECK(f.head.handle_bytes > 0 && f.head.handle_bytes <= MAX_HANDLE_SZ, "has a handle");
	CHECK(call(AT_FDCWD, "./f", 0) == 0 && same(&f), "always the same");
	CHECK(call(AT_FDCWD, "link", AT_SYMLINK_FOLLOW) == 0 && same(&f), "AT_SYMLINK_FOLLOW: a link to it too");
	CHECK(call(AT_FDCWD, "link", 0) == 0 && !same(&f), "a link itself has another");
	CHECK(call(p, "", AT_EMPTY_PATH) == 0 && same(&f), "AT_EMPTY_PATH: an O_PATH descriptor");
	CHECK(call(d, "inside", 0) == 0 && !same(&f), "in a directory");
	CHECK_EQUAL(mount_id, id, "in the same mount");
	h.head.handle_bytes = 0;
	CHECK_ERRNO(syscall(SYS_name_to_handle_at, AT_FDCWD, "f", &h, &mount_id, 0), EOVERFLOW, "too small");
	CHECK_EQUAL(h.head.handle_bytes, f.head.handle_bytes, "it says how large it must be");
	CHECK_EQUAL(mount_id, id, "and which mount it is");
	h.head.handle_bytes = MAX_HANDLE_SZ + 1;
	CHECK_ERRNO(syscall(SYS_name_to_handle_at, AT_FDCWD, "f", &h, &mount_id, 0), EINVAL, "larger than any");
	CHECK_ERRNO(call(AT_FDCWD, "nothing", 0), ENOENT, "nothing");
	CHECK_ERRNO(call(AT_FDCWD, "dangling", AT_SYMLINK_FOLLOW), ENOENT, "AT_SYMLINK_FOLLOW: a dangling link");
	CHECK_ERRNO(call(AT_FDCWD, "", 0), ENOENT, "an empty path");
	CHECK_ERRNO(call(-1, "f", 0), EBADF, "from nothing");
	CHECK_ERRNO(call(p, "f", 0), ENOTDIR, "from a file");
	CHECK_ERRNO(call(AT_FDCWD, "f", 0x20000), EINVAL, "an unknown flag");
	CHECK_ERRNO(syscall(SYS_name_to_handle_at, AT_FDCWD, "f", (void *)8, &mount_id, 0), EFAULT,
		    "a handle that is not there");
	return check_end();
}
