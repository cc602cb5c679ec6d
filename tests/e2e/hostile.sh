#!/usr/bin/env bash
# Bad input: what lxrun says, how it ends and what it leaves when it is asked for what cannot be. Without lxrun there is
# nothing to test.
. "$(dirname "$0")/lib.sh"
battery core

# lx SIDE ARGUMENTS...: lxrun as that side starts it; standard error in $err, the exit status in $status.
lx() {
	local side=$1
	shift
	# shellcheck disable=SC2086
	timeout 30 ${become_of[$side]} env XDG_RUNTIME_DIR="${runtime_of[$side]}" ${program_of[$side]} "$@" \
		</dev/null >"$results/out" 2>"$results/err"
	status=$?
	err=$(cat "$results/err")
}

# refused SIDE STATUS TITLE PATTERN ARGUMENTS...: the exit status, and one sentence (with at most one command that helps).
refused() {
	local side=$1 want=$2 title=$3 pattern=$4 problem=''
	shift 4
	lx "$side" "$@"
	[ "$status" -eq "$want" ] || problem+="exit status $status, not $want; "
	grep -qE "$pattern" <<<"$err" || problem+="does not say $pattern; "
	[ "$(wc -l <<<"$err")" -le 2 ] || problem+="says more than a sentence; "
	[ ! -s "$results/out" ] || problem+="prints on standard output; "
	if [ -z "$problem" ]; then
		ok "$side: $title"
	else
		not_ok "$side: $title: $problem"
		show "$results/err"
	fi
}

