/* The form of configuration files. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "distro/ini.h"

static char got[65536];

static void __attribute__((format(printf, 1, 2))) add(const char *format, ...)
{
	size_t n = strlen(got);
	va_list ap;

	va_start(ap, format);
	vsnprintf(got + n, sizeof(got) - n, format, ap);
	va_end(ap);
}

static void on_key(void *context, const char *section, const char *key, const char *value, unsigned line)
{
	(void)context;
	add("%u %s|%s|%s;", line, section, key, value);
}

static void on_bad(void *context, unsigned line)
{
	(void)context;
	add("%u bad;", line);
}

static const char *read_bytes(const char *text, size_t size)
{
	got[0] = '\0';
	ini_read(text, size, &(struct ini_reader){on_key, on_bad, NULL});
	return got;
}

#define reads(text, want) cr_expect_str_eq(read_bytes(text, sizeof(text) - 1), want)

Test(ini, keys_and_sections)
{
	reads("", "");
	reads("\n\n", "");
	reads("a=b", "1 |a|b;");
	reads("[s]\na = b\n[ t u ]\nc=d\n", "2 s|a|b;4 t u|c|d;");
	reads("  [s]  \n\t a\t=\t b c \t\n", "2 s|a|b c;");
	reads("a=\nb =", "1 |a|;2 |b|;");
	reads("a=b=c", "1 |a|b=c;");
	reads("[boot]\ncommand = a ; b && c", "2 boot|command|a ; b && c;");
}

Test(ini, carriage_returns_and_a_bom)
{
	reads("\xef\xbb\xbf[s]\r\na = b\r\n\r\n", "2 s|a|b;");
	reads("a = b \\\r\nc\r\nd = \"e\"\r\n", "1 |a|b c;3 |d|e;");
}

Test(ini, comments)
{
	reads("# x\n  # y\na = b # c\n[s] # d\ne=\"f # g\" # h\n#", "3 |a|b;5 s|e|f # g;");
	reads("a=#b\nc = d#e", "1 |a|;2 |c|d;");
}

Test(ini, quotes_and_escapes)
{
	reads("a = \" b \"\n", "1 |a| b ;");
	reads("a = x\" b \"y  z \" \" \n", "1 |a|x b y  z  ;");
	reads("a = \\\"\\\\\\n\\t\n", "1 |a|\"\\\n\t;");
	reads("a = \"\\\"\"", "1 |a|\";");
	reads("a = C:\\\\x", "1 |a|C:\\x;");
	reads("a = b\\\n  c\nd = e", "1 |a|b  c;3 |d|e;");
	reads("a = \"b\\\nc\"\nd = e", "1 |a|bc;3 |d|e;");
}

Test(ini, bad_lines)
{
	reads("a\nb = c", "1 bad;2 |b|c;");
	reads("= a", "1 bad;");
	reads("a = \"b\nc = d", "1 bad;2 |c|d;");
	reads("a = \\x\nc = d", "1 bad;2 |c|d;");
	reads("a = b\\", "1 bad;");
	reads("; a = b # c\n;x", "1 |; a|b;2 bad;");
	reads("a = b\0c\nd = e", "1 bad;2 |d|e;");
	reads("[s]\na=b\n[t\nc=d\n", "2 s|a|b;3 bad;4 |c|d;");
	reads("[s] x\nc=d\n", "1 bad;2 |c|d;");
	reads("# a\0b\nc=d", "2 |c|d;");
}

Test(ini, a_bad_line_that_is_continued_ends_where_its_first_line_does)
{
	reads("a = \"b \\x \\\nc = d", "1 bad;2 |c|d;");
}

Test(ini, limits)
{
	char *text = malloc(20000);

	strcpy(text, "a=");
	memset(text + 2, 'x', 8192);
	cr_expect_eq(strlen(read_bytes(text, 2 + 8192)), strlen("1 |a|;") + 8192);
	memset(text + 2, 'x', 8193);
	cr_expect_str_eq(read_bytes(text, 2 + 8193), "1 bad;");
	memset(text, 'x', 8193);
	memcpy(text + 8193, "=y", 2);
	cr_expect_str_eq(read_bytes(text, 8195), "1 bad;");
	memset(text, '[', 1);
	memset(text + 1, 'x', 8193);
	memcpy(text + 8194, "]\na=b", 5);
	cr_expect_str_eq(read_bytes(text, 8199), "1 bad;2 |a|b;");
	free(text);
}

static char *written;

static void keep(void *context, const char *section, const char *key, const char *value, unsigned line)
{
	(void)context;
	(void)section;
	(void)key;
	cr_expect_eq(line, 1);
	cr_assert_null(written);
	written = strdup(value);
}

static void never(void *context, unsigned line)
{
	(void)context;
	cr_expect(false, "line %u is bad", line);
}

static void goes_and_comes(const char *value)
{
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	ini_write(f, "key", value);
	fclose(f);
	free(written);
	written = NULL;
	ini_read(text, size, &(struct ini_reader){keep, never, NULL});
	cr_expect_str_eq(written, value);
	free(text);
}

Test(ini, what_is_written_is_read)
{
	char every[256], random[2000];

	for (int i = 1; i < 256; i++)
		every[i - 1] = (char)i;
	every[255] = '\0';
	goes_and_comes("");
	goes_and_comes(" ");
	goes_and_comes("# \"quoted\" \\");
	goes_and_comes("\\\n\\");
	goes_and_comes("a\r");
	goes_and_comes(every);
	srand(1);
	for (int i = 0; i < 300; i++) {
		size_t n = (size_t)rand() % sizeof(random);

		for (size_t k = 0; k < n; k++)
			random[k] = "\\\"\n\r\t #=[]ab"[rand() % 12];
		random[n > 0 ? n - 1 : 0] = '\0';
		goes_and_comes(random);
	}
}
