/*
 * What exec makes of an identity, against the running kernel: children that are really root become somebody at random and
 * execute a program whose owner, mode bits and capabilities are random too. Skipped for who is not root.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/prctl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "ops.h"
#include "told.h"
#include "translator/ids/rules.h"

#define STEPS 12

struct report {
	char text[2048];
	struct creds before, after;
	struct creds_exec_effect effect;
	int result;
	unsigned gained, refused, secure;
};

static struct report *report;
static char folder[64], program[96];

static void copy_program(void)
{
	char command[512];

	snprintf(folder, sizeof(folder), "/tmp/exec_test.%d", getpid());
	snprintf(program, sizeof(program), "%s/tell", folder);
	snprintf(command, sizeof(command), "cp '%s' '%s'", TELL, program);
	cr_assert_eq(mkdir(folder, 0755), 0);
	cr_assert_eq(system(command), 0);
}

static void remove_program(void)
{
	unlink(program);
	rmdir(folder);
}

static size_t make_caps(struct vfs_ns_cap_data *ret)
{
	static const size_t sizes[] = {0, XATTR_CAPS_SZ_1, XATTR_CAPS_SZ_2, XATTR_CAPS_SZ_3};
	const uint64_t some[] = {0, 1ull << CAP_CHOWN, 1ull << CAP_KILL | 1ull << CAP_SYSLOG, CREDS_CAPS_ALL};
	uint64_t p = some[ops_random(4)], i = some[ops_random(4)];
	/* The kernel itself writes no version 1 any more, and version 3 for other namespaces only. */
	unsigned version = 2;

	memset(ret, 0, sizeof(*ret));
	ret->magic_etc = version << VFS_CAP_REVISION_SHIFT | ops_chance(50);
	for (int half = 0; half < 2; half++) {
		ret->data[half].permitted = (uint32_t)(p >> 32 * half);
		ret->data[half].inheritable = (uint32_t)(i >> 32 * half);
	}
	return sizes[version];
}

/* Makes the program a random one, and says the same to the rules. */
static void dress(struct creds_exec_file *ret)
{
	static const uint32_t ids[] = {0, 1, 1000, 1001},
			      modes[] = {0755, 0755, 04755, 02755, 06755, 02745, 06711, 0711};
	struct vfs_ns_cap_data caps;

	memset(ret, 0, sizeof(*ret));
	ret->uid = ids[ops_random(4)];
	ret->gid = ids[ops_random(4)];
	ret->mode = modes[ops_random(8)];
	cr_assert_eq(chown(program, ret->uid, ret->gid), 0);
	cr_assert_eq(chmod(program, ret->mode), 0);
	(void)removexattr(program, "security.capability");
	if (ops_chance(40)) {
		size_t size = make_caps(&caps);

		cr_assert_eq(setxattr(program, "security.capability", &caps, size, 0), 0);
		cr_assert_eq(creds_file_caps(&caps, size, ret), 0);
	}
}

/* In the child: somebody at random, then the program. */
static void become_and_execute(struct creds_exec_file *file)
{
	struct creds now;

	if (fake_read_creds(getpid(), &now) < 0)
		_exit(1);
	fake_begin(&now);
	for (uint32_t i = ops_random(STEPS); i > 0; i--) {
		struct memory m;
		struct op o;

		ops_make(&o);
		if (o.nr == OP_MAY_SIGNAL)
			continue;
		m = o.before;
		(void)ops_native(&o, &m);
	}
	if (fake_read_creds(getpid(), &report->before) < 0)
		_exit(1);
	file->readable = syscall(SYS_faccessat2, AT_FDCWD, program, R_OK, AT_EACCESS) == 0;
	report->after = report->before;
	report->result = creds_exec(&report->after, file, syscall(SYS_prctl, PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1,
				    &report->effect);
	if (syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGUSR1) != 0 || personality(ADDR_NO_RANDOMIZE) == -1)
		_exit(1);
	execl(program, program, (char *)NULL);
	_exit(errno == EACCES ? 3 : errno == EPERM ? 2 : 1);
}

