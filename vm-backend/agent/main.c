/* pid 1: the VM's own mounts, then the loop. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "vm-backend/agent/agent.h"

#define PORTS_MILLISECONDS 500
#define LOOK_MILLISECONDS  2000
#define SET_MAX            4096

int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void power_off(void)
{
	for (struct distribution *d = distros; d != NULL; d = d->next)
		if (d->init > 0)
			kill(d->init, SIGKILL);
	/* Their files are let go of when they are gone. */
	while (wait(NULL) > 0 || errno == EINTR)
		;
	sync();
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

void lost(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	(void)vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
	power_off();
}

/* --- the VM's own mounts --------------------------------------------------------------------------------------------------- */

static void mount_at(const char *type, const char *path, unsigned long flags, const char *data)
{
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		lost("cannot make %s: %s", path, strerror(errno));
	if (mount(type, path, type, flags, data) < 0)
		lost("cannot mount %s: %s", path, strerror(errno));
}

void put_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd >= 0) {
		(void)!write(fd, text, strlen(text));
		close(fd);
	}
}

static void mount_all(void)
{
	static const char *const controllers[] = {"+cpu", "+memory", "+pids", "+io", "+cpuset"};

	mount_at("devtmpfs", "/dev", MS_NOSUID, NULL);
	for (int fd = 0; fd < 3; fd++)
		(void)!dup2(open("/dev/console", O_RDWR), fd);
	mount_at("proc", "/proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
	mount_at("sysfs", "/sys", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
	mount_at("cgroup2", "/sys/fs/cgroup", MS_NOSUID | MS_NODEV | MS_NOEXEC, "nsdelegate");
	mount_at("tmpfs", "/run", MS_NOSUID | MS_NODEV, "mode=755");
	mkdir("/dev/pts", 0755);
	mkdir("/dev/shm", 0755);
	mkdir("/dev/mqueue", 0755);
	mkdir("/root", 0700);
	/* One by one: not every kernel has all of them. */
	mkdir("/sys/fs/cgroup/lxrun", 0755);
	for (size_t i = 0; i < ARRAY_SIZE(controllers); i++) {
		put_text("/sys/fs/cgroup/cgroup.subtree_control", controllers[i]);
		put_text("/sys/fs/cgroup/lxrun/cgroup.subtree_control", controllers[i]);
	}
}

/* --- the loop -------------------------------------------------------------------------------------------------------------- */

static void reap(int signals)
{
	struct signalfd_siginfo info;
	pid_t pid;
	int status;

	(void)!read(signals, &info, sizeof(info));
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (!session_reaped(pid, status) && !disk_reaped(pid, status))
			(void)distro_reaped(pid);
}

/* Everything that can be waited for, in this order: channel, signals, distributions, sessions. */
static void turn(int signals)
{
	static struct pollfd set[SET_MAX];
	static int64_t next_look;
	size_t n = 2, at = 2;
	int64_t now;

	set[0] = (struct pollfd){.fd = channel_fd(), .events = channel_wants()};
	set[1] = (struct pollfd){.fd = signals, .events = POLLIN};
	for (struct distribution *d = distros; d != NULL && n < SET_MAX / 2; d = d->next) {
		set[n++] = (struct pollfd){.fd = d->reports, .events = POLLIN};
		set[n++] = (struct pollfd){.fd = d->notify, .events = POLLIN};
	}
	for (struct session *s = sessions; s != NULL && n + SESSION_POLLS < SET_MAX; s = s->next) {
		session_poll(s, set + n);
		n += SESSION_POLLS;
	}
	if (poll(set, n, distros != NULL ? PORTS_MILLISECONDS : LOOK_MILLISECONDS) < 0 && errno != EINTR)
		lost("poll: %s", strerror(errno));
	/* Nobody leaves the lists here, and the new are put in front, by the channel only. */
	for (struct distribution *d = distros; d != NULL && at < n && at < SET_MAX / 2; d = d->next) {
		if (set[at++].revents != 0)
			distro_report(d);
		if (set[at++].revents != 0)
			distro_notified(d);
	}
	for (struct session *s = sessions; s != NULL && at + SESSION_POLLS <= n; s = s->next) {
		session_serve(s, set + at);
		at += SESSION_POLLS;
	}
	channel_serve(set[0].revents);
	if (set[1].revents != 0)
		reap(signals);
	sessions_sweep();
	now = now_ms();
	distros_tick(now);
	memory_look(now);
	if (distros != NULL && now >= next_look) {
		ports_look();
		next_look = now + PORTS_MILLISECONDS;
	}
}

/* The word NAME=value of the kernel's command line. */
static const char *kernel_word(const char *name)
{
	static char line[4096];
	size_t n = strlen(name);
	int fd = open("/proc/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t length = fd >= 0 ? read(fd, line, sizeof(line) - 1) : -1;

	close(fd);
	line[length > 0 ? length : 0] = '\0';
	for (char *word = strtok(line, " \n"); word != NULL; word = strtok(NULL, " \n"))
		if (strncmp(word, name, n) == 0 && word[n] == '=')
			return word + n + 1;
	return NULL;
}

int main(void)
{
	const char *channel;
	sigset_t mask;
	int signals;

	mount_all();
	modules_load("/modules/first");
	host_files_show();
	/* Who speaks to somebody that is gone learns it by a result. */
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&mask);
	sigaddset(&mask, SIGCHLD);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	signals = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	channel = kernel_word("lxrun.channel");
	if (channel == NULL)
		lost("the kernel's command line names no channel");
	channel_open(channel);
	network_up();
	modules_load_later("/modules/later");
	for (;;)
		turn(signals);
}
