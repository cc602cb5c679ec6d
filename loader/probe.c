#include <errno.h>

#include "base/host.h"
#include "base/str.h"
#include "loader/elf_file.h"
#include "loader/loader.h"
#include "loader/script.h"

/* The path in a PT_INTERP, into PATH_MAX bytes. */
static int read_interpreter(int fd, const struct elf_head *head, const Elf64_Phdr *ph, char *ret)
{
	int r;

	if (ph->p_filesz < 2 || ph->p_filesz > PATH_MAX)
		return -ENOEXEC;
	if (ph->p_offset <= head->size && ph->p_filesz <= head->size - ph->p_offset) {
		memcpy(ret, head->bytes + ph->p_offset, ph->p_filesz);
	} else {
		r = ldr_read_exact(fd, ret, ph->p_filesz, ph->p_offset);
		if (r < 0)
			return r;
	}
	if (ret[ph->p_filesz - 1] != '\0')
		return -ENOEXEC;
	/* What the kernel answers itself when it opens "". */
	return ret[0] == '\0' ? -EACCES : 0;
}

static int probe_elf(int fd, const struct elf_head *head, struct ldr_program *ret)
{
	char interpreter[PATH_MAX];
	struct elf_file f;
	int r = ldr_elf_open(fd, head, &f);

	if (r < 0)
		return r;
	if (f.header.e_type != ET_EXEC && f.header.e_type != ET_DYN)
		return -ENOEXEC;

	interpreter[0] = '\0';
	for (unsigned i = 0; i < f.header.e_phnum; i++) {
		const Elf64_Phdr *ph;

		r = ldr_elf_phdr(&f, i, &ph);
		if (r < 0)
			return r;
		if (ph->p_type != PT_INTERP)
			continue;
		r = read_interpreter(fd, head, ph, interpreter);
		if (r < 0)
			return r;
		break;
	}

	ret->kind = LDR_ELF;
	ret->has_argument = false;
	ret->argument[0] = '\0';
	memcpy(ret->interpreter, interpreter, strlen(interpreter) + 1);
	return 0;
}

int ldr_probe(int fd, struct ldr_program *ret)
{
	struct elf_head head;
	int r = ldr_read_head(fd, &head);

	if (r < 0)
		return r;
	if (head.bytes[0] == '#' && head.bytes[1] == '!')
		return ldr_parse_script((const char *)head.bytes, ret);
	return probe_elf(fd, &head, ret);
}

int ldr_probe_interpreter(int fd)
{
	struct elf_head head;
	struct elf_file f;
	int r = ldr_read_head(fd, &head);

	if (r < 0)
		return r;
	if (head.size < sizeof(Elf64_Ehdr))
		return -EIO;
	return ldr_elf_open(fd, &head, &f) < 0 ? -ELIBBAD : 0;
}
