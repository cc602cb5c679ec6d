#include "guest-tools/machine.h"

#include <string.h>

#include "guest-tools/files.h"

#define MACHINE_FILE "/dev/lxrun"

void machine_parse(struct pool *p, const char *text, struct machine *ret)
{
	const struct {
		const char *key, **value;
	} keys[] = {
		{"version=", &ret->version}, {"name=", &ret->name},         {"root=", &ret->root},
		{"host=", &ret->host},       {"instance=", &ret->instance},
	};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		*keys[i].value = "";
	while (*text != '\0') {
		size_t length = strcspn(text, "\n");

		for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
			size_t n = strlen(keys[i].key);

			if (length >= n && strncmp(text, keys[i].key, n) == 0)
				*keys[i].value = pool_text(p, text + n, length - n);
		}
		text += length + (text[length] == '\n');
	}
}

bool machine_read(struct pool *p, struct machine *ret)
{
	char *text = NULL;
	size_t size;
	bool found = file_read(p, MACHINE_FILE, &text, &size) == 0;

	machine_parse(p, found ? text : "", ret);
	return found;
}
