/*
 * execve: the new image's half, and the beginning of everything.
 *
 * The kernel has just started the resident in place of a guest's program. It finds its instance by its own path
 * (AT_EXECFN: <runtime>/resident), what to do by its slot, maps the program and jumps. The first program of a run also
 * gives up whatever privileges it has and installs the filter, which everything after it inherits.
 *
 * Runs on the guest's initial stack, below what the kernel put there; nothing of that is the guest's yet.
 */
#include <errno.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>

#include "base/host.h"
#include "base/privileges.h"
#include "base/str.h"
#include "loader/loader.h"
#include "translator/filter/filter.h"
#include "translator/ptrace/ptrace.h"
#include "translator/state.h"

/* Where AT_EXECFN points to: the slot's text may change under the guest. */
static char execfn[PATH_MAX];

NORETURN void resident_main(uint64_t sp);

static void map_instance(const struct ldr_stack *stack)
{
	char path[PATH_MAX];
	uint64_t own;
	char *slash;
	long r;
	int fd;

	if (!ldr_auxv_get(stack, AT_EXECFN, &own) || str_copy(path, sizeof(path) - 8, (const char *)(uintptr_t)own) < 0)
		tr_fail("the resident was started without a name", "", 0);
	slash = strrchr(path, '/');
	if (slash == NULL)
		tr_fail("this program is a part of lxrun and cannot be started by itself", "", 0);
	(void)str_format(slash, 8, "/shm");
	fd = host_open(path, O_RDWR | O_CLOEXEC, 0);
	if (fd < 0)
		tr_fail("this program is a part of lxrun and cannot be started by itself: no ", path, fd);
	r = host_mmap(INSTANCE_BASE, sizeof(struct instance), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED_NOREPLACE,
		      fd, 0);
	host_close(fd);
	if (host_is_error(r))
		tr_fail("cannot map the instance's memory ", path, r);
	if (TR_INSTANCE->magic != INSTANCE_MAGIC || TR_INSTANCE->version != INSTANCE_VERSION)
		tr_fail("the instance's memory is of another version of lxrun: ", path, 0);
	if (tr_instance_has_ended())
		tr_fail("the distribution has just been ended", "", 0);
}

