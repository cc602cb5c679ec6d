#include "ops.h"

#include <linux/prctl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/host.h"
#include "translator/args.h"

static uint64_t random_state;

void ops_seed(uint64_t seed)
{
	random_state = seed * 0x9e3779b97f4a7c15u + 1;
}

uint32_t ops_random(uint32_t below)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(random_state >> 33) % below;
}

bool ops_chance(uint32_t percent)
{
	return ops_random(100) < percent;
}

#define PICK(...) ((uint64_t[]){__VA_ARGS__}[ops_random((uint32_t)ARRAY_SIZE(((uint64_t[]){__VA_ARGS__})))])

static uint64_t some_id(void)
{
	return PICK(0, 0, 0, 1, 2, 1000, 1000, 1001, 65534, 0xffffffff, 0xfffffffe);
}

static uint64_t some_caps(void)
{
	const struct creds *now = fake.call.creds;
	const uint64_t base =
		PICK(now->cap_permitted, now->cap_permitted, now->cap_effective, now->cap_inheritable,
		     now->cap_bounding, 0, ~0ull, 1ull << CAP_SETPCAP | 1ull << CAP_SETUID | 1ull << CAP_SETGID);

	if (ops_chance(40))
		return base;
	/* Mostly keep the ones that keep a sequence going. */
	return base & ((uint64_t)ops_random(0x80000000) << 20 | ops_random(0x80000000) | (ops_chance(70) ? 0x1ff : 0));
}

static void point(struct op *o, int i, size_t offset)
{
	o->pointer[i] = !ops_chance(3);
	o->arg[i] = o->pointer[i] ? offset : PICK(0, 8);
}

static void make_caps(struct op *o, bool set)
{
	o->nr = set ? SYS_capset : SYS_capget;
	o->before.header.version = (uint32_t)PICK(_LINUX_CAPABILITY_VERSION_1, _LINUX_CAPABILITY_VERSION_2,
						  _LINUX_CAPABILITY_VERSION_3, _LINUX_CAPABILITY_VERSION_3,
						  _LINUX_CAPABILITY_VERSION_3, ops_chance(10) ? 0 : 0x20080522);
	o->before.header.pid = (int)PICK(0, 0, 0, (uint64_t)getpid(), set ? 0 : (uint64_t)getppid(),
					 ops_chance(10) ? (uint64_t)-1 : 0, ops_chance(10) ? 0x3fffff : 0);
	uint64_t e = some_caps(), p = some_caps(), i = some_caps();

	if (ops_chance(60))
		p = fake.call.creds->cap_permitted & ~(ops_chance(50) ? 1ull << ops_random(41) : 0);
	if (ops_chance(60))
		e = p & ~(ops_chance(30) ? 1ull << ops_random(41) : 0);
	if (ops_chance(50))
		i = p & ((uint64_t)ops_random(0x10000) << 16 | ops_random(0x10000));
	for (int half = 0; half < 2; half++)
		o->before.data[half] = (struct __user_cap_data_struct){
			(uint32_t)(e >> 32 * half), (uint32_t)(p >> 32 * half), (uint32_t)(i >> 32 * half)};
	point(o, 0, offsetof(struct memory, header));
	point(o, 1, offsetof(struct memory, data));
}

static void make_groups(struct op *o, bool set)
{
	o->nr = set ? SYS_setgroups : SYS_getgroups;
	o->arg[0] = set ? PICK(0, 1, 2, 5, 33, CREDS_GROUPS_MAX, (uint64_t)-1, 65537)
			: PICK(0, 1, 5, 40, 256, (uint64_t)-1);
	for (size_t i = 0; i < ARRAY_SIZE(o->before.id); i++)
		o->before.id[i] = ops_chance(1) && ops_chance(20) ? (uint32_t)-1 : ops_random(5000);
	point(o, 1, offsetof(struct memory, id));
}

static void make_prctl(struct op *o)
{
	static const int options[] = {
		PR_CAPBSET_READ,   PR_CAPBSET_DROP, PR_SET_SECUREBITS,   PR_SET_SECUREBITS,
		PR_GET_SECUREBITS, PR_SET_KEEPCAPS, PR_SET_KEEPCAPS,     PR_GET_KEEPCAPS,
		PR_CAP_AMBIENT,    PR_CAP_AMBIENT,  PR_CAP_AMBIENT,      PR_CAP_AMBIENT,
		PR_SET_DUMPABLE,   PR_GET_DUMPABLE, PR_SET_NO_NEW_PRIVS, PR_GET_NO_NEW_PRIVS,
	};
	o->nr = SYS_prctl;
	o->arg[0] = (uint64_t)options[ops_random(ARRAY_SIZE(options))];
	switch (o->arg[0]) {
	case PR_CAPBSET_READ:
	case PR_CAPBSET_DROP:
		o->arg[1] = ops_chance(90) ? ops_random(41) : PICK(41, 63, 64, 1ull << 32, ~0ull);
		break;
	case PR_SET_SECUREBITS:
		/* Locks are for ever, so they are rare. */
		o->arg[1] =
			(fake.call.creds->securebits ^ 1ull << ops_random(13)) & (ops_chance(5) ? ~0ull : 0xff55ull);
		if (ops_chance(10))
			o->arg[1] = PICK(0, fake.call.creds->securebits, 0xff, 0x1000, 1ull << 32, 0x10);
		break;
	case PR_CAP_AMBIENT:
		o->arg[1] = PICK(PR_CAP_AMBIENT_IS_SET, PR_CAP_AMBIENT_RAISE, PR_CAP_AMBIENT_RAISE,
				 PR_CAP_AMBIENT_RAISE, PR_CAP_AMBIENT_LOWER, PR_CAP_AMBIENT_CLEAR_ALL,
				 ops_chance(10) ? 0 : 1, ops_chance(10) ? 9 : 2);
		o->arg[2] = ops_chance(90) ? ops_random(41) : PICK(41, 64, ~0ull);
		if (o->arg[1] == PR_CAP_AMBIENT_CLEAR_ALL && ops_chance(80))
			o->arg[2] = 0;
		o->arg[3] = ops_chance(3);
		o->arg[4] = ops_chance(3);
		break;
	case PR_SET_NO_NEW_PRIVS:
		o->arg[1] = PICK(1, 1, 0, 2);
		o->arg[2] = ops_chance(20);
		break;
	case PR_GET_NO_NEW_PRIVS:
		o->arg[1] = ops_chance(10);
		o->arg[4] = ops_chance(10);
		break;
	default:
		o->arg[1] = PICK(0, 1, 1, 2, 1ull << 32);
		break;
	}
}

