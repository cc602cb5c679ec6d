#include "cli/site.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/host.h"
#include "base/instance.h"
#include "base/layout.h"
#include "cli/below.h"
#include "cli/distributions.h"
#include "cli/instance.h"
#include "cli/libexec.h"
#include "cli/report.h"

/* Where a guest has the host's files: this name, below automount.root. */
#define HOST_NAME       "/host"
#define DEFAULT_BELOW   "/mnt/"
#define DEFAULT_HOST    "/mnt" HOST_NAME
#define MOUNT_POINT_MAX sizeof(((struct mount_entry *)0)->point)

/* What a process without capabilities, which guests are even if root starts them, may do with its own directory. */
static bool may_look(int fd)
{
	struct stat st;
	mode_t needed;

	if (faccessat(fd, ".", R_OK | X_OK, 0) < 0)
		return false;
	if (geteuid() != 0 || fstat(fd, &st) < 0)
		return true;
	needed = st.st_uid == 0 ? 0500 : st.st_gid == 0 ? 0050 : 0005;
	errno = EACCES;
	return (st.st_mode & needed) == needed;
}

/* The root directory, checked; its path without links in ret_path. */
static int open_root(const char *path, char *ret_path)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		report_fatal("cannot open the root directory '%s': %s", path, strerror(errno));
	if (!may_look(fd))
		report_fatal("cannot look into the root directory '%s': %s", path, strerror(errno));
	if (realpath(path, ret_path) == NULL)
		report_fatal("cannot name the root directory '%s': %s", path, strerror(errno));
	return fd;
}

/* --- which distribution ------------------------------------------------------------------------------------------------ */

static NORETURN void no_such_distribution(const struct options *o, const struct registry *r)
{
	const struct distro *near = o->distribution != NULL ? registry_nearest(r, o->distribution) : NULL;
	char guess[DISTRO_NAME_MAX + 32] = "";

	if (o->distribution == NULL)
		report_fatal("%s; 'lxrun --install NAME' installs one, 'lxrun --list --online' lists some",
			     r->count == 0 ? "there is no distribution" : "there is no default distribution");
	if (near != NULL)
		snprintf(guess, sizeof(guess), " (did you mean %s?)", near->name);
	if (o->distribution_is_word)
		report_fatal(
			"there is no distribution '%s'%s; to run a command in the default distribution: lxrun -- %s",
			o->distribution, guess, o->distribution);
	report_fatal("there is no distribution '%s'%s; 'lxrun --list' lists them", o->distribution, guess);
}

/* What lxrun-manage does with these words, and has to say about it; quiet: its standard output is nobody's. */
static void manage(const char *const words[], bool quiet)
{
	/* The terminal's signals reach both, and the child has to clean up. */
	sighandler_t interrupt = signal(SIGINT, SIG_IGN), quit = signal(SIGQUIT, SIG_IGN);
	char program[PATH_MAX];
	pid_t child;
	int status = 0;

	libexec_find("lxrun-manage", program, sizeof(program));
	child = fork();
	if (child == 0) {
		(void)signal(SIGINT, interrupt);
		(void)signal(SIGQUIT, quit);
		if (quiet)
			(void)dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO);
		execv(program, (char *const *)(uintptr_t)words);
		report_fatal("cannot execute %s: %s", program, strerror(errno));
	}
	if (child < 0)
		report_fatal("cannot start a process: %s", strerror(errno));
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	(void)signal(SIGINT, interrupt);
	(void)signal(SIGQUIT, quit);
	if (WIFSIGNALED(status)) {
		(void)signal(WTERMSIG(status), SIG_DFL);
		(void)raise(WTERMSIG(status));
	}
	if (status != 0 && !quiet)
		exit(EXIT_OWN_FAILURE);
}

/* `lxrun --version N NAME` of one that is not there. */
static void install(const char *name, int version)
{
	const char number[] = {(char)('0' + version), '\0'};

	manage((const char *const[]){"lxrun", "--install", name, "--no-launch", "--version", number, NULL}, false);
}

