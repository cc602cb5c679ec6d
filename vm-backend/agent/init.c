/* pid 1 of a distribution: its mounts, what its wsl.conf asks for, then waiting for its orphans, or its own init. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/machine.h"
#include "distro/distro.h"
#include "vm-backend/agent/agent.h"

#define RESOLV_CONF "/run/resolv.conf"
#define HOSTS       "/run/hosts"
#define SYSTEMD     "/sbin/init"

static int reports;

static NORETURN void PRINTF_LIKE(1, 2) fail(const char *format, ...)
{
	char text[400];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	report_send(reports, REPORT_ERROR, 125, -1, "%s", text);
	_exit(125);
}

static void PRINTF_LIKE(1, 2) warn(const char *format, ...)
{
	char text[400];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	report_send(reports, REPORT_WARNING, 0, -1, "%s", text);
}

static void warn_of(void *context, const char *sentence)
{
	(void)context;
	warn("%s", sentence);
}

/* --- the root ---------------------------------------------------------------------------------------------------------------- */

/* A disk that cannot be written is still there to be read: its files may be saved, and said why. */
static void mount_disk(const char *device, const char *disk, const char *at)
{
	int why;

	if (mount(device, at, "ext4", MS_NOATIME, "discard,noinit_itable") == 0) {
		if (disk_grow(device, at) < 0)
			warn("its disk has grown, and its file system cannot: %s", strerror(errno));
		return;
	}
	why = errno;
	if (mount(device, at, "ext4", MS_NOATIME | MS_RDONLY, "noload") < 0)
		fail("its disk is damaged (%s): e2fsck -f '%s' may repair it", strerror(why), disk);
	warn("its disk is damaged or cannot be written (%s), so it is mounted read-only: when it has ended, e2fsck -f "
	     "'%s' may "
	     "repair it",
	     strerror(why), disk);
}

