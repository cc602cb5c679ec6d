#!/usr/bin/env bash
# gdb as a guest: what it prints in whole sessions must be what it prints natively.
. "$(dirname "$0")/lib.sh"
battery full

# Programs run without address randomisation. Addresses of the program are compared; those of libraries, of the loader and
# of the stack are not, for lxrun's own pages move them a little. AT_EXECFN's text is one of these. Threads begin and end in
# any order.
try 'programs to look at' <<'END'
cd $W
cat >filter <<'S'
sed -E -e '/^\[(New )?Thread /d' -e '/AT_EXECFN/d' -e 's/(LWP|process) [0-9]+/\1 N/g' -e 's/pid(=| = )[0-9]+/pid=N/g' -e 's/0x0*7ff[0-9a-f]{9}/HIGH/g' \
	-e 's/in \?\? \(\) from .*libc.so.6/in libc/' -e 's/in (clone|clone3|vfork) \(\) from .*libc.so.6/in libc/' -e 's/ +/ /g'
S
cat >g.c <<'C'
#include <stdio.h>
#include <unistd.h>
struct point { int x, y; };
static struct point move(struct point p, int by) { p.x += by; p.y -= by; return p; }
static int factorial(int n)
{
	if (n <= 1)
		return 1;
	return n * factorial(n - 1);
}
int global = 7;
double ratio = 1.5;
int main(int argc, char **argv)
{
	char text[64];
	struct point p = {1, 2};
	int x = factorial(5);
	p = move(p, 3);
	snprintf(text, sizeof(text), "%d", x);
	FILE *f = fopen("/etc/hostname", "r");
	if (f != NULL)
		fclose(f);
	global = argc + p.x;
	access("/nonexistent", 0);
	printf("%s %d\n", text, getpid() > 0);
	return 3;
}
C
cat >f.c <<'C'
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
static volatile int got;
static void handler(int s) { got++; }
static int in_child(int a) { return a * 2; }
int v;
int main(void)
{
	int st;
	signal(SIGUSR1, handler);
	raise(SIGUSR1);
	kill(getpid(), SIGUSR1);
	pid_t p = fork();
	if (p == 0)
		_exit(in_child(4));
	waitpid(p, &st, 0);
	p = vfork();
	if (p == 0) {
		execl("/bin/true", "true", NULL);
		_exit(1);
	}
	waitpid(p, &st, 0);
	for (int i = 0; i < 3; i++)
		v += i;
	access("/etc/passwd", 0);
	printf("%d\n", got);
	fflush(stdout);
	raise(SIGTERM);
	return 0;
}
C
cat >t.c <<'C'
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>
static int pair[2];
static pthread_barrier_t ready;
static int work(int n) { return access("/etc/passwd", 0) + n; }
static void *thread(void *arg)
{
	char c;
	struct iovec io = {&c, 1};
	struct msghdr m = {.msg_iov = &io, .msg_iovlen = 1};
	int n = work((int)(long)arg);
	pthread_barrier_wait(&ready);
	recvmsg(pair[0], &m, 0);
	return (void *)(long)(n + c);
}
static void all_ready(void) {}
int main(void)
{
	pthread_t t[4];
	void *r;
	long sum = 0;
	socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
	pthread_barrier_init(&ready, NULL, 5);
	for (long i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, thread, (void *)i);
	pthread_barrier_wait(&ready);
	usleep(100000);
	all_ready();
	write(pair[1], "\1\1\1\1", 4);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], &r), sum += (long)r;
	printf("%ld\n", sum);
	return 0;
}
C
cat >w.c <<'C'
#include <sys/socket.h>
#include <sys/wait.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
static int add(int a, int b) { return a + b; }
int main(int argc, char **argv)
{
	int st, pair[2];
	char c;
	struct iovec io = {&c, 1};
	struct msghdr m = {.msg_iov = &io, .msg_iovlen = 1};
	if (strcmp(argv[1], "wait") == 0) {
		if (fork() == 0) { sleep(100); _exit(0); }
		wait4(-1, &st, 0, NULL);
	} else if (strcmp(argv[1], "receive") == 0) {
		socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
		recvmsg(pair[0], &m, 0);
	} else {
		for (;;)
			pause();
	}
	return add(1, 2);
}
C
for x in g f t w; do gcc -g -O0 -pthread -o $x $x.c 2>/dev/null || exit; done; gcc -g -static -o g-static g.c
END

