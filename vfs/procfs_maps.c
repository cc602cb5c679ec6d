/*
 * A guest's memory as it would be without lxrun: /proc/PID/maps, smaps and numa_maps without the resident, its stacks and
 * the instance's shared memory, and with the guest's paths.
 */
#include <errno.h>

#include "base/host.h"
#include "base/layout.h"
#include "base/str.h"
#include "base/text.h"
#include "vfs/procfs_internal.h"

bool procfs_is_resident(uint64_t address)
{
	return address >= RESIDENT_BASE && address < RESIDENT_AREA_END;
}

/* "start-end perms offset dev inode   path": where the path begins, or the length if there is none; 0 for other lines. */
static size_t maps_path(const struct procfs_line *line, uint64_t *ret_start)
{
	uint64_t end;
	size_t n = str_hex(line->text, line->length, ret_start);
	size_t i = n + 1;

	if (n == 0 || n >= line->length || line->text[n] != '-' || str_hex(line->text + i, line->length - i, &end) == 0)
		return 0;
	/* Five fields, one space behind each; the last is padded with more. */
	for (int field = 0; field < 5; field++) {
		while (i < line->length && line->text[i] != ' ')
			i++;
		if (i < line->length)
			i++;
	}
	while (i < line->length && line->text[i] == ' ')
		i++;
	return i;
}

/* Where brk(2) could not be moved behind the program, the guest's heap stands behind the resident. */
static bool is_heap(const char *path, size_t n)
{
	return n == 6 && strncmp(path, "[heap]", n) == 0;
}

/* text, n bytes of it, as the guest's path; unchanged where it is too long to be one. */
static void put_path(const struct vfs_ns *ns, const char *text, size_t n, const char *escaped, struct procfs_out *o)
{
	char path[PATH_MAX];

	if (procfs_unescape(path, sizeof(path), text, n, escaped) < 0) {
		procfs_put(o, text, n);
		return;
	}
	procfs_guest_text(ns, path);
	procfs_put_escaped(o, path, escaped);
}

/* As the kernel pads it. */
#define PATH_COLUMN 73

/* A line of prepared text, as if its original was mapped: another device and inode; the offset is the same. */
static bool put_prepared(const struct vfs_ns *ns, const struct procfs_line *line, size_t path, struct procfs_out *o)
{
	char name[INSTANCE_TEXT_MAX + TEXT_NAME_MAX], text[PATH_COLUMN + 8];
	struct text_trailer prepared;
	size_t n = line->length - path, at = 0, fields = 0;
	uint64_t device;

	if (ns->in->text[0] == '\0' || n >= sizeof(name))
		return false;
	memcpy(name, line->text + path, n);
	name[n] = '\0';
	if (!text_read(ns->in->text, name, &prepared))
		return false;
	device = prepared.key.device;
	/* Address, permissions and offset stay. */
	while (at < path && fields < 3)
		fields += line->text[at++] == ' ';
	procfs_put(o, line->text, at);
	n = at + str_format(text, sizeof(text), "%02x:%02x %lu ", (unsigned)(device >> 8 & 0xfff),
			    (unsigned)((device & 0xff) | (device >> 12 & 0xfff00)), (unsigned long)prepared.key.inode);
	procfs_puts(o, text);
	for (; n < PATH_COLUMN; n++)
		procfs_puts(o, " ");
	put_path(ns, prepared.path, strlen(prepared.path), "", o);
	procfs_puts(o, "\n");
	return true;
}

/* smaps has the lines of maps with lines of "Key: value" behind each. */
int procfs_make_maps(const struct procfs_from *from, struct procfs_out *o)
{
	struct procfs_lines lines;
	struct procfs_line line;
	bool hide = false;
	int r;

	procfs_read_lines(&lines, from->fd);
	while ((r = procfs_next_line(&lines, &line)) > 0) {
		uint64_t start;
		size_t path = line.begins ? maps_path(&line, &start) : 0;

		if (path > 0)
			hide = procfs_is_resident(start) && !is_heap(line.text + path, line.length - path);
		if (hide)
			continue;
		if (path > 0 && path < line.length && line.ends && put_prepared(from->ns, &line, path, o))
			continue;
		if (path > 0 && path < line.length && line.text[path] == '/' && line.ends) {
			procfs_put(o, line.text, path);
			put_path(from->ns, line.text + path, line.length - path, "\n", o);
			procfs_puts(o, "\n");
		} else {
			procfs_put_line(o, &line);
		}
	}
	return r;
}

/* Where a word begins in "start policy word word ...", n bytes; -1 if it is not there. */
static ssize_t find_word(const struct procfs_line *line, const char *word)
{
	size_t n = strlen(word);

	for (size_t i = 1; i + n <= line->length; i++)
		if (line->text[i - 1] == ' ' && strncmp(line->text + i, word, n) == 0)
			return (ssize_t)i;
	return -1;
}

static void put_numa_line(const struct vfs_ns *ns, const struct procfs_line *line, struct procfs_out *o)
{
	ssize_t at = line->ends ? find_word(line, "file=/") : -1;
	size_t path, end;

	if (at < 0) {
		procfs_put_line(o, line);
		return;
	}
	path = (size_t)at + 5;
	for (end = path; end < line->length && line->text[end] != ' '; end++)
		;
	procfs_put(o, line->text, path);
	put_path(ns, line->text + path, end - path, "\n\t= ", o);
	procfs_put(o, line->text + end, line->length - end);
	procfs_puts(o, "\n");
}

int procfs_make_numa_maps(const struct procfs_from *from, struct procfs_out *o)
{
	struct procfs_lines lines;
	struct procfs_line line;
	bool hide = false;
	int r;

	procfs_read_lines(&lines, from->fd);
	while ((r = procfs_next_line(&lines, &line)) > 0) {
		uint64_t start;

		if (line.begins)
			hide = str_hex(line.text, line.length, &start) > 0 && procfs_is_resident(start) &&
			       find_word(&line, "heap") < 0;
		if (!hide)
			put_numa_line(from->ns, &line, o);
	}
	return r;
}
