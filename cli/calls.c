#include "cli/calls.h"

#include <limits.h>
#include <stdlib.h>

#include "base/host.h"
#include "cli/instance.h"
#include "cli/protocol.h"
#include "cli/rundir.h"
#include "syscall-tables/names.h"

/* One that hangs tells what it has told before. */
#define ANSWER_SECONDS 2

/* A running instance has more to tell than what is kept already. */
static void let_it_be_stored(const struct distro *d)
{
	static struct protocol_packet answer;
	struct protocol_header request = {.kind = PROTOCOL_STORE};
	char root[PATH_MAX], path[PATH_MAX];
	int dir CLEANUP(host_close_at) = -1;
	int socket CLEANUP(host_close_at) = -1;

	if (instance_root(d, root, sizeof(root)) < 0)
		return;
	dir = rundir_find(d->id, root, path);
	if (dir >= 0 && rundir_alive(dir).supervisor != 0)
		socket = protocol_connect(path, ANSWER_SECONDS);
	if (socket >= 0)
		(void)!protocol_ask(socket, &request, sizeof(request), NULL, -1, &answer);
}

static int by_number(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

size_t calls_lost(const struct distro *d, struct lost_call ret[MISSED_CALLS_MAX])
{
	struct missed_calls m;
	size_t count = 0;

	let_it_be_stored(d);
	missed_calls_read(d->location, &m);
	qsort(m.nr, m.count, sizeof(m.nr[0]), by_number);
	for (size_t i = 0; i < m.count; i++) {
		const struct syscall_info *info = syscall_info(m.nr[i]);

		if (info == NULL)
			ret[count++] = (struct lost_call){m.nr[i], NULL, "it has no name in this version of lxrun"};
		else if (info->note[0] != '\0')
			ret[count++] = (struct lost_call){m.nr[i], info->name, info->note};
	}
	return count;
}
