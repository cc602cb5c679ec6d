/*
 * Text views: line by line from the host's file, through a row's filter, into a memfd that becomes the guest's descriptor.
 * Nothing here holds a whole file: a buffer on the stack each way.
 */
#include <errno.h>
#include <linux/memfd.h>
#include <stdarg.h>
#include <unistd.h>

#include "base/host.h"
#include "base/str.h"
#include "vfs/procfs_internal.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8u
#endif

static void drain(struct procfs_out *o)
{
	if (o->error == 0)
		o->error = host_write_full(o->fd, o->buf, o->used);
	o->used = 0;
}

int procfs_flush(struct procfs_out *o)
{
	drain(o);
	return o->error;
}

void procfs_put(struct procfs_out *o, const char *text, size_t n)
{
	while (n > 0 && o->error == 0) {
		size_t part = sizeof(o->buf) - o->used;

		if (part > n)
			part = n;
		memcpy(o->buf + o->used, text, part);
		o->used += part;
		text += part;
		n -= part;
		if (o->used == sizeof(o->buf))
			drain(o);
	}
}

void procfs_puts(struct procfs_out *o, const char *text)
{
	procfs_put(o, text, strlen(text));
}

void procfs_putf(struct procfs_out *o, const char *format, ...)
{
	char text[256];
	va_list ap;
	size_t n;

	va_start(ap, format);
	n = str_vformat(text, sizeof(text), format, ap);
	va_end(ap);
	procfs_put(o, text, n < sizeof(text) ? n : sizeof(text) - 1);
}

void procfs_put_escaped(struct procfs_out *o, const char *text, const char *set)
{
	for (; *text != '\0'; text++) {
		if (strchr(set, *text) != NULL)
			procfs_putf(o, "\\%03o", (unsigned)(unsigned char)*text);
		else
			procfs_put(o, text, 1);
	}
}

void procfs_rewind(struct procfs_out *o)
{
	long r = host_call(SYS_ftruncate, o->fd, 0);

	if (r == 0)
		r = host_call(SYS_lseek, o->fd, 0, SEEK_SET);
	if (o->error == 0)
		o->error = (int)r;
	o->used = 0;
}

/* The character that "\ooo" at text stands for, or -1. */
static int octal(const char *text, size_t n)
{
	unsigned c = 0;

	if (n < 4 || text[0] != '\\')
		return -1;
	for (unsigned i = 1; i < 4; i++) {
		if (text[i] < '0' || text[i] > '7')
			return -1;
		c = c * 8 + (unsigned)(text[i] - '0');
	}
	return c > 0 && c < 256 ? (int)c : -1;
}

ssize_t procfs_unescape(char *to, size_t size, const char *text, size_t n, const char *set)
{
	size_t length = 0;

	for (size_t i = 0; i < n;) {
		int c = octal(text + i, n - i);

		if (length + 1 >= size)
			return -ENAMETOOLONG;
		if (c > 0 && strchr(set, c) != NULL) {
			to[length++] = (char)c;
			i += 4;
		} else {
			to[length++] = text[i++];
		}
	}
	to[length] = '\0';
	return (ssize_t)length;
}

/* The newline in buf[from..to), or `to`. */
static size_t find_newline(const struct procfs_lines *l)
{
	size_t i = l->from;

	while (i < l->to && l->buf[i] != '\n')
		i++;
	return i;
}

/* Leaves the buffer as it is. */
void procfs_read_lines(struct procfs_lines *ret, int fd)
{
	ret->fd = fd;
	ret->inside = ret->at_end = false;
	ret->from = ret->to = 0;
}

