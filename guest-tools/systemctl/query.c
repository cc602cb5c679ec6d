/* Verbs that ask about single units. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest-tools/files.h"
#include "guest-tools/systemctl/request.h"
#include "guest-tools/systemctl/unit_name.h"

static void states_of(const char *name, enum unit_load_state *ret_load, enum active_state *ret)
{
	struct state st;
	struct unit u;

	unit_load(name, &u);
	look_at(&u, &st);
	*ret_load = u.state;
	*ret = st.active;
	unit_done(&u);
}

/* Prints the state of each; the status is 0 if one of them is as wanted. */
static int ask(struct request *r, bool (*wanted)(enum active_state), int otherwise)
{
	struct list names = {NULL};
	int status = otherwise;

	unit_arguments(r, false, &names);
	for (size_t i = 0; i < names.count; i++) {
		enum unit_load_state load;
		enum active_state active;

		states_of(names.items[i], &load, &active);
		if (!r->quiet)
			puts(state_active_name(active));
		if (wanted(active))
			status = 0;
		else if (load == UNIT_NOT_FOUND && status == EXIT_NOT_RUNNING)
			status = EXIT_NO_UNIT;
	}
	return status;
}

static bool is_active(enum active_state a)
{
	return a == STATE_ACTIVE;
}

static bool is_failed(enum active_state a)
{
	return a == STATE_FAILED;
}

int verb_is_active(struct request *r)
{
	return ask(r, is_active, EXIT_NOT_RUNNING);
}

int verb_is_failed(struct request *r)
{
	if (r->words.count == 0)
		state_names(&r->pool, &r->words);
	return ask(r, is_failed, 1);
}

int verb_is_enabled(struct request *r)
{
	static const char *const yes[] = {"enabled",  "enabled-runtime", "static",   "alias",
					  "indirect", "generated",       "transient"};
	struct list names = {NULL};
	int status = 1;

	unit_arguments(r, true, &names);
	for (size_t i = 0; i < names.count; i++) {
		const char *state = unit_file_state(&r->pool, names.items[i]);

		if (state[0] == '\0')
			fprintf(stderr, "Failed to get unit file state for %s: No such file or directory\n",
				names.items[i]);
		else if (!r->quiet)
			puts(state);
		for (size_t k = 0; k < ARRAY_SIZE(yes); k++)
			status = strcmp(state, yes[k]) == 0 ? 0 : status;
	}
	return status;
}

static int print_file(struct request *r, const char *path)
{
	char *text;
	size_t size;

	if (file_read(&r->pool, path, &text, &size) < 0)
		return 1;
	printf("# %s\n", path);
	fwrite(text, 1, size, stdout);
	if (size > 0 && text[size - 1] != '\n')
		putchar('\n');
	return 0;
}

int verb_cat(struct request *r)
{
	struct list names = {NULL};
	int status = 0;

	unit_arguments(r, true, &names);
	for (size_t i = 0; i < names.count; i++) {
		struct unit u;

		unit_load(names.items[i], &u);
		if (u.path[0] == '\0') {
			fprintf(stderr, "No files found for %s.\n", names.items[i]);
			status = 1;
		} else {
			if (i > 0)
				putchar('\n');
			status |= u.state == UNIT_MASKED ? 0 : print_file(r, u.path);
			if (u.state == UNIT_MASKED)
				printf("# Unit %s is masked.\n", names.items[i]);
		}
		for (size_t k = 0; k < u.drop_ins.count; k++) {
			putchar('\n');
			status |= print_file(r, u.drop_ins.items[k]);
		}
		unit_done(&u);
	}
	return status;
}
