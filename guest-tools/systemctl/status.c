/* systemctl status, for people. */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "guest-tools/systemctl/execute.h"
#include "guest-tools/systemctl/request.h"
#include "guest-tools/systemctl/service.h"
#include "guest-tools/systemctl/words.h"

static void print_ago(long since)
{
	long s = (long)time(NULL) - since;

	if (s < 0)
		s = 0;
	if (s >= 86400)
		printf("%ld days ago", s / 86400);
	else if (s >= 3600)
		printf("%ldh %ldmin ago", s / 3600, s / 60 % 60);
	else if (s >= 60)
		printf("%ldmin %lds ago", s / 60, s % 60);
	else
		printf("%lds ago", s);
}

static void print_since(const struct state *st)
{
	time_t t = st->since;
	char text[64];
	struct tm tm;

	if (st->since == 0 || localtime_r(&t, &tm) == NULL ||
	    strftime(text, sizeof(text), "%a %Y-%m-%d %H:%M:%S %Z", &tm) == 0)
		return;
	printf(" since %s; ", text);
	print_ago(st->since);
}

static void print_loaded(struct unit *u)
{
	static const char *const words[] = {"not-found", "loaded", "masked", "error"};

	if (u->state == UNIT_LOADED) {
		printf("     Loaded: loaded (%s; %s; preset: %s)\n", u->path, unit_file_state(&u->pool, u->name),
		       unit_file_preset(&u->pool, u->name));
		for (size_t i = 0; i < u->drop_ins.count; i++)
			printf("%s%s\n", i == 0 ? "    Drop-In: " : "             ", u->drop_ins.items[i]);
		return;
	}
	printf("     Loaded: %s (Reason: Unit %s %s.)\n", words[u->state], u->name,
	       u->state == UNIT_MASKED ? "is masked" : "cannot be read");
}

static void print_main(struct unit *u, const struct state *st)
{
	int status = st->main_status;

	if (st->main.pid == 0)
		return;
	if (!st->main_ended) {
		if (process_is_alive(&st->main))
			printf("   Main PID: %d (%s)\n", (int)st->main.pid, process_name(&u->pool, st->main.pid));
		return;
	}
	printf("   Main PID: %d ", (int)st->main.pid);
	if (WIFEXITED(status) && execute_status_name(WEXITSTATUS(status))[0] != '\0')
		printf("(code=exited, status=%d/%s)\n", WEXITSTATUS(status), execute_status_name(WEXITSTATUS(status)));
	else if (WIFEXITED(status))
		printf("(code=exited, status=%d)\n", WEXITSTATUS(status));
	else
		printf("(code=killed, signal=%s)\n", words_signal_name(WTERMSIG(status)));
}

static void print_processes(struct unit *u, const struct state *st)
{
	struct pids pids;

	if (st->active == STATE_INACTIVE || st->active == STATE_FAILED)
		return;
	processes_find(&u->pool, st->monitor.pid, st->invocation, &pids);
	if (pids.count == 0 && st->main.pid > 0)
		pids = (struct pids){.items = pool_alloc(&u->pool, sizeof(pid_t)), .count = 1},
		pids.items[0] = st->main.pid;
	printf("      Tasks: %zu\n", pids.count);
	for (size_t i = 0; i < pids.count; i++)
		printf("             %s%d %s\n", i + 1 < pids.count ? "├─" : "└─", (int)pids.items[i],
		       process_command(&u->pool, pids.items[i]));
}

static int status_of(enum active_state a)
{
	return a == STATE_ACTIVE || a == STATE_ACTIVATING ? 0 : EXIT_NOT_RUNNING;
}

static int print_unit(struct request *r, struct unit *u)
{
	const char *description = unit_get(u, "Unit", "Description", NULL), *tail;
	struct state st;

	look_at(u, &st);
	printf("%s %s%s%s\n",
	       st.active == STATE_ACTIVE   ? "●"
	       : st.active == STATE_FAILED ? "×"
					   : "○",
	       u->name, description != NULL ? " - " : "", description != NULL ? description : "");
	print_loaded(u);
	if (st.active == STATE_FAILED)
		printf("     Active: failed (Result: %s)", st.result);
	else
		printf("     Active: %s (%s)", state_active_name(st.active), st.sub);
	print_since(&st);
	putchar('\n');
	if (st.outside)
		puts("             (not started by systemctl)");
	print_main(u, &st);
	if (st.text[0] != '\0')
		printf("     Status: \"%s\"\n", st.text);
	print_processes(u, &st);
	tail = service_log_tail(&u->pool, u->name, r->lines);
	if (tail[0] != '\0')
		printf("\n%s", tail);
	return status_of(st.active);
}

static int print_all(struct request *r)
{
	state_names(&r->pool, &r->words);
	printf("● version 1 of lxrun: there is no systemd; systemctl runs the services of unit files\n      Units: %zu "
	       "known\n",
	       r->words.count);
	for (size_t i = 0; i < r->words.count; i++) {
		struct unit u;
		struct state st;

		unit_load(r->words.items[i], &u);
		look_at(&u, &st);
		if (st.active != STATE_INACTIVE)
			printf("             %s: %s (%s)\n", u.name, state_active_name(st.active), st.sub);
		unit_done(&u);
	}
	return 0;
}

int verb_status(struct request *r)
{
	struct list names = {NULL};
	int status = 0;

	if (r->words.count == 0)
		return print_all(r);
	unit_arguments(r, false, &names);
	if (names.count == 0)
		return EXIT_NO_UNIT;
	for (size_t i = 0; i < names.count; i++) {
		struct unit u;
		int one;

		if (i > 0)
			putchar('\n');
		unit_load(names.items[i], &u);
		if (u.state == UNIT_NOT_FOUND) {
			fprintf(stderr, "Unit %s could not be found.\n", names.items[i]);
			one = EXIT_NO_UNIT;
		} else {
			one = print_unit(r, &u);
		}
		status = one != 0 ? one : status;
		unit_done(&u);
	}
	return status;
}
