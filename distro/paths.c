/* Where lxrun keeps its files: the XDG base directory specification's places. */
#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "distro/distro.h"
#include "distro/paths.h"

/* Not getpwuid(3): that loads what the host's name services are configured to, into a program that is linked statically. */
static const char *passwd_home(void)
{
	static char home[PATH_MAX];
	FILE *f = fopen("/etc/passwd", "re");
	const struct passwd *p;

	while (f != NULL && home[0] == '\0' && (p = fgetpwent(f)) != NULL)
		if (p->pw_uid == geteuid())
			(void)snprintf(home, sizeof(home), "%s", p->pw_dir);
	if (f != NULL)
		fclose(f);
	return home[0] == '/' ? home : NULL;
}

const char *distro_home(void)
{
	const char *h = getenv("HOME");

	return h != NULL && h[0] == '/' ? h : passwd_home();
}

static int checked(int n, char *ret, size_t size)
{
	if (n > 0 && (size_t)n < size)
		return 0;
	ret[0] = '\0';
	return -ENAMETOOLONG;
}

/* $variable/lxrun, or below the home if the variable is not an absolute path. */
static int base(const char *variable, const char *below_home, char *ret, size_t size)
{
	const char *value = getenv(variable), *home;

	if (value != NULL && value[0] == '/')
		return checked(snprintf(ret, size, "%s/lxrun", value), ret, size);
	home = distro_home();
	if (home == NULL) {
		ret[0] = '\0';
		return -ENOENT;
	}
	return checked(snprintf(ret, size, "%s/%s/lxrun", home, below_home), ret, size);
}

int distro_data_path(char *ret, size_t size)
{
	return base("XDG_DATA_HOME", ".local/share", ret, size);
}

int distro_config_path(char *ret, size_t size)
{
	return base("XDG_CONFIG_HOME", ".config", ret, size);
}

int paths_stores(char *ret, size_t size)
{
	int r = distro_data_path(ret, size);

	if (r < 0)
		return r;
	if (strlen(ret) + sizeof("/stores") > size)
		return -ENAMETOOLONG;
	strcat(ret, "/stores");
	return 0;
}

int distro_store_path(const char *name, char *ret, size_t size)
{
	struct lxrun_config *config = malloc(sizeof(*config));
	char stores[PATH_MAX];
	int r = 0;

	if (config == NULL)
		return -ENOMEM;
	lxrun_config_read(NULL, config);
	if (config->install_path[0] != '\0')
		strcpy(stores, config->install_path);
	else
		r = paths_stores(stores, sizeof(stores));
	free(config);
	if (r < 0)
		return r;
	return checked(snprintf(ret, size, "%s/%s", stores, name), ret, size);
}

int distro_make_directories(const char *path)
{
	char part[PATH_MAX];
	size_t n = strlen(path);
	struct stat st;

	if (n == 0 || n >= sizeof(part))
		return n == 0 ? -ENOENT : -ENAMETOOLONG;
	for (size_t i = 1; i <= n; i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		/* What is there already may be one that may not be made: read-only, an automounter's. */
		if (mkdir(part, 0700) < 0) {
			int error = errno;

			if (stat(part, &st) < 0)
				return -error;
			if (!S_ISDIR(st.st_mode))
				return -ENOTDIR;
		}
	}
	return 0;
}

int distro_path(const struct distro *d, const char *name, char *ret, size_t size)
{
	return checked(snprintf(ret, size, "%s/%s", d->location, name), ret, size);
}
