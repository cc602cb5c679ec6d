#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/host.h"
#include "cli/distributions.h"
#include "cli/foreground.h"
#include "cli/own.h"
#include "cli/report.h"

/* --- the registry --------------------------------------------------------------------------------------------------------- */

/* Another terminal may have come first, and made the default user. */
bool own_first_run_is_pending(struct distro *own)
{
	struct registry r;
	const struct distro *d;

	distributions_read(&r);
	d = registry_by_id(&r, own->id);
	if (d != NULL)
		*own = *d;
	registry_done(&r);
	return own->oobe_pending;
}

/* A user that the command was to make, and has not, is nobody's default. */
static bool is_there(int root_fd, int64_t uid)
{
	struct user *user = calloc(1, sizeof(*user));
	char id[24];
	bool there;

	snprintf(id, sizeof(id), "%lld", (long long)uid);
	/* Who is in no passwd is called by his number. */
	there = user != NULL && user_find(root_fd, id, user) == 0 && strcmp(user->name, id) != 0;
	free(user);
	return there;
}

void own_first_run_done(struct distro *own, int root_fd, int64_t uid)
{
	struct registry r;
	struct distro *d;

	own->oobe_pending = false;
	if (uid >= 0 && is_there(root_fd, uid))
		own->default_uid = (uint32_t)uid;
	else if (uid >= 0)
		report("the first-run command of %s has not made the user %lld, who was to be its default", own->name,
		       (long long)uid);
	distributions_begin(&r);
	d = registry_by_id(&r, own->id);
	if (d != NULL) {
		d->oobe_pending = false;
		d->default_uid = own->default_uid;
	}
	distributions_commit(&r);
}

/* --- the command ---------------------------------------------------------------------------------------------------------- */

struct command {
	const struct instance_plan *plan;
	struct site *site;
	char *text, **environment;
};

static void become(void *context)
{
	static char shell[] = "sh", option[] = "-c";
	static struct user root;
	const struct command *c = context;
	char *words[] = {shell, option, c->text, NULL};
	struct instance_program program = {.path = "/bin/sh", .directory = "/", .user = &root, .trace = -1};

	if (user_find(c->site->root_fd, "0", &root) < 0)
		report_fatal("there is no user 0 in %s", c->site->distro.name);
	site_become(c->site, c->plan, &program, words, c->environment);
}

int own_first_run_lock(const struct distro *d, int directory)
{
	int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		report_fatal("cannot open the directory of %s: %s", d->name, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		report_fatal("the first-run command of %s is at work on another terminal", d->name);
	return fd;
}

void own_first_run_check(const struct distro *d, const char *command, int status)
{
	if (WIFSIGNALED(status))
		report_fatal(
			"the first-run command \"%s\" of %s was ended by signal %d; it is run again at the next start",
			command, d->name, WTERMSIG(status));
	if (status != 0)
		report_fatal(
			"the first-run command \"%s\" of %s failed with status %d; it is run again at the next start",
			command, d->name, WEXITSTATUS(status));
}

void own_first_run(const struct instance_plan *plan, struct site *p, char **environment)
{
	struct wsl_distribution_conf conf;
	struct command command = {plan, p, conf.oobe_command, environment};
	int held CLEANUP(host_close_at) = -1;
	int status = 0;

	if (!p->distro.oobe_pending)
		return;
	held = own_first_run_lock(&p->distro, p->root_fd);
	if (!own_first_run_is_pending(&p->distro))
		return;
	wsl_distribution_conf_read(p->root_fd, NULL, &conf);
	if (conf.oobe_command[0] != '\0')
		status = foreground_run(become, &command);
	own_first_run_check(&p->distro, conf.oobe_command, status);
	own_first_run_done(&p->distro, p->root_fd, conf.oobe_default_uid);
}
