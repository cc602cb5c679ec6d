#!/usr/bin/env bash
# Many processes, at once and one after the other; sessions, groups, orphans, daemons, limits. Nothing hangs, nothing is left.
. "$(dirname "$0")/lib.sh"
battery core

short=${LX_SHORT:-10000}

try '200 processes at once' <<'END'
for i in $(seq 200); do sh -c 'read -r x </etc/debian_version; sleep 0.5; cat /etc/hostname >/dev/null; exit $(( $1 % 100 ))' sh $i & p+=($!); done; s=0; for x in "${p[@]}"; do wait $x; s=$((s + $?)); done; echo $s
for i in $(seq 200); do (ls -R /usr/share/doc/dpkg | wc -l >$i) & done; wait; cat [0-9]* | sort | uniq -c
python3 -c '
import os
r, w = os.pipe(); kids = []
for i in range(200):
    pid = os.fork()
    if pid == 0: os.write(w, b"%d\n" % os.getppid()); os.execv("/bin/true", ["true"])
    kids.append(pid)
print({os.waitpid(p, 0)[1] for p in kids}, len(set(os.read(r, 99999).split())))'
END
try -t 600 "$short short processes" "for i in {1..$short}; do /bin/true || echo failed \$i; done; echo done"
try -t 300 '1,000 short processes by everyone' <<'END'
seq 1000 | xargs -n 1 -P 8 sh -c 'echo $1' sh | sort -n | sha256sum
python3 -c '
import subprocess, os, threading
def run(n): 
    for i in range(n): assert subprocess.run(["/bin/true"]).returncode == 0
ts = [threading.Thread(target=run, args=(100,)) for _ in range(8)]; [t.start() for t in ts]; [t.join() for t in ts]; print("threads")'
perl -e 'for (1..1000) { my $p = fork; exit($_ % 256) if !$p; waitpid $p, 0; die "$_: $?" if $? >> 8 != $_ % 256 } print "perl\n"'
for i in $(seq 300); do : $(:); (exit 3); [ $? = 3 ] || echo bad; done; echo subshells
END
try 'trees of processes' <<'END'
cat >tree.sh <<'S'
[ $1 -eq 0 ] && { echo leaf; exit; }
for i in 1 2 3; do sh tree.sh $(($1 - 1)) & done; wait
S
sh tree.sh 5 | wc -l
f() { [ $1 -gt 0 ] && (f $(($1 - 1))) || echo depth; }; f 50
exec 3< <(sh -c 'sh -c "sleep 0.2; echo orphan" & exit'); cat <&3
END
try 'sessions, groups and signals' <<'END'
python3 -c '
import os, signal, time
r, w = os.pipe(); kids = []
for i in range(10):
    pid = os.fork()
    if pid == 0: os.setpgid(0, kids[0] if kids else 0); signal.signal(signal.SIGTERM, lambda *a: os._exit(7)); os.write(w, b"."); time.sleep(30)
    kids.append(pid)
    try: os.setpgid(pid, kids[0])
    except OSError: pass
n = 0
while n < 10: n += len(os.read(r, 10))
os.killpg(kids[0], signal.SIGTERM); print([os.waitstatus_to_exitcode(os.waitpid(k, 0)[1]) for k in kids])
pid = os.fork()
if pid == 0: os.setsid(); print(os.getsid(0) == os.getpid() == os.getpgid(0), flush=True); os._exit(0)
os.waitpid(pid, 0)
try: os.kill(pid, 0)
except OSError as e: print(e)
try: os.waitpid(-1, 0)
except OSError as e: print(e)
pid = os.fork()
if pid == 0: time.sleep(30)
os.kill(pid, 9); print(os.waitid(os.P_PID, pid, os.WEXITED).si_status)'
sleep 30 & sleep 30 & kill %1 %2; wait; echo $?; sh -c 'kill -STOP $$; echo continued' & p=$!; sleep 0.2; ps -o stat= -p $p | cut -c1; kill -CONT $p; wait $p
pkill -f 'nothing-like-th[i]s'; echo $?; sleep 31.2$((5)) & pgrep -f 'sleep 31[.]25' | wc -l; pkill -f 'sleep 31[.]25'; wait; timeout -s INT 0.2 sleep 9; echo $?; setsid -w sh -c 'exit 3'; echo $?; nohup sh -c 'exit 4' >/dev/null 2>&1; echo $?
END
try 'ps and /proc' <<'END'
exec -a 'a name' sleep 5 & sleep 0.1; ps -o args= -p $!; ps -o comm= -p $!; tr '\0' '|' </proc/$!/cmdline; cat /proc/$!/comm; readlink /proc/$!/exe /proc/$!/cwd | sed 's,.*/e2e,e2e,;s,[0-9],,g'; grep '^Uid\|^Gid\|^Name\|^Threads' /proc/$!/status; kill $!; wait $! 2>/dev/null; ps -o ppid= -p $$ | wc -w; ps -e >/dev/null; echo $?; ls /proc/self/task | wc -l; cat /proc/self/stat | wc -w; readlink /proc/self | grep -c '^[0-9]*$'; grep -c ' r-xp .*/usr/bin/cat$' /proc/self/maps; wc -l </proc/self/limits; head -c 7 /proc/version; echo; cat /proc/self/attr/current >/dev/null 2>&1; [ -r /proc/meminfo ] && awk '{exit NF != 1 && 0}' /proc/uptime; nproc; free | wc -l; uptime | wc -l; top -bn1 | head -1 | wc -l; pidof -s bash >/dev/null; echo $?; sh -c 'cat /proc/$PPID/comm'; cat /proc/sys/kernel/pid_max | wc -l; cat /proc/self/mounts | wc -l | grep -c .; fuser . >/dev/null 2>&1; killall -q nothing; echo $?
END
try 'threads of a dying process' <<'END'
cat >t.c <<'P'
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
static void *work(void *p) { struct stat st; for (;;) { stat("/etc/passwd", &st); access("/usr/bin", 0); } return p; }
int main(void) { for (int i = 0; i < 200; i++) { pid_t p = fork(); if (p == 0) { pthread_t t; for (int k = 0; k < 6; k++) pthread_create(&t, 0, work, 0); usleep(500 * (i % 5)); if (i % 3 == 0) _exit(i % 256); if (i % 3 == 1) execl("/bin/true", "true", (char *)0); abort(); } int s; waitpid(p, &s, 0); if (i % 3 == 0 ? WEXITSTATUS(s) != i % 256 : i % 3 == 1 ? s != 0 : WTERMSIG(s) != 6) printf("%d: %#x\n", i, s); } puts("all"); return 0; }
P
gcc -O1 -pthread t.c -o t && ulimit -c 0 && ./t
END
finish