/* Sends the filter's listener through a connected socket, which is then closed. */
static void hand_over(int socket, int listener)
{
	char byte = 'L';
	struct iovec io = {.iov_base = &byte, .iov_len = 1};
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct msghdr message = {.msg_iov = &io, .msg_iovlen = 1};

	if (listener >= 0) {
		control.header = (struct cmsghdr){
			.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
		memcpy(CMSG_DATA(&control.header), &listener, sizeof(listener));
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
	}
	(void)host_call(SYS_sendmsg, socket, &message, MSG_NOSIGNAL);
	host_close(socket);
	if (listener >= 0)
		host_close(listener);
}

static void enter_instance(struct process_slot *slot)
{
	int socket = slot->supervisor_fd, listener = -1;
	int r;

	r = privileges_drop();
	if (r < 0)
		tr_fail("cannot give up capabilities", "", r);
	slot->supervisor_fd = -1;
	if (TR_INSTANCE->gate == INSTANCE_GATE_PTRACE) {
		/* The tracer that is already there decides by the same program. */
		(void)host_call(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		if (socket >= 0)
			host_close(socket);
		return;
	}
	r = tr_filter_install(TR_INSTANCE->gate == INSTANCE_GATE_NOTIFY ? TR_FILTER_NOTIFY : 0, &listener);
	if (r < 0)
		tr_fail("this host does not allow seccomp filters; --gate ptrace, which is slow, does without them", "",
			r);
	if (socket >= 0)
		hand_over(socket, listener);
}

static uint64_t entropy(void)
{
	uint64_t bytes = 0;

	if (host_call(SYS_getrandom, &bytes, sizeof(bytes), 1 /* GRND_NONBLOCK */) != sizeof(bytes))
		(void)host_call(SYS_clock_gettime, CLOCK_MONOTONIC, &bytes);
	return bytes;
}

static void map_program(const struct process_slot *slot, unsigned flags, uint64_t random, struct ldr_image *program,
			struct ldr_image *interpreter)
{
	const struct ldr_text prepared = {.dir = TR_INSTANCE->text, .owner = TR_INSTANCE->host_uid};
	const struct ldr_text *text = tr_text_is_used() ? &prepared : NULL;
	/* What has an interpreter leaves the calls to its libraries. */
	int r = ldr_map(slot->program_fd, flags, random, slot->interpreter_fd < 0 ? text : NULL, program);

	if (r == 0 && slot->interpreter_fd >= 0)
		r = ldr_map(slot->interpreter_fd, flags | LDR_INTERPRETER, random, text, interpreter);
	if (r < 0) {
		/* Linux is past the point of no return here as well: it kills with SIGSEGV, whatever the mask says. */
		static const uint64_t none;
		static const struct tr_sigaction by_default;

		(void)host_call(SYS_rt_sigaction, SIGSEGV, &by_default, NULL, sizeof(none));
		(void)host_call(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, sizeof(none));
		(void)!host_kill(host_getpid(), SIGSEGV);
		host_exit_group(TR_OWN_FAILURE);
	}
	host_close(slot->program_fd);
	if (slot->interpreter_fd >= 0)
		host_close(slot->interpreter_fd);
}

static void set_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	(void)host_call(SYS_prctl, PR_SET_NAME, slash != NULL ? slash + 1 : path, 0, 0, 0);
}

/*
 * Starts the program as if a signal handler returned to its first instruction: mask, registers and instruction pointer
 * change at once. So a signal that was blocked until now, and the stop after execve that a tracer waits for, find the guest
 * and nothing of the resident.
 */
static NORETURN void begin(uint64_t entry, uint64_t sp, uint64_t mask)
{
	/* linux/ucontext.h: UC_SIGCONTEXT_SS, UC_STRICT_RESTORE_SS; user code and stack segments of x86-64 Linux. */
	ucontext_t uc = {.uc_flags = 2 | 4, .uc_stack.ss_flags = SS_DISABLE};
	greg_t *r = uc.uc_mcontext.gregs;

	r[REG_RIP] = (greg_t)entry;
	r[REG_RSP] = (greg_t)sp;
	r[REG_EFL] = 0x202;
	r[REG_CSGSFS] = 0x33 | 0x2bll << 48;
	*tr_context_mask(&uc) = mask;
	__asm__ volatile("mov %[uc], %%rsp\n\t"
			 "syscall"
			 :
			 : [uc] "r"(&uc), "a"(SYS_rt_sigreturn)
			 : "memory");
	__builtin_unreachable();
}

void resident_main(uint64_t sp)
{
	struct ldr_image program, interpreter = {0};
	struct process_slot *slot;
	struct ldr_identity who;
	struct ldr_stack stack;
	uint64_t mask, random;
	unsigned flags = 0;
	int r;

	ldr_read_stack(sp, &stack);
	map_instance(&stack);
	r = tr_process_start();
	if (r < 0)
		tr_fail("this process is not known to its instance", "", r);
	slot = tr_process_current(NULL)->slot;
	if ((slot->flags & PROCESS_FIRST) != 0) {
		bool home_else = (slot->flags & PROCESS_HOME_ELSE) != 0;

		enter_instance(slot);
		tr_process_first_done();
		tr_signals_start();
		tr_start_first(slot, &stack, home_else);
	}
	tr_signals_start();
	/* Who traces it must see each call. */
	if ((slot->flags & (PROCESS_UNPATCHED | PROCESS_TRACE_ME)) != 0)
		atomic_store(&tr_patched_closed, 1);

	if ((host_call(SYS_personality, 0xffffffff) & ADDR_NO_RANDOMIZE) != 0)
		flags |= LDR_NO_RANDOMIZE;
	random = entropy();
	map_program(slot, flags, random, &program, &interpreter);
	(void)str_format(execfn, sizeof(execfn), "%s", slot->execfn);
	who = (struct ldr_identity){
		.uid = slot->creds.ruid,
		.euid = slot->creds.euid,
		.gid = slot->creds.rgid,
		.egid = slot->creds.egid,
		.secure = (slot->flags & PROCESS_SECURE) != 0,
		.execfn = (uint64_t)(uintptr_t)execfn,
	};
	ldr_finish_stack(&stack, &program, slot->interpreter_fd >= 0 ? &interpreter : NULL, &who);
	if (program.stack_executable)
		(void)!ldr_make_stack_executable(sp);
	(void)!ldr_set_mm(&stack, &program, flags, random);
	set_name(execfn);
	mask = slot->signal_mask & ~TR_SIGNAL_BIT(SIGSYS);
	tr_faults_mask_is(mask);
	r = slot->interpreter_fd;
	slot->program_fd = slot->interpreter_fd = -1;
	if ((slot->flags & PROCESS_TRACE_ME) != 0)
		tr_ptrace_executed(TR_INSTANCE, tr_process_current(NULL));
	begin(r >= 0 ? interpreter.entry : program.entry, sp, mask);
}
