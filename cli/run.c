#include "cli/run.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/host.h"
#include "cli/environment.h"
#include "cli/instance.h"
#include "cli/machine.h"
#include "cli/nested.h"
#include "cli/own.h"
#include "cli/report.h"
#include "cli/site.h"
#include "cli/user.h"
#include "cli/vm.h"
#include "distro/distro.h"

/* --- where --------------------------------------------------------------------------------------------------------------- */

/* The caller's directory as the guest sees it; false if it does not. */
static bool find_own_directory(const struct site *p, char *ret, size_t size)
{
	const size_t length = strlen(p->root);
	char own[PATH_MAX];

	if (getcwd(own, sizeof(own)) == NULL || own[0] != '/')
		return false;
	if (length > 1 && strncmp(own, p->root, length) == 0 && (own[length] == '\0' || own[length] == '/'))
		return snprintf(ret, size, "/%s", own[length] == '/' ? own + length + 1 : "") < (int)size;
	return p->host[0] != '\0' && snprintf(ret, size, "%s%s", p->host, strcmp(own, "/") == 0 ? "" : own) < (int)size;
}

static void find_directory(const struct options *o, const struct site *p, const struct user *u,
			   struct instance_program *program)
{
	static char own[PATH_MAX + 16];

	program->directory = o->directory;
	if (o->directory != NULL && strcmp(o->directory, "~") == 0) {
		program->directory = u->home;
	} else if (o->directory == NULL && !p->is_distro) {
		program->directory = "/";
	} else if (o->directory == NULL) {
		program->directory = find_own_directory(p, own, sizeof(own)) ? own : u->home;
		program->home_else = true;
	}
}

/* --- what ---------------------------------------------------------------------------------------------------------------- */

/* The user's shell by its own name, or with a dash in front as a login shell. */
static char **interactive_shell(const struct user *u, bool login)
{
	static char name[sizeof(u->shell) + 1];
	static char *words[] = {name, NULL};
	const char *slash = strrchr(u->shell, '/');

	snprintf(name, sizeof(name), "%s%s", login ? "-" : "", slash != NULL ? slash + 1 : u->shell);
	return words;
}

/* The shell with a line to execute, and words that the line may name. */
static char **shell_with(const struct user *u, bool login, const char *line, char **arguments)
{
	size_t count = 0, n = 0;
	char **words;

	while (arguments[count] != NULL)
		count++;
	words = calloc(count + 5, sizeof(*words));
	if (words == NULL)
		report_fatal("out of memory");
	words[n++] = (char *)(uintptr_t)u->shell;
	if (login)
		words[n++] = (char *)(uintptr_t) "-l";
	words[n++] = (char *)(uintptr_t) "-c";
	words[n++] = (char *)(uintptr_t)line;
	memcpy(words + n, arguments, count * sizeof(*words));
	return words;
}

/* A command's words go to it as they are, unless a shell is asked for. */
static char **find_words(const struct options *o, const struct user *u, const char **ret_path)
{
	bool asked = o->given[OPTION_SHELL_TYPE] && o->shell_type != SHELL_NONE;
	bool login = o->given[OPTION_SHELL_TYPE] && o->shell_type == SHELL_LOGIN;

	*ret_path = u->shell;
	if (o->shell_command != NULL)
		return shell_with(u, login, o->shell_command, o->command);
	if (o->command[0] == NULL)
		return interactive_shell(u, !o->given[OPTION_SHELL_TYPE] || login);
	if (asked && !o->exec)
		return shell_with(u, login, "\"$0\" \"$@\"", o->command);
	*ret_path = o->command[0];
	return o->command;
}

/* --- all ----------------------------------------------------------------------------------------------------------------- */

/* own: for what lxrun runs itself, which is the same whoever starts the distribution. */
static char **make_environment(const struct options *o, const struct site *p, const struct user *u, bool own)
{
	static const char *const none[] = {NULL};
	struct environment_of of = {.root_fd = p->root_fd,
				    .user = u,
				    .distro = p->is_distro ? p->distro.name : NULL,
				    .paths = {.root = p->root, .host_root = p->host[0] != '\0' ? p->host : NULL},
				    .extra = own ? none : o->env,
				    .without_caller = own};
	char **environment = environment_make(&of);

	if (environment == NULL)
		report_fatal("out of memory");
	return environment;
}

