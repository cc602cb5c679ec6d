/* Mounts of the program's own, below its directory; they go with the mount namespace or the instance. */
#ifndef LX_TESTS_CONFORMANCE_MOUNTS_H
#define LX_TESTS_CONFORMANCE_MOUNTS_H

#include "../check.h"

#include <dirent.h>
#include <sys/mount.h>
#include <sys/statfs.h>

#define PROC_MAGIC 0x9fa0

static inline long do_mount(const char *source, const char *target, const char *type, unsigned long flags,
			    const void *data)
{
	return syscall(SYS_mount, source, target, type, flags, data);
}

static inline long do_umount(const char *target, int flags)
{
	return syscall(SYS_umount2, target, flags);
}

/* The line of /proc/self/mounts for a mount point below the current directory, without device and point; "" for none. */
static inline const char *mounted(const char *target)
{
	static char text[700];
	char line[2048], point[1024], type[128], options[512], want[PATH_MAX];
	FILE *f = fopen("/proc/self/mounts", "r");

	NEED(f != NULL && getcwd(want, sizeof(want) - 200) != NULL);
	if (target[0] != '\0')
		snprintf(want + strlen(want), 200, "/%s", target);
	text[0] = '\0';
	while (fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "%*s %1023s %127s %511s", point, type, options) == 3 && strcmp(point, want) == 0)
			snprintf(text, sizeof(text), "%s %s", type, options);
	fclose(f);
	return text;
}

/* How often something is mounted there. */
static inline int times_mounted(const char *target)
{
	char line[2048], point[1024], want[PATH_MAX];
	FILE *f = fopen("/proc/self/mountinfo", "r");
	int n = 0;

	NEED(f != NULL && getcwd(want, sizeof(want) - 200) != NULL);
	snprintf(want + strlen(want), 200, "/%s", target);
	while (fgets(line, sizeof(line), f) != NULL)
		n += sscanf(line, "%*s %*s %*s %*s %1023s", point) == 1 && strcmp(point, want) == 0;
	fclose(f);
	return n;
}

static inline bool has_option(const char *target, const char *option)
{
	char text[700];

	snprintf(text, sizeof(text), "%s", mounted(target));
	for (char *word = strtok(text, " ,"); word != NULL; word = strtok(NULL, " ,"))
		if (strcmp(word, option) == 0)
			return true;
	return false;
}

static inline bool exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

/* The names in a directory, sorted, one blank between them. */
static inline const char *names_in(const char *path)
{
	static char text[512];
	struct dirent **e;
	int n = scandir(path, &e, NULL, alphasort);
	size_t at = 0;

	NEED(n >= 0);
	text[0] = '\0';
	for (int i = 0; i < n; i++) {
		if (strcmp(e[i]->d_name, ".") != 0 && strcmp(e[i]->d_name, "..") != 0 && at < sizeof(text))
			at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%s", at > 0 ? " " : "", e[i]->d_name);
		free(e[i]);
	}
	free(e);
	return text;
}

#endif
