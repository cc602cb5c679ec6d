/* The generated programs, run by the interpreter over numbers, architectures, instruction pointers and arguments. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ioprio.h>
#include <linux/netlink.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "base/layout.h"
#include "program.h"
#include "syscall-tables/names.h"
#include "translator/filter/filter.h"
#include "translator/filter/interpret.h"

#define TRAPPED     (SECCOMP_RET_TRAP | TRAP_MARK)
#define NO_CALL     (SECCOMP_RET_ERRNO | ENOSYS)
#define X32         0x40000000u
#define INSIDE      (RESIDENT_BASE + 0x1234)
#define NUMBER      1u /* words of struct seccomp_data, as tr_filter_run() reports them */
#define ARCH        2u
#define SOME_RANDOM 20

static const struct {
	const char *name;
	unsigned reg;
	uint64_t bits;
} notify[] = {
#define NOTIFY(name)                   {#name, 0, 0},
#define NOTIFY_UNLESS(name, reg, bits) {#name, reg, bits},
#include "syscall-tables/notify.def"
#undef NOTIFY
#undef NOTIFY_UNLESS
};

/* What the notify gate's program must say of a translated call; 0 where the arguments decide. */
static uint32_t notify_answer(uint32_t nr)
{
	for (size_t i = 0; i < ARRAY_SIZE(notify); i++)
		if (strcmp(notify[i].name, syscall_info(nr)->name) == 0)
			return notify[i].bits == 0 ? SECCOMP_RET_USER_NOTIF : 0;
	return TRAPPED;
}

static struct program program(unsigned flags)
{
	struct program p;

	p.code = tr_filter_program(flags, &p.n);
	return p;
}

static uint32_t run(struct program p, const struct seccomp_data *data)
{
	return tr_filter_run(p.code, p.n, data, NULL);
}

static uint32_t answer(uint32_t nr, const uint64_t arg[6])
{
	struct seccomp_data data = call(nr, OUTSIDE, arg);

	return run(program(0), &data);
}

static void random_arguments(uint64_t arg[6], uint64_t *state)
{
	for (int i = 0; i < 6; i++)
		arg[i] = next_random(state) >> next_random(state) % 64;
}

Test(filter, is_a_program_that_the_kernel_takes)
{
	for (unsigned flags = 0; flags <= TR_FILTER_NOTIFY; flags++) {
		struct program p = program(flags);

		cr_assert_gt(p.n, SYSCALL_NUMBERS / 8);
		cr_assert_leq(p.n, BPF_MAXINSNS);
		cr_assert_eq(tr_filter_check(p.code, p.n), 0);
	}
}

/* What a call of the guest's must be answered, whatever its arguments; 0 where they decide. */
static uint32_t expected(uint32_t nr, unsigned flags)
{
	const struct syscall_info *info = syscall_info(nr);

	if (!info)
		return TRAPPED;
	switch (info->how) {
	case SYSCALL_IS_NATIVE:
		return SECCOMP_RET_ALLOW;
	case SYSCALL_IS_XLATE_IF:
		return 0;
	case SYSCALL_IS_XLATE:
		return (flags & TR_FILTER_NOTIFY) ? notify_answer(nr) : TRAPPED;
	default:
		return TRAPPED;
	}
}

Test(filter, answers_every_number_by_its_row)
{
	uint64_t state = 1;

	for (unsigned flags = 0; flags <= TR_FILTER_NOTIFY; flags++) {
		for (uint32_t nr = 0; nr < 1000; nr++) {
			uint32_t want = expected(nr, flags);

			for (int i = 0; i < SOME_RANDOM && want; i++) {
				uint64_t arg[6];
				struct seccomp_data data;
				uint32_t got;

				random_arguments(arg, &state);
				data = call(nr, OUTSIDE + next_random(&state) % 4096, arg);
				got = run(program(flags), &data);
				cr_assert_eq(got, want, "call %u: %#x, not %#x", nr, got, want);
			}
		}
	}
}

Test(filter, traps_numbers_that_are_no_call)
{
	static const uint32_t numbers[] = {337, 400, 423, SYSCALL_NUMBERS, 512, 547, 0x4c57, 0x4c59, X32 - 1};

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		cr_assert_eq(answer(numbers[i], NULL), TRAPPED, "call %u", numbers[i]);
}

