/* Host names that can be changed without harm: in a UTS namespace, or where there is none to make. */
#ifndef LX_TESTS_CONFORMANCE_UTS_H
#define LX_TESTS_CONFORMANCE_UTS_H

#include "../check.h"

#include <linux/capability.h>
#include <sched.h>
#include <sys/utsname.h>

static inline void own_names(void)
{
	/* EINVAL: a kernel without UTS namespaces, whose names the program may change. */
	NEED(unshare(CLONE_NEWUTS) == 0 || errno == EINVAL);
}

static inline const char *node_name(void)
{
	static struct utsname u;

	NEED(syscall(SYS_uname, &u) == 0);
	return u.nodename;
}

static inline const char *domain_name(void)
{
	static struct utsname u;

	NEED(syscall(SYS_uname, &u) == 0);
	return u.domainname;
}

/* Gives up one capability, as root. */
static inline void without(int cap)
{
	struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct d[2];

	NEED(syscall(SYS_capget, &h, d) == 0);
	d[cap / 32].effective &= ~(1u << cap % 32);
	NEED(syscall(SYS_capset, &h, d) == 0);
}

/* The one line of a small file. */
static inline const char *line_of(const char *path)
{
	static char text[256];
	FILE *f = fopen(path, "r");

	NEED(f != NULL);
	text[0] = '\0';
	if (fgets(text, sizeof(text), f) != NULL)
		text[strcspn(text, "\n")] = '\0';
	fclose(f);
	return text;
}

#endif
