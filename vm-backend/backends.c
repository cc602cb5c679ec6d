#include "vm-backend/backend.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const struct vm_backend *const vm_backends[] = {&qemu_kvm_backend, &uml_backend, &qemu_tcg_backend, NULL};

int vm_fail(struct vm_message *m, int error, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(m->text, sizeof(m->text), format, ap);
	va_end(ap);
	return error;
}

static bool is_meant(const struct vm_backend *b, const char *name)
{
	size_t n = strlen(name);

	return n == 0 || (strncmp(b->name, name, n) == 0 && (b->name[n] == '\0' || b->name[n] == '+'));
}

const struct vm_backend *vm_choose(const char *name, const struct vm_config *c, struct vm_message *message)
{
	const struct vm_backend *best = NULL;
	struct vm_message reason;
	size_t n = 0;
	int least = 0;

	(void)vm_fail(message, 0, "there is no backend '%.64s', which the configuration asks for", name);
	for (size_t i = 0; vm_backends[i] != NULL; i++) {
		int cost;

		if (!is_meant(vm_backends[i], name))
			continue;
		cost = vm_backends[i]->probe(c, &reason);
		if (cost >= 0 && (best == NULL || cost < least)) {
			best = vm_backends[i];
			least = cost;
		}
		if (cost >= 0)
			continue;
		/* All reasons in one sentence, in the order in which they would have been taken. */
		if (n == 0)
			n = (size_t)snprintf(
				message->text, sizeof(message->text),
				name[0] == '\0'
					? "version 2 cannot be used here: "
					: "the backend %.32s, which the configuration asks for, cannot be used: ",
				name);
		else
			n += (size_t)snprintf(message->text + n, sizeof(message->text) - n, "; ");
		if (n < sizeof(message->text))
			n += (size_t)snprintf(message->text + n, sizeof(message->text) - n, "%s: %.200s",
					      vm_backends[i]->name, reason.text);
		if (n >= sizeof(message->text))
			n = sizeof(message->text) - 1;
	}
	return best;
}
