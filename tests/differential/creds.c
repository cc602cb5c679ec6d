/* Calls that change who a worker is, and what it may do to others. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "identity.h"

#define BIT(cap) (UINT64_C(1) << (cap))

struct sets {
	uint64_t effective, permitted, inheritable;
};

static int get_sets(struct sets *ret)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &head, data) < 0)
		return -1;
	ret->effective = data[0].effective | (uint64_t)data[1].effective << 32;
	ret->permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
	ret->inheritable = data[0].inheritable | (uint64_t)data[1].inheritable << 32;
	return 0;
}

static int set_sets(const struct sets *s)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	for (int i = 0; i < 2; i++) {
		data[i].effective = (uint32_t)(s->effective >> 32 * i);
		data[i].permitted = (uint32_t)(s->permitted >> 32 * i);
		data[i].inheritable = (uint32_t)(s->inheritable >> 32 * i);
	}
	return (int)syscall(SYS_capset, &head, data);
}

uint64_t capabilities(void)
{
	struct sets s = {0};

	return get_sets(&s) < 0 ? 0 : s.effective;
}

bool is_almighty(void)
{
	const uint64_t all = BIT(CAP_DAC_OVERRIDE) | BIT(CAP_DAC_READ_SEARCH) | BIT(CAP_FOWNER);

	return (capabilities() & all) == all;
}

void say_ids(void)
{
	unsigned r, e, s;
	gid_t groups[32];
	struct sets sets = {0};
	uint64_t ambient = 0, bounding = 0;
	int n;

	syscall(SYS_getresuid, &r, &e, &s);
	say(" u %d/%d/%d/%d", (int)r, (int)e, (int)s, (int)syscall(SYS_setfsuid, -1));
	syscall(SYS_getresgid, &r, &e, &s);
	say(" g %d/%d/%d/%d", (int)r, (int)e, (int)s, (int)syscall(SYS_setfsgid, -1));
	n = (int)syscall(SYS_getgroups, 32, groups);
	for (int i = 0; i < n; i++)
		say("%s%u", i == 0 ? " +" : ",", groups[i]);
	get_sets(&sets);
	for (int cap = 0; cap <= CAP_LAST_CAP; cap++) {
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, cap, 0, 0) == 1)
			ambient |= BIT(cap);
		if (prctl(PR_CAPBSET_READ, cap) == 1)
			bounding |= BIT(cap);
	}
	say(" e %jx p %jx i %jx a %jx b %jx", (uintmax_t)sets.effective, (uintmax_t)sets.permitted,
	    (uintmax_t)sets.inheritable, (uintmax_t)ambient, (uintmax_t)bounding);
	say(" secure %x nnp %d dump %d", (unsigned)prctl(PR_GET_SECUREBITS), prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0),
	    prctl(PR_GET_DUMPABLE));
}

int tell_ids(void)
{
	say("     tell:");
	say_ids();
	say(" at %lu %lu/%lu %lu/%lu", getauxval(AT_SECURE), getauxval(AT_UID), getauxval(AT_EUID), getauxval(AT_GID),
	    getauxval(AT_EGID));
	say_end();
	return 0;
}

/* --- beginning --------------------------------------------------------------------------------------------------------- */

static void be_user(uid_t uid, uint64_t keep)
{
	const gid_t groups[] = {uid, uid == 1000 ? 1001 : 1002, 100};

	syscall(SYS_setgroups, 3, groups);
	syscall(SYS_setresgid, uid, uid, uid);
	if (keep != 0)
		prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
	syscall(SYS_setresuid, uid, uid, uid);
	if (keep != 0)
		set_sets(&(struct sets){keep, keep, keep});
}

void become(struct worker *w)
{
	static const uint64_t some[] = {
		BIT(CAP_FOWNER),
		BIT(CAP_CHOWN),
		BIT(CAP_DAC_READ_SEARCH),
		BIT(CAP_DAC_OVERRIDE),
		BIT(CAP_FSETID),
		BIT(CAP_SETFCAP),
		BIT(CAP_SYS_ADMIN),
		BIT(CAP_SETUID),
		BIT(CAP_SETGID),
		BIT(CAP_SETPCAP),
		BIT(CAP_CHOWN) | BIT(CAP_FSETID),
		BIT(CAP_MKNOD) | BIT(CAP_SYS_CHROOT),
		BIT(CAP_FOWNER) | BIT(CAP_DAC_OVERRIDE),
	};
	struct sets s = {0};

	switch (w->number == 0 ? 0 : dice(8)) {
	case 0:
		break;
	case 1:
	case 2:
		be_user(1000, 0);
		break;
	case 3:
	case 4:
		be_user(1001, 0);
		break;
	case 5:
		be_user(one_in(2) ? 1000 : 1001, pick(some));
		break;
	case 6:
		/* root without what modes do not stop */
		get_sets(&s);
		s.effective &= ~pick(some);
		s.effective &= ~pick(some);
		set_sets(&s);
		break;
	default:
		/* a program of root's that works for somebody */
		syscall(SYS_setresgid, 1000, 1001, 0);
		syscall(SYS_setresuid, 1000, 1001, 0);
		break;
	}
	say_ids();
}

/* --- set*id ------------------------------------------------------------------------------------------------------------ */

static const unsigned ids[] = {(unsigned)-1, (unsigned)-1, 0, 0, 1000, 1001, 100, 1002};

