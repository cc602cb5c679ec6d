#include "cli/run.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/host.h"
#include "cli/environment.h"
#include "cli/libexec.h"
#include "cli/nested.h"
#include "cli/report.h"
#include "cli/rundir.h"
#include "cli/supervisor.h"
#include "cli/trace.h"
#include "cli/user.h"

/* What a process without capabilities, which guests are even if root starts them, may do with its own directory. */
static bool may_look(int fd)
{
	struct stat st;
	mode_t needed;

	if (faccessat(fd, ".", R_OK | X_OK, 0) < 0)
		return false;
	if (geteuid() != 0 || fstat(fd, &st) < 0)
		return true;
	needed = st.st_uid == 0 ? 0500 : st.st_gid == 0 ? 0050 : 0005;
	errno = EACCES;
	return (st.st_mode & needed) == needed;
}

/* The root directory, checked; its path without links in ret_path. */
static int open_root(const char *path, char *ret_path)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		report_fatal("cannot open the root directory '%s': %s", path, strerror(errno));
	if (!may_look(fd))
		report_fatal("cannot look into the root directory '%s': %s", path, strerror(errno));
	if (realpath(path, ret_path) == NULL)
		report_fatal("cannot name the root directory '%s': %s", path, strerror(errno));
	return fd;
}

/* The root's descriptor goes to its reserved number, whatever the limit on descriptors is. */
static void reserve_root(int root_fd)
{
	struct rlimit old, more;
	bool raised = false;

	if (getrlimit(RLIMIT_NOFILE, &old) == 0 && old.rlim_cur <= RESERVED_FD) {
		more = old;
		more.rlim_cur = RESERVED_FD + 1;
		if (more.rlim_max < more.rlim_cur)
			report_fatal("the limit on open files (%lu) is too low: at least %d are needed",
				     (unsigned long)old.rlim_max, RESERVED_FD + 1);
		raised = setrlimit(RLIMIT_NOFILE, &more) == 0;
	}
	if (dup2(root_fd, RESERVED_FD) < 0)
		report_fatal("cannot reserve descriptor %d: %s", RESERVED_FD, strerror(errno));
	if (raised)
		(void)setrlimit(RLIMIT_NOFILE, &old);
	if (root_fd != RESERVED_FD)
		close(root_fd);
}

static void set_identity(struct process_slot *s, const struct user *u)
{
	struct creds *c = &s->creds;

	c->ruid = c->euid = c->suid = c->fsuid = u->uid;
	c->rgid = c->egid = c->sgid = c->fsgid = u->gid;
	c->group_count = u->group_count;
	memcpy(c->groups, u->groups, sizeof(c->groups));
	c->cap_bounding = CREDS_CAPS_ALL;
	if (u->uid == 0)
		c->cap_permitted = c->cap_effective = CREDS_CAPS_ALL;
}

static void take_slot(struct instance *in, const struct options *o, const struct user *u, const char *path)
{
	struct process_slot *s = instance_claim_slot(in, getpid());

	if (s == NULL)
		report_fatal("the instance has no room for another process");
	s->flags = PROCESS_FIRST;
	s->dumpable = 1;
	s->program_fd = s->interpreter_fd = s->supervisor_fd = -1;
	set_identity(s, u);
	/* Where the first program starts and what it is called: the resident resolves both as the guest would. */
	snprintf(s->execfn, sizeof(s->execfn), "%s", o->directory != NULL ? o->directory : "/");
	snprintf(s->exe, sizeof(s->exe), "%s", path);
}

/* The user's shell as a login shell: its name with a dash in front. */
static char **login_shell(const struct user *u)
{
	static char name[sizeof(u->shell) + 1];
	static char *words[] = {name, NULL};
	const char *slash = strrchr(u->shell, '/');

	snprintf(name, sizeof(name), "-%s", slash != NULL ? slash + 1 : u->shell);
	return words;
}

