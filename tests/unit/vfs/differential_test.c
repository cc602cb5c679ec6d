/*
 * Every operation on every path, done by the kernel in a chroot with bind mounts and by the vfs without privileges: the
 * same answers, and the same trees afterwards. Needs root, for the chroot.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ops.h"
#include "scratch.h"

#define NOBODY 65534

struct test_case {
	const struct op *op;
	unsigned base;
	char path[PATH_MAX];
};

/* Where a relative path begins: the cwd, or a descriptor. */
static const struct base {
	const char *name, *cwd, *dir;
} bases[] = {
	{"/", "/", NULL},
	{"dir", "/dir", NULL},
	{"mnt/sub", "/mnt/sub", NULL},
	{"fd of /dir", "/", "/dir"},
	{"fd of /mnt", "/chain", "/mnt"},
	{"fd of a file", "/", "/file"},
	{"no fd", "/", ""},
};

static const char *const paths[] = {
	"",
	"/",
	".",
	"..",
	"./",
	"//",
	"/.",
	"/..",
	"file",
	"/file",
	"//file",
	"/./file",
	"file/",
	"file/.",
	"file/..",
	"nofile",
	"/nofile",
	"nofile/",
	"/nofile/",
	"nofile/.",
	"nofile/x",
	"nofile/..",
	"nofile/../file",
	"file/x",
	"/file/x",
	"dir",
	"/dir",
	"/dir/",
	"/dir/.",
	"/dir/..",
	"/dir/../file",
	"/dir/file",
	"/dir/./file",
	"/dir//file",
	"sub",
	"sub/",
	"sub/file",
	"sub/../file",
	"sub/../../file",
	"sub/../../dir/sub/file",
	"sub/../../../file",
	"/dir/sub/../../file",
	"../file",
	"../dir",
	"../dir/sub",
	"../../../../file",
	"/../file",
	"/dir/../../file",
	"link",
	"/link",
	"/link/",
	"/link/.",
	"link/x",
	"/abslink",
	"/dirlink",
	"/dirlink/",
	"/dirlink/file",
	"/dirlink/..",
	"/dirlink/../file",
	"/dirlink/nofile",
	"/absdirlink",
	"/absdirlink/",
	"/absdirlink/sub/file",
	"/absdirlink/../absdirlink/sub/nofile",
	"up",
	"self",
	"parent",
	"parent/file",
	"abs",
	"tomnt",
	"tomntabs/file",
	"/dir/up",
	"/dir/self",
	"/dir/self/self/self/file",
	"/dir/parent/file",
	"/dir/parent/..",
	"/dir/parent/../../dir/file",
	"/dir/abs/file",
	"/dir/tomnt",
	"/dir/tomntabs/file",
	"/dir/tomntabs/../file",
	"/dir/dots",
	"/dangling",
	"/dangling/",
	"/absdangling",
	"/deepdangling",
	"/loop",
	"/loop/",
	"/loop/x",
	"/loopa",
	"/escape",
	"/escape/passwd",
	"/absescape",
	"/trail",
	"/trail/file",
	"/filetrail",
	"/dotlink",
	"/dotlink/file",
	"/upmnt/file",
	"/tomount",
	"/tomount/",
	"/tomount/sub/../file",
	"/chain/39",
	"/chain/40",
	"/chain/41",
	"/fifo",
	"/fifo/",
	"/sock",
	"/exec",
	"/ro",
	"/secret",
	"/rodir",
	"/rodir/new",
	"/mnt",
	"mnt",
	"/mnt/",
	"/mnt/.",
	"/mnt/file",
	"/mnt/hidden",
	"/mnt/nofile",
	"/mnt/link",
	"/mnt/rel",
	"/mnt/out",
	"/mnt/up",
	"/mnt/up/file",
	"/mnt/abs",
	"/mnt/abs/file",
	"/mnt/..",
	"/mnt/../file",
	"/mnt/../mnt/../mnt/sub",
	"/mnt/sub/../..",
	"/mnt/sub/../../dir/file",
	"/mnt/nofile/../file",
	"/mnt/file/../file",
	"/dir/../mnt/file",
	"/dir/../mnt/../file",
	"../sub/../../mnt/file",
	"mnt/sub/file",
	"../mnt/sub",
	"/romnt",
	"/romnt/file",
	"/romnt/nofile",
	"/romnt/sub",
	"/romnt/sub/",
	"/romnt/link",
	"/filemnt",
	"/filemnt/",
	"/filemnt/x",
	"filemnt",
	"/dir/empty",
	"empty",
	"/dir/empty/",
	"/dir/sub/new",
	"new",
	"new/",
	"/new",
	"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
	"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
	"0123456789012345678901234567890123456789012345678901234",
	"/dir/x123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
	"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
	"01234567890123456789012345678901234567890123456789012345",
	"LONG",
};

