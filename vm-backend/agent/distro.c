/* Distributions: started, watched, ended. What their pid 1 does is in init.c. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "vm-backend/agent/agent.h"

#define CGROUPS          "/sys/fs/cgroup/lxrun"
#define GRACE_MS         1000
#define GRACE_SYSTEMD_MS 8000

struct distribution *distros;

struct distribution *distro_find(const char *id)
{
	for (struct distribution *d = distros; d != NULL; d = d->next)
		if (strcmp(d->id, id) == 0)
			return d;
	return NULL;
}

static bool id_is_valid(const char *id)
{
	return id[0] != '\0' && strlen(id) <= ID_MAX && strspn(id, "0123456789abcdef") == strlen(id);
}

/* --- cgroups ---------------------------------------------------------------------------------------------------------------- */

static int enter_cgroup(const char *id, const char *below)
{
	char path[256];
	int fd, r = 0;

	snprintf(path, sizeof(path), CGROUPS "/%s%s", id, below);
	(void)mkdir(path, 0755);
	strcat(path, "/cgroup.procs");
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "0", 1) < 0)
		r = -errno;
	if (fd >= 0)
		close(fd);
	return r;
}

/* Beside what its init has made: a cgroup that has others below it may have no processes of its own. */
int distro_join_cgroup(const struct distribution *d)
{
	return enter_cgroup(d->id, "/lxrun");
}

/* How many processes it has besides its pid 1. */
static bool is_alone(const struct distribution *d)
{
	char path[256], text[64] = "";
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), CGROUPS "/%s/pids.current", d->id);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;
	if (fd >= 0)
		close(fd);
	return n <= 0 || atoi(text) <= 1;
}

/* --- starting --------------------------------------------------------------------------------------------------------------- */

/* In a child of its own, so that what it leaves behind is no matter of the loop. */
static NORETURN void make_init(const struct distribution *d, int reports)
{
	const int spaces = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWCGROUP;
	long pid;

	if (enter_cgroup(d->id, "") < 0 || unshare(spaces) < 0) {
		report_send(reports, REPORT_ERROR, 125, -1, "the kernel has no namespaces for it: %s", strerror(errno));
		_exit(1);
	}
	pid = syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);
	if (pid == 0)
		distro_init(&d->fields, reports);
	if (pid < 0)
		report_send(reports, REPORT_ERROR, 125, -1, "no process for it: %s", strerror(errno));
	else
		report_send(reports, REPORT_PID, (int)pid, -1, "%s", "");
	_exit(0);
}

static int listen_for(const char *id)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int n = snprintf(a.sun_path + 1, sizeof(a.sun_path) - 1, NOTIFY_NAME, id);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	if (bind(fd, (const struct sockaddr *)&a,
		 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n)) == 0)
		return fd;
	close(fd);
	return -EADDRINUSE;
}

void distro_start(uint32_t stream, struct queue *fields)
{
	const char *id = fields_text(fields, FIELD_ID), *idle = fields_text(fields, FIELD_IDLE);
	struct distribution *d = calloc(1, sizeof(*d));
	int pair[2], notify = -1;
	pid_t helper;

	if (d == NULL || id == NULL || !id_is_valid(id) || distro_find(id) != NULL || (notify = listen_for(id)) < 0 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
		answer_error(stream, 125, "the distribution cannot be started");
		if (notify >= 0)
			close(notify);
		queue_done(fields);
		free(d);
		return;
	}
	*d = (struct distribution){.stream = stream,
				   .fields = *fields,
				   .reports = pair[0],
				   .pidfd = -1,
				   .notify = notify,
				   .next = distros};
	snprintf(d->id, sizeof(d->id), "%s", id);
	d->idle_limit = idle != NULL ? atoll(idle) : -1;
	d->idle_since = now_ms();
	distros = d;
	helper = fork();
	if (helper == 0)
		make_init(d, pair[1]);
	close(pair[1]);
}

static void close_notify(struct distribution *d)
{
	if (d->notify >= 0)
		close(d->notify);
	d->notify = -1;
}

static void is_ready(struct distribution *d)
{
	d->ready = true;
	close_notify(d);
	answer(d->stream, FRAME_DONE);
}

/* From below: what its own init has made is left behind by an end that was not asked for. */
static int remove_cgroup(const char *path, const struct stat *st, int type, struct FTW *walk)
{
	(void)st;
	(void)walk;
	if (type == FTW_DP)
		(void)rmdir(path);
	return 0;
}

static void remove_cgroups(const char *id)
{
	char path[256];

	snprintf(path, sizeof(path), CGROUPS "/%s", id);
	(void)nftw(path, remove_cgroup, 16, FTW_DEPTH | FTW_PHYS);
}

