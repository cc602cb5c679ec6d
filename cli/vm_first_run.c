/* The first-run command of a distribution of version 2. */
#include <fcntl.h>

#include "base/host.h"
#include "cli/own.h"
#include "cli/vm.h"
#include "cli/vm_files.h"

void vm_first_run(struct distro *d)
{
	int location CLEANUP(host_close_at) = open(d->location, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int held UNUSED CLEANUP(host_close_at) = own_first_run_lock(d, location);
	struct wsl_distribution_conf conf;
	struct vm_files f;
	int status = 0;

	if (!own_first_run_is_pending(d))
		return;
	vm_files_begin(&f);
	(void)vm_files_fetch(&f, d, "/etc/wsl-distribution.conf", false);
	wsl_distribution_conf_read(f.root, NULL, &conf);
	if (conf.oobe_command[0] != '\0') {
		const char *const words[] = {"/bin/sh", "-c", conf.oobe_command, NULL};

		status = vm_files_command(d, words);
	}
	if (status == 0) {
		(void)vm_files_fetch(&f, d, "/etc/passwd", false);
		(void)vm_files_fetch(&f, d, "/etc/group", false);
		own_first_run_done(d, f.root, conf.oobe_default_uid);
	}
	vm_files_end(&f);
	own_first_run_check(d, conf.oobe_command, status);
}
