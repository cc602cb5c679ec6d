/* base/str.c against the libc's snprintf, and number parsing at its edges. */
#include <criterion/criterion.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

/* Both must agree on the text and on the length, in a buffer of every size up to the text's own and one more. */
#define SAME(...)                                                                                                   \
	do {                                                                                                        \
		char want[512], got[512];                                                                           \
		int length = snprintf(want, sizeof(want), __VA_ARGS__);                                             \
                                                                                                                    \
		cr_assert(length >= 0 && (size_t)length < sizeof(want));                                            \
		for (size_t size = 0; size <= (size_t)length + 2; size++) {                                         \
			memset(got, '#', sizeof(got));                                                              \
			cr_assert_eq(str_format(got, size, __VA_ARGS__), (size_t)length, "length of \"%s\"", want); \
			if (size > 0) {                                                                             \
				size_t kept = size - 1 < (size_t)length ? size - 1 : (size_t)length;                \
                                                                                                                    \
				cr_assert_eq(memcmp(got, want, kept), 0, "\"%s\", not \"%s\"", got, want);          \
				cr_assert_eq(got[kept], '\0');                                                      \
			}                                                                                           \
			cr_assert_eq(got[size], '#', "wrote behind %zu bytes", size);                               \
		}                                                                                                   \
	} while (0)

Test(str_format, text)
{
	const char *end = NULL;

	SAME("%s", "");
	SAME("plain, no conversion");
	SAME("100%%");
	SAME("%s%s%s", "a", "", "bc");
	SAME("[%c%c]", 'x', '\xe9');
	SAME("[%3c]", 'x');
	SAME("[%8s] [%1s]", "right", "longer");
	SAME("[%.*s] [%.*s] [%.*s]", 3, "precise", 0, "none", 20, "short");
	SAME("[%.*s]", -1, "a negative precision is none");
	/* A precision may stand for a string without a NUL. */
	SAME("[%.*s]", 2, (const char[]){'o', 'k'});
	SAME("[%p]", (void *)0x7fff12345678);
	SAME("[%p]", (void *)&end);
}

Test(str_format, numbers)
{
	static const long long edges[] = {0,     1,       -1,      9,        10,       -10,      255,         4096,
					  -4095, INT_MAX, INT_MIN, UINT_MAX, LONG_MAX, LONG_MIN, LONG_MAX - 1};

	for (size_t i = 0; i < ARRAY_SIZE(edges); i++) {
		long l = (long)edges[i];
		int d = (int)edges[i];

		SAME("%d %i %u %x %o", d, d, (unsigned)d, (unsigned)d, (unsigned)d);
		SAME("%ld %li %lu %lx %lo", l, l, (unsigned long)l, (unsigned long)l, (unsigned long)l);
		SAME("%zd %zu %zx", (ssize_t)l, (size_t)l, (size_t)l);
		SAME("%lld %llu %llx", (long long)l, (unsigned long long)l, (unsigned long long)l);
		SAME("%5d|%1d|%12d|%25ld", d, d, d, l);
		SAME("%05d|%01d|%012d|%025ld", d, d, d, l);
		SAME("%8x|%08x|%016lx|%22lo", (unsigned)d, (unsigned)d, (unsigned long)l, (unsigned long)l);
	}
}

Test(str_format, numbers_at_random)
{
	uint64_t state = 0x9e3779b97f4a7c15ull;

	for (int i = 0; i < 2000; i++) {
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		/* All magnitudes, not only the large ones. */
		uint64_t v = state >> (i % 64);

		SAME("%" PRIu64 " %" PRId64 " %" PRIx64, v, (int64_t)v, v);
		SAME("%d %u %x %o %09d", (int)v, (unsigned)v, (unsigned)v, (unsigned)v, (int)v);
	}
}

Test(str_format, mixed)
{
	SAME("[%d] %s(%d, \"%s\", 0%o) = %ld", 4711, "openat", -100, "/etc/passwd", 0644, -2l);
	SAME("%s/%.*s/%u", "/run/user/1000", 4, "lxrunXX", 7u);
}

static bool parses(const char *s, uint64_t max, uint64_t want)
{
	uint64_t v = 77;

	return str_to_u64(s, max, &v) == 0 && v == want;
}

static bool refuses(const char *s, uint64_t max)
{
	uint64_t v = 77;

	/* The output is written only on success. */
	return str_to_u64(s, max, &v) == -EINVAL && v == 77;
}

static bool hex(const char *text, size_t n, size_t digits, uint64_t want)
{
	uint64_t v = 77;

	return str_hex(text, n, &v) == digits && v == want;
}

Test(str_hex, reads_what_is_there)
{
	cr_expect(hex("7f12-", 5, 4, 0x7f12));
	cr_expect(hex("7f12", 2, 2, 0x7f));
	cr_expect(hex("ffffffffffffffff0", 17, 16, UINT64_MAX));
	cr_expect(hex("", 0, 0, 0));
	cr_expect(hex("x1", 2, 0, 0));
	cr_expect(hex("Ff", 2, 0, 0));
	cr_expect(hex("08000000\n", 9, 8, 0x8000000));
}

Test(str_to_u64, accepts)
{
	cr_expect(parses("0", 0, 0));
	cr_expect(parses("0", UINT64_MAX, 0));
	cr_expect(parses("000123", 123, 123));
	cr_expect(parses("18446744073709551615", UINT64_MAX, UINT64_MAX));
	cr_expect(parses("18446744073709551614", UINT64_MAX - 1, UINT64_MAX - 1));
	for (uint64_t max = 0; max < 130; max++)
		for (uint64_t v = 0; v <= max; v++) {
			char s[8];

			(void)snprintf(s, sizeof(s), "%" PRIu64, v);
			cr_assert(parses(s, max, v), "%s of %" PRIu64, s, max);
		}
}

Test(str_to_u64, refuses)
{
	static const char *const bad[] = {"", " ", "-1", "+1", "1 ", " 1", "0x10", "1a", "/", ":", "1.0", "\xff"};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		cr_expect(refuses(bad[i], UINT64_MAX), "\"%s\"", bad[i]);
	cr_expect(refuses("18446744073709551616", UINT64_MAX));
	cr_expect(refuses("18446744073709551615", UINT64_MAX - 1));
	cr_expect(refuses("99999999999999999999999999", UINT64_MAX));
	for (uint64_t max = 0; max < 130; max++)
		for (uint64_t v = max + 1; v < max + 30; v++) {
			char s[8];

			(void)snprintf(s, sizeof(s), "%" PRIu64, v);
			cr_assert(refuses(s, max), "%s above %" PRIu64, s, max);
		}
}

Test(str, copy)
{
	char to[4] = "###";

	cr_expect_eq(str_copy(to, sizeof(to), "abc"), 3);
	cr_expect_str_eq(to, "abc");
	cr_expect_eq(str_copy(to, sizeof(to), "abcd"), -ENAMETOOLONG);
	cr_expect_str_eq(to, "");
	cr_expect_eq(str_copy(to, 1, ""), 0);
	to[0] = '#';
	cr_expect_eq(str_copy(to, 0, ""), -ENAMETOOLONG);
	cr_expect_eq(to[0], '#');
}

Test(str, starts)
{
	cr_expect(str_starts("/proc/self", "/proc"));
	cr_expect(str_starts("", ""));
	cr_expect(str_starts("a", ""));
	cr_expect_not(str_starts("", "a"));
	cr_expect_not(str_starts("/pro", "/proc"));
}
