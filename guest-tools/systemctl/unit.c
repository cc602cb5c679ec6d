#include "guest-tools/systemctl/unit.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest-tools/files.h"
#include "guest-tools/systemctl/drop_ins.h"
#include "guest-tools/systemctl/sysv.h"
#include "guest-tools/systemctl/unit_name.h"
#include "guest-tools/systemctl/unit_text.h"
#include "guest-tools/systemctl/words.h"

#define ALIASES_MAX 16

const char *unit_root = "";
const char *const unit_directories[] = {
	"/etc/systemd/system",
	"/run/systemd/system",
	"/run/systemd/generator",
	"/usr/local/lib/systemd/system",
	"/usr/lib/systemd/system",
	"/lib/systemd/system",
	NULL,
};

char *unit_path(struct pool *p, const char *directory, const char *name)
{
	return pool_format(p, "%s%s/%s", unit_root, directory, name);
}

bool unit_is_null_link(const char *path)
{
	char text[PATH_MAX];
	ssize_t n = readlink(path, text, sizeof(text) - 1);
	struct stat st;

	if (n > 0) {
		text[n] = '\0';
		return strcmp(text, "/dev/null") == 0;
	}
	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == 0;
}

char *unit_file_find(struct pool *p, const char *name)
{
	for (size_t i = 0; unit_directories[i] != NULL; i++) {
		char *path = unit_path(p, unit_directories[i], name);
		struct stat st;

		if (lstat(path, &st) == 0 && !S_ISDIR(st.st_mode))
			return path;
	}
	return NULL;
}

static void add_setting(void *context, const char *section, const char *key, const char *value)
{
	struct unit *u = context;

	if (u->count == u->room) {
		size_t room = u->room > 0 ? u->room * 2 : 32;
		struct setting *more = pool_alloc(&u->pool, room * sizeof(*more));

		if (u->count > 0)
			memcpy(more, u->settings, u->count * sizeof(*more));
		u->settings = more;
		u->room = room;
	}
	u->settings[u->count++] = (struct setting){section, key, value};
}

static int add_file(struct unit *u, const char *path)
{
	char *text;
	size_t size;
	int r = file_read(&u->pool, path, &text, &size);

	if (r == 0)
		unit_text_read(&u->pool, text, size, add_setting, u);
	return r;
}

static void begin(const char *name, struct unit *u)
{
	*u = (struct unit){.state = UNIT_NOT_FOUND};
	u->name = pool_copy(&u->pool, name);
	u->path = "";
	u->specifiers = (struct specifiers){.name = u->name, .path = "", .user = {"root", "/root", "/bin/sh", 0, 0}};
}

/* A link to another name is an alias: foo@a.service for a link foo@.service to bar@.service is bar@a.service. */
static const char *name_behind_link(struct unit *u, const char *path)
{
	char text[PATH_MAX];
	ssize_t n = readlink(path, text, sizeof(text) - 1);
	char *base;

	if (n <= 0)
		return NULL;
	text[n] = '\0';
	base = strrchr(text, '/') != NULL ? strrchr(text, '/') + 1 : text;
	if (!unit_name_valid(base))
		return NULL;
	if (unit_name_is_template(base) && unit_name_is_instance(u->name))
		return unit_name_with_instance(&u->pool, base, unit_name_instance(&u->pool, u->name));
	return pool_copy(&u->pool, base);
}

static void set_name(struct unit *u, const char *name)
{
	if (!list_has(&u->names, u->name))
		list_add(&u->pool, &u->names, u->name);
	u->name = name;
	u->specifiers.name = name;
}

static char *file_or_template(struct unit *u, const char *name)
{
	char *path = unit_file_find(&u->pool, name);

	if (path == NULL && unit_name_is_instance(name))
		path = unit_file_find(&u->pool, unit_name_template(&u->pool, name));
	return path;
}

/* Follows the links to the file and the canonical name. */
static char *find_file(struct unit *u)
{
	for (unsigned i = 0; i < ALIASES_MAX; i++) {
		char *path = file_or_template(u, u->name);
		const char *behind;

		if (path == NULL)
			return NULL;
		if (unit_is_null_link(path)) {
			u->state = UNIT_MASKED;
			return path;
		}
		behind = name_behind_link(u, path);
		if (behind == NULL || strcmp(behind, u->name) == 0 || file_or_template(u, behind) == NULL)
			return path;
		set_name(u, behind);
	}
	u->state = UNIT_BAD;
	return NULL;
}

