#include "cli/bootstrap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/host.h"
#include "cli/progress.h"
#include "cli/report.h"

#define HOST_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* --- what this machine has ------------------------------------------------------------------------------------------------- */

static bool is_installed(const char *program)
{
	static const char *const places[] = {"/usr/local/sbin", "/usr/local/bin", "/usr/sbin",
					     "/usr/bin",        "/sbin",          "/bin"};
	char path[128];

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		snprintf(path, sizeof(path), "%s/%s", places[i], program);
		if (access(path, X_OK) == 0)
			return true;
	}
	return false;
}

static int find_program(const struct bootstrap *b, struct bootstrap_plan *ret, struct message *m)
{
	/* The first is faster, and the only one that takes more than one source. */
	static const char *const programs[] = {"mmdebstrap", "debootstrap"};

	for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
		if (b->program != NULL && strcmp(b->program, programs[i]) != 0)
			continue;
		if (is_installed(programs[i])) {
			ret->program = programs[i];
			return 0;
		}
		if (b->program != NULL) {
			message_set(m, "%s is not installed on this machine", programs[i]);
			return -ENOENT;
		}
	}
	if (b->program != NULL)
		message_set(m, "'%s' is nothing to bootstrap with: mmdebstrap and debootstrap are", b->program);
	else
		message_set(m,
			    "%s is made of packages by mmdebstrap or debootstrap, and neither is installed on this "
			    "machine",
			    ret->suite.family->title);
	return -ENOENT;
}

/* Each line of a command's output; one that cannot be run says nothing. */
static void read_command(const char *command, void (*take)(void *context, const char *line), void *context)
{
	FILE *f = popen(command, "re");
	char line[2048];

	if (f == NULL)
		return;
	while (fgets(line, sizeof(line), f) != NULL)
		take(context, line);
	(void)pclose(f);
}

struct reading {
	struct bootstrap_plan *plan;
	char own[65];
};

static void take_suite(void *context, const char *line)
{
	struct reading *r = context;

	suite_of_machine(r->plan->suite.family, line, r->own);
}

static void take_source(void *context, const char *line)
{
	const struct reading *r = context;

	suite_source_add(&r->plan->suite, r->own, line, &r->plan->sources);
}

/* apt-config's: name='value'. */
static void take_proxy(void *context, const char *line)
{
	struct bootstrap_plan *plan = context;
	const char *begin = strchr(line, '\'');
	const char *end = begin != NULL ? strchr(begin + 1, '\'') : NULL;

	/* It goes into apt's configuration between quotes. */
	if (end != NULL && memchr(begin + 1, '"', (size_t)(end - begin)) == NULL)
		snprintf(plan->proxy, sizeof(plan->proxy), "%.*s", (int)(end - begin - 1), begin + 1);
}

static void find_sources(const struct bootstrap *b, struct bootstrap_plan *plan)
{
	static const char command[] = "LC_ALL=C apt-get indextargets --format '" SUITE_SOURCES_FORMAT
				      "' 'Created-By: Packages' </dev/null 2>/dev/null";
	struct reading r = {.plan = plan, .own = ""};

	read_command(command, take_suite, &r);
	if (plan->suite.name[0] == '\0')
		strcpy(plan->suite.name, r.own[0] != '\0' ? r.own : plan->suite.family->newest);
	read_command("apt-config shell proxy Acquire::http::Proxy </dev/null 2>/dev/null", take_proxy, plan);
	if (b->mirror != NULL) {
		snprintf(plan->sources.lines[plan->sources.count++], sizeof(plan->sources.lines[0]), "deb %s %s main",
			 b->mirror, plan->suite.name);
		plan->own_mirror = true;
		return;
	}
	if (r.own[0] != '\0')
		read_command(command, take_source, &r);
	if (plan->sources.count == 0)
		suite_sources_default(&plan->suite, &plan->sources);
}

static bool is_mirror(const char *mirror)
{
	if (strstr(mirror, "://") == NULL || strlen(mirror) > 512)
		return false;
	for (; *mirror != '\0'; mirror++)
		if ((unsigned char)*mirror <= ' ' || *mirror == 0x7f || *mirror == '[')
			return false;
	return true;
}

