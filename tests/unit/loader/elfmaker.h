/* ELF files made field by field, to be damaged. */
#ifndef LX_TESTS_UNIT_LOADER_ELFMAKER_H
#define LX_TESTS_UNIT_LOADER_ELFMAKER_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MADE_SIZE  0x3000
#define MADE_PHDRS 40

/*
 * A file of three pages: the headers; code at offset 0x1000 that exits at once; data at offset 0x2000. The header and
 * the program headers stand in front of the bytes and are put there by write_made(), which is where damage is done.
 */
struct made_elf {
	Elf64_Ehdr header;
	Elf64_Phdr ph[MADE_PHDRS];
	char interpreter[256];
	size_t size; /* of the file: less than MADE_SIZE cuts it */
};

/*
 * Headers and code in segments of their own, data with a bss of some pages, PT_GNU_STACK; with an interpreter PT_INTERP
 * too (NULL: none).
 */
void make_elf(struct made_elf *ret, uint16_t type, const char *interpreter);

/* A further PT_LOAD; the program header, to be changed. */
Elf64_Phdr *add_load(struct made_elf *elf, uint32_t flags, uint64_t offset, uint64_t vaddr, uint64_t filesz,
		     uint64_t memsz);

/* Writes the file anew, executable. False, with a message, if that fails. */
bool write_made(const struct made_elf *elf, const char *path);

#endif
