/*
 * Pitfall 14: other doors into the kernel. io_uring is not there, or works as on Linux; an i386 call from 64-bit code never
 * reaches anything of the host's that a 64-bit call would not; x32 numbers are unknown; the vsyscall page answers as it does
 * natively; an i386 program is no program.
 *
 * A plain kernel with i386 support answers int $0x80 and runs i386 programs, so what is asked here is weaker than what lxrun
 * does: an answer, if there is one, must be true of this process.
 */
#include "../check.h"

#include <elf.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>

static sigjmp_buf jump;
static volatile sig_atomic_t caught;

static void handler(int sig)
{
	caught = sig;
	siglongjmp(jump, 1);
}

static long i386_call(int nr, long a, long b, long c)
{
	long r;

	__asm__ volatile("int $0x80"
			 : "=a"(r)
			 : "a"((long)nr), "b"(a), "c"(b), "d"(c)
			 : "r8", "r9", "r10", "r11", "memory");
	return r;
}

/* The result, or -ENOSYS for one that ended in a signal. */
static long try_i386(int nr, const void *a, long b, long c)
{
	caught = 0;
	if (sigsetjmp(jump, 1) != 0)
		return caught == SIGSEGV || caught == SIGSYS ? -ENOSYS : -EIO;
	return i386_call(nr, (long)a, b, c);
}

static void i386(void)
{
	char *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	struct stat here, there;
	long r;

	NEED(low != MAP_FAILED);
	r = try_i386(20 /* getpid */, NULL, 0, 0);
	CHECK(r == -ENOSYS || r == getpid(), "i386 getpid");
	r = try_i386(24 /* getuid */, NULL, 0, 0);
	CHECK(r == -ENOSYS || r == getuid(), "i386 getuid");
	strcpy(low, "/");
	r = try_i386(5 /* open */, low, O_RDONLY | O_DIRECTORY, 0);
	CHECK(r == -ENOSYS ||
		      (r >= 0 && fstat((int)r, &there) == 0 && stat("/", &here) == 0 && check_same(&here, &there)),
	      "i386 open of the root opens this root");
	strcpy(low, "made");
	r = try_i386(39 /* mkdir */, low, 0700, 0);
	CHECK(r == -ENOSYS || (r == 0 && rmdir("made") == 0), "i386 mkdir");
	strcpy(low, "/bin/true");
	r = try_i386(11 /* execve */, "", 0, 0);
	CHECK(r < 0, "i386 execve of nothing fails");
}

static void x32(void)
{
	CHECK_ERRNO(syscall(0x40000000 | SYS_getpid), ENOSYS, "x32 getpid");
	CHECK_ERRNO(syscall(0x40000000 | SYS_open, "/", O_RDONLY), ENOSYS, "x32 open");
	CHECK_ERRNO(syscall(0x40000000 | 520 /* execve */, "/bin/true", NULL, NULL), ENOSYS, "x32 execve");
	CHECK_ERRNO(syscall(0x40000000 | 0x3fffffff), ENOSYS, "the last x32 number");
	CHECK_ERRNO(syscall(400), ENOSYS, "a number of no call");
	CHECK_ERRNO(syscall(0x4c59), ENOSYS, "a high number");
	CHECK_ERRNO(syscall(-1), ENOSYS, "the last number");
}

static void uring(void)
{
	char parameters[120] = {0};
	long fd = syscall(425 /* io_uring_setup */, 4, parameters);

	CHECK(fd >= 0 || errno == ENOSYS || errno == EPERM, "io_uring_setup");
	if (fd >= 0)
		close((int)fd);
}

#define VSYSCALL 0xffffffffff600000ul

static bool has_vsyscall(void)
{
	char line[256];
	bool found = false;
	FILE *f = fopen("/proc/self/maps", "r");

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		found |= strstr(line, "[vsyscall]") != NULL;
	if (f != NULL)
		fclose(f);
	return found;
}

static void vsyscall(void)
{
	long (*get_time)(long *) = (long (*)(long *))(VSYSCALL + 0x400);
	long (*get_day)(struct timeval *, void *) = (long (*)(struct timeval *, void *))VSYSCALL;
	struct timeval tv = {0};
	volatile long t = 0;
	bool there = has_vsyscall();

	caught = 0;
	if (sigsetjmp(jump, 1) == 0)
		t = get_time(NULL);
	CHECK(there ? caught == 0 && labs(t - time(NULL)) < 3 : caught == SIGSEGV, "time in the vsyscall page");
	caught = 0;
	if (sigsetjmp(jump, 1) == 0)
		get_day(&tv, NULL);
	CHECK(there ? caught == 0 && labs(tv.tv_sec - time(NULL)) < 3 : caught == SIGSEGV, "gettimeofday there");
}

static void i386_program(void)
{
	Elf32_Ehdr e = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS32, ELFDATA2LSB, EV_CURRENT},
			.e_type = ET_EXEC,
			.e_machine = EM_386,
			.e_version = EV_CURRENT,
			.e_entry = 0x08048054,
			.e_phoff = sizeof(e),
			.e_ehsize = sizeof(e),
			.e_phentsize = sizeof(Elf32_Phdr),
			.e_phnum = 1};
	/* mov $1,%eax; mov $42,%ebx; int $0x80 */
	static const unsigned char text[] = {0xb8, 1, 0, 0, 0, 0xbb, 42, 0, 0, 0, 0xcd, 0x80};
	Elf32_Phdr p = {.p_type = PT_LOAD,
			.p_offset = 0,
			.p_vaddr = 0x08048000,
			.p_paddr = 0x08048000,
			.p_filesz = sizeof(e) + sizeof(p) + sizeof(text),
			.p_memsz = sizeof(e) + sizeof(p) + sizeof(text),
			.p_flags = PF_R | PF_X,
			.p_align = 4096};
	int fd = open("i386", O_WRONLY | O_CREAT | O_CLOEXEC, 0755), status;
	pid_t pid;

	NEED(fd >= 0 && write(fd, &e, sizeof(e)) == sizeof(e) && write(fd, &p, sizeof(p)) == sizeof(p) &&
	     write(fd, text, sizeof(text)) == sizeof(text));
	close(fd);
	pid = fork();
	if (pid == 0) {
		execl("./i386", "i386", (char *)NULL);
		_exit(errno == ENOEXEC ? 43 : 44);
	}
	NEED(waitpid(pid, &status, 0) == pid);
	CHECK(WIFEXITED(status) && (WEXITSTATUS(status) == 42 || WEXITSTATUS(status) == 43),
	      "an i386 program runs, or is none");
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	x32();
	uring();
	signal(SIGSEGV, handler);
	signal(SIGSYS, handler);
	i386();
	vsyscall();
	signal(SIGSEGV, SIG_DFL);
	signal(SIGSYS, SIG_DFL);
	i386_program();
	return check_end();
}
