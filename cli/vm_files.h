/*
 * Some files of a distribution of version 2. They are on a disk that a VM has, so they are fetched by commands, and read as if they
 * were below a directory of the host's.
 */
#ifndef LX_CLI_VM_FILES_H
#define LX_CLI_VM_FILES_H

#include "distro/distro.h"

struct vm_files {
	char path[64];
	int root; /* the directory */
};

/* All report and end the process on failure. Files are those in /etc. */
void vm_files_begin(struct vm_files *f);
/* One that cannot be had is empty, and why is said only where it matters. wait(2)'s status. */
int vm_files_fetch(const struct vm_files *f, const struct distro *d, const char *path, bool matters);
void vm_files_end(const struct vm_files *f);

/* A command as root, in "/", on our terminal. wait(2)'s status. */
int vm_files_command(const struct distro *d, const char *const *words);

#endif
