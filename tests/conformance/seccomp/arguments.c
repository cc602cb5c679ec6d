/* Filters that look at arguments and at the instruction pointer. */
#include "filters.h"

/* Call nr with this low half of argument i answers EIO. */
static void forbid_argument(long nr, unsigned i, uint32_t value)
{
	const struct sock_filter code[] = {
		LOAD(nr),
		IF_EQUAL((uint32_t)nr, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(offsetof(struct seccomp_data, args) + 8 * i)),
		IF_EQUAL(value, 0, 1),
		RETURN(FAIL(EIO)),
		RETURN(SECCOMP_RET_ALLOW),
	};

	NEED(SET_FILTER(code) == 0);
}

static void arguments(void)
{
	long fd;

	forbid_argument(SYS_openat, 2, O_RDONLY | O_DIRECTORY);
	CHECK_ERRNO(syscall(SYS_openat, AT_FDCWD, ".", O_RDONLY | O_DIRECTORY, 0), EIO, "openat with these flags");
	CHECK_OK(fd = syscall(SYS_openat, AT_FDCWD, ".", O_RDONLY, 0), "with others");
	forbid_argument(SYS_openat, 0, (uint32_t)fd);
	CHECK_ERRNO(syscall(SYS_openat, fd, ".", O_RDONLY, 0), EIO, "with this directory");
	CHECK_OK(syscall(SYS_openat, AT_FDCWD, ".", O_RDONLY, 0), "with another");
	forbid_argument(SYS_lseek, 2, SEEK_END);
	CHECK_ERRNO(syscall(SYS_lseek, fd, 0, SEEK_END), EIO, "lseek from the end");
	CHECK_OK(syscall(SYS_lseek, fd, 0, SEEK_SET), "from the beginning");
	forbid_argument(SYS_dup2, 1, 100);
	CHECK_ERRNO(syscall(SYS_dup2, fd, 100), EIO, "dup2 to 100");
	CHECK_EQUAL(syscall(SYS_dup2, fd, 101), 101, "to 101");
	forbid_argument(SYS_mmap, 5, 4096);
	CHECK_ERRNO(syscall(SYS_mmap, NULL, 4096, 1, 0x22, -1, 4096), EIO, "the sixth argument");
	CHECK_OK(syscall(SYS_mmap, NULL, 4096, 1, 0x22, -1, 0), "with another");
	forbid_argument(SYS_sendto, 5, 77);
	CHECK_ERRNO(syscall(SYS_sendto, 0, "", 0, 0, "", 77), EIO, "of a translated call");
	CHECK_ERRNO(syscall(SYS_sendto, 0, "", 0, 0, "", 2), ENOTSOCK, "with another");
}

/* The upper half counts too. */
static void wide(void)
{
	const struct sock_filter code[] = {
		LOAD(nr),
		IF_EQUAL(SYS_rmdir, 0, 4),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offsetof(struct seccomp_data, args[3]) + 4),
		IF_EQUAL(0x12345678, 0, 2),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offsetof(struct seccomp_data, args[3])),
		IF_EQUAL(0x9abcdef0, 1, 0),
		RETURN(SECCOMP_RET_ALLOW),
		RETURN(FAIL(EIO)),
	};

	NEED(SET_FILTER(code) == 0);
	CHECK_ERRNO(syscall(SYS_rmdir, "x", 0, 0, 0x123456789abcdef0), EIO, "all 64 bits");
	CHECK_ERRNO(syscall(SYS_rmdir, "x", 0, 0, 0x023456789abcdef0), ENOENT, "of an argument that the call has not");
}

/* Arithmetic and scratch memory, as a program of some size uses them. */
static void computed(void)
{
	const struct sock_filter code[] = {
		LOAD(nr),
		BPF_STMT(BPF_ST, 3),
		LOAD(args[1]),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xff),
		BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 8),
		BPF_STMT(BPF_MISC | BPF_TAX, 0),
		BPF_STMT(BPF_LD | BPF_MEM, 3),
		BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0),
		BPF_STMT(BPF_ALU | BPF_SUB | BPF_K, 1),
		IF_EQUAL(SYS_mkdir + 0x4200 - 1, 0, 2),
		BPF_STMT(BPF_LD | BPF_IMM, FAIL(EDOM)),
		BPF_STMT(BPF_RET | BPF_A, 0),
		RETURN(SECCOMP_RET_ALLOW),
	};

	NEED(SET_FILTER(code) == 0);
	CHECK_ERRNO(syscall(SYS_mkdir, "d", 0x42), EDOM, "a sum of number and argument");
	CHECK_OK(syscall(SYS_mkdir, "d", 0x43), "another sum");
	CHECK_OK(syscall(SYS_rmdir, "d"), "another call");
}

long here_syscall(long nr, const char *path, long b);
extern const char here_after[];
__asm__(".text\n"
	".globl here_syscall\n"
	"here_syscall:\n"
	"	mov %rdi, %rax\n"
	"	mov %rsi, %rdi\n"
	"	mov %rdx, %rsi\n"
	"	syscall\n"
	".globl here_after\n"
	"here_after:\n"
	"	ret\n");

/* Calls from one place only. */
static void from_here(void)
{
	const uint64_t here = (uint64_t)(uintptr_t)here_after;
	const struct sock_filter code[] = {
		LOAD(nr),
		IF_EQUAL(SYS_access, 2, 0),
		IF_EQUAL(SYS_getppid, 1, 0),
		RETURN(SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offsetof(struct seccomp_data, instruction_pointer) + 4),
		IF_EQUAL((uint32_t)(here >> 32), 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offsetof(struct seccomp_data, instruction_pointer)),
		IF_EQUAL((uint32_t)here, 0, 1),
		RETURN(SECCOMP_RET_ALLOW),
		RETURN(FAIL(EIO)),
	};

	NEED(SET_FILTER(code) == 0);
	CHECK_EQUAL(here_syscall(SYS_access, "/", 0), 0, "a call from the one place");
	CHECK_ERRNO(syscall(SYS_access, "/", 0), EIO, "from another");
	CHECK(here_syscall(SYS_getppid, NULL, 0) > 0, "another call from there");
	CHECK_ERRNO(syscall(SYS_getppid), EIO, "from another");
}

static void architecture(void)
{
	const struct sock_filter code[] = {
		LOAD(arch),        IF_EQUAL(AUDIT_ARCH_X86_64, 0, 3), LOAD(nr), IF_EQUAL(SYS_rmdir, 0, 1),
		RETURN(FAIL(EIO)), RETURN(SECCOMP_RET_ALLOW),
	};

	NEED(SET_FILTER(code) == 0);
	CHECK_ERRNO(rmdir("x"), EIO, "the architecture is x86-64");
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	in_child(arguments);
	in_child(wide);
	in_child(computed);
	in_child(from_here);
	in_child(architecture);
	return check_end();
}