Test(filter, sees_of_a_native_call_the_number_and_the_architecture_only)
{
	for (unsigned flags = 0; flags <= TR_FILTER_NOTIFY; flags++) {
		struct program p = program(flags);

		for (uint32_t nr = 0; nr < SYSCALL_NUMBERS; nr++) {
			const struct syscall_info *info = syscall_info(nr);
			struct seccomp_data data = call(nr, OUTSIDE, NULL);
			uint32_t loaded;

			if (!info || info->how != SYSCALL_IS_NATIVE)
				continue;
			cr_assert_eq(tr_filter_run(p.code, p.n, &data, &loaded), SECCOMP_RET_ALLOW);
			cr_assert_eq(loaded & ~(NUMBER | ARCH), 0, "%s loads words %#x", info->name, loaded);
		}
	}
}

Test(filter, lets_the_resident_through)
{
	for (unsigned flags = 0; flags <= TR_FILTER_NOTIFY; flags++) {
		for (uint32_t nr = 0; nr < 1000; nr++) {
			struct seccomp_data data = call(nr, INSIDE, NULL);

			cr_assert_eq(run(program(flags), &data), SECCOMP_RET_ALLOW, "call %u", nr);
		}
	}
}

Test(filter, knows_where_the_resident_begins_and_ends)
{
	static const struct {
		uint64_t ip;
		bool resident;
	} cases[] = {
		{RESIDENT_BASE - 1, false},
		{RESIDENT_BASE, true},
		{RESIDENT_TEXT_END - 1, true},
		{RESIDENT_TEXT_END, false},
		{RESIDENT_BASE + 0x100000000, false},
		{RESIDENT_BASE - 0x100000000, false},
		{RESIDENT_BASE + 0x80000000, false},
		{RESIDENT_BASE | 1ull << 63, false},
		{INSIDE, true},
		{INSIDE & 0xffffffff, false},
		{0, false},
		{UINT64_MAX, false},
	};

	for (unsigned flags = 0; flags <= TR_FILTER_NOTIFY; flags++) {
		for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
			struct seccomp_data translated = call(SYSCALL_openat, cases[i].ip, NULL);
			struct seccomp_data refused = call(SYSCALL_bpf, cases[i].ip, NULL);
			uint32_t want = flags & TR_FILTER_NOTIFY ? SECCOMP_RET_USER_NOTIF : TRAPPED;

			cr_assert_eq(run(program(flags), &translated), cases[i].resident ? SECCOMP_RET_ALLOW : want,
				     "%#lx", cases[i].ip);
			cr_assert_eq(run(program(flags), &refused), cases[i].resident ? SECCOMP_RET_ALLOW : TRAPPED,
				     "%#lx", cases[i].ip);
		}
	}
}

Test(filter, notifies_unless_a_bit_is_set)
{
	uint64_t state = 7;

	for (size_t i = 0; i < ARRAY_SIZE(notify); i++) {
		for (uint32_t nr = 0; nr < SYSCALL_NUMBERS && notify[i].bits != 0; nr++) {
			uint64_t arg[6];

			if (syscall_info(nr) == NULL || strcmp(syscall_info(nr)->name, notify[i].name) != 0)
				continue;
			for (int n = 0; n < SOME_RANDOM; n++) {
				random_arguments(arg, &state);
				arg[notify[i].reg] &= ~notify[i].bits;
				struct seccomp_data clear = call(nr, OUTSIDE, arg);
				arg[notify[i].reg] |= notify[i].bits;
				struct seccomp_data set = call(nr, OUTSIDE, arg);

				cr_assert_eq(run(program(TR_FILTER_NOTIFY), &clear), SECCOMP_RET_USER_NOTIF);
				cr_assert_eq(run(program(TR_FILTER_NOTIFY), &set), TRAPPED);
			}
		}
	}
}

