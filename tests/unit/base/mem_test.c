/* The freestanding memory and string functions of base/mem.c, compiled here under other names, against the libc's. */
#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

static const char *libc_strchr(const char *s, int c)
{
	return strchr(s, c);
}

static const char *libc_strrchr(const char *s, int c)
{
	return strrchr(s, c);
}

#define memcpy  lx_memcpy
#define memmove lx_memmove
#define memset  lx_memset
#define memcmp  lx_memcmp
#define strlen  lx_strlen
#define strcmp  lx_strcmp
#define strncmp lx_strncmp
#define strchr  lx_strchr
#define strrchr lx_strrchr
#include "base/mem.c"
#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef strlen
#undef strcmp
#undef strncmp
#undef strchr
#undef strrchr

#define AREA 96

static void fill(unsigned char *area)
{
	for (unsigned i = 0; i < AREA; i++)
		area[i] = (unsigned char)(i * 37 + 11);
}

static int sign(int v)
{
	return (v > 0) - (v < 0);
}

Test(mem, copy_and_move_at_every_offset)
{
	unsigned char want[AREA], got[AREA];

	for (size_t from = 0; from < 24; from++)
		for (size_t to = 0; to < 24; to++)
			for (size_t n = 0; n < 48; n++) {
				fill(want);
				fill(got);
				memmove(want + to, want + from, n);
				cr_assert_eq(lx_memmove(got + to, got + from, n), got + to);
				cr_assert_eq(memcmp(want, got, AREA), 0, "move %zu -> %zu, %zu", from, to, n);
			}
	for (size_t n = 0; n < 64; n++) {
		unsigned char to[AREA] = {0}, expect[AREA] = {0};

		fill(want);
		memcpy(expect + 3, want + 5, n);
		cr_assert_eq(lx_memcpy(to + 3, want + 5, n), to + 3);
		cr_assert_eq(memcmp(expect, to, AREA), 0);
	}
}

Test(mem, set)
{
	for (size_t n = 0; n < 64; n++)
		for (int byte = -1; byte < 300; byte += 43) {
			unsigned char want[AREA], got[AREA];

			fill(want);
			fill(got);
			memset(want + 7, byte, n);
			cr_assert_eq(lx_memset(got + 7, byte, n), got + 7);
			cr_assert_eq(memcmp(want, got, AREA), 0);
		}
}

Test(mem, compare)
{
	unsigned char a[AREA], b[AREA];

	for (size_t at = 0; at < 40; at++) {
		fill(a);
		fill(b);
		b[at] ^= 0x80;
		for (size_t n = 0; n < 64; n++)
			cr_assert_eq(lx_memcmp(a, b, n), sign(memcmp(a, b, n)), "byte %zu of %zu", at, n);
	}
}

Test(mem, strings)
{
	static const char *const s[] = {"", "a", "b", "ab", "abc", "abd", "\xff", "\x7f", "a\xff", "/a/b/c", "aaaa"};

	for (size_t i = 0; i < ARRAY_SIZE(s); i++) {
		cr_expect_eq(lx_strlen(s[i]), strlen(s[i]));
		for (size_t k = 0; k < ARRAY_SIZE(s); k++) {
			cr_expect_eq(sign(lx_strcmp(s[i], s[k])), sign(strcmp(s[i], s[k])), "%s %s", s[i], s[k]);
			for (size_t n = 0; n < 6; n++)
				cr_expect_eq(sign(lx_strncmp(s[i], s[k], n)), sign(strncmp(s[i], s[k], n)));
		}
		for (int c = 0; c < 256; c++) {
			cr_expect_eq(lx_strchr(s[i], c), libc_strchr(s[i], c));
			cr_expect_eq(lx_strrchr(s[i], c), libc_strrchr(s[i], c));
		}
	}
}
