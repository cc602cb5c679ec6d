#include "guest-tools/systemctl/sysv.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest-tools/files.h"
#include "guest-tools/systemctl/unit.h"
#include "guest-tools/systemctl/unit_name.h"

/* Debian's scripts hand themselves to systemctl where systemd runs, unless this is set. */
#define ENVIRONMENT                                                                                        \
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "_SYSTEMCTL_SKIP_REDIRECT=1", \
		"SYSTEMCTL_SKIP_REDIRECT=1", "TERM=dumb"

char *sysv_script(struct pool *p, const char *name)
{
	char *script;

	if (!unit_name_is_service(name))
		return NULL;
	script = unit_path(p, "/etc/init.d", unit_name_without_type(p, name));
	return access(script, X_OK) == 0 && !unit_is_null_link(script) ? script : NULL;
}

/* The word behind "# key:" in the script's head, or NULL. */
static char *head_word(struct pool *p, const char *text, const char *key)
{
	size_t n = strlen(key);

	for (const char *line = text; *line == '#'; line = strchr(line, '\n') + 1) {
		const char *s = line + 1 + strspn(line + 1, " \t");

		if (strncmp(s, key, n) == 0) {
			s += n + strspn(s + n, " \t");
			return pool_text(p, s, strcspn(s, "\n"));
		}
		if (strchr(line, '\n') == NULL)
			break;
	}
	return NULL;
}

char *sysv_unit_text(struct pool *p, const char *name, struct text *ret)
{
	char *script = sysv_script(p, name), *text, *word;
	size_t size;

	if (script == NULL || file_read(p, script, &text, &size) < 0)
		return NULL;
	word = head_word(p, text, "Short-Description:");
	text_add(ret, pool_format(p, "[Unit]\nDescription=LSB: %s\n", word != NULL ? word : name));
	text_add(ret, "[Service]\nType=forking\nRestart=no\nTimeoutSec=5min\nIgnoreSIGPIPE=no\nKillMode=process\n"
		      "GuessMainPID=no\nSuccessExitStatus=5 6\n");
	word = head_word(p, text, "pidfile:");
	text_add(ret, word != NULL ? pool_format(p, "PIDFile=%s\n", word) : "RemainAfterExit=yes\n");
	text_add(ret, "Environment=_SYSTEMCTL_SKIP_REDIRECT=1 SYSTEMCTL_SKIP_REDIRECT=1\n");
	for (size_t i = 0; i < 3; i++) {
		static const char *const keys[] = {"ExecStart", "ExecStop", "ExecReload"};
		static const char *const actions[] = {"start", "stop", "reload"};

		text_add(ret, pool_format(p, "%s=%s %s\n", keys[i], script, actions[i]));
	}
	return script;
}

static int run_program(const char *const *argv, bool quiet)
{
	static const char *const environment[] = {ENVIRONMENT, NULL};
	struct pool pool = {NULL};
	struct list words = {NULL}, variables = {NULL};
	posix_spawn_file_actions_t actions;
	int status, r;
	pid_t pid;

	for (size_t i = 0; argv[i] != NULL; i++)
		list_add(&pool, &words, argv[i]);
	for (size_t i = 0; environment[i] != NULL; i++)
		list_add(&pool, &variables, environment[i]);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	if (quiet) {
		posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
		posix_spawn_file_actions_adddup2(&actions, 1, 2);
	}
	r = -posix_spawn(&pid, argv[0], &actions, NULL, list_vector(&pool, &words), list_vector(&pool, &variables));
	posix_spawn_file_actions_destroy(&actions);
	pool_free(&pool);
	if (r < 0)
		return r;
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool sysv_is_running(const char *script)
{
	return run_program((const char *const[]){script, "status", NULL}, true) == 0;
}

int sysv_run(const char *script, const char *action)
{
	return run_program((const char *const[]){script, action, NULL}, false);
}

bool sysv_is_enabled(struct pool *p, const char *name)
{
	const char *prefix = unit_name_without_type(p, name);

	for (char level = '2'; level <= '5'; level++) {
		char directory[] = "/etc/rc0.d";
		struct list links = {NULL};

		directory[7] = level;
		directory_names(p, pool_format(p, "%s%s", unit_root, directory), &links);
		for (size_t i = 0; i < links.count; i++) {
			const char *link = links.items[i];

			if (link[0] == 'S' && strlen(link) > 3 && strcmp(link + 3, prefix) == 0)
				return true;
		}
	}
	return false;
}

int sysv_set_enabled(struct pool *p, const char *name, bool enabled)
{
	const char *prefix = unit_name_without_type(p, name);
	static const char *const update[] = {"/usr/sbin/update-rc.d", "/sbin/chkconfig", "/usr/sbin/chkconfig"};
	int r;

	if (unit_root[0] != '\0')
		return 0;
	if (access(update[0], X_OK) == 0) {
		r = run_program((const char *const[]){update[0], prefix, "defaults", NULL}, true);
		return r != 0 ? r
			      : run_program(
					(const char *const[]){update[0], prefix, enabled ? "enable" : "disable", NULL},
					true);
	}
	for (size_t i = 1; i < ARRAY_SIZE(update); i++) {
		if (access(update[i], X_OK) == 0)
			return run_program((const char *const[]){update[i], prefix, enabled ? "on" : "off", NULL},
					   true);
	}
	return 0;
}
