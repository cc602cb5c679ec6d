#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char *texts[256];
static size_t text_count;

static void make_dir(const char *base, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", base, name);
	cr_assert_eq(mkdir(path, 0755), 0, "%s: %m", path);
}

void guest_mount(struct guest *g, unsigned kind, unsigned flags, const char *point, const char *source,
		 const char *type)
{
	struct mount_entry e = {.kind = kind, .flags = flags};

	snprintf(e.point, sizeof(e.point), "%s", point);
	snprintf(e.source, sizeof(e.source), "%s", source);
	snprintf(e.type, sizeof(e.type), "%s", type);
	snprintf(e.device, sizeof(e.device), "%s", type);
	cr_assert_eq(instance_add_mount(g->in, &e), 0);
}

size_t guest_mounts(const struct guest *g)
{
	size_t n = 0;

	for (uint32_t i = 0; i < g->in->mount_count; i++)
		n += strcmp(g->in->mounts[i].point, "/dev/null") != 0;
	return n;
}

void guest_start(struct guest *g)
{
	char path[256];
	struct stat st;

	memset(g, 0, sizeof(*g));
	g->in = mmap(NULL, sizeof(*g->in), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	cr_assert_neq(g->in, MAP_FAILED);
	snprintf(g->dir, sizeof(g->dir), "/tmp/procfs.XXXXXX");
	cr_assert_not_null(mkdtemp(g->dir));
	make_dir(g->dir, "root");
	make_dir(g->dir, "run");
	make_dir(g->dir, "run/dev");
	snprintf(g->root, sizeof(g->root), "%s/root", g->dir);
	snprintf(g->runtime, sizeof(g->runtime), "%s/run", g->dir);
	snprintf(path, sizeof(path), "%s/r", g->runtime);
	cr_assert_eq(symlink(g->root, path), 0);

	cr_assert_eq(stat("/proc/self/exe", &st), 0);
	g->in->exe_device = st.st_dev;
	g->in->exe_inode = st.st_ino;
	cr_assert_eq(stat(g->root, &st), 0);
	g->in->root_device = st.st_dev;
	g->in->root_inode = st.st_ino;
	snprintf(g->in->root, sizeof(g->in->root), "%s", g->root);
	snprintf(g->in->runtime, sizeof(g->in->runtime), "%s", g->runtime);
	snprintf(g->in->hostname, sizeof(g->in->hostname), "a-guest");
	guest_mount(g, MOUNT_PROC, MOUNT_BUILT_IN, "/proc", "/proc", "proc");
	guest_mount(g, MOUNT_SYS, MOUNT_BUILT_IN | MOUNT_READ_ONLY, "/sys", "/sys", "sysfs");
	snprintf(path, sizeof(path), "%s/dev", g->runtime);
	guest_mount(g, MOUNT_BIND, MOUNT_BUILT_IN, "/dev", path, "tmpfs");
	guest_mount(g, MOUNT_BIND, MOUNT_BUILT_IN | MOUNT_FILE, "/dev/null", "/dev/null", "devtmpfs");
	guest_mount(g, MOUNT_DEVPTS, MOUNT_BUILT_IN, "/dev/pts", "/dev/pts", "devpts");

	g->creds.cap_effective = g->creds.cap_permitted = g->creds.cap_bounding = CREDS_CAPS_ALL;
	g->ns = (struct vfs_ns){
		.in = g->in,
		.creds = &g->creds,
		.root = open(g->root, O_PATH | O_DIRECTORY | O_CLOEXEC),
		.root_path = "",
		.pid = getpid(),
		.tid = (pid_t)syscall(SYS_gettid),
		.exe = "/usr/bin/this",
	};
	cr_assert_geq(g->ns.root, 0);
}

void guest_end(struct guest *g)
{
	pid_t pid = fork();

	if (pid == 0) {
		execl("/bin/rm", "rm", "-rf", g->dir, NULL);
		_exit(127);
	}
	cr_assert_eq(waitpid(pid, NULL, 0), pid);
	while (text_count > 0)
		free(texts[--text_count]);
	close(g->ns.root);
	munmap(g->in, sizeof(*g->in));
}

struct procfs_entry guest_lookup(struct guest *g, const char *rest, enum procfs_kind kind)
{
	struct procfs_entry e;
	int r = procfs_lookup(&g->ns, rest, &e);

	cr_assert_eq(r, 0, "lookup of \"%s\": %d", rest, r);
	cr_assert_eq(e.kind, kind, "\"%s\" is of kind %d", rest, e.kind);
	return e;
}

static char *read_all(int fd)
{
	size_t size = 1 << 16, n = 0;
	char *text = malloc(size);
	ssize_t r;

	cr_assert_not_null(text);
	while ((r = read(fd, text + n, size - n - 1)) > 0) {
		n += (size_t)r;
		if (n + 1 == size)
			cr_assert_not_null(text = realloc(text, size *= 2));
	}
	cr_assert_eq(r, 0, "read: %m");
	text[n] = '\0';
	close(fd);
	cr_assert_lt(text_count, ARRAY_SIZE(texts));
	return texts[text_count++] = text;
}

char *guest_text(struct guest *g, const char *rest)
{
	struct procfs_entry e = guest_lookup(g, rest, PROCFS_TEXT);
	int fd = procfs_open_text(&g->ns, &e, O_RDONLY | O_CLOEXEC);

	cr_assert_geq(fd, 0, "open of \"%s\": %d", rest, fd);
	return read_all(fd);
}

char *host_text(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	cr_assert_geq(fd, 0, "%s: %m", path);
	return read_all(fd);
}

const char *guest_link(struct guest *g, const char *rest)
{
	static char text[PATH_MAX + 1];
	struct procfs_entry e;
	ssize_t n;

	cr_assert_eq(procfs_lookup(&g->ns, rest, &e), 0);
	cr_assert(e.kind == PROCFS_LINK || e.kind == PROCFS_MAGIC);
	n = procfs_readlink(&g->ns, &e, text, PATH_MAX);
	cr_assert_geq(n, 0, "readlink of \"%s\": %zd", rest, n);
	text[n] = '\0';
	return text;
}

const char *with_pid(const char *format, pid_t pid)
{
	static char texts_with_pid[4][256];
	static unsigned turn;
	char *text = texts_with_pid[turn++ % 4];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(text, sizeof(texts_with_pid[0]), format, pid);
#pragma GCC diagnostic pop
	return text;
}

const char *field(const char *text, const char *key)
{
	static char value[4096];
	size_t n = strlen(key);

	for (const char *line = text; line != NULL && *line != '\0'; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, n) != 0 || line[n] != ':')
			continue;
		snprintf(value, sizeof(value), "%.*s", (int)strcspn(line + n + 2, "\n"), line + n + 2);
		return value;
	}
	return NULL;
}

