#!/usr/bin/env bash
# Version 2: a distribution on a real kernel, in a VM. An image made of an archive, commands in it, terminals, signals, ports, ends of
# all kinds. Without lxrun there is nothing to test; without a kernel it is skipped.
#
# usage: vm.sh [--backend NAME] [--short] ...: the one that lxrun takes by itself, or another; all, or what differs between backends
backend=''
short=''
others=()
while [ $# -gt 0 ]; do
	case $1 in
	--backend) backend=$2 && shift ;;
	--short) short=yes ;;
	*) others+=("$1") ;;
	esac
	shift
done
set -- "${others[@]}"
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/vm.lib.sh"
battery core

# What the backend needs: its program, and its kernels, of which one has to be there.
cache=${XDG_CACHE_HOME:-$HOME/.cache}/lxrun/kernel
kernels=()
case $backend in
qemu*)
	command -v qemu-system-x86_64 >/dev/null || { say 'there is no QEMU' && exit 77; }
	for kernel in "$cache"/linux-x86_64 "$cache"/linux-x86_64-packaged; do
		[ ! -e "$kernel" ] || kernels+=("$kernel"*)
	done
	[ ${#kernels[@]} -gt 0 ] || { say 'there is no kernel' && exit 77; }
	;;
*) command -v linux.uml >/dev/null || [ -x "$cache/linux-uml" ] || { say 'there is no kernel' && exit 77; } ;;
esac

# What would be left: processes of the VM, and its socket.
vm_processes() {
	# The pattern in a file, so that grep's own words are none.
	printf '%s' "${runtime_of[$side]}/lxrun/vm" >"$results/pattern"
	find /proc -mindepth 2 -maxdepth 2 -name cmdline -path '/proc/[0-9]*/*' -exec grep -lzFf "$results/pattern" {} + 2>/dev/null | wc -l
}

# Megabytes of the host's memory that the VM's kernel has.
vm_memory() {
	local pid most=0 n
	for pid in $(pgrep -f "^lxrun-kernel .*uml_dir=${runtime_of[$side]}"); do
		n=$(awk '/^Rss(File|Shmem):/ { n += $2 } END { print int(n / 1024) }' "/proc/$pid/status" 2>/dev/null)
		[ "${n:-0}" -le "$most" ] || most=$n
	done
	echo "$most"
}

for side in "${sides[@]}"; do
	[ "$side" = user ] || [ "$side" = root ] || continue
	home=$(${become_of[$side]} mktemp -d /tmp/e2e-vm.XXXXXX)
	copies+=("$home")
	environment_of[$side]="-u XDG_CONFIG_HOME HOME=$home XDG_DATA_HOME=$home LXENV=CROSSING CROSSING=over"
	if [ -n "$backend" ]; then
		${become_of[$side]} mkdir -p "$home/.config/lxrun" "$home/.cache/lxrun/kernel"
		printf '[wsl2]\nbackend=%s\nmemory=512MB\n' "$backend" | ${become_of[$side]} tee "$home/.config/lxrun/config" >/dev/null
		for kernel in "${kernels[@]}"; do
			${become_of[$side]} sh -c 'cat >"$1"' sh "$home/.cache/lxrun/kernel/${kernel##*/}" <"$kernel"
		done
	fi
	python3 "$tests_dir/e2e/vm.py" "${root_of[$side]}/bin/busybox" >"$results/archive.tar" || die 'cannot make the archive'

	# The image.
	lx --import box - --version 2 --quiet <"$results/archive.tar"
	check 'a disk is made of an archive' ' 0' "$out"
	disk=$home/lxrun/stores/box/disk.ext4
	${become_of[$side]} /sbin/e2fsck -fn "$disk" >"$results/fsck" 2>&1
	check 'fsck finds nothing' 0 $?
	check 'it takes little room' yes "$([ "$(du -m "$disk" | cut -f1)" -lt 100 ] && echo yes)"
	lx --list -v
	check 'it is of version 2' 'Stopped 2' "$(grep -oE 'Stopped +2' <<<"$out" | tr -s ' ')"

	# Commands. The first one starts everything.
	limit=100 is 'the first command' 'hello 0' box echo hello
	lx --list -v
	check 'it runs' 'Running 2' "$(grep -oE 'Running +2' <<<"$out" | tr -s ' ')"
	is 'exit status' ' 7' box sh -c 'exit 7'
	# shellcheck disable=SC2016
	is 'a signal' ' 137' box sh -c 'kill -9 $$'
	is 'not found' ' 127' box nothing-of-that-name
	is 'not executable' ' 126' box /etc/passwd
	is 'no such user' ' 125' -u nobody-here box id
	is 'no such directory' ' 125' --cd /nowhere box id
	is 'who' 'uid=1234(ann) gid=1234(ann) groups=77(others),1234(ann) 0' box id
	is 'another user' 'uid=0(root) gid=0(root) groups=0(root) 0' -u root box id
	# shellcheck disable=SC2016
	is 'words stay words, even empty ones' 'a b|*|$HOME|| 0' box sh -c 'for w; do echo -n "$w|"; done' sh 'a b' '*' '$HOME' ''
	# shellcheck disable=SC2016
	is 'variables' '2 box over extra 0' --env EXTRA=extra box sh -c 'echo $LXRUN_VERSION $LXRUN_DISTRO_NAME $CROSSING $EXTRA'
	is 'the host name' 'machine 0' box hostname
	is 'boot.command' 'booted 0' -u root box cat /root/booted
	lx box grep -qE '9p|hostfs' /proc/filesystems </dev/null
	if [ "$out" = ' 0' ]; then
		# shellcheck disable=SC2016
		is 'where it starts' '/mnt/host 0' box sh -c 'case $PWD in /mnt/host | /mnt/host/*) echo /mnt/host ;; *) pwd ;; esac'
		is 'the host is there' 'host 0' box sh -c "[ -d /mnt/host/proc ] && [ -d '/mnt/host$home' ] && echo host"
		is 'its files are written' ' 0' -u root box sh -c "mkdir '/mnt/host$home/made' && echo one >'/mnt/host$home/made/file' && ln -s file '/mnt/host$home/made/link'"
		check 'as the caller' "$(${become_of[$side]} id -u) 644 one file" \
			"$(stat -c '%u %a' "$home/made/file" | tr '\n' ' ')$(cat "$home/made/link") $(readlink "$home/made/link")"
	else
		skip "$side: this kernel cannot show the host's files"
	fi
	is 'two streams' 'out 0' box sh -c 'echo out; echo err >&2'
	check 'apart' err "$(cat "$results/err")"

	if [ -z "$short" ]; then
		# What was in the archive.
		is 'owners, modes, links' '4751 70000 4000000000 2 8 0' box stat -c '%a %u %g %h %s' /things/again
		is 'no access at all' '0 0 0' -u root box stat -c '%a %s' /things/empty
		is 'times' '-500000000 0' box stat -c %Y /things/old
		is 'late times' '4400000000 0' box stat -c %Y /things/late
		is 'a link of a user' '1234 77 file 0' box sh -c 'stat -c "%u %g" /things/short | tr "\n" " "; busybox readlink /things/short'
		is 'a long link' '300 0' box sh -c 'busybox readlink -n /things/long | wc -c'
		is 'a FIFO' 'fifo 640 5 0' box stat -c '%F %a %u' /things/fifo
		is 'a character device' '1 3 0' box stat -c '%t %T' /things/null
		is 'a device of large numbers' '103 11170 0' box stat -c '%t %T' /things/disk
		is 'a large directory' '3000 0' box sh -c 'ls /things/many | wc -l'
		is 'content' "$(head -c 2097152 <(python3 -c 'import sys; sys.stdout.buffer.write(bytes(range(256)) * 8192)') | md5sum | cut -c1-32)  - 0" box sh -c 'cat /things/large | md5sum'

		# Data both ways, while another command floods.
		head -c 300000 /dev/urandom >"$results/data"
		sum=$(md5sum <"$results/data" | cut -c1-32)
		lx box sh -c 'seq 1 1000000 | md5sum' </dev/null
		want=$out
		(
			results_of=$(mktemp)
			# shellcheck disable=SC2086
			cd / && timeout 100 ${become_of[$side]} env HOME="$home" XDG_DATA_HOME="$home" XDG_RUNTIME_DIR="${runtime_of[$side]}" \
				${program_of[$side]} box seq 1 1000000 </dev/null 2>"$results_of" | md5sum >"$results/flood"
			rm -f "$results_of"
		) &
		flood=$!
		lx box md5sum <"$results/data"
		check 'data goes in beside a flood' "$sum  - 0" "$out"
		wait "$flood"
		check 'the flood comes out whole' "${want% 0}" "$(cat "$results/flood")"

		# Memory that was used and is not any more.
		if [ -z "$backend" ]; then
			lx box sh -c 'dd if=/dev/zero of=/dev/null bs=300M count=1 2>/dev/null; sleep 0.5' </dev/null
			held_most=$(vm_memory)
			for _ in $(seq 120); do [ "$(vm_memory)" -gt $((held_most - 150)) ] || break; sleep 0.1; done
			check 'memory goes back to the host' yes "$([ "$held_most" -gt 250 ] && [ "$(vm_memory)" -le $((held_most - 150)) ] && echo yes ||
				echo "$held_most MB, $(vm_memory) MB")"
			is 'and can be used again' ' 0' box sh -c 'dd if=/dev/zero of=/dev/null bs=300M count=1 2>/dev/null'
		fi

		# A terminal: its size, its keys.
		# shellcheck disable=SC2086
		out=$(cd / && timeout 60 ${become_of[$side]} env HOME="$home" XDG_DATA_HOME="$home" XDG_RUNTIME_DIR="${runtime_of[$side]}" \
			python3 -c '
import os, pty, sys, termios, fcntl, struct, time
pid, fd = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 111, 0, 0))
    os.execvp(sys.argv[1], sys.argv[1:])
