/*
 * Process 1: what /proc and the calls say of an init, to root and to others. What only some inits have is not asked, and
 * nothing is sent to one that might mind.
 *
 * conformance: calls kill, tkill, tgkill, rt_sigqueueinfo, pidfd_open, pidfd_send_signal, capget, getpgid, getsid, ptrace
 */
#include "signal.h"

#include <dirent.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/uio.h>

static char *read_file(const char *path)
{
	static char text[8192];
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	text[n < 0 ? 0 : n] = '\0';
	return n < 0 ? NULL : text;
}

/* A line of /proc/1/status without its key. */
static const char *status(const char *key)
{
	static char value[256];
	char *text = read_file("/proc/1/status"), *line = text;

	value[0] = '\0';
	while (line != NULL) {
		if (*line == '\n')
			line++;
		if (strncmp(line, key, strlen(key)) == 0 && line[strlen(key)] == ':')
			sscanf(line + strlen(key) + 1, " %255[^\n]", value);
		line = strchr(line, '\n');
	}
	return value;
}

static bool lists(const char *path, const char *name, int *ret_count)
{
	DIR *d = opendir(path);
	struct dirent *e;
	bool found = false;

	*ret_count = 0;
	if (d == NULL)
		return false;
	while ((e = readdir(d)) != NULL) {
		found |= strcmp(e->d_name, name) == 0;
		*ret_count += e->d_name[0] >= '0' && e->d_name[0] <= '9';
	}
	closedir(d);
	return found;
}

static void files(void)
{
	struct stat st;
	char comm[64], name[64], state;
	int pid, parent, count, dir, fd;
	char *text;

	CHECK(stat("/proc/1", &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == 0 && st.st_gid == 0,
	      "a directory of root's");
	CHECK(lists("/proc", "1", &count), "listed");
	CHECK(lists("/proc/1/task", "1", &count) && count >= 1, "with a thread of its number");
	text = read_file("/proc/1/comm");
	CHECK(text != NULL && sscanf(text, "%63[^\n]", comm) == 1, "it has a name");
	text = read_file("/proc/1/stat");
	CHECK(text != NULL && sscanf(text, "%d (%63[^)]) %c %d", &pid, name, &state, &parent) == 4 && pid == 1 &&
		      parent == 0,
	      "stat");
	CHECK_STRING(name, comm, "the same name there");
	CHECK_STRING(status("Name"), comm, "and in status");
	CHECK_STRING(status("Pid"), "1", "Pid");
	CHECK_STRING(status("Tgid"), "1", "Tgid");
	CHECK_STRING(status("PPid"), "0", "PPid");
	CHECK_STRING(status("TracerPid"), "0", "TracerPid");
	CHECK_STRING(status("Uid"), "0\t0\t0\t0", "Uid");
	CHECK_STRING(status("Gid"), "0\t0\t0\t0", "Gid");
	CHECK(strtoull(status("CapEff"), NULL, 16) != 0, "it has capabilities");
	CHECK(read_file("/proc/1/task/1/comm") != NULL, "its thread's files");
	CHECK(access("/proc/1/task/2", F_OK) < 0 || count > 1, "and no other's");
	text = read_file("/proc/1/cmdline");
	CHECK(text != NULL && text[0] != '\0', "it was started with something");
	CHECK(read_file("/proc/1/cgroup") != NULL && read_file("/proc/1/mountinfo") != NULL,
	      "files that everybody reads");
	CHECK(read_file("/proc/1/statm") != NULL && read_file("/proc/1/limits") != NULL, "and others");
	dir = open("/proc/1", O_RDONLY | O_DIRECTORY);
	fd = openat(dir, "comm", O_RDONLY);
	CHECK(dir >= 0 && fd >= 0, "relative to its directory");
	close(fd);
	fd = openat(dir, "task/1/status", O_RDONLY);
	CHECK(fd >= 0, "and below");
	close(fd);
	CHECK(fchdir(dir) == 0 && getcwd(name, sizeof(name)) != NULL && strcmp(name, "/proc/1") == 0,
	      "which is called so");
	close(dir);
	dir = open("/proc/1/task/1", O_RDONLY | O_DIRECTORY);
	fd = openat(dir, "status", O_RDONLY);
	CHECK(dir >= 0 && fd >= 0, "relative to its thread's");
	close(fd);
	CHECK(fchdir(dir) == 0 && getcwd(name, sizeof(name)) != NULL && strcmp(name, "/proc/1/task/1") == 0,
	      "which has a name, too");
	CHECK(access("comm", F_OK) == 0, "and is read by that");
	NEED(chdir(check_directory) == 0);
	close(dir);
}

/* What root sees that others do not, unless init has a capability that he lacks. */
#define ROOT_SEES(condition, what)                                         \
	do {                                                               \
		if (may_look)                                              \
			CHECK(condition, what);                            \
		else                                                       \
			check_skip(what, "init may more than the caller"); \
	} while (0)

static void of_root(void)
{
	char text[PATH_MAX];
	int count;
	const bool may_look = readlink("/proc/1/root", text, sizeof(text)) > 0 || errno != EACCES;

	ROOT_SEES(readlink("/proc/1/root", text, sizeof(text)) > 0, "root may look at its root");
	ROOT_SEES(access("/proc/1/root/", F_OK) == 0, "and go there");
	ROOT_SEES(readlink("/proc/1/cwd", text, sizeof(text)) > 0, "at its directory");
	ROOT_SEES(readlink("/proc/1/exe", text, sizeof(text)) > 0, "at its program");
	ROOT_SEES(readlink("/proc/1/ns/pid", text, sizeof(text)) > 4 && strncmp(text, "pid:", 4) == 0,
		  "at its namespaces");
	ROOT_SEES(read_file("/proc/1/environ") != NULL, "at its environment");
	CHECK(access("/proc/1/fd", R_OK) == 0, "at its descriptors");
	ROOT_SEES(lists("/proc/1/fd", "..", &count) && lists("/proc/1/fdinfo", ".", &count),
		  "in directories like others");
}

static long capabilities(pid_t pid, struct __user_cap_data_struct data[2])
{
	struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, pid};

	return syscall(SYS_capget, &h, data);
}

