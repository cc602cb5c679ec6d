/* Which unit files there are, and whether they are enabled. */
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest-tools/files.h"
#include "guest-tools/systemctl/links.h"
#include "guest-tools/systemctl/request.h"
#include "guest-tools/systemctl/sysv.h"
#include "guest-tools/systemctl/unit_name.h"

static int by_text(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

void unit_file_names(struct pool *p, struct list *ret)
{
	struct list all = {NULL}, scripts = {NULL};

	for (size_t i = 0; unit_directories[i] != NULL; i++)
		directory_names(p, unit_path(p, unit_directories[i], "."), &all);
	directory_names(p, unit_path(p, "/etc/init.d", "."), &scripts);
	for (size_t i = 0; i < scripts.count; i++) {
		char *name = pool_format(p, "%s.service", scripts.items[i]);

		if (unit_name_valid(name) && sysv_script(p, name) != NULL)
			list_add(p, &all, name);
	}
	if (all.count > 0)
		qsort(all.items, all.count, sizeof(*all.items), by_text);
	for (size_t i = 0; i < all.count; i++) {
		if (unit_name_valid(all.items[i]) &&
		    (ret->count == 0 || strcmp(ret->items[ret->count - 1], all.items[i]) != 0))
			list_add(p, ret, all.items[i]);
	}
}

const char *unit_file_state(struct pool *p, const char *name)
{
	static const char *const wanted[] = {"WantedBy", "RequiredBy", "UpheldBy", "Alias"};
	struct list links = {NULL};
	const char *state = "static";
	struct unit u;

	unit_load(name, &u);
	if (u.state == UNIT_MASKED)
		state = "masked";
	else if (u.state == UNIT_NOT_FOUND)
		state = "";
	else if (u.state == UNIT_BAD)
		state = "bad";
	else if (u.init_script != NULL)
		state = sysv_is_enabled(p, u.name) ? "enabled" : "disabled";
	else if (strcmp(u.name, name) != 0)
		state = "alias";
	if (strcmp(state, "static") == 0) {
		struct list also = {NULL};

		unit_words(&u, "Install", "Also", &also);
		if (also.count > 0)
			state = "indirect";
		for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
			struct list words = {NULL};

			unit_words(&u, "Install", wanted[i], &words);
			if (words.count > 0)
				state = "disabled";
		}
		links_to(p, u.name, &links);
		if (links.count > 0)
			state = "enabled";
	}
	unit_done(&u);
	return state;
}

/* The first rule of *.preset that matches says it; without one it is to be enabled. */
const char *unit_file_preset(struct pool *p, const char *name)
{
	static const char *const directories[] = {"/etc/systemd/system-preset", "/usr/lib/systemd/system-preset",
						  "/lib/systemd/system-preset"};

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		char *directory = pool_format(p, "%s%s", unit_root, directories[i]);
		struct list files = {NULL};

		directory_names(p, directory, &files);
		for (size_t k = 0; k < files.count; k++) {
			char *text, *line, verb[16], pattern[256];
			size_t size;

			if (file_read(p, pool_format(p, "%s/%s", directory, files.items[k]), &text, &size) < 0)
				continue;
			while ((line = strsep(&text, "\n")) != NULL) {
				if (sscanf(line, " %15s %255s", verb, pattern) == 2 && verb[0] != '#' &&
				    fnmatch(pattern, name, 0) == 0)
					return strcmp(verb, "disable") == 0 ? "disabled" : "enabled";
			}
		}
	}
	return "enabled";
}

char *unit_argument(struct request *r, const char *word)
{
	char *name = unit_name_of(&r->pool, word);

	if (unit_name_valid(name))
		return name;
	fprintf(stderr, "systemctl: '%s' cannot be the name of a unit\n", word);
	return NULL;
}

void unit_arguments(struct request *r, bool files, struct list *ret)
{
	struct list all = {NULL};

	for (size_t i = 0; i < r->words.count; i++) {
		const char *word = r->words.items[i];
		char *name;

		if (strpbrk(word, "*?[") == NULL) {
			name = unit_argument(r, word);
			if (name != NULL)
				list_add(&r->pool, ret, name);
			continue;
		}
		if (all.count == 0 && files)
			unit_file_names(&r->pool, &all);
		else if (all.count == 0)
			state_names(&r->pool, &all);
		for (size_t k = 0; k < all.count; k++) {
			if (fnmatch(word, all.items[k], 0) == 0 ||
			    fnmatch(unit_name_of(&r->pool, word), all.items[k], 0) == 0)
				list_add(&r->pool, ret, all.items[k]);
		}
	}
}
