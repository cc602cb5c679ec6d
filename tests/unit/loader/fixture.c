/*
 * Linked in many ways (CMakeLists.txt). Says what must be true of a freshly loaded program, and its arguments: the same
 * text whoever loaded it.
 */
#include <elf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

static char data[5000] = "data";
static char bss[70001];
extern char _end[];

static const char *yes(int condition)
{
	return condition ? "yes" : "no";
}

static int all_zero(const char *p, size_t n)
{
	while (n > 0 && *p == 0)
		p++, n--;
	return n == 0;
}

static int brk_grows(void)
{
	char *old = sbrk(1 << 20);

	if (old == (void *)-1 || !all_zero(old, 1 << 20))
		return 0;
	memset(old, 1, 1 << 20);
	return sbrk(-(1 << 20)) == old + (1 << 20);
}

/* brk begins behind the program, not far from it. */
static int brk_is_near(void)
{
	uintptr_t start = (uintptr_t)sbrk(0), end = (uintptr_t)_end;

	return start >= end && start - end < (2ul << 30);
}

/* The address in PT_PHDR or, without one, any at all: the program headers are where the vector says. */
static int headers_are_right(void)
{
	const Elf64_Phdr *ph = (const Elf64_Phdr *)getauxval(AT_PHDR);
	unsigned long n = getauxval(AT_PHNUM), loads = 0;

	if (ph == NULL || getauxval(AT_PHENT) != sizeof(*ph))
		return 0;
	for (unsigned long i = 0; i < n; i++)
		loads += ph[i].p_type == PT_LOAD;
	return loads > 0;
}

int main(int argc, char **argv)
{
	/* Without a PT_INTERP the kernel puts brk elsewhere: only where it is near natively is it asked about. */
	if (getenv("LX_FIXTURE_BRK") != NULL)
		printf("brk near: %s\n", yes(brk_is_near()));
	printf("bss zero: %s\n", yes(all_zero(bss, sizeof(bss))));
	printf("data: %s, rest zero: %s\n", data, yes(all_zero(data + 4, sizeof(data) - 4)));
	printf("brk grows: %s\n", yes(brk_grows()));
	printf("program headers: %s\n", yes(headers_are_right()));
	printf("uid: %s gid: %s secure: %lu\n", yes(getauxval(AT_UID) == getuid()), yes(getauxval(AT_GID) == getgid()),
	       getauxval(AT_SECURE));
	for (int i = 0; i < argc; i++)
		printf("argv[%d]: %s\n", i, argv[i]);
	bss[0] = data[0];
	return 3;
}
