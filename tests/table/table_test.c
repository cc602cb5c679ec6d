/* The table at run time: rows, and names against those that the libc has. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>

#include "syscall-tables/names.h"

Test(rows, say_what_a_call_is)
{
	const struct syscall_info *info = syscall_info(257);

	cr_assert_not_null(info);
	cr_assert_str_eq(info->name, "openat");
	cr_assert_eq(info->how, SYSCALL_IS_XLATE);
	cr_assert_eq(info->argc, 3);
	cr_assert_eq(info->arg[0].kind, ARGUMENT_AT);
	cr_assert_str_eq(info->arg[0].name, "at");
	cr_assert_eq(info->arg[1].kind, ARGUMENT_OFLAGS);
	cr_assert_str_eq(info->arg[2].name, "mode");

	info = syscall_info(SYSCALL_init_module);
	cr_assert_eq(info->how, SYSCALL_IS_REFUSE);
	cr_assert_eq(info->error, EPERM);
	cr_assert(strlen(info->note) > 0);

	cr_assert_eq(syscall_info(SYSCALL_getpid)->argc, 0);
	cr_assert_eq(syscall_info(SYSCALL_getpid)->how, SYSCALL_IS_NATIVE);
	cr_assert_eq(syscall_info(SYSCALL_close)->how, SYSCALL_IS_XLATE_IF);
}

Test(rows, are_none_for_unknown_numbers)
{
	cr_assert_null(syscall_info(337));
	cr_assert_null(syscall_info(423));
	cr_assert_null(syscall_info(SYSCALL_NUMBERS));
	cr_assert_null(syscall_info(UINT32_MAX));
	cr_assert_not_null(syscall_info(SYSCALL_NUMBERS - 1));
	cr_assert_geq(SYSCALL_NUMBERS, 470);
}

Test(rows, fit_into_six_registers_and_are_well_formed)
{
	for (uint32_t nr = 0; nr < SYSCALL_NUMBERS; nr++) {
		const struct syscall_info *info = syscall_info(nr);
		unsigned registers = 0;

		if (!info)
			continue;
		for (unsigned i = 0; i < info->argc; i++) {
			cr_assert_not_null(info->arg[i].name, "%s", info->name);
			cr_assert(strlen(info->arg[i].name) > 0, "%s", info->name);
			registers += sys_kind_registers(info->arg[i].kind);
			for (unsigned j = 0; j < i; j++)
				cr_assert_str_neq(info->arg[i].name, info->arg[j].name, "%s", info->name);
		}
		cr_assert_leq(registers, 6, "%s", info->name);
		/* A sentence in the middle of others: no capital of its own, no full stop. */
		if (info->note[0])
			cr_assert_neq(info->note[strlen(info->note) - 1], '.', "%s", info->name);
	}
}

Test(names, of_kinds)
{
	cr_assert_str_eq(sys_kind_name(ARGUMENT_OUTBUF), "OUTBUF");
	cr_assert_eq(sys_kind_registers(ARGUMENT_AT), 2);
	cr_assert_eq(sys_kind_registers(ARGUMENT_FD), 1);
}

Test(names, of_errors_are_those_of_the_libc)
{
	for (int e = -1; e < 600; e++) {
		const char *want = e > 0 ? strerrorname_np(e) : NULL;
		const char *got = sys_errno_name(e);

		/* The libc prefers the other name of this one. */
		if (e == EOPNOTSUPP)
			want = "EOPNOTSUPP";
		if (want)
			cr_assert(got && strcmp(got, want) == 0, "%d is %s, not %s", e, want, got);
		else
			cr_assert_null(got, "%d is %s", e, got);
	}
}

Test(names, of_signals_are_those_of_the_libc)
{
	for (int sig = -1; sig < 130; sig++) {
		const char *want = sig > 0 ? sigabbrev_np(sig) : NULL;
		const char *got = sys_signal_name(sig);

		/* The libc prefers the other name of this one. */
		if (sig == SIGIO)
			want = "IO";
		if (want)
			cr_assert(got && strncmp(got, "SIG", 3) == 0 && strcmp(got + 3, want) == 0,
				  "%d is SIG%s, not %s", sig, want, got);
		else
			cr_assert_null(got, "%d is %s", sig, got);
	}
}

static void flags(enum flag_set set, uint64_t value, const char *want)
{
	char got[512];
	size_t length = sys_format_flags(got, sizeof(got), set, value);

	cr_assert_str_eq(got, want);
	cr_assert_eq(length, strlen(want));
	for (size_t size = 0; size < length; size++) {
		memset(got, '#', sizeof(got));
		cr_assert_eq(sys_format_flags(got, size, set, value), length);
		cr_assert_eq(got[size], '#', "wrote behind %zu bytes", size);
		if (size > 0) {
			cr_assert_eq(got[size - 1], '\0');
			cr_assert_eq(strncmp(got, want, size - 1), 0, "\"%s\" in %zu bytes", got, size);
		}
	}
}

Test(names, of_open_flags)
{
	flags(FLAGS_OPEN, O_RDONLY, "O_RDONLY");
	flags(FLAGS_OPEN, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, "O_RDWR|O_CREAT|O_EXCL|O_CLOEXEC");
	flags(FLAGS_OPEN, O_WRONLY | O_DSYNC, "O_WRONLY|O_DSYNC");
	flags(FLAGS_OPEN, O_WRONLY | O_SYNC, "O_WRONLY|O_SYNC");
	flags(FLAGS_OPEN, O_WRONLY | O_TMPFILE, "O_WRONLY|O_TMPFILE");
	flags(FLAGS_OPEN, O_DIRECTORY, "O_RDONLY|O_DIRECTORY");
	flags(FLAGS_OPEN, 0100000, "O_RDONLY|O_LARGEFILE");
	flags(FLAGS_OPEN, 3, "0x3");
	flags(FLAGS_OPEN, O_WRONLY | 1ull << 31 | 1ull << 63, "O_WRONLY|0x8000000080000000");
}

Test(names, of_other_flags)
{
	flags(FLAGS_AT, 0, "0");
	flags(FLAGS_AT, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH, "AT_SYMLINK_NOFOLLOW|AT_EMPTY_PATH");
	flags(FLAGS_PROT, PROT_NONE, "PROT_NONE");
	flags(FLAGS_PROT, PROT_READ | PROT_EXEC, "PROT_READ|PROT_EXEC");
	flags(FLAGS_MAP, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
	      "MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED_NOREPLACE");
	flags(FLAGS_MAP, MAP_SHARED_VALIDATE | MAP_SYNC, "MAP_SHARED_VALIDATE|MAP_SYNC");
	flags(FLAGS_CLONE, CLONE_VM | CLONE_VFORK | SIGCHLD, "CLONE_VM|CLONE_VFORK|SIGCHLD");
	flags(FLAGS_CLONE, CLONE_NEWUSER | 5, "CLONE_NEWUSER|0x5");
}
