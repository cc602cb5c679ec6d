/*
 * --trace: a line per translated call, and the numbers of the summary.
 *
 *	[17] stat("/bin/sh", 0x7ffd0) -> /srv/debian/usr/bin/dash = 0 <trap, 5120 ns>
 *
 * Behind the arrow are the host's names of the call's paths. They are looked up before the call, by the rules that it will
 * follow itself, since afterwards a name may be gone or the current directory another. Lines go to the file that the
 * instance names, opened for each (the guest owns all descriptors but one), so that a trace survives whatever the guest does
 * with its own.
 */
#include <errno.h>
#include <stdatomic.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include "base/host.h"
#include "base/str.h"
#include "syscall-tables/kinds.h"
#include "syscall-tables/names.h"
#include "translator/state.h"

#define LINE_MAX_ 4096

struct line {
	char text[LINE_MAX_];
	size_t length;
};

/* A call under way. */
struct tr_trace {
	struct line line; /* name, arguments and paths */
	uint64_t begin;
	bool counted;
};

static void PRINTF_LIKE(2, 3) add(struct line *l, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	l->length += str_vformat(l->text + l->length, sizeof(l->text) - l->length, format, ap);
	va_end(ap);
	if (l->length >= sizeof(l->text))
		l->length = sizeof(l->text) - 1;
}

