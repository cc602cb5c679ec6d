/* systemctl: the command line. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/reboot.h>

#include "base/layout.h"
#include "guest-tools/systemctl/monitor.h"
#include "guest-tools/systemctl/request.h"
#include "guest-tools/systemctl/words.h"
#include "guest-tools/tools.h"

enum {
	OPT_FIRST = 256,
	OPT_NOW,
	OPT_VALUE,
	OPT_NO_LEGEND,
	OPT_NO_BLOCK,
	OPT_ROOT,
	OPT_STATE,
	OPT_FAILED,
	OPT_USER,
	OPT_RUNTIME,
	OPT_WHOM,
	OPT_HELP,
	OPT_VERSION,
	OPT_LEGEND,
	OPT_IGNORED,
};

static const struct option options[] = {
	{"all", no_argument, NULL, 'a'},
	{"failed", no_argument, NULL, OPT_FAILED},
	{"force", no_argument, NULL, 'f'},
	{"full", no_argument, NULL, OPT_IGNORED},
	{"global", no_argument, NULL, OPT_USER},
	{"help", no_argument, NULL, 'h'},
	{"ignore-dependencies", no_argument, NULL, OPT_IGNORED},
	{"job-mode", required_argument, NULL, OPT_IGNORED},
	{"kill-who", required_argument, NULL, OPT_WHOM},
	{"kill-whom", required_argument, NULL, OPT_WHOM},
	{"legend", required_argument, NULL, OPT_LEGEND},
	{"lines", required_argument, NULL, 'n'},
	{"no-ask-password", no_argument, NULL, OPT_IGNORED},
	{"no-block", no_argument, NULL, OPT_NO_BLOCK},
	{"no-legend", no_argument, NULL, OPT_NO_LEGEND},
	{"no-pager", no_argument, NULL, OPT_IGNORED},
	{"no-reload", no_argument, NULL, OPT_IGNORED},
	{"no-wall", no_argument, NULL, OPT_IGNORED},
	{"no-warn", no_argument, NULL, OPT_IGNORED},
	{"now", no_argument, NULL, OPT_NOW},
	{"output", required_argument, NULL, 'o'},
	{"plain", no_argument, NULL, OPT_IGNORED},
	{"preset-mode", required_argument, NULL, OPT_IGNORED},
	{"property", required_argument, NULL, 'p'},
	{"quiet", no_argument, NULL, 'q'},
	{"root", required_argument, NULL, OPT_ROOT},
	{"runtime", no_argument, NULL, OPT_RUNTIME},
	{"show-types", no_argument, NULL, OPT_IGNORED},
	{"signal", required_argument, NULL, 's'},
	{"state", required_argument, NULL, OPT_STATE},
	{"system", no_argument, NULL, OPT_IGNORED},
	{"type", required_argument, NULL, 't'},
	{"user", no_argument, NULL, OPT_USER},
	{"value", no_argument, NULL, OPT_VALUE},
	{"version", no_argument, NULL, OPT_VERSION},
	{"wait", no_argument, NULL, OPT_IGNORED},
	{NULL, 0, NULL, 0},
};

static int do_nothing(struct request *r)
{
	(void)r;
	return 0;
}

static int is_system_running(struct request *r)
{
	if (!r->quiet)
		puts("offline");
	return 1;
}

static int get_default(struct request *r)
{
	(void)r;
	puts("multi-user.target");
	return 0;
}

/* The instance, that is. Elsewhere than in one this program has no business with the machine. */
static int end_machine(struct request *r)
{
	(void)r;
	if (prctl(INSIDE_PRCTL, 0, 0, 0, 0) != INSIDE_ANSWER) {
		fputs("systemctl: this is no distribution of lxrun's\n", stderr);
		return 1;
	}
	if (reboot(RB_POWER_OFF) < 0)
		perror("systemctl: the distribution cannot be ended from inside");
	return 1;
}

static const struct {
	const char *name;
	int (*run)(struct request *r);
} verbs[] = {
	{"start", verb_start},
	{"stop", verb_stop},
	{"restart", verb_restart},
	{"try-restart", verb_restart},
	{"condrestart", verb_restart},
	{"reload", verb_reload},
	{"reload-or-restart", verb_reload},
	{"try-reload-or-restart", verb_reload},
	{"reload-or-try-restart", verb_reload},
	{"force-reload", verb_reload},
	{"isolate", verb_start},
	{"kill", verb_kill},
	{"reset-failed", verb_reset_failed},
	{"status", verb_status},
	{"is-active", verb_is_active},
	{"is-failed", verb_is_failed},
	{"is-enabled", verb_is_enabled},
	{"is-system-running", is_system_running},
	{"show", verb_show},
	{"cat", verb_cat},
	{"list-units", verb_list_units},
	{"list-unit-files", verb_list_unit_files},
	{"list-dependencies", verb_list_dependencies},
	{"enable", verb_enable},
	{"disable", verb_disable},
	{"reenable", verb_reenable},
	{"preset", verb_preset},
	{"mask", verb_mask},
	{"unmask", verb_unmask},
	{"link", verb_link},
	{"daemon-reload", do_nothing},
	{"daemon-reexec", do_nothing},
	{"get-default", get_default},
	{"poweroff", end_machine},
	{"halt", end_machine},
	{"reboot", end_machine},
};

