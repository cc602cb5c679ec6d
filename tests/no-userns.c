/*
 * no-userns COMMAND...: runs a command on a kernel that seems to have user namespaces closed, as many machines do:
 * clone and unshare with CLONE_NEWUSER answer EPERM. clone3, whose flags a filter cannot see, answers ENOSYS, and libcs
 * fall back to clone. Everything of lxrun is tested below this program.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LOAD(field)              BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define JUMP(op, value, yes, no) BPF_JUMP(BPF_JMP | (op) | BPF_K, value, yes, no)
#define ANSWER(value)            BPF_STMT(BPF_RET | BPF_K, value)

int main(int argc, char **argv)
{
	/* The flags of both calls are the lower half of their first argument. */
	struct sock_filter code[] = {
		LOAD(arch),
		JUMP(BPF_JEQ, AUDIT_ARCH_X86_64, 1, 0),
		ANSWER(SECCOMP_RET_ALLOW),
		LOAD(nr),
		JUMP(BPF_JEQ, SYS_clone3, 4, 0),
		JUMP(BPF_JEQ, SYS_clone, 1, 0),
		JUMP(BPF_JEQ, SYS_unshare, 0, 3),
		LOAD(args[0]),
		JUMP(BPF_JSET, CLONE_NEWUSER, 2, 1),
		ANSWER(SECCOMP_RET_ERRNO | ENOSYS),
		ANSWER(SECCOMP_RET_ALLOW),
		ANSWER(SECCOMP_RET_ERRNO | EPERM),
	};
	struct sock_fprog program = {.len = sizeof(code) / sizeof(code[0]), .filter = code};

	if (argc < 2) {
		(void)fprintf(stderr, "usage: no-userns COMMAND...\n");
		return 125;
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &program) != 0) {
		perror("no-userns: seccomp");
		return 125;
	}
	execvp(argv[1], argv + 1);
	perror(argv[1]);
	return errno == ENOENT ? 127 : 126;
}
