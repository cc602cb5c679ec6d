/* register NAME LOCATION [UID]: a distribution of version 1 whose files are there already, as an import would make it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "distro/distro.h"

int main(int argc, char **argv)
{
	struct registry registry = REGISTRY_EMPTY;
	struct message message = {.text = ""};
	struct distro d = {.version = 1};
	int r;

	if (argc < 3 || strlen(argv[1]) > DISTRO_NAME_MAX || strlen(argv[2]) >= sizeof(d.location))
		return 2;
	strcpy(d.name, argv[1]);
	strcpy(d.location, argv[2]);
	d.default_uid = argc > 3 ? (uint32_t)atoi(argv[3]) : 0;
	r = registry_begin(&registry, &message);
	if (r == 0)
		r = registry_add(&registry, &d);
	if (r == 0)
		r = registry_commit(&registry, &message);
	registry_done(&registry);
	if (r < 0)
		fprintf(stderr, "register: %d: %s\n", r, message.text);
	return r < 0;
}