void ops_make(struct op *o)
{
	static const long three[] = {SYS_setresuid, SYS_setresgid, SYS_setresuid};
	static const long two[] = {SYS_setreuid, SYS_setregid, SYS_setreuid};
	static const long one[] = {SYS_setuid, SYS_setgid, SYS_setfsuid, SYS_setfsgid, SYS_setfsuid};
	static const long none[] = {SYS_getuid, SYS_geteuid, SYS_getgid, SYS_getegid};

	memset(o, 0, sizeof(*o));
	switch (ops_random(10)) {
	case 0:
	case 1:
		o->nr = three[ops_random(3)];
		break;
	case 2:
		o->nr = two[ops_random(3)];
		break;
	case 3:
		o->nr = one[ops_random(5)];
		break;
	case 4:
		o->nr = none[ops_random(4)];
		return;
	case 5:
		o->nr = ops_chance(50) ? SYS_getresuid : SYS_getresgid;
		for (int i = 0; i < 3; i++)
			point(o, i, offsetof(struct memory, id) + 4 * (size_t)i);
		return;
	case 6:
		make_caps(o, ops_chance(75));
		return;
	case 7:
		make_groups(o, ops_chance(60));
		return;
	case 8:
		o->nr = OP_MAY_SIGNAL;
		o->arg[0] = ops_random(ARRAY_SIZE(fake.guests));
		o->arg[1] = PICK(0, 0, SIGCONT, SIGCONT, 65, (uint64_t)-1);
		return;
	default:
		make_prctl(o);
		return;
	}
	for (int i = 0; i < 3; i++)
		o->arg[i] = some_id();
}

static uint64_t argument(const struct op *o, struct memory *m, int i)
{
	return o->pointer[i] ? (uint64_t)(uintptr_t)m + o->arg[i] : o->arg[i];
}

long ops_native(const struct op *o, struct memory *m)
{
	if (o->nr == OP_MAY_SIGNAL)
		return host_call(SYS_kill, fake.guests[o->arg[0]], (int)o->arg[1]);
	return host_call(o->nr, argument(o, m, 0), argument(o, m, 1), argument(o, m, 2), argument(o, m, 3),
			 argument(o, m, 4));
}

long ops_handler(const struct op *o, struct memory *m)
{
	struct tr_call *c = &fake.call;
	const uint64_t a = argument(o, m, 0), b = argument(o, m, 1), d = argument(o, m, 2), e = argument(o, m, 3),
		       f = argument(o, m, 4);
	const uint32_t x = (uint32_t)a, y = (uint32_t)b, z = (uint32_t)d;

	switch (o->nr) {
	case OP_MAY_SIGNAL:
		return tr_may_signal(c, fake.guests[a], (int)b);
	case SYS_getuid:
		return sys_getuid(c, NULL);
	case SYS_geteuid:
		return sys_geteuid(c, NULL);
	case SYS_getgid:
		return sys_getgid(c, NULL);
	case SYS_getegid:
		return sys_getegid(c, NULL);
	case SYS_getresuid:
		return sys_getresuid(c, &(struct getresuid_args){a, b, d});
	case SYS_getresgid:
		return sys_getresgid(c, &(struct getresgid_args){a, b, d});
	case SYS_getgroups:
		return sys_getgroups(c, &(struct getgroups_args){(int)x, b});
	case SYS_setgroups:
		return sys_setgroups(c, &(struct setgroups_args){(int)x, b});
	case SYS_setuid:
		return sys_setuid(c, &(struct setuid_args){x});
	case SYS_setgid:
		return sys_setgid(c, &(struct setgid_args){x});
	case SYS_setfsuid:
		return sys_setfsuid(c, &(struct setfsuid_args){x});
	case SYS_setfsgid:
		return sys_setfsgid(c, &(struct setfsgid_args){x});
	case SYS_setreuid:
		return sys_setreuid(c, &(struct setreuid_args){x, y});
	case SYS_setregid:
		return sys_setregid(c, &(struct setregid_args){x, y});
	case SYS_setresuid:
		return sys_setresuid(c, &(struct setresuid_args){x, y, z});
	case SYS_setresgid:
		return sys_setresgid(c, &(struct setresgid_args){x, y, z});
	case SYS_capget:
		return sys_capget(c, &(struct capget_args){a, b});
	case SYS_capset:
		return sys_capset(c, &(struct capset_args){a, b});
	case SYS_prctl:
		return sys_prctl(c, &(struct prctl_args){(int)a, b, d, e, f});
	default:
		abort();
	}
}
