/* The names of the machine: the host's kernel, the instance's host name. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/utsname.h>

#include "base/host.h"
#include "base/str.h"
#include "translator/args.h"

#define NAME_MAX_LENGTH __NEW_UTS_LEN

_Static_assert(sizeof(((struct instance *)0)->hostname) == NAME_MAX_LENGTH + 1, "a host name of the full length fits");
_Static_assert(sizeof(((struct instance *)0)->domainname) == NAME_MAX_LENGTH + 1, "a domain name too");

/* A name that another process may be writing: its last byte is always a NUL. */
static void copy_name(char to[NAME_MAX_LENGTH + 1], const char *from)
{
	memset(to, 0, NAME_MAX_LENGTH + 1);
	for (size_t i = 0; i < NAME_MAX_LENGTH && from[i] != '\0'; i++)
		to[i] = from[i];
}

/* The low bits of personality(2) of a thread of another process; 0, the usual ones, where they cannot be had. */
static unsigned long personality_of(pid_t tid)
{
	char text[64];
	uint64_t ret = 0;
	int fd CLEANUP(host_close_at) = -1;
	ssize_t n;

	str_format(text, sizeof(text), "/proc/%d/personality", tid);
	fd = host_open(text, O_RDONLY | O_CLOEXEC, 0);
	n = fd < 0 ? fd : host_pread_full(fd, text, sizeof(text), 0);
	if (n > 0)
		(void)str_hex(text, (size_t)n, &ret);
	return ret;
}

/* What the machine and the release are called depends on who asks: PER_LINUX32, UNAME26. */
static long names_for(struct tr_call *c, struct new_utsname *ret)
{
	long mine, r;

	if (c->frame != NULL)
		return host_call(SYS_uname, ret);
	mine = host_call(SYS_personality, 0xffffffff);
	(void)host_call(SYS_personality, personality_of(tr_tid(c)));
	r = host_call(SYS_uname, ret);
	(void)host_call(SYS_personality, mine);
	return r;
}

long sys_uname(struct tr_call *c, const struct uname_args *a)
{
	struct new_utsname names;
	long r;

	r = names_for(c, &names);
	if (r < 0)
		return r;
	copy_name(names.nodename, c->ns.in->hostname);
	copy_name(names.domainname, c->ns.in->domainname[0] != '\0' ? c->ns.in->domainname : "(none)");
	return tr_write(c, a->buf, &names, sizeof(names));
}

static long set_name(struct tr_call *c, char *name, uint64_t from, int size)
{
	char text[NAME_MAX_LENGTH + 1] = "";
	int r;

	if (!creds_capable(c->creds, CAP_SYS_ADMIN))
		return -EPERM;
	if (size < 0 || size > NAME_MAX_LENGTH)
		return -EINVAL;
	r = tr_read(c, text, from, (size_t)size);
	if (r < 0)
		return r;
	memcpy(name, text, sizeof(text));
	return 0;
}

long sys_sethostname(struct tr_call *c, const struct sethostname_args *a)
{
	return set_name(c, c->ns.in->hostname, a->name, a->size);
}

long sys_setdomainname(struct tr_call *c, const struct setdomainname_args *a)
{
	return set_name(c, c->ns.in->domainname, a->name, a->size);
}