static void asked(void)
{
	struct __user_cap_data_struct data[2] = {0};
	struct sched_param param;
	cpu_set_t cpus;
	int pidfd, status;

	CHECK_OK(getpgid(1), "its group");
	CHECK_OK(getsid(1), "its session");
	CHECK_OK(sched_getscheduler(1), "its scheduler");
	CHECK_OK(sched_getparam(1, &param), "its parameters");
	CHECK_OK(sched_getaffinity(1, sizeof(cpus), &cpus), "its processors");
	errno = 0;
	CHECK(getpriority(PRIO_PROCESS, 1) != -1 || errno == 0, "its priority");
	CHECK(capabilities(1, data) == 0 && data[0].effective != 0, "its capabilities");
	CHECK_ERRNO(waitpid(1, &status, WNOHANG), ECHILD, "nobody's child");
	CHECK_ERRNO(setpgid(1, 0), ESRCH, "so nobody changes its group");
	pidfd = (int)syscall(SYS_pidfd_open, 1, 0);
	CHECK(pidfd >= 0, "a pidfd");
	CHECK_EQUAL(poll(&(struct pollfd){pidfd, POLLIN, 0}, 1, 0), 0, "it lives");
	close(pidfd);
}

static void by_root(void)
{
	siginfo_t info = {.si_code = SI_QUEUE};
	struct rlimit limit;
	int pidfd = (int)syscall(SYS_pidfd_open, 1, 0);

	CHECK_OK(kill(1, 0), "root may signal it");
	CHECK_OK(syscall(SYS_tkill, 1, 0), "as a thread");
	CHECK_OK(syscall(SYS_tgkill, 1, 1, 0), "and of its process");
	CHECK_ERRNO(syscall(SYS_tgkill, 1, getpid(), 0), ESRCH, "not another's");
	CHECK_OK(syscall(SYS_rt_sigqueueinfo, 1, 0, &info), "with data");
	CHECK_OK(syscall(SYS_rt_tgsigqueueinfo, 1, 1, 0, &info), "to the thread");
	CHECK_OK(syscall(SYS_pidfd_send_signal, pidfd, 0, NULL, 0), "by its pidfd");
	CHECK_ERRNO(kill(1, 65), EINVAL, "no such signal");
	CHECK_OK(prlimit(1, RLIMIT_NOFILE, NULL, &limit), "and see its limits");
	close(pidfd);
}

static void by_user(void *arg)
{
	char here[8], text[PATH_MAX];
	struct iovec local = {here, sizeof(here)}, remote = {(void *)text, sizeof(here)};
	struct sched_param param = {0};
	struct rlimit limit;
	int pidfd = (int)syscall(SYS_pidfd_open, 1, 0);

	(void)arg;
	CHECK_ERRNO(kill(1, 0), EPERM, "a user may not signal it");
	CHECK_ERRNO(kill(1, SIGTERM), EPERM, "nor end it");
	CHECK_ERRNO(kill(1, SIGCONT), EPERM, "nor continue it");
	CHECK_ERRNO(syscall(SYS_tkill, 1, SIGTERM), EPERM, "as a thread");
	CHECK_ERRNO(syscall(SYS_tgkill, 1, 1, SIGTERM), EPERM, "and of its process");
	CHECK_ERRNO(syscall(SYS_pidfd_send_signal, pidfd, SIGTERM, NULL, 0), EPERM, "by its pidfd");
	CHECK_ERRNO(syscall(SYS_pidfd_getfd, pidfd, 0, 0), EPERM, "nor take its descriptors");
	CHECK_ERRNO(prlimit(1, RLIMIT_NOFILE, NULL, &limit), EPERM, "nor see its limits by the call");
	CHECK_ERRNO(setpriority(PRIO_PROCESS, 1, 10), EPERM, "nor change its priority");
	CHECK_ERRNO(sched_setscheduler(1, SCHED_BATCH, &param), EPERM, "nor its scheduler");
	CHECK_ERRNO(process_vm_readv(1, &local, 1, &remote, 1, 0), EPERM, "nor read its memory");
	CHECK_ERRNO(ptrace(PTRACE_ATTACH, 1, NULL, NULL), EPERM, "nor trace it");
	CHECK_ERRNO(readlink("/proc/1/exe", text, sizeof(text)), EACCES, "nor see its program");
	CHECK_ERRNO(readlink("/proc/1/ns/pid", text, sizeof(text)), EACCES, "its namespaces");
	CHECK_ERRNO(access("/proc/1/root/", F_OK), EACCES, "its root");
	CHECK_ERRNO(open("/proc/1/environ", O_RDONLY), EACCES, "its environment");
	CHECK_ERRNO(open("/proc/1/fd", O_RDONLY | O_DIRECTORY), EACCES, "its descriptors");
	CHECK_ERRNO(open("/proc/1/mem", O_RDONLY), EACCES, "its memory");
	CHECK_ERRNO(open("/proc/1/oom_score_adj", O_WRONLY), EACCES, "nor change its files");
	CHECK(open("/proc/1/maps", O_RDONLY) < 0, "its maps");
	files();
	asked();
	close(pidfd);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	files();
	of_root();
	asked();
	by_root();
	check_as_user(by_user, NULL);
	return check_end();
}
