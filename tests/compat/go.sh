#!/bin/sh
# about: the tests of Go's standard library (Debian: golang, golang-src)
set -u
command -v go >/dev/null || { echo 'it needs go: install golang' && exit 77; }
root=$(go env GOROOT)
case $1 in
needs)
	[ -d "$root/src/os" ] || { echo 'it needs the source of the library: install golang-src' && exit 77; }
	command -v cc >/dev/null || { echo 'it needs a C compiler: install gcc and libc6-dev' && exit 77; }
	;;
prepare) mkdir -m 755 cache ;;
list)
	cd "$root/src" && HOME=/root go list std | grep -vE '^(vendor|cmd)/' | while read -r name; do
		printf '%s\t900\tsh "$LX_SUITE" one %s\n' "go/$name" "$name"
	done
	;;
one)
	export HOME="$PWD" GOCACHE="${LX_SUITE%/*}/cache" GOFLAGS=-mod=vendor
	cd "$root/src" || exit
	go test -short -vet=off -count=1 -timeout 600s "$2" >"$HOME/out" 2>&1
	status=$?
	# The last line is what is shown: which of its tests failed.
	grep -E '^(FAIL|panic|ok|[?])' "$HOME/out" | tail -n 20
	grep -E '^(panic:|fatal error:|--- FAIL)' "$HOME/out" | head -n 9 | tr -s '\n ' ' '
	! grep -q 'no test files' "$HOME/out" || exit 77
	exit $status
	;;
esac
