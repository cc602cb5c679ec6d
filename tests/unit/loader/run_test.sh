#!/bin/sh
# run_test.sh LAUNCH LAUNCHER FIXTURES...: programs loaded by the launcher say and answer what they do natively. Those that are
# not installed are left out, but not all of them.
launch=$1 launcher=$2
shift 2
failed=0 ran=0

# compare PROGRAM ARGUMENTS...: standard output, standard error and exit status.
compare() {
	program=$1
	[ -x "$program" ] || return 0
	expected=$("$@" 2>&1 </dev/null; echo "status $?")
	got=$("$launch" "$launcher" "$program" "$@" 2>&1 </dev/null; echo "status $?")
	ran=$((ran + 1))
	if [ "$expected" != "$got" ]; then
		printf '%s\n' "$*: expected" "$expected" "got" "$got"
		failed=$((failed + 1))
	fi
}

for fixture; do
	compare "$fixture" one 'two words' ''
	case $fixture in
	*static_pie*) ;;
	*) LX_FIXTURE_BRK=1 && export LX_FIXTURE_BRK; compare "$fixture"; unset LX_FIXTURE_BRK ;;
	esac
done
compare /bin/true
compare /bin/false
compare /bin/echo 'one  two' '' three
compare /bin/ls -l /etc/passwd /nonexistent
compare /usr/bin/bash -c 'for i in 1 2 3; do echo $i; done; (exit 7); echo $?; ls /etc | wc -l; kill -TERM $$'
compare /usr/bin/python3 -c 'import threading, json; t = threading.Thread(target=lambda: print("thread")); t.start(); t.join()'
compare /usr/bin/perl -e 'use POSIX; print join(",", map { $_ * 2 } 1 .. 5), "\n"; exit 5'
compare /usr/bin/awk 'BEGIN { for (i = 0; i < 100000; i++) a[i] = i; print length(a) }'
compare /usr/bin/gcc --version
echo "$ran programs run, $failed differ"
[ $failed = 0 ] && [ $ran -ge 10 ]