size_t count_lines(const char *text)
{
	size_t n = 0;

	for (; *text != '\0'; text++)
		n += *text == '\n';
	return n;
}

pid_t start_guest(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	cr_assert_gt(pid, 0);
	return pid;
}

/* The write end closes by exec, which has then happened. */
static void wait_for_exec(int pipe_end)
{
	struct pollfd p = {.fd = pipe_end, .events = POLLIN};

	cr_assert_eq(poll(&p, 1, 10000), 1);
	close(pipe_end);
}

pid_t start_host(void)
{
	int ends[2];
	pid_t pid;

	cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execl("/bin/sleep", "sleep", "1000", NULL);
		_exit(127);
	}
	cr_assert_gt(pid, 0);
	close(ends[1]);
	wait_for_exec(ends[0]);
	return pid;
}

pid_t start_grandchild(pid_t *ret_middle)
{
	int ends[2];
	pid_t pid = 0, middle;

	cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
	middle = fork();
	if (middle == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pid = start_host();
		if (write(ends[1], &pid, sizeof(pid)) != sizeof(pid))
			_exit(1);
		for (;;)
			pause();
	}
	cr_assert_gt(middle, 0);
	cr_assert_eq(read(ends[0], &pid, sizeof(pid)), (ssize_t)sizeof(pid));
	close(ends[0]);
	close(ends[1]);
	*ret_middle = middle;
	return pid;
}

void end_child(pid_t pid)
{
	kill(pid, SIGKILL);
	cr_assert_eq(waitpid(pid, NULL, 0), pid);
}

void drop_capabilities(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[2] = {0};

	cr_assert_eq(syscall(SYS_capset, &header, none), 0, "%m");
	cr_assert_eq(prctl(PR_SET_DUMPABLE, 1), 0);
}

struct process_slot *guest_slot(struct guest *g, pid_t pid)
{
	struct process_slot *s = instance_claim_slot(g->in, pid);

	cr_assert_not_null(s);
	instance_slot_is_filled(s, pid);
	return s;
}
