/*
 * Pitfall 8: an identity is one thing. Whatever is asked, by call, in /proc, by a socket's other end, by a file that was
 * made, in a child's auxiliary vector, the answer is the same; and so it stays when it changes.
 */
#include "../check.h"

#include <grp.h>
#include <linux/capability.h>
#include <pthread.h>
#include <spawn.h>
#include <sys/auxv.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/socket.h>

static char self[PATH_MAX];
extern char **environ;

struct identity {
	uid_t r, e, s, f;
	gid_t gr, ge, gs, gf;
	int groups;
	unsigned long long permitted, effective;
};

static struct identity by_calls(void)
{
	struct __user_cap_header_struct h = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct d[2] = {0};
	struct identity i;

	getresuid(&i.r, &i.e, &i.s);
	getresgid(&i.gr, &i.ge, &i.gs);
	i.f = (uid_t)setfsuid((uid_t)-1);
	i.gf = (gid_t)setfsgid((gid_t)-1);
	i.groups = getgroups(0, NULL);
	syscall(SYS_capget, &h, d);
	i.permitted = d[0].permitted | (unsigned long long)d[1].permitted << 32;
	i.effective = d[0].effective | (unsigned long long)d[1].effective << 32;
	return i;
}

static struct identity by_proc(void)
{
	struct identity i = {0};
	char line[1024];
	FILE *f = fopen("/proc/self/status", "r");

	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		sscanf(line, "Uid: %u %u %u %u", &i.r, &i.e, &i.s, &i.f);
		sscanf(line, "Gid: %u %u %u %u", &i.gr, &i.ge, &i.gs, &i.gf);
		sscanf(line, "CapPrm: %llx", &i.permitted);
		sscanf(line, "CapEff: %llx", &i.effective);
		if (strncmp(line, "Groups:", 7) == 0)
			for (char *p = strtok(line + 7, " \t\n"); p != NULL; p = strtok(NULL, " \t\n"))
				i.groups++;
	}
	if (f != NULL)
		fclose(f);
	return i;
}

