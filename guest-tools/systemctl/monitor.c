#include "guest-tools/systemctl/monitor.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "guest-tools/systemctl/phases.h"
#include "guest-tools/systemctl/sockets.h"
#include "guest-tools/systemctl/words.h"

#define RESULT_MAX 64

char **title_words;

static bool is_success(const char *result)
{
	return strcmp(result, "success") == 0;
}

static void new_invocation(struct state *st)
{
	unsigned char bytes[(INVOCATION_SIZE - 1) / 2] = {0};

	(void)!getrandom(bytes, sizeof(bytes), 0);
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(st->invocation + 2 * i, 3, "%02x", bytes[i]);
}

/* --- in the monitor -------------------------------------------------------------------------------------------------- */

static void report(int *pipe, const char *result)
{
	if (*pipe < 0)
		return;
	(void)!write(*pipe, result, strlen(result));
	close(*pipe);
	*pipe = -1;
}

static bool restarts(struct service *s, const char *result)
{
	const char *policy = unit_get(s->u, "Service", "Restart", "no");
	bool success = is_success(result), code = strcmp(result, "exit-code") == 0;
	bool aborted = strcmp(result, "signal") == 0 || strcmp(result, "core-dump") == 0;
	int status = s->state.main_status;
	struct list prevent = {NULL};

	unit_words(s->u, "Service", "RestartPreventExitStatus", &prevent);
	if (s->state.main_ended && WIFEXITED(status) &&
	    list_has(&prevent, pool_format(s->pool, "%d", WEXITSTATUS(status))))
		return false;
	if (strcmp(policy, "always") == 0)
		return true;
	if (strcmp(policy, "on-success") == 0)
		return success;
	if (strcmp(policy, "on-failure") == 0)
		return !success;
	if (strcmp(policy, "on-abnormal") == 0)
		return !success && !code;
	return strcmp(policy, "on-abort") == 0 && aborted;
}

/* StartLimitBurst= starts within StartLimitIntervalSec= and no more. */
struct starts {
	long interval, begun;
	unsigned burst, count;
};

static bool may_start(struct starts *l)
{
	long now = events_now();

	if (l->count == 0 || now - l->begun > l->interval) {
		l->begun = now;
		l->count = 0;
	}
	return l->interval <= 0 || l->burst == 0 || l->count++ < l->burst;
}

/* systemd had this setting in [Service] once. */
static const char *limit_value(struct service *s, const char *key, const char *otherwise)
{
	return unit_get(s->u, "Unit", key, unit_get(s->u, "Service", key, otherwise));
}

static void wait_between(struct events *e)
{
	long deadline = events_deadline(unit_milliseconds(e->s->u, "RestartSec", 100));

	while (!e->stop && !events_late(deadline))
		events_wait(e, deadline, EVENTS_NEVER);
}

/* From start to end, once. */
static const char *live(struct events *e, int *pipe)
{
	struct service *s = e->s;
	const char *result;

	e->ready = false;
	s->state.main = (struct process){0, 0};
	s->state.main_ended = false;
	s->state.text[0] = '\0';
	result = phase_start(e);
	if (result != NULL && strcmp(result, "skipped") == 0) {
		report(pipe, "success");
		return phase_stop(e, false, "success");
	}
	if (result != NULL) {
		result = phase_stop(e, false, result);
		s->state.result = result;
		return result;
	}
	s->state.result = "success";
	service_log(s, "%s started", s->u->name);
	if (strcmp(s->type, "oneshot") == 0 || s->state.main_ended) {
		report(pipe, "success");
		result = strcmp(s->type, "oneshot") == 0 ? "success" : phase_run(e);
	} else {
		phase_note(s, STATE_ACTIVE, "running");
		report(pipe, "success");
		result = phase_run(e);
	}
	if (is_success(result) && !e->stop && unit_truth(s->u, "Service", "RemainAfterExit", false)) {
		/* What was started stays started; without processes nobody needs to watch. */
		phase_note(s, STATE_ACTIVE, "exited");
		while (!e->stop && e->children)
			events_wait(e, EVENTS_NEVER, 60000);
		if (!e->stop)
			return NULL;
	}
	return phase_stop(e, is_success(result), result);
}

static void end(struct service *s, const char *result)
{
	bool success = is_success(result) || strcmp(result, "canceled") == 0;

	s->state.result = result;
	s->state.monitor = (struct process){0, 0};
	if (s->state.main_ended || success)
		s->state.main.started = 0;
	if (!success)
		service_log(s, "%s failed: %s", s->u->name, result);
	phase_note(s, success ? STATE_INACTIVE : STATE_FAILED, success ? "dead" : "failed");
	service_remove_directories(s, false);
}

