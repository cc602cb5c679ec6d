/* prctl(2): what is answered here and what is left to the host. The rest of it is in kernel_test.c. */
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>

#include "fake.h"
#include "translator/args.h"

static long do_prctl(int option, uint64_t arg2, uint64_t arg3, uint64_t arg4, uint64_t arg5)
{
	fake.call.verdict = TR_DONE;
	return sys_prctl(&fake.call, &(struct prctl_args){option, arg2, arg3, arg4, arg5});
}

static void set_up(void)
{
	struct creds root = fake_root();

	fake_begin(&root);
}

TestSuite(prctl, .init = set_up);

Test(prctl, the_rest_is_the_hosts)
{
	static const int options[] = {PR_SET_NAME, PR_GET_NAME,   PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER,
				      PR_SET_TSC,  PR_SCHED_CORE, PR_SET_VMA,       -1,
				      0x7fffffff};

	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		cr_expect_eq(do_prctl(options[i], 1, 2, 3, 4), 0);
		cr_expect_eq(fake.call.verdict, TR_NATIVE, "option %d", options[i]);
	}
	cr_expect_eq(do_prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 1);
	cr_expect_eq(fake.call.verdict, TR_DONE);
}

Test(prctl, seccomp_goes_to_its_handler)
{
	fake.seccomp_result = -EACCES;
	cr_expect_eq(do_prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, 0x1234, 0, 0), -EACCES);
	cr_expect_eq(fake.seccomp_op, SECCOMP_SET_MODE_FILTER);
	cr_expect_eq(fake.seccomp_program, 0x1234);
	fake.seccomp_result = 0;
	cr_expect_eq(do_prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT, 0x1234, 0, 0), 0);
	cr_expect_eq(fake.seccomp_op, SECCOMP_SET_MODE_STRICT);
	cr_expect_eq(fake.seccomp_program, 0);
	cr_expect_eq(do_prctl(PR_SET_SECCOMP, 3, 0, 0, 0), -EINVAL);
	fake.process.seccomp_mode = 2;
	cr_expect_eq(do_prctl(PR_GET_SECCOMP, 0, 0, 0, 0), 2);
}

Test(prctl, the_memory_map_stays)
{
	cr_expect_eq(do_prctl(PR_SET_MM, PR_SET_MM_START_BRK, 0, 1, 0), -EINVAL);
	cr_expect_eq(do_prctl(PR_SET_MM, PR_SET_MM_START_BRK, 0, 0, 1), -EINVAL);
	cr_expect_eq(do_prctl(PR_SET_MM, PR_SET_MM_START_BRK, 0, 0, 0), -EPERM);
	cr_expect_eq(do_prctl(PR_SET_MM, PR_SET_MM_MAP, 0, 1, 0), -EPERM);
	cr_expect_eq(do_prctl(PR_SET_SYSCALL_USER_DISPATCH, 1, 0, 0, 0), -EINVAL);
}

Test(prctl, changes_are_told)
{
	int before = fake.process_changed;

	cr_expect_eq(do_prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	cr_expect_eq(fake.process_changed, before + 1);
	cr_expect_eq(do_prctl(PR_SET_DUMPABLE, 0, 0, 0, 0), 0);
	cr_expect_eq(fake.process_changed, before + 2);
	before = fake.creds_changed;
	cr_expect_eq(do_prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0), 0);
	cr_expect_eq(fake.creds_changed, before + 1);
	cr_expect_eq(do_prctl(PR_SET_KEEPCAPS, 2, 0, 0, 0), -EINVAL);
	cr_expect_eq(fake.creds_changed, before + 1);
}
