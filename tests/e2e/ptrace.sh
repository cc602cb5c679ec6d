#!/usr/bin/env bash
# Tracers as guests: what strace writes down of guests must be what it writes down natively, call by call.
. "$(dirname "$0")/lib.sh"
battery core

# Addresses, pids, sizes and times differ from run to run. clone3 is one that lxrun does not have: libcs use clone instead.
# SIGCHLD comes before or during the wait for the child that sends it. The sender of a signal is the host's user.
try 'the filter for traces' <<'END'
cat >$W/normal <<'S'
#!/bin/sh
# Prints the traces t.PID in the order of their processes.
for f in $(ls "${1:-t}".* | sort -t. -k2n); do
	echo "== a process"
	sed -E -e '/^clone3\(.*ENOSYS/d' -e 's/^clone3?\(.*/clone/' -e '/^--- SIGCHLD/d' -e '/^rt_sigreturn/d' \
		-e '/ERESTARTSYS/d' -e 's/0x[0-9a-f]{4,}/ADDR/g' -e 's/\b[0-9]{3,}\b/N/g' -e 's/getrandom\("[^"]*"/getrandom(""/' \
		-e 's/ SYS / /' -e 's/ +=/ =/' -e 's/stx_mask=[A-Z_|]*/stx_mask/' -e 's/cc[A-Za-z0-9]{6}\./ccX./g' \
		-e 's/(read|pread64|write)\(([0-9]+[^,]*), .*/\1(\2)/' -e 's/e2e\.[0-9]+/e2e/g' -e 's/st_size=[0-9]+/st_size/' -e 's/procs=[0-9N]+/procs/' -e 's/si_uid=[0-9N]+/si_uid/' "$f"
done
rm -f "${1:-t}".*
S
chmod +x $W/normal
END

