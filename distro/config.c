#include "distro/config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/host.h"
#include "distro/ini.h"
#include "distro/paths.h"

#define KEYS_MAX 128
/* A configuration file of this size is none. */
#define TEXT_MAX (1 << 20)

struct parse {
	const struct config_file *f;
	void *ret;
	bool seen[KEYS_MAX];
};

static void PRINTF_LIKE(2, 3) warn(const struct config_file *f, const char *format, ...)
{
	char sentence[1024];
	va_list ap;

	if (f->warnings == NULL)
		return;
	va_start(ap, format);
	(void)vsnprintf(sentence, sizeof(sentence), format, ap);
	va_end(ap);
	f->warnings->warn(f->warnings->context, sentence);
}

/* --- values: false where it is none of its kind ---------------------------------------------------------------------- */

static bool set_bool(const char *value, bool *ret)
{
	if (strcasecmp(value, "true") == 0 || strcmp(value, "1") == 0)
		*ret = true;
	else if (strcasecmp(value, "false") == 0 || strcmp(value, "0") == 0)
		*ret = false;
	else
		return false;
	return true;
}

static bool set_string(const struct config_key *k, const char *value, char *ret)
{
	if (strlen(value) >= k->size)
		return false;
	strcpy(ret, value);
	return true;
}

static bool set_home_path(const struct config_key *k, const char *value, char *ret)
{
	const char *home = distro_home();
	char path[PATH_MAX];

	if (value[0] == '/')
		return set_string(k, value, ret);
	if (strncmp(value, "~/", 2) != 0 || home == NULL)
		return false;
	return snprintf(path, sizeof(path), "%s/%s", home, value + 2) < (int)sizeof(path) && set_string(k, path, ret);
}

static bool is_hostname(const char *value)
{
	return value[0] != '\0' && value[0] != '-' && value[0] != '.' &&
	       strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.") == strlen(value);
}

/* Decimal, 0x and 0 as in C. */
static bool set_integer(const struct config_key *k, const char *value, int64_t *ret)
{
	char *end;
	long long n;

	errno = 0;
	n = strtoll(value, &end, 0);
	if (value[0] == '\0' || strchr("+-0123456789", value[0]) == NULL || *end != '\0' || errno != 0 || n < k->min ||
	    n > k->max)
		return false;
	*ret = n;
	return true;
}

