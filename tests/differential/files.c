/* Calls that make, open, move and remove. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "identity.h"

static const mode_t modes[] = {0777,  0755,  0700,  0666,  0644,  0600,  0640,  0070, 0007,  0000,
			       0444,  0111,  0311,  0555,  0711,  0750,  0770,  0200, 04755, 02755,
			       06711, 01777, 02775, 02644, 04644, 07777, 02070, 04100};

struct flag {
	int value;
	const char *name;
};

static int some_flags(const struct flag *list, size_t count, unsigned often)
{
	int flags = 0;

	for (size_t i = 0; i < count; i++)
		if (one_in(often)) {
			flags |= list[i].value;
			say("|%s", list[i].name);
		}
	return flags;
}

static const struct flag open_flags[] = {
	{O_EXCL, "EXCL"},         {O_TRUNC, "TRUNC"},     {O_APPEND, "APPEND"}, {O_DIRECTORY, "DIRECTORY"},
	{O_NOFOLLOW, "NOFOLLOW"}, {O_NOATIME, "NOATIME"}, {O_PATH, "PATH"},
};

/* What is open for writing is written to at once: that is when set-id bits go, and lxrun takes them when it is opened. */
static void write_something(int fd, int flags)
{
	struct stat st;

	if ((flags & O_ACCMODE) == O_RDONLY || (flags & O_PATH) != 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return;
	if (pwrite(fd, "x", 1, st.st_size) != 1)
		say(" (not written)");
}

static bool is_away(const struct worker *w, int fd)
{
	char link[64], text[512];
	ssize_t n;

	if (w->jailed)
		return false;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, text, sizeof(text) - 1);
	text[n < 0 ? 0 : n] = '\0';
	return is_outside(text);
}

static void keep(struct worker *w, int fd, int flags)
{
	struct stat st;
	int *slot = &w->slots[dice(SLOTS)];

	if (fd < 0)
		return;
	write_something(fd, flags);
	/* What is open is the host's device. */
	if (fstat(fd, &st) == 0 && (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode))) {
		say(" a device");
		close(fd);
		return;
	}
	if (is_away(w, fd)) {
		say(" outside");
		close(fd);
		return;
	}
	if (fstat(fd, &st) == 0)
		say_stat(&st);
	if (*slot >= 0)
		close(*slot);
	*slot = fd;
	say(" #%td", slot - w->slots);
}

static bool is_device(const struct path *p)
{
	struct stat st;

	return fstatat(p->dir, p->text, &st, 0) == 0 && (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode));
}

static void do_open(struct worker *w)
{
	static const char *const access[] = {"RDONLY", "WRONLY", "RDWR"};
	int flags = (int)dice(3), fd;
	mode_t mode = pick(modes);
	struct path p;

	any_path(w, &p);
	/* Set-id bits of a new file go when it is written to, which lxrun does not see. */
	if (flags != O_RDONLY)
		mode &= 01777;
	say("open(");
	say_path(w, &p);
	say(", %s", access[flags]);
	if (one_in(3)) {
		flags |= O_CREAT;
		say("|CREAT, %04o", mode);
	} else if (one_in(12)) {
		flags |= O_TMPFILE;
		say("|TMPFILE, %04o", mode);
	}
	flags |= some_flags(open_flags, sizeof(open_flags) / sizeof(open_flags[0]), 9) | O_NONBLOCK | O_CLOEXEC;
	say(")");
	if (((flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC) != 0) && has_capabilities(w, &p)) {
		say(" left out: capabilities");
		return;
	}
	/* Root is not asked what a sticky directory means for devices. */
	if ((flags & O_CREAT) != 0 && is_almighty() && is_device(&p)) {
		say(" left out");
		return;
	}
	fd = openat(p.dir, p.text, flags, mode);
	say_result(fd < 0 ? -1 : 0);
	keep(w, fd, flags);
}

static void do_creat(struct worker *w)
{
	mode_t mode = pick(modes) & 01777;
	struct path p;
	int fd;

	any_path(w, &p);
	p.dir = AT_FDCWD;
	say("creat(");
	say_path(w, &p);
	say(", %04o)", mode);
	/* A FIFO waits for who reads from it. */
	if (is_left_out(&p, true))
		return;
	if (has_capabilities(w, &p) || (is_almighty() && is_device(&p))) {
		say(" left out");
		return;
	}
	fd = creat(p.text, mode);
	say_result(fd < 0 ? -1 : 0);
	keep(w, fd, O_WRONLY);
}

static void do_close(struct worker *w)
{
	int *slot = &w->slots[dice(SLOTS)];

	say("close(#%td)", slot - w->slots);
	say_result(close(*slot));
	*slot = NONE;
}

static void do_mkdir(struct worker *w)
{
	mode_t mode = pick(modes);
	struct path p;

	any_path(w, &p);
	say("mkdir(");
	say_path(w, &p);
	say(", %04o)", mode);
	say_result(mkdirat(p.dir, p.text, mode));
}

