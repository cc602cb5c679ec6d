#!/bin/sh
# about: lxrun's own programs: each system call in all its forms, signals, memory, processes, files
# A program prints "ok" and "not ok"; one whose name ends in _user runs as user 1000.
set -u
case $1 in
needs)
	command -v cc >/dev/null || { echo 'it needs a C compiler: install gcc and libc6-dev' && exit 77; }
	;;
prepare) ;;
list)
	cd data || exit
	for source in */*.c; do
		seconds=$(sed -n 's/.*conformance: timeout \([0-9]*\).*/\1/p' "$source" | head -n 1)
		printf '%s\t%s\tsh "$LX_SUITE" one %s\n' "${source%.c}" "$((${seconds:-20} * 3 + 60))" "$source"
	done
	;;
one)
	data=${LX_SUITE%/*}/data
	static=-static
	! grep -q 'conformance: dynamic' "$data/$2" || static=''
	cc -std=gnu17 -O1 -pthread -I "$data" $static -o program "$data/$2" -lm -lrt || exit
	case $2 in
	*_user.c) set -- setpriv --reuid 1000 --regid 1000 --clear-groups ./program ;;
	*) set -- ./program ;;
	esac
	"$@" >out 2>&1
	status=$?
	# The last line is what is shown.
	grep -v '^ok' out | grep -v '^[0-9]*$'
	[ $status -eq 0 ] && ! grep -q '^not ok' out && grep -q '^ok' out
	;;
esac
