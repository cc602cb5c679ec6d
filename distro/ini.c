#include "distro/ini.h"

#include <stdbool.h>
#include <string.h>

#define PART_MAX 8192

struct part {
	char text[PART_MAX + 1];
	size_t length;
};

struct reader {
	const char *at, *end;
	unsigned line;
	struct part section, key, value;
	const struct ini_reader *r;
};

/* Everything below works on one line at a time: END is what is behind its last character. */
enum { END = -1 };

static int peek(const struct reader *r)
{
	return r->at < r->end && *r->at != '\n' ? (unsigned char)*r->at : END;
}

static bool is_blank(int c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static void skip_blanks(struct reader *r)
{
	while (is_blank(peek(r)))
		r->at++;
}

static bool put(struct part *p, int c)
{
	if (p->length == PART_MAX || c == '\0')
		return false;
	p->text[p->length++] = (char)c;
	p->text[p->length] = '\0';
	return true;
}

static void clear(struct part *p)
{
	p->length = 0;
	p->text[0] = '\0';
}

static void trim(struct part *p, size_t least)
{
	while (p->length > least && is_blank((unsigned char)p->text[p->length - 1]))
		p->length--;
	p->text[p->length] = '\0';
}

/* Nothing but blanks and a comment until the line's end. */
static bool is_at_end(struct reader *r)
{
	skip_blanks(r);
	return peek(r) == END || peek(r) == '#';
}

static bool read_section_name(struct reader *r)
{
	r->at++;
	skip_blanks(r);
	while (peek(r) != END && peek(r) != ']') {
		if (!put(&r->section, peek(r)))
			return false;
		r->at++;
	}
	trim(&r->section, 0);
	if (peek(r) != ']')
		return false;
	r->at++;
	return is_at_end(r);
}

static bool read_section(struct reader *r)
{
	clear(&r->section);
	if (read_section_name(r))
		return true;
	/* The keys behind it belong neither to what it says so far nor to the section before. */
	clear(&r->section);
	return false;
}

/* What stands behind a backslash: an escape, or the line's end, which is none. */
static bool read_escape(struct reader *r)
{
	const char *line_end = r->at;
	int c = peek(r);

	if (c == '\r' && r->at + 1 < r->end && r->at[1] == '\n')
		line_end++;
	if (line_end < r->end && *line_end == '\n') {
		r->at = line_end + 1;
		r->line++;
		return true;
	}
	r->at += c != END;
	switch (c) {
	case 'n':
		return put(&r->value, '\n');
	case 't':
		return put(&r->value, '\t');
	case '\\':
	case '"':
		return put(&r->value, c);
	default:
		return false;
	}
}

static bool read_value(struct reader *r)
{
	bool quoted = false;
	/* Blanks at the end count as far as they were quoted. */
	size_t kept = 0;
	int c;

	clear(&r->value);
	skip_blanks(r);
	while ((c = peek(r)) != END && (quoted || c != '#')) {
		r->at++;
		if (c == '"') {
			quoted = !quoted;
			kept = r->value.length;
		} else if (c == '\\') {
			if (!read_escape(r))
				return false;
			kept = r->value.length;
		} else if (!put(&r->value, c)) {
			return false;
		}
	}
	trim(&r->value, kept);
	return !quoted;
}

static bool read_key(struct reader *r)
{
	clear(&r->key);
	while (peek(r) != END && peek(r) != '=' && peek(r) != '#') {
		if (!put(&r->key, peek(r)))
			return false;
		r->at++;
	}
	trim(&r->key, 0);
	if (peek(r) != '=' || r->key.length == 0)
		return false;
	r->at++;
	return read_value(r);
}

static bool read_line(struct reader *r)
{
	unsigned line = r->line;

	if (is_at_end(r))
		return true;
	if (peek(r) == '[')
		return read_section(r);
	if (!read_key(r))
		return false;
	r->r->key(r->r->context, r->section.text, r->key.text, r->value.text, line);
	return true;
}

void ini_read(const char *text, size_t size, const struct ini_reader *reader)
{
	static const char bom[] = "\xef\xbb\xbf";
	struct reader r = {.at = text, .end = text + size, .line = 1, .r = reader};

	if (size >= sizeof(bom) - 1 && memcmp(text, bom, sizeof(bom) - 1) == 0)
		r.at += sizeof(bom) - 1;
	while (r.at < r.end) {
		unsigned line = r.line;
		const char *newline;

		if (!read_line(&r) && reader->bad_line != NULL)
			reader->bad_line(reader->context, line);
		newline = memchr(r.at, '\n', (size_t)(r.end - r.at));
		r.at = newline != NULL ? newline + 1 : r.end;
		r.line++;
	}
}

void ini_write(FILE *f, const char *key, const char *value)
{
	fprintf(f, "%s = \"", key);
	for (; *value != '\0'; value++) {
		if (*value == '\n')
			fputs("\\n", f);
		else if (*value == '\t')
			fputs("\\t", f);
		else if (*value == '\\' || *value == '"')
			fprintf(f, "\\%c", *value);
		else
			fputc(*value, f);
	}
	fputs("\"\n", f);
}
