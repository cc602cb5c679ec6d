#!/usr/bin/env bash
# Services of real packages: their maintainer scripts, their init scripts, and systemctl of guest-tools on their unit files; who
# runs what, and what is left. The same program natively and under lxrun. Ports are above 1024, for the unprivileged user.
. "$(dirname "$0")/lib.sh"
battery base own

tools=$(dirname "${lxrun:-/nonexistent/lxrun}")/lxrun-tools
[ -x "$tools" ] || die "lxrun-tools is not beside lxrun"
for side in "${sides[@]}"; do
	${become_of[$side]} sh -c 'cd "$1/usr/local/bin" && cat >lxrun-tools && chmod 755 lxrun-tools &&
		ln -s lxrun-tools systemctl && ln -s lxrun-tools lxinfo && ln -s lxrun-tools lxpath' install "${root_of[$side]}" <"$tools" || exit 1
done

apt='DEBIAN_FRONTEND=noninteractive apt-get -o APT::Sandbox::User=root -o Dpkg::Use-Pty=0 -o Acquire::Retries=3 -qq -y --no-install-recommends'
packages='cron nginx-light redis-server openssh-server dbus procps curl'
units='nginx redis-server ssh dbus cron'
# Who runs a program, as a sorted list without pids; and how many do. Natively there are processes of others: those of
# this root count.
# shellcheck disable=SC2016
here='here() { for p in $(pgrep "$@"); do [ "/proc/$p/root" -ef / ] && ps -o user:16=,comm=,stat= -p "$p" | awk "\$3 !~ /^Z/ { print \$1, \$2 }"; done; }
who() { here "$@" | sort | uniq -c; }
'

try -t 600 -f '/^(debconf|Get|Fetched|Preconfiguring)/d;s/\(Reading database .*\r//;/SHA256/d' 'maintainer scripts without an init: invoke-rc.d holds back' \
	"$apt update && $apt install $packages 2>&1 | grep -E '^(invoke-rc.d|dpkg: error|E:)' | sort | uniq -c; dpkg --audit; echo \$?"
try 'what deb-systemd-helper and update-rc.d have made' 'find /etc/systemd/system /etc/rc[0-6S].d -type l -printf "%p -> %l\n" | sort; deb-systemd-helper is-enabled nginx.service; deb-systemd-helper was-enabled ssh.service; echo $?'
try 'ports that everybody may use' "sed -i 's/listen 80 /listen 18480 /; s/listen \[::\]:80 /listen [::]:18480 /' /etc/nginx/sites-enabled/default; sed -i 's/^port .*/port 18479/' /etc/redis/redis.conf; echo 'Port 18422' >>/etc/ssh/sshd_config; printf '#!/bin/sh\nexit 0\n' >/usr/sbin/policy-rc.d; chmod 755 /usr/sbin/policy-rc.d"

try 'what the rest uses' "cat >/root/here <<'X'
$here
X"
try 'enabled units' 'for i in nginx redis-server redis ssh sshd dbus cron nosuch; do systemctl is-enabled $i; echo $?; done'
try 'nothing runs' 'for i in nginx ssh nosuch; do systemctl is-active $i; echo $?; systemctl status $i >/dev/null 2>&1; echo $?; done; systemctl start nosuch; echo $?; systemctl stop nosuch; echo $?; systemctl is-failed ssh; echo $?'
# In one command each, for an instance ends with its last program.
try 'start, who runs, stop' '. /root/here
for i in '"$units"'; do systemctl start $i; echo "start $i $?"; systemctl is-active $i; done
who "nginx|redis|sshd|dbus|cron"; curl -s localhost:18480 | grep -c "Welcome to nginx"; redis-cli -p 18479 ping; timeout 5 bash -c "exec 3<>/dev/tcp/127.0.0.1/18422; head -c 8 <&3; echo"; test -S /run/dbus/system_bus_socket; echo $?
systemctl status nginx redis-server | grep -E "^(●|     (Loaded|Status):)"; systemctl show -p ActiveState,SubState,Result,Type,User redis-server
systemctl reload nginx; echo $?; systemctl reload cron; echo $?; systemctl restart redis-server; echo $?; redis-cli -p 18479 ping
for i in '"$units"'; do systemctl stop $i; echo "stop $i $?"; systemctl is-active $i; done
who "nginx|redis|sshd|dbus|cron"; systemctl list-units --no-legend'
try 'init scripts, and systemctl seeing what they started' '. /root/here
for i in nginx redis-server ssh dbus cron; do service $i start 2>/dev/null; service $i status; echo $?; systemctl is-active $i; systemctl start $i; echo $?; done
who "nginx|redis|sshd|dbus|cron"
service nginx restart; echo $?; service cron reload; echo $?; systemctl stop nginx cron ssh; for i in redis-server dbus; do service $i stop; done
for i in nginx redis-server ssh dbus cron; do systemctl is-active $i; service $i status >/dev/null; echo $?; done'
try 'invoke-rc.d and policy-rc.d' 'invoke-rc.d cron start; echo $?; service cron status; invoke-rc.d cron stop; echo $?
printf "#!/bin/sh\nexit 101\n" >/usr/sbin/policy-rc.d; invoke-rc.d cron start; echo $?; service cron status; printf "#!/bin/sh\nexit 0\n" >/usr/sbin/policy-rc.d'
try 'enable, disable, mask' 'systemctl disable cron; systemctl is-enabled cron; ls /etc/systemd/system/multi-user.target.wants /etc/rc2.d; systemctl enable cron; systemctl is-enabled cron; ls /etc/systemd/system/multi-user.target.wants /etc/rc2.d; systemctl mask nginx; systemctl start nginx; echo $?; systemctl is-enabled nginx; systemctl unmask nginx; systemctl is-enabled nginx; systemctl enable nosuch; echo $?; systemctl preset cron; echo $?'