text = b""
def until(what):
    global text
    while what not in text:
        try:
            more = os.read(fd, 4096)
        except OSError:
            more = b""
        if not more:
            sys.exit("no %r in %r" % (what, text))
        text += more
until(b"$ ")
os.write(fd, b"stty size; echo si\"\"ze\n"); until(b"size\r\n"); print("33 111" if b"33 111" in text else text)
os.write(fd, b"sleep 50; echo en\"\"ded\n"); time.sleep(1); os.write(fd, b"\3"); until(b"^C")
os.write(fd, b"exit 5\n")
while True:
    try:
        if not os.read(fd, 4096): break
    except OSError: break
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))' ${program_of[$side]} box 2>&1 | tr '\n' ' ')
		check 'a shell on a terminal' '33 111 5 ' "$out"

	fi

	# A port of the VM is one of the host's, while somebody listens.
	port=$((20000 + $$ % 20000))
	lx box sh -c "(echo served | nc -l -p $port >/dev/null 2>&1 &) ; sleep 0.1" </dev/null
	got=''
	for _ in $(seq 50); do
		got=$(python3 -c 'import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5); print(s.recv(100).decode().strip())' "$port" 2>/dev/null) && [ -n "$got" ] && break
		sleep 0.1
	done
	check 'a port' served "$got"

	# Ends.
	if [ -z "$short" ]; then
		is 'ended' ' 0' --terminate box
		lx --list -v
		check 'it is stopped' 'Stopped 2' "$(grep -oE 'Stopped +2' <<<"$out" | tr -s ' ')"
		limit=100 is 'started again, and it was written' 'booted 0' -u root box cat /root/booted
	fi
	is 'written and not synced' ' 0' -u root box sh -c 'echo kept >/root/kept; sync'
	if [ -z "$short" ]; then
		(lx box sleep 100 </dev/null; echo "$out" >"$results/sleep") &
		sleeper=$!
		sleep 1
		is 'everything is ended' ' 0' --shutdown
		wait "$sleeper"
		check 'and its commands with it' ended "$([ "$(cat "$results/sleep")" != ' 0' ] && echo ended)"
		limit=100 is 'and started again' 'kept 0' -u root box cat /root/kept
	fi
	host=$(pgrep -u "$(stat -c %U "$home")" -x lxrun-vm | while read -r pid; do
		tr '\0' ' ' <"/proc/$pid/cmdline" | grep -qF "${runtime_of[$side]}/" && echo "$pid"
	done)
	kill -9 "$host"
	for _ in $(seq 30); do [ "$(vm_processes)" -gt 0 ] || break; sleep 0.1; done
	check 'without its host process nothing is left' 0 "$(vm_processes)"
	limit=100 is 'the disk is whole' 'kept 0' -u root box cat /root/kept

	# The first-run command of what was installed: before the first shell, until it has succeeded.
	# shellcheck disable=SC2016
	${become_of[$side]} sh -c 'cat >"$1"' sh "$home/fresh.tar" <"$results/archive.tar"
	lx --install --from-file "$home/fresh.tar" --name fresh --version 2 --no-launch
	check 'installed' 0 "${out##* }"
	lx fresh <<<no
	check 'the first-run command fails' ' 125' "$out"
	lx fresh <<<yes
	check 'and succeeds' 'first root 0' "$out"
	lx fresh <<<'echo shell'
	check 'and is not run again' 'shell 0' "$out"
	is 'the user it has made' '1000 0' -u bob fresh id -u
	is 'ended' ' 0' --terminate fresh
	dd if=/dev/zero of="$home/lxrun/stores/fresh/disk.ext4" bs=1024 seek=1 count=1 conv=notrunc 2>/dev/null
	lx fresh true
	check 'a damaged disk' ' 125, e2fsck' "$out, $(grep -o e2fsck "$results/err")"

	# Commands that come when it is about to end, since nothing runs in it: it ends, and is started again.
	is 'ended' ' 0' --terminate box
	${become_of[$side]} sh -c 'mkdir -p "$1" && printf "[general]\ninstanceIdleTimeout=300\n" >"$1/config"' sh "$home/.config/lxrun"
	for pause in 0.30 0.25 0.35 0.28; do
		lx box cat </dev/null
		sleep "$pause"
		lx box cat <<<"between"
		[ "$out" = 'between 0' ] || break
	done
	check 'a command while it ends' 'between 0' "$out"
	${become_of[$side]} rm "$home/.config/lxrun/config"
	is 'ended' ' 0' --terminate box
	limit=100 is 'started again' 'kept 0' -u root box cat /root/kept
	if [ -z "$short" ]; then
		# From one version to the other, where it only waits for programs.
		(lx box sh -c 'echo started; sleep 100' </dev/null) &
		sleeper=$!
		sleep 1
		is 'it stays of its version while it is used' ' 125' --set-version box 1
		# shellcheck disable=SC2016
		lx box sh -c 'kill $(busybox pidof sleep)' </dev/null
		wait "$sleeper"
		is 'as version 1' 'kept 0' --version 1 -u root box cat /root/kept
		is 'where it is changed' ' 0' -u root box sh -c 'echo more >>/root/kept'
		# shellcheck disable=SC2016
		limit=100 is 'as version 2 again' 'kept more 0' --version 2 -u root box sh -c 'echo $(cat /root/kept)'
	fi
	if [ -z "$short" ]; then
		is 'no such default user' ' 125' --manage box --set-default-user nobody-here
		is 'another default user' ' 0' --manage box --set-default-user root
		check 'but its own word comes first' 1 "$(grep -c 'user.default = ann' "$results/err")"
		is 'it is not moved while it runs' ' 125' --manage box --move "$home/else"
		is 'ended' ' 0' --terminate box
		far=$(${become_of[$side]} mktemp -d /dev/shm/lxt.XXXXXX)
		copies+=("$far")
		is 'moved to another file system' ' 0' --manage box --move "$far/box" --quiet
		check 'all of it' "no disk.ext4 distribution $far/box/disk.ext4" \
			"$([ -e "$disk" ] && echo yes || echo no) $(find "$far/box" -mindepth 1 -printf '%f\n' | sort | tr '\n' ' ')$(find "$far" -name disk.ext4 -size +1M)"
		disk=$far/box/disk.ext4
		limit=100 is 'where it starts' 'kept more 0' -u root box sh -c 'echo $(cat /root/kept)'
	fi
	is 'it is not removed while it runs' ' 125' --unregister box
	is 'ended at last' ' 0' --shutdown
	is 'removed' ' 0' --unregister box
	check 'with its disk' no "$([ -e "$disk" ] && echo yes || echo no)"
	for _ in $(seq 30); do [ "$(vm_processes)" -gt 0 ] || break; sleep 0.1; done
	check 'nothing is left' 0 "$(vm_processes)"
	${become_of[$side]} rm -rf "${runtime_of[$side]}/lxrun/vm"
done
finish