Test(filter, sends_the_instance_call_to_the_supervisor_from_anywhere)
{
	static const uint64_t from[] = {OUTSIDE, INSIDE, RESIDENT_BASE, 0};

	for (unsigned flags = 0; flags <= TR_FILTER_NOTIFY; flags++) {
		for (size_t i = 0; i < ARRAY_SIZE(from); i++) {
			struct seccomp_data data = call(INSTANCE_CALL_NR, from[i], NULL);

			cr_assert_eq(run(program(flags), &data), SECCOMP_RET_USER_NOTIF);
		}
	}
}

Test(filter, knows_no_foreign_calls)
{
	static const uint32_t foreign[] = {AUDIT_ARCH_I386, AUDIT_ARCH_AARCH64, 0};

	for (unsigned flags = 0; flags <= TR_FILTER_NOTIFY; flags++) {
		for (uint32_t nr = 0; nr < 1000; nr++) {
			struct seccomp_data data = call(nr | X32, OUTSIDE, NULL);

			cr_assert_eq(run(program(flags), &data), NO_CALL, "x32 call %u", nr);
			data = call(nr, OUTSIDE, NULL);
			for (size_t i = 0; i < ARRAY_SIZE(foreign); i++) {
				data.arch = foreign[i];
				cr_assert_eq(run(program(flags), &data), NO_CALL, "call %u of %#x", nr, foreign[i]);
			}
		}
		for (size_t i = 0; i < ARRAY_SIZE(foreign); i++) {
			struct seccomp_data data = call(INSTANCE_CALL_NR, OUTSIDE, NULL);

			data.arch = foreign[i];
			cr_assert_eq(run(program(flags), &data), NO_CALL);
		}
	}
}

#define FD    RESERVED_FD
#define UPPER 0xdeadbeef00000000ull
#define SET   0x7ffe12345678ull

