#include "guest-tools/systemctl/command.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "guest-tools/systemctl/words.h"

static const char *prefixes(struct command *c, const char *word)
{
	for (;; word++) {
		switch (*word) {
		case '-':
			c->ignore_failure = true;
			break;
		case '@':
			c->name_apart = true;
			break;
		case ':':
			c->literal = true;
			break;
		case '+':
			c->privileged = true;
			break;
		case '!':
			/* "!!" is for kernels without ambient capabilities: nothing here. */
			if (word[1] == '!')
				word++;
			else
				c->privileged = true;
			break;
		default:
			return word;
		}
	}
}

/* One command up to ";" or the end. 1: there was one; 0: there was none. */
static int parse_one(struct pool *p, const struct specifiers *s, const char **line, struct command **ret)
{
	struct command *c = NULL;
	bool bad, plain;
	char *word;

	while ((word = words_next(p, line, &bad, &plain)) != NULL) {
		if (plain && strcmp(word, ";") == 0 && c != NULL)
			break;
		/* "\;" is a word of one semicolon: the escape is not one of C's, so the \ is still there. */
		if (strcmp(word, "\\;") == 0)
			word++;
		if (c == NULL) {
			c = pool_alloc(p, sizeof(*c));
			c->path = specifier_expand(p, s, prefixes(c, word));
			if (c->path[0] == '\0')
				return -EINVAL;
			if (!c->name_apart)
				list_add(p, &c->arguments, c->path);
		} else {
			list_add(p, &c->arguments, specifier_expand(p, s, word));
		}
	}
	if (bad || (c != NULL && c->arguments.count == 0))
		return -EINVAL;
	if (c != NULL)
		*ret = c;
	return c != NULL;
}

int command_parse(struct pool *p, const struct specifiers *s, const char *line, struct command **ret)
{
	struct command *first = NULL, **end = &first, *c;
	int r;

	while ((r = parse_one(p, s, &line, &c)) == 1) {
		*end = c;
		end = &c->next;
	}
	if (r < 0 || first == NULL)
		return -EINVAL;
	while (*ret != NULL)
		ret = &(*ret)->next;
	*ret = first;
	return 0;
}

static size_t name_length(const char *s)
{
	size_t n = 0;

	if (isdigit((unsigned char)s[0]))
		return 0;
	while (isalnum((unsigned char)s[n]) || s[n] == '_')
		n++;
	return n;
}

/* A word with its ${NAME} and $$. */
static char *filled_in(struct pool *p, const char *word, const struct list *environment)
{
	struct text t = {.pool = p};

	while (*word != '\0') {
		size_t n = word[0] == '$' && word[1] == '{' ? name_length(word + 2) : 0;

		if (n > 0 && word[2 + n] == '}') {
			const char *value = list_variable(environment, word + 2, n);

			text_add(&t, value != NULL ? value : "");
			word += 3 + n;
		} else {
			text_byte(&t, *word);
			word += word[0] == '$' && word[1] == '$' ? 2 : 1;
		}
	}
	return text_end(&t);
}

void command_arguments(struct pool *p, const struct command *c, const struct list *environment, struct list *ret)
{
	for (size_t i = 0; i < c->arguments.count; i++) {
		const char *word = c->arguments.items[i];
		size_t n = word[0] == '$' ? name_length(word + 1) : 0;

		if (c->literal || (i == 0 && !c->name_apart)) {
			list_add(p, ret, word);
		} else if (n > 0 && word[1 + n] == '\0') {
			const char *value = list_variable(environment, word + 1, n);

			/* An open quote in it ends the words there. */
			if (value != NULL && words_split(p, value, ret) < 0)
				continue;
		} else {
			list_add(p, ret, filled_in(p, word, environment));
		}
	}
}
