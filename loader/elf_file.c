#include "loader/elf_file.h"

#include <errno.h>

#include "base/host.h"
#include "base/str.h"
#include "loader/loader.h"

int ldr_read_head(int fd, struct elf_head *ret)
{
	ssize_t n = host_pread_full(fd, ret->bytes, sizeof(ret->bytes), 0);

	if (n < 0)
		return (int)n;
	memset(ret->bytes + n, 0, sizeof(ret->bytes) - (size_t)n);
	ret->size = (size_t)n;
	return 0;
}

int ldr_read_exact(int fd, void *buf, size_t n, uint64_t at)
{
	ssize_t r = host_pread_full(fd, buf, n, (off_t)at);

	if (r < 0)
		return (int)r;
	return (size_t)r == n ? 0 : -EIO;
}

bool ldr_elf_is_native(const Elf64_Ehdr *header)
{
	return memcmp(header->e_ident, ELFMAG, SELFMAG) == 0 && header->e_machine == EM_X86_64;
}

/* Brings `count` program headers from number `first` on into the window. */
static int fill(struct elf_file *f, unsigned first, unsigned count)
{
	uint64_t at = f->header.e_phoff + first * sizeof(Elf64_Phdr);

	f->count = 0;
	if (ldr_read_exact(f->fd, f->window, count * sizeof(Elf64_Phdr), at) < 0)
		return -ENOEXEC;
	f->first = first;
	f->count = count;
	return 0;
}

int ldr_elf_open(int fd, const struct elf_head *head, struct elf_file *ret)
{
	struct elf_file *f = ret;
	uint64_t size;

	f->fd = fd;
	f->first = f->count = 0;
	memcpy(&f->header, head->bytes, sizeof(f->header));

	if (!ldr_elf_is_native(&f->header) || f->header.e_phentsize != sizeof(Elf64_Phdr))
		return -ENOEXEC;
	if (f->header.e_phnum < 1 || f->header.e_phnum > LDR_PHDRS_MAX)
		return -ENOEXEC;

	size = f->header.e_phnum * sizeof(Elf64_Phdr);
	if (f->header.e_phoff <= head->size && size <= head->size - f->header.e_phoff) {
		f->count = f->header.e_phnum < ELF_WINDOW ? f->header.e_phnum : ELF_WINDOW;
		memcpy(f->window, head->bytes + f->header.e_phoff, f->count * sizeof(Elf64_Phdr));
		return 0;
	}

	/* Linux reads the table as a whole, so a file that ends within it is bad whatever the first entries say. */
	if (f->header.e_phnum > ELF_WINDOW) {
		int r = fill(f, f->header.e_phnum - 1u, 1);

		if (r < 0)
			return r;
	}
	return fill(f, 0, f->header.e_phnum < ELF_WINDOW ? f->header.e_phnum : ELF_WINDOW);
}

int ldr_elf_phdr(struct elf_file *f, unsigned i, const Elf64_Phdr **ret)
{
	/* fill() leaves count 0 when it fails, so a window is never half of one and half of another. */
	if (i < f->first || i >= f->first + f->count) {
		unsigned left = f->header.e_phnum - i;
		int r = fill(f, i, left < ELF_WINDOW ? left : ELF_WINDOW);

		if (r < 0)
			return r;
	}
	*ret = &f->window[i - f->first];
	return 0;
}
