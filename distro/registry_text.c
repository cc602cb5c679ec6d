#include "distro/registry_text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "distro/ini.h"

#define FORMAT "1"

static const char *const state_names[] = {
	[DISTRO_INSTALLED] = "installed", [DISTRO_INSTALLING] = "installing",     [DISTRO_CONVERTING] = "converting",
	[DISTRO_EXPORTING] = "exporting", [DISTRO_UNINSTALLING] = "uninstalling",
};

/* Which keys an entry has had. */
enum {
	HAS_NAME = 1,
	HAS_LOCATION = 2,
	HAS_VERSION = 4,
	HAS_STATE = 8,
	HAS_UID = 16,
	HAS_OOBE = 32,
	HAS_FLAVOR = 64,
	HAS_OS_VERSION = 128,
	HAS_ALL = 255,
	HAS_MOVING = 256, /* need not be there */
};

struct parse {
	struct registry *r;
	struct distro entry; /* the one whose section it is: its id is not "" */
	unsigned has;
	bool has_format, has_end;
	int error;
};

static void fail(struct parse *p, int error)
{
	/* Of a later format comes before damaged: to us it may look so. */
	if (p->error != -EPROTO)
		p->error = error;
}

static bool copy(char *to, size_t size, const char *value)
{
	if (strlen(value) >= size)
		return false;
	strcpy(to, value);
	return true;
}

static bool number(const char *value, uint64_t max, uint64_t *ret)
{
	char *end;

	if (value[0] < '0' || value[0] > '9' || strlen(value) > 18)
		return false;
	*ret = strtoull(value, &end, 10);
	return *end == '\0' && *ret <= max;
}

static bool version(const char *value, int *ret)
{
	uint64_t n;

	if (!number(value, 2, &n) || n == 0)
		return false;
	*ret = (int)n;
	return true;
}

/* --- entries --------------------------------------------------------------------------------------------------------- */

static bool is_id(const char *s)
{
	return strlen(s) == 16 && strspn(s, "0123456789abcdef") == 16;
}

static bool is_new(const struct registry *r, const struct distro *d)
{
	for (size_t i = 0; i < r->count; i++)
		if (distro_name_equal(r->distros[i].name, d->name) || strcmp(r->distros[i].id, d->id) == 0 ||
		    strcmp(r->distros[i].location, d->location) == 0)
			return false;
	return true;
}

int registry_append(struct registry *r, const struct distro *d)
{
	struct distro *more = reallocarray(r->distros, r->count + 1, sizeof(*more));

	if (more == NULL)
		return -ENOMEM;
	more[r->count++] = *d;
	r->distros = more;
	return 0;
}

/* The entry whose section ends here. */
static void end_entry(struct parse *p)
{
	struct distro *d = &p->entry;

	if (d->id[0] == '\0')
		return;
	if ((p->has & HAS_ALL) == HAS_ALL && is_new(p->r, d)) {
		int r = registry_append(p->r, d);

		if (r < 0)
			fail(p, r);
	} else {
		fail(p, -EBADMSG);
	}
	memset(d, 0, sizeof(*d));
	p->has = 0;
}

static bool begin_entry(struct parse *p, const char *id)
{
	if (strcmp(p->entry.id, id) == 0)
		return true;
	end_entry(p);
	if (!is_id(id))
		return false;
	strcpy(p->entry.id, id);
	return true;
}

static bool state(const char *value, enum distro_state *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(state_names); i++)
		if (strcmp(value, state_names[i]) == 0) {
			*ret = (enum distro_state)i;
			return true;
		}
	return false;
}

static bool entry_key(struct parse *p, const char *key, const char *value)
{
	struct distro *d = &p->entry;
	unsigned which = 0;
	uint64_t n = 0;
	bool ok = true;

	if (strcmp(key, "name") == 0) {
		which = HAS_NAME;
		ok = distro_name_is_valid(value) && copy(d->name, sizeof(d->name), value);
	} else if (strcmp(key, "location") == 0) {
		which = HAS_LOCATION;
		ok = value[0] == '/' && copy(d->location, sizeof(d->location), value);
	} else if (strcmp(key, "moving") == 0) {
		which = HAS_MOVING;
		ok = value[0] == '/' && copy(d->moving, sizeof(d->moving), value);
	} else if (strcmp(key, "version") == 0) {
		which = HAS_VERSION;
		ok = version(value, &d->version);
	} else if (strcmp(key, "state") == 0) {
		which = HAS_STATE;
		ok = state(value, &d->state);
	} else if (strcmp(key, "defaultUid") == 0) {
		which = HAS_UID;
		ok = number(value, UINT32_MAX - 1, &n);
		d->default_uid = (uint32_t)n;
	} else if (strcmp(key, "oobePending") == 0) {
		which = HAS_OOBE;
		ok = number(value, 1, &n);
		d->oobe_pending = n == 1;
	} else if (strcmp(key, "flavor") == 0) {
		which = HAS_FLAVOR;
		ok = copy(d->flavor, sizeof(d->flavor), value);
	} else if (strcmp(key, "osVersion") == 0) {
		which = HAS_OS_VERSION;
		ok = copy(d->os_version, sizeof(d->os_version), value);
	}
	if (!ok || (p->has & which) != 0)
		return false;
	p->has |= which;
	return true;
}

