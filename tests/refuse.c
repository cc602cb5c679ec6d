/*
 * refuse WHAT[,WHAT...] COMMAND...: runs a command on a kernel that seems to lack something, by a seccomp filter:
 *
 *   xattr    files have no extended attributes, as on file systems that take none;
 *   userns   user namespaces are closed, as on many machines: clone and unshare with CLONE_NEWUSER answer EPERM, and
 *            clone3, whose flags a filter cannot see, ENOSYS (libcs fall back to clone)
 *   seccomp  no further filters: seccomp answers ENOSYS, prctl(PR_SET_SECCOMP) EINVAL
 *   filters  seccomp and prctl(PR_SET_SECCOMP) answer EPERM: there are filters, and one more is refused
 *   listener there is a listener already: seccomp with SECCOMP_FILTER_FLAG_NEW_LISTENER answers EBUSY
 *   openat2  ENOSYS
 *   ptrace   EPERM, also for process_vm_readv and process_vm_writev
 *   container   what the default profile of container managers takes from a container without capabilities
 *
 * Everything of lxrun is tested below `refuse userns`.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* When a call is refused, and with what: the low half of argument `arg` masked with `mask` (0: always) is not 0, or,
 * with `equal`, is that value. */
struct rule {
	const char *what;
	unsigned nr;
	unsigned arg, mask, equal;
	unsigned error;
};

#define EPERM_IN_CONTAINER(call)                        \
	{                                               \
		"container", SYS_##call, 0, 0, 0, EPERM \
	}

static const struct rule rules[] = {
	{"userns", SYS_clone, 0, CLONE_NEWUSER, 0, EPERM},
	{"userns", SYS_unshare, 0, CLONE_NEWUSER, 0, EPERM},
	{"userns", SYS_clone3, 0, 0, 0, ENOSYS},
	{"seccomp", SYS_seccomp, 0, 0, 0, ENOSYS},
	{"seccomp", SYS_prctl, 0, ~0u, PR_SET_SECCOMP, EINVAL},
	{"filters", SYS_seccomp, 0, 0, 0, EPERM},
	{"filters", SYS_prctl, 0, ~0u, PR_SET_SECCOMP, EPERM},
	{"listener", SYS_seccomp, 1, SECCOMP_FILTER_FLAG_NEW_LISTENER, 0, EBUSY},
	{"openat2", SYS_openat2, 0, 0, 0, ENOSYS},
	{"xattr", SYS_setxattr, 0, 0, 0, EOPNOTSUPP},
	{"xattr", SYS_lsetxattr, 0, 0, 0, EOPNOTSUPP},
	{"xattr", SYS_fsetxattr, 0, 0, 0, EOPNOTSUPP},
	{"xattr", SYS_getxattr, 0, 0, 0, EOPNOTSUPP},
	{"xattr", SYS_lgetxattr, 0, 0, 0, EOPNOTSUPP},
	{"xattr", SYS_fgetxattr, 0, 0, 0, EOPNOTSUPP},
	{"xattr", SYS_listxattr, 0, 0, 0, EOPNOTSUPP},
	{"xattr", SYS_flistxattr, 0, 0, 0, EOPNOTSUPP},
	{"xattr", SYS_removexattr, 0, 0, 0, EOPNOTSUPP},
	{"xattr", SYS_fremovexattr, 0, 0, 0, EOPNOTSUPP},
	{"ptrace", SYS_ptrace, 0, 0, 0, EPERM},
	{"ptrace", SYS_process_vm_readv, 0, 0, 0, EPERM},
	{"ptrace", SYS_process_vm_writev, 0, 0, 0, EPERM},
	/* All of CLONE_NEW*; personality(2) only with the plain ones. */
	{"container", SYS_clone, 0, 0x7e020000, 0, EPERM},
	{"container", SYS_clone3, 0, 0, 0, ENOSYS},
	{"container", SYS_personality, 0, ADDR_NO_RANDOMIZE, 0, EPERM},
	EPERM_IN_CONTAINER(acct),
	EPERM_IN_CONTAINER(add_key),
	EPERM_IN_CONTAINER(bpf),
	EPERM_IN_CONTAINER(clock_settime),
	EPERM_IN_CONTAINER(delete_module),
	EPERM_IN_CONTAINER(fanotify_init),
	EPERM_IN_CONTAINER(finit_module),
	EPERM_IN_CONTAINER(fsconfig),
	EPERM_IN_CONTAINER(fsmount),
	EPERM_IN_CONTAINER(fsopen),
	EPERM_IN_CONTAINER(fspick),
	EPERM_IN_CONTAINER(get_mempolicy),
	EPERM_IN_CONTAINER(init_module),
	EPERM_IN_CONTAINER(io_uring_enter),
	EPERM_IN_CONTAINER(io_uring_register),
	EPERM_IN_CONTAINER(io_uring_setup),
	EPERM_IN_CONTAINER(ioperm),
	EPERM_IN_CONTAINER(iopl),
	EPERM_IN_CONTAINER(kcmp),
	EPERM_IN_CONTAINER(kexec_file_load),
	EPERM_IN_CONTAINER(kexec_load),
	EPERM_IN_CONTAINER(keyctl),
	EPERM_IN_CONTAINER(lookup_dcookie),
	EPERM_IN_CONTAINER(mbind),
	EPERM_IN_CONTAINER(mount),
	EPERM_IN_CONTAINER(mount_setattr),
	EPERM_IN_CONTAINER(move_mount),
	EPERM_IN_CONTAINER(move_pages),
	EPERM_IN_CONTAINER(open_by_handle_at),
	EPERM_IN_CONTAINER(open_tree),
	EPERM_IN_CONTAINER(perf_event_open),
	EPERM_IN_CONTAINER(pivot_root),
	EPERM_IN_CONTAINER(quotactl),
	EPERM_IN_CONTAINER(reboot),
	EPERM_IN_CONTAINER(request_key),
	EPERM_IN_CONTAINER(set_mempolicy),
	EPERM_IN_CONTAINER(setdomainname),
	EPERM_IN_CONTAINER(sethostname),
	EPERM_IN_CONTAINER(setns),
	EPERM_IN_CONTAINER(settimeofday),
	EPERM_IN_CONTAINER(swapoff),
	EPERM_IN_CONTAINER(swapon),
	EPERM_IN_CONTAINER(syslog),
	EPERM_IN_CONTAINER(umount2),
	EPERM_IN_CONTAINER(unshare),
	EPERM_IN_CONTAINER(userfaultfd),
	EPERM_IN_CONTAINER(vhangup),
};

