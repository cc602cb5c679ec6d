#include "guest-tools/systemctl/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "guest-tools/files.h"
#include "guest-tools/machine.h"
#include "guest-tools/systemctl/unit_name.h"

static const char *const active_names[] = {"inactive", "activating", "active", "deactivating", "failed"};

const char *state_active_name(enum active_state active)
{
	return active_names[active];
}

char *state_path(struct pool *p, const char *name, const char *suffix)
{
	return pool_format(p, STATE_DIRECTORY "/%s%s", name, suffix);
}

/* What is another text whenever the distribution is started anew. */
static char *this_run(struct pool *p)
{
	struct machine m;
	char *boot = NULL;
	size_t size;

	(void)machine_read(p, &m);
	if (file_read(p, "/proc/sys/kernel/random/boot_id", &boot, &size) == 0)
		boot[strcspn(boot, "\n")] = '\0';
	return pool_format(p, "%s %s", boot != NULL ? boot : "", m.instance);
}

static const char *value(struct pool *p, const char *text, const char *key)
{
	size_t n = strlen(key);

	for (const char *line = text; line != NULL && *line != '\0'; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, n) == 0 && line[n] == '=')
			return pool_text(p, line + n + 1, strcspn(line + n + 1, "\n"));
	}
	return "";
}

static struct process process_value(struct pool *p, const char *text, const char *key)
{
	struct process process = {0, 0};

	if (sscanf(value(p, text, key), "%d %llu", &process.pid, &process.started) != 2 || process.pid <= 0)
		process = (struct process){0, 0};
	return process;
}

static long number_value(struct pool *p, const char *text, const char *key)
{
	return strtol(value(p, text, key), NULL, 10);
}

/* The monitor is gone: is what it watched still there? */
static void look_again(struct pool *p, struct state *s)
{
	struct pids pids;

	s->monitor = (struct process){0, 0};
	if (s->active == STATE_ACTIVE && strcmp(s->sub, "exited") == 0)
		return;
	if (!process_is_alive(&s->main))
		s->main = (struct process){0, 0};
	processes_find(p, 0, s->invocation, &pids);
	if (s->main.pid > 0 || pids.count > 0) {
		s->active = STATE_ACTIVE;
		s->sub = "running";
		return;
	}
	s->active = STATE_INACTIVE;
	s->sub = "dead";
}

void state_read(struct pool *p, const char *name, struct state *ret)
{
	char *text;
	size_t size;

	*ret = (struct state){.sub = "dead", .result = "success"};
	if (file_read(p, state_path(p, name, ""), &text, &size) < 0 || strcmp(value(p, text, "run"), this_run(p)) != 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(active_names); i++) {
		if (strcmp(value(p, text, "active"), active_names[i]) == 0)
			ret->active = (enum active_state)i;
	}
	ret->sub = value(p, text, "sub");
	ret->result = value(p, text, "result");
	snprintf(ret->text, sizeof(ret->text), "%s", value(p, text, "text"));
	snprintf(ret->invocation, sizeof(ret->invocation), "%s", value(p, text, "invocation"));
	ret->monitor = process_value(p, text, "monitor");
	ret->main = process_value(p, text, "main");
	ret->main_ended = number_value(p, text, "main-ended") != 0;
	ret->main_status = (int)number_value(p, text, "main-status");
	ret->since = number_value(p, text, "since");
	ret->restarts = (unsigned)number_value(p, text, "restarts");
	if (ret->active != STATE_INACTIVE && ret->active != STATE_FAILED && !process_is_alive(&ret->monitor))
		look_again(p, ret);
}

int state_write(const char *name, const struct state *s)
{
	/* Of its own: a monitor writes for as long as its service runs. */
	struct pool pool = {NULL};
	char *file = pool_format(&pool,
				 "run=%s\nactive=%s\nsub=%s\nresult=%s\ntext=%s\ninvocation=%s\nmonitor=%d %llu\n"
				 "main=%d %llu\nmain-ended=%d\nmain-status=%d\nsince=%ld\nrestarts=%u\n",
				 this_run(&pool), active_names[s->active], s->sub, s->result, s->text, s->invocation,
				 s->monitor.pid, s->monitor.started, s->main.pid, s->main.started, s->main_ended,
				 s->main_status, s->since, s->restarts);
	int r = file_write(state_path(&pool, name, ""), file, 0644);

	pool_free(&pool);
	return r;
}

int state_prepare(void)
{
	return make_directories(STATE_DIRECTORY, 0755);
}

void state_forget(const char *name)
{
	struct pool pool = {NULL};

	(void)unlink(state_path(&pool, name, ""));
	pool_free(&pool);
}

void state_names(struct pool *p, struct list *ret)
{
	struct list all = {NULL};

	directory_names(p, STATE_DIRECTORY, &all);
	for (size_t i = 0; i < all.count; i++) {
		if (unit_name_valid(all.items[i]))
			list_add(p, ret, all.items[i]);
	}
}

int state_lock(struct pool *p, const char *name)
{
	int fd = open(state_path(p, name, ".lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return -errno;
	while (flock(fd, LOCK_EX) < 0) {
		if (errno != EINTR) {
			int r = -errno;

			close(fd);
			return r;
		}
	}
	return fd;
}