int bootstrap_find(const struct bootstrap *b, struct bootstrap_plan *ret, struct message *m)
{
	int r;

	*ret = (struct bootstrap_plan){.program = NULL};
	if (!suite_find(b->name, &ret->suite)) {
		message_set(m,
			    "'%.256s' is nothing that can be made of packages from mirrors: debian, debian-12, "
			    "ubuntu-24.04 and their like are",
			    b->name);
		return -ENOENT;
	}
	if (b->suite != NULL && !suite_name_is_valid(b->suite)) {
		message_set(m, "'%.256s' cannot be the name of a suite", b->suite);
		return -EINVAL;
	}
	if (b->suite != NULL)
		strcpy(ret->suite.name, b->suite);
	if (b->mirror != NULL && !is_mirror(b->mirror)) {
		message_set(m, "'%.256s' is no address of a mirror", b->mirror);
		return -EINVAL;
	}
	r = find_program(b, ret, m);
	if (r < 0)
		return r;
	if (access(ret->suite.family->keyring, R_OK) < 0) {
		message_set(
			m,
			"the keys that packages of %s are signed with are not on this machine: install what has '%s'",
			ret->suite.family->title, ret->suite.family->keyring);
		return -ENOENT;
	}
	find_sources(b, ret);
	return 0;
}

/* --- the command line ------------------------------------------------------------------------------------------------------ */

#define WORDS_MAX (SUITE_SOURCES_MAX + 16)

struct command {
	char *words[WORDS_MAX + 1];
	size_t count;
};

static void add(struct command *c, const char *format, ...) PRINTF_LIKE(2, 3);
static void add(struct command *c, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	if (c->count >= WORDS_MAX || vasprintf(&c->words[c->count], format, ap) < 0)
		report_fatal("out of memory");
	c->count++;
	va_end(ap);
}

/* "deb URL SUITE main": the URL. */
static void first_mirror(const struct bootstrap_plan *p, char *ret, size_t size)
{
	const char *line = p->sources.lines[0] + strlen("deb ");

	snprintf(ret, size, "%.*s", (int)strcspn(line, " "), line);
}

static void make_words(const struct bootstrap_plan *p, struct command *c)
{
	const bool is_mm = strcmp(p->program, "mmdebstrap") == 0;
	char mirror[sizeof(p->sources.lines[0])];

	add(c, "%s", p->program);
	add(c, "--variant=minbase");
	/* mmdebstrap knows Debian's, and names it in the sources where that is needed. */
	if (!is_mm || strcmp(p->suite.family->name, "debian") != 0)
		add(c, "--keyring=%s", p->suite.family->keyring);
	if (is_mm) {
		add(c, "--mode=root");
		add(c, "--format=directory");
		if (p->proxy[0] != '\0')
			add(c, "--aptopt=Acquire::http::Proxy \"%s\"", p->proxy);
	}
	add(c, "%s", p->suite.name);
	add(c, WORKSHOP_TARGET);
	first_mirror(p, mirror, sizeof(mirror));
	if (!is_mm)
		add(c, "%s", mirror);
	for (size_t i = 0; is_mm && i < p->sources.count; i++)
		add(c, "%s", p->sources.lines[i]);
	c->words[c->count] = NULL;
}

static void make_environment(const struct bootstrap_plan *p, struct command *c)
{
	static const char *const passed[] = {"http_proxy", "https_proxy", "ftp_proxy", "no_proxy", "SOURCE_DATE_EPOCH"};

	add(c, "PATH=" HOST_PATH);
	add(c, "HOME=/tmp");
	add(c, "LC_ALL=C.UTF-8");
	add(c, "TERM=dumb");
	add(c, "DEBIAN_FRONTEND=noninteractive");
	/* What is half done is removed, and what is done is synced as a whole. */
	add(c, "DPKG_FORCE=unsafe-io");
	for (size_t i = 0; i < ARRAY_SIZE(passed); i++)
		if (getenv(passed[i]) != NULL)
			add(c, "%s=%s", passed[i], getenv(passed[i]));
	if (p->proxy[0] != '\0' && getenv("http_proxy") == NULL)
		add(c, "http_proxy=%s", p->proxy);
	c->words[c->count] = NULL;
}

static void command_done(struct command *c)
{
	for (size_t i = 0; i < c->count; i++)
		free(c->words[i]);
}

