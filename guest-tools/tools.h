/* The programs of lxrun-tools: what argv[0] is, or the first argument. Each returns the exit status. */
#ifndef LX_GUEST_TOOLS_TOOLS_H
#define LX_GUEST_TOOLS_TOOLS_H

#include "guest-tools/machine.h"

int systemctl_main(int argc, char **argv);
int lxpath_main(int argc, char **argv);
int lxinfo_main(int argc, char **argv);
int lxtry_main(int argc, char **argv);

/*
 * The other side's path of an absolute path without links, ".." or "//"; NULL if that side has none. `shared` is where the
 * guest sees the host's root.
 */
char *lxpath_to_host(struct pool *p, const struct machine *m, const char *path);
char *lxpath_to_guest(struct pool *p, const struct machine *m, const char *path);

#endif
