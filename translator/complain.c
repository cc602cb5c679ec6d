/* Failures that leave no guest to report to: one sentence, and lxrun's own exit status. */
#include <errno.h>

#include "base/host.h"
#include "base/str.h"
#include "syscall-tables/names.h"
#include "translator/state.h"

/* What the errors mean that starting a program meets, in the libc's words; the name of any other. */
static const char *error_text(long error)
{
	static const struct {
		int error;
		const char *text;
	} texts[] = {
		{EPERM, "Operation not permitted"},
		{ENOENT, "No such file or directory"},
		{EIO, "Input/output error"},
		{E2BIG, "Argument list too long"},
		{ENOEXEC, "Exec format error"},
		{ENOMEM, "Cannot allocate memory"},
		{EACCES, "Permission denied"},
		{ENOTDIR, "Not a directory"},
		{EISDIR, "Is a directory"},
		{EINVAL, "Invalid argument"},
		{ENFILE, "Too many open files in system"},
		{EMFILE, "Too many open files"},
		{ETXTBSY, "Text file busy"},
		{ENOSPC, "No space left on device"},
		{ENAMETOOLONG, "File name too long"},
		{ENOSYS, "Function not implemented"},
		{ELOOP, "Too many levels of symbolic links"},
		{ELIBBAD, "Accessing a corrupted shared library"},
	};
	const char *name;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (texts[i].error == -error)
			return texts[i].text;
	name = sys_errno_name((int)-error);
	return name != NULL ? name : "unknown error";
}

void tr_complain(const char *sentence, const char *detail, long error)
{
	char text[PATH_MAX + 256];
	size_t n;

	if (error != 0)
		n = str_format(text, sizeof(text), "lxrun: %s%s: %s\n", sentence, detail, error_text(error));
	else
		n = str_format(text, sizeof(text), "lxrun: %s%s\n", sentence, detail);
	(void)!host_write(2, text, n < sizeof(text) ? n : sizeof(text) - 1);
}

void tr_fail(const char *sentence, const char *detail, long error)
{
	tr_complain(sentence, detail, error);
	host_exit_group(TR_OWN_FAILURE);
}
