#!/usr/bin/env bash
# (pitfall 17) lxrun started by guests of lxrun, and by guests of those: the same output and exit statuses as natively in a
# chroot, where
# it is an ordinary run.
. "$(dirname "$0")/lib.sh"
battery core

if [ -z "$lxrun" ]; then
	skip 'nested # SKIP there is no lxrun yet'
	finish
fi
for side in "${sides[@]}"; do
	for program in lxrun lxrun-resident; do
		${become_of[$side]} sh -c 'mkdir -p "$1" && cat >"$1/$2" && chmod 755 "$1/$2"' copy "${root_of[$side]}$work/bin" \
			"$program" <"$(dirname "$lxrun")/$program" || die "cannot copy $program"
	done
done
export_path='export XDG_RUNTIME_DIR=$W/run; mkdir -p -m 700 $W/run; L="$W/bin/lxrun --rootfs $W/a"'

try 'two small root directories, one in the other' <<'END'
for r in $W/a $W/a/b; do
	mkdir -p $r/bin $r/proc $r/sys $r/dev $r/tmp $r/run $r/etc $r/lib64 $r/lib/x86_64-linux-gnu && chmod 1777 $r/tmp || exit
	cp /bin/busybox $W/bin/lxrun $W/bin/lxrun-resident $r/bin/ || exit
	for name in sh cat ls id pwd env kill sleep test true false echo head grep tr mkdir rm stat readlink wc sort mount; do
		ln -s busybox $r/bin/$name || exit
	done
	cp /lib64/ld-linux-x86-64.so.2 $r/lib64/ && cp /lib/x86_64-linux-gnu/libc.so.6 $r/lib/x86_64-linux-gnu/ || exit
	printf 'root:x:0:0::/:/bin/sh\nsomebody:x:1234:1234::/tmp:/bin/sh\n' >$r/etc/passwd
	printf 'root:x:0:\nsomebody:x:1234:\nmore:x:77:somebody\n' >$r/etc/group
	echo "name of ${r##*/}" >$r/etc/name
done
END

try 'a command' "$export_path; \$L -- cat /etc/name; \$L -- ls / /dev /dev/pts/ptmx; \$L -- sh -c 'echo 1 >/dev/null; head -c 3 /dev/zero | wc -c; ls /proc/self/fd | wc -l; test -d /sys/kernel; echo \$?; readlink /proc/self/exe /proc/self/root /proc/self/cwd'; echo in | \$L -- cat; \$L -- cat /proc/1/nothing 2>/dev/null; echo \$?"
try 'exit statuses' "$export_path; for c in true false 'sh -c \"exit 77\"' 'sh -c \"kill -9 \\\$\\\$\"' 'sh -c \"kill -SEGV \\\$\\\$\"' nothing-of-that-name /etc/passwd /etc/nothing; do eval \"\$L -- \$c\" 2>err; echo \"\$? \$(grep -c lxrun: err)\"; done; \$L --nonsense 2>/dev/null; echo \$?; \$W/bin/lxrun --rootfs /nothing -- true 2>/dev/null; echo \$?; \$L --cd /nothing -- true 2>/dev/null; echo \$?; \$L -u nobody-there true 2>/dev/null; echo \$?"
try 'users, directories, variables' "$export_path; \$L -u somebody -- sh -c 'id; pwd; env | sort | grep -v RUNTIME; echo x >/etc/x; mkdir /tmp/of-mine && stat -c %u:%g:%a /tmp/of-mine; cd /tmp; rm -r of-mine'; \$L --cd /etc --env A=b -- sh -c 'pwd; echo \$A; id -u'; echo 'echo \$0; id -u; exit 3' | \$L; echo \$?; \$L -u 4321 -- id -u"
try 'three deep' "$export_path; \$L -- /bin/lxrun --rootfs /b -- cat /etc/name; \$L -- sh -c 'lxrun --rootfs /b -- sh -c \"ls /; echo \\\$\\\$ >/tmp/pid; echo x >/dev/null && cat /etc/name; ls /proc/self/task | wc -l; exit 9\"; echo \$?; cat /etc/name; ls /b/proc | wc -l'; ls \$W/a/dev \$W/a/b/dev \$W/a/proc | wc -w; grep -c \$W/a /proc/self/mounts; true"
try 'several at a time, and one that leaves somebody behind' "$export_path; for i in 1 2 3 4 5; do \$L -- sh -c 'for i in 1 2 3; do echo x >/dev/null && cat /etc/name; test -e /proc/self/status || echo lost; done' & done | sort | uniq -c; wait; \$L -- sh -c '(sleep 1; echo late >/dev/null && echo late) & exit 2'; echo \$?; sleep 1.5; \$L -- true; grep -c \$W/a /proc/self/mounts; true"
try 'signals and stops' "$export_path; \$L -- sh -c 'trap \"echo got TERM; exit 4\" TERM; echo ready >\$0; while :; do sleep 0.1; done' /tmp/ready & p=\$!; until [ -e \$W/a/tmp/ready ]; do sleep 0.05; done; kill \$p; wait \$p; echo \$?; \$L -- sh -c 'kill -STOP \$\$; echo went on; exit 6' & p=\$!; sleep 1; grep -c '^State:.[Tt]' /proc/\$p/status; kill -CONT \$p; wait \$p; echo \$?"
finish
