#include "scratch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/xattr.h>
#include <unistd.h>

struct scratch scratch;

struct vfs_at path(const char *p)
{
	return (struct vfs_at){AT_FDCWD, p};
}

const char *host_path(const char *format, ...)
{
	static char bufs[8][PATH_MAX];
	static unsigned turn;
	char *buf = bufs[turn++ % 8];
	va_list ap;
	int n = snprintf(buf, PATH_MAX, "%s/", scratch.dir);

	va_start(ap, format);
	vsnprintf(buf + n, PATH_MAX - (size_t)n, format, ap);
	va_end(ap);
	return buf;
}

static void die(const char *what)
{
	fprintf(stderr, "scratch: %s: %m\n", what);
	abort();
}

static void make_dir(int at, const char *name, mode_t mode)
{
	if (mkdirat(at, name, mode) < 0 || fchmodat(at, name, mode, 0) < 0)
		die(name);
}

static void make_file(int at, const char *name, const char *text, mode_t mode)
{
	int fd = openat(at, name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, text, strlen(text)) < 0 || fchmod(fd, mode) < 0)
		die(name);
	close(fd);
}

static void make_link(int at, const char *name, const char *text)
{
	if (symlinkat(text, at, name) < 0)
		die(name);
}

static void make_chain(int root)
{
	char name[24], text[16];

	make_dir(root, "chain", 0755);
	make_file(root, "chain/0", "/chain/0", 0644);
	for (int i = 1; i < SCRATCH_CHAIN; i++) {
		snprintf(name, sizeof(name), "chain/%d", i);
		snprintf(text, sizeof(text), "%d", i - 1);
		make_link(root, name, text);
	}
}

/* What tests change. */
static void fill(const struct scratch_tree *t)
{
	int root = t->root, mounted = t->mounted;
	static const struct {
		const char *name, *text;
	} links[] = {
		{"dir/up", "../file"},
		{"dir/self", "."},
		{"dir/parent", ".."},
		{"dir/abs", "/dir/sub"},
		{"dir/tomnt", "../mnt/file"},
		{"dir/tomntabs", "/mnt/sub"},
		{"dir/dots", "sub/../../file"},
		{"link", "file"},
		{"abslink", "/file"},
		{"dirlink", "dir"},
		{"absdirlink", "/dir"},
		{"dangling", "nowhere"},
		{"absdangling", "/dir/nowhere"},
		{"deepdangling", "nowhere/x"},
		{"loop", "loop"},
		{"loopa", "loopb"},
		{"loopb", "loopa"},
		{"escape", "../../../../../../../etc"},
		{"absescape", "/../../../dir/file"},
		{"trail", "dir/"},
		{"filetrail", "file/"},
		{"dotlink", "dir/."},
		{"upmnt", "mnt/.."},
		{"tomount", "/mnt"},
	};

	make_file(root, "file", "/file", 0644);
	make_file(root, "ro", "/ro", 0444);
	make_file(root, "secret", "/secret", 0);
	make_file(root, "exec", "/exec", 0755);
	make_dir(root, "dir", 0755);
	make_file(root, "dir/file", "/dir/file", 0640);
	make_dir(root, "dir/sub", 0700);
	make_file(root, "dir/sub/file", "/dir/sub/file", 0644);
	make_dir(root, "dir/empty", 0755);
	make_dir(root, "rodir", 0555);
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		make_link(root, links[i].name, links[i].text);
	if (mknodat(root, "fifo", S_IFIFO | 0644, 0) < 0 || mknodat(root, "sock", S_IFSOCK | 0644, 0) < 0)
		die("mknod");

	make_file(mounted, "file", "/mnt/file", 0644);
	make_dir(mounted, "sub", 0755);
	make_file(mounted, "sub/file", "/mnt/sub/file", 0644);
	make_link(mounted, "link", "/file");
	make_link(mounted, "rel", "file");
	make_link(mounted, "out", "../file");
	make_link(mounted, "up", "..");
	make_link(mounted, "abs", "/mnt/sub");
}

static int open_in(const char *dir, const char *name, int flags)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, flags | O_CLOEXEC);
	if (fd < 0)
		die(path);
	return fd;
}

struct scratch_tree scratch_open(const char *dir)
{
	return (struct scratch_tree){
		.root = open_in(dir, "root", O_RDONLY | O_DIRECTORY),
		.mounted = open_in(dir, "run/mounted", O_RDONLY | O_DIRECTORY),
		.single = open_in(dir, "run/single", O_RDWR),
	};
}

bool scratch_in_memory;

/* A memory file system takes user attributes since Linux 6.6. */
static bool has_attributes(const char *dir)
{
	int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	bool has = fd >= 0 && fsetxattr(fd, "user.test", "", 0, 0) == 0;

	if (fd >= 0)
		close(fd);
	return has;
}

void scratch_make(char *dir, size_t size)
{
	struct scratch_tree t;
	int top;

	snprintf(dir, size, "%s/vfs.XXXXXX", scratch_in_memory && has_attributes("/dev/shm") ? "/dev/shm" : "/tmp");
	umask(022);
	if (mkdtemp(dir) == NULL || chmod(dir, 0755) < 0)
		die(dir);
	top = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	make_dir(top, "root", 0755);
	make_dir(top, "run", 0755);
	make_dir(top, "run/mounted", 0755);
	make_dir(top, "run/dev", 0755);
	make_dir(top, "run/shmdir", 0755);
	make_dir(top, "outside", 0755);
	make_file(top, "outside/file", "outside", 0644);
	make_file(top, "run/single", "/filemnt", 0644);
	make_dir(top, "run/readonly", 0755);
	make_file(top, "run/readonly/file", "/romnt/file", 0644);
	make_dir(top, "run/readonly/sub", 0755);
	make_link(top, "run/readonly/link", "/file");
	t = scratch_open(dir);
	make_dir(t.root, "mnt", 0755);
	make_dir(t.root, "romnt", 0755);
	make_file(t.root, "filemnt", "", 0644);
	make_file(t.root, "mnt/hidden", "hidden", 0644);
	fill(&t);
	make_chain(t.root);
	close(t.root);
	close(t.mounted);
	close(t.single);
	close(top);
}

