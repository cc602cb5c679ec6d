#!/usr/bin/env bash
# What happens when a distribution starts: boot.command, fstab, where the host's files are, the first-run command. Without lxrun
# there is nothing to test.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/instances.lib.sh"
battery core

# conf SIDE FILE TEXT: a file of the distribution one, for a start that comes next. Its location is $one.
conf() {
	run "$1" --terminate one
	# shellcheck disable=SC2016
	${become_of[$1]} sh -c 'printf "$2" >"$1"' conf "$one/rootfs/etc/$2" "$3"
}

# registered SIDE KEY: of the distribution one.
registered() {
	sed -n "/^name = \"one\"/,/^\[/s/^$2 = \"\(.*\)\"/\1/p" "${data_of[$1]}/lxrun/registry"
}

# says_error SIDE STATUS PATTERN TITLE ARGUMENTS...: one sentence like that.
says_error() {
	local side=$1 want=$2 pattern=$3 title=$4
	shift 4
	run "$side" "$@"
	is "$side" "$title" "$want 1 1" "$status $(wc -l <<<"$err") $(grep -cE -- "$pattern" <<<"$err")"
}

# first SIDE COMMAND: the distribution's first-run command, which is still to be run.
first() {
	conf "$1" wsl-distribution.conf "[oobe]\ncommand = $2\ndefaultUid = 1000\n"
	${become_of[$1]} sed -i 's/^oobePending = "0"/oobePending = "1"/' "${data_of[$1]}/lxrun/registry"
	[ "$(registered "$1" oobePending)" = 1 ] || not_ok "$1: cannot change the registry"
}

# shell SIDE TEXT: an interactive shell whose input that is.
shell() {
	with "$1" -- -d one
	out=$(timeout 60 "${command[@]}" <<<"$2" 2>"$results/err")
	status=$?
	err=$(cat "$results/err")
}

log='sed "s/^[-0-9]* [:0-9]* //" /var/log/lxrun-boot.log'

