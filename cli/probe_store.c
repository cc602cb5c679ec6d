/* Probes of the file system that distributions are on. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/host.h"
#include "cli/probe_internal.h"

/* Less than this is soon full: a Debian system with a compiler needs more. */
#define LITTLE (1024ull << 20)

void probe_mount_flags(const char *store, struct probe_result *ret)
{
	struct statvfs fs;

	if (statvfs(store, &fs) < 0) {
		probe_found(ret, "cannot look at %s: %s", store, strerror(errno));
		probe_say(ret, PROBE_MISSING, "what is there cannot be run", NULL);
	} else if ((fs.f_flag & ST_NOEXEC) != 0) {
		probe_found(ret, "%s is on a file system that is mounted noexec", store);
		probe_say(ret, PROBE_MISSING, "programs on it cannot be executed",
			  "a location elsewhere: lxrun --manage NAME --move DIR");
	} else if ((fs.f_flag & ST_RDONLY) != 0) {
		probe_found(ret, "%s is on a file system that is mounted read-only", store);
		probe_say(ret, PROBE_LIMITED, "nothing in a distribution can be changed",
			  "a location elsewhere: lxrun --manage NAME --move DIR");
	} else if ((fs.f_flag & ST_NOSUID) != 0) {
		probe_found(ret, "nosuid, which makes no difference: set-user-ID programs are lxrun's own matter");
	}
}

static int try_attribute(const char *store)
{
	int fd CLEANUP(host_close_at) = open(store, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	char path[512];
	int r;

	if (fd >= 0)
		return fsetxattr(fd, "user.lxrun.probe", "", 0, 0) < 0 ? -errno : 0;
	/* NFS has no nameless files. */
	snprintf(path, sizeof(path), "%s/.lxrun-probe-%d", store, getpid());
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	r = fsetxattr(fd, "user.lxrun.probe", "", 0, 0) < 0 ? -errno : 0;
	(void)unlink(path);
	return r;
}

void probe_attributes(const char *store, struct probe_result *ret)
{
	int r = try_attribute(store);

	if (r == 0)
		return;
	probe_found(ret, "%s", r == -EOPNOTSUPP ? "the file system does not have them" : strerror(-r));
	if (r == -EOPNOTSUPP)
		probe_say(ret, PROBE_LIMITED, "owners other than root, set-user-ID bits and device nodes are not kept",
			  "a location on a local file system: lxrun --manage NAME --move DIR");
	else
		probe_say(ret, PROBE_LIMITED, "nothing can be written there", NULL);
}

void probe_space(const char *store, struct probe_result *ret)
{
	struct statvfs fs;
	unsigned long long bytes;

	if (statvfs(store, &fs) < 0)
		return;
	bytes = (unsigned long long)fs.f_bavail * fs.f_frsize;
	probe_found(ret, "%llu MB and %llu files", bytes >> 20, (unsigned long long)fs.f_favail);
	if (bytes < LITTLE || (fs.f_files > 0 && fs.f_favail < 10000))
		probe_say(ret, PROBE_LIMITED, "installing software will fill it",
			  "a location elsewhere: lxrun --manage NAME --move DIR");
}
