#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/host.h"

struct guest guest;

static bool inside(uint64_t at, size_t n)
{
	return at >= GUEST_MEMORY && n <= GUEST_SIZE && at - GUEST_MEMORY <= GUEST_SIZE - n;
}

static int read_guest(struct tr_call *c UNUSED, void *to, uint64_t from, size_t n)
{
	if (!inside(from, n))
		return n == 0 ? 0 : -EFAULT;
	memcpy(to, guest_at(from), n);
	return 0;
}

static int write_guest(struct tr_call *c UNUSED, uint64_t to, const void *from, size_t n)
{
	if (!inside(to, n))
		return n == 0 ? 0 : -EFAULT;
	memcpy(guest_at(to), from, n);
	return 0;
}

/* Dispatch reads the strings of these calls. */
static long read_string(struct tr_call *c UNUSED, char *to UNUSED, uint64_t from UNUSED, size_t size UNUSED)
{
	return -EFAULT;
}

static int borrow_fd(struct tr_call *c UNUSED, int fd)
{
	if (fd == AT_FDCWD)
		return fd;
	return fd >= GUEST_FD ? fd - GUEST_FD : -EBADF;
}

static int give_fd(struct tr_call *c UNUSED, int fd, bool cloexec)
{
	guest.given = fd;
	guest.given_cloexec = cloexec;
	return fd + GUEST_FD;
}

static const struct tr_port port = {read_guest, write_guest, read_string, borrow_fd, give_fd};

/* --- what the translator has for handlers ------------------------------------------------------------------------------ */

void tr_process_changed(struct tr_call *c UNUSED)
{
	guest.changes++;
}

long tr_blocking_call(struct tr_call *c UNUSED, long nr, const uint64_t a[6])
{
	guest.waits++;
	if (guest.wait_result != 0)
		return guest.wait_result;
	return host_syscall(nr, (long)a[0], (long)a[1], (long)a[2], (long)a[3], (long)a[4], (long)a[5]);
}

/* --- the guest --------------------------------------------------------------------------------------------------------- */

static void need(bool ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	abort();
}

static void make_root(void)
{
	int dir, f;

	snprintf(guest.root, sizeof(guest.root), "/tmp/files.XXXXXX");
	need(mkdtemp(guest.root) != NULL, guest.root);
	dir = open(guest.root, O_PATH | O_CLOEXEC);
	f = openat(dir, "f", O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
	need(write(f, "content", 7) == 7, "write");
	close(f);
	need(mkdirat(dir, "d", 0755) == 0 && mkdirat(dir, "proc", 0755) == 0, "mkdir");
	need(symlinkat("f", dir, "link") == 0 && mkfifoat(dir, "fifo", 0600) == 0, "links");
	guest.call.ns.root = dir;
}

static void make_instance(void)
{
	struct mount_entry proc = {.kind = MOUNT_PROC, .flags = MOUNT_BUILT_IN, .point = "/proc", .source = "/proc"};
	struct stat st;

	guest.in = calloc(1, sizeof(*guest.in));
	need(guest.in != NULL, "instance");
	snprintf(guest.in->root, sizeof(guest.in->root), "%s", guest.root);
	guest.in->host_uid = getuid();
	guest.in->host_gid = getgid();
	need(fstat(guest.call.ns.root, &st) == 0, "root");
	guest.in->root_device = st.st_dev;
	guest.in->root_inode = st.st_ino;
	need(instance_add_mount(guest.in, &proc) == 0, "mount");
}

void guest_start(void)
{
	struct tr_call *c = &guest.call;

	memset(&guest, 0, sizeof(guest));
	guest.given = -1;
	guest.memory = calloc(1, GUEST_SIZE);
	make_root();
	make_instance();
	guest.process.pid = getpid();
	guest.process.creds = (struct creds){
		.cap_effective = CREDS_CAPS_ALL, .cap_permitted = CREDS_CAPS_ALL, .cap_bounding = CREDS_CAPS_ALL};
	c->port = &port;
	c->process = &guest.process;
	c->creds = &guest.process.creds;
	c->ns.in = guest.in;
	c->ns.creds = c->creds;
	c->ns.root_path = guest.process.root;
	c->ns.pid = getpid();
	c->ns.exe = "/program";
}

static int remove_one(const char *path, const struct stat *st UNUSED, int type UNUSED, struct FTW *ftw UNUSED)
{
	return remove(path);
}

void guest_end(void)
{
	close(guest.call.ns.root);
	nftw(guest.root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(guest.memory);
	free(guest.in);
}

uint64_t guest_end_of_memory(size_t n)
{
	return GUEST_MEMORY + GUEST_SIZE - n;
}

void *guest_at(uint64_t address)
{
	return guest.memory + (address - GUEST_MEMORY);
}

int guest_fd(int fd)
{
	return fd + GUEST_FD;
}

struct vfs_at guest_path(const char *path)
{
	return (struct vfs_at){guest.call.ns.root, path};
}
