/*
 * The smallest resident: a static executable at a high address that loads another program over itself and jumps to it,
 * with nothing but the loader. The program is open at descriptor PROGRAM_FD, which is closed before it starts; its
 * arguments and environment are this process's own. Interpreters are the host's.
 *
 * Exit status 126: the program is refused; 127: its interpreter is. What the kernel answers with SIGSEGV is SIGSEGV.
 */
#include <errno.h>
#include <signal.h>
#include <sys/personality.h>

#include "base/host.h"
#include "base/layout.h"
#include "base/str.h"
#include "launcher.h"
#include "loader/loader.h"

__asm__(".text\n"
	".globl _start\n"
	"_start:\n"
	"	mov %rsp, %rdi\n"
	"	xor %ebp, %ebp\n"
	"	call launch\n"
	"	ud2\n");

NORETURN void launch(uint64_t sp);

static NORETURN void refuse(int status, const char *what, int error)
{
	char text[200];

	str_format(text, sizeof(text), "launcher: %s: %d\n", what, error);
	(void)!host_write_full(2, text, strlen(text));
	host_exit_group(status);
}

static NORETURN void die(void)
{
	(void)!host_kill(host_getpid(), SIGSEGV);
	host_exit_group(128 + SIGSEGV);
}

static uint64_t random_number(void)
{
	uint64_t r = 0;

	(void)host_call(SYS_getrandom, &r, sizeof(r), 0);
	return r;
}

static unsigned map_flags(void)
{
	long persona = host_call(SYS_personality, 0xffffffff);

	return !host_is_error(persona) && (persona & ADDR_NO_RANDOMIZE) ? LDR_NO_RANDOMIZE : 0;
}

static void load_interpreter(const char *path, struct ldr_image *ret)
{
	int fd CLEANUP(host_close_at) = host_open(path, O_RDONLY | O_CLOEXEC, 0);
	int r = fd < 0 ? fd : ldr_probe_interpreter(fd);

	if (r < 0)
		refuse(127, path, r);
	if (ldr_map(fd, LDR_INTERPRETER, random_number(), NULL, ret) < 0)
		die();
}

static void identify(const struct ldr_stack *stack, struct ldr_identity *ret)
{
	ret->uid = (uint32_t)host_call(SYS_getuid);
	ret->euid = (uint32_t)host_call(SYS_geteuid);
	ret->gid = (uint32_t)host_call(SYS_getgid);
	ret->egid = (uint32_t)host_call(SYS_getegid);
	ret->secure = false;
	ret->execfn = (uintptr_t)stack->argv[0];
}

void launch(uint64_t sp)
{
	unsigned flags = map_flags();
	struct ldr_program program;
	struct ldr_image image, interpreter;
	struct ldr_identity who;
	struct ldr_stack stack;
	bool dynamic;
	int r = ldr_probe(PROGRAM_FD, &program);

	if (r < 0 || program.kind != LDR_ELF)
		refuse(126, "program", r);
	dynamic = program.interpreter[0] != '\0';
	if (ldr_map(PROGRAM_FD, flags, random_number(), NULL, &image) < 0)
		die();
	if (dynamic)
		load_interpreter(program.interpreter, &interpreter);
	host_close(PROGRAM_FD);

	ldr_read_stack(sp, &stack);
	identify(&stack, &who);
	ldr_finish_stack(&stack, &image, dynamic ? &interpreter : NULL, &who);
	if (image.stack_executable && ldr_make_stack_executable(sp) < 0)
		die();
	/* Where the kernel does not let us, brk stays behind the launcher. */
	(void)!ldr_set_mm(&stack, &image, flags, random_number());
	ldr_jump(dynamic ? interpreter.entry : image.entry, sp);
}
