#include "cli/lxenv.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/attr.h"

enum { IS_PATH = 1, IS_LIST = 2, TO_GUEST = 4, TO_HOST = 8 };

static bool parse_flags(const char *flags, unsigned *ret)
{
	static const char letters[] = "pluw";

	for (*ret = 0; *flags != '\0'; flags++) {
		const char *at = strchr(letters, *flags);

		if (at == NULL)
			return false;
		*ret |= 1u << (at - letters);
	}
	return true;
}

/* One path into the guest; relative ones mean the same there, as the directory crosses too. */
static bool translate(const struct lxenv_paths *p, const char *path, char *ret, size_t size)
{
	size_t n = strlen(p->root);
	const char *from = path, *before = "";

	if (path[0] == '/' && n > 1 && strncmp(path, p->root, n) == 0 && (path[n] == '/' || path[n] == '\0'))
		from = path[n] == '\0' ? "/" : path + n;
	else if (path[0] == '/' && p->host_root != NULL)
		before = p->host_root;
	else if (path[0] == '/')
		return false;
	return snprintf(ret, size, "%s%s", before, from) < (int)size;
}

/* Those of the paths that are in the guest; false if none is. */
static bool translate_list(const struct lxenv_paths *p, const char *list, char *ret, size_t size)
{
	size_t used = 0;

	ret[0] = '\0';
	for (;;) {
		size_t length = strcspn(list, ":");
		char one[PATH_MAX], there[PATH_MAX];

		if (length < sizeof(one)) {
			snprintf(one, sizeof(one), "%.*s", (int)length, list);
			if (translate(p, one, there, sizeof(there))) {
				used += (size_t)snprintf(ret + used, size - used, "%s%s", used > 0 ? ":" : "", there);
				if (used >= size)
					return false;
			}
		}
		if (list[length] == '\0')
			return used > 0;
		list += length + 1;
	}
}

void lxenv_import(const char *lxenv, const struct lxenv_paths *paths,
		  void (*put)(void *context, const char *name, const char *value), void *context)
{
	char *copy, *rest, *entry;

	if (lxenv == NULL)
		return;
	put(context, "LXENV", lxenv);
	copy = strdup(lxenv);
	if (copy == NULL)
		return;
	for (entry = strtok_r(copy, ":", &rest); entry != NULL; entry = strtok_r(NULL, ":", &rest)) {
		static char there[128 << 10];
		char *slash = strchr(entry, '/');
		const char *value;
		unsigned flags = 0;

		if (slash != NULL)
			*slash = '\0';
		value = entry[0] != '\0' ? getenv(entry) : NULL;
		if (value == NULL || (slash != NULL && !parse_flags(slash + 1, &flags)))
			continue;
		if ((flags & TO_HOST) != 0 && (flags & TO_GUEST) == 0)
			continue;
		if ((flags & IS_LIST) != 0 && !translate_list(paths, value, there, sizeof(there)))
			continue;
		if ((flags & (IS_LIST | IS_PATH)) == IS_PATH && !translate(paths, value, there, PATH_MAX))
			continue;
		put(context, entry, (flags & (IS_LIST | IS_PATH)) != 0 ? there : value);
	}
	free(copy);
}
