#include "cli/distributions.h"

#include "cli/instance.h"
#include "cli/options.h"
#include "cli/report.h"

static void take(int error, const struct registry *r, const struct message *m)
{
	if (error < 0)
		report_fatal("%s", m->text);
	if (r->rebuilt)
		report("%s", m->text);
}

void distributions_read(struct registry *ret)
{
	struct message m;

	take(registry_read(ret, &m), ret, &m);
}

void distributions_begin(struct registry *ret)
{
	struct message m;

	take(registry_begin(ret, &m), ret, &m);
}

void distributions_commit(struct registry *r)
{
	struct message m;

	if (registry_commit(r, &m) < 0)
		report_fatal("%s", m.text);
	registry_done(r);
}

struct distro *distributions_find(const struct registry *r, const char *name)
{
	struct distro *d = registry_find(r, name);
	const struct distro *near = d == NULL ? registry_nearest(r, name) : NULL;

	if (d != NULL)
		return d;
	if (near != NULL)
		report_fatal("there is no distribution '%s' (did you mean '%s'?)", name, near->name);
	if (r->count > 0)
		report_fatal("there is no distribution '%s'; 'lxrun --list' lists them", name);
	report_fatal("there is no distribution '%s', nor any other%s", name,
		     verb_by_name("install") != VERB_RUN ? "; 'lxrun --install' installs one" : "");
}

void distributions_check_name(const struct registry *r, const struct distro *d, const char *name)
{
	const struct distro *other = registry_find(r, name);

	if (!distro_name_is_valid(name))
		report_fatal(
			"'%.300s' cannot be the name of a distribution: those are made of at most %d letters, digits, "
			"'.', '_' and '-'",
			name, DISTRO_NAME_MAX);
	if (other != NULL && other != d)
		report_fatal("there is a distribution '%s' already", other->name);
}

const char *distributions_state(const struct distro *d)
{
	switch (d->state) {
	case DISTRO_INSTALLED:
		return instance_is_running(d) ? "Running" : "Stopped";
	case DISTRO_INSTALLING:
		return "Installing";
	case DISTRO_CONVERTING:
		return "Converting";
	case DISTRO_EXPORTING:
		return "Exporting";
	case DISTRO_UNINSTALLING:
		return "Uninstalling";
	}
	lx_bug();
}