static bool agree(void)
{
	struct identity a = by_calls(), b = by_proc();
	struct ucred peer = {0};
	socklen_t size = sizeof(peer);
	struct stat st, own;
	char name[64];
	int pair[2];
	bool ok;

	ok = a.r == b.r && a.e == b.e && a.s == b.s && a.f == b.f && a.gr == b.gr && a.ge == b.ge && a.gs == b.gs &&
	     a.gf == b.gf && a.groups == b.groups && a.permitted == b.permitted && a.effective == b.effective;
	ok &= getuid() == a.r && geteuid() == a.e && getgid() == a.gr && getegid() == a.ge;
	ok &= (a.e == 0) == (a.effective != 0);
	NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	ok &= getsockopt(pair[0], SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == a.e && peer.gid == a.ge &&
	      peer.pid == getpid();
	close(pair[0]);
	close(pair[1]);
	snprintf(name, sizeof(name), "made-%d", getpid());
	ok &= close(open(name, O_CREAT | O_EXCL | O_WRONLY, 0600)) == 0 && stat(name, &st) == 0 && st.st_uid == a.f &&
	      st.st_gid == a.gf;
	ok &= stat("/proc/self", &own) == 0 && own.st_uid == a.e && own.st_gid == a.ge;
	ok &= (chown(name, a.f + 1, (gid_t)-1) == 0) == (a.effective != 0);
	unlink(name);
	if (!ok)
		printf("# %d %d %d %d, %d %d %d %d, %llx; /proc: %d %d %d %d, %d %d %d %d, %llx; peer %d %d; file %d "
		       "%d\n",
		       a.r, a.e, a.s, a.f, a.gr, a.ge, a.gs, a.gf, a.effective, b.r, b.e, b.s, b.f, b.gr, b.ge, b.gs,
		       b.gf, b.effective, peer.uid, peer.gid, st.st_uid, st.st_gid);
	return ok;
}

static int live(char **argv)
{
	struct identity i = by_calls();

	NEED(chdir(argv[3]) == 0);
	return agree() && i.e == (uid_t)atoi(argv[2]) && getauxval(AT_EUID) == i.e && getauxval(AT_UID) == i.r &&
			       getauxval(AT_EGID) == i.ge && getauxval(AT_GID) == i.gr && i.s == i.e
		       ? 11
		       : 12;
}

static void next(const char *what, uid_t uid)
{
	char text[16];
	char *words[] = {(char *)"x", (char *)"live", text, check_directory, NULL};
	int status;
	pid_t pid;

	snprintf(text, sizeof(text), "%u", uid);
	CHECK_EQUAL(posix_spawn(&pid, self, NULL, NULL, words, environ), 0, what);
	NEED(waitpid(pid, &status, 0) == pid);
	CHECK_EQUAL(WEXITSTATUS(status), 11, "and a program that it spawns");
	pid = fork();
	if (pid == 0)
		_exit(agree() ? 13 : 14);
	NEED(waitpid(pid, &status, 0) == pid);
	CHECK_EQUAL(WEXITSTATUS(status), 13, "and a child");
	pid = vfork();
	if (pid == 0)
		_exit(geteuid() == uid ? 15 : 16);
	NEED(waitpid(pid, &status, 0) == pid);
	CHECK_EQUAL(WEXITSTATUS(status), 15, "and a vfork child");
}

static void effective(void *arg)
{
	(void)arg;
	CHECK_OK(setegid(70), "setegid");
	CHECK_OK(seteuid(60), "seteuid");
	CHECK(agree(), "all agree on an effective id");
	next("which others take over", 60);
	CHECK_OK(seteuid(0), "back");
	CHECK(agree(), "all agree");
	CHECK_OK(setfsuid(61) == 0 && setfsgid(71) == 70 ? 0 : -1, "setfsuid, setfsgid");
	CHECK(by_calls().f == 61 && by_proc().f == 61 && by_proc().gf == 71, "both are told");
}

static void spawn_resets(void *arg)
{
	char *words[] = {(char *)"x", (char *)"live", (char *)"0", check_directory, NULL};
	posix_spawnattr_t a;
	int status;
	pid_t pid;

	(void)arg;
	NEED(setresuid(0, 60, 0) == 0);
	posix_spawnattr_init(&a);
	posix_spawnattr_setflags(&a, POSIX_SPAWN_RESETIDS);
	CHECK_EQUAL(posix_spawn(&pid, self, NULL, &a, words, environ), 0, "posix_spawn that resets ids");
	NEED(waitpid(pid, &status, 0) == pid);
	CHECK_EQUAL(WEXITSTATUS(status), 11, "its program has the real ones");
	CHECK(geteuid() == 60 && agree(), "the parent the old ones");
}

static void user(void *arg)
{
	(void)arg;
	CHECK_OK(setgroups(3, (gid_t[]){5, 6, 7}), "setgroups");
	CHECK_OK(setresgid(70, 70, 70), "setresgid");
	CHECK_OK(setresuid(60, 60, 60), "setresuid");
	CHECK(agree(), "all agree on a user");
	next("whom others take over", 60);
	CHECK_ERRNO(setuid(0), EPERM, "there is no way back");
	CHECK(agree(), "all agree");
}

static void *in_thread(void *arg)
{
	(void)arg;
	return (void *)(long)(agree() && geteuid() == 60);
}

static void threads(void *arg)
{
	pthread_t t;
	void *r;

	(void)arg;
	CHECK_OK(setresuid(60, 60, 0), "setresuid by a process with threads to come");
	pthread_create(&t, NULL, in_thread, NULL);
	pthread_join(t, &r);
	CHECK(r != NULL, "threads agree");
}

int main(int argc, char **argv)
{
	NEED(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	if (argc > 2)
		return live(argv);
	check_begin(argc, argv);
	NEED(chmod(".", 0777) == 0);
	CHECK(agree(), "all agree on root");
	next("who is inherited", 0);
	check_in_child(effective, NULL);
	check_in_child(spawn_resets, NULL);
	check_in_child(user, NULL);
	check_in_child(threads, NULL);
	return check_end();
}