/* Arguments that are translated or not. ints: registers whose upper halves are nobody's and must not matter. */
static const struct {
	uint32_t nr;
	bool traps;
	uint8_t ints;
	uint64_t arg[6];
} cases[] = {
	{SYSCALL_close, true, 1 << 0, {FD}},
	{SYSCALL_close, false, 1 << 0, {FD - 1}},
	{SYSCALL_close, false, 1 << 0, {FD + 1}},
	{SYSCALL_close, false, 1 << 0, {0, FD}},
	{SYSCALL_close, false, 1 << 0, {0xffffffff}},
	{SYSCALL_mmap, true, 0, {0, 4096, 5, 2, 3, 0}},
	{SYSCALL_mmap, true, 0, {SET, 4096, 7, 0x11, 3, 0}},
	{SYSCALL_mmap, false, 0, {0, 4096, 5, 0x22, 0xffffffff, 0}},
	{SYSCALL_mmap, false, 0, {0, 4096, 3, 2, 3, 0}},
	{SYSCALL_dup, true, 1 << 0, {FD}},
	{SYSCALL_dup, false, 1 << 0, {FD + 1, FD}},
	{SYSCALL_fcntl, true, 1 << 0, {FD, 2, 1}},
	{SYSCALL_fcntl, false, 1 << 0, {5, FD, FD}},
	{SYSCALL_dup2, true, 3, {FD, 5}},
	{SYSCALL_dup2, true, 3, {5, FD}},
	{SYSCALL_dup2, true, 3, {FD, FD}},
	{SYSCALL_dup2, false, 3, {5, 6}},
	{SYSCALL_dup2, false, 3, {5, 6, FD}},
	{SYSCALL_dup3, true, 3, {FD, 5}},
	{SYSCALL_dup3, true, 3, {5, FD, 02000000}},
	{SYSCALL_dup3, false, 3, {5, 6, FD}},
	{SYSCALL_rt_sigprocmask, true, 1 << 0, {SIG_BLOCK, SET, 0, 8}},
	{SYSCALL_rt_sigprocmask, true, 1 << 0, {SIG_SETMASK, SET, SET, 8}},
	{SYSCALL_rt_sigprocmask, true, 1 << 0, {77, SET, SET, 8}},
	{SYSCALL_rt_sigprocmask, true, 1 << 0, {SIG_SETMASK, 0x100000000, 0, 8}},
	{SYSCALL_rt_sigprocmask, false, 0, {SIG_UNBLOCK, SET, 0, 8}},
	{SYSCALL_rt_sigprocmask, false, 1 << 0, {SIG_SETMASK, 0, SET, 8}},
	{SYSCALL_pselect6, true, 0, {1, SET, 0, 0, 0, SET}},
	{SYSCALL_pselect6, true, 0, {1, SET, 0, 0, 0, 0x500000000}},
	{SYSCALL_pselect6, false, 1 << 0, {1, SET, SET, SET, SET, 0}},
	{SYSCALL_ppoll, true, 1 << 1, {SET, 1, 0, SET, 8}},
	{SYSCALL_ppoll, false, 1 << 1, {SET, 1, SET, 0, 8, SET}},
	{SYSCALL_epoll_pwait, true, 1 << 3, {3, SET, 1, 0, SET, 8}},
	{SYSCALL_epoll_pwait, false, 1 << 3, {3, SET, 1, 0xffffffff, 0, 8}},
	{SYSCALL_epoll_pwait2, true, 1 << 0, {3, SET, 1, SET, SET, 8}},
	{SYSCALL_epoll_pwait2, false, 1 << 0, {3, SET, 1, SET, 0, 8}},
	{SYSCALL_io_pgetevents, true, 0, {SET, 1, 1, SET, 0, SET}},
	{SYSCALL_io_pgetevents, false, 0, {SET, 1, 1, SET, SET, 0}},
	{SYSCALL_socket, true, 7, {AF_NETLINK, SOCK_RAW, NETLINK_AUDIT}},
	{SYSCALL_socket, false, 7, {AF_NETLINK, SOCK_RAW, NETLINK_ROUTE}},
	{SYSCALL_socket, false, 7, {AF_INET, SOCK_STREAM, NETLINK_AUDIT}},
	{SYSCALL_getpgid, true, 1 << 0, {77}},
	{SYSCALL_getpgid, false, 0, {0, 77}},
	{SYSCALL_getsid, true, 1 << 0, {77}},
	{SYSCALL_getsid, false, 0, {0, 77}},
	{SYSCALL_getpriority, true, 3, {PRIO_PROCESS, 77}},
	{SYSCALL_getpriority, true, 1 << 0, {PRIO_USER, 0}},
	{SYSCALL_getpriority, false, 1 << 0, {PRIO_PROCESS, 0}},
	{SYSCALL_getpriority, false, 1 << 0, {PRIO_PGRP, 0}},
	{SYSCALL_setpriority, true, 7, {PRIO_PROCESS, 77, 5}},
	{SYSCALL_setpriority, true, 1 << 0, {PRIO_USER, 0, 5}},
	{SYSCALL_setpriority, true, 1 << 0, {PRIO_PGRP, 0, 5}},
	{SYSCALL_setpriority, false, 5, {PRIO_PROCESS, 0, 5}},
	{SYSCALL_ioprio_get, true, 3, {IOPRIO_WHO_PROCESS, 77}},
	{SYSCALL_ioprio_get, true, 1 << 0, {IOPRIO_WHO_USER, 0}},
	{SYSCALL_ioprio_get, false, 1 << 0, {IOPRIO_WHO_PROCESS, 0}},
	{SYSCALL_ioprio_set, true, 7, {IOPRIO_WHO_PROCESS, 77, 5}},
	{SYSCALL_ioprio_set, true, 1 << 0, {IOPRIO_WHO_PGRP, 0, 5}},
	{SYSCALL_ioprio_set, true, 1 << 0, {IOPRIO_WHO_USER, 0, 5}},
	{SYSCALL_ioprio_set, false, 5, {IOPRIO_WHO_PROCESS, 0, 5}},
	{SYSCALL_sched_setparam, true, 1 << 0, {77, SET}},
	{SYSCALL_sched_setparam, false, 0, {0, SET}},
	{SYSCALL_sched_getparam, true, 1 << 0, {77, SET}},
	{SYSCALL_sched_getparam, false, 0, {0, SET}},
	{SYSCALL_sched_setscheduler, true, 1 << 0, {77, 1, SET}},
	{SYSCALL_sched_setscheduler, false, 0, {0, 1, SET}},
	{SYSCALL_sched_getscheduler, true, 1 << 0, {77, 1}},
	{SYSCALL_sched_getscheduler, false, 0, {0, 1}},
	{SYSCALL_sched_rr_get_interval, true, 1 << 0, {77, SET}},
	{SYSCALL_sched_rr_get_interval, false, 0, {0, SET}},
	{SYSCALL_sched_setaffinity, true, 1 << 0, {77, 8, SET}},
	{SYSCALL_sched_setaffinity, false, 0, {0, 8, SET}},
	{SYSCALL_sched_getaffinity, true, 1 << 0, {77, 8, SET}},
	{SYSCALL_sched_getaffinity, false, 0, {0, 8, SET}},
	{SYSCALL_sched_setattr, true, 1 << 0, {77, SET}},
	{SYSCALL_sched_setattr, false, 0, {0, SET}},
	{SYSCALL_sched_getattr, true, 1 << 0, {77, SET, 48}},
	{SYSCALL_sched_getattr, false, 0, {0, SET, 48}},
	{SYSCALL_prlimit64, true, 1 << 0, {77, 7, SET, SET}},
	{SYSCALL_prlimit64, false, 0, {0, 7, SET, SET}},
	{SYSCALL_process_vm_readv, true, 1 << 0, {77, SET, 1, SET, 1}},
	{SYSCALL_process_vm_readv, false, 0, {0, SET, 1, SET, 1}},
	{SYSCALL_process_vm_writev, true, 1 << 0, {77, SET, 1, SET, 1}},
	{SYSCALL_process_vm_writev, false, 0, {0, SET, 1, SET, 1}},
	{SYSCALL_migrate_pages, true, 1 << 0, {77, 8, SET, SET}},
	{SYSCALL_migrate_pages, false, 0, {0, 8, SET, SET}},
	{SYSCALL_get_robust_list, true, 1 << 0, {77, SET, SET}},
	{SYSCALL_get_robust_list, false, 0, {0, SET, SET}},
	{SYSCALL_move_pages, true, 1 << 0, {77, 1, SET, SET, SET}},
	{SYSCALL_move_pages, false, 0, {0, 1, SET, SET, SET}},
	{SYSCALL_accept, true, 1 << 0, {3, SET, SET}},
	{SYSCALL_accept, false, 1 << 0, {3, 0, 0}},
	{SYSCALL_accept4, true, 1 << 0, {3, SET, SET, 0}},
	{SYSCALL_accept4, false, 9, {3, 0, 0, 02000000}},
	{SYSCALL_sendto, true, 1 << 0, {3, SET, 10, 0, SET, 16}},
	{SYSCALL_sendto, false, 9, {3, SET, 10, 0x4000, 0, 0}},
	{SYSCALL_recvfrom, true, 1 << 0, {3, SET, 10, 0, SET, SET}},
	{SYSCALL_recvfrom, false, 9, {3, SET, 10, 0x40, 0, 0}},
	{SYSCALL_getsockopt, true, 6, {3, SOL_SOCKET, SO_PEERCRED, SET, SET}},
	{SYSCALL_getsockopt, true, 6, {3, SOL_SOCKET, SO_PEERGROUPS, SET, SET}},
	{SYSCALL_getsockopt, false, 6, {3, SOL_SOCKET, SO_ERROR, SET, SET}},
	{SYSCALL_getsockopt, false, 6, {3, 6, SO_PEERCRED, SET, SET}},
	{SYSCALL_getsockopt, false, 6, {SO_PEERCRED, 6, SOL_SOCKET, SET, SET}},
	{SYSCALL_arch_prctl, true, 1 << 0, {0x5001, 1}},
	{SYSCALL_arch_prctl, false, 1 << 0, {0x1002, SET}},
	{SYSCALL_arch_prctl, false, 1 << 0, {0x1003, 0x5001}},
	{SYSCALL_clone, true, 0, {CLONE_VM | CLONE_VFORK | SIGCHLD, SET}},
	{SYSCALL_clone, false, 0, {SIGCHLD, 0}},
	{SYSCALL_close_range, true, 4, {3, 0xffffffff, 0}},
	{SYSCALL_close_range, false, 4, {3, FD - 1, 0}},
};

