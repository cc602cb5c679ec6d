/*
 * Where things are: programs lie where the kernel puts them, and the addresses that sanitizers claim for themselves are free.
 *
 * conformance: dynamic
 */
#include "../check.h"

#include <link.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/personality.h>

static unsigned long base(void)
{
	return getauxval(AT_PHDR) & ~0xffful;
}

static void is_free(unsigned long at, const char *what)
{
	void *p = mmap((void *)at, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
		       -1, 0);

	CHECK(p == (void *)at, "%s", what);
	if (p == (void *)at)
		munmap(p, 1 << 20);
}

int main(int argc, char **argv)
{
	int status;
	pid_t pid;

	if (argc > 1 && strcmp(argv[1], "fixed") == 0)
		return base() == 0x555555554000 ? 21 : 22;
	check_begin(argc, argv);
	CHECK(base() >= 0x555555554000 && base() < 0x565555556000, "a program lies where the kernel puts them");
	/* Below the stack by a random distance of at most 1 TiB, and the stack's own: arch/x86/mm/mmap.c. */
	CHECK(getauxval(AT_BASE) >= 0x7ef000000000, "its loader among the libraries");
	is_free(0x600000000000, "AddressSanitizer's allocator begins at a free address");
	is_free(0x63fffff00000, "and ends at one");
	is_free(0x000000007fff8000, "its shadow begins");
	is_free(0x0000100000000000, "and goes on");
	is_free(0x600000000000 + (1ul << 40), "MemorySanitizer's begins");
	is_free(0x73fffff00000, "and ends");
	is_free(0x7b0000000000, "ThreadSanitizer's heap");
	is_free(0x010000000000, "and its shadow");
	is_free(0x730000000000, "and what it keeps of its own");

	fflush(stdout);
	pid = fork();
	NEED(pid >= 0);
	if (pid == 0) {
		personality(ADDR_NO_RANDOMIZE);
		execl("/proc/self/exe", "program", "fixed", NULL);
		_exit(1);
	}
	NEED(waitpid(pid, &status, 0) == pid);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 21, "without randomness all lie at one address");
	return check_end();
}
