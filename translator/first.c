/*
 * The first program of a run: from a name on lxrun's command line to execve, in the guest's own terms. The filter is
 * already in force and the resident is in its place; what happens is what happens when a guest execs.
 */
#include <errno.h>

#include "base/host.h"
#include "base/str.h"
#include "loader/loader.h"
#include "translator/state.h"

/* A call of the resident's own, as if the guest made it. */
static long exec_as_guest(struct tr_frame *f, const char *path, const struct ldr_stack *stack)
{
	struct tr_call *c = &f->call;

	*c = (struct tr_call){.nr = SYS_execve, .port = &tr_local_port, .frame = f, .scratch = f->scratch};
	c->arg[0] = (uint64_t)(uintptr_t)path;
	c->arg[1] = (uint64_t)(uintptr_t)stack->argv;
	c->arg[2] = (uint64_t)(uintptr_t)stack->envp;
	tr_call_begin(c, f);
	return tr_dispatch(c);
}

/* The value of a variable whose name, with '=', is given. */
static const char *find_variable(const struct ldr_stack *stack, const char *name, const char *otherwise)
{
	for (char **e = stack->envp; *e != NULL; e++)
		if (str_starts(*e, name))
			return *e + strlen(name);
	return otherwise;
}

static const char *find_path(const struct ldr_stack *stack)
{
	return find_variable(stack, "PATH=", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
}

/* As execvp(3): each directory of PATH; the best reason for a failure. */
static long exec_along_path(struct tr_frame *f, const char *name, const struct ldr_stack *stack)
{
	const char *dir = find_path(stack);
	char path[PATH_MAX];
	long worst = -ENOENT;

	if (name[0] == '\0' || strchr(name, '/') != NULL)
		return exec_as_guest(f, name, stack);
	for (;;) {
		const char *end = strchr(dir, ':');
		int n = (int)(end != NULL ? end - dir : (long)strlen(dir));
		long r = -ENAMETOOLONG;

		if (str_format(path, sizeof(path), "%.*s%s%s", n, dir, n > 0 ? "/" : "", name) < sizeof(path))
			r = exec_as_guest(f, path, stack);
		if (r == -EACCES)
			worst = r;
		else if (r != -ENOENT && r != -ENOTDIR && r != -ENAMETOOLONG)
			return r;
		if (end == NULL)
			return worst;
		dir = end + 1;
	}
}

static bool exists(const struct vfs_ns *ns, const char *path)
{
	int fd CLEANUP(host_close_at) = vfs_open_path(ns, (struct vfs_at){.dir = AT_FDCWD, .path = path}, 0);

	return fd >= 0;
}

static long enter(const struct vfs_ns *ns, const char *directory)
{
	return vfs_chdir(ns, (struct vfs_at){.dir = AT_FDCWD, .path = directory});
}

/* Does not return: this process becomes the first program, or says why it cannot. */
void tr_start_first(struct process_slot *slot, const struct ldr_stack *stack, bool home_else)
{
	static char name[PATH_MAX] COLD, directory[PATH_MAX] COLD;
	struct tr_frame *f = tr_slot_frame(0);
	ucontext_t context;
	long r;

	(void)str_format(name, sizeof(name), "%s", slot->exe);
	(void)str_format(directory, sizeof(directory), "%s", slot->execfn);
	memset(&context, 0, sizeof(context));
	f->context = &context;
	(void)host_call(SYS_rt_sigprocmask, SIG_BLOCK, NULL, tr_context_mask(&context), sizeof(uint64_t));
	tr_call_begin(&f->call, f);
	vfs_log_in(&f->call.ns, STDIN_FILENO);
	r = enter(&f->call.ns, directory);
	if (r < 0 && home_else)
		r = enter(&f->call.ns, find_variable(stack, "HOME=", "/"));
	if (r < 0 && home_else)
		r = enter(&f->call.ns, "/");
	if (r < 0)
		tr_fail("cannot enter the directory ", directory, r);
	r = exec_along_path(f, name, stack);
	if (r == -ENOENT || r == -ENOTDIR) {
		bool there = strchr(name, '/') != NULL && exists(&f->call.ns, name);

		tr_complain(there ? "the interpreter is not found of " : "command not found: ", name, 0);
		host_exit_group(127);
	}
	tr_complain("cannot execute ", name, r);
	host_exit_group(126);
}
