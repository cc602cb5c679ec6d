/*
 * From an executable file to its first instruction: what execve(2) does in the kernel (fs/exec.c, fs/binfmt_elf.c,
 * fs/binfmt_script.c), done by the resident for the guest.
 *
 * Two halves. Before the point of no return, in the old process: ldr_probe() says what a file is and with which errno
 * Linux would refuse it. After it, in the new process, which is the resident: ldr_map() maps program and interpreter,
 * ldr_finish_stack() corrects the auxiliary vector that the kernel made for the resident, and the resident jumps.
 * Every byte of a file is hostile: sizes and offsets are checked before they are used, arithmetic does not wrap.
 * Freestanding, no heap, no static state. Files are read with pread: their offset does not move.
 */
#ifndef LX_LOADER_LOADER_H
#define LX_LOADER_LOADER_H

#include <elf.h>
#include <linux/limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attr.h"

/* BINPRM_BUF_SIZE: how much of a file decides what it is; a longer #! line is cut as the kernel cuts it. */
#define LDR_HEAD_SIZE 256
/* How many program headers are looked at; Linux takes 64 KB of them. */
#define LDR_PHDRS_MAX 1170

enum ldr_kind {
	LDR_ELF,    /* x86-64, ET_EXEC or ET_DYN */
	LDR_SCRIPT, /* "#!" */
};

/* What ldr_probe() found in a file. */
struct ldr_program {
	enum ldr_kind kind;
	/* LDR_ELF: the guest path in PT_INTERP; "" for a static program. LDR_SCRIPT: the interpreter's guest path. */
	char interpreter[PATH_MAX];
	/* LDR_SCRIPT: the one optional argument behind the interpreter; "" if there is none. */
	char argument[LDR_HEAD_SIZE];
	bool has_argument;
};

/*
 * Says what the open file is: exactly what Linux finds out before the point of no return. -ENOEXEC for anything that is
 * neither a script nor an x86-64 ELF program (i386 programs, damaged headers, a cut interpreter path), -EACCES for an
 * empty interpreter path, -EIO for one that the file does not have, or what pread answered. Damage in the segments
 * themselves is found by ldr_map() only: Linux then kills the process with SIGSEGV, there is no errno.
 * Does not look at the file's mode or type.
 */
MUST_CHECK int ldr_probe(int fd, struct ldr_program *ret);

/* The same for the file that PT_INTERP names: -ELIBBAD if it is not an x86-64 ELF file, -EIO, or what pread answered. */
MUST_CHECK int ldr_probe_interpreter(int fd);

/* A mapped ELF file. Addresses are the process's own. */
struct ldr_image {
	uint64_t bias;       /* what was added to the file's addresses; 0 for ET_EXEC */
	uint64_t start, end; /* the reserved span, whole pages */
	uint64_t entry;
	uint64_t phdr; /* where the program headers are mapped; the bias if they are not, as Linux says it */
	uint16_t phnum, phent;
	uint64_t start_code, end_code, start_data, end_data;
	uint64_t bss_end;      /* one past the highest byte of memory: brk begins behind it */
	bool stack_executable; /* PT_GNU_STACK asks for it */
};

enum ldr_map_flags {
	LDR_INTERPRETER = 1 << 0,  /* let the kernel choose the address of an ET_DYN file (mmap area) */
	LDR_NO_RANDOMIZE = 1 << 1, /* personality(2) ADDR_NO_RANDOMIZE: no random part */
};

/* Where prepared text is (base/text.h), and whose it must be. */
struct ldr_text {
	const char *dir;
	uint32_t owner;
};

/*
 * Maps the PT_LOADs of fd as the kernel would: ET_EXEC at its addresses, ET_DYN near 0x555555554000 with a random
 * offset (from `random`, 8 bytes of entropy) or where the kernel likes for LDR_INTERPRETER; p_align above a page is
 * honoured; the part of the last page behind the file's bytes is zeroed; the bss is mapped. Never replaces a mapping
 * that is there nor takes what base/layout.h reserves: -EEXIST, -ENOMEM, -ENOEXEC, -EINVAL, -EFAULT or what mmap
 * answered; what was mapped is unmapped again on failure. No other thread may map anything meanwhile.
 * Of segments that can be executed and not written the prepared text is mapped where there is some; text is NULL for none.
 */
MUST_CHECK int ldr_map(int fd, unsigned flags, uint64_t random, const struct ldr_text *text, struct ldr_image *ret);

/* What the guest must find in its auxiliary vector instead of the resident's. */
struct ldr_identity {
	uint32_t uid, euid, gid, egid;
	bool secure;     /* AT_SECURE */
	uint64_t execfn; /* address of the guest path as it was given to execve */
};

/*
 * The initial stack that the kernel made, taken apart: argc at sp, then argv, envp, auxv (all NULL-terminated).
 */
struct ldr_stack {
	uint64_t sp;
	long argc;
	char **argv;
	char **envp;
	Elf64_auxv_t *auxv;
	size_t auxv_size; /* bytes, AT_NULL included */
};

void ldr_read_stack(uint64_t sp, struct ldr_stack *ret);
/* The value of an auxiliary vector entry; false if there is none. */
bool ldr_auxv_get(const struct ldr_stack *stack, uint64_t type, uint64_t *ret);

/*
 * Rewrites the auxiliary vector in place: AT_PHDR, AT_PHENT, AT_PHNUM, AT_BASE (interpreter's bias, 0 without one),
 * AT_ENTRY, AT_UID.., AT_SECURE, AT_EXECFN. Entries that are missing are not added.
 */
void ldr_finish_stack(const struct ldr_stack *stack, const struct ldr_image *program,
		      const struct ldr_image *interpreter, const struct ldr_identity *who);

/* PT_GNU_STACK with PF_X: makes the main stack executable. */
MUST_CHECK int ldr_make_stack_executable(uint64_t sp);

/*
 * Tells the kernel where code, data, brk, arguments and the vector are (prctl PR_SET_MM_MAP), so that brk(2) grows
 * behind the program, with the kernel's random gap unless LDR_NO_RANDOMIZE. -EINVAL or -EPERM where the kernel does not
 * allow it: brk then stays behind the resident, which works.
 */
MUST_CHECK int ldr_set_mm(const struct ldr_stack *stack, const struct ldr_image *program, unsigned flags,
			  uint64_t random);

/* Starts the program: no register but rip and rsp is other than the kernel leaves it. */
NORETURN void ldr_jump(uint64_t entry, uint64_t sp);

#endif