# session TITLE PROGRAM [STATUS]: gdb's commands are on standard input.
session() {
	try -t 60 "gdb: $1" "cd \$W; cat >commands <<'S'
set pagination off
set confirm off
set width 0
set startup-with-shell ${shell:-off}
$(cat)
S
gdb -nx -batch -x commands ./$2 2>&1 | sh filter; true"
}

session 'breakpoints, steps, frames, calls' g <<'END'
break main
run
info locals
next
next
print x
break factorial
print factorial(6)
bt
finish
delete
next
print p
print &global
print global
ptype p
watch global
continue
continue
info registers rip
stepi
stepi
x/3i $pc
tbreak access
continue
up
finish
print $
print (int)getpid() > 1
print ratio * 2
set var global = 99
print global
info breakpoints
continue
END
session 'a static program' g-static <<'END'
break factorial
run
bt
delete
finish
next
continue
END
session 'software watchpoints and conditions' f <<'END'
set can-use-hw-watchpoints 0
handle SIGUSR1 nostop noprint pass
break 26 if i == 1
run
print i
watch v
continue
continue
delete
continue
kill
END
session 'signals' f <<'END'
handle SIGUSR1 stop print pass
break handler
run
continue
bt
finish
continue
continue
stepi
stepi
info registers rip
delete
handle SIGUSR1 stop print nopass
tbreak 28
continue
signal 0
info program
continue
END
session 'catchpoints' f <<'END'
handle SIGCHLD nostop noprint
handle SIGUSR1 nostop noprint
catch syscall access
catch fork
catch vfork
catch exec
run
continue
continue
continue
info registers rax orig_rax
continue
continue
continue
END
shell=on session 'into children' f <<'END'
set args >/dev/null
set follow-fork-mode child
set detach-on-fork on
handle SIGUSR1 nostop noprint pass
break in_child
run
bt
finish
continue
END
session 'both sides of a fork' f <<'END'
set detach-on-fork off
handle SIGUSR1 nostop noprint pass
catch fork
run
info inferiors
inferior 2
break in_child
continue
bt 1
continue
inferior 1
set detach-on-fork on
continue
END
shell=on session 'started by a shell, with arguments' g <<'END'
set args a 'b c' >/dev/null
break main
run
print argc
print argv[2]
info proc exe
info proc cwd
starti
x/i $pc
kill
run
continue
END
session 'threads' t <<'END'
break all_ready
run
thread apply all -s bt -5
info threads
thread 3
up 2
info source
continue
END
session 'steps with other threads in calls' t <<'END'
break all_ready
run
delete
set scheduler-locking on
next
next
set scheduler-locking off
print sum
continue
END
session 'libraries and memory' g <<'END'
break main
run
info sharedlibrary
info symbol main
find /b &global, +64, 7
dump memory m &global &global+1
print $_siginfo.si_signo
info auxv
continue
END

# attached TITLE ARGUMENT
attached() {
	try -t 60 "gdb: attached to a process in $1" "cd \$W; cat >commands <<'S'
set pagination off
set confirm off
set width 0
bt
print add(2, 3)
print (int)getpid() > 0
bt 1
info registers orig_rax
info threads
detach
S
setarch -R ./w $2 & p=\$!; sleep 0.3
gdb -nx -batch -x commands -p \$p 2>&1 | sh filter; sleep 0.2; grep -E '^(State|TracerPid)' /proc/\$p/status; kill \$p; wait \$p 2>/dev/null; echo \$?; pkill -x w; true"
}
attached 'pause' pause
attached 'recvmsg' receive
attached 'wait4' wait
try -t 60 'gdb: gcore and the core of a crash' <<'END'
cd $W; printf 'set pagination off\nset confirm off\nbreak factorial\nrun\ngcore core.g\nkill\n' >commands
gdb -nx -batch -x commands ./g >/dev/null 2>&1; gdb -nx -batch -ex bt ./g core.g 2>&1 | grep -E '^#' | sh filter
END
finish