Test(rules, decide_by_the_arguments)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint32_t want = cases[i].traps ? TRAPPED : SECCOMP_RET_ALLOW;
		const char *name = syscall_info(cases[i].nr)->name;
		uint64_t arg[6];

		cr_assert_eq(answer(cases[i].nr, cases[i].arg), want, "%s, case %zu", name, i);
		memcpy(arg, cases[i].arg, sizeof(arg));
		for (int reg = 0; reg < 6; reg++)
			if (cases[i].ints & 1 << reg)
				arg[reg] |= UPPER;
		cr_assert_eq(answer(cases[i].nr, arg), want, "%s, case %zu, with upper halves", name, i);
	}
}

/* A rule that nobody looks at may be wrong: every row with rules has cases of both kinds. */
Test(rules, are_all_tried)
{
	for (uint32_t nr = 0; nr < SYSCALL_NUMBERS; nr++) {
		const struct syscall_info *info = syscall_info(nr);
		bool seen[2] = {false, false};

		for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
			if (cases[i].nr == nr)
				seen[cases[i].traps] = true;
		if (info && info->how == SYSCALL_IS_XLATE_IF)
			cr_assert(seen[false] && seen[true], "%s has no case", info->name);
	}
}

Test(rules, let_the_resident_through)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct seccomp_data data = call(cases[i].nr, INSIDE, cases[i].arg);

		cr_assert_eq(run(program(0), &data), SECCOMP_RET_ALLOW, "case %zu", i);
	}
}

