/*
 * The resident's own calls pass every filter of the guest's, and one of them, a getpid() with arguments, is answered by
 * the prologue with half of its number. The kernel inherits, replaces and synchronises filters; so the answer is right for
 * every thread, after fork, clone, exec and SECCOMP_FILTER_FLAG_TSYNC, without any state of ours.
 */
#include "translator/seccomp/prologue.h"

#include <linux/seccomp.h>
#include <stddef.h>

#include "base/host.h"
#include "base/layout.h"
#include "translator/seccomp/store.h"

/* getpid(PROBE_LOW) and getpid(PROBE_HIGH): what nobody else passes to it from the resident. */
#define PROBE_LOW  0x4c580000u
#define PROBE_HIGH 0x4c580001u

/* An errno from 1024 to 3071, of which the kernel has none. */
#define ANSWER_FIRST       1024
#define ANSWER_BITS        (SECCOMP_ID_BITS / 2)
#define ANSWER_MASK        ((1u << ANSWER_BITS) - 1)

#define LOAD(field)        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define LOAD_UPPER(field)  BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field) + 4)
#define IF(op, k, yes, no) BPF_JUMP(BPF_JMP | BPF_##op | BPF_K, (uint32_t)(k), yes, no)
#define RETURN(action)     BPF_STMT(BPF_RET | BPF_K, action)
#define ANSWER(part)       RETURN(SECCOMP_RET_ERRNO | (ANSWER_FIRST + ((part)&ANSWER_MASK)))

void seccomp_prologue(struct sock_filter to[SECCOMP_PROLOGUE_SIZE], uint32_t id)
{
	const struct sock_filter code[SECCOMP_PROLOGUE_SIZE] = {
		[0] = LOAD_UPPER(instruction_pointer),
		[1] = IF(JEQ, RESIDENT_BASE >> 32, 0, 11),
		[2] = LOAD(instruction_pointer),
		[3] = IF(JGE, RESIDENT_BASE, 0, 9),
		[4] = IF(JGE, RESIDENT_TEXT_END, 8, 0),
		/* The resident. */
		[5] = LOAD(nr),
		[6] = IF(JEQ, SYS_getpid, 0, 3),
		[7] = LOAD(args[0]),
		[8] = IF(JEQ, PROBE_LOW, 2, 0),
		[9] = IF(JEQ, PROBE_HIGH, 2, 0),
		[10] = RETURN(SECCOMP_RET_ALLOW),
		[11] = ANSWER(id),
		[12] = ANSWER(id >> ANSWER_BITS),
		/* Everybody else: the accumulator is 0 where a program begins. */
		[13] = BPF_STMT(BPF_LD | BPF_IMM, 0),
	};

	_Static_assert(RESIDENT_BASE >> 32 == RESIDENT_TEXT_END >> 32, "one comparison for the upper half");
	for (unsigned i = 0; i < SECCOMP_PROLOGUE_SIZE; i++)
		to[i] = code[i];
}

/* The answer to one probe, or -1. */
static long ask(uint32_t probe)
{
	long r = -host_call(SYS_getpid, probe) - ANSWER_FIRST;

	return r >= 0 && r <= (long)ANSWER_MASK ? r : -1;
}

uint32_t seccomp_probe(void)
{
	long low = ask(PROBE_LOW), high = low < 0 ? -1 : ask(PROBE_HIGH);

	return high < 0 ? 0 : (uint32_t)high << ANSWER_BITS | (uint32_t)low;
}
