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

/* Sockets of the guest's stand below <runtime>/r, which leads to its root. NULL for others. */
static const char *guest_name(const struct vfs_ns *ns, const char *name, const char *prefix)
{
	return str_starts(name, prefix) ? procfs_below(name + strlen(prefix) - 1, ns->root_path) : NULL;
}

int procfs_make_net_unix(const struct procfs_from *from, struct procfs_out *o)
{
	struct procfs_lines lines;
	struct procfs_line line;
	char prefix[sizeof(from->ns->in->runtime) + 4];
	int r;

	str_format(prefix, sizeof(prefix), "%.*s/r/", (int)sizeof(from->ns->in->runtime), from->ns->in->runtime);
	procfs_read_lines(&lines, from->fd);
	while ((r = procfs_next_line(&lines, &line)) > 0) {
		size_t at = line.begins ? socket_name(&line) : line.length;
		/* sun_path, and the newlines that may be in one, which make it two lines here. */
		char name[128];
		const char *seen;

		if (line.length - at >= sizeof(name)) {
			procfs_put_line(o, &line);
			continue;
		}
		memcpy(name, line.text + at, line.length - at);
		name[line.length - at] = '\0';
		seen = guest_name(from->ns, name, prefix);
		procfs_put(o, line.text, at);
		procfs_puts(o, seen != NULL ? seen : name);
		if (line.ends)
			procfs_puts(o, "\n");
	}
	return r;
}
