/*
 * Any text as a unit file: everything that is read of one is asked for, its command lines are parsed and their variables
 * filled in, and the same text is read as an environment file. Nothing is executed and no file is touched.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "guest-tools/systemctl/unit.h"
#include "guest-tools/systemctl/unit_name.h"
#include "guest-tools/systemctl/unit_text.h"
#include "guest-tools/systemctl/words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void add(void *context, const char *assignment)
{
	struct unit *u = ((void **)context)[0];
	struct list *environment = ((void **)context)[1];

	require(strchr(assignment, '=') != NULL);
	list_set_variable(&u->pool, environment, assignment);
}

static void check_commands(struct unit *u, const char *key, const struct list *environment)
{
	struct command *commands;

	if (unit_commands(u, key, &commands) < 0)
		return;
	for (struct command *c = commands; c != NULL; c = c->next) {
		struct list argv = {NULL};

		require(c->path[0] != '\0' && c->arguments.count > 0);
		command_arguments(&u->pool, c, environment, &argv);
		require(c->literal ? argv.count == c->arguments.count : true);
		require(argv.count == 0 || argv.items[argv.count] == NULL);
	}
}

static void check_names(struct unit *u, const char *section, const char *key)
{
	struct list words = {NULL};

	unit_words(u, section, key, &words);
	for (size_t i = 0; i < words.count; i++) {
		char *name = unit_name_of(&u->pool, words.items[i]);

		if (!unit_name_valid(name))
			continue;
		require(strchr(name, '/') == NULL && unit_name_prefix(&u->pool, name) != NULL);
		require(!unit_name_is_instance(name) || unit_name_is_template(unit_name_template(&u->pool, name)));
		(void)unit_name_unescape(&u->pool, unit_name_instance(&u->pool, name));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const commands[] = {"ExecStart", "ExecStop", "ExecStartPre"};
	struct list environment = {NULL}, words = {NULL};
	void *context[2];
	struct unit u;
	char *text;

	unit_load_text("a-b@c\\x2d.service", (const char *)data, size, &u);
	context[0] = &u;
	context[1] = &environment;
	environment_file_read(&u.pool, (const char *)data, size, add, context);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		check_commands(&u, commands[i], &environment);
	for (size_t i = 0; i < u.count; i++) {
		const struct setting *s = &u.settings[i];

		require(s->section[0] != '\0' && s->key[0] != '\0' && strchr(s->key, '=') == NULL);
		(void)unit_get(&u, s->section, s->key, "");
		(void)unit_milliseconds(&u, s->key, 0);
		(void)unit_signal(&u, s->key, 0);
		check_names(&u, s->section, s->key);
	}
	/* Raw text as words. */
	text = pool_text(&u.pool, (const char *)data, size);
	(void)!words_split(&u.pool, text, &words);
	unit_done(&u);
	return 0;
}