static NORETURN void monitor(struct service *s, int pipe)
{
	struct starts limit = {.burst = (unsigned)atoi(limit_value(s, "StartLimitBurst", "5"))};
	struct events e;
	const char *result = "resources";

	if (words_milliseconds(limit_value(s, "StartLimitIntervalSec", limit_value(s, "StartLimitInterval", "10s")),
			       &limit.interval) < 0)
		limit.interval = 10000;
	s->state = (struct state){.sub = "dead", .result = "success", .monitor = process_of(getpid())};
	if (service_open_log(s) < 0 || events_init(&e, s, true) < 0 || sockets_open(s) < 0) {
		end(s, result);
		report(&pipe, result);
		_exit(1);
	}
	for (;;) {
		new_invocation(&s->state);
		if (!may_start(&limit)) {
			result = "start-limit-hit";
			break;
		}
		result = live(&e, &pipe);
		if (result == NULL || e.stop || !restarts(s, result))
			break;
		/* Who waits is told of the first try. */
		report(&pipe, result);
		service_remove_directories(s, true);
		phase_note(s, STATE_ACTIVATING, "auto-restart");
		wait_between(&e);
		if (e.stop)
			break;
		s->state.restarts++;
		service_log(s, "%s is started again, for the %u. time", s->u->name, s->state.restarts);
	}
	events_done(&e);
	sockets_remove(s);
	if (result != NULL) {
		end(s, result);
	} else {
		s->state.monitor = (struct process){0, 0};
		phase_note(s, STATE_ACTIVE, "exited");
	}
	report(&pipe, result != NULL ? result : "success");
	_exit(0);
}

/* For a service whose monitor is gone. */
static NORETURN void stopper(struct service *s, int pipe)
{
	const char *result = "success", *why = "";
	struct events e;

	s->state.monitor = process_of(getpid());
	if (service_open_log(s) == 0 && service_environment(s, &why) == 0 && events_init(&e, s, false) == 0) {
		result = phase_stop(&e, true, "success");
		events_done(&e);
	}
	end(s, result);
	report(&pipe, result);
	_exit(0);
}

/* --- outside --------------------------------------------------------------------------------------------------------- */

/* Away from the caller's terminal, descriptors and directory: it may stay for long. */
static void detach(int pipe)
{
	int null = open("/dev/null", O_RDWR);

	(void)setsid();
	(void)!chdir("/");
	for (int i = 0; null >= 0 && i < 3; i++)
		(void)dup2(null, i);
	for (int fd = 3, last = (int)sysconf(_SC_OPEN_MAX); fd < last && fd < 4096; fd++) {
		if (fd != pipe)
			(void)close(fd);
	}
}

/* What ps shows: the words that it was started with stand in one piece of memory, which is as long as it is. */
static void set_title(const char *name)
{
	char title[256];
	size_t room = 0;

	for (char **word = title_words; word != NULL && *word != NULL; word++) {
		if (*word == title_words[0] + room)
			room += strlen(*word) + 1;
	}
	snprintf(title, sizeof(title), "lxrun: %s", name);
	(void)prctl(PR_SET_NAME, "lxrun-monitor", 0, 0, 0);
	if (room == 0)
		return;
	memset(title_words[0], 0, room);
	snprintf(title_words[0], room, "%s", title);
}

static int begin(struct service *s, NORETURN void (*run)(struct service *, int), bool wait, const char **ret_result)
{
	char result[RESULT_MAX] = "";
	size_t used = 0;
	int pipes[2];
	pid_t pid;

	if (pipe2(pipes, O_CLOEXEC) < 0)
		return -errno;
	/* Twice, so that the caller does not have it as a child. */
	pid = fork();
	if (pid == 0) {
		close(pipes[0]);
		pid = fork();
		if (pid == 0) {
			detach(pipes[1]);
			set_title(s->u->name);
			run(s, pipes[1]);
		}
		_exit(pid < 0);
	}
	close(pipes[1]);
	if (pid > 0)
		(void)waitpid(pid, NULL, 0);
	while (pid > 0 && wait && used < sizeof(result) - 1) {
		ssize_t n = read(pipes[0], result + used, sizeof(result) - 1 - used);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		used += (size_t)n;
	}
	close(pipes[0]);
	if (pid < 0)
		return -errno;
	if (!wait)
		return 0;
	/* Nothing: it was killed. */
	*ret_result = used > 0 ? pool_copy(s->pool, result) : "resources";
	return !is_success(*ret_result);
}

int monitor_start(struct service *s, bool wait, const char **ret_result)
{
	return begin(s, monitor, wait, ret_result);
}

int monitor_stop(struct service *s, bool wait, const char **ret_result)
{
	struct process m = s->state.monitor;

	if (!process_is_alive(&m))
		return begin(s, stopper, wait, ret_result);
	/* A stopped one is no excuse. */
	if (kill(m.pid, SIGTERM) < 0 || kill(m.pid, SIGCONT) < 0)
		return -errno;
	while (wait && process_is_alive(&m)) {
		struct timespec t = {0, 10000000};

		(void)nanosleep(&t, NULL);
	}
	if (wait) {
		state_read(s->pool, s->u->name, &s->state);
		*ret_result = pool_copy(s->pool, s->state.result);
	}
	return wait && s->state.active == STATE_FAILED;
}
