#!/bin/sh
# about: busybox's own tests: --dir is a tree of its source with busybox built in it
# when: chosen
set -u
case $1 in
needs)
	[ -n "$LX_DIR" ] || { echo 'it needs --dir: a tree of its source with busybox built in it' && exit 77; }
	[ -x "$LX_DIR/busybox" ] || { echo "there is no busybox in '$LX_DIR'" && exit 77; }
	[ -d "$LX_DIR/testsuite" ] || { echo "there is no testsuite in '$LX_DIR'" && exit 77; }
	;;
prepare) ;;
list)
	cd "$LX_DIR/testsuite" || exit
	for name in *.tests */; do
		case ${name%/} in
		*.tests) name=${name%.tests} ;;
		*) name=${name%/} ;;
		esac
		printf 'busybox/%s\t300\tsh "$LX_SUITE" one %s\n' "$name" "$name"
	done | sort -u
	;;
one)
	# Every run gets a copy, since it writes beside its files.
	cp -a "$LX_DIR/testsuite" "$LX_DIR/busybox" "$LX_DIR/scripts" . && cp "$LX_DIR/.config" . 2>/dev/null
	cd testsuite || exit
	bindir=$PWD/.. tsdir=$PWD ./runtest -v "$2" >../out 2>&1
	status=$?
	grep -a "^FAIL" ../out | tail -n 5
	grep -aq "^PASS\|^FAIL" ../out || exit 77
	exit $status
	;;
esac
