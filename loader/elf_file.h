/*
 * An ELF file that is read piece by piece: its header and a window of program headers. Private to loader/.
 *
 * Nothing that was read is trusted to read the same a second time: the file may change under us.
 */
#ifndef LX_LOADER_ELF_FILE_H
#define LX_LOADER_ELF_FILE_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

/* As many program headers as nearly every program has, so that one read fetches all there is to know. */
#define ELF_WINDOW 16

#define ELF_PAGE   4096ul
/* TASK_SIZE of x86-64: the first address that a program cannot have. */
#define ELF_TASK_SIZE 0x7ffffffff000ul

/* The first bytes of a file; what the file does not have is zero. */
struct elf_head {
	unsigned char bytes[sizeof(Elf64_Ehdr) + ELF_WINDOW * sizeof(Elf64_Phdr)];
	size_t size; /* of these, in the file */
};

struct elf_file {
	int fd; /* borrowed */
	Elf64_Ehdr header;
	unsigned first, count; /* the program headers in window */
	Elf64_Phdr window[ELF_WINDOW];
};

static inline uint64_t page_down(uint64_t a)
{
	return a & ~(ELF_PAGE - 1);
}

/* Wraps to 0 in the last page of the address space. */
static inline uint64_t page_up(uint64_t a)
{
	return page_down(a + ELF_PAGE - 1);
}

static inline uint64_t page_offset(uint64_t a)
{
	return a & (ELF_PAGE - 1);
}

/* 0, or what pread answered. */
MUST_CHECK int ldr_read_head(int fd, struct elf_head *ret);

/* Exactly n bytes at `at`: 0, -EIO where the file ends before, or what pread answered. */
MUST_CHECK int ldr_read_exact(int fd, void *buf, size_t n, uint64_t at);

/*
 * True for an ELF header that is for this machine. Linux looks at the magic and e_machine only: neither class nor byte
 * order nor version; files that are not 64-bit fail at e_phentsize.
 */
bool ldr_elf_is_native(const Elf64_Ehdr *header);

/* The header and the place of the program headers are good and the file has all of these; else -ENOEXEC. */
MUST_CHECK int ldr_elf_open(int fd, const struct elf_head *head, struct elf_file *ret);

/* Program header i (< e_phnum) or -ENOEXEC. The pointer is good until the next call. */
MUST_CHECK int ldr_elf_phdr(struct elf_file *f, unsigned i, const Elf64_Phdr **ret);

#endif
