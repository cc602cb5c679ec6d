/* The text of paths. */
#include <errno.h>

#include "base/str.h"
#include "vfs/internal.h"

struct component path_component(const char *path, size_t at)
{
	struct component c;

	while (path[at] == '/')
		at++;
	c.at = at;
	while (path[at] != '\0' && path[at] != '/')
		at++;
	c.length = at - c.at;
	return c;
}

bool component_is(const char *path, struct component c, const char *name)
{
	return strlen(name) == c.length && memcmp(path + c.at, name, c.length) == 0;
}

static bool is_dot(const char *s)
{
	return s[0] == '.' && (s[1] == '/' || s[1] == '\0');
}

size_t path_length(const char *path, bool *ret_plain)
{
	size_t n = 0;

	/* A name that begins with a dot is looked at more closely by who has to. */
	*ret_plain = path[0] != '.';
	for (; path[n] != '\0'; n++)
		if (path[n] == '/' && (path[n + 1] == '/' || path[n + 1] == '.'))
			*ret_plain = false;
	return n;
}

void path_tidy(char *path)
{
	const char *from = path;
	char *to = path;

	if (*from == '/')
		*to++ = *from++;
	while (*from != '\0') {
		if (*from == '/') {
			from++;
		} else if (is_dot(from) && from[1] == '/') {
			from += 2;
		} else {
			while (*from != '\0' && *from != '/')
				*to++ = *from++;
			if (*from == '/')
				*to++ = *from++;
		}
	}
	/* "./" alone, or behind nothing: still the directory itself. */
	if (to == path)
		*to++ = '.';
	*to = '\0';
}

size_t path_above(const char *path, size_t n)
{
	while (n > 0 && path[n - 1] == '/')
		n--;
	while (n > 0 && path[n - 1] != '/')
		n--;
	while (n > 0 && path[n - 1] == '/')
		n--;
	return n;
}

struct component path_dotdot(const char *path)
{
	struct component c = path_component(path, 0);

	while (c.length != 0 && !component_is_dotdot(path, c))
		c = path_component(path, c.at + c.length);
	return c;
}

bool path_may_go_up(const char *text, size_t length)
{
	for (size_t i = 1; i < length; i++)
		if (text[i] == '.' && text[i - 1] == '.')
			return true;
	return false;
}

bool path_collapse(char *path, struct component c)
{
	size_t end = c.at + c.length, name_end = c.at, at;
	bool none;

	while (name_end > 0 && path[name_end - 1] == '/')
		name_end--;
	for (at = name_end; at > 0 && path[at - 1] != '/';)
		at--;
	none = at == name_end;
	if (none)
		at = c.at;
	while (path[end] == '/')
		end++;
	if (path[end] != '\0') {
		memmove(path + at, path + end, strlen(path + end) + 1);
	} else {
		/* A dot keeps what ".." said at the end: the directory itself. */
		path[at] = '.';
		path[at + 1] = '\0';
	}
	return !none;
}

int path_splice(char *path, size_t at, size_t end, const char *text, size_t length)
{
	size_t rest = strlen(path + end) + 1;

	if (at + length + rest > WALK_PATH)
		return -ENAMETOOLONG;
	memmove(path + at + length, path + end, rest);
	memcpy(path + at, text, length);
	return 0;
}

struct last path_last(const char *path)
{
	struct last l = {0};
	size_t end = strlen(path);

	while (end > 0 && path[end - 1] == '/') {
		l.slash = true;
		end--;
	}
	l.name.at = end;
	while (l.name.at > 0 && path[l.name.at - 1] != '/')
		l.name.at--;
	l.name.length = end - l.name.at;
	return l;
}

bool path_is_below(const char *path, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(path, prefix, n) == 0 && (path[n] == '\0' || path[n] == '/');
}
