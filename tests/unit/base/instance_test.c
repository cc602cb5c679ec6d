/* Process slots claimed by many processes at once, and the mount table with its counters. */
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/instance.h"

/* How far from its place base/instance.c looks for a slot. */
#define NEAR 64

static struct instance *in;

static void set_up(void)
{
	in = mmap(NULL, sizeof(*in), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	cr_assert_neq(in, MAP_FAILED);
}

TestSuite(slots, .init = set_up);
TestSuite(mounts, .init = set_up);

static _Atomic int *shared_page(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	cr_assert_neq(page, MAP_FAILED);
	return page;
}

/* A pid that no process has: that of a child that ended and was waited for. */
static pid_t dead_pid(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	cr_assert_gt(pid, 0);
	cr_assert_eq(waitpid(pid, NULL, 0), pid);
	return pid;
}

Test(slots, claim_and_find)
{
	pid_t pid = getpid();

	cr_expect_null(instance_find_slot(in, pid));
	struct process_slot *s = instance_claim_slot(in, pid);
	cr_assert_not_null(s);
	cr_expect_eq(in->pids[s - in->slots], (uint32_t)pid);
	cr_expect_eq(instance_find_slot(in, pid), s);
	/* A second claim is the same slot. */
	cr_expect_eq(instance_claim_slot(in, pid), s);
}

/* What the last owner left is not the new one's. */
Test(slots, a_claimed_slot_speaks_of_nobody_until_it_is_filled)
{
	pid_t pid = getpid();
	struct process_slot *s = &in->slots[(uint32_t)pid & (INSTANCE_SLOTS - 1)];

	instance_slot_is_filled(s, pid + 1);
	cr_assert_eq(instance_claim_slot(in, pid), s);
	cr_expect_eq(instance_find_slot(in, pid), s);
	cr_expect_null(instance_find_filled_slot(in, pid));
	instance_slot_is_filled(s, pid);
	cr_expect_eq(instance_find_filled_slot(in, pid), s);
}

Test(slots, neighbours_are_skipped)
{
	/* The place of getpid() and the one behind it are taken by living processes. */
	uint32_t at = (uint32_t)getpid() & (INSTANCE_SLOTS - 1);

	in->pids[at] = (uint32_t)getppid();
	in->pids[(at + 1) & (INSTANCE_SLOTS - 1)] = 1;
	cr_expect_eq(instance_claim_slot(in, getpid()), &in->slots[(at + 2) & (INSTANCE_SLOTS - 1)]);
	cr_expect_eq(in->pids[at], (uint32_t)getppid());
}

Test(slots, the_dead_make_room)
{
	uint32_t at = (uint32_t)getpid() & (INSTANCE_SLOTS - 1);
	uint32_t dead = (uint32_t)dead_pid();

	for (unsigned i = 0; i < NEAR; i++)
		in->pids[(at + i) & (INSTANCE_SLOTS - 1)] = 1;
	cr_expect_null(instance_claim_slot(in, getpid()), "all taken by the living");
	in->pids[(at + 40) & (INSTANCE_SLOTS - 1)] = dead;
	cr_expect_eq(instance_claim_slot(in, getpid()), &in->slots[(at + 40) & (INSTANCE_SLOTS - 1)]);
}

Test(slots, the_end_of_the_table_wraps)
{
	pid_t pid = INSTANCE_SLOTS - 1;

	in->pids[INSTANCE_SLOTS - 1] = 1;
	cr_expect_eq(instance_claim_slot(in, pid), &in->slots[0]);
	cr_expect_eq(instance_find_slot(in, pid), &in->slots[0]);
}

/* Many processes claim at the same moment, over and over, near each other; each must find itself alone in its slot. */
Test(slots, many_processes_at_once, .timeout = 60)
{
	enum { PROCESSES = 24, ROUNDS = 200 };
	_Atomic int *go = shared_page();
	pid_t child[PROCESSES];

	for (int i = 0; i < PROCESSES; i++) {
		child[i] = fork();
		cr_assert_geq(child[i], 0);
		if (child[i] != 0)
			continue;
		while (atomic_load(go) == 0)
			(void)usleep(100);
		for (int round = 0; round < ROUNDS; round++) {
			struct process_slot *s = instance_claim_slot(in, getpid());

			if (s == NULL || instance_find_slot(in, getpid()) != s)
				_exit(1);
			s->flags = (uint32_t)getpid();
			for (int spin = 0; spin < 50; spin++)
				if (s->flags != (uint32_t)getpid() || in->pids[s - in->slots] != (uint32_t)getpid())
					_exit(2);
			atomic_store(&in->pids[s - in->slots], 0);
		}
		_exit(0);
	}
	atomic_store(go, 1);
	for (int i = 0; i < PROCESSES; i++) {
		int status = -1;

		cr_assert_eq(waitpid(child[i], &status, 0), child[i]);
		cr_expect_eq(status, 0, "process %d: status %#x", i, (unsigned)status);
	}
}

/* All of them race for the one slot of a dead process: exactly one gets it. */
Test(slots, one_winner, .timeout = 60)
{
	enum { PROCESSES = 8, ROUNDS = 20 };
	_Atomic int *go = shared_page(), *winners = go + 1, *looked = go + 2;
	pid_t child[PROCESSES];
	int rounds = 0;

	for (int i = 0; i < 5 * ROUNDS && rounds < ROUNDS; i++) {
		pid_t dead = dead_pid();

		atomic_store(go, 0);
		atomic_store(winners, 0);
		atomic_store(looked, 0);
		for (int k = 0; k < PROCESSES; k++) {
			child[k] = fork();
			cr_assert_geq(child[k], 0);
			if (child[k] != 0)
				continue;
			while (atomic_load(go) == 0)
				;
			if (instance_claim_slot(in, getpid()) != NULL)
				atomic_fetch_add(winners, 1);
			/* The winner must be alive while the others look. */
			atomic_fetch_add(looked, 1);
			while (atomic_load(looked) < PROCESSES)
				(void)usleep(1000);
			_exit(0);
		}
		/* A table full of a living process, and one slot of a dead one in reach of all. */
		for (unsigned k = 0; k < INSTANCE_SLOTS; k++)
			in->pids[k] = 1;
		in->pids[((uint32_t)child[PROCESSES - 1] + 4) & (INSTANCE_SLOTS - 1)] = (uint32_t)dead;
		atomic_store(go, 1);
		for (int k = 0; k < PROCESSES; k++)
			cr_assert_eq(waitpid(child[k], NULL, 0), child[k]);
		/* A busy machine may have put the first too far from the last to reach the slot. */
		if (child[PROCESSES - 1] + 4 - child[0] >= NEAR || child[0] > child[PROCESSES - 1])
			continue;
		cr_assert_eq(*winners, 1, "round %d: %d winners", i, *winners);
		rounds++;
	}
	cr_expect_eq(rounds, ROUNDS);
}

static struct mount_entry entry(const char *point)
{
	struct mount_entry e = {.kind = MOUNT_BIND};

	(void)snprintf(e.point, sizeof(e.point), "%s", point);
	return e;
}

static bool named(const char *name)
{
	return (in->mount_names & instance_name_bit(name, strlen(name))) != 0;
}

Test(mounts, add_and_remove)
{
	struct mount_entry proc = entry("/proc"), host = entry("/mnt/host");
	uint64_t before = in->generation;

	cr_expect_eq(instance_add_mount(in, &proc), 0);
	cr_expect_gt(in->generation, before);
	cr_expect_eq(instance_add_mount(in, &host), 0);
	cr_expect_eq(in->mount_count, 2);
	cr_expect_neq(in->mounts[0].id, in->mounts[1].id);
	cr_expect_eq(in->mounts_generation % 2, 0, "nobody is writing");
	cr_expect(named("proc") && named("mnt") && named("host"));

	before = in->generation;
	cr_expect_eq(instance_remove_mount(in, 0, "/proc"), 0);
	cr_expect_gt(in->generation, before);
	cr_expect_eq(in->mount_count, 1);
	cr_expect_str_eq(in->mounts[0].point, "/mnt/host");
	cr_expect(named("mnt") && named("host"));

	before = in->generation;
	cr_expect_eq(instance_remove_mount(in, 0, "/proc"), -EINVAL);
	cr_expect_eq(instance_remove_mount(in, 0, "/mnt"), -EINVAL);
	cr_expect_eq(in->generation, before, "nothing was changed");
	cr_expect_eq(instance_remove_mount(in, 0, "/mnt/host"), 0);
	cr_expect_eq(in->mount_names, 0);
}

Test(mounts, the_topmost_goes_first)
{
	struct mount_entry e = entry("/data");

	e.flags = 0;
	cr_expect_eq(instance_add_mount(in, &e), 0);
	e.flags = MOUNT_READ_ONLY;
	cr_expect_eq(instance_add_mount(in, &e), 0);
	cr_expect_eq(instance_remove_mount(in, 0, "/data"), 0);
	cr_expect_eq(in->mount_count, 1);
	cr_expect_eq(in->mounts[0].flags, 0);
}

Test(mounts, ids_are_never_those_of_a_living_mount)
{
	struct mount_entry a = entry("/a"), b = entry("/b"), c = entry("/c");

	cr_expect_eq(instance_add_mount(in, &a), 0);
	cr_expect_eq(instance_add_mount(in, &b), 0);
	cr_expect_eq(instance_remove_mount(in, 0, "/a"), 0);
	cr_expect_eq(instance_add_mount(in, &c), 0);
	cr_expect_neq(in->mounts[0].id, in->mounts[1].id);
}

Test(mounts, the_table_can_be_full)
{
	char point[32];
	struct mount_entry e;

	for (int i = 0; i < INSTANCE_MOUNTS; i++) {
		(void)snprintf(point, sizeof(point), "/m/%d", i);
		e = entry(point);
		cr_assert_eq(instance_add_mount(in, &e), 0);
	}
	e = entry("/one/more");
	cr_expect_eq(instance_add_mount(in, &e), -ENOSPC);
	cr_expect_eq(in->mount_count, INSTANCE_MOUNTS);
	cr_expect_eq(instance_remove_mount(in, 0, "/m/3"), 0);
	cr_expect_eq(instance_add_mount(in, &e), 0);
}

Test(slots, payload_areas)
{
	struct instance_payload *taken[INSTANCE_PAYLOADS], *again;
	pid_t child = fork();

	if (child == 0)
		_exit(0);
	cr_assert_eq(waitpid(child, NULL, 0), child);
	/* All are held by who is there, but the one of the child, who is not. */
	for (size_t i = 0; i < INSTANCE_PAYLOADS; i++)
		in->payloads[i].holder = (uint32_t)getppid();
	in->payloads[5].holder = (uint32_t)child;
	taken[0] = instance_claim_payload(in, getpid());
	cr_expect_eq(taken[0], &in->payloads[5]);
	in->payloads[7].holder = 0;
	cr_expect_eq(instance_claim_payload(in, 1), &in->payloads[7]);
	instance_release_payload(taken[0]);
	again = instance_claim_payload(in, getpid());
	cr_expect_eq(again, taken[0]);
	cr_expect_eq(again->holder, (uint32_t)getpid());
}