for side in "${sides[@]}"; do
	[ "$side" != native ] || continue
	root=${root_of[$side]}
	outside=$(${become_of[$side]} mktemp -d /tmp/e2e-bad.XXXXXX)
	copies+=("$outside")

	refused "$side" 125 'a root that is not there' 'nonexistent' --rootfs /nonexistent/root -- true
	refused "$side" 125 'a root that is a file' '.' --rootfs /etc/passwd -- true
	refused "$side" 125 'an option without its value' 'rootfs' --rootfs
	refused "$side" 125 'an unknown option' 'no-such-option' --no-such-option
	refused "$side" 125 'an unknown option behind good ones' 'no-such-option' --rootfs "$root" --no-such-option -- true
	refused "$side" 125 'an unknown gate' 'door' --rootfs "$root" --gate door -- true
	refused "$side" 125 'an unknown user' 'nobody-of-that-name' --rootfs "$root" -u nobody-of-that-name -- true
	refused "$side" 125 'a directory that is not there' '/nonexistent' --rootfs "$root" --cd /nonexistent -- true
	refused "$side" 125 'a variable without a name' '=value' --rootfs "$root" --env =value -- true
	refused "$side" 127 'a command that is not there' 'no-such-command' --rootfs "$root" -- no-such-command
	refused "$side" 127 'a path that is not there' '/no/such/command' --rootfs "$root" -- /no/such/command
	refused "$side" 126 'a file that may not be executed' '/etc/passwd' --rootfs "$root" -- /etc/passwd
	refused "$side" 126 'a directory' '/etc' --rootfs "$root" -- /etc
	refused "$side" 127 'an empty root' 'true' --rootfs "$outside" -- true

	${become_of[$side]} mkdir "$outside/closed"
	${become_of[$side]} chmod 0 "$outside/closed"
	refused "$side" 125 'an unreadable root' 'closed' --rootfs "$outside/closed" -- true
	${become_of[$side]} mkdir "$outside/bin"
	for bad in 'junk:not a program' 'elf:\177ELF' 'loop:#!/bin/loop\n' 'lost:#!/no/interpreter\n' 'none:'; do
		# shellcheck disable=SC2059,SC2086
		printf "${bad#*:}" | ${become_of[$side]} sh -c 'cat >"$1" && chmod 755 "$1"' sh "$outside/bin/${bad%%:*}"
	done
	refused "$side" 126 'a file of no known format' 'junk' --rootfs "$outside" -- /bin/junk
	refused "$side" 126 'a damaged program' 'elf' --rootfs "$outside" -- /bin/elf
	refused "$side" 126 'a script that is its own interpreter' 'loop' --rootfs "$outside" -- /bin/loop
	refused "$side" 127 'a script without its interpreter' 'lost' --rootfs "$outside" -- /bin/lost
	refused "$side" 126 'an empty file' 'none' --rootfs "$outside" -- /bin/none
	${become_of[$side]} sh -c 'head -c 4096 /bin/true >"$1" && chmod 755 "$1"' sh "$outside/bin/short"
	lx "$side" --rootfs "$outside" -- /bin/short
	if [ "$status" -ge 126 ]; then ok "$side: a program cut short"; else not_ok "$side: a program cut short: $status"; fi

	# Without anywhere to keep its runtime directory lxrun says so, or finds another place.
	# shellcheck disable=SC2086
	timeout 30 ${become_of[$side]} env XDG_RUNTIME_DIR=/nonexistent/dir ${program_of[$side]} --rootfs "$root" -- /bin/true \
		</dev/null >"$results/out" 2>"$results/err"
	status=$?
	if [ $status -eq 0 ] || { [ $status -eq 125 ] && [ -s "$results/err" ]; }; then
		ok "$side: no runtime directory"
	else
		not_ok "$side: no runtime directory: $status"
	fi

	# Closed standard streams: descriptors 0 to 2 must not become something of lxrun's own.
	for closed in '<&-' '>&-' '2>&-' '<&- >&-' '<&- >&- 2>&-'; do
		: >"$results/fds"
		[ "$side" != user ] || [ "$(id -u)" -ne 0 ] || chown "$(test_user)" "$results/fds"
		# shellcheck disable=SC2086
		timeout 30 ${become_of[$side]} env XDG_RUNTIME_DIR="${runtime_of[$side]}" sh -c "exec \"\$@\" $closed" sh \
			${program_of[$side]} --rootfs "$root" -- /bin/sh -c 'ls -l /proc/self/fd >&7; exit 9' \
			7>"$results/fds" </dev/null >/dev/null 2>&1
		status=$?
		if [ "$status" -eq 9 ] && ! grep -E ' [0-2] -> .*(lxrun|resident|shm|socket|memfd|anon)' "$results/fds"; then
			ok "$side: closed $closed"
		else
			not_ok "$side: closed $closed: exit status $status"
			show "$results/fds"
		fi
	done

	# The command's own end.
	for want in 0 1 42 125 126 127 255; do
		lx "$side" --rootfs "$root" -- /bin/sh -c "exit $want"
		if [ "$status" -eq "$want" ]; then ok "$side: exit $want"; else not_ok "$side: exit $want: $status"; fi
	done
	for signal in TERM:143 KILL:137 SEGV:139 ABRT:134 INT:130 HUP:129; do
		in_guest "$side" /bin/sh -c "ulimit -c 0; kill -${signal%:*} \$\$"
		# The shell sees a signal, not a number.
		(ulimit -c 0; timeout --foreground 30 "${command[@]}") </dev/null >/dev/null 2>&1
		status=$?
		if [ "$status" -eq "${signal#*:}" ]; then ok "$side: SIG$signal"; else not_ok "$side: SIG$signal: $status"; fi
	done

	# The host is out of reach, whoever starts it. Every attempt is one that does no harm where it succeeds.
	for attempt in 'ip link add lxtest0 type dummy' 'kill -9 VICTIM' 'strace -o /dev/null -p VICTIM' 'ls /proc/VICTIM' \
		'read -r v </proc/sys/kernel/printk_ratelimit && echo $v >/proc/sys/kernel/printk_ratelimit' \
		'date -s "$(date)"' 'mknod sda b 8 0 && head -c 1 sda' 'head -c 0 >/proc/sysrq-trigger' 'kill -9 1 && ! kill -0 1' \
		'strace -o /dev/null -p 1' 'ls /proc/1/fd/0' 'head -c 1 /proc/1/mem' 'echo 1 >/proc/1/clear_refs' 'renice -n 19 1'; do
		${become_of[$side]} sleep 300 &
		victim=$!
		lx "$side" --rootfs "$root" -- /bin/bash -c "cd $work && ${attempt//VICTIM/$victim}"
		if [ "$status" -ne 0 ] && [ "$status" -ne 127 ] && kill -0 "$victim" && [ ! -e /sys/class/net/lxtest0 ]; then
			ok "$side: does not reach the host: $attempt"
		else
			not_ok "$side: reaches the host: $attempt: exit status $status"
			show "$results/err"
		fi
		kill "$victim"
		wait "$victim"
	done 2>/dev/null
	! [ -e /sys/class/net/lxtest0 ] || ip link del lxtest0
	# Process 1 is the distribution's, and so is what it leads to.
	# shellcheck disable=SC2016
	for attempt in 'touch "/proc/1/root$PWD/probe" && [ -e probe ]' '[ /proc/1/root/ -ef / ] && [ /proc/1/cwd/ -ef / ]' \
		'[ "$(nsenter -t 1 -m stat -c %d:%i /)" = "$(stat -c %d:%i /)" ]' \
		'[ "$(chroot /proc/1/root stat -c %d:%i /)" = "$(stat -c %d:%i /)" ]'; do
		lx "$side" --rootfs "$root" -- /bin/bash -c "cd $work && $attempt"
		if [ "$status" -eq 0 ]; then ok "$side: process 1: $attempt"; else not_ok "$side: process 1: $attempt: $status"; fi
	done

	# pitfall 16: it is no boundary, a guest can make calls that nobody translates. What holds then is what the host's kernel
	# knows of it: no capability in any set, none to be gained.
	in_guest "$side" /bin/sleep 300
	"${command[@]}" </dev/null >/dev/null 2>&1 &
	for _ in {1..100}; do
		victim=$(processes_of "$side")
		[ -n "$victim" ] && grep -q sleep "/proc/$victim/comm" 2>/dev/null && break
		sleep 0.1
	done
	have=$(grep -E '^(Cap(Inh|Prm|Eff|Amb)|NoNewPrivs|Seccomp):' "/proc/$victim/status" | tr -s '\t\n' ' ')
	# The bounding set is full in a process that could never lower it, which is harmless without root's privileges.
	[ "$(id -u)" -ne 0 ] || [ "$side" = user ] || have+=$(grep '^CapBnd:' "/proc/$victim/status" | tr -s '\t\n' ' ')
	none=0000000000000000
	wanted="CapInh: $none CapPrm: $none CapEff: $none CapAmb: $none NoNewPrivs: 1 Seccomp: 2 "
	case $have in
	"$wanted" | "${wanted}CapBnd: $none ") ok "$side: the host gives it nothing" ;;
	*) not_ok "$side: on the host it has $have" ;;
	esac
	end_processes "$side"
	wait 2>/dev/null
	rm -f /tmp/lxtest

	# A host that lacks what a gate needs: a sentence, not a crash.
	without=$refuse
	[ "$side" != user ] || without=${program_of[user]%% *}
	lx_without() {
		# shellcheck disable=SC2086
		timeout 30 ${become_of[$side]} env XDG_RUNTIME_DIR="${runtime_of[$side]}" "$without" "userns,$1" \
			${program_of[$side]##* } --rootfs "$root" --gate "$2" -- /bin/true </dev/null >"$results/out" 2>"$results/err"
		status=$?
		if [ "$status" -eq 125 ] && [ "$(wc -l <"$results/err")" -le 2 ] && [ -s "$results/err" ]; then
			ok "$side: gate $2 without $1: $(head -n 1 "$results/err")"
		else
			not_ok "$side: gate $2 without $1: exit status $status"
			show "$results/err"
		fi
	}
	lx_without seccomp trap
	lx_without seccomp notify
	lx_without filters trap
	lx_without filters notify
	lx_without ptrace ptrace
done
finish
