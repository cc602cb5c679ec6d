/* What of an identity survives fork and exec, and what exec makes of capabilities. */
#include "ids.h"

#include <linux/securebits.h>
#include <sys/auxv.h>
#include <sys/xattr.h>

static char self[PATH_MAX];

/* The program itself, called with a first argument: prints who it is. */
static int tell(void)
{
	const struct identity i = identity(), s = status_of("self");
	gid_t groups[16];
	int n = getgroups(16, groups);

	if (!same_identity(&i, &s)) {
		printf("/proc differs");
		return 0;
	}
	printf("%d %d %d %d, %d %d %d %d;", i.uid[0], i.uid[1], i.uid[2], i.uid[3], i.gid[0], i.gid[1], i.gid[2],
	       i.gid[3]);
	for (int k = 0; k < n; k++)
		printf(" %d", groups[k]);
	printf("; %s %s %lx %lx; auxv %d %d %d %d %d; keep %d dump %d nnp %d death ",
	       i.permitted == i.bounding ? "all"
	       : i.permitted == 0        ? "none"
					 : "some",
	       i.effective == i.permitted ? "awake"
	       : i.effective == 0         ? "asleep"
					  : "some",
	       i.inheritable, i.ambient, (int)getauxval(AT_UID), (int)getauxval(AT_EUID), (int)getauxval(AT_GID),
	       (int)getauxval(AT_EGID), (int)getauxval(AT_SECURE), prctl(PR_GET_SECUREBITS), prctl(PR_GET_DUMPABLE),
	       prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	int sig = 0;

	prctl(PR_GET_PDEATHSIG, &sig);
	printf("%d", sig);
	return 0;
}

/* What the program tells after change() and exec. */
static void check_told(void (*change)(void), const char *want, const char *what)
{
	char got[512] = "";
	int out[2];
	ssize_t n;
	pid_t pid;

	NEED(pipe(out) == 0);
	fflush(stdout);
	pid = fork();
	NEED(pid >= 0);
	if (pid == 0) {
		change();
		if (dup2(out[1], 1) < 0)
			_exit(1);
		execl(self, self, "tell", (char *)NULL);
		dprintf(1, "no exec: %s", strerror(errno));
		_exit(1);
	}
	close(out[1]);
	n = read(out[0], got, sizeof(got) - 1);
	got[n > 0 ? n : 0] = '\0';
	close(out[0]);
	NEED(waitpid(pid, NULL, 0) == pid);
	CHECK_STRING(got, want, what);
}

static void nothing(void)
{
}

static void ids(void)
{
	NEED(syscall(SYS_setgroups, 2, (gid_t[]){44, 33}) == 0);
	NEED(syscall(SYS_setresgid, 4, 5, 6) == 0 && syscall(SYS_setresuid, 1, 2, 3) == 0);
}

static void effective_only(void)
{
	NEED(syscall(SYS_setresuid, 0, 1000, 0) == 0);
}

static void real_only(void)
{
	NEED(syscall(SYS_setresuid, 1000, 0, 1000) == 0);
}

static void file_system_only(void)
{
	NEED(syscall(SYS_setfsuid, 1000) == 0);
}

static void fewer(void)
{
	NEED(set_caps(cap_bit(CAP_KILL), cap_bit(CAP_KILL) | cap_bit(CAP_CHOWN), 0) == 0);
}

static void kept(void)
{
	NEED(prctl(PR_SET_KEEPCAPS, 1) == 0 && syscall(SYS_setresuid, 1000, 1000, 1000) == 0);
}

static void inherited(void)
{
	const struct identity all = identity();

	NEED(set_caps(all.effective, all.permitted, cap_bit(CAP_KILL)) == 0);
	NEED(prctl(PR_SET_KEEPCAPS, 1) == 0 && syscall(SYS_setresuid, 1000, 1000, 1000) == 0);
}

static void ambient(void)
{
	inherited();
	NEED(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0) == 0);
}

static void not_root_by_id(void)
{
	NEED(prctl(PR_SET_SECUREBITS, SECBIT_NOROOT) == 0);
}

static void user(void)
{
	NEED(syscall(SYS_setresgid, 1000, 1000, 1000) == 0 && syscall(SYS_setresuid, 1000, 1000, 1000) == 0);
}

static void without_kill(void)
{
	NEED(prctl(PR_CAPBSET_DROP, CAP_KILL) == 0);
	user();
}

static void user_without_new_privs(void)
{
	NEED(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_PDEATHSIG, SIGUSR2) == 0);
	user();
}

static void user_with_death_signal(void)
{
	user();
	NEED(prctl(PR_SET_PDEATHSIG, SIGUSR2) == 0);
}

/* A copy of this program with an owner and a mode. */
static void make_copy(const char *name, uid_t uid, gid_t gid, mode_t mode)
{
	char block[65536];
	int from = open("/proc/self/exe", O_RDONLY), to = open(name, O_CREAT | O_WRONLY | O_EXCL, 0755);
	ssize_t n;

	NEED(from >= 0 && to >= 0);
	while ((n = read(from, block, sizeof(block))) > 0)
		NEED(write(to, block, (size_t)n) == n);
	close(from);
	close(to);
	NEED(chown(name, uid, gid) == 0 && chmod(name, mode) == 0 && chmod(".", 0755) == 0);
	NEED(realpath(name, self) != NULL);
}

