/*
 * lxpath: WSL's wslpath, between the distribution's paths and the host's. A path of the host below the root directory is the
 * distribution's own file; all others are seen below /mnt/host. The distribution's own /proc, /dev, /sys and /run have no
 * path on the host that means the same.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guest-tools/tools.h"

/* What follows `above` in a path that is it or below it ("" or "/..."), else NULL. */
static const char *below(const char *path, const char *above)
{
	size_t n = strlen(above);

	if (n == 1 && above[0] == '/')
		return path;
	if (n == 0 || strncmp(path, above, n) != 0 || (path[n] != '/' && path[n] != '\0'))
		return NULL;
	return path + n;
}

static char *joined(struct pool *p, const char *above, const char *rest)
{
	if (strcmp(above, "/") == 0)
		above = "";
	return pool_copy(p, above[0] == '\0' && rest[0] == '\0' ? "/" : pool_format(p, "%s%s", above, rest));
}

char *lxpath_to_host(struct pool *p, const struct machine *m, const char *path)
{
	static const char *const own[] = {"/proc", "/sys", "/dev"};
	const char *rest = below(path, m->host);

	if (m->host[0] != '\0' && rest != NULL)
		return joined(p, "", rest);
	for (size_t i = 0; i < ARRAY_SIZE(own); i++) {
		if (below(path, own[i]) != NULL)
			return NULL;
	}
	return m->root[0] != '\0' ? joined(p, m->root, strcmp(path, "/") == 0 ? "" : path) : NULL;
}

char *lxpath_to_guest(struct pool *p, const struct machine *m, const char *path)
{
	const char *rest = m->root[0] != '\0' ? below(path, m->root) : NULL;

	if (rest != NULL)
		return joined(p, "", rest);
	if (m->host[0] == '\0')
		return NULL;
	return joined(p, m->host, strcmp(path, "/") == 0 ? "" : path);
}

/* The path without links as far as it is there, and as text from there on. */
static char *resolved(struct pool *p, const char *path)
{
	char there[PATH_MAX], *head = pool_copy(p, path);
	const char *rest = "";

	for (;;) {
		char *slash;

		if (realpath(head[0] != '\0' ? head : "/", there) != NULL)
			return rest[0] != '\0' ? joined(p, there, pool_format(p, "/%s", rest)) : pool_copy(p, there);
		slash = strrchr(head, '/');
		if (errno != ENOENT || slash == NULL)
			return NULL;
		*slash = '\0';
		/* ".." behind what is not there leads nowhere. */
		if (strcmp(slash + 1, "..") == 0)
			return NULL;
		if (slash[1] != '\0')
			rest = rest[0] != '\0' ? pool_format(p, "%s/%s", slash + 1, rest) : pool_copy(p, slash + 1);
	}
}

/* Without ".", ".." and double slashes, by text alone: a path of the host's, whose links are not ours to follow. */
static char *tidy(struct pool *p, const char *path)
{
	struct list parts = {NULL}, kept = {NULL};

	list_split(p, &parts, path, "/");
	for (size_t i = 0; i < parts.count; i++) {
		if (strcmp(parts.items[i], "..") == 0)
			kept.count -= kept.count > 0;
		else if (strcmp(parts.items[i], ".") != 0)
			list_add(p, &kept, parts.items[i]);
	}
	return pool_format(p, "/%s", list_join(p, &kept, "/"));
}

static int fail(const char *path, const char *why)
{
	fprintf(stderr, "lxpath: %s: %s\n", path, why);
	return 1;
}

static int usage(FILE *to)
{
	fputs("usage: lxpath [-a] [-u | -w | -m] PATH\n"
	      "  -u  from the host's path to the distribution's (unless -w is given)\n"
	      "  -w  from the distribution's path to the host's; -m is the same\n"
	      "  -a  always an absolute path\n",
	      to);
	return to == stdout ? 0 : 1;
}

static char *translated(struct pool *p, const struct machine *m, bool to_host, const char *path)
{
	const char *from = path;

	if (path[0] != '/') {
		char *here = getcwd(NULL, 0);

		if (here == NULL)
			return NULL;
		from = pool_format(p, "%s/%s", here, path);
		free(here);
		/* A relative path is the same file on both sides: it is a path of here. */
		if (!to_host)
			return resolved(p, from);
	}
	if (!to_host)
		return lxpath_to_guest(p, m, tidy(p, from));
	from = resolved(p, from);
	return from != NULL ? lxpath_to_host(p, m, from) : NULL;
}

int lxpath_main(int argc, char **argv)
{
	struct pool pool = {NULL};
	bool to_host = false, absolute = false;
	struct machine m;
	char *answer;
	int option;

	opterr = 0;
	while ((option = getopt(argc, argv, "uwma")) != -1) {
		if (option == '?')
			return usage(strcmp(argv[optind - 1], "--help") == 0 ? stdout : stderr);
		to_host = option == 'a' ? to_host : option != 'u';
		absolute |= option == 'a';
	}
	if (argc - optind != 1 || argv[optind][0] == '\0')
		return usage(stderr);
	if (!machine_read(&pool, &m))
		return fail(argv[optind], "/dev/lxrun, where lxrun says what is where, is missing");
	answer = translated(&pool, &m, to_host, argv[optind]);
	if (answer == NULL)
		return fail(argv[optind], "it has no path on the other side");
	/* What is below the current directory keeps its relative path. */
	if (!absolute && argv[optind][0] != '/' && strstr(argv[optind], "..") == NULL)
		answer = pool_copy(&pool, argv[optind]);
	puts(answer);
	pool_free(&pool);
	return fflush(stdout) == 0 ? 0 : 1;
}
