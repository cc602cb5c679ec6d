#include "cli/foreground.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/report.h"

int foreground_run(void (*act)(void *), void *context)
{
	sighandler_t interrupt = signal(SIGINT, SIG_IGN), quit = signal(SIGQUIT, SIG_IGN);
	pid_t child = fork();
	int status = 0;

	if (child == 0) {
		(void)signal(SIGINT, interrupt);
		(void)signal(SIGQUIT, quit);
		act(context);
		_exit(EXIT_OWN_FAILURE);
	}
	if (child < 0)
		report_fatal("cannot start a process: %s", strerror(errno));
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	(void)signal(SIGINT, interrupt);
	(void)signal(SIGQUIT, quit);
	return status;
}
