#include "cli/vm_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/host.h"
#include "cli/foreground.h"
#include "cli/report.h"
#include "cli/vm.h"

struct command {
	const struct distro *distro;
	const char *const *words;
	int out;   /* -1: ours, and then it has our terminal */
	int error; /* beside another out; -1: nowhere */
};

static void become(void *context)
{
	const struct command *c = context;
	struct options o = {.user = "0", .directory = "/", .exec = true, .command = (char **)(uintptr_t)c->words};

	if (c->out >= 0) {
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);

		(void)dup2(null, STDIN_FILENO);
		(void)dup2(c->out, STDOUT_FILENO);
		(void)dup2(c->error >= 0 ? c->error : null, STDERR_FILENO);
	}
	exit(vm_run(&o, c->distro));
}

int vm_files_command(const struct distro *d, const char *const *words)
{
	struct command c = {.distro = d, .words = words, .out = -1};

	return foreground_run(become, &c);
}

void vm_files_begin(struct vm_files *f)
{
	snprintf(f->path, sizeof(f->path), "/tmp/lxrun-files-XXXXXX");
	if (mkdtemp(f->path) == NULL)
		report_fatal("cannot make a directory in /tmp: %s", strerror(errno));
	f->root = open(f->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (f->root < 0 || mkdirat(f->root, "etc", 0700) < 0)
		report_fatal("cannot make a directory in %s: %s", f->path, strerror(errno));
}

int vm_files_fetch(const struct vm_files *f, const struct distro *d, const char *path, bool matters)
{
	const char *const words[] = {"cat", path, NULL};
	int fd CLEANUP(host_close_at) = openat(f->root, path + 1, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct command c = {.distro = d, .words = words, .out = fd, .error = matters ? STDERR_FILENO : -1};

	if (fd < 0)
		report_fatal("cannot write a file in %s: %s", f->path, strerror(errno));
	return foreground_run(become, &c);
}

void vm_files_end(const struct vm_files *f)
{
	static const char *const files[] = {"etc/wsl.conf", "etc/wsl-distribution.conf", "etc/passwd", "etc/group"};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		(void)unlinkat(f->root, files[i], 0);
	(void)unlinkat(f->root, "etc", AT_REMOVEDIR);
	(void)rmdir(f->path);
	close(f->root);
}
