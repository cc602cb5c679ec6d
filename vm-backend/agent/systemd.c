/*
 * A distribution whose pid 1 is systemd: what is said to it before it starts, and sessions of users.
 *
 * Everything is in /run/systemd/system, so that nothing is written to the distribution, and what is in its /etc counts more. When
 * systemd has done what it starts with it says so to NOTIFY_SOCKET, an abstract address that the agent listens on (distro.c). Users
 * have a session of logind's each, by a unit that opens one in PAM's name; it is started when the first command of a user is, and
 * that user's commands are in the session's cgroup.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vm-backend/agent/agent.h"

#define UNITS      "/run/systemd/system"
#define OWN        "/run/lxrun"
#define SESSION    "lxrun-session"
#define SESSION_MS 30000 /* that its start may take; then commands run without */
#define STEP_MS    20

/* What needs a screen, modules, volumes or somebody who answers, or waits for a network that is there already. */
static const char *const masked[] = {
	"console-getty.service",
	"getty@tty1.service",
	"modprobe@.service",
	"systemd-modules-load.service",
	"kmod-static-nodes.service",
	"systemd-firstboot.service",
	"systemd-networkd-wait-online.service",
	"NetworkManager-wait-online.service",
	"e2scrub_reap.service",
	"e2scrub_all.timer",
};

/*
 * A session of user %i, and a file that says which one: empty if PAM has made none. It is gone with the session. (Type=exec would
 * wait for ever here: the process that PAM's session is closed by keeps the descriptor on which exec is noticed.)
 */
static const char session_unit[] =
	"[Unit]\n"
	"Description=Session of the commands that lxrun runs for user %i\n"
	"After=systemd-user-sessions.service systemd-logind.service dbus.service\n"
	"[Service]\n"
	"User=%i\n"
	"PAMName=login\n"
	"Environment=XDG_SESSION_TYPE=tty XDG_SESSION_CLASS=user\n"
	"RuntimeDirectory=" SESSION "-%i\n"
	"ExecStart=/bin/sh -c 'echo \"$$XDG_SESSION_ID\" >/run/" SESSION "-%i/id; exec sleep 2147483647'\n";

/* Its processes outlive the shell that started them. */
static const char boot_unit[] = "[Unit]\n"
				"Description=boot.command of /etc/wsl.conf\n"
				"After=basic.target\n"
				"[Service]\n"
				"Type=simple\n"
				"RemainAfterExit=yes\n"
				"KillMode=process\n"
				"ExecStart=/bin/sh -c 'exec /bin/sh " OWN "/boot >" BOOT_LOG " 2>&1'\n";

/* --- before it starts ------------------------------------------------------------------------------------------------------ */

static int put_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");

	if (f == NULL)
		return -errno;
	fputs(text, f);
	return fclose(f) == 0 ? 0 : -errno;
}

static int put_boot(const char *command)
{
	int r = put_file(OWN "/boot", command);

	if (r == 0)
		r = put_file(UNITS "/lxrun-boot.service", boot_unit);
	(void)mkdir(UNITS "/multi-user.target.wants", 0755);
	if (r == 0 && symlink("../lxrun-boot.service", UNITS "/multi-user.target.wants/lxrun-boot.service") < 0)
		r = -errno;
	return r;
}

int systemd_prepare(const char *command)
{
	char path[256];
	int r;

	(void)mkdir("/run/systemd", 0755);
	(void)mkdir(UNITS, 0755);
	(void)mkdir(OWN, 0700);
	for (size_t i = 0; i < ARRAY_SIZE(masked); i++) {
		snprintf(path, sizeof(path), UNITS "/%s", masked[i]);
		if (symlink("/dev/null", path) < 0)
			return -errno;
	}
	r = put_file(UNITS "/" SESSION "@.service", session_unit);
	return r == 0 && command[0] != '\0' ? put_boot(command) : r;
}

/* --- sessions --------------------------------------------------------------------------------------------------------------- */

/* 1: there is one; 0: there is none; -ENOENT: not yet. It is the user's own process that notes it: nothing to be trusted. */
static int read_session(uid_t uid, char *ret, size_t size)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/run/" SESSION "-%u/id", uid);
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	n = fd >= 0 ? read(fd, ret, size - 1) : -1;
	if (fd >= 0)
		close(fd);
	ret[n > 0 ? n : 0] = '\0';
	if (strchr(ret, '\n') == NULL)
		return -ENOENT;
	*strchr(ret, '\n') = '\0';
	return ret[0] != '\0' && strspn(ret, allowed) == strlen(ret);
}

static bool start_unit(const char *unit)
{
	pid_t child = fork();
	int status = 1;

	if (child == 0) {
		for (int fd = 0; fd < 3; fd++)
			(void)!dup2(open("/dev/null", O_RDWR), fd);
		(void)alarm(SESSION_MS / 1000);
		execlp("systemctl", "systemctl", "start", unit, (char *)NULL);
		_exit(127);
	}
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return child > 0 && status == 0;
}

/* Waits until logind has made it and the user's own systemd runs. What has none by then does without. */
static bool start_session(uid_t uid, char *ret, size_t size)
{
	char unit[64], runs[128], without[64];
	int64_t end = now_ms() + SESSION_MS;
	int r = -ENOENT;

	snprintf(unit, sizeof(unit), SESSION "@%u.service", uid);
	snprintf(runs, sizeof(runs), "/run/systemd/units/invocation:%s", unit);
	snprintf(without, sizeof(without), OWN "/without-session-%u", uid);
	if (access(without, F_OK) == 0)
		return false;
	if (start_unit(unit))
		while ((r = read_session(uid, ret, size)) < 0 && now_ms() < end &&
		       faccessat(AT_FDCWD, runs, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			(void)poll(NULL, 0, STEP_MS);
	if (r <= 0)
		(void)put_file(without, "");
	return r > 0;
}

static bool join(uid_t uid, const char *session)
{
	char path[256];
	int fd;
	bool joined;

	snprintf(path, sizeof(path), "/sys/fs/cgroup/user.slice/user-%u.slice/session-%s.scope/cgroup.procs", uid,
		 session);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	joined = fd >= 0 && write(fd, "0", 1) == 1;
	if (fd >= 0)
		close(fd);
	return joined;
}

void systemd_enter_session(uid_t uid)
{
	char session[64], path[96], address[128];
	int r = read_session(uid, session, sizeof(session));

	if (r == 0 || (r < 0 && !start_session(uid, session, sizeof(session))))
		return;
	/* It may be ending just now: then this command has none. */
	if (!join(uid, session))
		return;
	snprintf(path, sizeof(path), "/run/user/%u", uid);
	snprintf(address, sizeof(address), "unix:path=%s/bus", path);
	(void)setenv("XDG_SESSION_ID", session, 0);
	(void)setenv("XDG_RUNTIME_DIR", path, 0);
	if (access(address + strlen("unix:path="), F_OK) == 0)
		(void)setenv("DBUS_SESSION_BUS_ADDRESS", address, 0);
}
