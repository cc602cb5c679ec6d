/*
 * Extended attributes: every call has four forms, which differ in how they name the object. A program fills a struct
 * xattr_calls with the form it is about; what it does not test stays with the libc's.
 */
#ifndef LX_TESTS_CONFORMANCE_XATTR_COMMON_H
#define LX_TESTS_CONFORMANCE_XATTR_COMMON_H

#include "../check.h"

#include <sys/xattr.h>

struct xattr_calls {
	long (*set)(const char *path, const char *name, const void *value, size_t size, int flags);
	long (*get)(const char *path, const char *name, void *value, size_t size);
	long (*list)(const char *path, char *names, size_t size);
	long (*drop)(const char *path, const char *name);
	bool by_descriptor; /* paths are opened first: no checks of paths */
};

/* <linux/xattr.h> has it since 6.13. */
struct xattr_at_args {
	uint64_t value __attribute__((aligned(8)));
	uint32_t size;
	uint32_t flags;
};

/* f: a file with user.one, link: to f, d: a directory. False if the file system has no user attributes. */
CHECK_UNUSED static bool xattr_prepare(void)
{
	check_write_file("f", "");
	NEED(mkdir("d", 0755) == 0 && symlink("f", "link") == 0 && symlink("nothing", "dangling") == 0);
	check_write_file("d/inside", "");
	if (setxattr("f", "user.one", "first", 5, 0) == 0)
		return true;
	NEED(errno == EOPNOTSUPP);
	check_skip("extended attributes", "the file system does not have them");
	return false;
}

CHECK_UNUSED static bool xattr_is(const char *path, const char *name, const char *want)
{
	char value[256];
	ssize_t n = getxattr(path, name, value, sizeof(value));

	return n == (ssize_t)strlen(want) && memcmp(value, want, (size_t)n) == 0;
}

/* True if the list of names, of n bytes, has this one. */
CHECK_UNUSED static bool xattr_listed(const char *names, long n, const char *name)
{
	for (long at = 0; at < n; at += (long)strlen(names + at) + 1)
		if (strcmp(names + at, name) == 0)
			return true;
	return false;
}

CHECK_UNUSED static void xattr_paths(const struct xattr_calls *c,
				     long (*call)(const struct xattr_calls *, const char *))
{
	if (c->by_descriptor)
		return;
	CHECK_ERRNO(call(c, "nothing"), ENOENT, "nothing");
	CHECK_ERRNO(call(c, ""), ENOENT, "an empty path");
	CHECK_ERRNO(call(c, "f/"), ENOTDIR, "a slash behind a file");
	CHECK_ERRNO(call(c, (const char *)8), EFAULT, "a path that is not there");
}

/* A name of length characters after "user.". */
CHECK_UNUSED static const char *xattr_name(size_t length)
{
	static char name[512];

	memset(name, 'n', sizeof(name));
	memcpy(name, "user.", 5);
	name[5 + length] = '\0';
	return name;
}

CHECK_UNUSED static long xattr_set_one(const struct xattr_calls *c, const char *path)
{
	return c->set(path, "user.x", "x", 1, 0);
}

CHECK_UNUSED static void xattr_set(const struct xattr_calls *c)
{
	static char big[65537];

	CHECK_OK(c->set("f", "user.two", "second", 6, 0), "sets an attribute");
	CHECK(xattr_is("f", "user.two", "second"), "it is there");
	CHECK_OK(c->set("f", "user.two", "again", 5, 0), "sets it anew");
	CHECK(xattr_is("f", "user.two", "again"), "it has changed");
	CHECK_ERRNO(c->set("f", "user.two", "x", 1, XATTR_CREATE), EEXIST, "XATTR_CREATE: one that is there");
	CHECK_OK(c->set("f", "user.two", "replaced", 8, XATTR_REPLACE), "XATTR_REPLACE: one that is there");
	CHECK(xattr_is("f", "user.two", "replaced"), "is replaced");
	CHECK_ERRNO(c->set("f", "user.three", "x", 1, XATTR_REPLACE), ENODATA, "XATTR_REPLACE: one that is not");
	CHECK_OK(c->set("f", "user.three", "x", 1, XATTR_CREATE), "XATTR_CREATE: one that is not");
	CHECK(xattr_is("f", "user.three", "x"), "is made");
	CHECK_OK(c->set("f", "user.empty", NULL, 0, 0), "an empty value");
	CHECK(xattr_is("f", "user.empty", ""), "is there");
	CHECK_OK(c->set("f", "user.zero", "a\0b", 3, 0), "a value with a NUL");
	CHECK(getxattr("f", "user.zero", big, sizeof(big)) == 3 && memcmp(big, "a\0b", 3) == 0, "is whole");
	CHECK_OK(c->set("d", "user.dir", "d", 1, 0), "a directory");
	CHECK(xattr_is("d", "user.dir", "d"), "has one too");
	CHECK_OK(c->set("f", xattr_name(250), "long", 4, 0), "the longest name");
	CHECK(xattr_is("f", xattr_name(250), "long"), "is there");
	CHECK_ERRNO(c->set("f", xattr_name(251), "x", 1, 0), ERANGE, "a longer name");
	CHECK_ERRNO(c->set("f", "", "x", 1, 0), ERANGE, "an empty name");
	CHECK_ERRNO(c->set("f", "nonsense", "x", 1, 0), EOPNOTSUPP, "a name without a class");
	CHECK_ERRNO(c->set("f", "user.big", big, sizeof(big), 0), E2BIG, "a value larger than 64 KB");
	CHECK_ERRNO(c->set("f", "user.x", "x", 1, 8), EINVAL, "an unknown flag");
	CHECK_ERRNO(c->set("f", "user.x", (void *)8, 1, 0), EFAULT, "a value that is not there");
	CHECK_ERRNO(c->set("f", (const char *)8, "x", 1, 0), EFAULT, "a name that is not there");
	xattr_paths(c, xattr_set_one);
}