static void remove_below(int dir, bool (*keep)(const char *));

static void remove_one(int dir, const char *name)
{
	int fd;

	if (unlinkat(dir, name, 0) == 0)
		return;
	(void)fchmodat(dir, name, 0700, 0);
	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		die(name);
	remove_below(fd, NULL);
	close(fd);
	if (unlinkat(dir, name, AT_REMOVEDIR) < 0)
		die(name);
}

static void remove_below(int dir, bool (*keep)(const char *))
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	if (d == NULL)
		die("directory");
	while ((e = readdir(d)) != NULL)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 && (keep == NULL || !keep(e->d_name)))
			remove_one(dir, e->d_name);
	closedir(d);
}

static bool is_kept(const char *name)
{
	return strcmp(name, "mnt") == 0 || strcmp(name, "romnt") == 0 || strcmp(name, "filemnt") == 0 ||
	       strcmp(name, "chain") == 0;
}

/* What stays gets its attributes back. */
static void reset(int fd, mode_t mode)
{
	if (fchown(fd, getuid(), getgid()) < 0 || fchmod(fd, mode) < 0)
		die("reset");
	(void)fremovexattr(fd, "user.containers.override_stat");
}

static uint64_t now;

static uint64_t ticks(void)
{
	return now;
}

void scratch_changed(void)
{
	now += 1ull << 32;
}

void scratch_rebuild(const struct scratch_tree *t, bool chain)
{
	mode_t mask = umask(022);

	scratch_changed();
	reset(t->root, 0755);
	reset(t->mounted, 0755);
	reset(t->single, 0644);
	if (ftruncate(t->single, 0) < 0 || pwrite(t->single, "/filemnt", 8, 0) != 8)
		die("single");
	remove_below(t->root, is_kept);
	remove_below(t->mounted, NULL);
	fill(t);
	if (chain) {
		remove_one(t->root, "chain");
		make_chain(t->root);
	}
	umask(mask);
}

void scratch_mount(unsigned kind, unsigned flags, const char *point, const char *format, ...)
{
	struct mount_entry e = {.kind = kind, .flags = flags};
	va_list ap;

	snprintf(e.point, sizeof(e.point), "%s", point);
	va_start(ap, format);
	vsnprintf(e.source, sizeof(e.source), format, ap);
	va_end(ap);
	if (instance_add_mount(scratch.in, &e) < 0)
		die(point);
}

void scratch_become(uid_t uid, gid_t gid)
{
	struct creds *c = &scratch.creds;

	memset(c, 0, sizeof(*c));
	c->ruid = c->euid = c->suid = c->fsuid = uid;
	c->rgid = c->egid = c->sgid = c->fsgid = gid;
	if (uid == 0)
		c->cap_effective = c->cap_permitted = CREDS_CAPS_ALL;
	c->cap_bounding = CREDS_CAPS_ALL;
}

/* The instance around a tree that is there. */
static void attach(bool mounts)
{
	struct scratch *s = &scratch;
	struct stat st;

	snprintf(s->root, sizeof(s->root), "%s/root", s->dir);
	s->in = mmap(NULL, sizeof(*s->in), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (s->in == MAP_FAILED || stat(s->root, &st) < 0)
		die("instance");
	s->in->host_uid = getuid();
	s->in->host_gid = getgid();
	s->in->root_device = st.st_dev;
	s->in->root_inode = st.st_ino;
	if (stat("/proc/self/exe", &st) == 0) {
		s->in->exe_device = st.st_dev;
		s->in->exe_inode = st.st_ino;
	}
	snprintf(s->in->root, sizeof(s->in->root), "%s", s->root);
	snprintf(s->in->runtime, sizeof(s->in->runtime), "%s/run", s->dir);
	if (mounts) {
		scratch_mount(MOUNT_BIND, 0, "/mnt", "%s/run/mounted", s->dir);
		scratch_mount(MOUNT_BIND, MOUNT_READ_ONLY, "/romnt", "%s/run/readonly", s->dir);
		scratch_mount(MOUNT_BIND, MOUNT_FILE, "/filemnt", "%s/run/single", s->dir);
	}
	scratch_become(0, 0);
	s->ns = (struct vfs_ns){
		.in = s->in,
		.creds = &s->creds,
		.root = open(s->root, O_PATH | O_DIRECTORY | O_CLOEXEC),
		.root_path = "",
		.pid = getpid(),
		.tid = getpid(),
		.exe = "/exec",
		.ret_view_dirs = &s->view_dirs,
		.cwd = &s->cwd,
		.clock = ticks,
	};
}

void scratch_start(bool mounts)
{
	scratch_make(scratch.dir, sizeof(scratch.dir));
	attach(mounts);
}

void scratch_end(void)
{
	int tmp = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (chdir("/") < 0 || tmp < 0)
		die("/tmp");
	(void)chmod(scratch.dir, 0700);
	remove_one(tmp, strrchr(scratch.dir, '/') + 1);
	close(tmp);
	munmap(scratch.in, sizeof(*scratch.in));
	close(scratch.ns.root);
}