/* --- the whole ------------------------------------------------------------------------------------------------------- */

static bool registry_key(struct parse *p, const char *key, const char *value)
{
	if (strcmp(key, "format") == 0) {
		uint64_t n;

		if (!number(value, UINT64_MAX, &n) || n == 0 || p->has_format)
			return false;
		p->has_format = true;
		if (strcmp(value, FORMAT) != 0)
			p->error = -EPROTO;
	} else if (strcmp(key, "default") == 0) {
		return (value[0] == '\0' || distro_name_is_valid(value)) &&
		       copy(p->r->default_name, sizeof(p->r->default_name), value);
	} else if (strcmp(key, "defaultVersion") == 0) {
		return version(value, &p->r->default_version);
	}
	return true;
}

static bool end_key(struct parse *p, const char *key, const char *value)
{
	uint64_t n;

	if (strcmp(key, "distributions") != 0)
		return true;
	if (p->has_end || !number(value, UINT32_MAX, &n))
		return false;
	p->has_end = true;
	return n == p->r->count;
}

static void on_key(void *context, const char *section, const char *key, const char *value, unsigned line)
{
	static const char prefix[] = "distribution ";
	struct parse *p = context;
	bool ok;

	(void)line;
	if (strncmp(section, prefix, sizeof(prefix) - 1) == 0) {
		ok = begin_entry(p, section + sizeof(prefix) - 1) && !p->has_end && entry_key(p, key, value);
	} else {
		end_entry(p);
		ok = strcmp(section, "registry") == 0 ? registry_key(p, key, value)
		     : strcmp(section, "end") == 0    ? end_key(p, key, value)
						      : section[0] != '\0';
	}
	if (!ok)
		fail(p, -EBADMSG);
}

static void on_bad_line(void *context, unsigned line)
{
	(void)line;
	fail(context, -EBADMSG);
}

int registry_from_text(const char *text, size_t size, struct registry *ret)
{
	struct parse *p = calloc(1, sizeof(*p));
	int r;

	*ret = REGISTRY_EMPTY;
	if (p == NULL)
		return -ENOMEM;
	p->r = ret;
	ini_read(text, size, &(struct ini_reader){on_key, on_bad_line, p});
	end_entry(p);
	if (!p->has_format || !p->has_end)
		fail(p, -EBADMSG);
	r = p->error;
	free(p);
	if (r == 0 && ret->default_name[0] != '\0' && registry_find(ret, ret->default_name) == NULL)
		return -EBADMSG;
	return r;
}

static void write_number(FILE *f, const char *key, uint64_t n)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, n);
	ini_write(f, key, text);
}

static void write_entry(FILE *f, const struct distro *d)
{
	fprintf(f, "\n[distribution %s]\n", d->id);
	ini_write(f, "name", d->name);
	ini_write(f, "location", d->location);
	if (d->moving[0] != '\0')
		ini_write(f, "moving", d->moving);
	write_number(f, "version", (uint64_t)d->version);
	ini_write(f, "state", state_names[d->state]);
	write_number(f, "defaultUid", d->default_uid);
	write_number(f, "oobePending", d->oobe_pending);
	ini_write(f, "flavor", d->flavor);
	ini_write(f, "osVersion", d->os_version);
}

void registry_to_text(const struct registry *r, FILE *f)
{
	fputs("# The distributions of lxrun, written by it: use its verbs (lxrun --help) to change "
	      "something.\n[registry]\n",
	      f);
	ini_write(f, "format", FORMAT);
	ini_write(f, "default", r->default_name);
	write_number(f, "defaultVersion", (uint64_t)r->default_version);
	for (size_t i = 0; i < r->count; i++)
		write_entry(f, &r->distros[i]);
	fputs("\n[end]\n", f);
	write_number(f, "distributions", r->count);
}
