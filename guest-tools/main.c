/* lxrun-tools: several programs in one file. */
#include <stdio.h>
#include <string.h>

#include "guest-tools/tools.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} programs[] = {
	{"systemctl", systemctl_main},
	{"lxpath", lxpath_main},
	{"lxinfo", lxinfo_main},
	{"lxtry", lxtry_main},
};

static int run(int argc, char **argv, int *ret)
{
	const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
	const char *name = slash != NULL ? slash + 1 : argc > 0 ? argv[0] : "";

	for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
		if (strcmp(programs[i].name, name) == 0) {
			*ret = programs[i].run(argc, argv);
			return 0;
		}
	}
	return -1;
}

int main(int argc, char **argv)
{
	int status;

	if (run(argc, argv, &status) == 0 || (argc > 1 && run(argc - 1, argv + 1, &status) == 0))
		return status;
	fprintf(stderr, "usage: lxrun-tools PROGRAM ARGUMENT...; programs:");
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++)
		fprintf(stderr, " %s", programs[i].name);
	fputc('\n', stderr);
	return 2;
}
