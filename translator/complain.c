/* Failures that leave no guest to report to: one sentence, and lxrun's own exit status. */
#include "base/host.h"
#include "base/str.h"
#include "translator/state.h"

void tr_complain(const char *sentence, const char *detail, long error)
{
	char text[PATH_MAX + 256];
	size_t n;

	if (error != 0)
		n = str_format(text, sizeof(text), "lxrun: %s%s (error %ld)\n", sentence, detail, -error);
	else
		n = str_format(text, sizeof(text), "lxrun: %s%s\n", sentence, detail);
	(void)!host_write(2, text, n < sizeof(text) ? n : sizeof(text) - 1);
}

void tr_fail(const char *sentence, const char *detail, long error)
{
	tr_complain(sentence, detail, error);
	host_exit_group(TR_OWN_FAILURE);
}
