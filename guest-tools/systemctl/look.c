/* What a unit is doing, whoever started it. */
#include <stdlib.h>
#include <string.h>

#include "guest-tools/files.h"
#include "guest-tools/systemctl/request.h"
#include "guest-tools/systemctl/sysv.h"
#include "guest-tools/systemctl/unit_name.h"

#define COMM_MAX 15 /* what the kernel keeps of a program's name */

/* Is it the service's program: a number in a file that was left behind may be anybody's by now. */
static bool runs_program_of(struct unit *u, pid_t pid)
{
	struct command *c = NULL;
	const char *slash;

	if (unit_commands(u, "ExecStart", &c) < 0 || c == NULL)
		return false;
	slash = strrchr(c->path, '/');
	return strncmp(process_name(&u->pool, pid), slash != NULL ? slash + 1 : c->path, COMM_MAX) == 0;
}

static struct process by_pid_file(struct unit *u)
{
	const char *path = unit_get(u, "Service", "PIDFile", NULL);
	struct process none = {0, 0}, found;
	char *text;
	size_t size;

	if (path == NULL)
		return none;
	if (path[0] != '/')
		path = pool_format(&u->pool, "/run/%s", path);
	if (file_read(&u->pool, path, &text, &size) < 0)
		return none;
	found = process_of(atoi(text));
	return found.pid > 0 && runs_program_of(u, found.pid) ? found : none;
}

void look_at(struct unit *u, struct state *ret)
{
	struct process found = {0, 0};
	char *script;

	state_read(&u->pool, u->name, ret);
	if (!unit_name_is_service(u->name) || (ret->active != STATE_INACTIVE && ret->active != STATE_FAILED))
		return;
	script = sysv_script(&u->pool, u->name);
	if (u->state == UNIT_LOADED)
		found = by_pid_file(u);
	if (found.pid == 0 && (script == NULL || !sysv_is_running(script)))
		return;
	ret->main = found;
	ret->active = STATE_ACTIVE;
	ret->sub = ret->main.pid > 0 ? "running" : "exited";
	ret->result = "success";
	ret->main_ended = false;
	ret->invocation[0] = '\0';
	ret->outside = true;
}
