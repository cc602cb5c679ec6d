/*
 * lxrun: reads the command line, then becomes the guest's program, or lxrun-manage, which does all other verbs. Links libc
 * only; see cli/README.md.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/host.h"
#include "cli/libexec.h"
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

/* Everything but running is the other program's. */
static NORETURN void become_manage(char **argv)
{
	char program[PATH_MAX];

	libexec_find("lxrun-manage", program, sizeof(program));
	execv(program, argv);
	report_fatal("cannot execute %s: %s", program, strerror(errno));
}

int main(int argc, char **argv)
{
	struct options options;

	fill_standard_streams();
	options_parse(argc, argv, &options);
	if (options.verb != VERB_RUN)
		become_manage(argv);
	return run(&options);
}
