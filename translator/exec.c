/*
 * execve: the old image's half.
 *
 * All that can fail as execve(2) fails is found out here, before the point of no return: the program, its chain of
 * #! interpreters and its PT_INTERP are resolved, opened and probed. What the kernel then executes is the instance's
 * resident, with the guest's own arguments and environment (so `ps` and the stack are right by themselves); the opened
 * files are inherited, and the process's slot says which they are and who the new image is. The other half is start.c.
 */
#include <errno.h>
#include <linux/personality.h>
#include <linux/prctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/host.h"
#include "base/str.h"
#include "loader/loader.h"
#include "translator/args.h"
#include "translator/ids/ids.h"
#include "translator/ptrace/ptrace.h"
#include "translator/state.h"

/* Linux 6.14: only asks whether the file could be executed. Debian 12's headers do not have it. */
#ifndef AT_EXECVE_CHECK
#define AT_EXECVE_CHECK 0x10000
#endif

/* BINPRM depth: a script's script's script's ... interpreter, as in fs/exec.c. */
#define DEPTH_MAX  5
#define PREFIX_MAX (3 * DEPTH_MAX + 1)

/* _STK_LIM: the largest stack that a program which knows more than its caller begins with. */
#define STACK_SECURE (8ul * 1024 * 1024)

struct plan {
	int program; /* open descriptors, -1 for none */
	int interpreter;
	struct stat program_stat; /* as the guest sees it */
	bool no_suid;             /* it is in a mount where set-id bits do not count */
	const char *execfn;       /* what execve was given, or name */
	char name[PATH_MAX];
	char exe[PATH_MAX];
	/* The words that take the place of argv[0], the last one first; 0 without a script. */
	unsigned words;
	const char *word[PREFIX_MAX];
	/* Their text, level by level. */
	struct ldr_program level[DEPTH_MAX];
};

static void close_plan(struct plan *p)
{
	host_close_at(&p->program);
	host_close_at(&p->interpreter);
}

/*
 * May the caller execute it? A directory, a file without an x bit for him, a noexec mount are EACCES. What was opened by path has
 * been asked about its access control list, a descriptor has not (asked).
 */
static int check_executable(struct tr_call *c, int fd, bool asked, struct stat *ret)
{
	struct statfs fs;
	int r = vfs_fstat(&c->ns, fd, ret);

	if (r < 0)
		return r;
	if (!S_ISREG(ret->st_mode))
		return -EACCES;
	if ((vfs_permission(&c->ns, ret, X_OK) < 0 || !asked) && vfs_fpermission(&c->ns, fd, X_OK) < 0)
		return -EACCES;
	if (ret->st_dev == c->ns.in->root_device)
		return 0;
	r = (int)host_call(SYS_fstatfs, fd, &fs);
	if (r == 0 && (fs.f_flags & ST_NOEXEC) != 0)
		return -EACCES;
	return 0;
}

/*
 * A file that somebody has open for writing is ETXTBSY. A read lease is refused for just those; it is given back at
 * once. Its break would be told by SIGIO: SIGURG, which nobody notices, takes its place. Leases are for the owner only:
 * of other files nothing is known.
 */
static int check_not_written(int fd)
{
	int r = host_fcntl(fd, F_SETSIG, SIGURG);

	if (r < 0)
		return 0;
	r = host_fcntl(fd, F_SETLEASE, F_RDLCK);
	if (r == -EAGAIN)
		return -ETXTBSY;
	if (r == 0)
		(void)!host_fcntl(fd, F_SETLEASE, F_UNLCK);
	return 0;
}

static int open_checked(struct tr_call *c, struct vfs_at at, int flags, struct stat *ret, bool *ret_no_suid)
{
	int fd CLEANUP(host_close_at) = -1;
	bool by_path = at.path == NULL || at.path[0] != '\0' || (flags & AT_EMPTY_PATH) == 0;
	uint32_t limits;
	int r;

	if (!by_path) {
		char link[32];

		str_format(link, sizeof(link), "/proc/self/fd/%d", at.dir);
		fd = host_open(link, O_RDONLY | O_NONBLOCK | O_CLOEXEC, 0);
		if (fd == -ENOENT || fd == -ELOOP)
			fd = -EBADF;
	} else {
		int nofollow = (flags & AT_SYMLINK_NOFOLLOW) != 0 ? O_NOFOLLOW : 0;

		/* A FIFO or a device would wait or act on being opened; they are refused just behind. */
		fd = vfs_open(&c->ns, at, O_RDONLY | O_NONBLOCK | O_CLOEXEC | VFS_OPEN_EXEC | nofollow, 0, 0);
	}
	if (fd < 0)
		return fd == -ENXIO || fd == -ENODEV ? -EACCES : fd;
	r = check_executable(c, fd, by_path, ret);
	if (r < 0)
		return r;
	limits = vfs_mount_flags(&c->ns, at, (flags & AT_SYMLINK_NOFOLLOW) != 0 ? VFS_NOFOLLOW : 0,
				 MOUNT_NO_SUID | MOUNT_NO_EXEC);
	if ((limits & MOUNT_NO_EXEC) != 0)
		return -EACCES;
	*ret_no_suid = (limits & MOUNT_NO_SUID) != 0;
	r = check_not_written(fd);
	return r < 0 ? r : take_fd(&fd);
}