void unit_load(const char *name, struct unit *ret)
{
	char *path;

	begin(name, ret);
	path = find_file(ret);
	set_name(ret, ret->name);
	if (path == NULL && ret->state == UNIT_NOT_FOUND && unit_name_is_service(ret->name)) {
		struct text script = {.pool = &ret->pool};

		ret->init_script = sysv_unit_text(&ret->pool, ret->name, &script);
		if (ret->init_script == NULL)
			return;
		ret->path = ret->init_script;
		ret->state = UNIT_LOADED;
		unit_text_read(&ret->pool, script.s, script.used, add_setting, ret);
	}
	if (path != NULL) {
		ret->path = path;
		ret->specifiers.path = path;
		if (ret->state == UNIT_NOT_FOUND)
			ret->state = add_file(ret, path) < 0 ? UNIT_BAD : UNIT_LOADED;
	}
	if (ret->state != UNIT_LOADED)
		return;
	drop_ins_find(&ret->pool, &ret->names, &ret->drop_ins);
	for (size_t i = 0; i < ret->drop_ins.count; i++)
		(void)!add_file(ret, ret->drop_ins.items[i]);
}

void unit_load_text(const char *name, const char *text, size_t size, struct unit *ret)
{
	begin(name, ret);
	set_name(ret, ret->name);
	ret->state = UNIT_LOADED;
	unit_text_read(&ret->pool, text, size, add_setting, ret);
}

void unit_done(struct unit *u)
{
	pool_free(&u->pool);
	*u = (struct unit){.state = UNIT_NOT_FOUND};
}

static const char *raw(const struct unit *u, const char *section, const char *key)
{
	for (size_t i = u->count; i-- > 0;) {
		if (strcmp(u->settings[i].key, key) == 0 && strcmp(u->settings[i].section, section) == 0)
			return u->settings[i].value;
	}
	return "";
}

const char *unit_get(struct unit *u, const char *section, const char *key, const char *otherwise)
{
	const char *value = raw(u, section, key);

	return value[0] != '\0' ? specifier_expand(&u->pool, &u->specifiers, value) : otherwise;
}

bool unit_truth(struct unit *u, const char *section, const char *key, bool otherwise)
{
	return words_truth(raw(u, section, key), otherwise);
}

long unit_milliseconds(struct unit *u, const char *key, long otherwise)
{
	long n;

	return words_milliseconds(raw(u, "Service", key), &n) == 0 ? n : otherwise;
}

int unit_signal(struct unit *u, const char *key, int otherwise)
{
	int n = words_signal(raw(u, "Service", key));

	return n > 0 ? n : otherwise;
}

void unit_values(struct unit *u, const char *section, const char *key, struct list *ret)
{
	for (size_t i = 0; i < u->count; i++) {
		const struct setting *s = &u->settings[i];

		if (strcmp(s->key, key) != 0 || strcmp(s->section, section) != 0)
			continue;
		if (s->value[0] == '\0')
			ret->count = 0;
		else
			list_add(&u->pool, ret, s->value);
	}
}

void unit_words(struct unit *u, const char *section, const char *key, struct list *ret)
{
	struct list values = {NULL}, words = {NULL};

	unit_values(u, section, key, &values);
	for (size_t i = 0; i < values.count; i++)
		(void)!words_split(&u->pool, values.items[i], &words);
	for (size_t i = 0; i < words.count; i++)
		list_add(&u->pool, ret, specifier_expand(&u->pool, &u->specifiers, words.items[i]));
}

int unit_commands(struct unit *u, const char *key, struct command **ret)
{
	struct list values = {NULL};
	int r = 0;

	*ret = NULL;
	unit_values(u, "Service", key, &values);
	for (size_t i = 0; r == 0 && i < values.count; i++)
		r = command_parse(&u->pool, &u->specifiers, values.items[i], ret);
	return r;
}