static void find_distribution(const struct options *o, struct distro *ret)
{
	struct registry registry = REGISTRY_EMPTY;
	const struct distro *d;

	distributions_read(&registry);
	d = o->distribution != NULL ? registry_find(&registry, o->distribution) : registry_default(&registry);
	if (d == NULL && o->distribution != NULL && o->version != 0 && distro_name_is_valid(o->distribution)) {
		registry_done(&registry);
		install(o->distribution, o->version);
		distributions_read(&registry);
		d = registry_find(&registry, o->distribution);
	}
	if (d == NULL)
		no_such_distribution(o, &registry);
	*ret = *d;
	registry_done(&registry);
}

/*
 * A distribution of which a command is at work, or was killed at it, is none; but one that was being converted is whole, and what
 * has been left is cleared up first, as every verb does.
 */
static void check_state(const struct options *o, struct distro *d)
{
	static const char *const states[] = {
		[DISTRO_INSTALLING] = "being installed",
		[DISTRO_CONVERTING] = "being converted",
		[DISTRO_EXPORTING] = "being exported",
		[DISTRO_UNINSTALLING] = "being removed",
	};
	int location CLEANUP(host_close_at) = -1;

	if (d->state == DISTRO_CONVERTING) {
		manage((const char *const[]){"lxrun", "--list", "--quiet", NULL}, true);
		find_distribution(o, d);
	}
	if (d->state == DISTRO_CONVERTING) {
		location = open(d->location, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (location >= 0 && flock(location, LOCK_EX | LOCK_NB) == 0)
			return;
	}
	if (d->state != DISTRO_INSTALLED && d->state != DISTRO_EXPORTING)
		report_fatal("%s is %s, or that was interrupted; 'lxrun --list -v' tells more", d->name,
			     states[d->state]);
}

/* `lxrun --version N NAME` of one that is of the other version. */
static void change_version(const struct options *o, struct distro *d)
{
	const char number[] = {(char)('0' + o->version), '\0'};

	manage((const char *const[]){"lxrun", "--set-version", d->name, number, NULL}, false);
	find_distribution(o, d);
	if (d->version != o->version)
		report_fatal("%s is of version %d again: another command has changed it", d->name, d->version);
}

static void open_distribution(const struct options *o, struct site *ret)
{
	struct distro *d = &ret->distro;
	int r;

	find_distribution(o, d);
	ret->is_distro = true;
	check_state(o, d);
	if (o->version != 0 && o->version != d->version)
		change_version(o, d);
	/* Its files are its kernel's. */
	ret->root_fd = -1;
	if (d->version == 2)
		return;
	r = instance_root(d, ret->root, sizeof(ret->root));
	if (r < 0)
		report_fatal("the files of %s are not at '%s/rootfs': %s", d->name, d->location, strerror(-r));
	ret->root_fd = open_root(ret->root, ret->root);
	wsl_conf_read(ret->root_fd, NULL, &ret->conf);
}

/* --- the host's files ---------------------------------------------------------------------------------------------------- */

/* No component that is empty or has dots, which are no names. */
static bool is_plain(const char *path)
{
	while (*path == '/') {
		size_t n = strcspn(path + 1, "/");

		if (n == 0 || (path[1] == '.' && (n == 1 || (n == 2 && path[2] == '.'))))
			return false;
		path += n + 1;
	}
	return true;
}

/* The guest's path of `path` without links, as far as it is there. Mounts are found by such paths. */
static bool without_links(const struct site *p, const char *path, char *ret, size_t size)
{
	char there[PATH_MAX], link[64], real[PATH_MAX];
	const size_t length = strlen(p->root);
	size_t n = strlen(path), cut;

	while (n > 0 && path[n - 1] == '/')
		n--;
	for (cut = n;; cut = (size_t)((char *)memrchr(path, '/', cut) - path)) {
		int fd CLEANUP(host_close_at) = -1;

		snprintf(there, sizeof(there), "%.*s", cut > 0 ? (int)cut : 1, path);
		fd = below_open(p->root_fd, there, O_PATH | O_DIRECTORY);
		if (fd >= 0) {
			snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
			if (host_readlinkat(AT_FDCWD, link, real, sizeof(real)) < 0)
				return false;
			break;
		}
		/* A file stands in the way, or it may not be entered. */
		if (fd != -ENOENT || cut == 0)
			return false;
	}
	snprintf(there, sizeof(there), "%.*s", (int)(n - cut), path + cut);
	return strncmp(real, p->root, length) == 0 && (real[length] == '\0' || real[length] == '/') &&
	       is_plain(there) && snprintf(ret, size, "%s%s", real + length, there) < (int)size;
}

static void find_host(struct site *p)
{
	char below[MOUNT_POINT_MAX - sizeof(HOST_NAME)];

	p->bad_automount = false;
	if (p->is_distro && !p->conf.automount_enabled)
		return;
	strcpy(p->host, DEFAULT_HOST);
	if (!p->is_distro || strcmp(p->conf.automount_root, DEFAULT_BELOW) == 0)
		return;
	p->bad_automount = !without_links(p, p->conf.automount_root, below, sizeof(below));
	if (!p->bad_automount)
		snprintf(p->host, sizeof(p->host), "%s" HOST_NAME, below);
}

/* Component by component: there are no links in the path, and there may be none. */
static int make_below(int root_fd, char *path)
{
	int dir CLEANUP(host_close_at) = fcntl(root_fd, F_DUPFD_CLOEXEC, 0);
	char *rest = path, *name;

	while (dir >= 0 && (name = strtok_r(rest, "/", &rest)) != NULL) {
		bool made = mkdirat(dir, name, 0755) == 0;
		int next = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		/* The caller's umask may have taken something away. */
		if (next < 0 || (made && fchmod(next, 0755) < 0)) {
			int r = -errno;

			host_close_at(&next);
			return r;
		}
		close(dir);
		dir = next;
	}
	return dir < 0 ? -errno : 0;
}

int site_make_above_host(const struct site *p)
{
	char below[sizeof(p->host)];

	if (p->host[0] == '\0' || strcmp(p->host, DEFAULT_HOST) == 0)
		return 0;
	snprintf(below, sizeof(below), "%.*s", (int)(strlen(p->host) - strlen(HOST_NAME)), p->host);
	return make_below(p->root_fd, below);
}

/* --- both ----------------------------------------------------------------------------------------------------------------- */

void site_open(const struct options *o, struct site *ret)
{
	if (o->root != NULL && o->version == 2)
		report_fatal("a root directory without a name is run as version 1 only: version 2 needs a disk");
	if (o->root != NULL)
		ret->root_fd = open_root(o->root, ret->root);
	else
		open_distribution(o, ret);
	if (!ret->is_distro || ret->distro.version == 1)
		find_host(ret);
}

const char *site_name(const struct site *p)
{
	return p->is_distro ? p->distro.name : p->root;
}

void site_reserve_root(struct site *p)
{
	instance_reserve_root(take_fd(&p->root_fd));
}

void site_become(struct site *p, const struct instance_plan *plan, const struct instance_program *program, char **words,
		 char **environment)
{
	char resident[RESIDENT_PATH_MAX];
	struct message message;

	if (instance_enter(plan, program, resident, &message) < 0)
		report_fatal("%s", message.text);
	site_reserve_root(p);
	execve(resident, words, environment);
	report_fatal("cannot execute %s: %s", resident, strerror(errno));
}

void site_find_user(const struct site *p, const char *asked, struct user *ret)
{
	char id[16];

	if (asked != NULL && user_find(p->root_fd, asked, ret) < 0)
		report_fatal("there is no user '%s' in %s", asked, site_name(p));
	if (asked != NULL)
		return;
	if (p->is_distro && p->conf.user_default[0] != '\0') {
		if (user_find(p->root_fd, p->conf.user_default, ret) == 0)
			return;
		report("the default user '%s' of /etc/wsl.conf is not in %s", p->conf.user_default, p->distro.name);
	}
	snprintf(id, sizeof(id), "%u", p->is_distro ? p->distro.default_uid : 0);
	if (user_find(p->root_fd, id, ret) < 0)
		report_fatal("there is no user %s in %s", id, site_name(p));
}
