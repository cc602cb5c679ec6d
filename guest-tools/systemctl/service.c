#include "guest-tools/systemctl/service.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "guest-tools/files.h"
#include "guest-tools/systemctl/unit_name.h"
#include "guest-tools/systemctl/unit_text.h"
#include "guest-tools/systemctl/words.h"

/* Where systemd takes the users of DynamicUser= from. */
#define DYNAMIC_FIRST 61184u
#define DYNAMIC_COUNT 4336u

static struct account dynamic_user(struct service *s, const char *name)
{
	struct account a = {.name = name, .home = "/", .shell = "/usr/sbin/nologin"};
	unsigned h = 2166136261u;

	(void)s;
	for (const char *c = name; *c != '\0'; c++)
		h = (h ^ (unsigned char)*c) * 16777619u;
	a.uid = a.gid = DYNAMIC_FIRST + h % DYNAMIC_COUNT;
	return a;
}

static int set_user(struct service *s, const char **ret_why)
{
	bool dynamic = unit_truth(s->u, "Service", "DynamicUser", false);
	const char *name = unit_get(s->u, "Service", "User", dynamic ? unit_name_prefix(s->pool, s->u->name) : NULL);
	int r;

	s->user = (struct account){"root", "/root", "/bin/sh", 0, 0};
	if (name == NULL)
		return 0;
	s->has_user = true;
	r = account_find(s->pool, name, &s->user);
	if (r < 0 && dynamic) {
		s->user = dynamic_user(s, name);
		return 0;
	}
	if (r < 0)
		*ret_why = pool_format(s->pool, "there is no user '%s' in /etc/passwd", name);
	return r;
}

static int set_groups(struct service *s, const char **ret_why)
{
	const char *group = unit_get(s->u, "Service", "Group", NULL);
	struct list more = {NULL};
	int r = 0;

	if (group != NULL)
		r = group_find(s->pool, group, &s->user.gid);
	if (r < 0) {
		*ret_why = pool_format(s->pool, "there is no group '%s' in /etc/group", group);
		return r;
	}
	s->group_count = s->has_user ? account_groups(s->pool, &s->user, s->groups, SERVICE_GROUPS_MAX) : 1;
	s->groups[0] = s->user.gid;
	unit_words(s->u, "Service", "SupplementaryGroups", &more);
	for (size_t i = 0; i < more.count && s->group_count < SERVICE_GROUPS_MAX; i++) {
		r = group_find(s->pool, more.items[i], &s->groups[s->group_count++]);
		if (r < 0) {
			*ret_why = pool_format(s->pool, "there is no group '%s' in /etc/group", more.items[i]);
			return r;
		}
	}
	return 0;
}

int service_prepare(struct unit *u, struct service *ret, const char **ret_why)
{
	struct list starts = {NULL};
	int r;

	*ret = (struct service){.u = u, .pool = &u->pool, .log_fd = -1};
	unit_values(u, "Service", "ExecStart", &starts);
	ret->type = unit_get(u, "Service", "Type", starts.count == 0 ? "oneshot" : "simple");
	if (strcmp(ret->type, "notify-reload") == 0)
		ret->type = "notify";
	r = set_user(ret, ret_why);
	return r == 0 ? set_groups(ret, ret_why) : r;
}

static void give(void *context, const char *assignment)
{
	struct service *s = context;

	list_set_variable(s->pool, &s->environment, assignment);
}

static int add_file(struct service *s, const char *pattern)
{
	bool may_lack = pattern[0] == '-';
	struct list found = {NULL};
	int r = 0;

	pattern += may_lack;
	files_matching(s->pool, pattern, &found);
	if (found.count == 0 && !may_lack)
		return -ENOENT;
	for (size_t i = 0; i < found.count && r == 0; i++) {
		char *text;
		size_t size;

		r = file_read(s->pool, found.items[i], &text, &size);
		if (r == 0)
			environment_file_read(s->pool, text, size, give, s);
		else if (may_lack)
			r = 0;
	}
	return r;
}

static void add_locale(struct service *s)
{
	static const char *const files[] = {"/etc/locale.conf", "/etc/default/locale"};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		(void)!add_file(s, pool_format(s->pool, "-%s", files[i]));
}

static void add_base(struct service *s)
{
	give(s, "PATH=" SERVICE_PATH);
	give(s, "LANG=C.UTF-8");
	add_locale(s);
	if (s->has_user) {
		give(s, pool_format(s->pool, "HOME=%s", s->user.home));
		give(s, pool_format(s->pool, "LOGNAME=%s", s->user.name));
		give(s, pool_format(s->pool, "USER=%s", s->user.name));
		give(s, pool_format(s->pool, "SHELL=%s", s->user.shell));
	}
	give(s, pool_format(s->pool, "INVOCATION_ID=%s", s->state.invocation));
	if (s->notify_path != NULL)
		give(s, pool_format(s->pool, "NOTIFY_SOCKET=%s", s->notify_path));
}

int service_environment(struct service *s, const char **ret_why)
{
	struct list words = {NULL}, files = {NULL}, unset = {NULL}, pass = {NULL};

	s->environment.count = 0;
	add_base(s);
	unit_words(s->u, "Service", "PassEnvironment", &pass);
	for (size_t i = 0; i < pass.count; i++) {
		if (getenv(pass.items[i]) != NULL)
			give(s, pool_format(s->pool, "%s=%s", pass.items[i], getenv(pass.items[i])));
	}
	unit_words(s->u, "Service", "Environment", &words);
	for (size_t i = 0; i < words.count; i++) {
		if (strchr(words.items[i], '=') != NULL)
			give(s, words.items[i]);
	}
	unit_values(s->u, "Service", "EnvironmentFile", &files);
	for (size_t i = 0; i < files.count; i++) {
		const char *pattern = specifier_expand(s->pool, &s->u->specifiers, files.items[i]);
		int r = add_file(s, pattern);

		if (r < 0) {
			*ret_why = pool_format(s->pool, "cannot read its environment file '%s': %s", pattern,
					       strerror(-r));
			return r;
		}
	}
	unit_words(s->u, "Service", "UnsetEnvironment", &unset);
	for (size_t i = 0; i < unset.count; i++) {
		for (size_t k = 0; k < s->environment.count; k++) {
			size_t n = strcspn(unset.items[i], "=");
			const char *item = s->environment.items[k];

			if (strncmp(item, unset.items[i], n) == 0 && item[n] == '=' &&
			    (unset.items[i][n] == '\0' || strcmp(item, unset.items[i]) == 0))
				s->environment.items[k--] = s->environment.items[--s->environment.count];
		}
	}
	return 0;
}

static bool is_success_status(struct service *s, int status)
{
	struct list words = {NULL};

	unit_words(s->u, "Service", "SuccessExitStatus", &words);
	for (size_t i = 0; i < words.count; i++) {
		char *end;
		long n = strtol(words.items[i], &end, 10);

		if (*end == '\0' && WIFEXITED(status) && WEXITSTATUS(status) == n)
			return true;
		if (*end != '\0' && WIFSIGNALED(status) && WTERMSIG(status) == words_signal(words.items[i]))
			return true;
	}
	return false;
}

const char *service_result_of(struct service *s, int status, bool clean)
{
	int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return "success";
	if (clean && (signal == SIGHUP || signal == SIGINT || signal == SIGTERM || signal == SIGPIPE))
		return "success";
	if (clean && is_success_status(s, status))
		return "success";
	if (signal == 0)
		return "exit-code";
	return WCOREDUMP(status) ? "core-dump" : "signal";
}
