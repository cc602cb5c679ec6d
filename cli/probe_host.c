/* Probes of the machine around: runtime directory, /proc, security modules, ports. */
#include <errno.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <unistd.h>

#include "base/host.h"
#include "cli/probe_internal.h"
#include "cli/rundir.h"
#include "cli/rundir_base.h"

void probe_runtime(const char *store, struct probe_result *ret)
{
	char path[RUNDIR_PATH_MAX + 1], message[256] = "";
	const char *run = getenv("XDG_RUNTIME_DIR");
	int fd CLEANUP(host_close_at) = rundir_base_make(path, sizeof(path), message, sizeof(message));

	(void)store;
	if (fd < 0) {
		probe_found(ret, "%s", message);
		probe_say(ret, PROBE_MISSING, "nothing can be started",
			  "set XDG_RUNTIME_DIR to a directory of yours that nobody else can enter");
		return;
	}
	if (run != NULL && strncmp(path, run, strlen(run)) == 0) {
		probe_found(ret, "%s", path);
		return;
	}
	probe_found(ret, "%s, as XDG_RUNTIME_DIR is %s", path, run == NULL ? "not set" : "of no use");
}

void probe_hidepid(const char *store, struct probe_result *ret)
{
	FILE *f = setmntent("/proc/self/mounts", "re");
	struct mntent *m;

	(void)store;
	if (f == NULL) {
		probe_found(ret, "/proc is not mounted");
		probe_say(ret, PROBE_MISSING, "nothing can be started", "mount -t proc proc /proc, as root");
		return;
	}
	while ((m = getmntent(f)) != NULL)
		if (strcmp(m->mnt_dir, "/proc") == 0 && strstr(m->mnt_opts, "hidepid=") != NULL &&
		    strstr(m->mnt_opts, "hidepid=0") == NULL && strstr(m->mnt_opts, "hidepid=off") == NULL)
			probe_found(ret, "mounted with hidepid; guests are yours, so that hides nothing of them");
	endmntent(f);
}

/* What the kernel's log has of denials for lxrun; 0 also where it may not be read. */
static unsigned count_denials(void)
{
	enum { READ_ALL = 3, SIZE_BUFFER = 10 };
	int size = klogctl(SIZE_BUFFER, NULL, 0), n;
	unsigned count = 0;
	char *log, *line, *rest;

	log = size > 0 ? malloc((size_t)size + 1) : NULL;
	if (log == NULL)
		return 0;
	n = klogctl(READ_ALL, log, size);
	log[n > 0 ? n : 0] = '\0';
	for (line = strtok_r(log, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest))
		if ((strstr(line, "apparmor=\"DENIED\"") != NULL || strstr(line, "avc:  denied") != NULL) &&
		    strstr(line, "lxrun") != NULL)
			count++;
	free(log);
	return count;
}

void probe_security_modules(const char *store, struct probe_result *ret)
{
	char line[256] = "";
	unsigned denials = count_denials();
	bool confined = false;

	(void)store;
	if (probe_read_line("/sys/fs/selinux/enforce", line, sizeof(line)) && atoi(line) == 1) {
		probe_found(ret, "SELinux is enforcing, %u denials for lxrun in the kernel's log", denials);
		confined = denials > 0;
	} else if (probe_read_line("/proc/self/attr/apparmor/current", line, sizeof(line)) &&
		   strncmp(line, "unconfined", 10) != 0) {
		probe_found(ret, "AppArmor's profile is %s, %u denials for lxrun in the kernel's log", line, denials);
		confined = denials > 0;
	}
	if (confined)
		probe_say(ret, PROBE_LIMITED, "what was denied fails inside with EACCES or EPERM",
			  "allow it in the policy, or run lxrun unconfined");
}

void probe_ports(const char *store, struct probe_result *ret)
{
	char line[32];
	int first;

	(void)store;
	if (!probe_read_line("/proc/sys/net/ipv4/ip_unprivileged_port_start", line, sizeof(line)))
		return;
	first = atoi(line);
	/* A guest of root's has given its capabilities up, too. */
	if (first <= 0)
		return;
	probe_found(ret, "the first port that may be bound is %d", first);
	probe_say(ret, PROBE_LIMITED, "servers in distributions must use ports from there on",
		  "sysctl net.ipv4.ip_unprivileged_port_start=0, as root");
}
