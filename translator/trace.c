/*
 * --trace: a line per translated call, and the numbers of the summary.
 *
 * Lines go to the file that the instance names, opened for each (the guest owns all descriptors but one), so that a
 * trace survives whatever the guest does with its own.
 */
#include <errno.h>
#include <stdatomic.h>

#include "base/host.h"
#include "base/str.h"
#include "syscall-tables/kinds.h"
#include "syscall-tables/names.h"
#include "translator/state.h"

#define LINE_MAX_ 2048

struct line {
	char text[LINE_MAX_];
	size_t length;
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
		for (char *s = text; *s != '\0'; s++)
			if ((unsigned char)*s < ' ' || *s == 0x7f)
				*s = '?';
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

/* Where a path led: the host's name of the descriptor that came out. */
static void add_host_path(struct line *l, struct tr_call *c, const struct syscall_info *info, long result)
{
	char link[32], text[512];

	if (result < 0 || info->argc == 0 || (info->arg[0].kind != ARGUMENT_AT && info->arg[0].kind != ARGUMENT_PATH))
		return;
	if (c->nr != SYS_open && c->nr != SYS_openat && c->nr != SYS_openat2 && c->nr != SYS_creat)
		return;
	str_format(link, sizeof(link), "/proc/self/fd/%ld", result);
	if (host_readlinkat(AT_FDCWD, link, text, sizeof(text)) > 0)
		add(l, " -> %s", text);
}

static const char *gate_name(const struct tr_call *c)
{
	if (c->frame == NULL)
		return "notify";
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

void tr_trace(struct tr_call *c, long result, uint64_t nanoseconds)
{
	const struct syscall_info *info = syscall_info(c->nr);
	struct line l = {.length = 0};
	unsigned at = 0;
	int fd;

	count(c, nanoseconds);
	if (c->ns.in->trace_path[0] == '\0')
		return;
	add(&l, "[%d] %s(", tr_tid(c), info != NULL ? info->name : "unknown");
	for (unsigned i = 0; info != NULL && i < info->argc; i++) {
		if (i > 0)
			add(&l, ", ");
		at += add_argument(&l, c, info->arg[i].kind, at);
	}
	add(&l, ")");
	if (info != NULL)
		add_host_path(&l, c, info, result);
	if (c->verdict == TR_NATIVE)
		add(&l, " = (native)");
	else if (host_is_error(result) && sys_errno_name((int)-result) != NULL)
		add(&l, " = -%s", sys_errno_name((int)-result));
	else
		add(&l, " = %ld", result);
	add(&l, " <%s, %lu ns>\n", gate_name(c), nanoseconds);

	fd = host_open(c->ns.in->trace_path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY, 0);
	if (fd < 0)
		return;
	(void)!host_write(fd, l.text, l.length);
	host_close(fd);
}
