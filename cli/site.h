/* Where a command runs: a distribution with a name, or a directory without one. */
#ifndef LX_CLI_SITE_H
#define LX_CLI_SITE_H

#include "cli/instance.h"
#include "cli/options.h"
#include "cli/user.h"
#include "distro/distro.h"

struct site {
	struct distro distro;
	bool is_distro; /* else a root directory without a name */
	int root_fd;
	char root[PATH_MAX]; /* no links in it */
	struct wsl_conf conf;
	char host[PATH_MAX]; /* where guests see the host's files; "": nowhere */
	bool bad_automount;  /* automount.root was none, and host is where it is by default */
};

/*
 * What the command line means; what cannot be opened or run ends the process with a sentence. Of a distribution of version 2 only
 * the registry's entry: root_fd is -1.
 */
void site_open(const struct options *o, struct site *ret);

/* The directory above the host's files, where wsl.conf has named another one, is made in the distribution if it is not there. */
MUST_CHECK int site_make_above_host(const struct site *p);

/* Its name for people. */
const char *site_name(const struct site *p);

/* root_fd goes to the number that is reserved for it, whatever the limit on descriptors is, and is -1 then. */
void site_reserve_root(struct site *p);

/* This process becomes a program of the plan's instance, which starts if it does not run. */
NORETURN void site_become(struct site *p, const struct instance_plan *plan, const struct instance_program *program,
			  char **words, char **environment);

/* Who commands run as: the command line's user, wsl.conf's, the registry's. */
void site_find_user(const struct site *p, const char *asked, struct user *ret);

#endif
