#!/bin/sh
# about: CPython's own tests (Debian: libpython3.11-testsuite and its like)
set -u
case $1 in
needs)
	command -v python3 >/dev/null || { echo 'it needs python3' && exit 77; }
	python3 -c 'import test.test_grammar, test.test_os' 2>/dev/null || { echo 'it needs the tests of python3: install libpython3.11-testsuite, or that of the version' && exit 77; }
	;;
prepare) ;;
list)
	# Those of programs that open windows, and the tests of the tests, say nothing of a kernel.
	python3 -m test --list-tests | grep '^test_' | grep -vE '^test_(idle|tk|ttk|tcl|turtle|tools|regrtest|clinic)' |
		while read -r name; do
			printf '%s/%s\t900\tsh "$LX_SUITE" one %s\n' cpython "$name" "$name"
		done
	;;
one)
	export HOME="$PWD"
	# -w: what failed is tried again, and said. Many have limits in time, which a machine that is in use may miss.
	python3 -m test --timeout 600 -u none -w "$2" >out 2>&1
	status=$?
	tail -n 30 out
	# The last line is what is shown: which of its cases failed.
	sed -nE 's/^(FAIL|ERROR): ([^ ]*) .*/\2/p' out | sort -u | head -n 9 | tr '\n' ' '
	! grep -qE '^(test_[a-z0-9_]+ skipped|1 test skipped)' out || exit 77
	exit $status
	;;
esac
