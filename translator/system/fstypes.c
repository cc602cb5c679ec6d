#include "translator/system/fstypes.h"

#include <errno.h>
#include <sys/mount.h>
#include <sys/vfs.h>

#include "base/host.h"
#include "base/str.h"
#include "translator/system/mounts.h"
#include "translator/system/tmpfs.h"

#define MQUEUE_MAGIC 0x19800202

/* One option: its name, and the text behind "=", NULL where there is none. */
struct option {
	const char *name, *value;
	size_t name_length, value_length;
};

static const char *next_option(const char *at, struct option *ret)
{
	size_t n = 0;

	while (at[n] != '\0' && at[n] != ',' && at[n] != '=')
		n++;
	*ret = (struct option){.name = at, .name_length = n};
	if (at[n] == '=') {
		ret->value = at + ++n;
		while (at[n] != '\0' && at[n] != ',')
			n++;
		ret->value_length = (size_t)(at + n - ret->value);
	}
	return at + n + (at[n] == ',');
}

/* A number in base 8 or 10 that fills the value. */
static int number(const struct option *o, unsigned base, uint64_t max, uint32_t *ret)
{
	uint64_t v = 0;

	if (o->value_length == 0)
		return -EINVAL;
	for (size_t i = 0; i < o->value_length; i++) {
		unsigned digit = (unsigned)(o->value[i] - '0');

		if (digit >= base)
			return -EINVAL;
		v = v * base + digit;
		if (v > max)
			return -EINVAL;
	}
	*ret = (uint32_t)v;
	return 0;
}

static bool named(const struct option *o, const char *name)
{
	return strlen(name) == o->name_length && memcmp(o->name, name, o->name_length) == 0;
}

/* Names of what a type takes, each ended by a blank; with "=" if it has a value. */
static int check_options(const char *options, const char *const *known)
{
	struct option o;

	while (*options != '\0') {
		bool found = false;

		options = next_option(options, &o);
		for (size_t i = 0; known[i] != NULL && !found; i++)
			found = named(&o, known[i]);
		if (!found && o.name_length > 0)
			return -EINVAL;
	}
	return 0;
}

/* --- the types ------------------------------------------------------------------------------------------------------- */

static int add(const struct fstype_request *q, enum mount_kind kind, const char *source)
{
	struct mount_entry e = {.kind = kind, .ns = q->ns->mount_ns};
	uint64_t flags = q->flags;

	/* The host's devices are not the guest's to configure. */
	if (kind == MOUNT_SYS)
		flags |= MS_RDONLY;
	e.flags |= mounts_limits(flags);
	if (str_copy(e.point, sizeof(e.point), q->point) < 0 || str_copy(e.source, sizeof(e.source), source) < 0 ||
	    str_copy(e.type, sizeof(e.type), q->type) < 0)
		return -ENAMETOOLONG;
	(void)str_format(e.device, sizeof(e.device), "%s",
			 q->device != NULL && q->device[0] != '\0' ? q->device : "none");
	mounts_options(e.options, sizeof(e.options), flags, q->options);
	return instance_add_mount(q->ns->in, &e);
}

static int mount_proc(const struct fstype_request *q)
{
	return add(q, MOUNT_PROC, "/proc");
}

static int mount_sysfs(const struct fstype_request *q)
{
	return add(q, MOUNT_SYS, "/sys");
}

static int mount_devpts(const struct fstype_request *q)
{
	return add(q, MOUNT_DEVPTS, "/dev/pts");
}

/* There is one /dev, and what the instance mounted in it belongs to it. */
static int mount_devtmpfs(const struct fstype_request *q)
{
	return mounts_bind(q->ns->in, q->ns->mount_ns, "/dev", q->point, false, false);
}

static int mount_mqueue(const struct fstype_request *q)
{
	struct statfs fs;

	if (host_call(SYS_statfs, "/dev/mqueue", &fs) < 0 || fs.f_type != MQUEUE_MAGIC)
		return -ENODEV;
	return add(q, MOUNT_BIND, "/dev/mqueue");
}

static int mount_tmpfs(const struct fstype_request *q)
{
	struct tmpfs_options how = {.mode = 01777, .uid = q->ns->creds->fsuid, .gid = q->ns->creds->fsgid};
	char source[sizeof(((struct mount_entry *)0)->source)];
	const char *rest = q->options;
	struct option o;
	int r = 0;

	while (*rest != '\0' && r == 0) {
		rest = next_option(rest, &o);
		if (named(&o, "mode"))
			r = number(&o, 8, 07777, &how.mode);
		else if (named(&o, "uid"))
			r = number(&o, 10, UINT32_MAX - 1, &how.uid);
		else if (named(&o, "gid"))
			r = number(&o, 10, UINT32_MAX - 1, &how.gid);
	}
	if (r == 0)
		r = tmpfs_make(q->ns, &how, source, sizeof(source));
	if (r < 0)
		return r;
	r = add(q, MOUNT_TMPFS, source);
	if (r < 0)
		tmpfs_remove(q->ns, source);
	return r;
}

static const char *const no_options[] = {NULL};
static const char *const proc_options[] = {"hidepid", "gid", "subset", NULL};
static const char *const devpts_options[] = {"uid", "gid", "mode", "ptmxmode", "newinstance", "max", NULL};
static const char *const tmpfs_option_names[] = {
	"size",    "nr_blocks", "nr_inodes", "mode",  "uid",      "gid",      "huge", "mpol",
	"inode32", "inode64",   "noswap",    "quota", "usrquota", "grpquota", NULL,
};

/* Types that are not in here are those of a kernel without them: -ENODEV. */
static const struct fstype {
	const char *name;
	int (*mount)(const struct fstype_request *q);
	const char *const *options;
	int refused; /* the error where there is no function */
} types[] = {
	{"proc", mount_proc, proc_options, 0},
	{"sysfs", mount_sysfs, no_options, 0},
	{"devpts", mount_devpts, devpts_options, 0},
	{"devtmpfs", mount_devtmpfs, tmpfs_option_names, 0},
	{"tmpfs", mount_tmpfs, tmpfs_option_names, 0},
	{"ramfs", mount_tmpfs, tmpfs_option_names, 0},
	{"mqueue", mount_mqueue, no_options, 0},
	/* Groups of processes are the host's: it has them, and only its root could mount them. */
	{"cgroup", NULL, NULL, -EPERM},
	{"cgroup2", NULL, NULL, -EPERM},
};

int fstype_mount(const struct fstype_request *request, bool directory)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		const struct fstype *t = &types[i];
		int r;

		if (!str_eq(t->name, request->type))
			continue;
		if (t->mount == NULL)
			return t->refused;
		r = check_options(request->options, t->options);
		if (r < 0)
			return r;
		if (!directory)
			return -ENOTDIR;
		/* Nothing can be mounted over the root: every process has it open. */
		return request->point[0] == '\0' ? -EBUSY : t->mount(request);
	}
	return -ENODEV;
}
