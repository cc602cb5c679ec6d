/*
 * Views outside of processes' own files: what the distribution is called, and the names of its sockets.
 */
#include <errno.h>

#include "base/host.h"
#include "base/str.h"
#include "vfs/procfs_internal.h"

/* A name that another process may be changing. */
static void put_name(struct procfs_out *o, const char *shared, const char *none)
{
	char name[sizeof(((struct instance *)0)->hostname)];

	memcpy(name, shared, sizeof(name));
	name[sizeof(name) - 1] = '\0';
	procfs_puts(o, name[0] != '\0' ? name : none);
	procfs_puts(o, "\n");
}

int procfs_make_hostname(const struct procfs_from *from, struct procfs_out *o)
{
	put_name(o, from->ns->in->hostname, "");
	return 0;
}

int procfs_make_domainname(const struct procfs_from *from, struct procfs_out *o)
{
	_Static_assert(sizeof(from->ns->in->domainname) == sizeof(from->ns->in->hostname), "put_name() takes both");
	put_name(o, from->ns->in->domainname, "(none)");
	return 0;
}

/* "Num RefCount Protocol Flags Type St Inode Path": where the path begins, or the length if there is none. */
static size_t socket_name(const struct procfs_line *line)
{
	size_t i = 0;

	for (int field = 0; field < 7; field++) {
		while (i < line->length && line->text[i] == ' ')
			i++;
		while (i < line->length && line->text[i] != ' ')
			i++;
	}
	return i < line->length ? i + 1 : i;
}

/* Bytes of an ID in the runtime directory's s/. */
#define RECORD_ID 16

/*
 * The guest's name of a socket: what stands behind <runtime>/r, which leads to the guest's root, or for
 * <runtime>/s/ID/... the text of the link <runtime>/s/ID.name. Others keep the host's
 * name. buf: PATH_MAX bytes.
 */
static const char *guest_name(const struct vfs_ns *ns, const char *runtime, const char *name, char *buf)
{
	char record[sizeof(ns->in->runtime) + RECORD_ID + 16];
	size_t n = strlen(runtime);
	const char *seen;

	if (strncmp(name, runtime, n) != 0)
		return name;
	if (str_starts(name + n, "/r/")) {
		seen = procfs_below(name + n + 2, ns->root_path);
		return seen != NULL ? seen : name;
	}
	if (!str_starts(name + n, "/s/") || strlen(name + n) <= RECORD_ID + 3 || name[n + RECORD_ID + 3] != '/')
		return name;
	str_format(record, sizeof(record), "%s/s/%.*s.name", runtime, RECORD_ID, name + n + 3);
	return host_readlinkat(AT_FDCWD, record, buf, PATH_MAX) >= 0 ? buf : name;
}

int procfs_make_net_unix(const struct procfs_from *from, struct procfs_out *o)
{
	struct procfs_lines lines;
	struct procfs_line line;
	char runtime[sizeof(from->ns->in->runtime)], buf[PATH_MAX];
	int r;

	memcpy(runtime, from->ns->in->runtime, sizeof(runtime));
	runtime[sizeof(runtime) - 1] = '\0';
	procfs_read_lines(&lines, from->fd);
	while ((r = procfs_next_line(&lines, &line)) > 0) {
		size_t at = line.begins ? socket_name(&line) : line.length;
		/* sun_path; a newline in one makes it two lines here. */
		char name[128];

		if (line.length - at >= sizeof(name)) {
			procfs_put_line(o, &line);
			continue;
		}
		memcpy(name, line.text + at, line.length - at);
		name[line.length - at] = '\0';
		procfs_put(o, line.text, at);
		procfs_puts(o, guest_name(from->ns, runtime, name, buf));
		if (line.ends)
			procfs_puts(o, "\n");
	}
	return r;
}
