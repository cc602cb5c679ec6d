#!/usr/bin/env bash
# Programs that change who one is, and what they leave: su, sudo, passwd and their kin, login, setpriv, file capabilities, daemons
# of other users, apt's sandbox; set-id programs below tracers, in nosuid mounts, without new privileges; who may look into whose
# processes. Passwords are typed on terminals (drive.py).
#
# The users' ids are those of nobody on the host, and the native side has processes of its own.
. "$(dirname "$0")/lib.sh"
battery users imported
# shellcheck disable=SC2154,SC2034
apart=("${own_processes[@]}")

for side in "${sides[@]}"; do
	become=("${become_of[$side]}")
	[ "$side" != native ] || become=(env)
	# shellcheck disable=SC2016
	"${become[@]}" sh -c 'cat >"$1" && chmod 755 "$1"' install "${root_of[$side]}/usr/local/bin/drive" \
		<"$tests_dir/e2e/drive.py" || exit 1
done

# Capabilities that the machine's own root lacks say nothing about lxrun.
all=$(sed -n 's/^CapBnd:\t//p' /proc/self/status)
caps="s/$all|000001ffffffffff/ALL/g;s/,(cap_)?sys_resource\\b//g"
# Pids, which host's name; what two shells say in different order on one terminal is not printed at all.
pids="s/(pid|process|kill|SEIZE,|proc.|kill:)[ /(]*[0-9]+/\\1 PID/g"

# What is left out where time is short (LX_SHORT).
more() {
	[ -z "${LX_SHORT:-}" ] || { cat >/dev/null && return; }
	try "$@"
}

