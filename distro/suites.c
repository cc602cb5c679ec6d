/* Distributions of Debian packages and their suites, and apt's sources of them. */
#include "distro/suites.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { DEBIAN, UBUNTU, KALI, DEVUAN, PUREOS, TANGLU };

static const struct suite_family families[] = {
	[DEBIAN] = {"debian", "Debian", "Debian", "/usr/share/keyrings/debian-archive-keyring.gpg",
		    "http://deb.debian.org/debian", "http://deb.debian.org/debian-security", "trixie"},
	[UBUNTU] = {"ubuntu", "Ubuntu", "Ubuntu", "/usr/share/keyrings/ubuntu-archive-keyring.gpg",
		    "http://archive.ubuntu.com/ubuntu", NULL, "noble"},
	[KALI] = {"kali-linux", "Kali", "Kali", "/usr/share/keyrings/kali-archive-keyring.gpg",
		  "http://http.kali.org/kali", NULL, "kali-rolling"},
	[DEVUAN] = {"devuan", "Devuan", "Devuan", "/usr/share/keyrings/devuan-archive-keyring.gpg",
		    "http://deb.devuan.org/merged", NULL, "excalibur"},
	[PUREOS] = {"pureos", "PureOS", "PureOS", "/usr/share/keyrings/pureos-archive-keyring.gpg",
		    "https://repo.pureos.net/pureos", NULL, "byzantium"},
	[TANGLU] = {"tanglu", "Tanglu", "Tanglu", "/usr/share/keyrings/tanglu-archive-keyring.gpg",
		    "http://archive.tanglu.org/tanglu", NULL, "dasyatis"},
};

/* version: behind the family's name; "": it has none. */
static const struct {
	int family;
	const char *version, *name;
} suites[] = {
	{DEBIAN, "10", "buster"},         {DEBIAN, "11", "bullseye"},   {DEBIAN, "12", "bookworm"},
	{DEBIAN, "13", "trixie"},         {DEBIAN, "14", "forky"},      {DEBIAN, "", "sid"},
	{UBUNTU, "14.04", "trusty"},      {UBUNTU, "16.04", "xenial"},  {UBUNTU, "18.04", "bionic"},
	{UBUNTU, "20.04", "focal"},       {UBUNTU, "22.04", "jammy"},   {UBUNTU, "24.04", "noble"},
	{UBUNTU, "25.10", "questing"},    {KALI, "", "kali-rolling"},   {KALI, "", "kali-dev"},
	{KALI, "", "kali-last-snapshot"}, {DEVUAN, "3", "beowulf"},     {DEVUAN, "4", "chimaera"},
	{DEVUAN, "5", "daedalus"},        {DEVUAN, "6", "excalibur"},   {DEVUAN, "", "ceres"},
	{PUREOS, "9", "amber"},           {PUREOS, "10", "byzantium"},  {PUREOS, "11", "crimson"},
	{TANGLU, "1", "aequorea"},        {TANGLU, "2", "bartholomea"}, {TANGLU, "3", "chromodoris"},
	{TANGLU, "4", "dasyatis"},
};

/* --- names --------------------------------------------------------------------------------------------------------------- */

bool suite_name_is_valid(const char *name)
{
	static const char characters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
	size_t n = strspn(name, characters);

	return n > 0 && n < sizeof(((struct suite *)0)->name) && name[n] == '\0' && strchr(".-_", name[0]) == NULL;
}

static bool is_family_and(const struct suite_family *f, const char *name, const char *rest)
{
	size_t n = strlen(f->name);

	return rest[0] != '\0' && strncasecmp(name, f->name, n) == 0 && name[n] == '-' &&
	       strcasecmp(name + n + 1, rest) == 0;
}

bool suite_find(const char *name, struct suite *ret)
{
	*ret = (struct suite){.family = NULL};
	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		if (strcasecmp(name, families[i].name) == 0)
			ret->family = &families[i];
	for (size_t i = 0; ret->family == NULL && i < ARRAY_SIZE(suites); i++) {
		const struct suite_family *f = &families[suites[i].family];

		if (strcasecmp(name, suites[i].name) != 0 && !is_family_and(f, name, suites[i].version) &&
		    !is_family_and(f, name, suites[i].name))
			continue;
		ret->family = f;
		strcpy(ret->name, suites[i].name);
	}
	return ret->family != NULL;
}

