#include <stdarg.h>
#include <stdio.h>

#include "distro/distro.h"

void message_set(struct message *m, const char *format, ...)
{
	va_list ap;

	if (m == NULL)
		return;
	va_start(ap, format);
	(void)vsnprintf(m->text, sizeof(m->text), format, ap);
	va_end(ap);
}
