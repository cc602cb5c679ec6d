/* RuntimeDirectory=, StateDirectory=, CacheDirectory=, LogsDirectory=, ConfigurationDirectory=. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest-tools/files.h"
#include "guest-tools/systemctl/service.h"

static const struct kind {
	const char *key, *above, *variable;
	bool owned; /* by the service's user; the configuration is root's */
} kinds[] = {
	{"RuntimeDirectory", "/run", "RUNTIME_DIRECTORY", true},
	{"StateDirectory", "/var/lib", "STATE_DIRECTORY", true},
	{"CacheDirectory", "/var/cache", "CACHE_DIRECTORY", true},
	{"LogsDirectory", "/var/log", "LOGS_DIRECTORY", true},
	{"ConfigurationDirectory", "/etc", "CONFIGURATION_DIRECTORY", false},
};

/* "a:b" makes a link too, in newer systemds: the part in front of it is the directory. No way out of `above`. */
static char *directory(struct service *s, const struct kind *k, const char *word)
{
	char *name = pool_text(s->pool, word, strcspn(word, ":"));

	if (name[0] == '/' || name[0] == '\0' || strcmp(name, "..") == 0 || strncmp(name, "../", 3) == 0 ||
	    strstr(name, "/..") != NULL)
		return NULL;
	return pool_format(s->pool, "%s/%s", k->above, name);
}

static int own(const char *path, uid_t uid, gid_t gid, mode_t mode)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	int r = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0 || ((st.st_uid != uid || st.st_gid != gid) && fchown(fd, uid, gid) < 0) ||
	    ((st.st_mode & 07777) != mode && fchmod(fd, mode) < 0))
		r = -errno;
	close(fd);
	return r;
}

static int make_kind(struct service *s, const struct kind *k)
{
	struct list words = {NULL}, made = {NULL};
	mode_t mode =
		(mode_t)strtoul(unit_get(s->u, "Service", pool_format(s->pool, "%sMode", k->key), "0755"), NULL, 8);

	unit_words(s->u, "Service", k->key, &words);
	for (size_t i = 0; i < words.count; i++) {
		char *path = directory(s, k, words.items[i]);
		struct stat st;
		bool there;
		int r;

		if (path == NULL)
			continue;
		there = lstat(path, &st) == 0;
		r = make_directories(path, mode);
		/* A link, or the administrator's choice of another place, is left as it is. */
		if (r == 0 && !(there && S_ISLNK(st.st_mode)))
			r = own(path, k->owned ? s->user.uid : 0, k->owned ? s->user.gid : 0, mode & 07777);
		if (r < 0) {
			service_log(s, "cannot make the directory %s: %s", path, strerror(-r));
			return r;
		}
		list_add(s->pool, &made, path);
	}
	if (made.count > 0)
		list_set_variable(s->pool, &s->environment,
				  pool_format(s->pool, "%s=%s", k->variable, list_join(s->pool, &made, ":")));
	return 0;
}

int service_make_directories(struct service *s)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(kinds); i++)
		r = make_kind(s, &kinds[i]);
	return r;
}

/* Follows no link. */
static void remove_tree(int above, const char *name)
{
	int fd = openat(above, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct dirent *e;
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;

	if (d == NULL) {
		if (fd >= 0)
			close(fd);
		(void)unlinkat(above, name, 0);
		return;
	}
	while ((e = readdir(d)) != NULL) {
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			remove_tree(dirfd(d), e->d_name);
	}
	closedir(d);
	(void)unlinkat(above, name, AT_REMOVEDIR);
}

void service_remove_directories(struct service *s, bool restarting)
{
	const char *keep = unit_get(s->u, "Service", "RuntimeDirectoryPreserve", "no");
	struct list words = {NULL};

	if (strcmp(keep, "yes") == 0 || (restarting && strcmp(keep, "restart") == 0))
		return;
	unit_words(s->u, "Service", "RuntimeDirectory", &words);
	for (size_t i = 0; i < words.count; i++) {
		char *path = directory(s, &kinds[0], words.items[i]);

		if (path != NULL)
			remove_tree(AT_FDCWD, path);
	}
}