/* The name by which a script's interpreter finds the script: p->execfn. */
static int find_name(const struct vfs_at *at, int flags, struct plan *p)
{
	size_t n;

	p->execfn = at->path;
	if (at->dir == AT_FDCWD || at->path[0] == '/')
		return 0;
	if (at->path[0] == '\0' && (flags & AT_EMPTY_PATH) != 0)
		n = str_format(p->name, sizeof(p->name), "/dev/fd/%d", at->dir);
	else
		n = str_format(p->name, sizeof(p->name), "/dev/fd/%d/%s", at->dir, at->path);
	p->execfn = p->name;
	return n < sizeof(p->name) ? 0 : -ENAMETOOLONG;
}

/* A script that its interpreter would look for at a descriptor that exec closes. */
static bool is_out_of_reach(const struct vfs_at *at)
{
	return at->dir != AT_FDCWD && at->path[0] != '/' && (host_fcntl(at->dir, F_GETFD, 0) & FD_CLOEXEC) != 0;
}

static int open_interpreter(struct tr_call *c, struct plan *p, const char *path)
{
	struct stat st;
	bool no_suid;
	int r;

	if (path[0] == '\0')
		return 0;
	p->interpreter = open_checked(c, (struct vfs_at){.dir = AT_FDCWD, .path = path}, 0, &st, &no_suid);
	if (p->interpreter < 0)
		return p->interpreter;
	r = ldr_probe_interpreter(p->interpreter);
	return r;
}

/* Takes the first word off and puts the interpreter's words in front. The list is kept back to front. */
static void put_words(struct plan *p, const struct ldr_program *script, const char *path)
{
	if (p->words > 0)
		p->words--;
	p->word[p->words++] = path;
	if (script->has_argument)
		p->word[p->words++] = script->argument;
	p->word[p->words++] = script->interpreter;
}

static int make_plan(struct tr_call *c, struct vfs_at at, int flags, struct plan *p)
{
	int r = find_name(&at, flags, p);
	const char *path = p->execfn;

	if (r < 0)
		return r;
	for (unsigned depth = 0;; depth++) {
		struct ldr_program *level;
		ssize_t n;

		if (depth == DEPTH_MAX)
			return -ELOOP;
		level = &p->level[depth];
		p->program = open_checked(c, at, flags, &p->program_stat, &p->no_suid);
		if (p->program < 0)
			return p->program;
		r = ldr_probe(p->program, level);
		if (r < 0)
			return r;
		if (level->kind == LDR_ELF) {
			n = vfs_fd_path(&c->ns, p->program, p->exe, sizeof(p->exe));
			if (n < 0)
				(void)str_format(p->exe, sizeof(p->exe), "%s", path);
			return open_interpreter(c, p, level->interpreter);
		}
		if (is_out_of_reach(&at))
			return -ENOENT;
		put_words(p, level, path);
		host_close_at(&p->program);
		path = level->interpreter;
		at = (struct vfs_at){.dir = AT_FDCWD, .path = path};
		flags = 0;
	}
}

/* The new argument vector of a script, in memory of its own: the plan's words, then argv[1..]. */
struct words {
	uint64_t at, size;
};

static void words_done(struct words *w)
{
	if (w->size != 0)
		(void)!host_munmap(w->at, w->size);
}

static int make_words(struct tr_call *c, const struct plan *p, uint64_t argv, struct words *ret)
{
	uint64_t count = 0, word = 0, size;
	uint64_t *to;
	long at;

	if (argv != 0)
		for (;; count++) {
			if (tr_read(c, &word, argv + count * 8, 8) < 0)
				return -EFAULT;
			if (word == 0)
				break;
		}
	size = (p->words + count + 1) * 8;
	at = host_mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (host_is_error(at))
		return (int)at;
	*ret = (struct words){.at = (uint64_t)at, .size = size};
	to = (uint64_t *)(uintptr_t)at;
	for (unsigned i = p->words; i-- > 0;)
		*to++ = (uint64_t)(uintptr_t)p->word[i];
	if (count > 1)
		return tr_read(c, to, argv + 8, (count - 1) * 8);
	return 0;
}

static int inherit(int fd)
{
	return fd < 0 ? 0 : host_fcntl(fd, F_SETFD, 0);
}

/* The new image opens the instance's memory, and has nobody to tell that it could not. */
static int check_room(const struct plan *p)
{
	int fd CLEANUP(host_close_at) = host_fcntl(p->program, F_DUPFD_CLOEXEC, 0);

	return fd < 0 ? fd : 0;
}

