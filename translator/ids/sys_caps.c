/* capget(2) and capset(2). */
#include <errno.h>
#include <linux/capability.h>

#include "translator/args.h"
#include "translator/ids/ids.h"
#include "translator/ids/rules.h"

/*
 * Reads the header. Returns how many 32-bit halves the caller's version has (1 or 2); -EINVAL for a version that Linux
 * does not know, after telling the one that it prefers.
 */
static int read_header(struct tr_call *c, uint64_t at, struct __user_cap_header_struct *ret)
{
	static const uint32_t preferred = _LINUX_CAPABILITY_VERSION_3;
	struct __user_cap_header_struct h;
	int r = tr_read(c, &h.version, at, sizeof(h.version));

	if (r < 0)
		return r;
	if (h.version != _LINUX_CAPABILITY_VERSION_1 && h.version != _LINUX_CAPABILITY_VERSION_2 &&
	    h.version != _LINUX_CAPABILITY_VERSION_3) {
		r = tr_write(c, at, &preferred, sizeof(preferred));
		return r < 0 ? r : -EINVAL;
	}
	r = tr_read(c, &h, at, sizeof(h));
	if (r < 0)
		return r;
	*ret = h;
	return h.version == _LINUX_CAPABILITY_VERSION_1 ? 1 : 2;
}

static int look(struct tr_call *c, pid_t pid, struct creds *ret)
{
	if (pid < 0)
		return -EINVAL;
	if (pid == 0)
		pid = tr_tid(c);
	return tr_pid_visible(c, pid) || tr_is_init(c, pid) ? tr_creds_of(c, pid, ret) : -ESRCH;
}

long sys_capget(struct tr_call *c, const struct capget_args *a)
{
	struct __user_cap_data_struct data[2];
	struct __user_cap_header_struct h;
	struct creds who;
	int halves, r;

	halves = read_header(c, a->hdrp, &h);
	/* Without a place for the answer the call asks for the version only. */
	if (a->datap == 0 && (halves > 0 || halves == -EINVAL))
		return 0;
	if (halves < 0)
		return halves;
	r = look(c, h.pid, &who);
	if (r < 0)
		return r;
	for (int i = 0; i < 2; i++)
		data[i] = (struct __user_cap_data_struct){
			.effective = (uint32_t)(who.cap_effective >> 32 * i),
			.permitted = (uint32_t)(who.cap_permitted >> 32 * i),
			.inheritable = (uint32_t)(who.cap_inheritable >> 32 * i),
		};
	return tr_write(c, a->datap, data, (uint32_t)halves * sizeof(data[0]));
}

long sys_capset(struct tr_call *c, const struct capset_args *a)
{
	struct __user_cap_data_struct data[2] = {0};
	struct __user_cap_header_struct h;
	struct creds next = *c->creds;
	int halves, r;

	halves = read_header(c, a->hdrp, &h);
	if (halves < 0)
		return halves;
	if (h.pid != 0 && h.pid != tr_tid(c))
		return -EPERM;
	r = tr_read(c, data, a->datap, (uint32_t)halves * sizeof(data[0]));
	if (r < 0)
		return r;
	r = creds_capset(&next, data[0].effective | (uint64_t)data[1].effective << 32,
			 data[0].permitted | (uint64_t)data[1].permitted << 32,
			 data[0].inheritable | (uint64_t)data[1].inheritable << 32);
	if (r == 0)
		tr_creds_commit(c, &next);
	return r;
}