static void do_mknod(struct worker *w)
{
	static const struct {
		mode_t type;
		unsigned major, minor;
		const char *name;
	} kinds[] = {
		{S_IFIFO, 0, 0, "FIFO"},     {S_IFSOCK, 0, 0, "SOCK"},
		{S_IFREG, 0, 0, "REG"},      {0, 0, 0, "0"},
		{S_IFCHR, 1, 3, "null"},     {S_IFCHR, 1, 5, "zero"},
		{S_IFCHR, 240, 7, "char"},   {S_IFBLK, 240, 9, "block"},
		{S_IFCHR, 0, 0, "whiteout"}, {S_IFDIR, 0, 0, "DIR"},
	};
	unsigned kind = dice(sizeof(kinds) / sizeof(kinds[0]));
	mode_t mode = pick(modes);
	struct path p;

	any_path(w, &p);
	say("mknod(");
	say_path(w, &p);
	say(", %s, %04o)", kinds[kind].name, mode);
	say_result(mknodat(p.dir, p.text, kinds[kind].type | mode, makedev(kinds[kind].major, kinds[kind].minor)));
}

static void do_bind(struct worker *w)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	char text[64];
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)w;
	any_name(text, sizeof(text));
	memcpy(name.sun_path, text, strlen(text) + 1);
	say("bind(%s)", text);
	say_result(bind(fd, (struct sockaddr *)&name, sizeof(name)));
	close(fd);
}

static void do_symlink(struct worker *w)
{
	struct path p, target;

	any_path(w, &p);
	any_path(w, &target);
	say("symlink(");
	say_text(target.text);
	say(", ");
	say_path(w, &p);
	say(")");
	say_result(symlinkat(target.text, p.dir, p.text));
}

static void do_link(struct worker *w)
{
	static const struct flag list[] = {{AT_SYMLINK_FOLLOW, "FOLLOW"}};
	struct path from, to;
	int flags;

	any_path(w, &from);
	any_path(w, &to);
	say("link(");
	say_path(w, &from);
	say(" -> ");
	say_path(w, &to);
	say(", 0");
	flags = some_flags(list, 1, 4);
	if (one_in(16)) {
		from.text[0] = '\0';
		flags |= AT_EMPTY_PATH;
		say("|EMPTY");
	}
	say(")");
	/* Linux lets who opened the descriptor: lxrun cannot tell who that was. */
	if ((flags & AT_EMPTY_PATH) != 0 && from.dir != AT_FDCWD && !is_almighty())
		say(" left out");
	else
		say_result(linkat(from.dir, from.text, to.dir, to.text, flags));
}

static void do_unlink(struct worker *w)
{
	int flags = one_in(3) ? AT_REMOVEDIR : 0;
	struct path p;

	any_path(w, &p);
	say(flags != 0 ? "rmdir(" : "unlink(");
	say_path(w, &p);
	say(")");
	say_result(unlinkat(p.dir, p.text, flags));
}

static void do_rename(struct worker *w)
{
	static const struct {
		unsigned value;
		const char *name;
	} kinds[] = {{0, "0"}, {0, "0"}, {0, "0"}, {RENAME_NOREPLACE, "NOREPLACE"}, {RENAME_EXCHANGE, "EXCHANGE"}};
	unsigned kind = dice(sizeof(kinds) / sizeof(kinds[0]));
	struct path from, to;

	any_path(w, &from);
	any_path(w, &to);
	say("rename(");
	say_path(w, &from);
	say(" -> ");
	say_path(w, &to);
	say(", %s)", kinds[kind].name);
	say_result(renameat2(from.dir, from.text, to.dir, to.text, kinds[kind].value));
}

static void do_chdir(struct worker *w)
{
	char text[512];
	struct path p;

	any_path(w, &p);
	p.dir = AT_FDCWD;
	if (one_in(2))
		snprintf(p.text, sizeof(p.text), "%s", w->jailed ? "/" : base);
	if (one_in(6)) {
		int slot = some_slot(w);

		say("fchdir(#%d)", slot);
		say_result(fchdir(w->slots[slot]));
	} else {
		say("chdir(");
		say_path(w, &p);
		say(")");
		say_result(chdir(p.text));
	}
	if (getcwd(text, sizeof(text)) == NULL) {
		say(" %s", strerrorname_np(errno));
	} else {
		say(" in ");
		say_text(text);
	}
}

static void do_chroot(struct worker *w)
{
	struct path p;
	int r;

	any_path(w, &p);
	say("chroot(");
	say_path(w, &p);
	say(")");
	p.dir = AT_FDCWD;
	/* Who is out of it could leave the test's directory. */
	r = chdir(p.text);
	say_result(r);
	if (r < 0)
		return;
	r = chroot(".");
	say_result(r);
	w->jailed = w->jailed || r == 0;
}

static void do_exec(struct worker *w)
{
	struct path p;
	int status;
	pid_t pid;

	any_path(w, &p);
	if (one_in(8))
		snprintf(p.text, sizeof(p.text), "%s", program);
	say("exec(");
	say_path(w, &p);
	say(")");
	say_end();
	pid = fork();
	if (pid == 0) {
		char tell[] = "tell", *argv[] = {tell, NULL}, *envp[] = {NULL};

		(void)syscall(SYS_execveat, p.dir, p.text, argv, envp, 0);
		say("     ");
		say_result(-1);
		say_end();
		_exit(1);
	}
	say("     ");
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		say(" no child");
	else
		say(" ended %x", (unsigned)status);
}

const struct choice file_calls[] = {
	{14, do_open}, {4, do_creat},  {2, do_close},  {9, do_mkdir}, {5, do_mknod},  {1, do_bind}, {5, do_symlink},
	{6, do_link},  {8, do_unlink}, {9, do_rename}, {5, do_chdir}, {1, do_chroot}, {6, do_exec},
};
const unsigned file_calls_count = sizeof(file_calls) / sizeof(file_calls[0]);