/* What people may ask a whole systemd for, and what to do instead. */
static const char *const others[][2] = {
	{"suspend", "the machine is the host's"},
	{"hibernate", "the machine is the host's"},
	{"edit", "write a drop-in: /etc/systemd/system/NAME.service.d/override.conf"},
	{"list-timers", "there are no timers in version 1, which has no systemd; cron can be had"},
	{"list-sockets", "nobody listens for services in version 1, which has no systemd"},
	{"list-jobs", "there is no queue of jobs: commands wait until what they ask for is done"},
	{"set-default", "nothing is started by itself in version 1; [boot] command= of /etc/wsl.conf may say what is"},
	{"set-property", "write a drop-in: /etc/systemd/system/NAME.service.d/override.conf"},
};

static int print_help(void)
{
	puts("usage: systemctl [OPTION...] VERB [UNIT...]\n\n"
	     "Runs the services of unit files in a distribution of version 1, which has no systemd. Verbs:\n");
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		printf("  %s%s", verbs[i].name, i % 5 == 4 || i + 1 == ARRAY_SIZE(verbs) ? "\n" : "");
	puts("\nOptions: --now --no-block -q -a -f -p PROPERTY --value -t TYPE --state STATE -n LINES -s SIGNAL "
	     "--kill-whom\n"
	     "--no-legend --root DIRECTORY. Others of systemd's are accepted where they change nothing here.\n\n"
	     "A service's output is in /run/lxrun/units/NAME.service.log. \"systemctl start multi-user.target\" "
	     "starts\n"
	     "the services that were enabled, for [boot] command= of /etc/wsl.conf.");
	return 0;
}

static int refuse(const char *what)
{
	fprintf(stderr, "systemctl: %s\n", what);
	return 1;
}

/* -1: go on. */
static int take_option(struct request *r, int option)
{
	switch (option) {
	case 'a':
		r->all = true;
		break;
	case 'f':
		r->force = true;
		break;
	case 'q':
		r->quiet = true;
		break;
	case 'n':
		r->lines = (unsigned)strtoul(optarg, NULL, 10);
		break;
	case 't':
		r->types = optarg;
		break;
	case 'p':
		list_split(&r->pool, &r->properties, optarg, ",");
		break;
	case 'P':
		list_split(&r->pool, &r->properties, optarg, ",");
		r->value = true;
		break;
	case 's':
		r->signal = words_signal(optarg);
		if (r->signal < 0)
			return refuse("there is no such signal");
		break;
	case 'h':
		return print_help();
	case 'l':
	case 'o':
	case OPT_IGNORED:
		break;
	case OPT_NOW:
		r->now = true;
		break;
	case OPT_VALUE:
		r->value = true;
		break;
	case OPT_NO_LEGEND:
		r->no_legend = true;
		break;
	case OPT_LEGEND:
		r->no_legend = !words_truth(optarg, true);
		break;
	case OPT_NO_BLOCK:
		r->no_block = true;
		break;
	case OPT_ROOT:
		unit_root = strcmp(optarg, "/") == 0 ? "" : optarg;
		break;
	case OPT_STATE:
		r->states = optarg;
		break;
	case OPT_FAILED:
		r->states = "failed";
		break;
	case OPT_WHOM:
		r->whom = optarg;
		break;
	case OPT_USER:
		return refuse("users have no services of their own in version 1, which has no systemd");
	case OPT_RUNTIME:
		return refuse("--runtime: links in /run would make programs believe that systemd runs");
	case OPT_VERSION:
		puts("systemctl of lxrun, for distributions of version 1");
		return 0;
	default:
		return 1;
	}
	return -1;
}

static int run_verb(struct request *r)
{
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		if (strcmp(verbs[i].name, r->verb) == 0)
			return verbs[i].run(r);
	}
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		if (strcmp(others[i][0], r->verb) == 0)
			return refuse(pool_format(&r->pool, "%s: %s", r->verb, others[i][1]));
	}
	return refuse(pool_format(&r->pool, "unknown verb '%s'; systemctl --help names those of version 1", r->verb));
}

int systemctl_main(int argc, char **argv)
{
	struct request r = {.verb = "list-units", .lines = 10, .signal = SIGTERM};
	int option, status = -1;

	title_words = argv;
	while (status < 0 && (option = getopt_long(argc, argv, "afhln:o:P:p:qs:t:", options, NULL)) != -1)
		status = take_option(&r, option);
	if (status < 0) {
		if (optind < argc)
			r.verb = pool_copy(&r.pool, argv[optind++]);
		for (; optind < argc; optind++)
			list_add(&r.pool, &r.words, pool_copy(&r.pool, argv[optind]));
		status = run_verb(&r);
	}
	if (fflush(stdout) != 0)
		status = 1;
	pool_free(&r.pool);
	return status;
}
