/* lxinfo: what WSL's wslinfo tells. */
#include <stdio.h>
#include <string.h>

#include "guest-tools/tools.h"

static int usage(FILE *to)
{
	fputs("usage: lxinfo [-n] --networking-mode | --vm-id | --version | --name\n"
	      "  --networking-mode  how the distribution reaches the network: lxrun1, the host's own\n"
	      "  --vm-id            the virtual machine's name: lxrun1, there is none\n"
	      "  --version          lxrun's version\n"
	      "  --name             the distribution's name\n"
	      "  -n                 no end of line\n",
	      to);
	return to == stdout ? 0 : 1;
}

int lxinfo_main(int argc, char **argv)
{
	struct pool pool = {NULL};
	struct machine m;
	const char *answer = NULL, *end = "\n";

	(void)machine_read(&pool, &m);
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "-n") == 0)
			end = "";
		else if (strcmp(argv[i], "--help") == 0)
			return usage(stdout);
		else if (strcmp(argv[i], "--networking-mode") == 0 || strcmp(argv[i], "--vm-id") == 0)
			answer = "lxrun1";
		else if (strcmp(argv[i], "--version") == 0)
			answer = m.version;
		else if (strcmp(argv[i], "--name") == 0)
			answer = m.name;
		else
			return usage(stderr);
	}
	if (answer == NULL)
		return usage(stderr);
	printf("%s%s", answer, end);
	pool_free(&pool);
	return fflush(stdout) == 0 ? 0 : 1;
}