static void compare(uint64_t seed, int status, const struct told *told, ssize_t size)
{
	char text[1024] = "";

	/* A file that the child could not search its way to, or not execute. */
	if (WIFEXITED(status) && WEXITSTATUS(status) == 3)
		return;
	if (report->result < 0) {
		report->refused++;
		if (!WIFEXITED(status) || WEXITSTATUS(status) != 2)
			snprintf(text, sizeof(text), "here exec fails with %d, in the kernel with %x", report->result,
				 status);
	} else if (size != sizeof(*told)) {
		snprintf(text, sizeof(text), "status %x", status);
	} else {
		fake_differences(&told->creds, &report->after, text, sizeof(text));
		if (told->secure != report->effect.secure)
			snprintf(text, sizeof(text), "secure: kernel %d", told->secure);
		if (told->dumpable != report->effect.dumpable)
			snprintf(text, sizeof(text), "dumpable: kernel %d", told->dumpable);
		if ((told->death_signal != 0) != report->effect.keeps_death_signal)
			snprintf(text, sizeof(text), "death signal: kernel %d", told->death_signal);
		if ((told->personality == 0) != report->effect.resets_personality)
			snprintf(text, sizeof(text), "personality: kernel %x", told->personality);
		report->gained += (report->after.cap_permitted & ~report->before.cap_permitted) != 0;
		report->secure += report->effect.secure;
	}
	if (text[0] != '\0')
		snprintf(report->text, sizeof(report->text), "seed %lu: %s", seed, text);
}

static void run_one(uint64_t seed)
{
	struct creds_exec_file file;
	struct told told;
	int out[2], status;
	ssize_t n;
	pid_t pid;

	ops_seed(seed);
	dress(&file);
	cr_assert_eq(pipe(out), 0);
	pid = fork();
	cr_assert_geq(pid, 0);
	if (pid == 0) {
		dup2(out[1], 1);
		become_and_execute(&file);
	}
	close(out[1]);
	n = read(out[0], &told, sizeof(told));
	close(out[0]);
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	compare(seed, status, &told, n);
}

Test(kernel, random_programs, .timeout = 300)
{
	const char *text = getenv("LX_SEQUENCES");
	const uint64_t sequences = text != NULL ? strtoull(text, NULL, 10) : 3000;
	struct statvfs fs;
	struct utsname name;
	struct creds me;
	int major = 0, minor = 0;

	report = mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	cr_assert_neq(report, MAP_FAILED);
	cr_assert_eq(fake_read_creds(getpid(), &me), 0);
	if (me.euid != 0 || !creds_capable(&me, CAP_SETUID) || !creds_capable(&me, CAP_SETFCAP))
		cr_skip_test("needs to be the real root");
	if (statvfs("/tmp", &fs) != 0 || (fs.f_flag & ST_NOSUID) != 0)
		cr_skip_test("/tmp is mounted nosuid");
	cr_assert_eq(uname(&name), 0);
	if (sscanf(name.release, "%d.%d", &major, &minor) != 2 || major < 6 || (major == 6 && minor < 16))
		cr_skip_test("Linux before 6.16 decides otherwise when only the file system's ids differ");
	fake_begin(&me);
	fake.guests[0] = getpid();
	copy_program();
	for (uint64_t seed = 0; seed < sequences && report->text[0] == '\0'; seed++)
		run_one(seed);
	remove_program();
	cr_expect_str_empty(report->text, "%s", report->text);
	/* All kinds of outcome were there. */
	cr_expect_gt(report->gained, sequences / 50);
	cr_expect_gt(report->refused, sequences / 50);
	cr_expect_gt(report->secure, sequences / 10);
}

Test(file, damaged_capabilities)
{
	struct creds_exec_file file = {0};
	struct vfs_ns_cap_data caps = {.magic_etc = VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE};

	caps.data[0].permitted = 1u << CAP_KILL;
	caps.data[1].permitted = ~0u;
	for (size_t size = 0; size <= sizeof(caps); size++)
		cr_expect_eq(creds_file_caps(&caps, size, &file), size == XATTR_CAPS_SZ_2 ? 0 : -EINVAL, "%zu bytes",
			     size);
	cr_expect(file.has_caps && file.cap_effective);
	cr_expect_eq(file.cap_permitted, (CREDS_CAPS_ALL & ~0xffffffffull) | 1u << CAP_KILL,
		     "unknown ones are left out");
	caps.magic_etc = VFS_CAP_REVISION_1;
	cr_expect_eq(creds_file_caps(&caps, XATTR_CAPS_SZ_1, &file), 0);
	cr_expect_eq(file.cap_permitted, 1u << CAP_KILL);
	caps.magic_etc = 4u << VFS_CAP_REVISION_SHIFT;
	cr_expect_eq(creds_file_caps(&caps, sizeof(caps), &file), -EINVAL);
	file = (struct creds_exec_file){0};
	caps.magic_etc = VFS_CAP_REVISION_3;
	caps.rootid = 1000;
	cr_expect_eq(creds_file_caps(&caps, sizeof(caps), &file), 0);
	cr_expect_not(file.has_caps, "another namespace's root");
	caps.rootid = 0;
	cr_expect_eq(creds_file_caps(&caps, sizeof(caps), &file), 0);
	cr_expect(file.has_caps && !file.cap_effective);
}
