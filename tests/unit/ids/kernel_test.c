/*
 * The rules against the running kernel: a child that is really root makes random sequences of calls, natively and
 * through the handlers, and after each compares results, memory and everything that /proc/self/status and prctl(2) tell
 * of the two identities. Skipped for who is not root.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/capability.h>
#include <linux/prctl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/host.h"
#include "fake.h"
#include "translator/args.h"

#define STEPS      60
#define SIGNALLING (-2) /* stands for "may I send this signal": no number of a call */

/* What a call's pointers point to; the native call and the handler have one each. */
struct memory {
	struct __user_cap_header_struct header;
	struct __user_cap_data_struct data[2];
	uint32_t id[CREDS_GROUPS_MAX + 8];
};

struct op {
	long nr;
	uint64_t arg[5];
	/* arg[i] is an offset into struct memory. */
	bool pointer[5];
	struct memory before;
};

static uint64_t random_state;

static uint32_t rnd(uint32_t below)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(random_state >> 33) % below;
}

static bool chance(uint32_t percent)
{
	return rnd(100) < percent;
}

#define PICK(...) ((uint64_t[]){__VA_ARGS__}[rnd((uint32_t)ARRAY_SIZE(((uint64_t[]){__VA_ARGS__})))])

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

	if (chance(40))
		return base;
	/* Mostly keep the ones that keep a sequence going. */
	return base & ((uint64_t)rnd(0x80000000) << 20 | rnd(0x80000000) | (chance(70) ? 0x1ff : 0));
}

static void point(struct op *o, int i, size_t offset)
{
	o->pointer[i] = !chance(3);
	o->arg[i] = o->pointer[i] ? offset : PICK(0, 8);
}

static void make_caps(struct op *o, bool set)
{
	o->nr = set ? SYS_capset : SYS_capget;
	o->before.header.version =
		(uint32_t)PICK(_LINUX_CAPABILITY_VERSION_1, _LINUX_CAPABILITY_VERSION_2, _LINUX_CAPABILITY_VERSION_3,
			       _LINUX_CAPABILITY_VERSION_3, _LINUX_CAPABILITY_VERSION_3, chance(10) ? 0 : 0x20080522);
	o->before.header.pid = (int)PICK(0, 0, 0, (uint64_t)getpid(), set ? 0 : (uint64_t)getppid(),
					 chance(10) ? (uint64_t)-1 : 0, chance(10) ? 0x3fffff : 0);
	uint64_t e = some_caps(), p = some_caps(), i = some_caps();

	if (chance(60))
		p = fake.call.creds->cap_permitted & ~(chance(50) ? 1ull << rnd(41) : 0);
	if (chance(60))
		e = p & ~(chance(30) ? 1ull << rnd(41) : 0);
	if (chance(50))
		i = p & ((uint64_t)rnd(0x10000) << 16 | rnd(0x10000));
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
		o->before.id[i] = chance(1) && chance(20) ? (uint32_t)-1 : rnd(5000);
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
	o->arg[0] = (uint64_t)options[rnd(ARRAY_SIZE(options))];
	switch (o->arg[0]) {
	case PR_CAPBSET_READ:
	case PR_CAPBSET_DROP:
		o->arg[1] = chance(90) ? rnd(41) : PICK(41, 63, 64, 1ull << 32, ~0ull);
		break;
	case PR_SET_SECUREBITS:
		/* Locks are for ever, so they are rare. */
		o->arg[1] = (fake.call.creds->securebits ^ 1ull << rnd(13)) & (chance(5) ? ~0ull : 0xff55ull);
		if (chance(10))
			o->arg[1] = PICK(0, fake.call.creds->securebits, 0xff, 0x1000, 1ull << 32, 0x10);
		break;
	case PR_CAP_AMBIENT:
		o->arg[1] =
			PICK(PR_CAP_AMBIENT_IS_SET, PR_CAP_AMBIENT_RAISE, PR_CAP_AMBIENT_RAISE, PR_CAP_AMBIENT_RAISE,
			     PR_CAP_AMBIENT_LOWER, PR_CAP_AMBIENT_CLEAR_ALL, chance(10) ? 0 : 1, chance(10) ? 9 : 2);
		o->arg[2] = chance(90) ? rnd(41) : PICK(41, 64, ~0ull);
		if (o->arg[1] == PR_CAP_AMBIENT_CLEAR_ALL && chance(80))
			o->arg[2] = 0;
		o->arg[3] = chance(3);
		o->arg[4] = chance(3);
		break;
	case PR_SET_NO_NEW_PRIVS:
		o->arg[1] = PICK(1, 1, 0, 2);
		o->arg[2] = chance(20);
		break;
	case PR_GET_NO_NEW_PRIVS:
		o->arg[1] = chance(10);
		o->arg[4] = chance(10);
		break;
	default:
		o->arg[1] = PICK(0, 1, 1, 2, 1ull << 32);
		break;
	}
}