bool size_read(const char *value, uint64_t *ret)
{
	static const struct {
		const char *name;
		unsigned shift;
	} units[] = {{"", 0},    {"B", 0},  {"K", 10},  {"KB", 10}, {"M", 20},
		     {"MB", 20}, {"G", 30}, {"GB", 30}, {"T", 40},  {"TB", 40}};
	char *unit;
	unsigned long long n;

	errno = 0;
	n = strtoull(value, &unit, 10);
	if (value[0] < '0' || value[0] > '9' || errno != 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (strcasecmp(unit, units[i].name) == 0 && n <= UINT64_MAX >> units[i].shift) {
			*ret = (uint64_t)n << units[i].shift;
			return true;
		}
	return false;
}

static bool set(const struct config_key *k, const char *value, void *ret)
{
	void *member = (char *)ret + k->offset;

	switch (k->kind) {
	case CONFIG_IGNORED:
		return true;
	case CONFIG_BOOL:
		return set_bool(value, member);
	case CONFIG_STRING:
		return set_string(k, value, member);
	case CONFIG_PATH:
		return value[0] == '/' && set_string(k, value, member);
	case CONFIG_HOME:
		return set_home_path(k, value, member);
	case CONFIG_HOSTNAME:
		return is_hostname(value) && set_string(k, value, member);
	case CONFIG_NAME:
		return distro_name_is_valid(value) && set_string(k, value, member);
	case CONFIG_INTEGER:
		return set_integer(k, value, member);
	case CONFIG_SIZE:
		return size_read(value, member);
	}
	lx_bug();
}

static void warn_of_value(const struct config_file *f, const struct config_key *k, const char *value, unsigned line)
{
	static const char *const wanted[] = {
		[CONFIG_BOOL] = "true or false",
		[CONFIG_STRING] = "too long",
		[CONFIG_PATH] = "an absolute path",
		[CONFIG_HOME] = "an absolute path",
		[CONFIG_HOSTNAME] = "made of letters, digits, '-' and '.'",
		[CONFIG_NAME] = "made of letters, digits, '.', '_' and '-'",
		[CONFIG_SIZE] = "a size like 512MB or 4GB",
	};

	if (k->kind == CONFIG_INTEGER && (k->min > INT64_MIN || k->max < INT64_MAX))
		warn(f, "Invalid value '%.200s' for key '%s.%s' in %s:%u: it is a number from %lld to %lld", value,
		     k->section, k->key, f->name, line, (long long)k->min, (long long)k->max);
	else
		warn(f, "Invalid value '%.200s' for key '%s.%s' in %s:%u: it is %s", value, k->section, k->key, f->name,
		     line, k->kind == CONFIG_INTEGER ? "a number" : wanted[k->kind]);
}

/* --- files ----------------------------------------------------------------------------------------------------------- */

static void on_key(void *context, const char *section, const char *key, const char *value, unsigned line)
{
	struct parse *p = context;
	const struct config_file *f = p->f;

	for (size_t i = 0; i < f->count; i++) {
		const struct config_key *k = &f->keys[i];

		if (strcasecmp(k->section, section) != 0 || strcasecmp(k->key, key) != 0)
			continue;
		if (p->seen[i])
			warn(f, "Duplicated key '%s.%s' in %s:%u: the first one counts", k->section, k->key, f->name,
			     line);
		else if (!set(k, value, p->ret))
			warn_of_value(f, k, value, line);
		p->seen[i] = true;
		return;
	}
	warn(f, "Unknown key '%.200s.%.200s' in %s:%u", section, key, f->name, line);
}

static void on_bad_line(void *context, unsigned line)
{
	const struct parse *p = context;

	warn(p->f, "A line that is neither a section nor a key and its value in %s:%u", p->f->name, line);
}

void config_read_text(const struct config_file *f, const char *text, size_t size, void *ret)
{
	struct parse p = {.f = f, .ret = ret};

	if (f->count > KEYS_MAX)
		lx_bug();
	ini_read(text, size, &(struct ini_reader){on_key, on_bad_line, &p});
}

void config_read_fd(const struct config_file *f, int fd, void *ret)
{
	int file CLEANUP(host_close_at) = fd;
	struct stat st;
	char *text;
	ssize_t n;

	if (fd == -ENOENT || fd == -ENOTDIR)
		return;
	if (fd < 0 || host_fstat(fd, &st) < 0) {
		warn(f, "Cannot open %s: %s", f->name, strerror(fd < 0 ? -fd : EIO));
		return;
	}
	if (!S_ISREG(st.st_mode) || st.st_size > TEXT_MAX) {
		warn(f, "%s is no configuration: %s", f->name,
		     S_ISREG(st.st_mode) ? "it is too large" : "it is no file");
		return;
	}
	text = malloc((size_t)st.st_size + 1);
	n = text == NULL ? -ENOMEM : host_pread_full(file, text, (size_t)st.st_size, 0);
	if (n < 0)
		warn(f, "Cannot read %s: %s", f->name, strerror((int)-n));
	else
		config_read_text(f, text, (size_t)n, ret);
	free(text);
}

int config_open_in_root(int root_fd, const char *name)
{
	const int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	char path[64];
	int etc CLEANUP(host_close_at) = -1;
	int fd;

	snprintf(path, sizeof(path), "etc/%s", name);
	fd = host_openat2(root_fd, path, flags, 0, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
	if (fd != -ENOSYS && fd != -EPERM)
		return fd;
	/* Without openat2(2): as they are in nearly every distribution, no links. */
	etc = host_openat(root_fd, "etc", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
	return etc < 0 ? etc : host_openat(etc, name, flags | O_NOFOLLOW, 0);
}
