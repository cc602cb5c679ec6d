/* Who the calling thread is, asked in every way there is. Raw calls: the libc's change all threads at once. */
#ifndef LX_TESTS_CONFORMANCE_IDS_H
#define LX_TESTS_CONFORMANCE_IDS_H

#include "../check.h"

#include <linux/capability.h>
#include <linux/prctl.h>
#include <signal.h>
#include <sys/prctl.h>

#define ANY ((uid_t)-1)

struct identity {
	uid_t uid[4];
	gid_t gid[4];
	uint64_t inheritable, permitted, effective, bounding, ambient;
};

/* A line of /proc/PID/status; PID is a number or "self", "thread-self". */
CHECK_UNUSED static void status_line(const char *pid, const char *name, char *to, size_t size)
{
	char path[64], line[4096];
	size_t n = strlen(name);
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%s/status", pid);
	f = fopen(path, "r");
	NEED(f != NULL);
	to[0] = '\0';
	while (fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, name, n) == 0 && line[n] == ':') {
			line[strcspn(line, "\n")] = '\0';
			snprintf(to, size, "%s", line + n + 1 + strspn(line + n + 1, "\t "));
		}
	fclose(f);
}

CHECK_UNUSED static struct identity status_of(const char *pid)
{
	struct identity i = {0};
	char text[256];
	const struct {
		const char *name;
		uint64_t *to;
	} caps[] = {
		{"CapInh", &i.inheritable}, {"CapPrm", &i.permitted}, {"CapEff", &i.effective},
		{"CapBnd", &i.bounding},    {"CapAmb", &i.ambient},
	};

	status_line(pid, "Uid", text, sizeof(text));
	NEED(sscanf(text, "%u %u %u %u", &i.uid[0], &i.uid[1], &i.uid[2], &i.uid[3]) == 4);
	status_line(pid, "Gid", text, sizeof(text));
	NEED(sscanf(text, "%u %u %u %u", &i.gid[0], &i.gid[1], &i.gid[2], &i.gid[3]) == 4);
	for (size_t k = 0; k < sizeof(caps) / sizeof(caps[0]); k++) {
		status_line(pid, caps[k].name, text, sizeof(text));
		NEED(sscanf(text, "%lx", caps[k].to) == 1);
	}
	return i;
}

/* The calling thread by the calls; capabilities that no call tells come from prctl, one by one. */
CHECK_UNUSED static struct identity identity(void)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[2];
	struct identity i = {0};

	NEED(syscall(SYS_getresuid, &i.uid[0], &i.uid[1], &i.uid[2]) == 0);
	NEED(syscall(SYS_getresgid, &i.gid[0], &i.gid[1], &i.gid[2]) == 0);
	i.uid[3] = (uid_t)syscall(SYS_setfsuid, -1);
	i.gid[3] = (gid_t)syscall(SYS_setfsgid, -1);
	NEED(syscall(SYS_capget, &header, data) == 0);
	i.inheritable = data[0].inheritable | (uint64_t)data[1].inheritable << 32;
	i.permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
	i.effective = data[0].effective | (uint64_t)data[1].effective << 32;
	for (int cap = 0; cap < 64 && prctl(PR_CAPBSET_READ, cap) >= 0; cap++) {
		i.bounding |= (uint64_t)prctl(PR_CAPBSET_READ, cap) << cap;
		i.ambient |= (uint64_t)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, cap, 0, 0) << cap;
	}
	return i;
}

CHECK_UNUSED static bool same_identity(const struct identity *a, const struct identity *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

/* The user ids are these, by the calls and by /proc. */
CHECK_UNUSED static void check_uids(uid_t real, uid_t effective, uid_t saved, uid_t fs, const char *what)
{
	const struct identity a = identity(), b = status_of("thread-self");
	char details[256];

	snprintf(details, sizeof(details), "%d %d %d %d, and %d %d %d %d in /proc", (int)a.uid[0], (int)a.uid[1],
		 (int)a.uid[2], (int)a.uid[3], (int)b.uid[0], (int)b.uid[1], (int)b.uid[2], (int)b.uid[3]);
	check_report(a.uid[0] == real && a.uid[1] == effective && a.uid[2] == saved && a.uid[3] == fs &&
			     same_identity(&a, &b),
		     what, details);
}

CHECK_UNUSED static void check_gids(gid_t real, gid_t effective, gid_t saved, gid_t fs, const char *what)
{
	const struct identity a = identity(), b = status_of("thread-self");
	char details[256];

	snprintf(details, sizeof(details), "%d %d %d %d, and %d %d %d %d in /proc", (int)a.gid[0], (int)a.gid[1],
		 (int)a.gid[2], (int)a.gid[3], (int)b.gid[0], (int)b.gid[1], (int)b.gid[2], (int)b.gid[3]);
	check_report(a.gid[0] == real && a.gid[1] == effective && a.gid[2] == saved && a.gid[3] == fs &&
			     same_identity(&a, &b),
		     what, details);
}

static inline uint64_t cap_bit(int cap)
{
	return 1ull << cap;
}

/* capset(2) with the newest version. */
CHECK_UNUSED static long set_caps(uint64_t effective, uint64_t permitted, uint64_t inheritable)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[2] = {
		{(uint32_t)effective, (uint32_t)permitted, (uint32_t)inheritable},
		{(uint32_t)(effective >> 32), (uint32_t)(permitted >> 32), (uint32_t)(inheritable >> 32)},
	};

	return syscall(SYS_capset, &header, data);
}

/* Gives a capability up: effective only, or for good. */
CHECK_UNUSED static void drop_cap(int cap)
{
	const struct identity i = identity();

	NEED(set_caps(i.effective & ~cap_bit(cap), i.permitted & ~cap_bit(cap), i.inheritable) == 0);
}

/* A user without capabilities whose ids all differ. */
CHECK_UNUSED static void become_mixed(void)
{
	NEED(syscall(SYS_setresgid, 101, 102, 103) == 0);
	NEED(syscall(SYS_setresuid, 1, 2, 3) == 0);
}

#endif
