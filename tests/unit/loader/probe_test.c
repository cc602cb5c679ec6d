/* The probes where native_test and damage_test do not come: limits, and that outputs stay as they are on failure. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "elfmaker.h"
#include "loader/loader.h"

static int file_of(const void *bytes, size_t size)
{
	int fd = memfd_create("probe", MFD_CLOEXEC);

	cr_assert(fd >= 0 && write(fd, bytes, size) == (ssize_t)size);
	return fd;
}

static int probe_text(const char *text, struct ldr_program *ret)
{
	int fd = file_of(text, strlen(text)), r = ldr_probe(fd, ret);

	close(fd);
	return r;
}

Test(probe, script)
{
	struct ldr_program p;

	cr_assert_eq(probe_text("#! /bin/sh  -e -u \t\nrest", &p), 0);
	cr_expect_eq(p.kind, LDR_SCRIPT);
	cr_expect_str_eq(p.interpreter, "/bin/sh");
	cr_expect(p.has_argument);
	cr_expect_str_eq(p.argument, "-e -u");
	cr_assert_eq(probe_text("#!/bin/sh\n", &p), 0);
	cr_expect_not(p.has_argument);
	cr_expect_str_eq(p.argument, "");
}

Test(probe, refusals_leave_the_output_alone)
{
	struct ldr_program p, untouched;

	memset(&p, 0x55, sizeof(p));
	untouched = p;
	cr_expect_eq(probe_text("", &p), -ENOEXEC);
	cr_expect_eq(probe_text("text\n", &p), -ENOEXEC);
	cr_expect_eq(probe_text("#!\n", &p), -ENOEXEC);
	cr_expect_eq(probe_text("#!", &p), -EACCES);
	cr_expect_eq(probe_text("\177ELF", &p), -ENOEXEC);
	cr_expect_eq(ldr_probe(-1, &p), -EBADF);
	cr_expect_eq(memcmp(&p, &untouched, sizeof(p)), 0);
}

Test(probe, descriptors_that_cannot_be_read)
{
	struct ldr_program p;
	int fd = open("/", O_RDONLY | O_CLOEXEC), pipes[2];

	cr_expect_eq(ldr_probe(fd, &p), -EISDIR);
	close(fd);
	cr_assert_eq(pipe(pipes), 0);
	cr_expect_eq(ldr_probe(pipes[0], &p), -ESPIPE);
	cr_expect_eq(ldr_probe_interpreter(pipes[0]), -ESPIPE);
}

/* The interpreter's path at its longest, and a table of program headers of Linux's limit, at the end of the file. */
Test(probe, limits)
{
	static unsigned char file[0x20000];
	static struct made_elf elf;
	static struct ldr_program p;
	Elf64_Phdr *last;
	int fd;

	make_elf(&elf, ET_DYN, NULL);
	elf.header.e_phoff = 0x4000;
	elf.header.e_phnum = LDR_PHDRS_MAX;
	memcpy(file, &elf.header, sizeof(elf.header));
	memset(file + 0x2000, 'i', PATH_MAX - 1);
	last = (Elf64_Phdr *)(file + elf.header.e_phoff) + LDR_PHDRS_MAX - 1;
	*last = (Elf64_Phdr){.p_type = PT_INTERP, .p_offset = 0x2000, .p_filesz = PATH_MAX};

	fd = file_of(file, (size_t)((unsigned char *)(last + 1) - file));
	cr_assert_eq(ldr_probe(fd, &p), 0);
	cr_expect_eq(strlen(p.interpreter), PATH_MAX - 1);
	cr_expect_eq(ldr_probe_interpreter(fd), 0);
	/* The file ends within the last header. */
	cr_assert_eq(ftruncate(fd, (unsigned char *)(last + 1) - file - 1), 0);
	cr_expect_eq(ldr_probe(fd, &p), -ENOEXEC);
	cr_expect_eq(ldr_probe_interpreter(fd), -ELIBBAD);
	close(fd);

	last->p_filesz = PATH_MAX + 1;
	fd = file_of(file, sizeof(file));
	cr_expect_eq(ldr_probe(fd, &p), -ENOEXEC);
	elf.header.e_phnum++;
	cr_assert_eq(pwrite(fd, &elf.header, sizeof(elf.header), 0), (ssize_t)sizeof(elf.header));
	cr_expect_eq(ldr_probe(fd, &p), -ENOEXEC);
	cr_expect_eq(ldr_probe_interpreter(fd), -ELIBBAD);
	close(fd);
}

Test(probe, interpreter_too_short_for_a_header)
{
	int fd = file_of("\177ELF", 4);

	cr_expect_eq(ldr_probe_interpreter(fd), -EIO);
	close(fd);
}
