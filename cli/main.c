/* lxrun: reads the command line, then becomes the guest's program. Links libc only; see cli/README.md. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/host.h"
#include "cli/options.h"
#include "cli/report.h"
#include "cli/run.h"

/* A program started with closed standard streams must not get its files in their places. */
static void fill_standard_streams(void)
{
	for (int fd = 0; fd < 3; fd++) {
		int r = host_fcntl(fd, F_GETFD, 0);

		if (r < 0)
			(void)!host_open("/dev/null", fd == 0 ? O_RDONLY : O_WRONLY, 0);
	}
}

int main(int argc, char **argv)
{
	struct options options;

	fill_standard_streams();
	options_parse(argc, argv, &options);
	if (options.help || options.version) {
		if (options.help)
			options_print_help();
		else
			puts("lxrun " LX_VERSION);
		if (fflush(stdout) != 0)
			report_fatal("cannot write to the standard output: %s", strerror(errno));
		return 0;
	}
	if (options.root == NULL)
		report_fatal("no root file system was named: lxrun --rootfs DIR -- COMMAND");
	return run(&options);
}