traced() {
	try "${@:1:$#-1}" "strace: ${*:$#}" "strace -ff -o t ${*:$#}; echo status \$?; \$W/normal"
}
traced 'true'
traced 'cat /etc/passwd /nonexistent'
traced 'ls -ld / /usr /etc/passwd'
traced 'cp /etc/passwd copy'
traced "sh -c 'cat /etc/passwd | wc -l; exit 3'"
traced "bash -c '(exit 4); /bin/true; exec ls /etc/debian_version'"
traced "dash -c 'kill -USR1 \$\$'"
traced "sh -c 'trap \"echo caught\" USR1; kill -USR1 \$\$; echo alive'"
traced "perl -e '\$SIG{ALRM} = sub { print \"alarm\\n\" }; alarm 1; pause(); exec \"/bin/echo\", \"done\"'"
try 'strace: python3 and what it starts' <<'END'
strace -ff -o t python3 -I -c 'import subprocess as s; s.run(["echo", "hi"]); s.run("exit 3", shell=True)'
$W/normal | grep -vE '^(mmap|munmap|brk)'
END
traced "tar cf archive.tar /etc/debian_version"
traced "find /etc/apt -name '*.list'"
traced "env -i /bin/echo x"
traced "nice -n 5 sh -c 'umask 027; mkdir d; cd d; pwd'"
try 'strace: a compiler and what it starts' <<'END'
echo 'int main(void) { return 0; }' >m.c
strace -ff -o t gcc -c m.c && $W/normal | grep -vE '^(mmap|munmap|brk|read|pread64|mprotect|getrusage|getrandom)'
END
try 'strace: scripts and interpreters' <<'END'
printf '#!/bin/sh\necho script "$@"\n' >s1; printf '#! ./s1 arg\n' >s2; chmod +x s1 s2
strace -ff -o t ./s1 a; $W/normal; strace -ff -o t ./s2 b; $W/normal; strace -ff -o t ./nothing 2>&1; ls t.* 2>&1; true
END
try 'strace: faults and deadly signals' <<'END'
cat >f.c <<'C'
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
static void handler(int s) { write(1, "handler\n", 8); _exit(s); }
int main(int argc, char **argv)
{
	switch (argv[1][0]) {
	case 'h': signal(SIGSEGV, handler); /* fallthrough */
	case 's': *(volatile int *)8 = 1; break;
	case 'a': abort();
	case 't': raise(SIGTERM); break;
	case 'k': kill(getpid(), SIGKILL); break;
	case 'y': kill(getpid(), SIGSYS); break;
	case 'i': signal(SIGUSR1, SIG_IGN); raise(SIGUSR1); raise(SIGWINCH); break;
	case 'b': __asm__("int3");
	}
	return 0;
}
C
gcc -o f f.c; ulimit -c 0
for x in h s a t k y i b; do echo "-- $x"; strace -o t.1 ./f $x; echo $?; $W/normal; done
END
try 'strace: calls that wait, and signals that come meanwhile' <<'END'
cat >w.c <<'C'
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
static int n;
static void handler(int s) { n++; }
static void set(int flags)
{
	struct sigaction a = {.sa_handler = handler, .sa_flags = flags};
	struct itimerval t = {.it_value = {0, 100000}};
	sigaction(SIGALRM, &a, NULL);
	setitimer(ITIMER_REAL, &t, NULL);
}
int main(void)
{
	sigset_t alarm, none;
	int pair[2], status;
	char c;
	struct iovec io = {&c, 1};
	struct msghdr m = {.msg_iov = &io, .msg_iovlen = 1};

	sigemptyset(&none), sigemptyset(&alarm), sigaddset(&alarm, SIGALRM);
	socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
	set(0), pause();
	set(0), recvmsg(pair[0], &m, 0);
	set(0), read(pair[0], &c, 1);
	set(0), poll(NULL, 0, -1);
	sigprocmask(SIG_BLOCK, &alarm, NULL);
	set(0), sigsuspend(&none);
	set(0), ppoll(NULL, 0, NULL, &none);
	sigprocmask(SIG_UNBLOCK, &alarm, NULL);
	if (fork() == 0) {
		sigprocmask(SIG_SETMASK, &alarm, NULL);
		usleep(300000);
		_exit(5);
	}
	set(SA_RESTART), wait4(-1, &status, 0, NULL);
	printf("%d %d\n", n, status);
}
C
gcc -o w w.c && strace -ff -o t ./w; for f in t.*; do sed -E 's/t\.[0-9]+//;s/0x[0-9a-f]{4,}/A/g;s/\b[0-9]{3,}\b/N/g;/^---.*CHLD/d;s/ SYS / /;s/getrandom\([^)]*\)/r/;s/si_uid=[0-9N]+/u/' $f; done
END
try 'strace -p: attached in a call' <<'END'
mkfifo f; (trap '' TERM; read x <f; echo $x; sleep 0.2; cat f >/dev/null) & p=$!
sleep 0.3; strace -o out -p $p 2>err & s=$!; sleep 0.5; echo line >f; sleep 0.7; kill -INT $s; wait $s; echo $?
sed -E 's/[0-9]{3,}/N/g' err; grep -cE '^(read|write|openat)' out | grep -qv '^0$' && echo traced; echo >f; wait $p; echo $?
sleep 30 & p=$!; sleep 0.2; timeout 1 strace -o out -p $p 2>/dev/null; cut -d'(' -f1 out; kill $p; wait $p; echo $?
bash -c 'sleep 1 & wait' & p=$!; sleep 0.3; strace -f -o out -p $p 2>/dev/null; wait $p; echo $?; sed -E 's/^[0-9]+ +//' out | grep -oE '^(wait4|exit_group|\+\+\+ .*)' | sort | uniq -c
END
try 'strace -c: the number of calls' <<'END'
strace -f -c -o out sh -c 'for i in 1 2 3; do cat /etc/passwd >/dev/null; done'
awk '$NF != "clone" && $NF != "clone3" && $1 + 0 == $1 {print $4, $NF} ' out | sort
strace -c -S calls -U name,calls,errors -o out ls /etc /nonexistent >/dev/null 2>&1; grep -vE 'total' out | sort
END
try 'strace: selections and paths' <<'END'
strace -o t.1 -e trace=%file cat /etc/passwd >/dev/null; $W/normal; strace -o t.1 -e trace='!%memory' -e signal=none true; $W/normal
strace -o t.1 -y -P /etc/passwd cat /etc/passwd >/dev/null; $W/normal; strace -o t.1 -yy -e trace=openat,close,fstat,newfstatat cat /etc/passwd >/dev/null 2>&1; $W/normal
strace -o t.1 -Z cat /nonexistent 2>/dev/null; $W/normal; strace -o t.1 -v -e trace=uname,newfstatat -e abbrev=none true; grep -c . t.1; rm t.1
strace -o t.1 -E A=b -E HOME= -e execve env | sort; strace -o t.1 -u root id -u; strace -D -o t.1 true; sleep 0.3; $W/normal
strace -o t.1 -i true; sed -nE 's/^\[([0-9a-f]{4})[0-9a-f]{12}\] ([a-z_0-9]*).*/\1 \2/p' t.1 | sort | uniq -c
END
try 'strace: injected errors, results and signals' <<'END'
strace -o t.1 -e trace=openat -e inject=openat:error=EACCES:when=3+ cat /etc/passwd /etc/group; $W/normal
strace -o t.1 -e inject=getuid,geteuid:retval=42 id; strace -o t.1 -e trace=unlink,unlinkat -e inject=unlink,unlinkat:error=EPERM rm t.1; $W/normal
strace -o t.1 -e trace=getcwd -e inject=getcwd:signal=TERM:when=1 /bin/pwd; echo $?; $W/normal
strace -o t.1 -e trace=newfstatat -e fault=newfstatat:when=2 ls -d /etc/passwd; $W/normal
END
try 'strace: by a seccomp program' <<'END'
strace --seccomp-bpf -f -e trace=openat,getpid,access,exit_group,execve -o out sh -c 'cat /etc/passwd >/dev/null; echo $?; true'
sed -E -e 's/^[0-9]+ +//' -e '/^--- SIGCHLD/d' -e 's/0x[0-9a-f]+/ADDR/' -e 's/^(getpid.*=) .*/\1/' -e 's/ +=/ =/' out | sort
END
try 'strace: of strace' <<'END'
strace -o outer -e trace=wait4,ptrace -f strace -o t.1 cat /etc/passwd >/dev/null 2>&1; echo $?; $W/normal; grep -c ptrace outer | grep -qv '^0$' && echo traced
END
try -t 60 'strace: many processes' <<'END'
strace -f -o out bash -c 'for i in {1..40}; do /bin/true & done; wait; echo done'; grep -c exited out; grep -c 'execve("/bin/true"' out
strace -f -o out python3 -c '
import threading, os
def f():
    for i in range(50): os.stat("/etc/passwd"); os.getpid()
t = [threading.Thread(target=f) for i in range(8)]; [x.start() for x in t]; [x.join() for x in t]; print("threads")'; grep -c exited out; grep -cE '(stat|newfstatat)\(.*/etc/passwd' out
END
try 'a tracer in Python, by ctypes' <<'END'
cat >t.py <<'P'
import ctypes, os, signal
libc = ctypes.CDLL(None, use_errno=True); libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]; libc.ptrace.restype = ctypes.c_long
pid = os.fork()
if pid == 0: libc.ptrace(0, 0, None, None); os.execv("/bin/echo", ["echo", "traced"])
calls = 0; os.waitpid(pid, 0); libc.ptrace(0x4200, pid, None, 1)
while True:
    libc.ptrace(24, pid, None, None); p, s = os.waitpid(pid, 0)
    if not os.WIFSTOPPED(s): break
    calls += os.WSTOPSIG(s) == signal.SIGTRAP | 0x80
print(os.waitstatus_to_exitcode(s), calls)
P
python3 t.py
END
finish