int procfs_next_line(struct procfs_lines *l, struct procfs_line *ret)
{
	size_t end = find_newline(l);

	while (end == l->to && !l->at_end) {
		ssize_t r;

		if (l->from > 0) {
			memmove(l->buf, l->buf + l->from, l->to - l->from);
			l->to -= l->from;
			l->from = 0;
		}
		if (l->to == sizeof(l->buf))
			break;
		r = host_read(l->fd, l->buf + l->to, sizeof(l->buf) - l->to);
		if (r < 0)
			return (int)r;
		l->at_end = r == 0;
		l->to += (size_t)r;
		end = find_newline(l);
	}
	if (l->from == l->to)
		return 0;

	ret->text = l->buf + l->from;
	ret->length = end - l->from;
	ret->begins = !l->inside;
	ret->ends = end < l->to || l->at_end;
	l->inside = !ret->ends;
	l->from = end < l->to ? end + 1 : end;
	return 1;
}

void procfs_put_line(struct procfs_out *o, const struct procfs_line *line)
{
	procfs_put(o, line->text, line->length);
	if (line->ends)
		procfs_put(o, "\n", 1);
}

/* Named by the guest's path, so that /proc/PID/fd can show it. */
static int new_memfd(const struct vfs_ns *ns, const struct procfs_entry *entry)
{
	char name[sizeof(PROCFS_MEMFD_PREFIX) + sizeof(entry->host)];
	int fd;

	str_format(name, sizeof(name), "%s%s", PROCFS_MEMFD_PREFIX, entry->host);
	procfs_name_init(ns, name + sizeof(PROCFS_MEMFD_PREFIX "/proc/") - 1);
	/* Hosts can be told to refuse executable ones; kernels before 6.3 do not know the flag. */
	fd = host_memfd_create(name, MFD_CLOEXEC | MFD_NOEXEC_SEAL);
	return fd == -EINVAL ? host_memfd_create(name, MFD_CLOEXEC) : fd;
}

static int fill(const struct procfs_from *from, const struct procfs_view *v, int fd)
{
	struct procfs_out o;

	o.fd = fd;
	o.error = 0;
	o.used = 0;
	if (v->make != NULL) {
		int r = v->make(from, &o);

		if (r < 0)
			return r;
	} else {
		procfs_puts(&o, v->constant);
	}
	return procfs_flush(&o);
}

/* A descriptor of the memfd that can do what flags say and no more; its mode keeps others to the same. */
static int reopen(int memfd, int host, int flags)
{
	char path[32];
	struct stat st;
	int r = host_fstat(host, &st);

	if (r < 0)
		return r;
	r = (int)host_call(SYS_fchmod, memfd, st.st_mode & 0666);
	if (r < 0)
		return r;
	str_format(path, sizeof(path), "/proc/self/fd/%d", memfd);
	return host_open(path, flags & (O_ACCMODE | O_CLOEXEC | O_NONBLOCK | O_APPEND), 0);
}

int procfs_open_text(const struct vfs_ns *ns, const struct procfs_entry *entry, int flags)
{
	static const int refusals[] = {[PROCFS_WRITE_EACCES] = -EACCES, [PROCFS_WRITE_EPERM] = -EPERM};
	const struct procfs_view *v = procfs_view(entry);
	bool writes = (flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC) != 0;
	int host CLEANUP(host_close_at) = -1;
	int memfd CLEANUP(host_close_at) = -1;
	int r;

	if (entry->kind != PROCFS_TEXT)
		lx_bug();
	if ((flags & O_PATH) != 0)
		return host_open(entry->host, flags, 0);
	if ((flags & O_CREAT) != 0 && (flags & O_EXCL) != 0)
		return -EEXIST;
	if ((flags & O_DIRECTORY) != 0)
		return -ENOTDIR;
	r = procfs_may_open(ns, entry);
	if (r < 0)
		return r;
	if (v->open != NULL)
		return v->open(ns, entry, flags);

	/* Whether there is such a task is the host's to say. */
	host = host_open(entry->host, O_RDONLY | O_CLOEXEC, 0);
	if (host < 0)
		return host;
	if (writes && v->write != PROCFS_WRITE_FORGET)
		return refusals[v->write];
	if (writes && entry->pid != ns->pid)
		return -EPERM;
	memfd = new_memfd(ns, entry);
	if (memfd < 0)
		return memfd;
	r = fill(&(struct procfs_from){ns, entry, host}, v, memfd);
	return r < 0 ? r : reopen(memfd, host, flags);
}