/* Makes the trace's file; its path without links, "" if there is none. */
static void make_trace_file(const char *name, char *ret_path)
{
	int fd;

	ret_path[0] = '\0';
	if (name == NULL)
		return;
	fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0 || realpath(name, ret_path) == NULL)
		report_fatal("cannot write the trace file '%s': %s", name, strerror(errno));
	close(fd);
}

/* The supervisor begins to trace this process; from then on it may become a guest. */
static void wait_for_tracer(struct instance *in, int socket)
{
	char answer;

	(void)prctl(PR_SET_PTRACER, in->supervisor, 0, 0, 0);
	if (write(socket, "", 1) != 1 || read(socket, &answer, 1) != 1)
		report_fatal("the supervisor ended before it could trace");
	if (answer != 0)
		report_fatal("this host does not allow tracing, which the ptrace gate needs: %s", strerror(answer));
}

/* A limit on the size of files would end this process in the middle: its files are of known size. */
static int make_rundir(const struct rundir_options *o, struct instance **ret, char *message, size_t size)
{
	struct rlimit old, more;
	sighandler_t action;
	int r;

	if (getrlimit(RLIMIT_FSIZE, &old) < 0)
		return -errno;
	more = (struct rlimit){.rlim_cur = old.rlim_max, .rlim_max = old.rlim_max};
	action = signal(SIGXFSZ, SIG_IGN);
	(void)setrlimit(RLIMIT_FSIZE, &more);
	r = rundir_create(o, ret, message, size);
	(void)setrlimit(RLIMIT_FSIZE, &old);
	(void)signal(SIGXFSZ, action);
	return r;
}

int run(const struct options *o)
{
	char resident[PATH_MAX], root[PATH_MAX], trace_file[PATH_MAX], message[512] = "";
	char **command = o->command, **environment;
	const char *path;
	struct rundir_options rundir;
	struct instance *in;
	struct user user;
	int root_fd, r;

	root_fd = open_root(o->root, root);
	if (user_find(root_fd, o->user, &user) < 0)
		report_fatal("there is no user '%s' in %s", o->user, root);
	environment = environment_make(&(struct environment_of){
		.root_fd = root_fd, .user = &user, .paths = {.root = root, .host_root = "/mnt/host"}, .extra = o->env});
	if (environment == NULL)
		report_fatal("out of memory");
	if (command[0] == NULL)
		command = login_shell(&user);
	path = command == o->command ? command[0] : user.shell;
	if (nested_is_inside())
		nested_run(o, root, &user, &(struct nested_command){path, command, environment});
	libexec_find("lxrun-resident", resident, sizeof(resident));
	make_trace_file(o->trace_file, trace_file);

	rundir = (struct rundir_options){
		.root = root, .resident = resident, .gate = o->gate, .no_openat2 = o->no_openat2};
	r = make_rundir(&rundir, &in, message, sizeof(message));
	if (r < 0)
		report_fatal("%s", message);
	take_slot(in, o, &user, path);
	r = o->trace ? trace_prepare(in, trace_file) : 0;
	if (r < 0) {
		rundir_remove(in->runtime);
		report_fatal("cannot prepare the trace: %s", strerror(-r));
	}
	r = supervisor_start(in, o->trace, &instance_find_slot(in, getpid())->supervisor_fd);
	if (r < 0) {
		rundir_remove(in->runtime);
		report_fatal("cannot start the supervisor: %s", strerror(-r));
	}
	if (o->trace)
		trace_begin(in);
	if (o->gate == INSTANCE_GATE_PTRACE)
		wait_for_tracer(in, instance_find_slot(in, getpid())->supervisor_fd);
	(void)fcntl(instance_find_slot(in, getpid())->supervisor_fd, F_SETFD, 0);
	reserve_root(root_fd);
	snprintf(resident, sizeof(resident), "%s/resident", in->runtime);
	execve(resident, command, environment);
	report_fatal("cannot execute %s: %s", resident, strerror(errno));
}
