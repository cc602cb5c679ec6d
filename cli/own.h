/*
 * What lxrun itself runs in a distribution, as its root: /etc/fstab and boot.command when its instance starts, the first-run
 * command before the first shell.
 */
#ifndef LX_CLI_OWN_H
#define LX_CLI_OWN_H

#include "cli/instance.h"
#include "cli/site.h"

/* Where the guest finds what the first two have printed. */
#define OWN_LOG "/var/log/lxrun-boot.log"

/*
 * The instance at runtime has just started, and its distribution's lock is held: mounts what /etc/fstab lists, then starts
 * boot.command, which nobody waits for. Neither can keep the distribution from starting. environment is for both.
 */
void own_boot(const struct instance_plan *plan, const char *runtime, const struct site *p, char **environment);

/*
 * The distribution's first-run command, on the terminal of the caller, where it is still to be run: it runs once, and again
 * until it succeeds. Then the distribution has its default user, also in p. Ends the process where the command fails.
 */
void own_first_run(const struct instance_plan *plan, struct site *p, char **environment);

/* What both versions have in common of it. Held while it is at work: two terminals do not both run it. */
MUST_CHECK int own_first_run_lock(const struct distro *d, int directory);
/* Another terminal may have come first, and made the default user: d is as the registry has it now. */
bool own_first_run_is_pending(struct distro *d);
/* Ends the process if it has not succeeded. */
void own_first_run_check(const struct distro *d, const char *command, int status);
/* It is not run again; uid, if it is in the passwd below root_fd, is who commands run as from now on. */
void own_first_run_done(struct distro *d, int root_fd, int64_t uid);

#endif
