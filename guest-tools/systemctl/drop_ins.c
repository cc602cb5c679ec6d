#include "guest-tools/systemctl/drop_ins.h"

#include <stdlib.h>
#include <string.h>

#include "guest-tools/files.h"
#include "guest-tools/systemctl/unit.h"
#include "guest-tools/systemctl/unit_name.h"

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

static int by_base(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(base_of(*x), base_of(*y));
}

/* The directories' names: NAME.d, the template's, a-.service.d for each part of a-b.service, and the type's. */
static void add_directories(struct pool *p, const char *name, struct list *ret)
{
	const char *type = unit_name_type(name);
	char *prefix = unit_name_prefix(p, name), *dash;

	list_add(p, ret, pool_format(p, "%s.d", name));
	if (unit_name_is_instance(name))
		list_add(p, ret, pool_format(p, "%s.d", unit_name_template(p, name)));
	while ((dash = strrchr(prefix, '-')) != NULL && dash > prefix) {
		dash[0] = '\0';
		list_add(p, ret, pool_format(p, "%s-.%s.d", prefix, type));
	}
	list_add(p, ret, pool_format(p, "%s.d", type));
}

static bool has_base(const struct list *paths, const char *base)
{
	for (size_t i = 0; i < paths->count; i++) {
		if (strcmp(base_of(paths->items[i]), base) == 0)
			return true;
	}
	return false;
}

void drop_ins_find(struct pool *p, const struct list *names, struct list *ret)
{
	struct list directories = {NULL}, all = {NULL};

	for (size_t i = names->count; i-- > 0;)
		add_directories(p, names->items[i], &directories);
	/* The first of one name wins: more special directories come first, then those of higher rank. */
	for (size_t i = 0; i < directories.count; i++) {
		for (size_t k = 0; unit_directories[k] != NULL; k++) {
			char *path = unit_path(p, unit_directories[k], directories.items[i]);
			struct list files = {NULL};

			directory_names(p, path, &files);
			for (size_t n = 0; n < files.count; n++) {
				size_t length = strlen(files.items[n]);

				if (length > 5 && strcmp(files.items[n] + length - 5, ".conf") == 0 &&
				    !has_base(&all, files.items[n]))
					list_add(p, &all, pool_format(p, "%s/%s", path, files.items[n]));
			}
		}
	}
	if (all.count > 0)
		qsort(all.items, all.count, sizeof(*all.items), by_base);
	for (size_t i = 0; i < all.count; i++) {
		if (!unit_is_null_link(all.items[i]))
			list_add(p, ret, all.items[i]);
	}
}

void drop_ins_dependencies(struct pool *p, const char *name, const char *kind, struct list *ret)
{
	for (size_t i = 0; unit_directories[i] != NULL; i++) {
		char *path = pool_format(p, "%s%s/%s.%s", unit_root, unit_directories[i], name, kind);
		struct list names = {NULL};

		directory_names(p, path, &names);
		for (size_t k = 0; k < names.count; k++) {
			if (unit_name_valid(names.items[k]) && !list_has(ret, names.items[k]) &&
			    !unit_is_null_link(pool_format(p, "%s/%s", path, names.items[k])))
				list_add(p, ret, names.items[k]);
		}
	}
}