bool suite_has_updates(const struct suite *s)
{
	static const char *const rolling[] = {"sid", "unstable", "experimental", "ceres"};

	for (size_t i = 0; i < ARRAY_SIZE(rolling); i++)
		if (strcmp(s->name, rolling[i]) == 0)
			return false;
	return s->family == &families[DEBIAN] || s->family == &families[UBUNTU] || s->family == &families[DEVUAN];
}

/* --- apt's sources ------------------------------------------------------------------------------------------------------- */

struct source {
	char origin[65], uri[512], suite[97], component[97];
};

static bool next_field(const char **line, char *ret, size_t size)
{
	size_t n = strcspn(*line, "|\n");

	if (n == 0 || n >= size)
		return false;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)(*line)[i] <= ' ' || (*line)[i] == 0x7f)
			return false;
	memcpy(ret, *line, n);
	ret[n] = '\0';
	*line += n + ((*line)[n] == '|' ? 1 : 0);
	return true;
}

static bool parse(const char *line, struct source *ret)
{
	return next_field(&line, ret->origin, sizeof(ret->origin)) && next_field(&line, ret->uri, sizeof(ret->uri)) &&
	       next_field(&line, ret->suite, sizeof(ret->suite)) &&
	       next_field(&line, ret->component, sizeof(ret->component));
}

void suite_of_machine(const struct suite_family *family, const char *line, char *ret)
{
	struct source s;
	struct suite known;

	/* One that is in the table: else bookworm-updates would be a suite of its own. */
	if (ret[0] == '\0' && parse(line, &s) && strcmp(s.origin, family->origin) == 0 && suite_find(s.suite, &known) &&
	    known.family == family && known.name[0] != '\0')
		strcpy(ret, known.name);
}

static bool has_word(const char *words, const char *word)
{
	size_t n;

	for (; *words != '\0'; words += n + (words[n] == ' ' ? 1 : 0)) {
		n = strcspn(words, " ");
		if (n == strlen(word) && strncmp(words, word, n) == 0)
			return true;
	}
	return false;
}

/* A line of the same place and suite takes its component, too. */
static void add_line(struct suite_sources *ret, const char *uri, const char *suite, const char *component)
{
	char begin[768];
	size_t n = strlen(uri);

	if (n > 0 && uri[n - 1] == '/')
		n--;
	if ((size_t)snprintf(begin, sizeof(begin), "deb %.*s %s ", (int)n, uri, suite) >= sizeof(begin))
		return;
	n = strlen(begin);
	for (size_t i = 0; i < ret->count; i++) {
		char *line = ret->lines[i];
		size_t length = strlen(line);

		if (strncmp(line, begin, n) != 0)
			continue;
		if (length + strlen(component) + 2 <= sizeof(ret->lines[i]) && !has_word(line + n, component))
			snprintf(line + length, sizeof(ret->lines[i]) - length, " %s", component);
		return;
	}
	if (ret->count < SUITE_SOURCES_MAX)
		snprintf(ret->lines[ret->count++], sizeof(ret->lines[0]), "%s%s", begin, component);
}

void suite_source_add(const struct suite *s, const char *own, const char *line, struct suite_sources *ret)
{
	static const char *const pockets[] = {"-updates", "-security"};
	char suite[192];
	struct source source;
	size_t n = strlen(own);
	bool wanted;

	if (!parse(line, &source) || strcmp(source.origin, s->family->origin) != 0 ||
	    strncmp(source.suite, own, n) != 0)
		return;
	wanted = source.suite[n] == '\0';
	for (size_t i = 0; !wanted && suite_has_updates(s) && i < ARRAY_SIZE(pockets); i++)
		wanted = strcmp(source.suite + n, pockets[i]) == 0;
	snprintf(suite, sizeof(suite), "%s%s", s->name, source.suite + n);
	if (wanted)
		add_line(ret, source.uri, suite, source.component);
}

void suite_sources_default(const struct suite *s, struct suite_sources *ret)
{
	const struct suite_family *f = s->family;
	char suite[96];

	add_line(ret, f->mirror, s->name, "main");
	if (f == &families[UBUNTU])
		add_line(ret, f->mirror, s->name, "universe");
	if (!suite_has_updates(s))
		return;
	snprintf(suite, sizeof(suite), "%s-updates", s->name);
	add_line(ret, f->mirror, suite, "main");
	snprintf(suite, sizeof(suite), "%s-security", s->name);
	add_line(ret, f->security != NULL ? f->security : f->mirror, suite, "main");
}
