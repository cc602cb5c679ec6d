/*
 * Pitfall 20: a number that the kernel does not know is nobody's, whatever comes with it and whoever calls. A supervisor may have
 * one of its own: a program that tries numbers must not find it.
 */
#include "../check.h"

static int others;

/* With the same word in each argument. */
static void try(long nr, unsigned long word)
{
	long r = syscall(nr, word, word, word, word, word, word);

	if (r == -1 && errno == ENOSYS)
		return;
	if (others++ == 0)
		printf("# number %#lx with %#lx: %ld\n", (unsigned long)nr, word, r);
}

static void try_all(void *arg)
{
	static const unsigned long words[] = {0, 1, 2, 3, ~0ul};

	(void)arg;
	others = 0;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		/* Behind the table, far behind it, and what looks like a word. */
		for (long nr = 600; nr < 640; nr++)
			try(nr, words[i]);
		for (long nr = 0x4c00; nr < 0x4d00; nr += 8)
			try(nr, words[i]);
		for (long nr = 0x10000; nr < 0x10010; nr++)
			try(nr, words[i]);
	}
	CHECK_EQUAL(others, 0, "unknown numbers are unknown, with any arguments");
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	try_all(NULL);
	check_as_user(try_all, NULL);
	return check_end();
}
