/* syslog(2) and reboot(2): calls on the kernel itself, which is the host's, or on the machine, which is the instance. */
#include <errno.h>
#include <linux/capability.h>
#include <linux/reboot.h>
#include <signal.h>

#include "base/host.h"
#include "base/instance_call.h"
#include "translator/args.h"

/* syslog(2)'s types have names in the kernel only. */
enum {
	LOG_CLOSE,
	LOG_OPEN,
	LOG_READ,
	LOG_READ_ALL,
	LOG_READ_CLEAR,
	LOG_CLEAR,
	LOG_CONSOLE_OFF,
	LOG_CONSOLE_ON,
	LOG_CONSOLE_LEVEL,
	LOG_SIZE_UNREAD,
	LOG_SIZE_BUFFER,
};

/* What a guest root finds where the host does not show its log: one in which nothing was written yet. */
static long empty_log(const struct syslog_args *a)
{
	switch (a->type) {
	case LOG_READ_ALL:
	case LOG_READ_CLEAR:
		return a->bufp == 0 || a->size < 0 ? -EINVAL : 0;
	case LOG_READ:
		/* Linux: waits for a message. Here: none ever comes, and a daemon that reads should give up. */
		return a->bufp == 0 || a->size < 0 ? -EINVAL : -EPERM;
	case LOG_CONSOLE_LEVEL:
		return a->size < 1 || a->size > 8 ? -EINVAL : 0;
	case LOG_CLOSE:
	case LOG_OPEN:
	case LOG_CLEAR:
	case LOG_CONSOLE_OFF:
	case LOG_CONSOLE_ON:
	case LOG_SIZE_UNREAD:
	case LOG_SIZE_BUFFER:
		return 0;
	default:
		return -EINVAL;
	}
}

long sys_syslog(struct tr_call *c, const struct syslog_args *a)
{
	const bool capable = creds_capable(c->creds, CAP_SYSLOG) || creds_capable(c->creds, CAP_SYS_ADMIN);
	const bool open_to_all = a->type == LOG_READ_ALL || a->type == LOG_SIZE_BUFFER;

	/* Everybody may read the whole log where the host does not restrict it (dmesg_restrict). */
	if (open_to_all && host_call(SYS_syslog, LOG_SIZE_BUFFER, 0, 0) != -EPERM)
		return tr_native(c);
	return capable ? empty_log(a) : -EPERM;
}

/*
 * Linux, in a pid namespace: its init gets a signal, and the caller ends with status 0. Here: the supervisor ends the instance,
 * and the caller's process ends at once, all of it, as everything else is about to. A restart is the next lxrun's to make.
 */
static long end_instance(struct tr_call *c, uint32_t op)
{
	long r = tr_instance_call(c, INSTANCE_CALL_END, op, 0);

	if (r == 0) {
		/* With a helper for want of descriptors (room.c), the process is another one and cannot end so well. */
		if (host_getpid() != c->process->pid)
			(void)!host_kill(c->process->pid, SIGKILL);
		host_exit_group(0);
	}
	return r == -EMFILE ? r : tr_gap(c, -EPERM);
}

long sys_reboot(struct tr_call *c, const struct reboot_args *a)
{
	const uint32_t magic = (uint32_t)a->magic2;

	if (!creds_capable(c->creds, CAP_SYS_BOOT))
		return -EPERM;
	if ((uint32_t)a->magic != LINUX_REBOOT_MAGIC1 ||
	    (magic != LINUX_REBOOT_MAGIC2 && magic != LINUX_REBOOT_MAGIC2A && magic != LINUX_REBOOT_MAGIC2B &&
	     magic != LINUX_REBOOT_MAGIC2C))
		return -EINVAL;
	switch ((uint32_t)a->op) {
	case LINUX_REBOOT_CMD_CAD_ON:
	case LINUX_REBOOT_CMD_CAD_OFF:
		/* What ctrl-alt-del on the console would do: no console of the machine leads here. */
		return 0;
	case LINUX_REBOOT_CMD_RESTART:
	case LINUX_REBOOT_CMD_RESTART2:
	case LINUX_REBOOT_CMD_HALT:
	case LINUX_REBOOT_CMD_POWER_OFF:
		return end_instance(c, (uint32_t)a->op);
	case LINUX_REBOOT_CMD_SW_SUSPEND:
	case LINUX_REBOOT_CMD_KEXEC:
		return tr_gap(c, -EPERM);
	default:
		return -EINVAL;
	}
}
