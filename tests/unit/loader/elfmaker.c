#include "elfmaker.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define INTERPRETER_OFFSET 0xf00

static const unsigned char code[] = {0xb8, 0x3c, 0, 0, 0, 0x31, 0xff, 0x0f, 0x05}; /* exit(0) */

static Elf64_Phdr *add(struct made_elf *elf, uint32_t type, uint32_t flags)
{
	Elf64_Phdr *ph = &elf->ph[elf->header.e_phnum++];

	ph->p_type = type;
	ph->p_flags = flags;
	return ph;
}

Elf64_Phdr *add_load(struct made_elf *elf, uint32_t flags, uint64_t offset, uint64_t vaddr, uint64_t filesz,
		     uint64_t memsz)
{
	Elf64_Phdr *ph = add(elf, PT_LOAD, flags);

	ph->p_offset = offset;
	ph->p_vaddr = ph->p_paddr = vaddr;
	ph->p_filesz = filesz;
	ph->p_memsz = memsz;
	ph->p_align = 0x1000;
	return ph;
}

void make_elf(struct made_elf *ret, uint16_t type, const char *interpreter)
{
	uint64_t base = type == ET_EXEC ? 0x400000 : 0;

	memset(ret, 0, sizeof(*ret));
	memcpy(ret->header.e_ident, ELFMAG, SELFMAG);
	ret->header.e_ident[EI_CLASS] = ELFCLASS64;
	ret->header.e_ident[EI_DATA] = ELFDATA2LSB;
	ret->header.e_ident[EI_VERSION] = EV_CURRENT;
	ret->header.e_type = type;
	ret->header.e_machine = EM_X86_64;
	ret->header.e_version = EV_CURRENT;
	ret->header.e_entry = base + 0x1000;
	ret->header.e_phoff = sizeof(Elf64_Ehdr);
	ret->header.e_ehsize = sizeof(Elf64_Ehdr);
	ret->header.e_phentsize = sizeof(Elf64_Phdr);
	ret->size = MADE_SIZE;

	if (interpreter != NULL) {
		Elf64_Phdr *ph = add(ret, PT_INTERP, PF_R);

		(void)snprintf(ret->interpreter, sizeof(ret->interpreter), "%s", interpreter);
		ph->p_offset = INTERPRETER_OFFSET;
		ph->p_filesz = ph->p_memsz = strlen(ret->interpreter) + 1;
	}
	add_load(ret, PF_R, 0, base, 0x1000, 0x1000);
	add_load(ret, PF_R | PF_X, 0x1000, base + 0x1000, 0x100, 0x100);
	add_load(ret, PF_R | PF_W, 0x2010, base + 0x3010, 0x800, 0x2900);
	add(ret, PT_GNU_STACK, PF_R | PF_W);
}

bool write_made(const struct made_elf *elf, const char *path)
{
	static unsigned char bytes[MADE_SIZE];
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	bool ok;

	memset(bytes, 0xee, sizeof(bytes));
	memcpy(bytes, &elf->header, sizeof(elf->header));
	memcpy(bytes + sizeof(elf->header), elf->ph, sizeof(elf->ph));
	memcpy(bytes + INTERPRETER_OFFSET, elf->interpreter, sizeof(elf->interpreter));
	memcpy(bytes + 0x1000, code, sizeof(code));

	ok = fd >= 0 && write(fd, bytes, elf->size) == (ssize_t)elf->size;
	if (!ok)
		perror(path);
	if (fd >= 0)
		close(fd);
	return ok;
}
