#include "distro/manifest.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#ifdef __x86_64__
#define ARCHITECTURE "Amd64Url"
#else
#define ARCHITECTURE "Arm64Url"
#endif

/* --- an entry ---------------------------------------------------------------------------------------------------------- */

static bool is_url(const char *url)
{
	static const char *const schemes[] = {"https://", "http://", "file://"};
	bool known = false;

	for (size_t i = 0; i < ARRAY_SIZE(schemes); i++)
		known = known || strncasecmp(url, schemes[i], strlen(schemes[i])) == 0;
	for (const char *c = url; known && *c != '\0'; c++)
		known = (unsigned char)*c > ' ' && *c != 0x7f;
	return known && strlen(url) < 4096;
}

/* 64 hex digits, with or without 0x in front. */
static bool take_digest(const char *text, char *ret)
{
	if (strncasecmp(text, "0x", 2) == 0)
		text += 2;
	if (strlen(text) != 64 || strspn(text, "0123456789abcdefABCDEF") != 64)
		return false;
	for (size_t i = 0; i <= 64; i++)
		ret[i] = text[i] >= 'A' && text[i] <= 'F' ? (char)(text[i] - 'A' + 'a') : text[i];
	return true;
}

/* For people's terminals. */
static bool is_printable(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	return true;
}

static void entry_done(struct manifest_entry *e)
{
	free(e->flavor);
	free(e->name);
	free(e->friendly_name);
	free(e->url);
}

/* False: there is none for this machine, or none that makes sense. */
static bool take_entry(const char *flavor, json_t *from, struct manifest_entry *ret)
{
	json_t *archive = json_object_get(from, ARCHITECTURE);
	const char *name = json_string_value(json_object_get(from, "Name"));
	const char *friendly = json_string_value(json_object_get(from, "FriendlyName"));
	const char *url = json_string_value(json_object_get(archive, "Url"));
	const char *digest = json_string_value(json_object_get(archive, "Sha256"));

	*ret = (struct manifest_entry){.is_default = json_is_true(json_object_get(from, "Default"))};
	if (name == NULL || url == NULL || digest == NULL || !distro_name_is_valid(name) || !is_url(url) ||
	    !take_digest(digest, ret->sha256))
		return false;
	ret->flavor = strdup(flavor);
	ret->name = strdup(name);
	ret->friendly_name = strdup(friendly != NULL && is_printable(friendly) ? friendly : name);
	ret->url = strdup(url);
	if (ret->flavor != NULL && ret->name != NULL && ret->friendly_name != NULL && ret->url != NULL)
		return true;
	entry_done(ret);
	return false;
}

/* --- a list -------------------------------------------------------------------------------------------------------------- */

static void remove_flavor(struct manifest *m, const char *flavor)
{
	size_t kept = 0;

	for (size_t i = 0; i < m->count; i++) {
		if (strcasecmp(m->entries[i].flavor, flavor) == 0)
			entry_done(&m->entries[i]);
		else
			m->entries[kept++] = m->entries[i];
	}
	m->count = kept;
}

static int append(struct manifest *m, const struct manifest_entry *e)
{
	struct manifest_entry *more = reallocarray(m->entries, m->count + 1, sizeof(*more));

	if (more == NULL)
		return -ENOMEM;
	m->entries = more;
	m->entries[m->count++] = *e;
	return 0;
}

static int add_flavor(struct manifest *m, const char *flavor, json_t *versions)
{
	struct manifest_entry e;
	json_t *version;
	size_t i;

	if (!distro_name_is_valid(flavor))
		return 0;
	remove_flavor(m, flavor);
	json_array_foreach(versions, i, version)
	{
		if (!take_entry(flavor, version, &e))
			continue;
		if (append(m, &e) < 0) {
			entry_done(&e);
			return -ENOMEM;
		}
	}
	return 0;
}

static int add(struct manifest *m, json_t *root, struct message *message)
{
	json_t *flavors = json_object_get(root, "ModernDistributions"), *versions;
	const char *default_name = json_string_value(json_object_get(root, "Default"));
	const char *flavor;
	int r = 0;

	if (!json_is_object(flavors)) {
		message_set(message, "there are no \"ModernDistributions\" in it");
		return -EINVAL;
	}
	json_object_foreach(flavors, flavor, versions)
	{
		if (r == 0)
			r = add_flavor(m, flavor, versions);
	}
	if (r == 0 && default_name != NULL) {
		free(m->default_name);
		m->default_name = strdup(default_name);
	}
	if (r < 0)
		message_set(message, "out of memory");
	return r;
}

int manifest_add(struct manifest *m, const char *text, size_t size, struct message *message)
{
	json_error_t error;
	json_t *root = json_loadb(text, size, 0, &error);
	int r;

	if (root == NULL) {
		message_set(message, "it is no JSON in line %d", error.line);
		return -EINVAL;
	}
	r = add(m, root, message);
	json_decref(root);
	return r;
}

void manifest_done(struct manifest *m)
{
	for (size_t i = 0; i < m->count; i++)
		entry_done(&m->entries[i]);
	free(m->entries);
	free(m->default_name);
	*m = (struct manifest){.count = 0};
}

const struct manifest_entry *manifest_find(const struct manifest *m, const char *name)
{
	const struct manifest_entry *found = NULL;

	if (name == NULL)
		name = m->default_name;
	for (size_t i = 0; name != NULL && i < m->count; i++)
		if (strcasecmp(m->entries[i].flavor, name) == 0 &&
		    (found == NULL || (m->entries[i].is_default && !found->is_default)))
			found = &m->entries[i];
	for (size_t i = 0; name != NULL && found == NULL && i < m->count; i++)
		if (strcasecmp(m->entries[i].name, name) == 0)
			found = &m->entries[i];
	return found;
}
