#include "cli/environment.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/host.h"
#include "cli/below.h"
#include "cli/options.h"

/* A caller may have any number for LXENV to name; what is more is left out. */
#define VARIABLES_MAX (OPTIONS_ENV_MAX + 1024)

static const char *const crossing[] = {
	"TERM",       "COLORTERM", "TZ",        "DISPLAY", "WAYLAND_DISPLAY",
	"XAUTHORITY", "NO_COLOR",  "LS_COLORS", "COLUMNS", "LINES",
};

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

struct list {
	char **words;
	size_t count;
};

static size_t name_length(const char *word)
{
	return strcspn(word, "=");
}

/* Adds, or replaces what has the same name. */
static void put(struct list *l, const char *word)
{
	size_t n = name_length(word);
	char *copy = strdup(word);

	if (copy == NULL)
		abort();
	for (size_t i = 0; i < l->count; i++)
		if (name_length(l->words[i]) == n && strncmp(l->words[i], word, n) == 0) {
			free(l->words[i]);
			l->words[i] = copy;
			return;
		}
	if (l->count < VARIABLES_MAX)
		l->words[l->count++] = copy;
	else
		free(copy);
}

static void put_pair(void *l, const char *name, const char *value)
{
	char *word;

	if (asprintf(&word, "%s=%s", name, value) < 0)
		abort();
	put(l, word);
	free(word);
}

/* A locale is there if its directory is, or (glibc's usual case) the archive of all of them. */
static bool has_locale(int root_fd, const char *name)
{
	struct stat st;

	if (strcmp(name, "C") == 0 || strcmp(name, "POSIX") == 0 || strcasecmp(name, "C.UTF-8") == 0)
		return true;
	return strchr(name, '/') == NULL && host_fstatat(root_fd, "usr/lib/locale/locale-archive", &st, 0) == 0;
}

static char *trim(char *text)
{
	char *end;

	while (isspace((unsigned char)*text))
		text++;
	end = text + strlen(text);
	while (end > text && isspace((unsigned char)end[-1]))
		*--end = '\0';
	return text;
}

static bool is_name(const char *name)
{
	if (!isalpha((unsigned char)*name) && *name != '_')
		return false;
	while (isalnum((unsigned char)*name) || *name == '_')
		name++;
	return *name == '\0';
}

/* pam_env(8)'s envfile: NAME=VALUE lines, quoted or not, `export` in front or not. */
static void put_envfile(struct list *l, int root_fd)
{
	FILE *f CLEANUP(below_close) = below_fopen(root_fd, "/etc/environment");
	char line[8192];

	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		char *name = trim(line), *value;
		size_t n;

		if (strncmp(name, "export ", 7) == 0)
			name = trim(name + 7);
		value = strchr(name, '=');
		if (value == NULL)
			continue;
		*value++ = '\0';
		n = strlen(value);
		if (n >= 2 && (value[0] == '"' || value[0] == '\'') && value[n - 1] == value[0]) {
			value[n - 1] = '\0';
			value++;
		}
		if (is_name(name))
			put_pair(l, name, value);
	}
}

static void put_callers(struct list *l, const struct environment_of *of)
{
	const char *lang = getenv("LANG");

	if (lang != NULL && has_locale(of->root_fd, lang))
		put_pair(l, "LANG", lang);
	for (size_t i = 0; i < ARRAY_SIZE(crossing); i++) {
		const char *value = getenv(crossing[i]);

		if (value != NULL)
			put_pair(l, crossing[i], value);
	}
	lxenv_import(getenv("LXENV"), &of->paths, put_pair, l);
}

/* Named in LXENV, with flags or without. */
static bool is_named(const char *lxenv, const char *name, size_t n)
{
	while (lxenv != NULL && *lxenv != '\0') {
		if (strncmp(lxenv, name, n) == 0 && strchr(":/", lxenv[n]) != NULL)
			return true;
		lxenv += strcspn(lxenv, ":");
		lxenv += *lxenv == ':';
	}
	return false;
}

bool environment_may_cross(const char *variable)
{
	size_t n = name_length(variable);

	for (size_t i = 0; i < ARRAY_SIZE(crossing); i++)
		if (strlen(crossing[i]) == n && strncmp(crossing[i], variable, n) == 0)
			return true;
	return (n == 4 && strncmp(variable, "LANG", n) == 0) || (n == 5 && strncmp(variable, "LXENV", n) == 0) ||
	       is_named(getenv("LXENV"), variable, n);
}

char **environment_make(const struct environment_of *of)
{
	struct list l = {.words = calloc(VARIABLES_MAX + 1, sizeof(char *))};
	const struct user *u = of->user;

	if (l.words == NULL)
		return NULL;
	put_pair(&l, "PATH", DEFAULT_PATH);
	put_pair(&l, "LANG", "C.UTF-8");
	put_envfile(&l, of->root_fd);
	put_pair(&l, "HOME", u->home);
	put_pair(&l, "USER", u->name);
	put_pair(&l, "LOGNAME", u->name);
	put_pair(&l, "SHELL", u->shell);
	if (!of->without_caller)
		put_callers(&l, of);
	if (of->distro != NULL) {
		put_pair(&l, "LXRUN_DISTRO_NAME", of->distro);
		put_pair(&l, "LXRUN_VERSION", of->version != NULL ? of->version : "1");
	}
	for (const char *const *extra = of->extra; *extra != NULL; extra++)
		put(&l, *extra);
	return l.words;
}
