#include "base/str.h"

#include <errno.h>

bool str_starts(const char *s, const char *prefix)
{
	while (*prefix != '\0')
		if (*s++ != *prefix++)
			return false;
	return true;
}

long str_copy(char *to, size_t size, const char *s)
{
	size_t n = strlen(s);

	if (n >= size) {
		if (size > 0)
			to[0] = '\0';
		return -ENAMETOOLONG;
	}
	memcpy(to, s, n + 1);
	return (long)n;
}

int str_to_u64(const char *s, uint64_t max, uint64_t *ret)
{
	uint64_t v = 0;

	if (*s == '\0')
		return -EINVAL;
	for (; *s != '\0'; s++) {
		unsigned digit = (unsigned)(*s - '0');

		if (digit > 9 || digit > max || v > (max - digit) / 10)
			return -EINVAL;
		v = v * 10 + digit;
	}
	*ret = v;
	return 0;
}

size_t str_hex(const char *text, size_t n, uint64_t *ret)
{
	uint64_t v = 0;
	size_t i = 0;

	for (; i < n && i < 16; i++) {
		if (text[i] >= '0' && text[i] <= '9')
			v = v << 4 | (uint64_t)(text[i] - '0');
		else if (text[i] >= 'a' && text[i] <= 'f')
			v = v << 4 | (uint64_t)(text[i] - 'a' + 10);
		else
			break;
	}
	*ret = v;
	return i;
}

/* The text so far: more than size characters are counted, not stored. */
struct out {
	char *to;
	size_t size;
	size_t length;
};

static void put(struct out *o, char c)
{
	if (o->length + 1 < o->size)
		o->to[o->length] = c;
	o->length++;
}

static void put_padded(struct out *o, const char *s, size_t n, size_t width, char pad)
{
	for (; width > n; width--)
		put(o, pad);
	while (n-- > 0)
		put(o, *s++);
}

static void put_number(struct out *o, uint64_t v, bool negative, unsigned base, size_t width, char pad)
{
	char digits[24];
	size_t n = sizeof(digits);

	do {
		digits[--n] = "0123456789abcdef"[v % base];
		v /= base;
	} while (v != 0);
	if (negative && pad == '0') {
		put(o, '-');
		width = width > 0 ? width - 1 : 0;
	} else if (negative) {
		digits[--n] = '-';
	}
	put_padded(o, digits + n, sizeof(digits) - n, width, pad);
}

static int64_t signed_argument(va_list *ap, int wide)
{
	return wide ? va_arg(*ap, long) : va_arg(*ap, int);
}

static uint64_t unsigned_argument(va_list *ap, int wide)
{
	return wide ? va_arg(*ap, unsigned long) : va_arg(*ap, unsigned);
}

/* One conversion, f behind its '%'; the first character behind it. */
static const char *convert(struct out *o, const char *f, va_list *ap)
{
	size_t width = 0, precision = (size_t)-1;
	char pad = ' ';
	int wide = 0;

	if (*f == '0')
		pad = *f++;
	for (; *f >= '0' && *f <= '9'; f++)
		width = width * 10 + (size_t)(*f - '0');
	if (f[0] == '.' && f[1] == '*') {
		precision = (size_t)va_arg(*ap, int);
		f += 2;
	}
	for (; *f == 'l' || *f == 'z'; f++)
		wide = 1;

	switch (*f) {
	case 's': {
		const char *s = va_arg(*ap, const char *);
		size_t n = 0;

		while (n < precision && s[n] != '\0')
			n++;
		put_padded(o, s, n, width, ' ');
		break;
	}
	case 'c': {
		char c = (char)va_arg(*ap, int);

		put_padded(o, &c, 1, width, ' ');
		break;
	}
	case 'd':
	case 'i': {
		int64_t v = signed_argument(ap, wide);

		put_number(o, v < 0 ? -(uint64_t)v : (uint64_t)v, v < 0, 10, width, pad);
		break;
	}
	case 'u':
		put_number(o, unsigned_argument(ap, wide), false, 10, width, pad);
		break;
	case 'x':
		put_number(o, unsigned_argument(ap, wide), false, 16, width, pad);
		break;
	case 'o':
		put_number(o, unsigned_argument(ap, wide), false, 8, width, pad);
		break;
	case 'p':
		put(o, '0');
		put(o, 'x');
		put_number(o, (uint64_t)(uintptr_t)va_arg(*ap, void *), false, 16, width, pad);
		break;
	case '%':
		put(o, '%');
		break;
	default:
		lx_bug();
	}
	return f + 1;
}

size_t str_vformat(char *to, size_t size, const char *format, va_list ap)
{
	struct out o = {.to = to, .size = size};
	va_list rest;

	va_copy(rest, ap);
	for (const char *f = format; *f != '\0';) {
		if (*f != '%')
			put(&o, *f++);
		else
			f = convert(&o, f + 1, &rest);
	}
	va_end(rest);
	if (size > 0)
		to[o.length < size ? o.length : size - 1] = '\0';
	return o.length;
}

size_t str_format(char *to, size_t size, const char *format, ...)
{
	va_list ap;
	size_t n;

	va_start(ap, format);
	n = str_vformat(to, size, format, ap);
	va_end(ap);
	return n;
}