static void do_setid(struct worker *w)
{
	static const struct {
		long number;
		int arguments;
		const char *name;
	} calls[] = {
		{SYS_setuid, 1, "setuid"},       {SYS_setgid, 1, "setgid"},       {SYS_setreuid, 2, "setreuid"},
		{SYS_setregid, 2, "setregid"},   {SYS_setresuid, 3, "setresuid"}, {SYS_setresgid, 3, "setresgid"},
		{SYS_setfsuid, 1, "setfsuid"},   {SYS_setfsgid, 1, "setfsgid"},   {SYS_setfsuid, 1, "setfsuid"},
		{SYS_setresuid, 3, "setresuid"},
	};
	unsigned i = dice(sizeof(calls) / sizeof(calls[0])), a = pick(ids), b = pick(ids), c = pick(ids);

	(void)w;
	say("%s(%d", calls[i].name, (int)a);
	if (calls[i].arguments > 1)
		say(", %d", (int)b);
	if (calls[i].arguments > 2)
		say(", %d", (int)c);
	say(")");
	say_result(syscall(calls[i].number, a, b, c));
	say_ids();
}

static void do_setgroups(struct worker *w)
{
	gid_t groups[4];
	int n = (int)dice(5);

	(void)w;
	say("setgroups(");
	for (int i = 0; i < n; i++) {
		groups[i] = ids[2 + dice(6)];
		say("%s%u", i == 0 ? "" : ",", groups[i]);
	}
	say(")");
	say_result(syscall(SYS_setgroups, n, groups));
	say_ids();
}

/* --- capabilities ------------------------------------------------------------------------------------------------------ */

static const int caps[] = {CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER,  CAP_FSETID,
			   CAP_KILL,  CAP_SETGID,       CAP_SETUID,          CAP_SETPCAP, CAP_SYS_CHROOT,
			   CAP_MKNOD, CAP_SETFCAP,      CAP_SYS_ADMIN};

static void change(uint64_t *set)
{
	unsigned how = dice(8);

	if (how == 0)
		*set = 0;
	else if (how < 4)
		*set &= ~BIT(pick(caps));
	else if (how < 6)
		*set |= BIT(pick(caps));
}

static void do_capset(struct worker *w)
{
	struct sets s = {0};

	(void)w;
	get_sets(&s);
	if (one_in(4))
		s.effective = s.permitted;
	else
		change(&s.effective);
	if (one_in(4))
		change(&s.permitted);
	if (one_in(2))
		change(&s.inheritable);
	say("capset(%jx, %jx, %jx)", (uintmax_t)s.effective, (uintmax_t)s.permitted, (uintmax_t)s.inheritable);
	say_result(set_sets(&s));
	say_ids();
}

static void do_prctl(struct worker *w)
{
	static const struct {
		int option;
		unsigned long a, b;
		const char *name;
	} kinds[] = {
		{PR_SET_KEEPCAPS, 1, 0, "keepcaps 1"},
		{PR_SET_KEEPCAPS, 0, 0, "keepcaps 0"},
		{PR_SET_SECUREBITS, SECBIT_KEEP_CAPS, 0, "securebits KEEP_CAPS"},
		{PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, "securebits NO_SETUID_FIXUP"},
		{PR_SET_SECUREBITS, SECBIT_NOROOT, 0, "securebits NOROOT"},
		{PR_SET_SECUREBITS, SECBIT_NO_CAP_AMBIENT_RAISE, 0, "securebits NO_CAP_AMBIENT_RAISE"},
		{PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED, 0, "securebits NOROOT LOCKED"},
		{PR_SET_SECUREBITS, 0, 0, "securebits 0"},
		{PR_SET_DUMPABLE, 0, 0, "dumpable 0"},
		{PR_SET_DUMPABLE, 1, 0, "dumpable 1"},
		{PR_SET_DUMPABLE, 2, 0, "dumpable 2"},
		{PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, "ambient clear"},
	};
	unsigned long cap = (unsigned long)pick(caps);
	unsigned how = dice(10);

	(void)w;
	if (how < 5) {
		unsigned i = dice(sizeof(kinds) / sizeof(kinds[0]));

		say("prctl(%s)", kinds[i].name);
		say_result(prctl(kinds[i].option, kinds[i].a, kinds[i].b, 0, 0));
	} else if (how < 7) {
		say("prctl(ambient raise %lu)", cap);
		say_result(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0));
	} else if (how < 8) {
		say("prctl(ambient lower %lu)", cap);
		say_result(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_LOWER, cap, 0, 0));
	} else if (how < 9) {
		say("prctl(bounding drop %lu)", cap);
		say_result(prctl(PR_CAPBSET_DROP, cap));
	} else if (one_in(3)) {
		say("prctl(no_new_privs)");
		say_result(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	} else {
		say("prctl(no_new_privs 0)");
		say_result(prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0));
	}
	say_ids();
}

/* --- others ------------------------------------------------------------------------------------------------------------- */

static void do_kill(struct worker *w)
{
	static const int signals[] = {0, 0, SIGCONT, SIGWINCH, SIGURG, 65};
	int sig = pick(signals);
	unsigned other = dice(WORKERS);

	say("kill(w%u, %d)", other, sig);
	say_result(kill(w->pids[other], sig));
}

static void do_umask(struct worker *w)
{
	static const mode_t masks[] = {0, 0, 022, 022, 027, 077, 002, 0177, 0777, 0222};
	mode_t mask = pick(masks);

	say("umask(%03o)", mask);
	say_result((long)umask(mask));
	w->umask = mask;
}

static void do_again(struct worker *w)
{
	say("again");
	w->leaving = true;
}

const struct choice id_calls[] = {
	{8, do_setid}, {2, do_setgroups}, {5, do_capset}, {6, do_prctl}, {4, do_kill}, {3, do_umask}, {10, do_again},
};
const unsigned id_calls_count = sizeof(id_calls) / sizeof(id_calls[0]);