static void files(void)
{
	struct vfs_cap_data caps = {VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE, {{1u << CAP_KILL, 0}, {0, 0}}};

	make_copy("suid", 0, 0, 04755);
	check_told(
		user_with_death_signal,
		"1000 0 0 0, 1000 1000 1000 1000;; all awake 0 0; auxv 1000 0 1000 1000 1; keep 0 dump 0 nnp 0 death 0",
		"set-user-ID root");
	check_told(
		user_without_new_privs,
		"1000 1000 1000 1000, 1000 1000 1000 1000;; none awake 0 0; auxv 1000 1000 1000 1000 0; keep 0 dump 1 "
		"nnp 1 death 0",
		"not with NO_NEW_PRIVS");
	make_copy("other", 1001, 1002, 06755);
	check_told(
		user,
		"1000 1001 1001 1001, 1000 1002 1002 1002;; none awake 0 0; auxv 1000 1001 1000 1002 1; keep 0 dump 0 "
		"nnp 0 death 0",
		"set-user-ID and set-group-ID");
	check_told(nothing,
		   "0 1001 1001 1001, 0 1002 1002 1002;; all asleep 0 0; auxv 0 1001 0 1002 1; keep 0 dump 0 nnp 0 "
		   "death 0",
		   "also for root");
	make_copy("locked", 1001, 1002, 02745);
	check_told(
		user,
		"1000 1000 1000 1000, 1000 1000 1000 1000;; none awake 0 0; auxv 1000 1000 1000 1000 0; keep 0 dump 1 "
		"nnp 0 death 0",
		"S_ISGID without the group's execute bit");
	make_copy("capable", 0, 0, 0755);
	NEED(setxattr(self, "security.capability", &caps, XATTR_CAPS_SZ_2, 0) == 0);
	check_told(
		user,
		"1000 1000 1000 1000, 1000 1000 1000 1000;; some awake 0 0; auxv 1000 1000 1000 1000 1; keep 0 dump 0 "
		"nnp 0 death 0",
		"a file's capability");
	check_told(without_kill, "no exec: Operation not permitted", "that cannot be had");
}

static void process(void)
{
	NEED(prctl(PR_SET_DUMPABLE, 0) == 0 && prctl(PR_SET_PDEATHSIG, SIGUSR2) == 0);
	NEED(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "tell") == 0)
		return tell();
	NEED(realpath("/proc/self/exe", self) != NULL);
	NEED(syscall(SYS_setgroups, 0, NULL) == 0);
	check_begin(argc, argv);
	check_told(nothing, "0 0 0 0, 0 0 0 0;; all awake 0 0; auxv 0 0 0 0 0; keep 0 dump 1 nnp 0 death 0", "root");
	check_told(ids, "1 2 2 2, 4 5 5 5; 33 44; none awake 0 0; auxv 1 2 4 5 1; keep 0 dump 0 nnp 0 death 0",
		   "the saved ids become the effective ones");
	check_told(effective_only,
		   "0 1000 1000 1000, 0 0 0 0;; all asleep 0 0; auxv 0 1000 0 0 1; keep 0 dump 0 nnp 0 death 0",
		   "a real 0 keeps them permitted");
	check_told(real_only, "1000 0 0 0, 0 0 0 0;; all awake 0 0; auxv 1000 0 0 0 1; keep 0 dump 0 nnp 0 death 0",
		   "an effective 0 has all");
	check_told(file_system_only, "0 0 0 0, 0 0 0 0;; all awake 0 0; auxv 0 0 0 0 0; keep 0 dump 0 nnp 0 death 0",
		   "the file system's ids are the effective ones again");
	check_told(fewer, "0 0 0 0, 0 0 0 0;; all awake 0 0; auxv 0 0 0 0 0; keep 0 dump 0 nnp 0 death 0",
		   "root gets back what it gave up");
	check_told(kept,
		   "1000 1000 1000 1000, 0 0 0 0;; none awake 0 0; auxv 1000 1000 0 0 0; keep 0 dump 1 nnp 0 death 0",
		   "kept capabilities are kept until exec");
	check_told(inherited,
		   "1000 1000 1000 1000, 0 0 0 0;; none awake 20 0; auxv 1000 1000 0 0 0; keep 0 dump 1 nnp 0 death 0",
		   "inheritable ones need a file that has them");
	check_told(ambient,
		   "1000 1000 1000 1000, 0 0 0 0;; some awake 20 20; auxv 1000 1000 0 0 0; keep 0 dump 1 nnp 0 death 0",
		   "ambient ones need nothing");
	check_told(not_root_by_id, "0 0 0 0, 0 0 0 0;; none awake 0 0; auxv 0 0 0 0 0; keep 1 dump 1 nnp 0 death 0",
		   "with NOROOT, 0 is an id like others");
	check_told(process, "0 0 0 0, 0 0 0 0;; all awake 0 0; auxv 0 0 0 0 0; keep 0 dump 1 nnp 1 death 12",
		   "dumpable again, the rest stays");
	files();
	return check_end();
}
