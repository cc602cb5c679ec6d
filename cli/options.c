#include "cli/options.h"

#include <stdio.h>
#include <string.h>

#include "cli/report.h"

enum option_id {
	OPTION_ROOTFS,
	OPTION_USER,
	OPTION_CD,
	OPTION_ENV,
	OPTION_EXEC,
	OPTION_GATE,
	OPTION_TRACE,
	OPTION_WITHOUT,
	OPTION_HELP,
	OPTION_VERSION,
};

enum takes { TAKES_NOTHING, TAKES_VALUE, MAY_TAKE_VALUE /* only as --name=value */ };

static const struct option {
	enum option_id id;
	char letter; /* '\0': none */
	const char *name;
	enum takes takes;
	const char *value;
	const char *text;
} table[] = {
	{OPTION_ROOTFS, '\0', "rootfs", TAKES_VALUE, "DIR", "run in the root file system DIR"},
	{OPTION_USER, 'u', "user", TAKES_VALUE, "USER|UID", "run as this user of the distribution (default: root)"},
	{OPTION_CD, '\0', "cd", TAKES_VALUE, "DIR", "start in this directory of the distribution (default: /)"},
	{OPTION_ENV, '\0', "env", TAKES_VALUE, "NAME=VALUE", "set a variable; may be given more than once"},
	{OPTION_EXEC, 'e', "exec", TAKES_NOTHING, NULL, "what follows is the command, without a shell"},
	{OPTION_TRACE, '\0', "trace", MAY_TAKE_VALUE, "FILE", "show each translated call, and a summary at the end"},
	{OPTION_GATE, '\0', "gate", TAKES_VALUE, "trap|notify|ptrace",
	 "how calls reach the translator (default: trap)"},
	{OPTION_WITHOUT, '\0', "without", TAKES_VALUE, "openat2", "do as if the host's kernel had no such call"},
	{OPTION_HELP, 'h', "help", TAKES_NOTHING, NULL, "print this text"},
	{OPTION_VERSION, '\0', "version", TAKES_NOTHING, NULL, "print lxrun's version"},
};

#define OPTIONS (sizeof(table) / sizeof(table[0]))

static enum instance_gate parse_gate(const char *name)
{
	static const char *const names[] = {
		[INSTANCE_GATE_TRAP] = "trap",
		[INSTANCE_GATE_NOTIFY] = "notify",
		[INSTANCE_GATE_PTRACE] = "ptrace",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(name, names[i]) == 0)
			return (enum instance_gate)i;
	report_fatal("there is no gate '%s': it is one of trap, notify, ptrace", name);
}

static void take_env(struct options *o, const char *value)
{
	if (value[0] == '=' || strchr(value, '=') == NULL)
		report_fatal("--env takes NAME=VALUE, not '%s'", value);
	if (o->env_count == OPTIONS_ENV_MAX)
		report_fatal("--env was given more than %d times", OPTIONS_ENV_MAX);
	o->env[o->env_count++] = value;
}

static void take(struct options *o, const struct option *option, const char *value)
{
	switch (option->id) {
	case OPTION_ROOTFS:
		o->root = value;
		break;
	case OPTION_USER:
		o->user = value;
		break;
	case OPTION_CD:
		o->directory = value;
		break;
	case OPTION_ENV:
		take_env(o, value);
		break;
	case OPTION_EXEC:
		break;
	case OPTION_TRACE:
		o->trace = true;
		o->trace_file = value;
		break;
	case OPTION_GATE:
		o->gate = parse_gate(value);
		break;
	case OPTION_WITHOUT:
		if (strcmp(value, "openat2") != 0)
			report_fatal("--without knows openat2 only, not '%s'", value);
		o->no_openat2 = true;
		break;
	case OPTION_HELP:
		o->help = true;
		break;
	case OPTION_VERSION:
		o->version = true;
		break;
	}
}

static const struct option *find(const char *word, const char **ret_value)
{
	const char *name = word + 2, *equals;
	size_t length;

	*ret_value = NULL;
	if (word[1] != '-') {
		for (size_t i = 0; i < OPTIONS; i++)
			if (table[i].letter == word[1] && word[2] == '\0')
				return &table[i];
		return NULL;
	}
	equals = strchr(name, '=');
	length = equals != NULL ? (size_t)(equals - name) : strlen(name);
	for (size_t i = 0; i < OPTIONS; i++) {
		if (strlen(table[i].name) != length || strncmp(table[i].name, name, length) != 0)
			continue;
		*ret_value = equals != NULL ? equals + 1 : NULL;
		return &table[i];
	}
	return NULL;
}

void options_parse(int argc, char **argv, struct options *ret)
{
	int i = 1;

	*ret = (struct options){.gate = INSTANCE_GATE_TRAP};
	for (; i < argc && argv[i][0] == '-' && argv[i][1] != '\0'; i++) {
		const struct option *option;
		const char *value;

		if (strcmp(argv[i], "--") == 0) {
			i++;
			break;
		}
		option = find(argv[i], &value);
		if (option == NULL)
			report_fatal("unknown option '%s'; 'lxrun --help' lists them", argv[i]);
		if (option->takes == TAKES_NOTHING && value != NULL)
			report_fatal("option --%s takes no value", option->name);
		if (option->takes == TAKES_VALUE && value == NULL) {
			if (i + 1 >= argc)
				report_fatal("option --%s needs %s behind it", option->name, option->value);
			value = argv[++i];
		}
		take(ret, option, value);
		if (option->id == OPTION_EXEC) {
			i++;
			if (i < argc && strcmp(argv[i], "--") == 0)
				i++;
			break;
		}
	}
	ret->command = argv + i;
}

void options_print_help(void)
{
	puts("usage: lxrun --rootfs DIR [OPTION...] [--] [COMMAND [ARGUMENT...]]\n"
	     "\n"
	     "Runs COMMAND (default: the user's login shell) in a Linux root file system, without being root.\n");
	for (size_t i = 0; i < OPTIONS; i++) {
		const struct option *o = &table[i];
		char left[64];

		snprintf(left, sizeof(left), "%c%c%s--%s%s%s%s", o->letter != '\0' ? '-' : ' ',
			 o->letter != '\0' ? o->letter : ' ', o->letter != '\0' ? ", " : "  ", o->name,
			 o->takes == MAY_TAKE_VALUE ? "[="
			 : o->takes == TAKES_VALUE  ? " "
						    : "",
			 o->value != NULL ? o->value : "", o->takes == MAY_TAKE_VALUE ? "]" : "");
		printf("  %-32s %s\n", left, o->text);
	}
	puts("\nThe exit status is the command's; 125 when lxrun itself fails, 126 when the command cannot be "
	     "executed, "
	     "127 when\nit is not found.");
}
