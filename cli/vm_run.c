/*
 * A command in the utility VM: this process stands for it. What it writes goes where this process's descriptors lead, signals
 * that this process gets go to it, and it ends as that ended.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/host.h"
#include "cli/environment.h"
#include "cli/report.h"
#include "cli/vm.h"

#define HOST_PLACE  "/mnt/host"
#define CREDIT_STEP (FRAME_WINDOW / 4)
/* What a pipe that can be written at all takes without waiting. */
#define PIPE_STEP 4096
#define RETRIES   3

struct relay {
	int fd;
	struct queue in, out;
	struct queue write[SUB_COUNT]; /* for our own descriptors */
	uint32_t passed[SUB_COUNT];    /* written since the last credit */
	uint32_t credit;               /* for SUB_IN */
	bool in_ended, over, answered, started;
	bool again; /* it was ending, and can be started again */
	int status; /* as wait(2) has it */
	bool failed;
	int own_status;
	int to[SUB_COUNT];   /* where what comes is written */
	struct queue fields; /* sentences */
};

static void must(int r)
{
	if (r < 0)
		report_fatal("%s", r == -E2BIG ? "the command's words and environment are too long" : "out of memory");
}

/* --- the terminal ----------------------------------------------------------------------------------------------------------- */

static struct termios saved;
static int raw = -1; /* the descriptor that is in raw mode */

static void make_raw(int fd)
{
	struct termios t;

	if (tcgetattr(fd, &saved) < 0)
		return;
	t = saved;
	cfmakeraw(&t);
	raw = tcsetattr(fd, TCSADRAIN, &t) == 0 ? fd : -1;
}

static void restore(void)
{
	if (raw >= 0)
		(void)tcsetattr(raw, TCSADRAIN, &saved);
	raw = -1;
}

static int find_terminal(void)
{
	static const int order[] = {1, 2, 0};

	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		if (isatty(order[i]) == 1)
			return order[i];
	return -1;
}

static struct frame_size terminal_size(void)
{
	struct winsize w = {0};
	int fd = find_terminal();

	if (fd >= 0)
		(void)ioctl(fd, TIOCGWINSZ, &w);
	return (struct frame_size){w.ws_row, w.ws_col, w.ws_xpixel, w.ws_ypixel};
}

/* --- signals ----------------------------------------------------------------------------------------------------------------- */

static const int passed_on[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGWINCH, SIGCONT};
static int wake[2];

static void note(int sig)
{
	char byte = (char)sig;
	int e = errno;

	(void)!write(wake[1], &byte, 1);
	errno = e;
}

