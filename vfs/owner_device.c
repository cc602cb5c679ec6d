/* Stand-ins for devices: marked empty files of whose inode it is kept which device they are. */
#include <errno.h>
#include <sys/sysmacros.h>

#include "base/str.h"
#include "vfs/owner.h"

static const struct {
	unsigned major, minor;
	const char *path;
} devices[] = {
	{1, 3, "/dev/null"},    {1, 5, "/dev/zero"}, {1, 7, "/dev/full"}, {1, 8, "/dev/random"},
	{1, 9, "/dev/urandom"}, {5, 0, "/dev/tty"},  {5, 2, "/dev/ptmx"},
};

void owner_note_devices(const struct vfs_ns *ns)
{
	uint32_t had = __atomic_fetch_or(&ns->in->features, INSTANCE_DEVICE_NODES, __ATOMIC_RELAXED);

	/* For the next start of the instance. */
	if ((had & INSTANCE_DEVICE_NODES) == 0)
		(void)host_call(SYS_setxattr, ns->in->root, OWNER_DEVICES_ATTRIBUTE, "", 0, 0);
}

int owner_open_device(const struct vfs_ns *ns, int fd, int flags)
{
	struct owner o;
	struct stat st;
	int r;

	r = host_fstat(fd, &st);
	if (r < 0)
		return r;
	if (!S_ISREG(st.st_mode) || st.st_size != 0 || !owner_is_marked(ns, &st))
		return -ENODEV;
	r = owner_read_kept(ns, fd, &st, &o);
	if (r < 0 || !(S_ISCHR(o.mode) || S_ISBLK(o.mode)))
		return -ENODEV;
	for (size_t i = 0; i < ARRAY_SIZE(devices); i++)
		if (S_ISCHR(o.mode) && o.rdev == makedev(devices[i].major, devices[i].minor))
			return host_open(devices[i].path, flags & ~(O_CREAT | O_EXCL), 0);
	return -ENXIO;
}
