#include "cli/rundir_mounts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/host.h"
#include "cli/rundir_tools.h"

const char *const rundir_devices[] = {"null", "zero", "full", "random", "urandom", "tty", "ptmx", NULL};

const char *const rundir_temporary[] = {"/tmp", "/var/tmp", NULL};

struct built_in {
	uint32_t kind, flags;
	const char *point, *source; /* a source that begins with "./" is in the runtime directory */
	const char *type, *device, *options;
};

/* In the order of mounting: what stands in /dev comes behind it. The devices come behind these. */
static const struct built_in built_ins[] = {
	{MOUNT_PROC, 0, "/proc", "/proc", "proc", "proc", "rw,nosuid,nodev,noexec,relatime"},
	{MOUNT_SYS, MOUNT_READ_ONLY, "/sys", "/sys", "sysfs", "sysfs", "ro,nosuid,nodev,noexec,relatime"},
	{MOUNT_BIND, 0, "/dev", "./dev", "tmpfs", "tmpfs", "rw,nosuid,relatime,mode=755"},
	{MOUNT_DEVPTS, 0, "/dev/pts", "/dev/pts", "devpts", "devpts",
	 "rw,nosuid,noexec,relatime,mode=620,ptmxmode=666"},
	{MOUNT_TMPFS, 0, "/dev/shm", "./shmdir", "tmpfs", "tmpfs", "rw,nosuid,nodev,relatime"},
};
static const struct built_in device = {MOUNT_BIND, MOUNT_FILE,          NULL, NULL, "devtmpfs",
				       "devtmpfs", "rw,nosuid,relatime"};
/* What it is, and with which options the host has it mounted, is the host's to say. */
static const struct built_in host_root = {MOUNT_BIND, 0, NULL, "/", "", "host", "rw,relatime"};

#define MOUNT_POINT_MAX sizeof(((struct mount_entry *)0)->point)

static int set(char *to, size_t size, const char *text)
{
	int n = snprintf(to, size, "%s", text);

	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

static int add(struct instance *in, const struct built_in *b, const char *point, const char *source)
{
	struct mount_entry e = {.kind = b->kind, .flags = b->flags | MOUNT_BUILT_IN};

	if (set(e.point, sizeof(e.point), point) < 0 || set(e.source, sizeof(e.source), source) < 0 ||
	    set(e.type, sizeof(e.type), b->type) < 0 || set(e.device, sizeof(e.device), b->device) < 0 ||
	    set(e.options, sizeof(e.options), b->options) < 0)
		return -ENAMETOOLONG;
	return instance_add_mount(in, &e);
}

bool rundir_device_source(const char *name, char *source)
{
	struct stat st;
	char path[64];

	snprintf(path, sizeof(path), "/dev/%s", name);
	if (lstat(path, &st) < 0)
		return false;
	/* A mount's source is a path without links. */
	if (S_ISLNK(st.st_mode))
		return realpath(path, source) != NULL && stat(source, &st) == 0 && S_ISCHR(st.st_mode);
	memcpy(source, path, sizeof(path));
	return S_ISCHR(st.st_mode);
}

/* below: "" or the directory that is to look like a root. */
static int add_devices(struct instance *in, const char *below)
{
	int r = 0;

	for (size_t i = 0; r == 0 && rundir_devices[i] != NULL; i++) {
		char point[MOUNT_POINT_MAX], source[PATH_MAX];

		if ((size_t)snprintf(point, sizeof(point), "%s/dev/%s", below, rundir_devices[i]) >= sizeof(point))
			return -ENAMETOOLONG;
		if (rundir_device_source(rundir_devices[i], source))
			r = add(in, &device, point, source);
	}
	return r;
}

static int add_built_in(struct instance *in, const struct built_in *b, const char *below)
{
	char source[PATH_MAX], point[MOUNT_POINT_MAX];
	struct stat st;

	if ((size_t)snprintf(point, sizeof(point), "%s%s", below, b->point) >= sizeof(point))
		return -ENAMETOOLONG;

	if (b->source[0] == '.')
		snprintf(source, sizeof(source), "%s%s", in->runtime, b->source + 1);
	else
		snprintf(source, sizeof(source), "%s", b->source);
	/* A container may lack /sys or /dev/pts. */
	return stat(source, &st) == 0 ? add(in, b, point, source) : 0;
}

/* The programs of a distribution with a name: files that are seen in its /usr/local/bin and are not in its tree. */
static int add_tools(struct instance *in, const struct rundir_options *o)
{
	static const struct built_in tool = {MOUNT_BIND,   MOUNT_FILE | MOUNT_READ_ONLY, NULL, NULL, "", "lxrun",
					     "ro,relatime"};
	char source[PATH_MAX];
	int r = 0;

	if (o->distro == NULL || !rundir_tools(o->resident, source))
		return 0;
	for (size_t i = 0; r == 0 && rundir_tool_points[i] != NULL; i++)
		r = add(in, &tool, rundir_tool_points[i], source);
	return r;
}

/* What every root has. */
static int add_kernels(struct instance *in, const char *below)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(built_ins); i++)
		r = add_built_in(in, &built_ins[i], below);
	return r == 0 ? add_devices(in, below) : r;
}

/* The host's files as a root to work in, of which only the target stays. */
static int add_workshop(struct instance *in, const struct rundir_options *o)
{
	static const struct built_in host = {MOUNT_BIND, MOUNT_READ_ONLY, NULL, "/", "", "host", "ro,relatime"};
	static const struct built_in target = {MOUNT_BIND, 0, NULL, NULL, "", "lxrun", "rw,relatime"};
	char point[MOUNT_POINT_MAX];
	int r = add(in, &host, o->host, host.source);

	if (r == 0)
		r = add_kernels(in, o->host);
	for (size_t i = 0; r == 0 && rundir_temporary[i] != NULL; i++) {
		const struct built_in b = {MOUNT_TMPFS, 0, NULL, NULL, "tmpfs", "tmpfs", "rw,nosuid,nodev,relatime"};
		char source[PATH_MAX];

		snprintf(source, sizeof(source), "%s/t%zu", in->runtime, i);
		if ((size_t)snprintf(point, sizeof(point), "%s%s", o->host, rundir_temporary[i]) >= sizeof(point))
			return -ENAMETOOLONG;
		r = add(in, &b, point, source);
	}
	if (r == 0 && (size_t)snprintf(point, sizeof(point), "%s%s", o->host, o->target) >= sizeof(point))
		return -ENAMETOOLONG;
	return r == 0 ? add(in, &target, point, in->root) : r;
}

int rundir_add_mounts(struct instance *in, const struct rundir_options *o)
{
	int r = add_kernels(in, "");

	if (r == 0 && o->target != NULL)
		return add_workshop(in, o);
	if (r == 0 && o->host != NULL && o->host[0] != '\0')
		r = add(in, &host_root, o->host, host_root.source);
	if (r == 0)
		r = add_tools(in, o);
	return r;
}
