/*
 * The first-run command of a distribution of version 2. Its files are on a disk that a VM has, so those that tell what to run and
 * whom it has made are fetched by commands, and read as if they were below a directory of the host's.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/host.h"
#include "cli/own.h"
#include "cli/report.h"
#include "cli/vm.h"

struct copies {
	char path[64];
	int root;
};

struct command {
	const struct distro *distro;
	const char *const *words;
	int out;
};

static void become(void *context)
{
	const struct command *c = context;
	struct options o = {.user = "0", .directory = "/", .exec = true, .command = (char **)(uintptr_t)c->words};

	if (c->out >= 0) {
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);

		(void)dup2(null, STDIN_FILENO);
		(void)dup2(c->out, STDOUT_FILENO);
		(void)dup2(null, STDERR_FILENO);
	}
	exit(vm_run(&o, c->distro));
}

/* As root, in "/"; out: where its output goes, -1: where ours does, and then it has our terminal. wait(2)'s status. */
static int run(const struct distro *d, const char *const *words, int out)
{
	struct command c = {.distro = d, .words = words, .out = out};

	return own_first_run_child(become, &c);
}

/* A file that cannot be had is empty: it says nothing. */
static void fetch(const struct distro *d, const struct copies *c, const char *path)
{
	const char *const words[] = {"cat", path, NULL};
	int fd CLEANUP(host_close_at) = openat(c->root, path + 1, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0)
		report_fatal("cannot write a file in %s: %s", c->path, strerror(errno));
	(void)run(d, words, fd);
}

static void copies_make(struct copies *c)
{
	snprintf(c->path, sizeof(c->path), "/tmp/lxrun-first-XXXXXX");
	if (mkdtemp(c->path) == NULL)
		report_fatal("cannot make a directory in /tmp: %s", strerror(errno));
	c->root = open(c->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (c->root < 0 || mkdirat(c->root, "etc", 0700) < 0)
		report_fatal("cannot make a directory in %s: %s", c->path, strerror(errno));
}

static void copies_remove(struct copies *c)
{
	static const char *const files[] = {"etc/wsl-distribution.conf", "etc/passwd", "etc/group"};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		(void)unlinkat(c->root, files[i], 0);
	(void)unlinkat(c->root, "etc", AT_REMOVEDIR);
	(void)rmdir(c->path);
	close(c->root);
}

void vm_first_run(struct distro *d)
{
	int location CLEANUP(host_close_at) = open(d->location, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int held UNUSED CLEANUP(host_close_at) = own_first_run_lock(d, location);
	struct wsl_distribution_conf conf;
	struct copies c;
	int status = 0;

	if (!own_first_run_is_pending(d))
		return;
	copies_make(&c);
	fetch(d, &c, "/etc/wsl-distribution.conf");
	wsl_distribution_conf_read(c.root, NULL, &conf);
	if (conf.oobe_command[0] != '\0') {
		const char *const words[] = {"/bin/sh", "-c", conf.oobe_command, NULL};

		status = run(d, words, -1);
	}
	if (status == 0) {
		fetch(d, &c, "/etc/passwd");
		fetch(d, &c, "/etc/group");
		own_first_run_done(d, c.root, conf.oobe_default_uid);
	}
	copies_remove(&c);
	own_first_run_check(d, conf.oobe_command, status);
}
