#include "guest-tools/systemctl/specifier.h"

#include <string.h>
#include <sys/utsname.h>

#include "guest-tools/files.h"
#include "guest-tools/systemctl/unit_name.h"

/* The part behind the last - of a prefix. */
static char *last_part(struct pool *p, const char *name)
{
	char *prefix = unit_name_prefix(p, name), *dash = strrchr(prefix, '-');

	return dash != NULL ? dash + 1 : prefix;
}

static char *first_line(struct pool *p, const char *path)
{
	char *text;
	size_t size;

	if (file_read(p, path, &text, &size) < 0)
		return NULL;
	text[strcspn(text, "\n")] = '\0';
	return text;
}

static char *without(struct pool *p, const char *text, char c)
{
	struct text t = {.pool = p};

	for (; *text != '\0'; text++) {
		if (*text != c)
			text_byte(&t, *text);
	}
	return text_end(&t);
}

static char *boot_id(struct pool *p)
{
	char *id = first_line(p, "/proc/sys/kernel/random/boot_id");

	return id != NULL ? without(p, id, '-') : NULL;
}

/* A word of /etc/os-release. */
static char *release(struct pool *p, const char *key)
{
	char *text, *line;
	size_t size, n = strlen(key);

	if (file_read(p, "/etc/os-release", &text, &size) < 0)
		return NULL;
	while ((line = strsep(&text, "\n")) != NULL) {
		if (strncmp(line, key, n) == 0 && line[n] == '=')
			return without(p, line + n + 1, '"');
	}
	return pool_copy(p, "");
}

static char *machine_word(struct pool *p, char c)
{
	struct utsname u;

	if (uname(&u) < 0)
		return NULL;
	switch (c) {
	case 'H':
		return pool_copy(p, u.nodename);
	case 'l':
		return pool_text(p, u.nodename, strcspn(u.nodename, "."));
	case 'v':
		return pool_copy(p, u.release);
	default:
		return pool_copy(p, strcmp(u.machine, "x86_64") == 0 ? "x86-64" : u.machine);
	}
}

static char *name_word(struct pool *p, const struct specifiers *s, char c)
{
	char *instance = unit_name_instance(p, s->name);

	switch (c) {
	case 'i':
		return instance;
	case 'I':
		return unit_name_unescape(p, instance);
	case 'n':
		return pool_copy(p, s->name);
	case 'N':
		return unit_name_without_type(p, s->name);
	case 'p':
		return unit_name_prefix(p, s->name);
	case 'P':
		return unit_name_unescape(p, unit_name_prefix(p, s->name));
	case 'j':
		return last_part(p, s->name);
	case 'J':
		return unit_name_unescape(p, last_part(p, s->name));
	case 'f':
		return pool_format(
			p, "/%s", unit_name_unescape(p, instance[0] != '\0' ? instance : unit_name_prefix(p, s->name)));
	case 'y':
		return pool_copy(p, s->path);
	case 'Y':
		return pool_text(p, s->path,
				 strrchr(s->path, '/') != NULL ? (size_t)(strrchr(s->path, '/') - s->path) : 0);
	default:
		return NULL;
	}
}

static char *expansion(struct pool *p, const struct specifiers *s, char c)
{
	static const struct {
		char c;
		const char *text;
	} fixed[] = {
		{'t', "/run"}, {'S', "/var/lib"}, {'C', "/var/cache"}, {'L', "/var/log"}, {'E', "/etc"},
		{'T', "/tmp"}, {'V', "/var/tmp"}, {'%', "%"},          {'g', "root"},     {'G', "0"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(fixed); i++) {
		if (fixed[i].c == c)
			return pool_copy(p, fixed[i].text);
	}
	switch (c) {
	case 'h':
		return pool_copy(p, s->user.home);
	case 'u':
		return pool_copy(p, s->user.name);
	case 'U':
		return pool_format(p, "%u", s->user.uid);
	case 's':
		return pool_copy(p, s->user.shell);
	case 'm':
		return first_line(p, "/etc/machine-id");
	case 'b':
		return boot_id(p);
	case 'd':
		return pool_format(p, "/run/credentials/%s", s->name);
	case 'H':
	case 'l':
	case 'v':
	case 'a':
		return machine_word(p, c);
	case 'o':
		return release(p, "ID");
	case 'w':
		return release(p, "VERSION_ID");
	case 'W':
		return release(p, "VARIANT_ID");
	case 'B':
		return release(p, "BUILD_ID");
	default:
		return name_word(p, s, c);
	}
}

char *specifier_expand(struct pool *p, const struct specifiers *s, const char *text)
{
	struct text t = {.pool = p};

	for (; *text != '\0'; text++) {
		char *word = text[0] == '%' && text[1] != '\0' ? expansion(p, s, text[1]) : NULL;

		if (word != NULL) {
			text_add(&t, word);
			text++;
		} else {
			text_byte(&t, *text);
		}
	}
	return text_end(&t);
}