static void drop(struct distribution *d)
{
	for (struct distribution **at = &distros; *at != NULL; at = &(*at)->next)
		if (*at == d) {
			*at = d->next;
			break;
		}
	for (struct session *s = sessions; s != NULL; s = s->next)
		if (s->distro == d)
			lx_bug();
	if (d->reports >= 0)
		close(d->reports);
	if (d->pidfd >= 0)
		close(d->pidfd);
	close_notify(d);
	remove_cgroups(d->id);
	queue_done(&d->fields);
	free(d);
}

/* Lines of NAME=VALUE; the one that counts comes when it has nothing more to start, be it "running" or "degraded". */
void distro_notified(struct distribution *d)
{
	char text[4096];
	ssize_t n;

	while (d->notify >= 0 && (n = recv(d->notify, text, sizeof(text) - 1, 0)) > 0) {
		text[n] = '\0';
		if (d->systemd && !d->ready && !d->stopping &&
		    (strncmp(text, "READY=1", 7) == 0 || strstr(text, "\nREADY=1") != NULL))
			is_ready(d);
	}
}

void distro_report(struct distribution *d)
{
	struct report r;
	int fd, n;

	while ((n = report_take(d->reports, &r, &fd)) > 0) {
		if (fd >= 0)
			close(fd);
		if (r.kind == REPORT_PID) {
			d->init = r.number;
			d->pidfd = (int)syscall(SYS_pidfd_open, d->init, 0);
		} else if (r.kind == REPORT_WARNING) {
			answer_text(d->stream, r.text);
		} else if (r.kind == REPORT_READY) {
			d->systemd = r.number >= 0;
			d->ready_at = now_ms() + r.number;
			if (!d->systemd)
				is_ready(d);
		} else if (r.kind == REPORT_ERROR) {
			d->stopping = true;
			answer_error(d->stream, 125, "%s", r.text);
		}
	}
	if (n == 0)
		return;
	close(d->reports);
	d->reports = -1;
	if (!d->ready && !d->systemd && !d->stopping) {
		d->stopping = true;
		answer_error(d->stream, 125, "its first process ended before it was ready");
	}
}

/* --- ending ----------------------------------------------------------------------------------------------------------------- */

/* Who comes from now on waits for the end, and starts it again. */
static void begins_to_end(struct distribution *d)
{
	if (!d->stopping)
		answer(d->stream, FRAME_STOP);
	d->stopping = true;
}

void distro_stop(struct distribution *d, bool force)
{
	if (d->init <= 0)
		return;
	if (force)
		kill(d->init, SIGKILL);
	else if (!d->stopping)
		/* systemd's own word for it; ours asks its programs to end. */
		kill(d->init, d->systemd ? SIGRTMIN + 4 : SIGTERM);
	if (!d->stopping)
		d->kill_at = now_ms() + (d->systemd ? GRACE_SYSTEMD_MS : GRACE_MS);
	begins_to_end(d);
}

bool distro_reaped(pid_t pid)
{
	for (struct distribution *d = distros; d != NULL; d = d->next)
		if (d->init == pid) {
			d->init = -1;
			if (d->systemd && !d->ready && !d->stopping)
				answer_error(d->stream, 125, "its systemd ended before it had started");
			begins_to_end(d);
			return true;
		}
	return false;
}

static bool is_unmounted(const struct distribution *d)
{
	const char *disk = fields_text(&d->fields, FIELD_DEVICE);

	return disk == NULL || disk_is_free(disk);
}

/* Its first process and all others are gone, and so are its mounts. */
static void say_ended(struct distribution *d)
{
	uint32_t status = 0;

	if (queue_frame(&channel_out, d->stream, FRAME_EXIT, 0, &status, sizeof(status)) < 0)
		lost("no memory");
	drop(d);
}

static void is_late(struct distribution *d)
{
	answer_text(
		d->stream,
		"systemd has not finished starting within boot.initTimeout of /etc/wsl.conf, and is not waited for: "
		"'systemctl list-jobs' tells for what it waits");
	is_ready(d);
}

bool distro_is_idle(const struct distribution *d)
{
	return d->sessions == 0 && d->ready && !d->stopping && (d->systemd || is_alone(d));
}

void distros_tick(int64_t now)
{
	for (struct distribution *d = distros, *next; d != NULL; d = next) {
		next = d->next;
		if (d->stopping && d->init <= 0 && d->reports < 0 && d->sessions == 0 && is_unmounted(d))
			say_ended(d);
		else if (d->stopping && d->init > 0 && now >= d->kill_at)
			kill(d->init, SIGKILL);
		else if (d->systemd && !d->ready && now >= d->ready_at)
			is_late(d);
		else if (d->sessions > 0 || d->stopping || !d->ready)
			d->idle_since = now;
		else if (d->idle_limit >= 0 && now - d->idle_since >= d->idle_limit) {
			if (distro_is_idle(d))
				distro_stop(d, false);
			else
				d->idle_since = now;
		}
	}
}