CHECK_UNUSED static long xattr_get_one(const struct xattr_calls *c, const char *path)
{
	char value[8];

	return c->get(path, "user.one", value, sizeof(value));
}

CHECK_UNUSED static void xattr_get(const struct xattr_calls *c)
{
	static char value[70000];

	CHECK_EQUAL(c->get("f", "user.one", value, sizeof(value)), 5, "gets an attribute");
	CHECK(memcmp(value, "first", 5) == 0, "its value");
	CHECK_EQUAL(c->get("f", "user.one", value, 5), 5, "a buffer that just fits");
	CHECK_EQUAL(c->get("f", "user.one", NULL, 0), 5, "no buffer asks for the size");
	CHECK_ERRNO(c->get("f", "user.one", value, 4), ERANGE, "a buffer that is too small");
	CHECK_ERRNO(c->get("f", "user.none", value, sizeof(value)), ENODATA, "one that is not there");
	CHECK_ERRNO(c->get("f", "user.none", NULL, 0), ENODATA, "its size");
	CHECK_ERRNO(c->get("f", "nonsense", value, sizeof(value)), EOPNOTSUPP, "a name without a class");
	CHECK_ERRNO(c->get("f", "", value, sizeof(value)), ERANGE, "an empty name");
	CHECK_ERRNO(c->get("f", xattr_name(251), value, sizeof(value)), ERANGE, "a name that is too long");
	CHECK_ERRNO(c->get("f", "user.one", (void *)8, 100), EFAULT, "a buffer that is not there");
	NEED(setxattr("d", "user.dir", "d", 1, 0) == 0);
	CHECK_EQUAL(c->get("d", "user.dir", value, sizeof(value)), 1, "a directory's");
	xattr_paths(c, xattr_get_one);
}

CHECK_UNUSED static long xattr_list_one(const struct xattr_calls *c, const char *path)
{
	char names[1024];

	return c->list(path, names, sizeof(names));
}

CHECK_UNUSED static void xattr_list(const struct xattr_calls *c)
{
	static char names[70000];
	long n, empty;

	empty = c->list("d", names, sizeof(names));
	CHECK(empty >= 0 && !xattr_listed(names, empty, "user.one"), "an object without attributes");
	NEED(setxattr("f", "user.two", "2", 1, 0) == 0);
	n = CHECK_OK(c->list("f", names, sizeof(names)), "lists the names");
	CHECK(xattr_listed(names, n, "user.one") && xattr_listed(names, n, "user.two"), "all of them");
	CHECK(!xattr_listed(names, n, "user.containers.override_stat"), "and nothing that nobody set");
	CHECK_EQUAL(c->list("f", NULL, 0), n, "no buffer asks for the size");
	CHECK_EQUAL(c->list("f", names, (size_t)n), n, "a buffer that just fits");
	CHECK_ERRNO(c->list("f", names, (size_t)n - 1), ERANGE, "a buffer that is too small");
	CHECK_ERRNO(c->list("f", (char *)8, 1000), EFAULT, "a buffer that is not there");
	NEED(chown("f", 5, 6) == 0 && chmod("f", 04711) == 0);
	CHECK_EQUAL(c->list("f", names, sizeof(names)), n, "another owner and mode do not show");
	xattr_paths(c, xattr_list_one);
}

CHECK_UNUSED static long xattr_drop_one(const struct xattr_calls *c, const char *path)
{
	return c->drop(path, "user.one");
}

CHECK_UNUSED static void xattr_drop(const struct xattr_calls *c)
{
	CHECK_OK(c->drop("f", "user.one"), "removes an attribute");
	CHECK(getxattr("f", "user.one", NULL, 0) == -1 && errno == ENODATA, "it is gone");
	CHECK_ERRNO(c->drop("f", "user.one"), ENODATA, "one that is not there");
	CHECK_ERRNO(c->drop("f", "nonsense"), EOPNOTSUPP, "a name without a class");
	CHECK_ERRNO(c->drop("f", ""), ERANGE, "an empty name");
	CHECK_ERRNO(c->drop("f", xattr_name(251)), ERANGE, "a name that is too long");
	CHECK_ERRNO(c->drop("f", (const char *)8), EFAULT, "a name that is not there");
	xattr_paths(c, xattr_drop_one);
}

/* Descriptors that the f-forms do not take. */
CHECK_UNUSED static void xattr_bad_descriptors(long (*call)(int fd))
{
	int p = open("f", O_PATH);

	NEED(p >= 0);
	CHECK_ERRNO(call(p), EBADF, "an O_PATH descriptor");
	CHECK_ERRNO(call(-1), EBADF, "no descriptor");
	close(p);
}

#endif
