#include "cli/rundir.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/host.h"
#include "base/override.h"
#include "cli/rundir_base.h"
#include "cli/rundir_mounts.h"
#include "cli/rundir_tools.h"

/* What is being made. */
struct rundir {
	const struct rundir_options *o;
	int dir; /* the runtime directory */
	char path[RUNDIR_PATH_MAX + 1];
	struct instance *in;
	char *message;
	size_t size;
};

static int fail(struct rundir *d, int r, const char *what)
{
	snprintf(d->message, d->size, "%s in '%s': %s", what, d->path, strerror(-r));
	return r;
}

/* --- the directory --------------------------------------------------------------------------------------------------- */

static int make_dir(int dir, const char *name, mode_t mode)
{
	if (mkdirat(dir, name, 0700) < 0)
		return -errno;
	return fchmodat(dir, name, mode, 0) < 0 ? -errno : 0;
}

static int make_link(int dir, const char *text, const char *name)
{
	return symlinkat(text, dir, name) < 0 ? -errno : 0;
}

/* The guest's /dev: what is mounted over a file or a directory needs one to stand on. */
static int fill_dev(int dev)
{
	static const char *const links[][2] = {
		{"/proc/self/fd", "fd"},
		{"/proc/self/fd/0", "stdin"},
		{"/proc/self/fd/1", "stdout"},
		{"/proc/self/fd/2", "stderr"},
	};
	int r = make_dir(dev, "pts", 0755);

	if (r == 0)
		r = make_dir(dev, "shm", 01777);
	if (r == 0)
		r = make_dir(dev, "mqueue", 01777);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(links); i++)
		r = make_link(dev, links[i][0], links[i][1]);
	for (size_t i = 0; r == 0 && rundir_devices[i] != NULL; i++) {
		char source[PATH_MAX];
		int fd;

		if (!rundir_device_source(rundir_devices[i], source))
			continue;
		fd = openat(dev, rundir_devices[i], O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd < 0)
			r = -errno;
		else
			close(fd);
	}
	return r;
}

