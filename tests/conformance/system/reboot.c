/* reboot(2): only what cannot reboot. */
#include "uts.h"

#include <linux/reboot.h>

static long do_reboot(unsigned magic, unsigned magic2, unsigned op)
{
	return syscall(SYS_reboot, magic, magic2, op, NULL);
}

static void as_user(void *arg)
{
	(void)arg;
	CHECK_ERRNO(do_reboot(LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_CAD_OFF), EPERM, "a user");
	CHECK_ERRNO(do_reboot(1, 2, 3), EPERM, "the right comes first");
}

static void without_right(void *arg)
{
	(void)arg;
	without(CAP_SYS_BOOT);
	CHECK_ERRNO(do_reboot(LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_CAD_OFF), EPERM,
		    "root without CAP_SYS_BOOT");
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	CHECK_ERRNO(do_reboot(1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_CAD_OFF), EINVAL, "the first number is wrong");
	CHECK_ERRNO(do_reboot(LINUX_REBOOT_MAGIC1, 1, LINUX_REBOOT_CMD_CAD_OFF), EINVAL, "the second is");
	CHECK_ERRNO(do_reboot(LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2C, 0x12345679), EINVAL, "no such operation");
	check_as_user(as_user, NULL);
	check_in_child(without_right, NULL);
	return check_end();
}
