/*
 * /proc/sysvipc: owners and modes of objects as guests know them (base/ipc.h). The kernel prints columns (ipc/msg.c, sem.c, shm.c:
 * sysvipc_*_proc_show) of which only these change; the rest of a line goes through as it is.
 */
#include "base/ipc.h"
#include "base/str.h"
#include "vfs/procfs_internal.h"

/* Columns of a line, from 0: the object's number is 1, its mode 2; uid, gid, cuid and cgid are from `ids` on. */
#define MODE 2
#define IDS  4

static const struct sysvipc_file {
	const char *path;
	enum ipc_kind kind;
	int ids;
} files[] = {
	{"/proc/sysvipc/msg", IPC_KIND_MSG, 7},
	{"/proc/sysvipc/sem", IPC_KIND_SEM, 4},
	{"/proc/sysvipc/shm", IPC_KIND_SHM, 7},
};

/* The next column, and the spaces in front of it; false behind the last. */
static bool next_column(const struct procfs_line *line, size_t *at, size_t *ret_from)
{
	while (*at < line->length && line->text[*at] == ' ')
		(*at)++;
	*ret_from = *at;
	while (*at < line->length && line->text[*at] != ' ')
		(*at)++;
	return *ret_from < *at;
}

static bool number(const char *text, size_t n, uint64_t *ret)
{
	char buf[24];

	if (n >= sizeof(buf))
		return false;
	memcpy(buf, text, n);
	buf[n] = '\0';
	return str_to_u64(buf, UINT32_MAX, ret) == 0;
}

/* Of the mode, the flags in front of the permissions are the host's. Octal, as in the kernel's "%4o". */
static uint32_t host_flags(const char *text, size_t n)
{
	uint32_t mode = 0;

	for (size_t i = 0; i < n; i++)
		mode = mode << 3 | (uint32_t)(text[i] - '0');
	return mode & ~0777u;
}

static uint32_t id_of(const struct ipc_owner *o, int column)
{
	const uint32_t ids[IDS] = {o->uid, o->gid, o->cuid, o->cgid};

	return ids[column];
}

static void put_object(struct procfs_out *o, const struct procfs_line *line, int ids, const struct ipc_owner *owner)
{
	size_t at = 0, last = 0, from;

	for (int column = 0; next_column(line, &at, &from); column++, last = at) {
		if (column == MODE)
			procfs_putf(o, "  %4o", host_flags(line->text + from, at - from) | owner->mode);
		else if (column >= ids && column < ids + IDS)
			procfs_putf(o, " %5u", id_of(owner, column - ids));
		else
			procfs_put(o, line->text + last, at - last);
	}
	procfs_put(o, line->text + last, line->length - last);
	procfs_puts(o, "\n");
}

int procfs_make_sysvipc(const struct procfs_from *from, struct procfs_out *o)
{
	const struct sysvipc_file *file = files;
	struct procfs_lines lines;
	struct procfs_line line;
	int r;

	while (!str_eq(file->path, from->entry->host))
		file++;
	procfs_read_lines(&lines, from->fd);
	while ((r = procfs_next_line(&lines, &line)) > 0) {
		struct ipc_owner owner;
		size_t at = 0, begin;
		uint64_t id;

		if (next_column(&line, &at, &begin) && next_column(&line, &at, &begin) &&
		    number(line.text + begin, at - begin, &id) && ipc_find(&from->ns->in->ipc, file->kind, id, &owner))
			put_object(o, &line, file->ids, &owner);
		else
			procfs_put_line(o, &line);
	}
	return r;
}
