/* Verbs that list units and their files. */
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "guest-tools/systemctl/drop_ins.h"
#include "guest-tools/systemctl/request.h"
#include "guest-tools/systemctl/unit_name.h"

static bool is_in(struct pool *p, const char *commas, const char *word)
{
	struct list words = {NULL};

	if (commas == NULL)
		return true;
	list_split(p, &words, commas, ",");
	return list_has(&words, word);
}

/* The words of the command line are patterns. */
static bool is_asked(struct request *r, const char *name)
{
	for (size_t i = 0; i < r->words.count; i++) {
		if (fnmatch(r->words.items[i], name, 0) == 0 ||
		    strcmp(unit_name_of(&r->pool, r->words.items[i]), name) == 0)
			return true;
	}
	return r->words.count == 0;
}

int verb_list_units(struct request *r)
{
	static const char *const load[] = {"not-found", "loaded", "masked", "error"};
	struct list names = {NULL};
	size_t count = 0;

	state_names(&r->pool, &names);
	if (!r->no_legend)
		printf("  %-32s %-9s %-12s %-12s %s\n", "UNIT", "LOAD", "ACTIVE", "SUB", "DESCRIPTION");
	for (size_t i = 0; i < names.count; i++) {
		const char *active;
		struct state st;
		struct unit u;

		unit_load(names.items[i], &u);
		look_at(&u, &st);
		active = state_active_name(st.active);
		if (is_asked(r, names.items[i]) && is_in(&r->pool, r->types, unit_name_type(names.items[i])) &&
		    (r->states != NULL ? is_in(&r->pool, r->states, active) || is_in(&r->pool, r->states, st.sub)
				       : r->all || st.active != STATE_INACTIVE)) {
			printf("%s %-32s %-9s %-12s %-12s %s\n", st.active == STATE_FAILED ? "●" : " ", names.items[i],
			       load[u.state], active, st.sub, unit_get(&u, "Unit", "Description", names.items[i]));
			count++;
		}
		unit_done(&u);
	}
	if (!r->no_legend)
		printf("\n%zu units listed; only units that systemctl has started are known.\n", count);
	return 0;
}

int verb_list_unit_files(struct request *r)
{
	struct list names = {NULL};
	size_t count = 0;

	unit_file_names(&r->pool, &names);
	if (!r->no_legend)
		printf("%-40s %-15s %s\n", "UNIT FILE", "STATE", "PRESET");
	for (size_t i = 0; i < names.count; i++) {
		const char *state;

		if (!is_asked(r, names.items[i]) || !is_in(&r->pool, r->types, unit_name_type(names.items[i])))
			continue;
		state = unit_file_state(&r->pool, names.items[i]);
		if (!is_in(&r->pool, r->states, state))
			continue;
		printf("%-40s %-15s %s\n", names.items[i], state, unit_file_preset(&r->pool, names.items[i]));
		count++;
	}
	if (!r->no_legend)
		printf("\n%zu unit files listed.\n", count);
	return count > 0 || r->words.count == 0 ? 0 : 1;
}

int verb_list_dependencies(struct request *r)
{
	static const char *const keys[][2] = {{"Requires", "requires"}, {"BindsTo", NULL}, {"Wants", "wants"}};
	struct list names = {NULL};

	unit_arguments(r, true, &names);
	for (size_t i = 0; i < names.count; i++) {
		struct list all = {NULL};
		struct unit u;

		unit_load(names.items[i], &u);
		for (size_t k = 0; k < ARRAY_SIZE(keys); k++) {
			unit_words(&u, "Unit", keys[k][0], &all);
			if (keys[k][1] != NULL)
				drop_ins_dependencies(&u.pool, u.name, keys[k][1], &all);
		}
		puts(u.name);
		for (size_t k = 0; k < all.count; k++)
			printf("  %s%s\n", k + 1 < all.count ? "├─" : "└─", all.items[k]);
		unit_done(&u);
	}
	return 0;
}