# Units of our own: what each setting does.
try 'unit files' <<'END'
. /root/here; dir=/etc/systemd/system; mkdir -p $dir
unit() { cat >$dir/$1.service; }
unit e2e-oneshot <<'U'
[Service]
Type=oneshot
RemainAfterExit=yes
User=nobody
Group=daemon
SupplementaryGroups=mail
WorkingDirectory=/usr
UMask=0027
LimitNOFILE=99
Environment="A=a b" B=%p
EnvironmentFile=-/nonexistent
RuntimeDirectory=e2e/deep
RuntimeDirectoryMode=0750
StateDirectory=e2e
ExecStartPre=-/bin/false
ExecStartPre=+/bin/sh -c 'echo pre as $$(id -un)'
ExecStart=/bin/sh -c 'id -un; id -gn; id -Gn; pwd; umask; ulimit -n; echo "$A|$B|$HOME|$USER|$RUNTIME_DIRECTORY|$STATE_DIRECTORY"; stat -c "%%U %%G %%a" $RUNTIME_DIRECTORY $STATE_DIRECTORY'
ExecStart=/bin/echo $A ${A} $$A
ExecStop=/bin/sh -c 'echo stopping as $$(id -un) $$SERVICE_RESULT'
U
unit e2e-fails <<'U'
[Service]
ExecStart=/bin/sh -c 'exit 3'
Type=oneshot
U
unit e2e-missing <<'U'
[Service]
ExecStart=/nonexistent/program
U
unit e2e-condition <<'U'
[Unit]
ConditionPathExists=/nonexistent
[Service]
ExecStart=/bin/sleep 1000
U
unit e2e-needs <<'U'
[Unit]
Requires=e2e-oneshot.service
After=e2e-oneshot.service
[Service]
ExecStart=/bin/sleep 1000
U
unit e2e-broken-need <<'U'
[Unit]
Requires=e2e-fails.service
[Service]
ExecStart=/bin/sleep 1000
U
unit e2e@ <<'U'
[Service]
ExecStart=/bin/sh -c 'echo instance %i; exec sleep 1000'
U
unit e2e-again <<'U'
[Service]
Restart=on-failure
RestartSec=50ms
StateDirectory=e2e-again
ExecStart=/bin/sh -c 'echo x >>/var/lib/e2e-again/log; test $(wc -l </var/lib/e2e-again/log) -lt 3 && exit 1; exec sleep 1000'
U
unit e2e-tree <<'U'
[Service]
Type=forking
ExecStart=/bin/sh -c '(setsid sh -c "sleep 1000 & sleep 1000" &) ; (sleep 1000 &)'
U
unit e2e-stubborn <<'U'
[Service]
TimeoutStopSec=1
ExecStart=/bin/sh -c 'trap "" TERM; while :; do sleep 0.1; done'
U
until_is() { for i in {1..100}; do [ "$(systemctl show --value -p "$1" "$3")" = "$2" ] && break; sleep 0.1; done; systemctl show -p "$1" "$3"; }
log() { sed 's/^... .. ..:..:.. systemctl/systemctl/' /run/lxrun/units/$1.service.log; }
systemctl start e2e-oneshot; echo $?; systemctl is-active e2e-oneshot; systemctl show -p SubState e2e-oneshot; systemctl stop e2e-oneshot; echo $?; log e2e-oneshot; ls -d /run/e2e/deep /var/lib/e2e
systemctl start e2e-fails; echo $?; systemctl is-failed e2e-fails; systemctl show -p Result e2e-fails; systemctl reset-failed e2e-fails; systemctl is-active e2e-fails
systemctl start e2e-missing; echo $?; systemctl is-active e2e-missing; systemctl show -p ExecMainStatus e2e-missing
systemctl start e2e-condition; echo $?; systemctl is-active e2e-condition
systemctl start e2e-needs; echo $?; systemctl is-active e2e-needs e2e-oneshot; systemctl stop e2e-oneshot; systemctl is-active e2e-needs
systemctl start e2e-broken-need; echo $?; systemctl is-active e2e-broken-need
systemctl start e2e@one e2e@two; echo $?; for i in {1..100}; do log e2e@one | grep -q instance && break; sleep 0.1; done; log e2e@one | sort; systemctl is-active e2e@one e2e@three; systemctl start e2e@; echo $?; systemctl stop 'e2e@*'; systemctl is-active e2e@one
systemctl start e2e-again; until_is NRestarts 2 e2e-again; systemctl is-active e2e-again; systemctl stop e2e-again; rm -r /var/lib/e2e-again
systemctl start e2e-tree; echo $?; until_is TasksCurrent 4 e2e-tree; systemctl stop e2e-tree; echo $?; here -x sleep | wc -l
systemctl start e2e-stubborn; systemctl stop e2e-stubborn; echo $?; systemctl show -p Result e2e-stubborn
END
try 'signals, readiness, a killed monitor' <<'END'
. /root/here; dir=/etc/systemd/system
cat >$dir/e2e-notify.service <<'U'
[Service]
Type=notify
NotifyAccess=all
KillMode=mixed
ExecStart=/usr/bin/perl -MIO::Socket::UNIX -e 'sleep 1; open F, ">/run/e2e-ready"; IO::Socket::UNIX->new(Type => SOCK_DGRAM, Peer => $$ENV{NOTIFY_SOCKET})->send("READY=1\nSTATUS=is up"); sleep 1000'
ExecStopPost=/bin/rm /run/e2e-ready
U
systemctl start e2e-notify; echo $?; ls /run/e2e-ready; systemctl show -p StatusText,SubState e2e-notify
systemctl kill -s STOP e2e-notify; systemctl stop e2e-notify; echo $?; ls /run/e2e-ready
systemctl start e2e-notify; kill -9 $(ps -eo pid,args | awk '/lxrun: e2e-notify/ && !/awk/ { print $1 }'); sleep 0.2; systemctl is-active e2e-notify; systemctl stop e2e-notify; echo $?; systemctl is-active e2e-notify; here perl | wc -l
for i in 1 2 3 4 5 6; do systemctl start e2e-notify & done; wait; here perl | wc -l; systemctl stop e2e-notify; here perl | wc -l
END
try 'what users may' 'su nobody -s /bin/sh -c "PATH=/usr/local/bin:/bin; systemctl start cron; echo \$?; systemctl is-active cron; systemctl status cron | head -2; systemctl enable cron; echo \$?"'
try 'what it cannot do it says' 'for i in list-timers suspend edit nonsense "--user start x" "start dbus.socket" "start multi-user.target"; do systemctl $i; echo $?; done; systemctl stop cron dbus nginx ssh redis-server; systemctl is-system-running; lxinfo --networking-mode; lxinfo --nonsense; echo $?'

# What only a distribution of lxrun's has: there is nothing to compare with.
for side in "${sides[@]}"; do
	[ "$side" != native ] || continue
	in_guest "$side" sh -c 'cd /usr && lxpath -w /etc/passwd; lxpath -w bin; lxpath -aw share/..;
		lxpath -w /mnt/host/etc; lxpath /etc; lxpath "$(lxpath -w /var/lib)"; lxpath -w /proc/self; lxpath -w /usr/no/such;
		lxinfo --version >/dev/null && lxinfo --vm-id'
	got=$("${command[@]}" 2>&1 </dev/null)
	root=$(realpath "${root_of[$side]}")
	expected="$root/etc/passwd
bin
$root/usr
/etc
/mnt/host/etc
/var/lib
lxpath: /proc/self: it has no path on the other side
$root/usr/no/such
lxrun1"
	if [ "$got" = "$expected" ]; then
		ok "$side: paths on both sides"
	else
		not_ok "$side: paths on both sides"
		diff <(printf '%s\n' "$expected") <(printf '%s\n' "$got") | sed 's/^/  | /'
	fi
done
finish
