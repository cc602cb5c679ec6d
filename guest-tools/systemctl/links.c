#include "guest-tools/systemctl/links.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "guest-tools/files.h"
#include "guest-tools/systemctl/unit.h"
#include "guest-tools/systemctl/unit_name.h"

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n > m && strcmp(s + n - m, end) == 0;
}

/* Does a link with this text enable the unit: it names its file, or it is one of the template's instances. */
static bool is_for(struct pool *p, const char *link, const char *text, const char *name)
{
	const char *file = base_of(text);

	if (strcmp(link, name) == 0)
		return true;
	if (unit_name_is_instance(name))
		return false;
	return strcmp(file, name) == 0 || (unit_name_is_template(name) && unit_name_is_instance(link) &&
					   strcmp(unit_name_template(p, link), name) == 0);
}

static void search(struct pool *p, const char *directory, const char *name, bool aliases, struct list *ret)
{
	struct list names = {NULL};

	directory_names(p, directory, &names);
	for (size_t i = 0; i < names.count; i++) {
		char *path = pool_format(p, "%s/%s", directory, names.items[i]), text[PATH_MAX];
		ssize_t n = readlink(path, text, sizeof(text) - 1);

		if (n <= 0)
			continue;
		text[n] = '\0';
		/* A link to a file elsewhere under its own name makes it known and does not enable it. */
		if (aliases && (strcmp(names.items[i], base_of(text)) == 0 || strcmp(text, "/dev/null") == 0 ||
				strcmp(names.items[i], name) == 0))
			continue;
		if (is_for(p, names.items[i], text, name) && !list_has(ret, path))
			list_add(p, ret, path);
	}
}

void links_to(struct pool *p, const char *name, struct list *ret)
{
	char *directory = pool_format(p, "%s" LINKS_DIRECTORY, unit_root);
	struct list names = {NULL};

	search(p, directory, name, true, ret);
	directory_names(p, directory, &names);
	for (size_t i = 0; i < names.count; i++) {
		if (ends_with(names.items[i], ".wants") || ends_with(names.items[i], ".requires") ||
		    ends_with(names.items[i], ".upholds"))
			search(p, pool_format(p, "%s/%s", directory, names.items[i]), name, false, ret);
	}
}
