#!/usr/bin/env bash
# Processes as one kernel's: which there are, who may signal whom, orphans, subreapers, pidfds, the forms of wait, sessions, limits,
# cores. Users without names, of ids that nobody on the host has; the native side has processes of its own.
. "$(dirname "$0")/lib.sh"
battery core
# A root that is a mount point, as a machine's is.
# shellcheck disable=SC2154,SC2034,SC2016
apart=("${own_processes[@]}" unshare --mount --propagation private sh -c 'mount --bind "$0" "$0" && exec "$@"' "${root_of[native]}")

try 'orphans, subreapers, pidfds, wait, sessions' <<'END'
cat >p.py <<'P'
import ctypes, os, select, signal, time
l = ctypes.CDLL(None)
def error(f):
    try: return f()
    except OSError as e: return e.strerror
def child(f):
    pid = os.fork()
    if pid == 0:
        try: os._exit(f() or 0)
        except BaseException as e: print(e, flush=True); os._exit(99)
    return pid
def out(*a): print(*a, flush=True)
def exits(pid): return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
r, w = os.pipe(); me = os.getpid()
def late(what):
    time.sleep(0.3); os.write(w, what().encode()); return 5
def leave(what): child(lambda: late(what)); return 3
out("orphan", exits(child(lambda: leave(lambda: str(os.getppid() == 1 or os.getppid())))), os.read(r, 9))
for state in 1, 0:
    v = ctypes.c_int(); out(l.prctl(36, state, 0, 0, 0), l.prctl(37, ctypes.byref(v), 0, 0, 0), v.value)
    out("subreaper", exits(child(lambda: leave(lambda: str(os.getppid() == me)))), error(lambda: os.waitstatus_to_exitcode(os.wait()[1])), os.read(r, 9))
pid = child(lambda: time.sleep(20)); fd = os.pidfd_open(pid); out(select.select([fd], [], [], 0)[0]); signal.pidfd_send_signal(fd, 15); out(select.select([fd], [], [], 5)[0] == [fd])
i = os.waitid(os.P_PIDFD, fd, os.WEXITED | os.WNOWAIT); out(i.si_signo, i.si_status, i.si_code, i.si_pid == pid); out(os.waitid(os.P_PIDFD, fd, os.WEXITED).si_status)
out(error(lambda: os.waitid(os.P_PIDFD, fd, os.WEXITED)), error(lambda: signal.pidfd_send_signal(fd, 0)), error(lambda: os.pidfd_open(3999999)), error(lambda: os.pidfd_open(-1)))
def stops(): os.setpgid(0, 0); os.kill(os.getpid(), 19); time.sleep(0.5); return 9
pid = child(stops); out(os.WIFSTOPPED(os.waitpid(pid, os.WUNTRACED)[1])); out(open("/proc/%d/stat" % pid).read().split()[2]); os.kill(pid, 18); out(os.waitid(os.P_PID, pid, os.WCONTINUED).si_code == os.CLD_CONTINUED, os.waitpid(-pid, 0)[1] >> 8)
out(error(lambda: os.waitpid(-pid, 0)), error(lambda: os.waitpid(0, os.WNOHANG)), error(lambda: os.wait3(0)), error(lambda: os.waitid(os.P_ALL, 0, os.WEXITED)))
pid = child(lambda: sum(range(10**6)) * 0); _, s, u = os.wait4(pid, 0); out(s, u.ru_utime + u.ru_stime > 0, u.ru_maxrss > 1000)
signal.signal(signal.SIGCHLD, signal.SIG_IGN); out(error(lambda: os.waitpid(child(lambda: 0), 0))); signal.signal(signal.SIGCHLD, signal.SIG_DFL)
def session(): out(error(lambda: os.setsid() == os.getpid()), error(os.setsid), error(lambda: os.setpgid(0, 0)), os.getsid(os.getppid()) == os.getsid(0))
os.waitpid(child(session), 0); out(error(lambda: os.getpgid(3999999)), error(lambda: os.setpgid(3999999, 0)))
pid = child(lambda: 7); os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT); out("zombie", open("/proc/%d/stat" % pid).read().split()[2], str(pid) in os.listdir("/proc"), os.kill(pid, 0), error(lambda: os.readlink("/proc/%d/exe" % pid)), exits(pid), error(lambda: os.kill(pid, 0)))
P
python3 p.py
END
try 'limits' <<'END'
python3 -c '
import os, resource as r, signal
def error(f):
    try: return f()
    except (OSError, ValueError) as e: return e
for n in "NOFILE NPROC CORE STACK FSIZE AS DATA CPU MEMLOCK MSGQUEUE NICE RTPRIO SIGPENDING RSS RTTIME".split():
    k = getattr(r, "RLIMIT_" + n); a = r.getrlimit(k); print(n, error(lambda: r.setrlimit(k, a)), r.prlimit(os.getpid(), k) == a)
