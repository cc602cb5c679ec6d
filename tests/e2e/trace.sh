#!/usr/bin/env bash
# --trace: a line for each translated call with the guest's and the host's paths, the gate and the time; a summary behind
# the last one. Natively there is nothing to compare with.
. "$(dirname "$0")/lib.sh"
battery core

# trace SIDE TO COMMAND...: what was traced in $results/trace, what the command printed in $results/out and $results/err.
trace() {
	local side=$1 to=$2
	shift 2
	rm -f "$results/trace" && : >"$results/trace"
	[ "$side" != user ] || [ "$(id -u)" -ne 0 ] || chown "$(test_user)" "$results/trace"
	# shellcheck disable=SC2086
	timeout 60 ${become_of[$side]} env XDG_RUNTIME_DIR="${runtime_of[$side]}" ${cache:+XDG_CACHE_HOME=$cache} ${program_of[$side]} --rootfs "$root" \
		${gate:+--gate "$gate"} "$to" -- "$@" </dev/null >"$results/out" 2>"$results/err"
	status=$?
	# The summary comes when the last guest is gone, which lxrun's own end does not wait for.
	left_behind "$side" >/dev/null
}

# expect TITLE PATTERN [FILE]: a line of the trace matches.
expect() {
	if grep -qE -- "$2" "${3:-$results/trace}"; then
		ok "$side: $1"
	else
		not_ok "$side: $1: no line $2"
		show "${3:-$results/trace}"
	fi
}

# The time and the gate. What the notify gate leaves to the guest's own process is a trap there.
via='<(patched|trap|notify|ptrace), [0-9]+ ns>$'
case ${gate:-trap} in
notify) used='notify' ;;
*) used=${gate:-patched} ;;
esac