/* --- the workers -------------------------------------------------------------------------------------------------------- */

struct worker {
	const struct api *api;
	int socket;
	pid_t pid;
	struct scratch_tree tree;
};

static void run_case(struct worker *w, const struct test_case *c, struct report *r)
{
	const struct base *base = &bases[c->base];
	int dir = AT_FDCWD, n;

	r->length = 0;
	if (w->api->chdir(base->cwd) < 0)
		say(r, "chdir failed\n");
	if (base->dir != NULL)
		dir = base->dir[0] == '\0' ? -1 : w->api->open(AT_FDCWD, base->dir, O_RDONLY | O_CLOEXEC, 0, 0);
	n = c->op->run(w->api, dir, c->path, c->op, r);
	say(r, "= %s\n", n < 0 ? strerrorname_np(-n) : "success");
	if (dir >= 0)
		close(dir);
	if (w->api->chdir("/") < 0)
		say(r, "chdir failed\n");
	if (n >= 0 && c->op->changes) {
		tell_tree(w->api, r);
		scratch_rebuild(&w->tree, strstr(c->path, "chain") != NULL);
	}
}

static void serve(struct worker *w)
{
	static struct report r;
	struct test_case c;

	while (recv(w->socket, &c, sizeof(c), 0) == sizeof(c)) {
		run_case(w, &c, &r);
		if (send(w->socket, r.text, r.length, 0) < 0)
			break;
	}
	_exit(0);
}

static void bind_mount(const char *dir, const char *source, const char *point, bool read_only)
{
	char from[PATH_MAX], to[PATH_MAX];

	snprintf(from, sizeof(from), "%s/%s", dir, source);
	snprintf(to, sizeof(to), "%s/root/%s", dir, point);
	if (mount(from, to, NULL, MS_BIND, NULL) < 0 ||
	    (read_only && mount(NULL, to, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL) < 0)) {
		perror(to);
		abort();
	}
}

static void become_native(struct worker *w, const char *dir)
{
	char root[PATH_MAX];

	w->tree = scratch_open(dir);
	snprintf(root, sizeof(root), "%s/root", dir);
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		abort();
	bind_mount(dir, "run/mounted", "mnt", false);
	bind_mount(dir, "run/readonly", "romnt", true);
	bind_mount(dir, "run/single", "filemnt", false);
	if (chroot(root) < 0 || chdir("/") < 0)
		abort();
}

static void become_guest(struct worker *w, bool no_openat2)
{
	if (setgroups(0, NULL) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 || setresuid(NOBODY, NOBODY, NOBODY) < 0 ||
	    prctl(PR_SET_DUMPABLE, 1) < 0)
		abort();
	scratch_start(true);
	scratch.ns.pid = scratch.ns.tid = getpid();
	if (no_openat2)
		scratch.in->features |= INSTANCE_NO_OPENAT2;
	w->tree = scratch_open(scratch.dir);
}

static void start(struct worker *w, const char *native_dir, bool no_openat2)
{
	int pair[2];

	cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	fflush(NULL);
	w->pid = fork();
	if (w->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(pair[0]);
		w->socket = pair[1];
		umask(022);
		if (native_dir != NULL)
			become_native(w, native_dir);
		else
			become_guest(w, no_openat2);
		/* Where the tree is. */
		if (send(w->socket, scratch.dir, sizeof(scratch.dir), 0) < 0)
			abort();
		serve(w);
	}
	close(pair[1]);
	w->socket = pair[0];
}

static void ask(struct worker *w, const struct test_case *c, struct report *r)
{
	ssize_t n;

	cr_assert_eq(send(w->socket, c, sizeof(*c), 0), sizeof(*c));
	n = recv(w->socket, r->text, sizeof(r->text) - 1, 0);
	cr_assert_gt(n, 0, "the %s worker died in %s(%s) from %s", w->api->name, c->op->name, c->path,
		     bases[c->base].name);
	r->text[n] = '\0';
}

