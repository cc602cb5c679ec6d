/*
 * From a number to a handler with typed arguments: one enter_<name>() per row of the table, generated here.
 *
 * Strings are read into the call's scratch memory, descriptors of paths are borrowed through the port, so EFAULT,
 * ENAMETOOLONG and EBADF of arguments come from here in the kernel's order.
 */
#include <errno.h>
#include <stdatomic.h>

#include "base/host.h"
#include "base/str.h"
#include "syscall-tables/names.h"
#include "translator/args.h"
#include "translator/ptrace/ptrace.h"
#include "translator/seccomp/seccomp.h"
#include "translator/state.h"

/* Where the next argument is. */
struct cursor {
	struct tr_call *c;
	unsigned next;
};

static uint64_t take(struct cursor *at)
{
	return at->c->arg[at->next++];
}

static int get_string(struct cursor *at, const char **ret, bool optional)
{
	struct tr_call *c = at->c;
	uint64_t address = take(at);
	char *to = c->scratch + c->scratch_used;
	long n;

	if (address == 0 && optional) {
		*ret = NULL;
		return 0;
	}
	n = tr_read_string(c, to, address, PATH_MAX);
	if (n < 0)
		return (int)n;
	c->scratch_used += (size_t)n + 1;
	*ret = to;
	return 0;
}

static int get_path(struct cursor *at, int dir, struct vfs_at *ret, bool optional)
{
	const char *path = NULL;
	int r = get_string(at, &path, optional);

	if (r < 0)
		return r;
	/* No path and no descriptor is not the current directory: the handler says what it is. */
	if (path != NULL ? path[0] != '/' : dir != AT_FDCWD) {
		/* A bad one is no error before the path was looked at: an empty path comes first. */
		r = tr_borrow_fd(at->c, dir);
		dir = r >= 0 || r == AT_FDCWD ? r : -EBADF;
	}
	*ret = (struct vfs_at){.dir = dir, .path = path};
	return 0;
}

#define SCALAR(kind)                                                     \
	static int UNUSED get_##kind(struct cursor *at, arg_##kind *ret) \
	{                                                                \
		*ret = (arg_##kind)take(at);                             \
		return 0;                                                \
	}
SCALAR(FD)
SCALAR(ADDR)
SCALAR(INBUF)
SCALAR(SOCKADDR)
SCALAR(OUTBUF)
SCALAR(INT)
SCALAR(UINT)
SCALAR(LONG)
SCALAR(ULONG)
SCALAR(HEX)
SCALAR(SIZE)
SCALAR(OFF)
SCALAR(MODE)
SCALAR(DEV)
SCALAR(PID)
SCALAR(UID)
SCALAR(GID)
SCALAR(SIG)
SCALAR(OFLAGS)
SCALAR(ATFLAGS)
SCALAR(CLONEFLAGS)
SCALAR(PROT)
SCALAR(MAPFLAGS)
SCALAR(FLAGS)

static int UNUSED get_STR(struct cursor *at, arg_STR *ret)
{
	return get_string(at, ret, false);
}
static int UNUSED get_STR_O(struct cursor *at, arg_STR_O *ret)
{
	return get_string(at, ret, true);
}
static int UNUSED get_PATH(struct cursor *at, arg_PATH *ret)
{
	return get_path(at, AT_FDCWD, ret, false);
}
static int UNUSED get_PATH_O(struct cursor *at, arg_PATH_O *ret)
{
	return get_path(at, AT_FDCWD, ret, true);
}
static int UNUSED get_AT(struct cursor *at, arg_AT *ret)
{
	int dir = (int)take(at);

	return get_path(at, dir, ret, false);
}
static int UNUSED get_AT_O(struct cursor *at, arg_AT_O *ret)
{
	int dir = (int)take(at);

	return get_path(at, dir, ret, true);
}

#define ARG(kind, name) \
	if (r == 0)     \
		r = get_##kind(&at, &a.name);
#define XLATE(nr, name, args, gap)                                \
	static inline long UNUSED enter_##name(struct tr_call *c) \
	{                                                         \
		struct name##_args a;                             \
		struct cursor at = {.c = c};                      \
		int r = 0;                                        \
		(void)at;                                         \
		args return r == 0 ? sys_##name(c, &a) : r;       \
	}
#define XLATE_IF(nr, name, args, rules, gap) XLATE(nr, name, args, gap)
#include "syscall-tables/each.h"

struct entry {
	long (*enter)(struct tr_call *c);
	int error;
};

#ifdef LX_RESIDENT
static const struct entry table[] = {
#define NATIVE(nr, name, args)                 [nr] = {.error = -1},
#define XLATE(nr, name, args, gap)             [nr] = {.enter = enter_##name},
#define XLATE_IF(nr, name, args, rules, gap)   [nr] = {.enter = enter_##name},
#define REFUSE(nr, name, args, errno_, reason) [nr] = {.error = errno_},
#include "syscall-tables/each.h"
};
#else
/* In the supervisor: what the notify gate sends it, and nothing that must happen in the guest's process. */
static const struct entry table[] = {
#define NOTIFY(name)                   [SYSCALL_##name] = {.enter = enter_##name},
#define NOTIFY_UNLESS(name, reg, bits) NOTIFY(name)
#include "syscall-tables/notify.def"
#undef NOTIFY
#undef NOTIFY_UNLESS
};
#endif

static long run(struct tr_call *c)
{
	const struct entry *e = c->nr < ARRAY_SIZE(table) ? &table[c->nr] : NULL;

	if (e == NULL || (e->enter == NULL && e->error == 0)) {
		instance_note_unknown(c->ns.in, c->nr);
		return -ENOSYS;
	}
	if (e->enter != NULL)
		return e->enter(c);
	if (e->error < 0)
		return tr_native(c);
	return tr_gap(c, -e->error);
}

static long run_in_any_case(struct tr_call *c)
{
	long r = run(c);

#ifdef LX_RESIDENT
	if (r == -EMFILE) {
		/* A child will run on this stack for a moment. */
		if (tr_frame_is_patched(c->frame))
			tr_patched_mask(c->frame);
		r = tr_run_with_room(c, run);
	}
#endif
	return r;
}

long tr_dispatch(struct tr_call *c)
{
#ifdef LX_RESIDENT
	long r;

	if (c->process->seccomp_mode != 0 && tr_seccomp_check(c, &r))
		return r;
	if ((c->process->flags & PROCESS_TRACE_ME) != 0)
		tr_ptrace_before(c);
#endif
	if ((c->process->flags & PROCESS_TRACE) != 0)
		return tr_traced(c, run_in_any_case);
	return run_in_any_case(c);
}
