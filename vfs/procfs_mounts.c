/*
 * /proc/PID/mounts, mountinfo and mountstats: the root, then the instance's mount table, as seen from the process's root.
 * The table may change meanwhile: its generation says so, and the text is made again.
 */
#include <errno.h>
#include <stdatomic.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <time.h>

#include "base/host.h"
#include "base/str.h"
#include "vfs/procfs_internal.h"

/* How often a text is made again before that of the moment is taken, and how many milliseconds a writer is waited for:
 * one that died in the middle is repaired by the next one only. */
#define ATTEMPTS 16
#define PATIENCE 50

/* What the kernel escapes in these files. */
#define ESCAPED      " \t\n\\"
#define ESCAPED_NAME " \t\n\\#"

/* One line, whatever its form. */
struct row {
	uint32_t id, parent;
	dev_t dev;
	const char *root; /* what of its file system is mounted */
	const char *point;
	const char *type;
	const char *device;
	char options[160];
};

typedef void put_row(const struct row *row, struct procfs_out *o);

/* For the root and what a guest's bind mounts show. */
static const char *type_name(long magic)
{
	static const struct {
		uint32_t magic;
		const char *name;
	} types[] = {
		{0xef53, "ext4"},         {0x58465342, "xfs"},   {0x9123683e, "btrfs"},    {0x01021994, "tmpfs"},
		{0x794c7630, "overlay"},  {0x6969, "nfs"},       {0x2fc12fc1, "zfs"},      {0xf2f52010, "f2fs"},
		{0xca451a4e, "bcachefs"}, {0x65735546, "fuse"},  {0x01021997, "9p"},       {0x6a656a63, "virtiofs"},
		{0x0bd00bd0, "lustre"},   {0x00c36400, "ceph"},  {0xff534d42, "cifs"},     {0xfe534d42, "smb3"},
		{0x47504653, "gpfs"},     {0x19830326, "fhgfs"}, {0x73717368, "squashfs"}, {0xe0f5e1e2, "erofs"},
		{0x9fa0, "proc"},         {0x62656572, "sysfs"}, {0x1cd1, "devpts"},       {0x19800202, "mqueue"},
		{0x858458f6, "ramfs"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (types[i].magic == (uint32_t)magic)
			return types[i].name;
	return "lxrun";
}

static bool has_word(const char *options, const char *word)
{
	size_t n = strlen(word);

	return str_starts(options, word) && (options[n] == ',' || options[n] == '\0');
}

/* The entry's own, with the one that MOUNT_READ_ONLY decides in front. */
static void entry_options(const struct mount_entry *e, char *buf, size_t size)
{
	bool read_only = (e->flags & MOUNT_READ_ONLY) != 0 || has_word(e->options, "ro");
	const char *more = e->options;

	if (has_word(more, "rw") || has_word(more, "ro"))
		more += more[2] == ',' ? 3 : 2;
	str_format(buf, size, "%s%s%s", read_only ? "ro" : "rw", *more != '\0' ? "," : "", more);
}

/* True if inner, a mount point, lies at or below outer. Both are ended within their arrays. */
static bool is_inside(const char *inner, const char *outer)
{
	return procfs_below(inner, outer) != NULL;
}

/* The ID of the mount on which number `n` of the table stands: the nearest one above that was there before it. */
static uint32_t parent_of(const struct instance *in, uint32_t n, uint32_t ns, const char *point)
{
	uint32_t id = PROCFS_ROOT_MOUNT;
	size_t longest = 0;

	for (uint32_t i = 0; i < n; i++) {
		char outer[sizeof(in->mounts[i].point)];

		memcpy(outer, in->mounts[i].point, sizeof(outer));
		outer[sizeof(outer) - 1] = '\0';
		if (in->mounts[i].kind == MOUNT_NONE || in->mounts[i].ns != ns || strlen(outer) < longest ||
		    !is_inside(point, outer))
			continue;
		longest = strlen(outer);
		id = in->mounts[i].id;
	}
	return id;
}

/* What is mounted, as its file system names it: only for binds of the distribution's own directories is it more than "/". */
static const char *bind_root(const struct instance *in, const struct mount_entry *e)
{
	const char *below, *slash = strrchr(e->source, '/');

	if (e->kind != MOUNT_BIND)
		return "/";
	below = (e->flags & MOUNT_BUILT_IN) == 0 ? procfs_below(e->source, in->root) : NULL;
	if (below != NULL)
		return below;
	return (e->flags & MOUNT_FILE) != 0 && slash != NULL ? slash : "/";
}

/* On Linux the nodes in /dev are files of one file system: that each of them is mounted here is the instance's own affair,
 * and df would show one of them for all. */
static bool is_device_node(const struct mount_entry *e)
{
	const uint32_t flags = MOUNT_BUILT_IN | MOUNT_FILE;

	return (e->flags & flags) == flags || (e->flags & MOUNT_PART) != 0;
}

static void put_entry(const struct procfs_from *from, uint32_t n, uint32_t ns, const char *root, put_row *put,
		      struct procfs_out *o)
{
	const struct instance *in = from->ns->in;
	struct mount_entry e = in->mounts[n];
	struct row row = {.id = e.id};
	struct statfs fs = {0};
	struct stat st = {0};

	e.point[sizeof(e.point) - 1] = '\0';
	e.source[sizeof(e.source) - 1] = '\0';
	e.type[sizeof(e.type) - 1] = '\0';
	e.device[sizeof(e.device) - 1] = '\0';
	e.options[sizeof(e.options) - 1] = '\0';
	row.point = procfs_below(e.point, root);
	if (e.kind == MOUNT_NONE || e.ns != ns || is_device_node(&e) || row.point == NULL)
		return;

	if (host_fstatat(AT_FDCWD, e.source, &st, 0) == 0)
		row.dev = st.st_dev;
	row.parent = e.point[0] != '\0' ? parent_of(in, n, e.ns, e.point) : PROCFS_ROOT_MOUNT_PARENT;
	row.root = bind_root(in, &e);
	row.type = e.type;
	if (e.type[0] == '\0') {
		(void)host_call(SYS_statfs, e.source, &fs);
		row.type = type_name(fs.f_type);
	}
	row.device = e.device[0] != '\0' ? e.device : "none";
	entry_options(&e, row.options, sizeof(row.options));
	put(&row, o);
}

/* The instance's root. Another root of the process's is seen only if it is a mount point, as on Linux. */
static void put_root(const struct vfs_ns *ns, put_row *put, struct procfs_out *o)
{
	struct row row = {.id = PROCFS_ROOT_MOUNT,
			  .parent = PROCFS_ROOT_MOUNT_PARENT,
			  .root = "/",
			  .point = "/",
			  .device = "lxrun"};
	struct statfs fs = {0};
	struct stat st = {0};
	const char *atime = "";

	if (ns->root_path[0] == '\0') {
		(void)host_call(SYS_fstatfs, ns->root, &fs);
		(void)host_call(SYS_fstat, ns->root, &st);
	} else {
		(void)host_call(SYS_statfs, ns->in->root, &fs);
		(void)host_call(SYS_newfstatat, AT_FDCWD, ns->in->root, &st, 0);
	}
	if ((fs.f_flags & ST_RELATIME) != 0)
		atime = ",relatime";
	else if ((fs.f_flags & ST_NOATIME) != 0)
		atime = ",noatime";
	row.dev = st.st_dev;
	row.type = type_name(fs.f_type);
	/* nosuid and nodev of the host's do not hold in here: setuid bits and devices are the guest's own. */
	str_format(row.options, sizeof(row.options), "%s%s", (fs.f_flags & ST_RDONLY) != 0 ? "ro" : "rw", atime);
	put(&row, o);
}

/* The generation, when nobody is writing. */
static uint32_t stable_generation(const struct instance *in)
{
	const struct timespec millisecond = {.tv_nsec = 1000000};
	uint32_t generation = atomic_load_explicit(&in->mounts_generation, memory_order_acquire);

	for (int i = 0; i < PATIENCE && (generation & 1) != 0; i++) {
		(void)host_call(SYS_nanosleep, &millisecond, NULL);
		generation = atomic_load_explicit(&in->mounts_generation, memory_order_acquire);
	}
	return generation;
}

/* True if pivot_root(2) gave the namespace another root than the instance's. */
static bool has_root(const struct instance *in, uint32_t ns, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (in->mounts[i].ns == ns && in->mounts[i].point[0] == '\0')
			return true;
	return false;
}

static int make(const struct procfs_from *from, put_row *put, struct procfs_out *o)
{
	const struct instance *in = from->ns->in;
	const uint32_t ns = procfs_mount_ns(from->ns, from->entry);
	char root[PATH_MAX];

	if (procfs_task_path(from->ns, from->entry, PROCFS_ROOT, root) < 0)
		root[0] = '\0';
	for (int i = 0; i < ATTEMPTS; i++) {
		uint32_t before = stable_generation(in), count;

		count = in->mount_count < INSTANCE_MOUNTS ? in->mount_count : INSTANCE_MOUNTS;
		procfs_rewind(o);
		if (root[0] == '\0' && !has_root(in, ns, count))
			put_root(from->ns, put, o);
		for (uint32_t n = 0; n < count; n++)
			put_entry(from, n, ns, root, put, o);
		atomic_thread_fence(memory_order_acquire);
		if (atomic_load_explicit(&in->mounts_generation, memory_order_relaxed) == before)
			break;
	}
	return 0;
}

static void put_mounts_line(const struct row *row, struct procfs_out *o)
{
	procfs_put_escaped(o, row->device, ESCAPED_NAME);
	procfs_puts(o, " ");
	procfs_put_escaped(o, row->point, ESCAPED);
	procfs_puts(o, " ");
	procfs_put_escaped(o, row->type, ESCAPED_NAME);
	procfs_puts(o, " ");
	procfs_put_escaped(o, row->options, ESCAPED);
	procfs_puts(o, " 0 0\n");
}

static void put_mountinfo_line(const struct row *row, struct procfs_out *o)
{
	/* The kernel's encoding, as stat gives it: the libc's macros are calls. */
	unsigned major = (unsigned)(row->dev >> 8 & 0xfff),
		 minor = (unsigned)((row->dev & 0xff) | (row->dev >> 12 & 0xfff00));

	procfs_putf(o, "%u %u %u:%u ", row->id, row->parent, major, minor);
	procfs_put_escaped(o, row->root, ESCAPED);
	procfs_puts(o, " ");
	procfs_put_escaped(o, row->point, ESCAPED);
	procfs_puts(o, " ");
	procfs_put_escaped(o, row->options, ESCAPED);
	procfs_puts(o, " - ");
	procfs_put_escaped(o, row->type, ESCAPED_NAME);
	procfs_puts(o, " ");
	procfs_put_escaped(o, row->device, ESCAPED_NAME);
	procfs_putf(o, " %.*s\n", 2, row->options);
}

static void put_mountstats_line(const struct row *row, struct procfs_out *o)
{
	procfs_puts(o, "device ");
	procfs_put_escaped(o, row->device, ESCAPED_NAME);
	procfs_puts(o, " mounted on ");
	procfs_put_escaped(o, row->point, ESCAPED);
	procfs_puts(o, " with fstype ");
	procfs_put_escaped(o, row->type, ESCAPED_NAME);
	procfs_puts(o, "\n");
}

int procfs_make_mounts(const struct procfs_from *from, struct procfs_out *o)
{
	return make(from, put_mounts_line, o);
}

int procfs_make_mountinfo(const struct procfs_from *from, struct procfs_out *o)
{
	return make(from, put_mountinfo_line, o);
}

int procfs_make_mountstats(const struct procfs_from *from, struct procfs_out *o)
{
	return make(from, put_mountstats_line, o);
}