r.setrlimit(r.RLIMIT_NOFILE, (20, 20)); print(error(lambda: [os.open("/etc/passwd", 0) for i in range(30)]))
for i in range(3, 20): error(lambda: os.close(i))
print(open("/proc/self/limits").read().splitlines()[8].split()[3:5], "passwd" in os.listdir("/etc"), os.stat("/etc/passwd").st_uid, os.system("exit 3") >> 8)
r.setrlimit(r.RLIMIT_FSIZE, (100, 100)); signal.signal(25, signal.SIG_IGN); f = os.open("f", os.O_WRONLY | os.O_CREAT); print(os.write(f, b"x" * 200), error(lambda: os.write(f, b"x")), error(lambda: os.truncate("f", 200)), os.path.getsize("/proc/self/maps"))'
sh -c 'ulimit -t 1; while :; do :; done'; echo $?; sh -c 'ulimit -f 1; head -c 5000 /dev/zero >f'; echo $?
END
try -f 's/[0-9]+ (Segm|Abor)/N \1/' 'cores' <<'END'
p=$(cat /proc/sys/kernel/core_pattern); ulimit -c 0; sh -c 'kill -SEGV $$' 2>/dev/null; echo $?; ls core* 2>/dev/null | wc -l; ulimit -S -c unlimited 2>/dev/null || exit 0; case $p in [!/\|]*) sh -c 'kill -SEGV $$'; echo $?; ls core* | wc -l; sh -c 'ulimit -c 0; kill -ABRT $$'; ls core* | wc -l;; esac; rm -f core*
END
# shellcheck disable=SC2016
as='as() { u=$1; shift; setpriv --reuid $u --regid $u --clear-groups "$@"; }; none_of() { for i in {1..50}; do ps -u $1 -o stat= | grep -q "^[^Z]" || break; sleep 0.1; done; ps -u $1 -o comm=; }
'
try -f 's/(kill: \(|pid )[0-9]+/\1PID/' 'who is there, who signals whom' <<END
$as as 70001 sleep 50 & A=\$!; as 70002 sleep 51 & B=\$!; sleep 52 & for i in {1..50}; do [ "\$(ps -C sleep -o pid= | wc -l)" = 3 ] && break; sleep 0.1; done
ps -C sleep -o user,ruser,suser,group,tty,nlwp,args | sort; pgrep -c -u 70001 .; pgrep -U 70002 -l | cut -d' ' -f2; pgrep -c sleep; top -bn1 -u 70001 | awk 'NR > 6 { print \$2, \$12 }'; pidof sleep | wc -w; ls /proc | grep -c "^\$A\$\\|^\$B\$"; killall -s 0 sleep; echo \$?
as 70001 kill -0 \$B; as 70001 kill -CONT \$B; as 70001 kill \$B 2>/dev/null; echo \$?; as 70001 sh -c 'kill -TERM -1; echo alive'; wait \$A; echo \$?; none_of 70001; ps -C sleep -o user,args | sort
as 70003 sh -c 'sleep 53 & setsid sleep 54 & kill -9 -1; echo alive'; none_of 70003; as 70003 python3 -c 'import os
try: os.kill(-1, 0)
except OSError as e: print(e)'
as 70002 pkill -u 70002 sleep; wait \$B; echo \$?; as 70001 pkill sleep; echo \$?; kill %3; wait; ps -C sleep -o user,args; true
END
try 'files of processes' <<END
$as bash -c 'exec -a "odd (name) x" sleep 50' & cd /usr; exec 7</etc/passwd; A=\$!; for i in {1..50}; do [ "\$(cat /proc/\$A/comm)" = sleep ] && break; sleep 0.1; done; tr '\\0' '|' </proc/\$A/cmdline; ps -o args=,comm= -p \$A; cut -d' ' -f2,3 /proc/\$A/stat
readlink /proc/\$A/exe /proc/\$A/root /proc/\$\$/cwd /proc/\$\$/fd/7; ls /proc/\$\$/fd | tr '\\n' ' '; grep -E '^(Name|Umask|State|TracerPid|Uid|Gid|Groups|Threads|NoNewPrivs|Seccomp|CapEff|CapAmb)' /proc/\$A/status | sed 's/^\\(CapEff\\).*/\\1/'; grep -c -E ' r-xp .*/(sleep|libc.*)\$' /proc/\$A/maps; cat /proc/\$A/cgroup | tail -n 1 | cut -c1-3
setpriv --nnp grep NoNewPrivs /proc/self/status; X=marked bash -c 'tr "\\0" "\\n" </proc/\$\$/environ | grep ^X='; awk '{ print (NF >= 10) }' /proc/\$A/mountinfo | sort -u; awk '\$5 == "/proc" { print \$5 }' /proc/\$A/mountinfo | sort -u; ls /proc/\$A/task | wc -l; kill \$A; wait \$A; echo \$?; ls /proc/\$A 2>&1 | sed 's/[0-9]//g'
(sh -c 'sleep 0.5 & :'); ps -C sleep -o ppid= | tr -d ' '
END
# What an init is for others: there, root's, deaf. The native side's is a shell.
try 'process 1' <<END
$as ps -p 1 -o pid=,ppid=,uid=,tty= | tr -s ' '; ps -e -o pid=,ppid= | grep -c '^ *1 *0$'; ls /proc | grep -cx 1; pgrep -u 0 -o .; pgrep -P 0; pstree -p 1 | head -n 1 | cut -d- -f1 | sed 's/.*(1)/(1)/'; top -bn1 -p 1 | awk 'NR == 8 { print \$1, \$2, \$8 }'
for s in 0 TERM HUP KILL STOP CONT USR1 37; do kill -\$s 1; echo \$?; done; sleep 0.2; ps -p 1 -o pid=,ppid= | tr -s ' '; awk '\$1 == "State:" || \$1 ~ /^(N|T|P|PP|NSt|TracerP|NS(p|t))g?id:/ && !/NSpg/ { print }' /proc/1/status; cut -d' ' -f1,3,4 /proc/1/stat; ls /proc/1/task; tr '\\0' '\\n' </proc/1/cmdline | wc -l | sed 's/[1-9].*/some/'
as 70001 kill -0 1; as 70001 kill -9 1 2>/dev/null; echo \$?; as 70001 cat /proc/1/environ; as 70001 ls -l /proc/1/exe /proc/1/fd 2>&1 | grep -c denied; as 70001 ps -p 1 -o uid=; stat -c '%u %g %A' /proc/1 /proc/1/status /proc/1/fd
readlink /proc/1/root; test /proc/1/root/ -ef /proc/1/root/.; echo \$?; for n in pid uts ipc user; do test "\$(readlink /proc/1/ns/\$n)" = "\$(readlink /proc/self/ns/\$n)"; echo \$?; done
(setsid sleep 0.5 & :); ps -C sleep -o ppid= | tr -d ' '; chrt -p 1 | sed 's/.*: //'; ionice -p 1 | sed 's/:.*//'; prlimit --pid 1 --nofile -o RESOURCE --noheadings; grep -c . /proc/1/limits; getpcaps 1 2>/dev/null | cut -c1-2
END
try 'mount namespaces' <<'END'
cat >pivot <<'P'
mkdir new; mount -t tmpfs none new; mkdir -p new/bin new/lib new/lib64 new/usr new/old new/proc; for d in bin lib lib64 usr; do mount --rbind /$d new/$d; done
cd new; pivot_root . old; cd /; exec chroot . /bin/sh -c 'mount -t proc proc /proc; umount -l /old; rmdir old; ls /; findmnt -n -o TARGET,FSTYPE /; ls /usr/bin/env; mkdir x; chroot / ls -d /x'
P
mkdir a b c; echo hi >a/f; unshare -m sh -c 'mount --bind a b; cat b/f; mount -t tmpfs none c; echo x >c/y; findmnt -n -o TARGET "$PWD/b" | sed "s,.*/,,"; mount | grep -c "$PWD/"; df c | awk "NR == 2 { print \$1 }"'; ls b c; mount | grep -c "$PWD/"
unshare -m --propagation slave sh -c 'mount --bind a b; ls b'; unshare -m --propagation unchanged sh -c 'mount --make-private /proc; mount --bind a b; ls b; umount b; umount b 2>/dev/null; echo $?'; unshare -m --mount-proc cat /proc/self/comm
unshare -m sh -c 'mount --bind a b; exec sleep 20' & p=$!; for i in {1..50}; do grep -q "/b " /proc/$p/mountinfo && [ "$(cat /proc/$p/comm)" = sleep ] && break; sleep 0.1; done
[ "$(readlink /proc/self/ns/mnt)" = "$(readlink /proc/$p/ns/mnt)" ]; echo $?; ls b; nsenter -t $p -m -r -w sh -c 'cat b/f; readlink /proc/self/ns/mnt' | sed 's/[0-9]//g'; nsenter -t $p -m -r -w mount -t tmpfs none c; grep -c "$PWD/c" /proc/$p/mountinfo; grep -c "$PWD/" /proc/self/mountinfo; kill $p; wait $p; echo $?
unshare -m sh pivot
END
finish
