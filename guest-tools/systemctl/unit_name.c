#include "guest-tools/systemctl/unit_name.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static bool known_type(const char *type)
{
	static const char *const types[] = {"service", "socket", "target", "device", "mount", "automount",
					    "swap",    "timer",  "path",   "slice",  "scope"};

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (strcmp(types[i], type) == 0)
			return true;
	}
	return false;
}

const char *unit_name_type(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot != NULL ? dot + 1 : "";
}

static char *escaped_path(struct pool *p, const char *path)
{
	struct text t = {.pool = p};

	for (path += strspn(path, "/"); *path != '\0'; path++) {
		if (*path == '/' && (path[1] == '/' || path[1] == '\0'))
			continue;
		if (*path == '/')
			text_byte(&t, '-');
		else if (isalnum((unsigned char)*path) || strchr(":_.", *path) != NULL)
			text_byte(&t, *path);
		else
			text_add(&t, pool_format(p, "\\x%02x", (unsigned char)*path));
	}
	return t.used > 0 ? t.s : pool_copy(p, "-");
}

char *unit_name_of(struct pool *p, const char *written)
{
	if (written[0] == '/')
		return pool_format(p, "%s.%s", escaped_path(p, written),
				   strncmp(written, "/dev/", 5) == 0 ? "device" : "mount");
	if (known_type(unit_name_type(written)))
		return pool_copy(p, written);
	return pool_format(p, "%s.service", written);
}

bool unit_name_valid(const char *name)
{
	size_t length = strlen(name);

	if (length > UNIT_NAME_MAX || !known_type(unit_name_type(name)) || name[0] == '.' || name[0] == '@')
		return false;
	for (size_t i = 0; i < length; i++) {
		if (!isalnum((unsigned char)name[i]) && strchr(":-_.\\@", name[i]) == NULL)
			return false;
	}
	return true;
}

bool unit_name_is_service(const char *name)
{
	return strcmp(unit_name_type(name), "service") == 0;
}

bool unit_name_is_template(const char *name)
{
	const char *at = strchr(name, '@');

	return at != NULL && at + 1 == strrchr(name, '.');
}

bool unit_name_is_instance(const char *name)
{
	return strchr(name, '@') != NULL && !unit_name_is_template(name);
}

char *unit_name_without_type(struct pool *p, const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot != NULL ? pool_text(p, name, (size_t)(dot - name)) : pool_copy(p, name);
}

char *unit_name_prefix(struct pool *p, const char *name)
{
	char *prefix = unit_name_without_type(p, name);

	prefix[strcspn(prefix, "@")] = '\0';
	return prefix;
}

char *unit_name_instance(struct pool *p, const char *name)
{
	char *whole = unit_name_without_type(p, name), *at = strchr(whole, '@');

	return at != NULL ? at + 1 : pool_copy(p, "");
}

char *unit_name_template(struct pool *p, const char *name)
{
	return pool_format(p, "%s@.%s", unit_name_prefix(p, name), unit_name_type(name));
}

char *unit_name_with_instance(struct pool *p, const char *template, const char *instance)
{
	return pool_format(p, "%s@%s.%s", unit_name_prefix(p, template), instance, unit_name_type(template));
}

char *unit_name_unescape(struct pool *p, const char *text)
{
	struct text t = {.pool = p};

	for (; *text != '\0'; text++) {
		if (text[0] == '-') {
			text_byte(&t, '/');
		} else if (text[0] == '\\' && text[1] == 'x' && isxdigit((unsigned char)text[2]) &&
			   isxdigit((unsigned char)text[3])) {
			char hex[3] = {text[2], text[3], '\0'};
			char c = (char)strtoul(hex, NULL, 16);

			if (c != '\0')
				text_byte(&t, c);
			text += 3;
		} else {
			text_byte(&t, *text);
		}
	}
	return text_end(&t);
}
