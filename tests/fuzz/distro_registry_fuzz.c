/* Any text as a registry: what could be understood makes sense, and a sound one is the same after it was written and read. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "distro/registry_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void check_entry(const struct registry *r, const struct distro *d)
{
	require(distro_name_is_valid(d->name));
	require(strlen(d->id) == 16);
	require(d->location[0] == '/' && memchr(d->location, '\0', sizeof(d->location)) != NULL);
	require(d->version == 1 || d->version == 2);
	require(d->state >= DISTRO_INSTALLED && d->state <= DISTRO_UNINSTALLING);
	require(memchr(d->flavor, '\0', sizeof(d->flavor)) != NULL);
	require(memchr(d->os_version, '\0', sizeof(d->os_version)) != NULL);
	require(registry_find(r, d->name) == d && registry_at(r, d->location) == d);
}

static void check_again(const struct registry *r)
{
	struct registry again;
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	require(f != NULL);
	registry_to_text(r, f);
	require(fclose(f) == 0);
	require(registry_from_text(text, size, &again) == 0);
	require(again.count == r->count && again.default_version == r->default_version);
	require(strcmp(again.default_name, r->default_name) == 0);
	for (size_t i = 0; i < r->count; i++)
		require(memcmp(&again.distros[i], &r->distros[i], sizeof(struct distro)) == 0);
	registry_done(&again);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct registry r;
	int error = registry_from_text((const char *)data, size, &r);

	require(error == 0 || error == -EBADMSG || error == -EPROTO);
	require(r.default_version == 1 || r.default_version == 2);
	require(r.default_name[0] == '\0' || distro_name_is_valid(r.default_name));
	for (size_t i = 0; i < r.count; i++)
		check_entry(&r, &r.distros[i]);
	(void)registry_nearest(&r, "debian");
	if (error == 0)
		check_again(&r);
	registry_done(&r);
	return 0;
}
