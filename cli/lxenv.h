/*
 * LXENV: which of the host's variables cross into a distribution, by WSLENV's rules. NAME[/FLAGS]:NAME[/FLAGS]...; the flags
 * p: the value is a path, l: a list of paths with colons, u: only from the host to the guest, w: only the other way.
 */
#ifndef LX_CLI_LXENV_H
#define LX_CLI_LXENV_H

/* Where a path of the host is in the guest. */
struct lxenv_paths {
	const char *root;      /* the host directory that is the guest's "/" */
	const char *host_root; /* the guest path of the host's "/", "/mnt/host"; NULL: it is not there */
};

/*
 * Calls put for each variable that is named by lxenv and set, and for LXENV itself. An entry with an unknown flag is left out,
 * as is one with a path that is not in the guest. NULL: nothing crosses.
 */
void lxenv_import(const char *lxenv, const struct lxenv_paths *paths,
		  void (*put)(void *context, const char *name, const char *value), void *context);

#endif