static void enter_root(const struct queue *fields)
{
	const char *name = fields_text(fields, FIELD_DEVICE), *disk = fields_text(fields, FIELD_DISK);
	static const char at[] = "/root";
	char device[64];

	if (name == NULL)
		fail("nobody said which disk it has");
	if (disk_find(name, device, sizeof(device)) < 0)
		fail("its disk %s does not appear", name);
	if (mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		fail("cannot have mounts of its own: %s", strerror(errno));
	mount_disk(device, disk != NULL ? disk : name, at);
	if (chdir(at) < 0 || mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0 || chdir("/") < 0)
		fail("cannot enter its disk: %s", strerror(errno));
}

/* --- mounts ------------------------------------------------------------------------------------------------------------------ */

static void mount_at(const char *type, const char *path, unsigned long flags, const char *data)
{
	if (mkdir(path, 0755) < 0 && errno != EEXIST && errno != EROFS)
		warn("cannot make %s: %s", path, strerror(errno));
	if (mount(type, path, type, flags, data) < 0)
		warn("cannot mount %s: %s", path, strerror(errno));
}

static void mount_all(const struct wsl_conf *conf, int host)
{
	const unsigned long safe = MS_NOSUID | MS_NODEV | MS_NOEXEC;

	mount_at("proc", "/proc", safe, NULL);
	mount_at("sysfs", "/sys", safe, NULL);
	mount_at("cgroup2", "/sys/fs/cgroup", safe, "nsdelegate");
	mount_at("devtmpfs", "/dev", MS_NOSUID, NULL);
	mount_at("devpts", "/dev/pts", MS_NOSUID | MS_NOEXEC, "gid=5,mode=620,ptmxmode=666");
	mount_at("tmpfs", "/dev/shm", MS_NOSUID | MS_NODEV, "mode=1777");
	mount_at("mqueue", "/dev/mqueue", safe, NULL);
	mount_at("tmpfs", "/run", MS_NOSUID | MS_NODEV, "mode=755");
	(void)mkdir("/run/lock", 01777);
	(void)chmod("/run/lock", 01777);
	(void)mkdir("/run/user", 0755);
	(void)symlink("/proc/self/fd", "/dev/fd");
	(void)symlink("/proc/self/fd/0", "/dev/stdin");
	(void)symlink("/proc/self/fd/1", "/dev/stdout");
	(void)symlink("/proc/self/fd/2", "/dev/stderr");
	if (!conf->automount_enabled)
		return;
	(void)mkdir("/mnt", 0755);
	(void)mkdir("/mnt/host", 0755);
	/* A kernel that cannot show the host's files leaves the directory empty. */
	if (host_files_mount(host, "/mnt/host") < 0 && errno != ENODEV)
		warn("cannot mount /mnt/host: %s", strerror(errno));
}

/* --- what the machine says of itself --------------------------------------------------------------------------------------- */

static void copy_lines(FILE *to, const char *path)
{
	FILE *from = fopen(path, "re");
	char line[1024];

	while (from != NULL && fgets(line, sizeof(line), from) != NULL)
		fputs(line, to);
	if (from != NULL)
		fclose(from);
}

/* In the agent's own /run, before the root changes: what machine_prepare() is to take for the host's. */
static void write_host_files(void)
{
	FILE *f = fopen(HOSTS, "we");

	if (f != NULL) {
		copy_lines(f, "/host/etc/hosts");
		fputs("\n10.0.2.2	host.lxrun.internal\n", f);
		fclose(f);
	}
	f = fopen(RESOLV_CONF, "we");
	if (f != NULL) {
		fputs("nameserver 10.0.2.3\n", f);
		fclose(f);
	}
}

/* By names that stay good when the root is another one. */
static void keep_open(char *ret, size_t size, const char *path)
{
	int fd = open(path, O_RDONLY);

	snprintf(ret, size, "/proc/self/fd/%d", fd);
}

static void host_zone(char *ret, size_t size)
{
	ssize_t n = readlink("/host/etc/localtime", ret, size - 1);

	ret[n > 0 ? n : 0] = '\0';
}

static void prepare_machine(const struct queue *fields, const struct wsl_conf *conf, const char *hosts,
			    const char *resolv_conf, const char *zone)
{
	const char *given = fields_text(fields, FIELD_HOSTNAME);
	int root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;
	struct machine_host host = {hosts, resolv_conf, "/run/lxrun-localtime"};
	char hostname[65];

	if (given != NULL)
		(void)sethostname(given, strnlen(given, 64));
	machine_hostname(conf, hostname, sizeof(hostname));
	(void)sethostname(hostname, strlen(hostname));
	if (zone[0] != '\0')
		(void)symlink(zone, host.localtime);
	r = machine_prepare(root, conf, hostname, &host);
	if (r < 0)
		warn("cannot write what /etc says of this machine: %s", strerror(-r));
	(void)unlink(host.localtime);
	close(root);
}

/* --- its programs ------------------------------------------------------------------------------------------------------------ */

static void boot_command(const struct wsl_conf *conf)
{
	static char *const environment[] = {
		(char *)(uintptr_t) "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		(char *)(uintptr_t) "HOME=/root", (char *)(uintptr_t) "USER=root", NULL};
	pid_t child = conf->boot_command[0] != '\0' ? fork() : -1;
	sigset_t none;
	int log;

	if (child != 0)
		return;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	(void)setsid();
	for (int fd = 0; fd < 3; fd++)
		(void)!dup2(open("/dev/null", O_RDWR), fd);
	log = open(BOOT_LOG, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	(void)!dup2(log, 1);
	(void)!dup2(log, 2);
	execle("/bin/sh", "sh", "-c", conf->boot_command, (char *)NULL, environment);
	_exit(127);
}

static NORETURN void become_systemd(const char *id)
{
	/* In a container its own words are what elsewhere is the kernel's command line. */
	static char *const words[] = {(char *)(uintptr_t) "init", (char *)(uintptr_t) "systemd.show_status=error",
				      NULL};
	char address[64 + ID_MAX];
	char *const environment[] = {
		(char *)(uintptr_t) "container=lxrun",
		(char *)(uintptr_t) "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", address, NULL};
	sigset_t none;

	snprintf(address, sizeof(address), "NOTIFY_SOCKET=@" NOTIFY_NAME, id);
	for (int fd = 0; fd < 3; fd++)
		(void)!dup2(open("/dev/null", O_RDWR), fd);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (int i = 1; i < 32; i++)
		(void)signal(i, SIG_DFL);
	execve(SYSTEMD, words, environment);
	_exit(127);
}

/* Asks everybody to end, and makes them after a moment. */
static NORETURN void end_all(void)
{
	struct timespec limit = {.tv_nsec = 800000000};
	sigset_t child;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	(void)kill(-1, SIGTERM);
	(void)kill(-1, SIGCONT);
	for (;;) {
		pid_t pid = waitpid(-1, NULL, WNOHANG);

		if (pid < 0 && errno == ECHILD)
			break;
		if (pid == 0 && sigtimedwait(&child, NULL, &limit) < 0 && errno == EAGAIN)
			break;
	}
	(void)kill(-1, SIGKILL);
	sync();
	_exit(0);
}

static NORETURN void look_after_orphans(void)
{
	sigset_t mask;
	int sig;

	sigemptyset(&mask);
	sigaddset(&mask, SIGCHLD);
	sigaddset(&mask, SIGTERM);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	for (;;) {
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		if (sigwait(&mask, &sig) == 0 && sig == SIGTERM)
			end_all();
	}
}

void distro_init(const struct queue *fields, int socket)
{
	char hosts[64], resolv_conf[64], zone[512];
	struct wsl_conf conf;
	sigset_t mask;
	int root, host = host_files_open();

	reports = socket;
	sigemptyset(&mask);
	sigaddset(&mask, SIGTERM);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	(void)setsid();
	write_host_files();
	keep_open(hosts, sizeof(hosts), HOSTS);
	keep_open(resolv_conf, sizeof(resolv_conf), RESOLV_CONF);
	host_zone(zone, sizeof(zone));
	enter_root(fields);
	root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	wsl_conf_read(root, &(struct config_warnings){.warn = warn_of}, &conf);
	close(root);
	mount_all(&conf, host);
	prepare_machine(fields, &conf, hosts, resolv_conf, zone);
	if (conf.boot_systemd && access(SYSTEMD, X_OK) < 0) {
		warn("boot.systemd of /etc/wsl.conf is true, and there is no " SYSTEMD);
		conf.boot_systemd = false;
	}
	if (conf.boot_systemd && systemd_prepare(conf.boot_command) < 0)
		warn("cannot write units for systemd: %s", strerror(errno));
	if (!conf.boot_systemd)
		boot_command(&conf);
	report_send(reports, REPORT_READY, conf.boot_systemd ? (int)conf.boot_init_timeout : -1, -1, "%s", "");
	if (conf.boot_systemd)
		become_systemd(fields_text(fields, FIELD_ID));
	close(reports);
	look_after_orphans();
}
