#include "cli/environment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/host.h"

#define VARIABLES_MAX (OPTIONS_ENV_MAX + 64)

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
	if (l->count == VARIABLES_MAX)
		abort();
	l->words[l->count++] = copy;
}

static void put_pair(struct list *l, const char *name, const char *value)
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

char **environment_make(int root_fd, const struct user *u, const char *const *extra)
{
	struct list l = {.words = calloc(VARIABLES_MAX + 1, sizeof(char *))};
	const char *lang = getenv("LANG");

	if (l.words == NULL)
		return NULL;
	put_pair(&l, "PATH", DEFAULT_PATH);
	put_pair(&l, "HOME", u->home);
	put_pair(&l, "USER", u->name);
	put_pair(&l, "LOGNAME", u->name);
	put_pair(&l, "SHELL", u->shell);
	put_pair(&l, "LANG", lang != NULL && has_locale(root_fd, lang) ? lang : "C.UTF-8");
	for (size_t i = 0; i < ARRAY_SIZE(crossing); i++) {
		const char *value = getenv(crossing[i]);

		if (value != NULL)
			put_pair(&l, crossing[i], value);
	}
	for (; *extra != NULL; extra++)
		put(&l, *extra);
	return l.words;
}
