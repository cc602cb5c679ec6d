#!/usr/bin/env bash
# Version 2 with systemd: it is the distribution's pid 1, and has started when the first command runs; units, timers, the journal,
# sessions of users, and two distributions at once.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/vm.lib.sh"
vm_begin

for side in "${sides[@]}"; do
	import one systemd ''

	# The first command.
	limit=400 like 'it has started when the first command runs' '(running|degraded) 0' one sh -c 'systemctl is-system-running || :'
	is 'no unit has failed' ' 0' one systemctl --failed --plain --no-legend
	is 'pid 1' 'systemd 0' one cat /proc/1/comm
	is 'nothing waits to be started' 'No jobs running. 0' one systemctl list-jobs
	is 'no getty, no modules' 'masked-runtime masked-runtime masked-runtime  4' one sh -c 'for unit in console-getty getty@tty1 modprobe@loop; do
		printf "%s " "$(systemctl is-enabled $unit 2>/dev/null)"; done; exit 4'
	is 'boot.command' 'booted as root 0' one sh -c 'for i in $(seq 100); do [ ! -s /run/booted ] || break; sleep 0.1; done; cat /run/booted'
	is 'nothing of it is written to the disk' ' 1' one sh -c 'ls -d /etc/systemd/system/lxrun* 2>/dev/null | grep lxrun'

	# The user's session.
	is 'who' 'ann 0' one id -un
	is 'it has a directory' '/run/user/1000 700 ann 0' one sh -c 'echo $XDG_RUNTIME_DIR $(stat -c "%a %U" $XDG_RUNTIME_DIR)'
	like 'commands are in a session of logind' '0::/user.slice/user-1000.slice/session-([a-z0-9]+).scope 0' one cat /proc/self/cgroup
	is 'its name' 'yes 0' one sh -c 'case $(cat /proc/self/cgroup) in */session-$XDG_SESSION_ID.scope) echo yes ;; esac'
	is 'logind knows it' '1000 ann user active 0' one sh -c 'loginctl show-session $XDG_SESSION_ID |
		sed -n "s/^\(User\|Name\|Class\|State\)=//p" | tr "\n" " " | sed "s/ $//"'
	is 'systemctl --user' 'running 0' one systemctl --user is-system-running
	is 'a unit of the user' 'from a unit 0' one systemd-run --user --wait --pipe -q echo from a unit
	is 'a command of root' '0::/user.slice/user-0.slice 0' -u root one sh -c 'sed "s,/session.*,," /proc/self/cgroup'
	is 'one session for all commands of a user' '1 0' one sh -c 'loginctl list-sessions --no-legend | grep -c ann'
	is 'it is ended' ' 0' -u root one sh -c 'loginctl terminate-user ann; for i in $(seq 100); do
		[ -e /run/lxrun-session-1000 ] || break; sleep 0.1; done'
	like 'and another one started' '/run/user/1000 running 0' one sh -c 'echo $XDG_RUNTIME_DIR $(systemctl --user is-system-running)'

	# Units, the journal, timers.
	is 'a service' 'active 0' -u root one sh -c 'printf "[Service]\nExecStart=/bin/sh -c \"echo said; exec sleep 1000\"\n" >/etc/systemd/system/talk.service
		systemctl daemon-reload && systemctl start talk && systemctl is-active talk'
	is 'the journal has what it said' 'said 0' -u root one sh -c 'for i in $(seq 100); do
		line=$(journalctl -u talk -o cat | grep said) && break; sleep 0.1; done; echo "$line"'
	is 'a timer' 'ticked 0' -u root one sh -c 'systemd-run -q --on-active=0.1 --timer-property=AccuracySec=10ms sh -c "echo ticked >/run/ticked"
		for i in $(seq 200); do [ ! -s /run/ticked ] || break; sleep 0.1; done; cat /run/ticked'
	is 'limits of a unit' '33554432 0' -u root one systemd-run -q --wait --pipe -p MemoryMax=32M sh -c 'cat /sys/fs/cgroup$(sed s/0::// /proc/self/cgroup)/memory.max'

	# Another one beside it, which has no systemd, in the same VM.
	tar=$("$tests_dir/rootfs" tar systemd)
	limit=300 lx --import two - --version 2 --quiet <"$tar"
	check 'another distribution' ' 0' "$out"
	is 'it runs beside the first' 'init 0' two cat /proc/1/comm
	is 'its processes' '0 0' two sh -c 'cat /proc/[0-9]*/comm | grep -c systemd; exit 0'
	is 'its name' 'mine 0' -u root two sh -c 'hostname mine; hostname'
	is 'and not of the other' 'other 0' one sh -c '[ "$(hostname)" = mine ] || echo other'
	is 'its mounts' ' 0' -u root two sh -c 'mkdir /only && mount -t tmpfs only /only && grep -q /only /proc/mounts'
	is 'and not of the other' ' 1' one grep /only /proc/mounts
	is 'its IPC' '1 0' -u root two sh -c 'ipcmk -Q >/dev/null; tail -n +2 /proc/sysvipc/msg | wc -l'
	is 'and not of the other' '0 0' one sh -c 'tail -n +2 /proc/sysvipc/msg | wc -l'
	is 'its cgroups' '0 0' two sh -c 'ls /sys/fs/cgroup | grep -c slice; exit 0'
	is 'the network is for both' 'heard 0' two sh -c '(busybox nc -l -p 10999 -e /bin/echo heard >/dev/null 2>&1 &)
		for i in $(seq 50); do busybox nc -w 5 127.0.0.1 10999 2>/dev/null </dev/null && exit; sleep 0.1; done'
	is 'a server of one' ' 0' two sh -c '(echo across | busybox nc -l -p 10998 >/dev/null 2>&1 &); sleep 0.3'
	is 'is reached from the other' 'across 0' one sh -c 'for i in $(seq 50); do busybox nc -w 5 127.0.0.1 10998 </dev/null 2>/dev/null && exit; sleep 0.1; done'
	is 'ended' ' 0' --terminate two
	is 'which nothing happens to the other by' 'active 0' one systemctl is-active talk
	check 'one runs' Running "$(state one)"
	check 'two does not' Stopped "$(state two)"
	limit=400 is 'it is started again' 'again 0' two echo again

	# Ends.
	lx -u root one systemctl poweroff
	check 'systemctl poweroff ends the distribution' Stopped "$(until_is Stopped state one)"
	is 'and no other' 'there 0' two echo there
	limit=400 like 'it is started again by a command' '(running|degraded) 0' one sh -c 'systemctl is-system-running || :'
	is 'services are ended in order' ' 0' -u root one sh -c 'printf "[Service]\nExecStart=/bin/sleep 1000\nExecStop=/bin/sh -c \"echo stopped >/root/stopped\"\n" \
		>/etc/systemd/system/last.service; systemctl daemon-reload; systemctl start last'
	is 'by --terminate' ' 0' --terminate one
	check 'it is ended' Stopped "$(state one)"
	limit=400 is 'which they have noticed' 'stopped 0' -u root one cat /root/stopped
	is '--shutdown' ' 0' --shutdown
	disk=${home_of_side[$side]}/lxrun/stores/one/disk.ext4
	/sbin/e2fsck -fn "$disk" >"$results/fsck" 2>&1
	check 'fsck finds nothing' 0 $?

	# systemd that does not get ready is not waited for for ever.
	limit=400 is 'a unit that hangs' ' 0' -u root one sh -c 'printf "[Service]\nType=oneshot\nExecStart=/bin/sleep 1000\n" >/etc/systemd/system/slow.service
		mkdir -p /etc/systemd/system/multi-user.target.wants && ln -s ../slow.service /etc/systemd/system/multi-user.target.wants/
		sed -i s/initTimeout=.*/initTimeout=4000/ /etc/wsl.conf'
	is 'ended again' ' 0' --terminate one
	limit=400 is 'a command runs all the same' 'runs 0' -u root one echo runs
	check 'and it is said' 1 "$(grep -c initTimeout "$results/err")"
	is 'at last' ' 0' --shutdown
done
vm_finish
