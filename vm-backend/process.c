/* A backend's process: how it starts, and that nothing of it is left, however this process ends. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vm-backend/backend.h"

/* Processes of user-mode-linux survive the first one's death: somebody has to end them if this process cannot. */
static int start_keeper(pid_t group)
{
	int ends[2];
	pid_t child;
	char byte;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	child = fork();
	if (child == 0) {
		(void)setsid();
		(void)prctl(PR_SET_NAME, "lxrun-vm-keeper", 0, 0, 0);
		for (int fd = 0; fd < 1024; fd++)
			if (fd != ends[0])
				close(fd);
		while (read(ends[0], &byte, 1) < 0 && errno == EINTR)
			;
		(void)kill(-group, SIGKILL);
		_exit(0);
	}
	close(ends[0]);
	if (child < 0)
		close(ends[1]);
	return child < 0 ? -EAGAIN : ends[1];
}

static void set_up(const struct vm_config *c)
{
	char path[PATH_MAX + 8];
	int log, null = open("/dev/null", O_RDWR);

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	(void)setpgid(0, 0);
	snprintf(path, sizeof(path), "%s/log", c->runtime);
	log = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
	(void)dup2(null, 0);
	(void)dup2(log >= 0 ? log : null, 1);
	(void)dup2(log >= 0 ? log : null, 2);
}

int vm_start_process(const struct vm_config *c, struct vm *vm, void (*become)(const struct vm_config *c, void *context),
		     void *context)
{
	pid_t parent = getpid();

	vm->pid = fork();
	if (vm->pid == 0) {
		set_up(c);
		if (getppid() == parent)
			become(c, context);
		_exit(127);
	}
	if (vm->pid < 0)
		return -errno;
	(void)setpgid(vm->pid, vm->pid);
	vm->keeper = start_keeper(vm->pid);
	return 0;
}

void vm_stop_process(struct vm *vm)
{
	(void)kill(-vm->pid, SIGKILL);
	while (waitpid(vm->pid, NULL, 0) < 0 && errno == EINTR)
		;
	close(vm->channel);
	if (vm->keeper >= 0)
		close(vm->keeper);
}

int vm_pair(int ret[2])
{
	int buffer = 256 << 10;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ret) < 0)
		return -errno;
	for (int i = 0; i < 2; i++)
		(void)setsockopt(ret[i], SOL_SOCKET, SO_SNDBUF, &buffer, sizeof(buffer));
	return 0;
}