#define COUNT(a)              (sizeof(a) / sizeof((a)[0]))
#define LOAD(field)           BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)offsetof(struct seccomp_data, field))
#define LOAD_ARG(n)           BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)(offsetof(struct seccomp_data, args) + 8ul * (n)))
#define SKIP_UNLESS(value, n) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, n)
#define ANSWER(value)         BPF_STMT(BPF_RET | BPF_K, value)

static struct sock_filter code[4 + 6 * COUNT(rules)];
static unsigned short length;

static void add(struct sock_filter one)
{
	code[length++] = one;
}

static void add_rule(const struct rule *r)
{
	add((struct sock_filter)LOAD(nr));
	if (r->mask == 0) {
		add((struct sock_filter)SKIP_UNLESS(r->nr, 1));
	} else {
		add((struct sock_filter)SKIP_UNLESS(r->nr, 3));
		add((struct sock_filter)LOAD_ARG(r->arg));
		if (r->equal != 0)
			add((struct sock_filter)SKIP_UNLESS(r->equal, 1));
		else
			add((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, r->mask, 0, 1));
	}
	add((struct sock_filter)ANSWER(SECCOMP_RET_ERRNO | r->error));
}

/* True if the comma-separated list names the word. */
static int names(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = list; (p = strstr(p, word)) != NULL; p += n)
		if ((p == list || p[-1] == ',') && (p[n] == '\0' || p[n] == ','))
			return 1;
	return 0;
}

static int known(const char *list)
{
	for (const char *p = list; *p != '\0'; p += strcspn(p, ",") + (p[strcspn(p, ",")] == ',')) {
		size_t i = 0;

		while (i < COUNT(rules) && strncmp(p, rules[i].what, strlen(rules[i].what)) != 0)
			i++;
		if (i == COUNT(rules))
			return 0;
	}
	return 1;
}

int main(int argc, char **argv)
{
	struct sock_fprog program = {.filter = code};

	if (argc < 3 || !known(argv[1])) {
		(void)fprintf(stderr, "usage: refuse WHAT[,WHAT...] COMMAND...\n");
		return 125;
	}
	add((struct sock_filter)LOAD(arch));
	add((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0));
	add((struct sock_filter)ANSWER(SECCOMP_RET_ALLOW));
	for (size_t i = 0; i < COUNT(rules); i++)
		if (names(argv[1], rules[i].what))
			add_rule(&rules[i]);
	add((struct sock_filter)ANSWER(SECCOMP_RET_ALLOW));
	program.len = length;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &program) != 0) {
		perror("refuse: seccomp");
		return 125;
	}
	/* LeakSanitizer looks at its own process by ptrace, and ends it with a failure where it cannot. */
	if (names(argv[1], "ptrace"))
		(void)setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
	execvp(argv[2], argv + 2);
	perror(argv[2]);
	return errno == ENOENT ? 127 : 126;
}