/* All flags together, in all combinations. */
Test(rules, of_clone)
{
	static const uint64_t bits[] = {CLONE_VM,     CLONE_THREAD,  CLONE_NEWNS,  CLONE_NEWCGROUP, CLONE_NEWUTS,
					CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET,    CLONE_VFORK,
					CLONE_FILES,  0x80000000,    1ull << 40,   SIGCHLD};
	const uint64_t new = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
			     CLONE_NEWPID | CLONE_NEWNET;

	for (uint32_t set = 0; set < 1u << ARRAY_SIZE(bits); set++) {
		uint64_t arg[6] = {0, SET, SET, SET, SET, SET};
		bool shares, traps;

		for (size_t i = 0; i < ARRAY_SIZE(bits); i++)
			if (set & 1u << i)
				arg[0] |= bits[i];
		shares = (arg[0] & CLONE_VM) && !(arg[0] & CLONE_THREAD);
		traps = shares || (arg[0] & new);
		cr_assert_eq(answer(SYSCALL_clone, arg), traps ? TRAPPED : SECCOMP_RET_ALLOW, "%#lx", arg[0]);
	}
}

Test(rules, of_close_range)
{
	static const uint64_t ends[] = {0,           1,          3,           FD - 1,     FD,        FD + 1,
					1000,        0x7fffffff, 0xfffffffe,  0xffffffff, UPPER | 3, UPPER | FD,
					UPPER | 400, UINT64_MAX, 0x100000000, 1ull << 63};

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(ends); j++) {
			uint64_t arg[6] = {ends[i], ends[j]};
			bool clean = ends[i] <= UINT32_MAX && ends[j] <= UINT32_MAX;
			bool hits = (uint32_t)ends[i] <= FD && (uint32_t)ends[j] >= FD;
			uint32_t got = answer(SYSCALL_close_range, arg);

			if (hits)
				cr_assert_eq(got, TRAPPED, "%#lx..%#lx", ends[i], ends[j]);
			else if (clean)
				cr_assert_eq(got, SECCOMP_RET_ALLOW, "%#lx..%#lx", ends[i], ends[j]);
		}
	}
}

/* How with an upper half may trap where it need not, but must where it blocks. */
Test(rules, of_rt_sigprocmask)
{
	for (uint64_t how = 0; how < 4; how++) {
		uint64_t arg[6] = {how | UPPER, SET, 0, 8};

		if (how != SIG_UNBLOCK)
			cr_assert_eq(answer(SYSCALL_rt_sigprocmask, arg), TRAPPED);
	}
}
