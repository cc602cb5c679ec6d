#!/bin/sh
# about: coreutils' own tests: --dir is a tree of its source with coreutils built in it
# when: chosen
set -u
case $1 in
needs)
	[ -n "$LX_DIR" ] || { echo 'it needs --dir: a tree of its source with coreutils built in it' && exit 77; }
	[ -x "$LX_DIR/src/ls" ] || { echo "there are no built programs in '$LX_DIR'" && exit 77; }
	[ -d "$LX_DIR/tests" ] || { echo "there are no tests in '$LX_DIR'" && exit 77; }
	command -v make >/dev/null || { echo 'it needs make' && exit 77; }
	;;
prepare) ;;
list)
	cd "$LX_DIR" || exit
	find tests -name '*.sh' ! -name 'init.sh' ! -name 'envvar-check' -printf '%P\n' | sort | while read -r name; do
		printf '%s\t300\tsh "$LX_SUITE" one tests/%s\n' "${name%.sh}" "$name"
	done
	;;
one)
	cd "$LX_DIR" || exit
	make -s check VERBOSE=yes SUBDIRS=. RUN_EXPENSIVE_TESTS=no TESTS="$2" >/dev/null 2>&1
	log=${2%.sh}
	tail -n 3 "$log.log"
	case $(sed -n 's/^:test-result: //p' "$log.trs") in
	PASS*) exit 0 ;;
	SKIP*) exit 77 ;;
	esac
	exit 1
	;;
esac
