/*
 * Where lxrun lives in a guest process. These numbers are an agreement between the resident, the seccomp filter, the
 * prepared text and every process of an instance: change one and INSTANCE_VERSION changes with it.
 *
 * 0x550000000000..0x555500000000 is just below where the kernel puts position-independent programs, and is ordinary
 * application memory for the address, memory and thread sanitizers, whose shadow and allocators take the rest.
 */
#ifndef LX_BASE_LAYOUT_H
#define LX_BASE_LAYOUT_H

/* The resident's image: text, constants and private data. The linker is told the same (translator/CMakeLists.txt). */
#define RESIDENT_BASE 0x550000000000ul
/* All executable bytes of the resident are in [RESIDENT_BASE, RESIDENT_TEXT_END): what the filter lets through. */
#define RESIDENT_TEXT_END (RESIDENT_BASE + 0x200000ul)
/* Where prepared text (rewriter/) jumps to: the first instruction of the resident's text. */
#define RESIDENT_GATE (RESIDENT_BASE + 0x1000ul)
/* Stacks beyond the built-in ones, mapped on demand. */
#define RESIDENT_STACKS     0x550800000000ul
#define RESIDENT_STACKS_END 0x551000000000ul
/* The instance's shared memory (base/instance.h): near the resident, so that they share page tables. */
#define INSTANCE_BASE (RESIDENT_BASE + 0x20000000ul)
/* Everything of lxrun's lies in [RESIDENT_BASE, RESIDENT_AREA_END): what /proc/PID/maps does not show. */
#define RESIDENT_AREA_END 0x552000000000ul

/* The descriptor of the guest's root directory, open (O_PATH) in every guest process. Hidden from the guest. */
#define RESERVED_FD 241

/* The call number that reaches the supervisor by user notification, whatever the instruction pointer is. */
#define INSTANCE_CALL_NR 0x4c58

/* prctl(2) with this option, which no kernel knows, answers INSIDE_ANSWER to a process that is a guest already. */
#define INSIDE_PRCTL  0x4c58
#define INSIDE_ANSWER 0x4c58

/* SECCOMP_RET_DATA of the filter's traps: tells them from a guest filter's own. */
#define TRAP_MARK 0x4c58

#endif
