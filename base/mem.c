/*
 * What the compiler and base/str.h expect of a libc, for the freestanding build only. General registers only: rep movsb
 * is microcoded and needs no vector state.
 */
#include "base/str.h"

void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
	void *r = to;

	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
	return r;
}

void *memmove(void *to, const void *from, size_t n)
{
	char *d = to;
	const char *s = from;

	if (d <= s || d >= s + n)
		return memcpy(to, from, n);
	while (n-- > 0) {
		d[n] = s[n];
		__asm__ volatile("" : : : "memory");
	}
	return to;
}

void *memset(void *to, int byte, size_t n)
{
	void *r = to;

	__asm__ volatile("rep stosb" : "+D"(to), "+c"(n) : "a"(byte) : "memory");
	return r;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const unsigned char *x = a, *y = b;

	for (size_t i = 0; i < n; i++)
		if (x[i] != y[i])
			return x[i] < y[i] ? -1 : 1;
	return 0;
}

typedef uint64_t __attribute__((may_alias)) word_t;
#define ONES 0x0101010101010101u

/* By words, which never reach into another page than their first byte, though behind the string's end. */
__attribute__((no_sanitize("address"))) size_t strlen(const char *s)
{
	const char *e = s;
	uint64_t w, zeros;

	for (; (uintptr_t)e % sizeof(w) != 0; e++)
		if (*e == '\0')
			return (size_t)(e - s);
	for (;; e += sizeof(w)) {
		w = *(const word_t *)(const void *)e;
		zeros = (w - ONES) & ~w & (ONES << 7);
		if (zeros != 0)
			return (size_t)(e - s) + (size_t)(__builtin_ctzll(zeros) / 8);
	}
}

int strcmp(const char *a, const char *b)
{
	while (*a != '\0' && *a == *b)
		a++, b++;
	return (unsigned char)*a - (unsigned char)*b;
}

int strncmp(const char *a, const char *b, size_t n)
{
	while (n > 0 && *a != '\0' && *a == *b)
		a++, b++, n--;
	return n == 0 ? 0 : (unsigned char)*a - (unsigned char)*b;
}

char *strchr(const char *s, int c)
{
	for (;; s++) {
		if (*s == (char)c)
			return (char *)(uintptr_t)s;
		if (*s == '\0')
			return NULL;
	}
}

char *strrchr(const char *s, int c)
{
	const char *last = NULL;

	for (;; s++) {
		if (*s == (char)c)
			last = s;
		if (*s == '\0')
			return (char *)(uintptr_t)last;
	}
}
