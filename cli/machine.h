/*
 * The files that a machine has about itself, written into a distribution when its instance starts, by the keys of its
 * /etc/wsl.conf: /etc/hosts, /etc/resolv.conf, /etc/hostname, /etc/localtime. They follow the host.
 *
 * What hosts and resolv.conf were before is never lost: a file that does not begin with our first line is kept beside as
 * NAME.before-lxrun, once. A file that has the right content already is left alone.
 */
#ifndef LX_CLI_MACHINE_H
#define LX_CLI_MACHINE_H

#include "base/attr.h"
#include "distro/distro.h"

/* Files of the host; others in tests. */
struct machine_host {
	const char *hosts;       /* /etc/hosts */
	const char *resolv_conf; /* /etc/resolv.conf */
	const char *localtime;   /* /etc/localtime */
};
extern const struct machine_host machine_host;

/* The guest's host name: wsl.conf's, else the host's, with what no host name may have left out. size is at least 65. */
void machine_hostname(const struct wsl_conf *conf, char *ret, size_t size);

/* Writes them. A file that cannot be written is left as it is: the first such error is the result, 0 if there was none. */
MUST_CHECK int machine_prepare(int root_fd, const struct wsl_conf *conf, const char *hostname,
			       const struct machine_host *host);

#endif