static int fill(struct rundir *d)
{
	int dev CLEANUP(host_close_at) = -1;
	char pidns[64];
	int r;

	if (host_readlinkat(AT_FDCWD, "/proc/self/ns/pid", pidns, sizeof(pidns)) < 0)
		return fail(d, -ENOENT, "cannot find /proc, which must be mounted: nothing can be started");
	r = make_link(d->dir, pidns, "pidns");
	if (r == 0)
		r = make_link(d->dir, d->o->root, "r");
	if (r == 0)
		r = make_dir(d->dir, "s", 0700);
	if (r == 0)
		r = make_dir(d->dir, "shmdir", 01777);
	for (size_t i = 0; r == 0 && d->o->target != NULL && rundir_temporary[i] != NULL; i++) {
		char name[8];

		snprintf(name, sizeof(name), "t%zu", i);
		r = make_dir(d->dir, name, 01777);
	}
	if (r == 0)
		r = make_dir(d->dir, "dev", 0755);
	if (r == 0) {
		dev = openat(d->dir, "dev", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		r = dev < 0 ? -errno : fill_dev(dev);
	}
	if (r == 0)
		r = rundir_describe(dev, d->o, d->path);
	return r < 0 ? fail(d, r, "cannot make the runtime directory") : 0;
}

/* --- the resident ---------------------------------------------------------------------------------------------------- */

static int copy_bytes(int from, int to)
{
	char buf[65536];
	ssize_t n;

	/* Shared blocks where the file system has them, the kernel's copy where it has that. */
	if (ioctl(to, FICLONE, from) == 0)
		return 0;
	for (;;) {
		n = copy_file_range(from, NULL, to, NULL, 1 << 30, 0);
		if (n == 0)
			return 0;
		if (n < 0)
			break;
	}
	while ((n = sendfile(to, from, NULL, 1 << 30)) > 0)
		;
	if (n == 0)
		return 0;
	if (lseek(from, 0, SEEK_SET) < 0 || lseek(to, 0, SEEK_SET) < 0)
		return -errno;
	for (;;) {
		int r;

		n = read(from, buf, sizeof(buf));
		if (n == 0)
			return 0;
		if (n < 0 && errno == EINTR)
			continue;
		r = n < 0 ? -errno : host_write_full(to, buf, (size_t)n);
		if (r < 0)
			return r;
	}
}

static int copy_resident(struct rundir *d, struct stat *ret)
{
	int from CLEANUP(host_close_at) = open(d->o->resident, O_RDONLY | O_CLOEXEC);
	int to CLEANUP(host_close_at) = -1;
	int r;

	if (from < 0) {
		r = -errno;
		snprintf(d->message, d->size, "cannot open '%s', a part of lxrun: %s", d->o->resident, strerror(-r));
		return r;
	}
	to = openat(d->dir, "resident", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0500);
	r = to < 0 ? -errno : copy_bytes(from, to);
	if (r == 0 && (fchmod(to, 0500) < 0 || fstat(to, ret) < 0))
		r = -errno;
	return r < 0 ? fail(d, r, "cannot copy the resident") : 0;
}

/* --- the instance ---------------------------------------------------------------------------------------------------- */

static int map_instance(struct rundir *d)
{
	int fd CLEANUP(host_close_at) = openat(d->dir, "shm", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	void *p;

	if (fd < 0 || fchmod(fd, 0600) < 0 || ftruncate(fd, sizeof(struct instance)) < 0)
		return fail(d, -errno, "cannot make the instance's memory");
	p = mmap(NULL, sizeof(struct instance), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return fail(d, -errno, "cannot map the instance's memory");
	d->in = p;
	return 0;
}

static bool has_openat2(void)
{
	int fd CLEANUP(host_close_at) = host_openat2(AT_FDCWD, "/", O_PATH | O_CLOEXEC, 0, RESOLVE_IN_ROOT);

	return fd >= 0;
}

/* Some file systems answer questions about attributes that they would not take: so one is set, if it may be. */
static bool has_attributes(int root)
{
	static const char name[] = "user.lxrun.probe";
	char value;

	if (fgetxattr(root, name, &value, 1) < 0 && errno != ENODATA)
		return false;
	if (fsetxattr(root, name, "", 0, 0) < 0)
		return errno == EPERM || errno == EACCES || errno == EROFS;
	(void)fremovexattr(root, name);
	return true;
}

/* The root directory has the attribute that podman and fuse-overlayfs give it, and not our mark. That lasts, whatever it gets. */
static bool is_unmarked(int root, const struct stat *st)
{
	if (fgetxattr(root, INSTANCE_UNMARKED_ATTRIBUTE, NULL, 0) >= 0)
		return true;
	if ((st->st_mode & S_ISVTX) != 0 ||
	    (fgetxattr(root, OVERRIDE_ATTRIBUTE, NULL, 0) < 0 && fgetxattr(root, OVERRIDE_FUSE_ATTRIBUTE, NULL, 0) < 0))
		return false;
	(void)fsetxattr(root, INSTANCE_UNMARKED_ATTRIBUTE, "", 0, 0);
	return true;
}

static int note_root(struct rundir *d)
{
	int root CLEANUP(host_close_at) = open(d->o->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct instance *in = d->in;
	struct stat st;

	if (root < 0 || fstat(root, &st) < 0) {
		int r = -errno;

		snprintf(d->message, d->size, "cannot open the root directory '%s': %s", d->o->root, strerror(-r));
		return r;
	}
	in->root_device = st.st_dev;
	in->root_inode = st.st_ino;
	if (!has_attributes(root))
		in->features |= INSTANCE_NO_XATTRS;
	else if (fgetxattr(root, INSTANCE_DEVICES_ATTRIBUTE, NULL, 0) >= 0)
		in->features |= INSTANCE_DEVICE_NODES;
	if ((in->features & INSTANCE_NO_XATTRS) == 0 && is_unmarked(root, &st))
		in->features |= INSTANCE_UNMARKED | INSTANCE_DEVICE_NODES;
	if (d->o->no_openat2 || !has_openat2())
		in->features |= INSTANCE_NO_OPENAT2;
	if (d->o->no_caches)
		in->features |= INSTANCE_NO_CACHES;
	return 0;
}

static int fill_instance(struct rundir *d, const struct stat *resident)
{
	struct instance *in = d->in;
	int r;

	in->size = sizeof(*in);
	in->gate = d->o->gate;
	in->started = instance_start_of(getpid());
	in->host_uid = geteuid();
	in->host_gid = getegid();
	in->exe_device = resident->st_dev;
	in->exe_inode = resident->st_ino;
	/* sizes: the root was opened by this path, and the runtime directory is short */
	snprintf(in->root, sizeof(in->root), "%s", d->o->root);
	snprintf(in->runtime, sizeof(in->runtime), "%s", d->path);
	snprintf(in->text, sizeof(in->text), "%s", d->o->text != NULL ? d->o->text : "");
	snprintf(in->distro, sizeof(in->distro), "%s", d->o->distro != NULL ? d->o->distro : "");
	if (d->o->hostname != NULL)
		snprintf(in->hostname, sizeof(in->hostname), "%s", d->o->hostname);
	else if (gethostname(in->hostname, sizeof(in->hostname) - 1) < 0)
		snprintf(in->hostname, sizeof(in->hostname), "localhost");
	r = note_root(d);
	if (r < 0)
		return r;
	r = rundir_add_mounts(in, d->o);
	if (r < 0)
		return fail(d, r, "cannot fill the mount table");
	if (getrandom(&in->call_key, sizeof(in->call_key), 0) != sizeof(in->call_key))
		return fail(d, -errno, "cannot get a random number");
	in->version = INSTANCE_VERSION;
	/* Who finds the magic number finds all the rest. */
	__atomic_store_n(&in->magic, INSTANCE_MAGIC, __ATOMIC_RELEASE);
	return 0;
}

static int make(struct rundir *d)
{
	struct stat resident;
	int r = fill(d);

	if (r == 0)
		r = copy_resident(d, &resident);
	if (r == 0)
		r = map_instance(d);
	if (r == 0)
		r = fill_instance(d, &resident);
	return r;
}

static int create(const struct rundir_options *o, struct instance **ret, char *message, size_t size)
{
	struct rundir d = {.o = o, .dir = -1, .message = message, .size = size};
	int dir CLEANUP(host_close_at) = -1;
	int base CLEANUP(host_close_at) = -1;
	char path[RUNDIR_PATH_MAX + 1];
	int r;

	if (o->root[0] != '/' || strlen(o->root) >= INSTANCE_PATH_MAX) {
		snprintf(message, size, "the root directory's path is not absolute or too long: '%.200s'", o->root);
		return -EINVAL;
	}
	base = rundir_base_make(path, sizeof(path), message, size);
	if (base < 0)
		return base;
	if (snprintf(d.path, sizeof(d.path), "%s/r%d-XXXXXX", path, getpid()) >= (int)sizeof(d.path))
		lx_bug();
	if (mkdtemp(d.path) == NULL)
		return fail(&d, -errno, "cannot make a directory");
	dir = openat(base, strrchr(d.path, '/') + 1, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	d.dir = dir;
	r = dir < 0 || fchmod(dir, 0700) < 0 ? fail(&d, -errno, "cannot open the runtime directory") : make(&d);
	if (r == 0) {
		*ret = d.in;
		return 0;
	}
	if (d.in != NULL)
		(void)munmap(d.in, sizeof(*d.in));
	rundir_remove(d.path);
	return r;
}

int rundir_create(const struct rundir_options *o, struct instance **ret, char *message, size_t size)
{
	/* The caller's may forbid even the owner what follows. */
	mode_t mask = umask(077);
	int r = create(o, ret, message, size);

	umask(mask);
	return r;
}