try 'users and passwords' <<'END'
# Nobody waits here for who mistypes.
sed -i '/pam_unix.so/s/$/ nodelay/' /etc/pam.d/common-auth; sed -i '/pam_faildelay/d;/pam_motd/d;/pam_lastlog/d' /etc/pam.d/login
echo "127.0.0.1 localhost $(hostname)" >/etc/hosts; groupadd -g 70100 team
for i in alice:70001 bob:70002 carol:70003; do useradd -m -u ${i#*:} -s /bin/bash ${i%:*}; done; usermod -a -G sudo,team bob
printf '%s:%s\n' alice alicepw1 bob bobpw1 carol carolpw1 | chpasswd -c SHA256; echo $?
stat -c '%n %U:%G %a' /etc/shadow /etc/gshadow /home/*; id bob; passwd -S -a | tail -n 3 | cut -d' ' -f1,2
for i in u g c b; do cp /usr/bin/python3 /usr/local/bin/py$i; done; cd /usr/local/bin
chmod 4755 pyu; chgrp team pyg && chmod 2755 pyg; setcap cap_chown,cap_kill+ep pyc; chown bob:bob pyb && chmod 6755 pyb; stat -c '%n %U:%G %a' py*; getcap py*
END

try 'su' <<'END'
cd /; su - alice -c 'id; pwd; echo $HOME $USER $LOGNAME $SHELL $PATH; umask'; su alice -c 'id -un; pwd; echo $HOME'; su nosuch -c id; echo $?
su carol -c 'su alice -c id </dev/null'; echo $?; su -m alice -c 'echo $HOME; id -un'; su -g team alice -c id; su -G team alice -c id; su - alice -c 'exit 3'; echo $?
su alice -c 'kill -9 $$'; echo $?; su alice -c 'sleep 9' & p=$!; sleep 0.5; kill $p; wait $p; echo $?; su alice -c 'ulimit -aH; ulimit -n 512; ulimit -Hn'
su alice -c 'runuser -u bob id; runuser bob'; runuser -u bob -- id; runuser - bob -c pwd; runuser -u alice -g team -G sudo -- id
END
more 'su and runuser on a terminal' <<'END'
cd /; su carol -c 'drive "su alice -c id" assword: alicepw1; drive "su alice -c id" assword: wrong; drive "su -c id" assword: wrong; drive "su - alice" assword: alicepw1 "[$] $" "id -un; tty | tr -d 0-9; exit 4"'
drive 'runuser - alice' '[$] $' 'exit 7'; drive 'su - alice -P' '[$] $' 'tty | wc -l; exit 7'; su alice -c 'drive "su bob -c \"cat /proc/self/status\"" assword: bobpw1' | grep -E 'Uid|Gid|Groups|Cap[IPEA]'
END

try 'sudo' <<'END'
printf 'carol ALL=(alice) NOPASSWD: /usr/bin/id, /bin/echo\nalice ALL=(ALL:ALL) NOPASSWD: ALL\n' >/etc/sudoers.d/t; chmod 440 /etc/sudoers.d/t; visudo -c
su alice -c 'sudo id; sudo -u bob id; sudo -g team id; sudo -u bob -g team id; sudo -P id; sudo -u \#70002 id; sudo -u \#4294967295 id; sudo sh -c "exit 7"; echo $?; sudo sh -c "kill -TERM \$\$"; echo $?; sudo nosuch; echo $?; sudo -l'
su carol -c 'sudo -n id; echo $?; sudo -n -u alice id; sudo -n -u alice ls; sudo -n -l'
A=b su alice -c 'sudo env | sort; sudo -E env | sort; sudo A=c env | grep ^A; sudo -i env | sort; sudo -s pwd; sudo -i pwd; sudo -H -u bob sh -c "echo \$HOME"'
printf 'Defaults env_keep += "FOO"\nDefaults:alice umask=0077,secure_path=/usr/bin:/bin,logfile=/var/log/sudo.log,log_output\n' >/etc/sudoers.d/d; chmod 440 /etc/sudoers.d/d
FOO=1 BAR=2 su alice -c 'sudo env | grep -E "^(FOO|BAR|PATH)"; sudo touch /tmp/um; stat -c "%a %U" /tmp/um; drive "sudo tty" | tr -d 0-9'; rm -f /tmp/um /etc/sudoers.d/d; wc -l </var/log/sudo.log; find /var/log/sudo-io | wc -l
END
more 'sudo: passwords and tickets' <<'END'
su bob -c 'drive "sudo -k; sudo id; sudo -n id; sudo -K; sudo -n true" assword wrong assword bobpw1; drive "sudo true" assword a assword b assword c; sudo -n true; echo $?'
su carol -c 'drive "sudo true" assword carolpw1'; find /run/sudo -printf '%p %U:%G %m\n' | sort
END
more 'sudo: whose files it refuses' <<'END'
chown alice /etc/sudoers.d/t; su alice -c 'sudo -n id'; chown 0 /etc/sudoers.d/t; chmod 666 /etc/sudoers.d/t; sudo id -u; chmod 440 /etc/sudoers.d/t; chmod 777 /etc/sudoers; sudo id -u
chmod 440 /etc/sudoers; chown alice /etc/sudoers; su alice -c 'sudo id'; chown 0 /etc/sudoers; chown alice /etc/sudo.conf; sudo id -u; chown root /etc/sudo.conf
chmod u-s /usr/bin/sudo; su alice -c 'sudo id'; chown alice /usr/bin/sudo; chmod 4755 /usr/bin/sudo; su alice -c 'sudo id'; chown root /usr/bin/sudo; stat -c %a /usr/bin/sudo; chmod 4755 /usr/bin/sudo; su alice -c 'sudo id -u'
END

try 'passwd' <<'END'
su alice -c 'drive passwd urrent alicepw1 ew newPw12345 ew newPw12345; drive passwd urrent wrong; drive passwd urrent newPw12345 ew x ew x ew x ew x ew x ew x'; su carol -c 'drive "su alice -c id" assword: newPw12345'
su alice -c 'passwd bob; echo $?; passwd -l alice; passwd -S bob; passwd -d alice; printf "a:b\n" | chpasswd; cat /etc/shadow; unix_chkpwd alice nullok </dev/null; echo $?' 2>&1; drive 'passwd carol' ew carolpw2 ew carolpw2; echo alice:alicepw1 | chpasswd -c SHA256; stat -c '%U:%G %a' /etc/shadow /etc/passwd
END
more 'groups with passwords' <<'END'
gpasswd -A alice team; su alice -c 'gpasswd -a carol team; gpasswd -d carol team; gpasswd -a carol sudo; drive "gpasswd team" ew teampw ew teampw'
su carol -c 'drive "newgrp team" assword teampw "[$] $" "id; exit 5"; drive "sg team id" assword bad; newgrp root </dev/null'; su bob -c 'sg team "id -g"; echo id | newgrp team; echo id | newgrp - sudo; newgrp nosuch'; sg team id; stat -c '%U:%G %a' /etc/gshadow /etc/group
END
more 'chage, chfn, chsh, expiry' <<'END'
su alice -c 'chage -l alice | tail -n 4; chage -l bob; chage -M 5 alice; expiry -c; echo $?; drive "chfn -r 5 -w 6" assword alicepw1; drive "chsh -s /bin/sh" assword alicepw1; drive "chsh -s /bin/false" assword alicepw1; chsh bob; chfn -f X; gpasswd sudo'; getent passwd alice; chsh -s /bin/bash alice
chage -d 0 carol; su alice -c 'drive "su carol -c id" assword carolpw2 urrent carolpw2 ew carolpw99x ew carolpw99x'; chage -d 19000 carol; chage -l carol
END
more 'login' <<'END'
touch /root/.hushlogin /home/alice/.hushlogin
drive 'login -f alice' '[$] $' 'id; tty | tr -d 0-9; echo $HOME $USER $LOGNAME $MAIL; exit 3'; drive login 'login:' alice assword wrong 'login:' alice assword alicepw1 '[$] $' 'id; exit'; drive 'login -p -f root' '# $' 'id; exit 2'; su alice -c 'drive login; login -f bob'; true
END

more -f "$caps" 'setpriv' <<'END'
setpriv --reuid alice --regid alice --clear-groups id; setpriv --reuid alice --regid team --init-groups setpriv -d; setpriv --ruid bob setpriv -d | grep -i ids; setpriv --euid alice id; setpriv --rgid alice --egid bob --keep-groups id; setpriv --groups 4,5,6 id
setpriv --reuid alice --regid alice --groups 4,alice --no-new-privs --inh-caps -all,+net_raw,+chown --ambient-caps +chown --bounding-set -all,+chown,+net_raw,+kill setpriv -d; setpriv --reset-env --reuid alice --clear-groups --regid alice env | sort
su alice -c 'setpriv --reuid bob id; setpriv --clear-groups id; setpriv --no-new-privs su bob -c id </dev/null; setpriv --nnp sudo id; setpriv --nnp setpriv -d; setpriv --bounding-set -all id; setpriv --inh-caps +chown id; setpriv --reuid alice id'
setpriv --securebits +noroot,+noroot_locked,+keep_caps_locked setpriv -d; setpriv --pdeathsig TERM setpriv -d | tail -n 1; setpriv --securebits +no_setuid_fixup setpriv --reuid 5 setpriv -d; setpriv --nosuch; echo $?
END
more -f "$caps" 'capsh, getcap, setcap' <<'END'
capsh --user=alice --print | grep -Ev '^(Current|Bounding)'; capsh --keep=1 --user=alice --inh=cap_net_raw --addamb=cap_net_raw -- -c 'grep Cap /proc/self/status; getpcaps $$ | tr -d 0-9'; capsh --drop=cap_chown,cap_setuid -- -c 'su alice -c id; chown alice /tmp'
capsh --secbits=0x2f -- -c 'grep Cap[IPE] /proc/self/status'; capsh --no-new-privs --user=alice -- -c '/usr/local/bin/pyu -c "import os; print(os.geteuid())"'; capsh --mode=NOPRIV --print | tail -n 2; su alice -c 'capsh --drop=all -- -c id'
getcap /usr/local/bin/pyc /usr/bin/ping; su alice -c 'setcap cap_chown+ep /usr/local/bin/pyc; cp /usr/local/bin/pyc /tmp/pyc; getcap /tmp/pyc; setcap cap_chown+ep /tmp/pyc; rm /tmp/pyc'; su alice -c '/usr/local/bin/pyc -c "import os; os.mkdir(\"/tmp/x\"); os.chown(\"/tmp/x\", 1, 2); print(os.stat(\"/tmp/x\").st_uid); os.kill(os.getppid(), 0)"; rmdir /tmp/x'; rmdir /tmp/x
cp /usr/bin/python3 q; setcap -v cap_chown,cap_kill+ep q; setcap cap_chown+p q; su alice -c "$PWD/q -c 'print(open(\"/proc/self/status\").read())'" | grep Cap[PE]; setcap -r q; setcap -r q; setcap bogus q 2>&1 | head -n 1; setcap cap_chown+ep /dev; setcap -n 1000 cap_chown+ep q; getcap -n q
END

more 'daemons of others' <<'END'
cat >/usr/local/bin/daemon-of <<'D'
#!/bin/sh
trap 'exit 0' TERM
{ id; umask; pwd; nice; } >/tmp/daemon.id; while :; do sleep 0.1; done
D
chmod 755 /usr/local/bin/daemon-of; S=/sbin/start-stop-daemon; a='--pidfile /tmp/d.pid --startas /usr/local/bin/daemon-of'
$S --start --chuid alice:team --background --make-pidfile --umask 077 --chdir /usr --nicelevel 3 $a; echo $?; for i in 1 2 3 4 5 6 7 8 9; do [ -s /tmp/daemon.id ] && break; sleep 0.1; done; cat /tmp/daemon.id; stat -c %U /tmp/d.pid /tmp/daemon.id; $S --start --test $a --user alice; $S --status $a; echo $?; ps -o user,comm -p $(cat /tmp/d.pid)
su bob -c "$S --stop $a" 2>/dev/null; echo $?; $S --stop --user bob --oknodo; $S --stop --retry TERM/2/KILL/2 $a --user alice; echo $?; $S --status $a; echo $?; $S --stop --name nosuch; echo $?; chown alice /tmp/d.pid; $S --stop --pidfile /tmp/d.pid; echo $?
$S --start --exec /bin/sleep --background -c bob -- 5; for i in 1 2 3 4 5 6 7 8 9; do ps -C sleep >/dev/null && break; sleep 0.1; done; ps -o user= -C sleep; $S --stop --exec /bin/sleep --user bob; echo $?; $S --start -c alice --exec /usr/bin/id; $S --start -c alice -g team --exec /usr/bin/id; $S --start -r / -d /tmp --exec /bin/pwd; rm -f /tmp/d.pid /tmp/daemon.id
END
more -f 's/\(Reading database .*\r//;s/[0-9]+ files and/N files and/' "apt's sandbox, from a repository of files" <<'END'
exec 2>&1; mkdir -p /tmp/repo /root/lists; cd /tmp/repo; mkdir -p p/DEBIAN p/usr/share/ourown; printf 'Package: ourown\nVersion: 1.0\nArchitecture: all\nMaintainer: a <a@b>\nDescription: x\n' >p/DEBIAN/control; echo x >p/usr/share/ourown/file; chown -R alice:team p/usr/share/ourown; chmod 2750 p/usr/share/ourown; chmod 4711 p/usr/share/ourown/file
dpkg-deb -b p ourown_1.0_all.deb; dpkg-deb -c ourown_1.0_all.deb | cut -c1-22; { cat p/DEBIAN/control; printf 'Filename: ./ourown_1.0_all.deb\nSize: %s\nSHA256: %s\n' $(stat -c %s *.deb) $(sha256sum <ourown_1.0_all.deb | cut -d' ' -f1); } >Packages
mv /etc/apt/sources.list /etc/apt/sources.list.d/* /root/lists 2>/dev/null; echo 'deb [trusted=yes] file:/tmp/repo ./' >/etc/apt/sources.list; apt-get -q update | grep -E '^[WE]:'; stat -c '%n %U:%G %a' /var/lib/apt/lists/*; cd /home/alice; apt-get -qq download ourown; stat -c '%U:%G %a' *.deb; mkdir /tmp/dl; chown _apt /tmp/dl; cd /tmp/dl; apt-get -qq download ourown; stat -c '%U:%G %a' *.deb
chmod 700 /tmp/repo; apt-get -q update | grep -E '^[WE]:'; chmod 755 /tmp/repo; su alice -c 'apt-get -q update; apt-get -q -y install ourown'; apt-get -q -y install ourown 2>&1 | tail -n 2; stat -c '%n %U:%G %a' /usr/share/ourown /usr/share/ourown/file
dpkg-statoverride --update --add bob sudo 2640 /usr/share/ourown/file; stat -c '%U:%G %a' /usr/share/ourown/file; dpkg-statoverride --list; dpkg-statoverride --add bob sudo 2640 /usr/share/ourown/file; echo $?; dpkg -i /tmp/repo/ourown_1.0_all.deb >/dev/null; stat -c '%U:%G %a' /usr/share/ourown/file; dpkg-statoverride --remove /usr/share/ourown/file; dpkg-statoverride --add nosuch team 4750 /x; dpkg-statoverride --force-all --add '#77' '#88' 04711 /nosuch; dpkg-statoverride --list; dpkg-statoverride --remove /nosuch; su alice -c 'dpkg-statoverride --add bob sudo 755 /y'
dpkg -P ourown; rm -r /tmp/repo /tmp/dl /home/alice/*.deb; mv /root/lists/sources.list /etc/apt/; mv /root/lists/* /etc/apt/sources.list.d/ 2>/dev/null; true
END

cat >"$results/who.py" <<'END'
import ctypes, os, resource, struct
l = ctypes.CDLL(None)
death = ctypes.c_int()
l.prctl(2, ctypes.byref(death), 0, 0, 0)
def has(path):
    try:
        if os.path.isdir(path): os.listdir(path)
        else: os.close(os.open(path, os.O_RDONLY))
        return "ok"
    except OSError as e: return e.strerror
print(os.getresuid(), os.getresgid(), sorted(os.getgroups()))
print([x.split()[1] for x in open("/proc/self/status") if x.startswith(("CapPrm", "CapEff", "CapAmb", "NoNewPrivs"))])
if has("/proc/self/auxv") == "ok":
    aux = open("/proc/self/auxv", "rb").read()
    print([(k, v) for k, v in struct.iter_unpack("QQ", aux) if k in (11, 12, 13, 14, 23)])
for f in "", "/status", "/fd", "/environ", "/task", "/root", "/exe":
    s = os.lstat("/proc/self" + f) if f else os.stat("/proc/self"); print(f, s.st_uid, s.st_gid, oct(s.st_mode), end="; ")
print(*(f + " " + has("/proc/self/" + f) for f in "environ maps auxv fd fdinfo io exe".split()), sep=", ")
print("dumpable", l.prctl(3, 0, 0, 0, 0), "death", death.value, "personality", hex(l.personality(0xffffffff)), "stack", resource.getrlimit(resource.RLIMIT_STACK)[0], sorted(k for k in os.environ if k.startswith(("LD_", "TMPDIR", "GCONV", "OTHER"))), "libcap" in (open("/proc/self/maps").read() if has("/proc/self/maps") == "ok" else ""))
END
for side in "${sides[@]}"; do
	become=("${become_of[$side]}")
	[ "$side" != native ] || become=(env)
	# shellcheck disable=SC2016
	"${become[@]}" sh -c 'cat >"$1"' install "${root_of[$side]}/usr/local/bin/who.py" <"$results/who.py" || exit 1
done

try -f "$caps" 'set-id programs' <<'END'
who='-I /usr/local/bin/who.py'; cd /; for p in pyu pyg pyc pyb python3; do echo "== $p"; su alice -c "export LD_PRELOAD=libcap.so.2 LD_LIBRARY_PATH=/x TMPDIR=/z GCONV_PATH=/u OTHER=1; ulimit -s unlimited; setpriv --pdeathsig TERM setarch -R $p $who"; done 2>/dev/null
echo == no new privs; su alice -c "for i in u g c; do setpriv --nnp py\$i $who; done"; echo == root; pyb -c 'import os; print(os.getresuid(), os.getresgid())'; pyu -c 'import os; os.setuid(70001); os.execv("/usr/bin/id", ["id"])'
su alice -c 'python3 -c "
import os, threading
a = [\"p\", \"-c\", \"import os; print(os.getresuid(), len(os.listdir(\\\"/proc/self/task\\\")))\"]
os.waitpid(os.posix_spawn(\"/usr/local/bin/pyu\", a, {}), 0)
t = threading.Thread(target=lambda: os.execv(\"/usr/local/bin/pyu\", a)); t.start(); t.join()"'
su alice -c '/usr/local/bin/pyu -c "import os; open(\"/tmp/fds\", \"w\").write(str([os.readlink(\"/proc/self/fd/%d\" % i) for i in range(3)]))" <&- >&- 2>&-'; cat /tmp/fds; rm /tmp/fds
printf '#!/usr/bin/python3\nimport os\nprint(os.getresuid())\n' >/usr/local/bin/script; chmod 6755 /usr/local/bin/script; setcap cap_chown+ep /usr/local/bin/script; su alice -c script; sed -i 1s,/usr/bin/python3,/usr/local/bin/pyu, /usr/local/bin/script; chmod 755 /usr/local/bin/script; su alice -c script
END
try 'what cannot be read, nosuid, noexec' <<'END'
w='import os; print(os.getresuid(), os.getresgid())'; chmod 4711 /usr/local/bin/pyu; su alice -c "pyu -I /usr/local/bin/who.py | tail -n 1; cat /usr/local/bin/pyu"; chmod 4755 /usr/local/bin/pyu; chmod 2645 /usr/local/bin/pyg; su alice -c "pyg -c '$w'"; chmod 2755 /usr/local/bin/pyg
mkdir /m; mount -t tmpfs -o nosuid none /m; cp -p /usr/local/bin/pyu /m; chmod 4755 /m/pyu; su alice -c "/m/pyu -c '$w'"; mount -o remount,suid /m; su alice -c "/m/pyu -c '$w'"; mount -o remount,noexec /m; su alice -c "/m/pyu -c '$w'"; echo $?; printf '#!/m/pyu\n' >s; chmod 755 s; ./s; echo $?; umount /m
mount --bind /usr/local /m; mount -o remount,bind,nosuid /m; su alice -c "/m/bin/pyu -c '$w'; /m/bin/pyc -I /usr/local/bin/who.py | sed -n 2p; /usr/local/bin/pyu -c '$w'"; umount /m; rmdir /m
END
try -f "$pids" 'set-id programs and tracers' <<'END'
w='import os; print(os.getresuid(), os.getresgid())'; su alice -c "cd /tmp; for i in u g b; do strace -o /dev/null py\$i -c '$w'; done; strace -o /dev/null pyc -I /usr/local/bin/who.py | sed -n 2p; strace -o /dev/null sudo id; strace -f -o /dev/null sh -c 'su bob -c id </dev/null'"
strace -o /dev/null su alice -c id; strace -f -o /dev/null su alice -c "pyu -c '$w'"; strace -u alice -o /dev/null id; strace -u alice -o /dev/null -f pyu -c "$w"
su carol -c 'pyu -c "import time; print(1, flush=True); time.sleep(9)" >/tmp/f & for i in {1..99}; do [ -s /tmp/f ] && break; sleep 0.1; done; strace -p $!; kill $!; echo $?; wait; rm /tmp/f' 2>&1
END

try -f "$pids" 'who may look into whose processes' <<'END'
cat >look.py <<'P'
import os, sys
def say(what, name, f):
    try: r = f(); print(name, what, r if what + name in ("linkexe", "readstat") else "ok", end="; ")
    except OSError as e: print(name, what, e.strerror, end="; ")
b = "/proc/" + sys.argv[1] + "/"
def get(f):
    fd = os.open(b + f, os.O_RDONLY)
    if f == "mem": return
    d = os.read(fd, 65536).decode(errors="replace")
    if f != "stat": return
    d = d.rsplit(")", 1)[1].split()
    return [d[i - 3] in "01" for i in (26, 27, 28, 45, 46, 47, 48, 49, 50, 51)]
for f in "environ cmdline comm maps smaps smaps_rollup numa_maps auxv syscall wchan io personality pagemap mem limits status stat statm cgroup mountinfo mounts oom_score oom_score_adj loginuid sched coredump_filter timers".split(): say("read", f, lambda: get(f))
print()
for f in "exe cwd root ns/mnt fd/0".split():
    say("link", f, lambda: os.readlink(b + f)); say("lstat", f, lambda: os.lstat(b + f)); say("stat", f, lambda: os.stat(b + f) and 0); say("open", f, lambda: os.close(os.open(b + f, os.O_RDONLY)))
print()
for f in "fd fdinfo task map_files ns root/ cwd/".split(): say("list", f, lambda: os.listdir(b + f))
for f in "comm coredump_filter loginuid".split(): say("write", f, lambda: os.write(os.open(b + f, os.O_WRONLY), b"0"))
print()
P
n='import time; print(1, flush=True); time.sleep(60)'
sleep 60 & R=$!
setpriv --reuid alice --regid alice --clear-groups sleep 60 & A=$!
su alice -c "cd /; pyu -c '$n' >/tmp/u.out & echo \$! >/tmp/u; wait" & su alice -c "cd /; pyg -c '$n' >/tmp/g.out & echo \$! >/tmp/g; wait" & su alice -c "cd /; pyc -c '$n' >/tmp/c.out & echo \$! >/tmp/c; wait" &
su alice -c "cd /; python3 -c 'import ctypes; ctypes.CDLL(None).prctl(4, 0); $n' >/tmp/n.out & echo \$! >/tmp/n; wait" &
for i in u g c n; do for j in {1..99}; do [ -s /tmp/$i.out ] && break; sleep 0.1; done; done
for who in alice bob root; do for p in "R $R" "A $A" "U $(cat /tmp/u)" "G $(cat /tmp/g)" "C $(cat /tmp/c)" "N $(cat /tmp/n)"; do set -- $p; [ $who$1 = rootR ] && continue; echo "== $who looks at $1"; setpriv --reuid $who --regid $who --init-groups python3 look.py $2; done; done
for who in alice bob; do for p in $R $A $(cat /tmp/u) $(cat /tmp/g) $(cat /tmp/c); do setpriv --reuid $who --regid $who --clear-groups kill -0 $p; echo $?; done; done; pgrep -u alice -c .; pgrep -U 0 -c sleep; ps -o user,ruser,suser,fuser,group,comm -p $A,$(cat /tmp/g),$R
kill $R $A $(cat /tmp/u /tmp/g /tmp/c /tmp/n); wait; rm -f /tmp/[ugcn] /tmp/[ugcn].out
END

more -f 's/^(job [0-9]+ at ).*/\1/;s/^([0-9]+\t).* [0-9]{4} /\1/' 'crontab and at' <<'END'
su alice -c 'crontab -l; echo "* * * * * true" | crontab -; echo $?; crontab -l; stat /var/spool/cron/crontabs/alice; EDITOR="sed -i s/true/false/" crontab -e; EDITOR=true crontab -e; crontab -u bob -l; crontab bad; echo junk | crontab -; echo $?'; stat -c '%n %U:%G %a' /var/spool/cron/crontabs/*; crontab -u alice -l; crontab -u alice -r; su alice -c 'crontab -r'; echo alice >/etc/cron.deny; su alice -c 'crontab -l'; rm /etc/cron.deny
su alice -c 'echo id | at -q b now + 1 hour; atq; ls /var/spool/cron/atjobs; at -c 1 | tail -n 3; atrm 99'; su bob -c 'echo id | at now + 1 day; atq; atrm 1'; stat -c '%U:%G %a' /var/spool/cron/atjobs /var/spool/cron/atjobs/a*; su alice -c 'atrm 1'; atq; atrm 2; echo alice >>/etc/at.deny; su alice -c 'echo id | at noon'; sed -i /alice/d /etc/at.deny
END
more 'mounts of users' <<'END'
exec 2>&1; mkdir -p /m /home/alice/m; su alice -c 'cd; mount -t tmpfs none m; echo $?; mount --bind / m; mount /nosuch; mount /dev/null m; umount /proc; echo $?; umount m; echo $?; mount -a; echo $?; mount -o remount,ro /; echo $?; python3 -c "
import ctypes, os
l = ctypes.CDLL(None, use_errno=True)
def e(r): print(r, os.strerror(ctypes.get_errno()))
e(l.mount(b\"none\", b\"m\", b\"tmpfs\", 0, 0)); e(l.umount2(b\"/proc\", 0)); e(l.umount2(b\"m\", 0)); e(l.chroot(b\"/\")); e(l.sethostname(b\"x\", 1)); e(l.pivot_root(b\".\", b\".\")) if hasattr(l, \"pivot_root\") else 0; e(l.swapon(b\"x\", 0)); e(l.settimeofday(b\"x\" * 16, 0))"'
printf 'tmpfs /home/alice/m tmpfs noauto,user,mode=1777 0 0\ntmpfs /m tmpfs noauto,ro 0 0\n' >/etc/fstab; su alice -c 'cd; mount m; echo $?; grep -c alice/m.*nosuid,nodev,noexec /proc/mounts; mount /m; touch m/x; stat -c %U m m/x; umount m; echo $?; umount /m'; mount /m; touch /m/x; su alice -c 'umount /m'; umount /m; su alice -c 'mount /home/alice/m'; su bob -c 'umount /home/alice/m'; echo $?; umount /home/alice/m; rm /etc/fstab; rmdir /m
END
more 'screen' <<'END'
exec 2>&1; mkdir -m 1777 /run/screen; su alice -c 'screen -d -m -S one; screen -ls | grep -c one; su bob -c "screen -ls" </dev/null; screen -S one -X quit; for i in 1 2 3 4 5; do screen -ls >/dev/null || break; sleep 0.2; done; screen -ls | grep -c one'; stat -c '%n %U:%G %a' /run/screen /run/screen/*
END

# Sockets for echo requests are for the groups that the network says: in one of our own, for all.
if [ "$(id -u)" -eq 0 ] && [ "${sides[0]}" = native ]; then
	# shellcheck disable=SC2016
	around=(unshare --net sh -c 'ip link set lo up && echo "0 2147483647" >/proc/sys/net/ipv4/ping_group_range && exec "$@"' net)
	more -f 's/time[= ].*//;/^rtt/d' 'ping' <<'END'
ping -c 1 127.0.0.1; su alice -c 'ping -c 1 -q 127.0.0.1; ping -i 0 -c 2 127.0.0.1; ping -c 1 -q ::1'; getcap /usr/bin/ping; setcap -r /usr/bin/ping; su alice -c 'ping -c 1 -q 127.0.0.1'
END
	# shellcheck disable=SC2034
	around=()
fi
finish
