#include "guest-tools/systemctl/processes.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guest-tools/files.h"

struct entry {
	struct process process;
	pid_t parent;
	bool member;
};

static int read_of(struct pool *p, pid_t pid, const char *file, char **ret, size_t *ret_size)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	return file_read(p, path, ret, ret_size);
}

/* False for what is gone or a zombie. */
static bool read_stat(pid_t pid, struct entry *ret)
{
	struct pool pool = {NULL};
	char *text, *s, state = 'X';
	unsigned long long started = 0;
	size_t size;
	int parent = 0;

	if (read_of(&pool, pid, "stat", &text, &size) == 0 && (s = strrchr(text, ')')) != NULL)
		(void)!sscanf(s + 1, " %c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
			      &state, &parent, &started);
	pool_free(&pool);
	if (state == 'Z' || state == 'X')
		return false;
	*ret = (struct entry){.process = {pid, started}, .parent = parent};
	return true;
}

struct process process_of(pid_t pid)
{
	struct entry e;

	return pid > 0 && read_stat(pid, &e) ? e.process : (struct process){0, 0};
}

bool process_is_alive(const struct process *p)
{
	return p->pid > 0 && process_of(p->pid).started == p->started;
}

char *process_name(struct pool *p, pid_t pid)
{
	char *text;
	size_t size;

	if (read_of(p, pid, "comm", &text, &size) < 0)
		return pool_copy(p, "n/a");
	text[strcspn(text, "\n")] = '\0';
	return text;
}

char *process_command(struct pool *p, pid_t pid)
{
	char *text;
	size_t size;

	if (read_of(p, pid, "cmdline", &text, &size) < 0 || size == 0)
		return pool_format(p, "[%s]", process_name(p, pid));
	while (size > 0 && text[size - 1] == '\0')
		size--;
	for (size_t i = 0; i < size; i++) {
		if ((unsigned char)text[i] < ' ')
			text[i] = ' ';
	}
	return text;
}

static bool has_invocation(pid_t pid, const char *invocation)
{
	struct pool pool = {NULL};
	char *text, wanted[64];
	size_t size;
	bool found = false;

	snprintf(wanted, sizeof(wanted), "INVOCATION_ID=%s", invocation);
	if (read_of(&pool, pid, "environ", &text, &size) == 0) {
		for (size_t i = 0; i < size && !found; i += strlen(text + i) + 1)
			found = strcmp(text + i, wanted) == 0;
	}
	pool_free(&pool);
	return found;
}

static struct entry *read_all(struct pool *p, size_t *ret_count)
{
	DIR *d = opendir("/proc");
	struct entry *all = NULL;
	size_t count = 0, room = 0;
	struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL) {
		char *end;
		long pid = strtol(e->d_name, &end, 10);

		if (pid <= 0 || *end != '\0')
			continue;
		if (count == room) {
			struct entry *more = pool_alloc(p, (room = room > 0 ? room * 2 : 64) * sizeof(*more));

			if (count > 0)
				memcpy(more, all, count * sizeof(*more));
			all = more;
		}
		count += read_stat((pid_t)pid, &all[count]);
	}
	if (d != NULL)
		closedir(d);
	*ret_count = count;
	return all;
}

static bool is_member(const struct entry *all, size_t count, pid_t pid)
{
	for (size_t i = 0; i < count; i++) {
		if (all[i].process.pid == pid)
			return all[i].member;
	}
	return false;
}

void processes_find(struct pool *p, pid_t monitor, const char *invocation, struct pids *ret)
{
	size_t count;
	struct entry *all = read_all(p, &count);
	bool more = true;

	for (size_t i = 0; i < count; i++) {
		if (all[i].process.pid == monitor || all[i].process.pid == getpid())
			continue;
		all[i].member = (monitor > 0 && all[i].parent == monitor) ||
				(invocation[0] != '\0' && has_invocation(all[i].process.pid, invocation));
	}
	while (more) {
		more = false;
		for (size_t i = 0; i < count; i++) {
			if (!all[i].member && all[i].process.pid != monitor && all[i].process.pid != getpid() &&
			    is_member(all, count, all[i].parent))
				all[i].member = more = true;
		}
	}
	*ret = (struct pids){.items = pool_alloc(p, (count + 1) * sizeof(pid_t))};
	for (size_t i = 0; i < count; i++) {
		if (all[i].member)
			ret->items[ret->count++] = all[i].process.pid;
	}
}

void processes_signal(const struct pids *pids, int signal, pid_t except)
{
	for (size_t i = 0; i < pids->count; i++) {
		if (pids->items[i] != except)
			(void)kill(pids->items[i], signal);
	}
}
