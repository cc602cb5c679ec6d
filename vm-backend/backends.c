#include "vm-backend/backend.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const struct vm_backend *const vm_backends[] = {&uml_backend, NULL};

int vm_fail(struct vm_message *m, int error, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(m->text, sizeof(m->text), format, ap);
	va_end(ap);
	return error;
}

static const struct vm_backend *named(const char *name, const struct vm_config *c, struct vm_message *message)
{
	struct vm_message reason;

	for (size_t i = 0; vm_backends[i] != NULL; i++) {
		if (strcmp(vm_backends[i]->name, name) != 0)
			continue;
		if (vm_backends[i]->probe(c, &reason) >= 0)
			return vm_backends[i];
		(void)vm_fail(message, 0, "the backend %s, which the configuration asks for, cannot be used: %.300s",
			      name, reason.text);
		return NULL;
	}
	(void)vm_fail(message, 0, "there is no backend '%.64s', which the configuration asks for", name);
	return NULL;
}

const struct vm_backend *vm_choose(const char *name, const struct vm_config *c, struct vm_message *message)
{
	const struct vm_backend *best = NULL;
	struct vm_message reason;
	int least = 0;

	if (name != NULL && name[0] != '\0')
		return named(name, c, message);
	for (size_t i = 0; vm_backends[i] != NULL; i++) {
		int cost = vm_backends[i]->probe(c, &reason);

		if (cost < 0 && best == NULL)
			(void)vm_fail(message, 0, "version 2 cannot be used here: %s: %.300s", vm_backends[i]->name,
				      reason.text);
		if (cost >= 0 && (best == NULL || cost < least)) {
			best = vm_backends[i];
			least = cost;
		}
	}
	return best;
}