for side in "${sides[@]}"; do
	[ "$side" != native ] || continue
	instances_start "$side" 1000
	one=${root_of[$side]%/*}/e2e-$$.$side.one
	${become_of[$side]} sh -c 'rm -r "$1/var/log" && mkdir -m 755 "$1/var/log"' own "$one/rootfs"

	# --- boot.command -----------------------------------------------------------------------------------------------------
	says "$side" 2 '' 'without boot.command there is no log' one ls /var/log/lxrun-boot.log
	conf "$side" wsl.conf '[boot]\ncommand = "echo out; echo err >&2; id -u; pwd; umask; tty; echo $HOME $TERM; exec >&-; echo >>/dev/shm/booted; exit 3"\n'
	says "$side" 0 yes 'boot.command runs beside the first program' one -u somebody -- sh -c 'for i in 1 2 3 4 5 6 7 8 9 10; do [ -e /dev/shm/booted ] && echo yes && exit; sleep 0.5; done'
	says "$side" 0 $'out\nerr\n0\n/\n0022\nnot a tty\n/root' 'as root, its output in a log' one sh -c "$log | tail -n +2"
	background "$side" one sleep 3
	sleep 1
	says "$side" 0 1 'once' one sh -c 'sleep 0.3; wc -l </dev/shm/booted'
	wait "${jobs[@]}" && jobs=()
	run "$side" --terminate one
	for i in 1 2 3; do
		background "$side" one sleep 1
	done
	wait "${jobs[@]}" && jobs=()
	says "$side" 0 1 'once for three starts at the same time, and another log' one sh -c "$log | grep -c '^out'"
	conf "$side" wsl.conf '[boot]\ncommand = "no-such-command"\n'
	says "$side" 0 hello 'one that is not there does not stop the start' one echo hello
	says "$side" 0 1 'and is found in the log' one sh -c "for i in 1 2 3 4 5; do $log | grep -c 'no-such-command: ' && break; sleep 0.2; done | tail -n 1"
	conf "$side" wsl.conf '[boot]\ncommand = "sleep 61"\n'
	says "$side" 0 1 'one that does not end is not waited for' one sh -c 'for i in 1 2 3 4 5; do pgrep -xfc "sleep 61" && break; sleep 0.2; done | tail -n 1'
	says "$side" 0 none 'and is nobody'\''s child' one sh -c 'pgrep -P $$ -x sleep || echo none'
	sleep 2
	is "$side" 'it keeps the instance' 1 "$(runtime_directories "$side")"
	ended "$side" 'with boot.command at work' --terminate one
	${become_of[$side]} rm -r "$one/rootfs/var/log"
	conf "$side" wsl.conf '[boot]\ncommand = "echo >/dev/shm/booted"\n'
	says_error "$side" 0 'cannot write /var/log/lxrun-boot.log of one: No such file' 'without a place for the log' one true
	says "$side" 0 '' 'it runs all the same' one sh -c 'sleep 0.5; cat /dev/shm/booted'
	${become_of[$side]} mkdir -m 755 "$one/rootfs/var/log"

	# --- /etc/fstab -------------------------------------------------------------------------------------------------------
	conf "$side" wsl.conf '[boot]\ncommand = "cat /srv/mounted >/dev/shm/seen"\n'
	conf "$side" fstab '# none\ntmpfs /opt tmpfs size=1m 0 0\n/etc /srv none bind 0 0\ntmpfs /home tmpfs noauto 0 0\n'
	${become_of[$side]} sh -c 'echo there >"$1"' mounted "$one/rootfs/etc/mounted"
	says "$side" 0 $'there\n/opt\n/srv' 'what fstab lists is mounted' one sh -c 'cat /srv/mounted; awk "\$2 ~ /^.(opt|srv|home)\$/ { print \$2 }" /proc/mounts'
	says "$side" 0 there 'before boot.command' one sh -c 'sleep 0.3; cat /dev/shm/seen'
	conf "$side" fstab '/dev/sdz9 /opt ext4 defaults 0 0\n/etc /srv none bind 0 0\n'
	says_error "$side" 0 'not all of /etc/fstab of one could be mounted: its /var/log/lxrun-boot.log' 'what cannot be mounted is said' one test -e /srv/mounted
	conf "$side" wsl.conf '[automount]\nmountFsTab = false\n'
	says "$side" 1 '' 'automount.mountFsTab=false' one test -e /srv/mounted
	conf "$side" fstab ''

	# --- the host's files -------------------------------------------------------------------------------------------------
	conf "$side" wsl.conf '[automount]\nenabled = false\n'
	says "$side" 0 $'/root\nhost=' 'automount.enabled=false hides the host' one sh -c 'pwd; ls /mnt; grep ^host= /dev/lxrun; grep " /mnt" /proc/mounts; test ! -e /mnt/host'
	conf "$side" wsl.conf '[automount]\nroot = /\n'
	says "$side" 0 "/host$place /host/etc" 'automount.root=/' one sh -c 'echo $(pwd) $(lxpath /etc); test ! -e /mnt/host'
	conf "$side" wsl.conf '[automount]\nroot = /new/where//\n'
	says "$side" 0 "/new/where/host$place host yes" 'automount.root is a directory that is not there' one sh -c 'echo $(pwd) $(ls /new/where) $(test -e /new/where/host/etc/passwd && echo yes)'
	${become_of[$side]} sh -c 'ln -s ../srv "$1/opt/link" && ln -s /opt/link/x "$1/opt/again" && mkdir "$1/srv/x"' link "$one/rootfs"
	conf "$side" wsl.conf '[automount]\nroot = /opt/again/y\n'
	says "$side" 0 "/srv/x/y/host$place yes" 'automount.root is behind links' one sh -c 'echo $(pwd) $(test -e /opt/again/y/host/etc/passwd && echo yes)'
	conf "$side" wsl.conf '[automount]\nroot = /srv/../etc\n'
	says "$side" 0 "/etc/host$place" 'automount.root with dots' one pwd
	conf "$side" wsl.conf '[automount]\nroot = /etc/passwd/x\n'
	says_error "$side" 0 'automount.root = /etc/passwd/x of /etc/wsl.conf is no place .* they are at /mnt/host' 'automount.root is no directory' one test -e /mnt/host/etc/passwd
	conf "$side" wsl.conf '[automount]\nroot = here\n'
	says_error "$side" 0 "Invalid value 'here' for key 'automount.root'" 'automount.root is no path' one test -e /mnt/host/etc/passwd
	conf "$side" wsl.conf ''

	# --- the first-run command ----------------------------------------------------------------------------------------------
	first "$side" 'echo first as $(id -un) in $(pwd); read x; echo "got $x"; false'
	says "$side" 0 hello 'a command is no first run' one echo hello
	says "$side" 0 hello 'nor a line for the shell' -d one --shell 'echo hello'
	is "$side" 'it is still to be run' 1 "$(registered "$side" oobePending)"
	shell "$side" $'answer\necho shell'
	is "$side" 'one that fails ends the start' $'125 first as root in /\ngot answer' "$status $out"
	is "$side" 'with a sentence' 1 "$(grep -c '^lxrun: the first-run command "echo first .* failed with status 1; it is run again' <<<"$err")"
	is "$side" 'and is run again' 1 "$(registered "$side" oobePending)"
	first "$side" 'kill -9 $$'
	shell "$side" ''
	is "$side" 'one that is killed as well' '125 1 1' "$status $(grep -c 'was ended by signal 9' <<<"$err") $(registered "$side" oobePending)"
	first "$side" 'sleep 2; echo first'
	shell "$side" 'echo shell' &
	jobs=($!)
	sleep 1
	run "$side" -d one
	is "$side" 'another terminal meanwhile' '125 1' "$status $(grep -c 'is at work on another terminal' <<<"$err")"
	wait "${jobs[@]}" && jobs=()
	first "$side" 'echo first'
	shell "$side" 'id -un; echo shell'
	is "$side" 'then the shell, as the default user' $'0 first\nsomebody\nshell' "$status $out"
	is "$side" 'which is known' '0 1000' "$(registered "$side" oobePending) $(registered "$side" defaultUid)"
	shell "$side" 'id -un'
	is "$side" 'once' '0 somebody' "$status $out"
	${become_of[$side]} sed -i 's/^defaultUid = "1000"/defaultUid = "0"/' "${data_of[$side]}/lxrun/registry"
	first "$side" 'sed -i /^somebody:/d /etc/passwd'
	shell "$side" 'id -un'
	is "$side" 'a default user whom it has not made' '0 root 0 1' "$status $out $(registered "$side" defaultUid) $(grep -c 'has not made the user 1000' <<<"$err")"
	first "$side" ''
	shell "$side" 'echo shell'
	is "$side" 'none at all' '0 shell 0' "$status $out $(registered "$side" oobePending)"

	# --- not there yet --------------------------------------------------------------------------------------------------------
	${become_of[$side]} mkfifo "${data_of[$side]}/fifo"
	# shellcheck disable=SC2016
	${become_of[$side]} bash -c 'exec 9<>"$1"; : >"$1.held"; exec sleep 20' hold "${data_of[$side]}/fifo" &
	holder=$!
	until_true '[ -e "${data_of[$side]}/fifo.held" ]'
	background "$side" --import -q three "${data_of[$side]}/fifo"
	until_true 'grep -q three "${data_of[$side]}/lxrun/registry"'
	says_error "$side" 125 'three is being installed' 'a distribution that is being installed' three echo hello
	says_error "$side" 125 'three is being installed' 'nor a shell of it' -d three
	kill "$holder" "${jobs[@]}"
	wait "$holder" "${jobs[@]}" 2>/dev/null
	jobs=()
	says "$side" 0 $'one\ntwo' 'and when that was interrupted' --list -q
	ended "$side" 'the end' --shutdown
done
finish