static void stop(struct worker *w)
{
	close(w->socket);
	kill(w->pid, SIGKILL);
	waitpid(w->pid, NULL, 0);
}

/* --- the comparison ------------------------------------------------------------------------------------------------------ */

/* Where the texts begin to differ, from the start of that line. */
static size_t difference(const char *a, const char *b)
{
	size_t line = 0;

	for (size_t i = 0; a[i] == b[i] && a[i] != '\0'; i++)
		if (a[i] == '\n')
			line = i + 1;
	return line;
}

static void fill_path(struct test_case *c, const char *path)
{
	snprintf(c->path, sizeof(c->path), "%s", path);
	/* The longest path there is. */
	if (strcmp(path, "LONG") == 0) {
		for (size_t i = 0; i < PATH_MAX - 5; i++)
			c->path[i] = "./"[i % 2];
		strcpy(c->path + PATH_MAX - 6, "/file");
	}
}

/* FIFOs and sockets are the host's own: they keep no more than it can (vfs/README.md). */
static bool is_known(const struct test_case *c)
{
	static const char *const ops[] = {
		"chmod 0", "chmod 06755", "chmod 01777", "setxattr trusted", "setxattr security",
	};

	if (strstr(c->path, "fifo") == NULL && strstr(c->path, "sock") == NULL)
		return false;
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		if (strcmp(c->op->name, ops[i]) == 0)
			return true;
	return false;
}

static void remove_tree(const char *dir)
{
	pid_t pid = fork();

	if (pid == 0) {
		execlp("rm", "rm", "-rf", dir, (char *)NULL);
		_exit(1);
	}
	waitpid(pid, NULL, 0);
}

static void compare(const struct op *ops, bool no_openat2)
{
	static struct report native_report, guest_report;
	struct worker native = {.api = &native_api}, guest = {.api = &guest_api};
	char native_dir[64], guest_dir[64];
	struct test_case c;
	unsigned cases = 0, wrong = 0;

	if (geteuid() != 0)
		cr_skip_test("needs root for the chroot");
	scratch_in_memory = true;
	scratch_make(native_dir, sizeof(native_dir));
	start(&native, native_dir, false);
	start(&guest, NULL, no_openat2);
	cr_assert_gt(recv(native.socket, guest_dir, sizeof(guest_dir), 0), 0);
	cr_assert_gt(recv(guest.socket, guest_dir, sizeof(guest_dir), 0), 0);

	memset(&c, 0, sizeof(c));
	for (; ops->name != NULL; ops++) {
		c.op = ops;
		for (c.base = 0; c.base < sizeof(bases) / sizeof(bases[0]); c.base++) {
			if ((ops->cwd_only && bases[c.base].dir != NULL) || (ops->once && c.base > 0))
				continue;
			for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
				/* Absolute paths begin at the root, wherever that is. */
				if (paths[i][0] == '/' && c.base > 0 && (c.base + i) % 7 != 0)
					continue;
				fill_path(&c, paths[i]);
				if (is_known(&c) || (ops->once && i > 0))
					continue;
				ask(&native, &c, &native_report);
				ask(&guest, &c, &guest_report);
				cases++;
				if (strcmp(native_report.text, guest_report.text) == 0)
					continue;
				size_t line = difference(native_report.text, guest_report.text);

				if (wrong++ < 40)
					fprintf(stderr, "%s(%.60s) from %s\n--- native\n%.100s\n--- guest\n%.100s\n",
						ops->name, c.path, bases[c.base].name, native_report.text + line,
						guest_report.text + line);
			}
		}
	}
	stop(&native);
	stop(&guest);
	remove_tree(native_dir);
	remove_tree(guest_dir);
	cr_assert_eq(wrong, 0, "%u of %u cases differ", wrong, cases);
	cr_assert_gt(cases, 0);
}

#define BOTH(name)                                 \
	Test(differential, name)                   \
	{                                          \
		compare(name##_ops, false);        \
	}                                          \
	Test(differential, name##_without_openat2) \
	{                                          \
		compare(name##_ops, true);         \
	}

BOTH(open)
BOTH(openat2)
BOTH(look)
BOTH(make)
BOTH(rename)
BOTH(attr)
BOTH(scenario)
BOTH(users)