static int open_trace(const struct options *o)
{
	int fd;

	if (!o->trace)
		return -1;
	if (o->trace_file == NULL)
		return STDERR_FILENO;
	fd = open(o->trace_file, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
	if (fd < 0)
		report_fatal("cannot write the trace file '%s': %s", o->trace_file, strerror(errno));
	return fd;
}

static void warn(void *context, const char *sentence)
{
	(void)context;
	report("%s", sentence);
}

/* What the callbacks below need. */
struct starting {
	const struct options *options;
	const struct site *place;
};

/* A distribution that starts: what is wrong with its configuration, and what it has to know of the machine. */
static void prepare(const struct instance_plan *plan, void *context)
{
	const struct site *p = ((const struct starting *)context)->place;
	struct wsl_conf conf;
	int r;

	wsl_conf_read(p->root_fd, &(struct config_warnings){.warn = warn}, &conf);
	if (p->bad_automount)
		report("automount.root = %s of /etc/wsl.conf is no place for the host's files: they are at %s",
		       p->conf.automount_root, p->host);
	r = site_make_above_host(p);
	if (r < 0)
		report("cannot make the directory above %s, where the host's files are: %s", p->host, strerror(-r));
	r = machine_prepare(p->root_fd, &conf, plan->hostname, &machine_host);
	if (r < 0)
		report("cannot write what /etc of %s says of this machine: %s", p->distro.name, strerror(-r));
}

static char **environment_of_root(const struct options *o, const struct site *p, bool own)
{
	static struct user root;

	if (user_find(p->root_fd, "0", &root) < 0)
		report_fatal("there is no user 0 in %s", p->distro.name);
	return make_environment(o, p, &root, own);
}

static void boot(const struct instance_plan *plan, const char *runtime, void *context)
{
	const struct starting *s = context;

	own_boot(plan, runtime, s->place, environment_of_root(s->options, s->place, true));
}

static void plan_instance(const struct options *o, struct site *p, struct instance_plan *ret)
{
	static char hostname[65];
	static struct starting starting;

	*ret = (struct instance_plan){.root = p->root,
				      .gate = o->gate,
				      .patched = o->patched,
				      .no_openat2 = o->no_openat2,
				      .no_caches = o->no_caches,
				      .host = p->host};
	if (!p->is_distro)
		return;
	machine_hostname(&p->conf, hostname, sizeof(hostname));
	starting = (struct starting){o, p};
	ret->distro = &p->distro;
	ret->hostname = hostname;
	ret->prepare = prepare;
	ret->boot = boot;
	ret->context = &starting;
}

/* A shell that somebody sits at, as opposed to a command. */
static bool is_interactive(const struct options *o)
{
	return o->command[0] == NULL && o->shell_command == NULL;
}

static NORETURN void become(const struct options *o, const struct instance_plan *plan, struct site *p,
			    const struct user *u, const struct nested_command *command)
{
	struct instance_program program = {.path = command->path, .user = u, .trace = open_trace(o)};

	find_directory(o, p, u, &program);
	site_become(p, plan, &program, command->words, command->environment);
}

int run(const struct options *o)
{
	static struct site place;
	static struct user user;
	struct instance_plan plan;
	struct nested_command command;

	site_open(o, &place);
	if (place.is_distro && place.distro.version == 2) {
		if (nested_is_inside())
			report_fatal("%s is of version 2, which cannot be run from inside a distribution",
				     place.distro.name);
		if (place.distro.oobe_pending && is_interactive(o))
			vm_first_run(&place.distro);
		return vm_run(o, &place.distro);
	}
	plan_instance(o, &place, &plan);
	if (place.is_distro && place.distro.oobe_pending && is_interactive(o) && !nested_is_inside())
		own_first_run(&plan, &place, environment_of_root(o, &place, false));
	site_find_user(&place, o->user, &user);
	command.words = find_words(o, &user, &command.path);
	command.environment = make_environment(o, &place, &user, false);
	if (nested_is_inside())
		nested_run(o, place.root, &user, &command);
	become(o, &plan, &place, &user, &command);
}