static void fill_slot(struct tr_call *c, struct process_slot *s, const struct plan *p,
		      const struct tr_exec_identity *who)
{
	struct tr_public next = tr_process_public(c->process);

	next.creds = &who->creds;
	next.dumpable = who->dumpable;
	next.flags &= ~(uint32_t)(PROCESS_FIRST | PROCESS_SECURE);
	if (who->secure)
		next.flags |= PROCESS_SECURE;
	if (atomic_load(&tr_patched_closed) != 0)
		next.flags |= PROCESS_UNPATCHED;
	next.exe = p->exe;
	tr_slot_publish(s, &next);
	s->signal_mask = *tr_context_mask(c->frame->context);
	s->ignored = tr_ignored_signals(c->process);
	(void)str_format(s->execfn, sizeof(s->execfn), "%s", p->execfn);
	s->interpreter_fd = p->interpreter;
	s->supervisor_fd = -1;
	s->program_fd = p->program;
}

/* What the kernel keeps of a task over exec although a program that gains rights must not have it. */
struct weakness {
	int death_signal;
	long personality;
	bool limited;
	struct rlimit stack;
};

static void take_weakness(const struct tr_exec_identity *who, struct weakness *ret)
{
	const long weak = READ_IMPLIES_EXEC | ADDR_NO_RANDOMIZE | ADDR_COMPAT_LAYOUT | MMAP_PAGE_ZERO;

	*ret = (struct weakness){.personality = -1};
	/* bprm_execve(): the place of its stack must not be its caller's to choose. */
	if (who->secure && host_call(SYS_getrlimit, RLIMIT_STACK, &ret->stack) == 0 &&
	    ret->stack.rlim_cur > STACK_SECURE) {
		const struct rlimit limit = {.rlim_cur = STACK_SECURE, .rlim_max = ret->stack.rlim_max};

		ret->limited = host_call(SYS_setrlimit, RLIMIT_STACK, &limit) == 0;
	}
	if (!who->keeps_death_signal) {
		(void)host_call(SYS_prctl, PR_GET_PDEATHSIG, &ret->death_signal);
		(void)host_call(SYS_prctl, PR_SET_PDEATHSIG, 0);
	}
	if (who->resets_personality) {
		ret->personality = host_call(SYS_personality, 0xffffffff);
		(void)host_call(SYS_personality, ret->personality & ~weak);
	}
}

static void give_weakness_back(const struct weakness *w)
{
	if (w->death_signal != 0)
		(void)host_call(SYS_prctl, PR_SET_PDEATHSIG, w->death_signal);
	if (w->personality >= 0)
		(void)host_call(SYS_personality, w->personality);
	if (w->limited)
		(void)host_call(SYS_setrlimit, RLIMIT_STACK, &w->stack);
}

static long execute(struct tr_call *c, const struct plan *p, uint64_t argv, uint64_t envp)
{
	struct words words CLEANUP(words_done) = {0};
	struct process_slot *s = tr_process_slot(c->process);
	char resident[sizeof(c->ns.in->runtime) + 16];
	struct tr_exec_identity who;
	struct weakness weakness;
	long r;

	if (s == NULL)
		return -EAGAIN;
	r = tr_creds_exec(c, p->program, &p->program_stat, p->no_suid, &who);
	if (r < 0)
		return r;
	if (p->words > 0) {
		r = make_words(c, p, argv, &words);
		if (r < 0)
			return r;
		argv = words.at;
	}
	r = check_room(p);
	if (r == 0)
		r = inherit(p->program);
	if (r == 0)
		r = inherit(p->interpreter);
	if (r < 0)
		return r;
	str_format(resident, sizeof(resident), "%s/resident", c->ns.in->runtime);
	fill_slot(c, s, p, &who);
	take_weakness(&who, &weakness);
	tr_trace_leaving(c);
	tr_ptrace_exec_begins(c->process);
	r = host_call(SYS_execve, resident, argv, envp);

	/* Still here: nothing has happened. */
	give_weakness_back(&weakness);
	tr_ptrace_exec_failed(c->process);
	s->program_fd = -1;
	tr_process_changed(c);
	return r;
}

static long exec(struct tr_call *c, struct vfs_at at, int flags, uint64_t argv, uint64_t envp)
{
	struct plan p CLEANUP(close_plan);
	long r;

	p.program = p.interpreter = -1;
	p.words = 0;
	r = make_plan(c, at, flags, &p);
	return r < 0 ? r : execute(c, &p, argv, envp);
}

long sys_execve(struct tr_call *c, const struct execve_args *a)
{
	return exec(c, a->at, 0, a->argv, a->envp);
}

long sys_execveat(struct tr_call *c, const struct execveat_args *a)
{
	if ((a->flags & ~(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW | AT_EXECVE_CHECK)) != 0)
		return -EINVAL;
	if ((a->flags & AT_EXECVE_CHECK) != 0) {
		struct stat st;
		bool no_suid;
		int fd CLEANUP(host_close_at) = open_checked(c, a->at, a->flags, &st, &no_suid);

		return fd < 0 ? fd : 0;
	}
	return exec(c, a->at, a->flags, a->argv, a->envp);
}
