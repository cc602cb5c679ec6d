/* Any file as wsl.conf, wsl-distribution.conf and lxrun's configuration: values stay within what their users may expect. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "distro/distro.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define IS_TEXT(member) require(memchr((member), '\0', sizeof(member)) != NULL)

static char place[64];

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void clean(void)
{
	static const char *const names[] = {
		"etc/wsl.conf", "etc/wsl-distribution.conf", "lxrun/config", "etc", "lxrun", ""};
	char path[128];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", place, names[i]);
		(void)remove(path);
	}
}

static int make(const char *name, int flags)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", place, name);
	if (flags == O_DIRECTORY) {
		require(mkdir(path, 0700) == 0);
		return 0;
	}
	return open(path, flags | O_CLOEXEC, 0600);
}

/* The three files are names of one. */
static int prepare(int *ret_root)
{
	char from[128], to[128];
	int fd;

	snprintf(place, sizeof(place), "%s/fuzz.XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	require(mkdtemp(place) != NULL && atexit(clean) == 0);
	(void)make("etc", O_DIRECTORY);
	(void)make("lxrun", O_DIRECTORY);
	fd = make("etc/wsl.conf", O_RDWR | O_CREAT);
	snprintf(from, sizeof(from), "%s/etc/wsl.conf", place);
	snprintf(to, sizeof(to), "%s/etc/wsl-distribution.conf", place);
	require(link(from, to) == 0);
	snprintf(to, sizeof(to), "%s/lxrun/config", place);
	require(link(from, to) == 0);
	require(setenv("XDG_CONFIG_HOME", place, 1) == 0);
	*ret_root = open(place, O_PATH | O_DIRECTORY | O_CLOEXEC);
	require(fd >= 0 && *ret_root >= 0);
	return fd;
}

static void warn(void *context, const char *sentence)
{
	size_t *count = context;

	require(strlen(sentence) > 0 && strlen(sentence) < 1024);
	++*count;
}

static void check_conf(int root, const struct config_warnings *w)
{
	static struct wsl_conf c;
	static struct wsl_distribution_conf d;

	wsl_conf_read(root, w, &c);
	IS_TEXT(c.automount_root);
	IS_TEXT(c.hostname);
	IS_TEXT(c.user_default);
	IS_TEXT(c.boot_command);
	require(c.automount_root[0] == '/');
	require(c.boot_init_timeout >= 0 && c.boot_init_timeout <= INT32_MAX);
	require(strpbrk(c.hostname, "/\n \t_") == NULL);
	wsl_distribution_conf_read(root, w, &d);
	IS_TEXT(d.oobe_command);
	require(d.oobe_default_name[0] == '\0' || distro_name_is_valid(d.oobe_default_name));
	require(d.oobe_default_uid >= -1 && d.oobe_default_uid < UINT32_MAX);
}

static void check_config(const struct config_warnings *w)
{
	static struct lxrun_config c;

	lxrun_config_read(w, &c);
	IS_TEXT(c.install_path);
	IS_TEXT(c.manifest_url);
	IS_TEXT(c.backend);
	IS_TEXT(c.kernel);
	IS_TEXT(c.networking_mode);
	require(c.install_path[0] == '\0' || c.install_path[0] == '/');
	require(c.port_offset >= 0 && c.port_offset <= 64511);
	require(c.processors >= 0 && c.processors <= 8192);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1, root;
	size_t count = 0;
	const struct config_warnings w = {warn, &count};

	if (fd < 0)
		fd = prepare(&root);
	require(ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size);
	check_conf(root, &w);
	check_config(&w);
	return 0;
}