/* What is printed stays on one line. */
static void make_printable(char *text)
{
	for (char *s = text; *s != '\0'; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			*s = '?';
}

static void add_string(struct line *l, struct tr_call *c, uint64_t address)
{
	char text[256];
	long n = address != 0 ? tr_read_string(c, text, address, sizeof(text)) : -EFAULT;

	if (address == 0) {
		add(l, "NULL");
	} else if (n == -EFAULT) {
		add(l, "0x%lx", address);
	} else {
		text[sizeof(text) - 1] = '\0';
		make_printable(text);
		add(l, "\"%s\"%s", text, n < 0 ? "..." : "");
	}
}

static void add_flags(struct line *l, enum flag_set set, uint64_t value)
{
	char text[256];

	(void)sys_format_flags(text, sizeof(text), set, value);
	add(l, "%s", text);
}

static void add_dir(struct line *l, uint64_t value)
{
	if ((int)value == AT_FDCWD)
		add(l, "AT_FDCWD");
	else
		add(l, "%d", (int)value);
}

/* The path name of an AF_UNIX socket in the socket address that is argument `at`; false if there is none. */
static bool get_socket_path(struct tr_call *c, unsigned at, char buf[PATH_MAX])
{
	struct sockaddr_un un;
	size_t length = (uint32_t)c->arg[at + 1];

	memset(&un, 0, sizeof(un));
	if (length <= offsetof(struct sockaddr_un, sun_path) || length > sizeof(un) || c->arg[at] == 0 ||
	    tr_read(c, &un, c->arg[at], length) < 0 || un.sun_family != AF_UNIX || un.sun_path[0] == '\0')
		return false;
	memcpy(buf, un.sun_path, sizeof(un.sun_path));
	buf[sizeof(un.sun_path)] = '\0';
	return true;
}

static void add_socket_address(struct line *l, struct tr_call *c, unsigned at)
{
	char path[PATH_MAX];

	if (get_socket_path(c, at, path)) {
		make_printable(path);
		add(l, "{AF_UNIX, \"%s\"}", path);
	} else {
		add(l, "0x%lx", c->arg[at]);
	}
}

/* One argument; the number of registers it took. */
static unsigned add_argument(struct line *l, struct tr_call *c, enum argument_kind kind, unsigned at)
{
	uint64_t v = c->arg[at];

	switch (kind) {
	case ARGUMENT_AT:
	case ARGUMENT_AT_O:
		add_dir(l, v);
		add(l, ", ");
		add_string(l, c, c->arg[at + 1]);
		return 2;
	case ARGUMENT_PATH:
	case ARGUMENT_PATH_O:
	case ARGUMENT_STR:
	case ARGUMENT_STR_O:
		add_string(l, c, v);
		break;
	case ARGUMENT_FD:
	case ARGUMENT_INT:
	case ARGUMENT_PID:
		add(l, "%d", (int)v);
		break;
	case ARGUMENT_UINT:
	case ARGUMENT_UID:
	case ARGUMENT_GID:
		add(l, "%u", (uint32_t)v);
		break;
	case ARGUMENT_LONG:
	case ARGUMENT_OFF:
		add(l, "%ld", (int64_t)v);
		break;
	case ARGUMENT_SIZE:
	case ARGUMENT_ULONG:
		add(l, "%lu", v);
		break;
	case ARGUMENT_MODE:
		add(l, "0%o", (uint32_t)v);
		break;
	case ARGUMENT_SIG:
		if (sys_signal_name((int)v) != NULL)
			add(l, "%s", sys_signal_name((int)v));
		else
			add(l, "%d", (int)v);
		break;
	case ARGUMENT_SOCKADDR:
		add_socket_address(l, c, at);
		break;
	case ARGUMENT_OFLAGS:
		add_flags(l, FLAGS_OPEN, v);
		break;
	case ARGUMENT_ATFLAGS:
		add_flags(l, FLAGS_AT, v);
		break;
	case ARGUMENT_CLONEFLAGS:
		add_flags(l, FLAGS_CLONE, v);
		break;
	default:
		add(l, "0x%lx", v);
		break;
	}
	return 1;
}

/* --- where paths lead ------------------------------------------------------------------------------------------------ */

static bool is_path(enum argument_kind kind)
{
	return kind == ARGUMENT_AT || kind == ARGUMENT_AT_O || kind == ARGUMENT_PATH || kind == ARGUMENT_PATH_O;
}

/* Calls that mean a link as the last component itself, whatever their flags say. */
static bool never_follows(uint32_t nr)
{
	static const uint16_t calls[] = {
		SYS_lstat,     SYS_readlink,   SYS_readlinkat,   SYS_unlink,  SYS_unlinkat,  SYS_rmdir,
		SYS_rename,    SYS_renameat,   SYS_renameat2,    SYS_symlink, SYS_symlinkat, SYS_link,
		SYS_mkdir,     SYS_mkdirat,    SYS_mknod,        SYS_mknodat, SYS_lchown,    SYS_lsetxattr,
		SYS_lgetxattr, SYS_llistxattr, SYS_lremovexattr, SYS_bind,
	};

	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		if (calls[i] == nr)
			return true;
	return false;
}

/* enum vfs_lookup, by the call and the flags that it was given. */
static int lookup_of(const struct tr_call *c, const struct syscall_info *info)
{
	int lookup = never_follows(c->nr) ? VFS_NOFOLLOW : 0;
	unsigned at = 0;

	for (unsigned i = 0; i < info->argc; i++) {
		int v = (int)c->arg[at];

		at += sys_kind_registers(info->arg[i].kind);
		if (info->arg[i].kind == ARGUMENT_OFLAGS &&
		    ((v & O_NOFOLLOW) != 0 || (v & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL)))
			lookup |= VFS_NOFOLLOW;
		if (info->arg[i].kind != ARGUMENT_ATFLAGS)
			continue;
		if ((v & AT_SYMLINK_NOFOLLOW) != 0)
			lookup |= VFS_NOFOLLOW;
		if ((v & AT_EMPTY_PATH) != 0)
			lookup |= VFS_EMPTY;
		/* These two follow only when they are asked to. */
		if ((c->nr == SYS_linkat || c->nr == SYS_name_to_handle_at) && (v & AT_SYMLINK_FOLLOW) == 0)
			lookup |= VFS_NOFOLLOW;
	}
	if ((c->nr == SYS_umount2 && (c->arg[1] & UMOUNT_NOFOLLOW) != 0) ||
	    (c->nr == SYS_inotify_add_watch && (c->arg[2] & IN_DONT_FOLLOW) != 0))
		lookup |= VFS_NOFOLLOW;
	return lookup;
}

/* The host's name of an open descriptor; its length, or -errno. */
static ssize_t name_of(int fd, char *buf, size_t size)
{
	char link[32];
	ssize_t n;

	str_format(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = host_readlinkat(AT_FDCWD, link, buf, size);
	return n;
}

/* What the path names or, where nothing is, the name in its directory. */
static ssize_t find_place(const struct vfs_ns *ns, struct vfs_at at, int lookup, char *buf, size_t size)
{
	int fd CLEANUP(host_close_at) = vfs_open_path(ns, at, lookup);
	int dir CLEANUP(host_close_at) = -1;
	char name[NAME_MAX + 1];
	ssize_t n;
	int r;

	if (fd >= 0)
		return name_of(fd, buf, size);
	r = vfs_parent(ns, at, &dir, name);
	if (r < 0)
		return r;
	n = name_of(dir, buf, size);
	if (n < 0 || (size_t)n + 1 + strlen(name) >= size)
		return n < 0 ? n : -ENAMETOOLONG;
	n += (ssize_t)str_format(buf + n, size - (size_t)n, "%s%s", n == 1 ? "" : "/", name);
	return n;
}

/* False: the argument is none, or cannot be read. */
static bool get_path(struct tr_call *c, enum argument_kind kind, unsigned at, char *buf, struct vfs_at *ret)
{
	bool has_dir = kind == ARGUMENT_AT || kind == ARGUMENT_AT_O;
	uint64_t address = c->arg[has_dir ? at + 1 : at];
	int dir = AT_FDCWD;

	if (kind == ARGUMENT_SOCKADDR ? !get_socket_path(c, at, buf)
				      : address == 0 || tr_read_string(c, buf, address, PATH_MAX) < 0)
		return false;
	if (buf[0] != '/') {
		dir = tr_borrow_fd(c, has_dir ? (int)c->arg[at] : AT_FDCWD);
		if (dir < 0 && dir != AT_FDCWD)
			return false;
	}
	*ret = (struct vfs_at){.dir = dir, .path = buf};
	return true;
}

/* " -> A, B": a path that leads nowhere (no directory, no permission) is a question mark. */
static void add_places(struct line *l, struct tr_call *c, const struct syscall_info *info)
{
	const char *separator = " -> ";
	int lookup = lookup_of(c, info);
	unsigned at = 0;

	for (unsigned i = 0; i < info->argc; i++) {
		enum argument_kind kind = info->arg[i].kind;
		char path[PATH_MAX], place[PATH_MAX];
		struct vfs_at where;

		bool found = (is_path(kind) || kind == ARGUMENT_SOCKADDR) && get_path(c, kind, at, path, &where);

		if (found || is_path(kind)) {
			if (!found || find_place(&c->ns, where, lookup, place, sizeof(place)) < 0)
				(void)!str_copy(place, sizeof(place), "?");
			make_printable(place);
			add(l, "%s%s", separator, place);
			separator = ", ";
		}
		at += sys_kind_registers(kind);
	}
}

/* --- lines ----------------------------------------------------------------------------------------------------------- */

static const char *gate_name(const struct tr_call *c)
{
	if (c->frame == NULL)
		return "notify";
#ifdef LX_RESIDENT
	if (tr_frame_is_patched(c->frame))
		return "patched";
#endif
	switch (c->ns.in->gate) {
	case INSTANCE_GATE_PTRACE:
		return "ptrace";
	default:
		return "trap";
	}
}

static void count(struct tr_call *c, uint64_t nanoseconds)
{
	if (c->nr >= ARRAY_SIZE(c->ns.in->calls))
		return;
	atomic_fetch_add(&c->ns.in->calls[c->nr].count, 1);
	atomic_fetch_add(&c->ns.in->calls[c->nr].nanoseconds, nanoseconds);
}

static uint64_t now(void)
{
	struct timespec t = {0};

	(void)host_call(SYS_clock_gettime, CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void begin(struct tr_trace *t, struct tr_call *c)
{
	const struct syscall_info *info = syscall_info(c->nr);
	struct line *l = &t->line;
	unsigned at = 0;

	t->counted = false;
	l->length = 0;
	if (c->ns.in->trace_path[0] == '\0')
		return;
	if (info == NULL) {
		add(l, "[%d] call %u of no name", tr_tid(c), c->nr);
		return;
	}
	add(l, "[%d] %s(", tr_tid(c), info->name);
	for (unsigned i = 0; i < info->argc; i++) {
		if (i > 0)
			add(l, ", ");
		at += add_argument(l, c, info->arg[i].kind, at);
	}
	add(l, ")");
	add_places(l, c, info);
}

/* result: the text behind " = ". */
static void end(struct tr_trace *t, struct tr_call *c, uint64_t nanoseconds, const char *result)
{
	struct line *l = &t->line;
	size_t length = l->length;
	int fd;

	if (!t->counted)
		count(c, nanoseconds);
	t->counted = true;
	if (c->ns.in->trace_path[0] == '\0')
		return;
	/* However long the paths are, there is room for the rest. */
	if (l->length > sizeof(l->text) - 128)
		l->length = sizeof(l->text) - 128;
	add(l, " = %s <%s, %lu ns>\n", result, gate_name(c), nanoseconds);
	fd = host_open(c->ns.in->trace_path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY, 0);
	if (fd >= 0) {
		(void)!host_write(fd, l->text, l->length);
		host_close(fd);
	}
	l->length = length;
}

long tr_traced(struct tr_call *c, long (*run)(struct tr_call *))
{
	struct tr_trace t;
	uint64_t nanoseconds;
	char number[24];
	long r;

	begin(&t, c);
	c->trace = &t;
	t.begin = now();
	r = run(c);
	nanoseconds = now() - t.begin;
	if (c->verdict == TR_NATIVE) {
		end(&t, c, nanoseconds, "(native)");
	} else if (r == TR_RESTART) {
		end(&t, c, nanoseconds, "(interrupted, to be made again)");
	} else if (host_is_error(r) && sys_errno_name((int)-r) != NULL) {
		str_format(number, sizeof(number), "-%s", sys_errno_name((int)-r));
		end(&t, c, nanoseconds, number);
	} else {
		str_format(number, sizeof(number), "%ld", r);
		end(&t, c, nanoseconds, number);
	}
	return r;
}

void tr_trace_leaving(struct tr_call *c)
{
	if ((c->process->flags & PROCESS_TRACE) != 0)
		end(c->trace, c, now() - c->trace->begin, "(does not return)");
}
