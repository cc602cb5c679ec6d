/* The prologue in front of a guest's program: who passes, who is answered, and what the program finds. */
#include <criterion/criterion.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>

#include "base/layout.h"
#include "translator/filter/interpret.h"
#include "translator/seccomp/prologue.h"
#include "translator/seccomp/store.h"

#define PROBE_LOW  0x4c580000u
#define PROBE_HIGH 0x4c580001u
#define KILL       SECCOMP_RET_KILL_PROCESS

/* The program behind the prologue returns its accumulator plus KILL's action: where it begins it must be 0. */
static const struct sock_filter guest[] = {
	BPF_STMT(BPF_ALU | BPF_OR | BPF_K, KILL),
	BPF_STMT(BPF_RET | BPF_A, 0),
};

static uint32_t run(uint32_t id, uint64_t ip, int nr, uint64_t argument)
{
	struct sock_filter code[SECCOMP_PROLOGUE_SIZE + 2];
	const struct seccomp_data data = {.nr = nr, .instruction_pointer = ip, .args = {argument}};

	seccomp_prologue(code, id);
	memcpy(code + SECCOMP_PROLOGUE_SIZE, guest, sizeof(guest));
	cr_assert(tr_filter_check(code, SECCOMP_PROLOGUE_SIZE + 2) == 0);
	return tr_filter_run(code, SECCOMP_PROLOGUE_SIZE + 2, &data, NULL);
}

Test(prologue, the_resident_passes)
{
	const uint64_t inside[] = {RESIDENT_BASE, RESIDENT_BASE + 1, RESIDENT_BASE + 0x1000, RESIDENT_TEXT_END - 1};

	for (size_t i = 0; i < sizeof(inside) / sizeof(inside[0]); i++) {
		cr_assert(run(7, inside[i], SYS_open, 0) == SECCOMP_RET_ALLOW);
		cr_assert(run(7, inside[i], SYS_getpid, 0) == SECCOMP_RET_ALLOW);
	}
}

Test(prologue, others_meet_the_program_as_it_would_begin_alone)
{
	const uint64_t outside[] = {0,
				    0x400000,
				    RESIDENT_BASE - 1,
				    RESIDENT_TEXT_END,
				    RESIDENT_BASE + 0x100000000,
				    RESIDENT_BASE - 0x100000000,
				    0x7ffff7fc1000,
				    RESIDENT_BASE & 0xffffffff,
				    UINT64_MAX};

	for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++) {
		cr_assert(run(7, outside[i], SYS_open, 0) == KILL);
		cr_assert(run(7, outside[i], SYS_getpid, PROBE_LOW) == KILL, "probes are the resident's only");
	}
}

Test(prologue, a_probe_tells_every_number)
{
	const uint32_t ids[] = {1, 2, 38, 0x7ff, 0x800, 0x801, 0x12345, 0x3fffff};

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		uint32_t low = run(ids[i], RESIDENT_BASE + 9, SYS_getpid, PROBE_LOW);
		uint32_t high = run(ids[i], RESIDENT_BASE + 9, SYS_getpid, PROBE_HIGH);

		cr_assert((low & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO);
		cr_assert((high & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO);
		low &= SECCOMP_RET_DATA;
		high &= SECCOMP_RET_DATA;
		/* What the kernel returns for it is an errno of its own that it never returns otherwise. */
		cr_assert(low >= 1024 && low <= 3071 && high >= 1024 && high <= 3071);
		cr_assert(((high - 1024) << SECCOMP_ID_BITS / 2 | (low - 1024)) == ids[i]);
	}
}

Test(prologue, no_filter_no_number)
{
	/* This process has none, and getpid() answers. */
	cr_assert(seccomp_probe() == 0);
}
