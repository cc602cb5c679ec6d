/* launch LAUNCHER PROGRAM ARGV0 ...: starts the file PROGRAM through the launcher, for shell scripts. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "launcher.h"

int main(int argc, char **argv)
{
	int fd;

	if (argc < 4)
		return 2;
	fd = open(argv[2], O_RDONLY);
	if (fd < 0 || dup2(fd, PROGRAM_FD) < 0 || close(fd) < 0) {
		perror(argv[2]);
		return 2;
	}
	execv(argv[1], argv + 3);
	perror(argv[1]);
	return 2;
}
