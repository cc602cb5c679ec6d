#include "home.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

char home[64];
struct message message;

void home_start(void)
{
	snprintf(home, sizeof(home), "/tmp/distro.XXXXXX");
	cr_assert_not_null(mkdtemp(home));
	setenv("HOME", home, 1);
	unsetenv("XDG_DATA_HOME");
	unsetenv("XDG_CONFIG_HOME");
}

void home_end(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		execl("/bin/sh", "sh", "-c", "chmod -R u+rwx \"$1\"; rm -rf \"$1\"", "sh", home, NULL);
		_exit(127);
	}
	cr_assert_eq(waitpid(pid, NULL, 0), pid);
}

const char *in_home(const char *format, ...)
{
	static char paths[8][512];
	static unsigned turn;
	char *path = paths[turn++ % 8];
	va_list ap;
	int n = snprintf(path, sizeof(paths[0]), "%s/", home);

	va_start(ap, format);
	vsnprintf(path + n, sizeof(paths[0]) - (size_t)n, format, ap);
	va_end(ap);
	return path;
}

void write_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	cr_assert_not_null(f, "%s: %m", path);
	cr_assert_geq(fputs(text, f), 0);
	cr_assert_eq(fclose(f), 0);
}

const char *text_of(const char *path)
{
	static char text[65536];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	cr_assert_geq(fd, 0, "%s: %m", path);
	n = read(fd, text, sizeof(text) - 1);
	cr_assert_geq(n, 0);
	close(fd);
	text[n] = '\0';
	return text;
}

bool exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

void damage(const char *path)
{
	char copy[65536];
	size_t n;

	strcpy(copy, text_of(path));
	n = strlen(copy);
	memmove(copy + n / 2, copy + n / 2 + 1, n - n / 2);
	*strchr(copy, '=') = ' ';
	write_text(path, copy);
}

struct distro new_distro(const char *name)
{
	struct distro d = {.version = 1};

	snprintf(d.name, sizeof(d.name), "%s", name);
	cr_assert_eq(distro_store_path(name, d.location, sizeof(d.location)), 0);
	return d;
}

void install(const char *name)
{
	struct distro d = new_distro(name);
	struct registry r;
	char root[PATH_MAX];

	cr_assert_eq(distro_path(&d, "rootfs", root, sizeof(root)), 0);
	cr_assert_eq(distro_make_directories(root), 0);
	cr_assert_eq(registry_begin(&r, &message), 0, "%s", message.text);
	cr_assert_eq(registry_add(&r, &d), 0);
	cr_assert_eq(registry_commit(&r, &message), 0, "%s", message.text);
	registry_done(&r);
}
