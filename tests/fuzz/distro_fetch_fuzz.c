/* Any text as a list of distributions, and as lines of apt's: what is taken of them makes sense, whatever was there before. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "distro/manifest.h"
#include "distro/suites.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static bool is_plain(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text <= ' ' || *text == 0x7f)
			return false;
	return true;
}

static void check_manifest(const uint8_t *data, size_t size)
{
	static const char before[] =
		"{\"ModernDistributions\":{\"Debian\":[{\"Name\":\"Debian\",\"Amd64Url\":{\"Url\":\"https://x/"
		"y\",\"Sha256\":"
		"\"0000000000000000000000000000000000000000000000000000000000000000\"}}]},\"Default\":\"Debian\"}";
	struct manifest m = {.count = 0};
	struct message message = {""};
	size_t count;

	require(manifest_add(&m, before, sizeof(before) - 1, &message) == 0 && manifest_find(&m, NULL) != NULL);
	count = m.count;
	if (manifest_add(&m, (const char *)data, size, &message) < 0)
		require(message.text[0] != '\0' && m.count == count);
	for (size_t i = 0; i < m.count; i++) {
		const struct manifest_entry *e = &m.entries[i];

		require(distro_name_is_valid(e->name) && distro_name_is_valid(e->flavor));
		require(is_plain(e->url) && strlen(e->sha256) == 64 && strspn(e->sha256, "0123456789abcdef") == 64);
		require(manifest_find(&m, e->name) != NULL && manifest_find(&m, e->flavor) != NULL);
	}
	(void)manifest_find(&m, NULL);
	manifest_done(&m);
}

static void check_sources(const uint8_t *data, size_t size)
{
	static struct suite_sources sources;
	char *text = strndup((const char *)data, size);
	char own[65] = "";
	struct suite s;

	require(text != NULL && suite_find("debian-12", &s));
	sources.count = 0;
	for (char *rest = text, *line; (line = strsep(&rest, "\n")) != NULL;) {
		suite_of_machine(s.family, line, own);
		suite_source_add(&s, own[0] != '\0' ? own : "bookworm", line, &sources);
	}
	require(own[0] == '\0' || suite_name_is_valid(own));
	for (size_t i = 0; i < sources.count; i++)
		require(strncmp(sources.lines[i], "deb ", 4) == 0 && strstr(sources.lines[i], " bookworm") != NULL);
	(void)suite_find(text, &s);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_manifest(data, size);
	check_sources(data, size);
	return 0;
}