for side in "${sides[@]}"; do
	[ "$side" != native ] || continue
	root=${root_of[$side]}
	here="$root$work"

	trace "$side" "--trace=$results/trace" /usr/bin/perl -e '
		chdir $ARGV[0] or die; stat "/bin/sh"; lstat "/bin/sh"; mkdir "d"; symlink "d", "l"; open F, ">", "l/f"; close F;
		rename "d/f", "g"; unlink "g"; unlink "l"; rmdir "d"; stat "nothing"; stat "no/thing"; stat "/proc/self/status"; stat "/dev/null";
		chmod 0600, "/bin/nothing"; stat "with\nline"; syscall 400; syscall 5000; syscall 5000; $SIG{USR1} = sub { print "got\n" };
		kill USR1 => $$; stat "/etc"; use Socket; socket S, AF_UNIX, SOCK_STREAM, 0; bind S, sockaddr_un("s"); listen S, 1;
		socket C, AF_UNIX, SOCK_STREAM, 0; connect C, sockaddr_un("$ARGV[0]/s"); unlink "s";
		socket D, AF_UNIX, SOCK_DGRAM, 0; send D, "x", 0, sockaddr_un("none"); connect C, pack_sockaddr_in(1, INADDR_LOOPBACK); exec "/bin/echo", "end"' "$work"
	if [ "$status" -eq 0 ] && [ "$(cat "$results/out")" = $'got\nend' ] && [ ! -s "$results/err" ]; then
		ok "$side: the command does not notice"
	else
		not_ok "$side: the command: exit status $status"
		show "$results/out"
		show "$results/err"
	fi
	expect 'the directory' "^\[[0-9]+\] chdir\(\"$work\"\) -> $here = 0 $via"
	expect 'where a link leads' "newfstatat\(AT_FDCWD, \"/bin/sh\", 0x[0-9a-f]+, 0\) -> $root/usr/bin/dash = 0 $via"
	expect 'a link itself' "newfstatat\(AT_FDCWD, \"/bin/sh\", 0x[0-9a-f]+, AT_SYMLINK_NOFOLLOW\) -> $root/usr/bin/sh = 0 $via"
	expect 'a name that is made' "mkdir\(\"d\", 0777\) -> $here/d = 0 $via"
	expect 'through a link' "openat\(AT_FDCWD, \"l/f\", [A-Z_|]+, 0666\) -> $here/d/f = [0-9]+ $via"
	expect 'two paths' "rename\(\"d/f\", \"g\"\) -> $here/d/f, $here/g = 0 $via"
	expect 'a name that is removed' "rmdir\(\"d\"\) -> $here/d = 0 $via"
	expect 'a link that is removed' "unlink\(\"l\"\) -> $here/l = 0 $via"
	expect 'an error' "newfstatat\(AT_FDCWD, \"nothing\", [^)]*\) -> $here/nothing = -ENOENT $via"
	expect 'nowhere' "newfstatat\(AT_FDCWD, \"no/thing\", [^)]*\) -> \? = -ENOENT $via"
	expect 'a view' "newfstatat\(AT_FDCWD, \"/proc/self/status\", [^)]*\) -> /proc/[0-9]+/status = 0 $via"
	expect 'a mount' "newfstatat\(AT_FDCWD, \"/dev/null\", [^)]*\) -> /dev/null = 0 $via"
	expect 'one line whatever the name' "newfstatat\(AT_FDCWD, \"with\?line\", [^)]*\) -> $here/with\?line = -ENOENT $via"
	expect 'a call without paths' "^\[[0-9]+\] kill\([0-9]+, SIGUSR1\) = 0 $via"
	expect 'a call that does not return' "rt_sigreturn\(\) = \(does not return\) $via"
	expect 'a name for a socket' "bind\([0-9]+, \{AF_UNIX, \"s\"\}, [0-9]+\) -> $here/s = 0 $via"
	expect 'a socket with a name' "connect\([0-9]+, \{AF_UNIX, \"$work/s\"\}, [0-9]+\) -> $here/s = 0 $via"
	expect 'a message to a name' "sendto\([0-9]+, .*\{AF_UNIX, \"none\"\}, [0-9]+\) -> $here/none = -ENOENT $via"
	expect 'another address' "connect\([0-9]+, 0x[0-9a-f]+, 16\) = \(native\) $via"
	expect 'execve' "execve\(\"/bin/echo\", 0x[0-9a-f]+, 0x[0-9a-f]+\) -> $root/usr/bin/echo = \(does not return\) $via"
	expect 'a number that is no call' "call 5000 of no name = -ENOSYS $via"
	expect 'the gate' "newfstatat\(AT_FDCWD, \"/etc\", [^)]*\) -> $root/etc = 0 <$used, [0-9]+ ns>$"
	expect 'the table' '^ +calls +microseconds  name$'
	expect 'calls are counted' '^ +1 +[0-9]+  rename$'
	expect 'execve is counted' '^ +2 +[0-9]+  execve$'
	expect 'numbers that are no calls are recorded' '^call 400 has no name: it answered ENOSYS$'
	problem=$(grep -c '^call 5000 has' "$results/trace")
	if [ "$problem" -eq 1 ]; then ok "$side: once"; else not_ok "$side: call 5000 recorded $problem times"; fi
	problem=$(grep -vE "^\[[0-9]+\] .*$via|^ +[0-9]+ +[0-9]+  [a-z0-9_]+$|^ +calls|^call [0-9]+ has" "$results/trace")
	if [ -z "$problem" ]; then ok "$side: nothing else"; else not_ok "$side: other lines: ${problem:0:300}"; fi

	# Without a file: to standard error, the command's own lines between, none of them lost.
	trace "$side" --trace /bin/sh -c 'for i in 1 2 3; do echo "line $i" >&2; test -e /etc/passwd; done; exit 3'
	if [ "$status" -eq 3 ]; then ok "$side: the exit status"; else not_ok "$side: exit status $status"; fi
	for i in 1 2 3; do
		expect "standard error: line $i" "^line $i$" "$results/err"
	done
	expect 'standard error: a call' "\"/etc/passwd\", .*-> $root/etc/passwd = 0 $via" "$results/err"
	expect 'standard error: the table' '^ +calls +microseconds  name$' "$results/err"

	# What is prepared, of whom, and what is not.
	# shellcheck disable=SC2086
	${become_of[$side]} ${program_of[$side]} --rewrite-report "$root/usr/lib/x86_64-linux-gnu/libc.so.6" >"$results/trace" 2>"$results/err"
	expect 'sites that are prepared' '^  0x[0-9a-f]+ openat: changed$'
	expect 'the number of others' '^[0-9]+: a call that is not changed$'

	# Where nothing can be kept everything traps, and nobody hears of it.
	case ${gate:-patched} in
	patched)
		cache=/proc/nothing trace "$side" "--trace=$results/trace" /usr/bin/perl -e 'stat "/etc"'
		expect 'no cache: the gate' "newfstatat\(AT_FDCWD, \"/etc\", [^)]*\) -> $root/etc = 0 <trap, [0-9]+ ns>$"
		if [ "$status" -eq 0 ] && [ ! -s "$results/err" ]; then ok "$side: no cache"; else not_ok "$side: no cache: exit status $status"; fi
		;;
	esac

	trace "$side" --trace=/nonexistent/file /bin/true
	if [ "$status" -eq 125 ] && [ "$(wc -l <"$results/err")" -eq 1 ]; then
		ok "$side: a file that cannot be written"
	else
		not_ok "$side: a file that cannot be written: exit status $status"
		show "$results/err"
	fi
done
finish