/* --- what it says ---------------------------------------------------------------------------------------------------------- */

#define KEPT 15

/* The last lines, for when it fails, and what it is doing. */
struct said {
	char last[KEPT][1024];
	size_t count;
	char now[1024], error[1024];
	time_t since;
};

static int take_line(void *context, const char *line)
{
	struct said *s = context;
	char text[1100];

	if (line != NULL) {
		snprintf(s->last[s->count++ % KEPT], sizeof(s->last[0]), "%s", line);
		/* Of both programs: "I: running apt-get update...", "E: ..". */
		if (strncmp(line, "I: ", 3) == 0)
			snprintf(s->now, sizeof(s->now), "%s", line + 3);
		if (strncmp(line, "E: ", 3) == 0 && s->error[0] == '\0')
			snprintf(s->error, sizeof(s->error), "%s", line + 3);
	}
	snprintf(text, sizeof(text), "%.900s (%ld s)", s->now[0] != '\0' ? s->now : "starting",
		 (long)(time(NULL) - s->since));
	return progress_say(text);
}

static void say_what_it_said(const struct said *s)
{
	for (size_t i = s->count > KEPT ? s->count - KEPT : 0; i < s->count; i++)
		(void)fprintf(stderr, "  | %.500s\n", s->last[i % KEPT]);
}

/* --- all ------------------------------------------------------------------------------------------------------------------- */

/* debootstrap writes only the mirror that it was given. */
static int write_sources(const struct install *n, const struct bootstrap_plan *p, struct message *m)
{
	int fd CLEANUP(host_close_at) = -1;

	if (strcmp(p->program, "mmdebstrap") == 0 || p->own_mirror)
		return 0;
	fd = openat(n->root, "etc/apt/sources.list", O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	for (size_t i = 0; fd >= 0 && i < p->sources.count; i++)
		if (dprintf(fd, "%s\n", p->sources.lines[i]) < 0)
			host_close_at(&fd);
	if (fd >= 0)
		return 0;
	message_set(m, "cannot write /etc/apt/sources.list: %s", strerror(errno));
	return -EIO;
}

static int make_disk(struct install *n, bool quiet, int *ret_signal, struct message *m)
{
	char title[DISTRO_NAME_MAX + 64];
	int r;

	snprintf(title, sizeof(title), "making the disk of %s", n->d.name);
	r = install_disk(n, progress_begin(title, quiet), m);
	*ret_signal = progress_end();
	return r;
}

static int explain(const struct bootstrap_plan *p, const struct said *said, int status, struct message *m)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFSIGNALED(status))
		message_set(m, "%s was ended by signal %d", p->program, WTERMSIG(status));
	else
		message_set(m, "%s could not make a %s of suite %s%s%.300s", p->program, p->suite.family->title,
			    p->suite.name, said->error[0] != '\0' ? ": " : "", said->error);
	return -EIO;
}

void bootstrap_install(struct install *n, const struct bootstrap_plan *plan, bool quiet)
{
	struct command words = {.count = 0}, environment = {.count = 0};
	struct said *said = calloc(1, sizeof(*said));
	struct workshop w = {.install = n, .line = take_line, .context = said};
	struct message m = {""};
	char title[DISTRO_NAME_MAX + 64];
	int r, signal;

	if (said == NULL)
		report_fatal("out of memory");
	said->since = time(NULL);
	make_words(plan, &words);
	make_environment(plan, &environment);
	w.words = words.words;
	w.environment = environment.words;
	snprintf(title, sizeof(title), "bootstrapping %s", n->d.name);
	(void)progress_begin(title, quiet);
	r = workshop_run(&w, &m);
	signal = progress_end();
	if (r >= 0)
		r = explain(plan, said, r, &m);
	if (r == 0)
		r = write_sources(n, plan, &m);
	if (r == 0)
		r = install_look(n, false, &m);
	if (r == 0 && n->d.version == 2)
		r = make_disk(n, quiet, &signal, &m);
	if (r == 0)
		r = install_finish(n, &m);
	if (r < 0) {
		install_drop(n);
		if (signal != 0)
			progress_die(signal);
		say_what_it_said(said);
		report_fatal("%s", m.text);
	}
	command_done(&words);
	command_done(&environment);
	free(said);
}