static void catch_signals(void)
{
	struct sigaction a = {.sa_handler = note};

	if (pipe2(wake, O_CLOEXEC | O_NONBLOCK) < 0)
		report_fatal("cannot make a pipe: %s", strerror(errno));
	for (size_t i = 0; i < ARRAY_SIZE(passed_on); i++) {
		struct sigaction old;

		/* What the caller ignores, a command started by nohup for one, stays ignored. */
		if (sigaction(passed_on[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			(void)sigaction(passed_on[i], &a, NULL);
	}
}

static void pass_signals(struct relay *r)
{
	char byte;

	while (read(wake[0], &byte, 1) == 1) {
		uint32_t number = (uint32_t)byte;
		struct frame_size size = terminal_size();

		if (byte == SIGCONT && raw >= 0)
			make_raw(raw);
		if (byte == SIGWINCH || byte == SIGCONT)
			must(queue_frame(&r->out, 1, FRAME_SIZE, 0, &size, sizeof(size)));
		else
			must(queue_frame(&r->out, 1, FRAME_SIGNAL, 0, &number, sizeof(number)));
	}
}

/* --- the request -------------------------------------------------------------------------------------------------------------- */

static void put(struct queue *q, enum field_key key, const char *text)
{
	must(fields_put_text(q, key, text));
}

static void put_number(struct queue *q, enum field_key key, long long number)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld", number);
	put(q, key, text);
}

static void put_directory(struct queue *q, const struct options *o)
{
	char own[PATH_MAX], there[PATH_MAX + sizeof(HOST_PLACE)];

	if (o->directory != NULL) {
		put(q, FIELD_DIRECTORY, o->directory);
		return;
	}
	if (getcwd(own, sizeof(own)) == NULL || own[0] != '/')
		return;
	snprintf(there, sizeof(there), HOST_PLACE "%s", strcmp(own, "/") == 0 ? "" : own);
	put(q, FIELD_DIRECTORY, there);
	put(q, FIELD_HOME_ELSE, "");
}

static void put_command(struct queue *q, const struct options *o)
{
	bool asked = o->given[OPTION_SHELL_TYPE] && o->shell_type != SHELL_NONE;
	bool login = o->given[OPTION_SHELL_TYPE] && o->shell_type == SHELL_LOGIN;
	enum run_mode mode = RUN_COMMAND;

	if (o->shell_command != NULL) {
		mode = login ? RUN_LOGIN_LINE : RUN_LINE;
		put(q, FIELD_WORD, o->shell_command);
	} else if (o->command[0] == NULL) {
		mode = !o->given[OPTION_SHELL_TYPE] || login ? RUN_LOGIN_SHELL : RUN_SHELL;
	} else if (asked && !o->exec) {
		mode = login ? RUN_LOGIN_LINE : RUN_LINE;
		put(q, FIELD_WORD, "\"$0\" \"$@\"");
	}
	for (char **word = o->command; *word != NULL; word++)
		put(q, FIELD_WORD, *word);
	put_number(q, FIELD_MODE, mode);
}

static void ask_run(struct relay *r, const struct options *o, const struct distro *d)
{
	struct frame_size size = terminal_size();
	struct queue q = {0};
	int ttys = 0;

	put(&q, FIELD_ID, d->id);
	put(&q, FIELD_NAME, d->name);
	put_number(&q, FIELD_UID, d->default_uid);
	if (o->user != NULL)
		put(&q, FIELD_USER, o->user);
	put_directory(&q, o);
	put_command(&q, o);
	for (int i = 0; i < 3; i++)
		ttys |= (isatty(i) == 1) << i;
	put_number(&q, FIELD_TTYS, ttys);
	must(fields_put(&q, FIELD_SIZE, &size, sizeof(size)));
	for (char **v = environ; *v != NULL; v++)
		if (environment_may_cross(*v))
			put(&q, FIELD_VARIABLE, *v);
	for (const char *const *v = o->env; *v != NULL; v++)
		put(&q, FIELD_EXTRA, *v);
	must(fields_send(&r->out, 1, FRAME_RUN, &q));
	queue_done(&q);
}

/* --- what comes --------------------------------------------------------------------------------------------------------------- */

/* Warnings, and then the one sentence if it failed. */
static void say(struct relay *r)
{
	struct field f;
	size_t at = 0;

	while (fields_next(queue_bytes(&r->fields), queue_length(&r->fields), &at, &f) > 0)
		if (f.key == FIELD_AGAIN)
			r->again = !r->started;
		else if (f.key == FIELD_TEXT && !r->again)
			report("%s", f.text);
		else if (f.key == FIELD_NUMBER)
			r->own_status = atoi(f.text);
	queue_drop(&r->fields, queue_length(&r->fields));
}

static void take_frame(struct relay *r, const struct frame *f)
{
	switch (f->type) {
	case FRAME_HELLO: {
		struct frame_hello hello;

		memcpy(&hello, f->payload, sizeof(hello));
		if (hello.magic != FRAME_MAGIC || hello.version != FRAME_VERSION)
			report_fatal("the utility VM was started by another lxrun: 'lxrun --shutdown' ends it");
		r->answered = true;
		return;
	}
	case FRAME_FIELDS:
		if (queue_length(&r->fields) + f->length <= FRAME_FIELDS_MAX)
			must(queue_put(&r->fields, f->payload, f->length));
		return;
	case FRAME_STARTED:
		r->started = true;
		say(r);
		if (isatty(STDIN_FILENO) == 1)
			make_raw(STDIN_FILENO);
		return;
	case FRAME_ERROR:
		restore();
		r->own_status = EXIT_OWN_FAILURE;
		say(r);
		r->failed = r->over = true;
		return;
	case FRAME_EXIT:
		r->status = (int)frame_number(f);
		r->over = true;
		return;
	case FRAME_DATA:
		if (r->to[f->sub] >= 0)
			must(queue_put(&r->write[f->sub], f->payload, f->length));
		return;
	case FRAME_CREDIT:
		r->credit += frame_number(f);
		return;
	default:
		return;
	}
}

static void take_frames(struct relay *r)
{
	struct frame f;
	long n;

	while ((n = frame_parse(queue_bytes(&r->in), queue_length(&r->in), &f)) > 0) {
		take_frame(r, &f);
		queue_drop(&r->in, (size_t)n);
	}
	if (n < 0) {
		restore();
		report_fatal("the utility VM sent what is no message");
	}
}

/* --- what goes ---------------------------------------------------------------------------------------------------------------- */

static void read_in(struct relay *r)
{
	char bytes[FRAME_PAYLOAD_MAX];
	size_t most = r->credit < sizeof(bytes) ? r->credit : sizeof(bytes);
	ssize_t n = read(STDIN_FILENO, bytes, most);

	if (n > 0) {
		r->credit -= (uint32_t)n;
		must(queue_frame(&r->out, 1, FRAME_DATA, SUB_IN, bytes, (size_t)n));
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		r->in_ended = true;
		must(queue_frame(&r->out, 1, FRAME_EOF, SUB_IN, NULL, 0));
	}
}

static bool waits(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && !S_ISREG(st.st_mode);
}

static void write_out(struct relay *r, unsigned sub)
{
	struct queue *q = &r->write[sub];
	size_t most = queue_length(q);
	ssize_t n;

	if (most > PIPE_STEP && waits(r->to[sub]))
		most = PIPE_STEP;
	/* Where nobody reads any more, SIGPIPE ends this process as it would have ended the command. */
	n = write(r->to[sub], queue_bytes(q), most);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		r->to[sub] = -1;
		n = (ssize_t)queue_length(q);
	}
	queue_drop(q, (size_t)n);
	r->passed[sub] += (uint32_t)n;
	if (r->passed[sub] >= CREDIT_STEP) {
		must(queue_frame(&r->out, 1, FRAME_CREDIT, sub, &r->passed[sub], sizeof(r->passed[sub])));
		r->passed[sub] = 0;
	}
}

static bool has_output(const struct relay *r)
{
	for (unsigned i = 0; i < SUB_COUNT; i++)
		if (queue_length(&r->write[i]) > 0)
			return true;
	return false;
}

/* --- the loop ----------------------------------------------------------------------------------------------------------------- */

/* False: the other side is gone. */
static bool turn(struct relay *r)
{
	struct pollfd set[3 + SUB_COUNT];

	set[0] = (struct pollfd){.fd = r->over ? -1 : r->fd,
				 .events = (short)(POLLIN | (queue_length(&r->out) > 0 ? POLLOUT : 0))};
	set[1] = (struct pollfd){.fd = wake[0], .events = POLLIN};
	set[2] = (struct pollfd){.fd = -1};
	/* What is read now reaches the command: there is no other one to be started. */
	if (r->started && !r->in_ended && r->credit > 0 && queue_length(&r->out) < FRAME_WINDOW)
		set[2] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
	for (unsigned i = 0; i < SUB_COUNT; i++)
		set[3 + i] = (struct pollfd){.fd = queue_length(&r->write[i]) > 0 ? r->to[i] : -1, .events = POLLOUT};
	if (poll(set, ARRAY_SIZE(set), -1) < 0 && errno != EINTR)
		report_fatal("poll: %s", strerror(errno));
	if (set[1].revents != 0)
		pass_signals(r);
	if (set[2].revents != 0)
		read_in(r);
	for (unsigned i = 0; i < SUB_COUNT; i++)
		if (set[3 + i].revents != 0 && r->to[i] >= 0)
			write_out(r, i);
	if (r->over)
		return true;
	if (set[0].revents != 0 && (set[0].revents & ~POLLOUT) != 0) {
		long n = queue_read(&r->in, r->fd, 64 << 10);

		take_frames(r);
		if (n < 0 && !r->over)
			return false;
	}
	return queue_write(&r->out, r->fd) >= 0 || r->over;
}

static NORETURN void end(const struct relay *r)
{
	restore();
	if (r->failed)
		exit(r->own_status);
	if (WIFSIGNALED(r->status)) {
		int sig = WTERMSIG(r->status);
		sigset_t one;

		/* The core, if there was one, is not of this process. */
		(void)setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
		(void)signal(sig, SIG_DFL);
		sigemptyset(&one);
		sigaddset(&one, sig);
		sigprocmask(SIG_UNBLOCK, &one, NULL);
		(void)raise(sig);
		exit(128 + sig);
	}
	exit(WEXITSTATUS(r->status));
}

/* Returns when nothing has been heard: the host process was about to leave, and another one has to be started. */
static void relay(const struct options *o, const struct distro *d)
{
	struct relay r = {.credit = FRAME_WINDOW, .to = {-1, STDOUT_FILENO, STDERR_FILENO, find_terminal()}};
	struct message m;

	r.fd = vm_connect(true, &m);
	if (r.fd < 0)
		report_fatal("%s", m.text);
	(void)fcntl(r.fd, F_SETFL, O_NONBLOCK);
	must(vm_put_hello(&r.out));
	vm_put_start(&r.out, d);
	ask_run(&r, o, d);
	while (turn(&r))
		if (r.again && r.over)
			break;
		else if (r.over && !has_output(&r))
			end(&r);
	restore();
	if (r.answered && !r.again)
		report_fatal("the utility VM's host process has ended, and the command with it");
	close(r.fd);
}

int vm_run(const struct options *o, const struct distro *d)
{
	if (o->given[OPTION_TRACE] || o->given[OPTION_GATE] || o->given[OPTION_WITHOUT])
		report_fatal(
			"%s is of version 2, where a kernel of its own makes all calls: --trace, --gate and --without "
			"are for version 1",
			d->name);
	catch_signals();
	for (int i = 0; i < RETRIES; i++)
		relay(o, d);
	report_fatal("the utility VM does not start: 'lxrun --status' tells what can be used");
}