static void make_op(struct op *o)
{
	static const long three[] = {SYS_setresuid, SYS_setresgid, SYS_setresuid};
	static const long two[] = {SYS_setreuid, SYS_setregid, SYS_setreuid};
	static const long one[] = {SYS_setuid, SYS_setgid, SYS_setfsuid, SYS_setfsgid, SYS_setfsuid};
	static const long none[] = {SYS_getuid, SYS_geteuid, SYS_getgid, SYS_getegid};

	memset(o, 0, sizeof(*o));
	switch (rnd(10)) {
	case 0:
	case 1:
		o->nr = three[rnd(3)];
		break;
	case 2:
		o->nr = two[rnd(3)];
		break;
	case 3:
		o->nr = one[rnd(5)];
		break;
	case 4:
		o->nr = none[rnd(4)];
		return;
	case 5:
		o->nr = chance(50) ? SYS_getresuid : SYS_getresgid;
		for (int i = 0; i < 3; i++)
			point(o, i, offsetof(struct memory, id) + 4 * (size_t)i);
		return;
	case 6:
		make_caps(o, chance(75));
		return;
	case 7:
		make_groups(o, chance(60));
		return;
	case 8:
		o->nr = SIGNALLING;
		o->arg[0] = rnd(ARRAY_SIZE(fake.guests));
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

static long native(const struct op *o, struct memory *m)
{
	if (o->nr == SIGNALLING)
		return host_call(SYS_kill, fake.guests[o->arg[0]], (int)o->arg[1]);
	return host_call(o->nr, argument(o, m, 0), argument(o, m, 1), argument(o, m, 2), argument(o, m, 3),
			 argument(o, m, 4));
}

static long handler(const struct op *o, struct memory *m)
{
	struct tr_call *c = &fake.call;
	const uint64_t a = argument(o, m, 0), b = argument(o, m, 1), d = argument(o, m, 2), e = argument(o, m, 3),
		       f = argument(o, m, 4);
	const uint32_t x = (uint32_t)a, y = (uint32_t)b, z = (uint32_t)d;

	switch (o->nr) {
	case SIGNALLING:
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

/* Everything that differs between two identities, as text; empty if nothing does. */
static void differences(const struct creds *k, const struct creds *m, char *ret, size_t size)
{
	const struct {
		const char *name;
		uint64_t kernel, model;
	} fields[] = {
		{"ruid", k->ruid, m->ruid},
		{"euid", k->euid, m->euid},
		{"suid", k->suid, m->suid},
		{"fsuid", k->fsuid, m->fsuid},
		{"rgid", k->rgid, m->rgid},
		{"egid", k->egid, m->egid},
		{"sgid", k->sgid, m->sgid},
		{"fsgid", k->fsgid, m->fsgid},
		{"inheritable", k->cap_inheritable, m->cap_inheritable},
		{"permitted", k->cap_permitted, m->cap_permitted},
		{"effective", k->cap_effective, m->cap_effective},
		{"bounding", k->cap_bounding, m->cap_bounding},
		{"ambient", k->cap_ambient, m->cap_ambient},
		{"securebits", k->securebits, m->securebits},
		{"groups", k->group_count, m->group_count},
	};
	size_t n = 0;

	ret[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		if (fields[i].kernel != fields[i].model && n < size)
			n += (size_t)snprintf(ret + n, size - n, " %s: kernel %lx, here %lx;", fields[i].name,
					      fields[i].kernel, fields[i].model);
	for (uint32_t i = 0; n == 0 && i < k->group_count; i++)
		if (k->groups[i] != m->groups[i])
			n += (size_t)snprintf(ret, size, " group %u: kernel %u, here %u", i, k->groups[i],
					      m->groups[i]);
}

static const char *check_state(void)
{
	static char text[1024];
	struct creds kernel;
	long dumpable = host_call(SYS_prctl, PR_GET_DUMPABLE),
	     nnp = host_call(SYS_prctl, PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);

	if (fake_read_creds(getpid(), &kernel) < 0)
		return "cannot read the kernel's view";
	differences(&kernel, fake.call.creds, text, sizeof(text));
	if (dumpable != fake.process.dumpable)
		snprintf(text, sizeof(text), "dumpable: kernel %ld, here %d", dumpable, fake.process.dumpable);
	if (nnp != ((fake.process.flags & PROCESS_NO_NEW_PRIVS) != 0))
		snprintf(text, sizeof(text), "no_new_privs: kernel %ld", nnp);
	return text;
}

struct report {
	char text[2048];
	uint64_t succeeded, failed;
};

static void run_sequence(uint64_t seed, struct report *report)
{
	struct creds now;

	random_state = seed * 0x9e3779b97f4a7c15u + 1;
	if (host_call(SYS_prctl, PR_SET_DUMPABLE, 1) < 0 || fake_read_creds(getpid(), &now) < 0)
		_exit(1);
	fake_begin(&now);
	for (int step = 0; step < STEPS; step++) {
		struct memory kernel_memory, model_memory;
		struct op o;
		const char *difference;
		long k, m;

		make_op(&o);
		kernel_memory = model_memory = o.before;
		k = native(&o, &kernel_memory);
		m = handler(&o, &model_memory);
		difference = check_state();
		report->succeeded += k >= 0;
		report->failed += k < 0;
		if (k == m && difference[0] == '\0' && memcmp(&kernel_memory, &model_memory, sizeof(model_memory)) == 0)
			continue;
		snprintf(report->text, sizeof(report->text),
			 "seed %lu, step %d: call %ld(%lx, %lx, %lx, %lx, %lx): kernel %ld, here %ld;%s%s", seed, step,
			 o.nr, o.arg[0], o.arg[1], o.arg[2], o.arg[3], o.arg[4], k, m, difference,
			 memcmp(&kernel_memory, &model_memory, sizeof(model_memory)) != 0 ? "; memory differs" : "");
		_exit(1);
	}
	_exit(0);
}

/* Guests to signal: they sleep until they are killed. Every other one has a session of its own. */
static pid_t sleeper(uint32_t ruid, uint32_t euid, uint32_t suid, bool session)
{
	int ready[2];
	char byte;
	pid_t pid;

	cr_assert_eq(pipe(ready), 0);
	pid = fork();
	cr_assert_geq(pid, 0);
	if (pid == 0) {
		if (session)
			setsid();
		if (syscall(SYS_setresuid, ruid, euid, suid) != 0 || write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	cr_assert_eq(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

static void start_sleepers(void)
{
	static const uint32_t id[] = {0, 1, 1000, 1001};
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(fake.guests) - 1; i++) {
		struct creds who;

		fake.guests[n] = sleeper(id[i % 4], id[i / 2 % 4], id[i * 7 / 3 % 4], i % 2 != 0);
		cr_assert_eq(fake_read_creds(fake.guests[n], &who), 0);
		fake_slot(fake.guests[n++], &who);
	}
	fake.guests[n] = getpid();
}

Test(kernel, random_sequences, .timeout = 300)
{
	const char *text = getenv("LX_SEQUENCES");
	const uint64_t sequences = text != NULL ? strtoull(text, NULL, 10) : 4000;
	struct report *report = mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct creds me;

	cr_assert_neq(report, MAP_FAILED);
	cr_assert_eq(fake_read_creds(getpid(), &me), 0);
	if (me.euid != 0 || !creds_capable(&me, CAP_SETUID) || !creds_capable(&me, CAP_SETPCAP))
		cr_skip_test("needs to be the real root");
	fake_begin(&me);
	fake_slot(getpid(), &me);
	start_sleepers();
	for (uint64_t seed = 0; seed < sequences && report->text[0] == '\0'; seed++) {
		int status;
		pid_t pid = fork();

		cr_assert_geq(pid, 0);
		if (pid == 0)
			run_sequence(seed, report);
		cr_assert_eq(waitpid(pid, &status, 0), pid);
		cr_expect(WIFEXITED(status) && (WEXITSTATUS(status) == 0 || report->text[0] != '\0'),
			  "seed %lu: status %x", seed, status);
	}
	for (size_t i = 0; i < ARRAY_SIZE(fake.guests) - 1; i++) {
		kill(fake.guests[i], SIGKILL);
		waitpid(fake.guests[i], NULL, 0);
	}
	cr_expect_str_empty(report->text, "%s", report->text);
	/* A sequence that soon cannot do anything any more would prove little. */
	cr_expect_gt(report->succeeded * 2, report->failed, "%lu calls succeeded, %lu failed", report->succeeded,
		     report->failed);
}
