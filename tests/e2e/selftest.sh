#!/usr/bin/env bash
# The harness sees what it is for: a battery of two commands under something that stands in for lxrun, by chroot, and goes
# wrong in one way each time. Needs root.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd) || exit 1

if ! "$here/../native" --possible; then
	echo "needs root"
	exit 77
fi
dir=$(mktemp -d /tmp/e2e-selftest.XXXXXX) || exit 1
trap 'rm -rf "${dir:?}"' EXIT

cat >"$dir/lxrun" <<'END'
#!/usr/bin/env bash
while [ "$1" != -- ]; do
	[ "$1" != --rootfs ] || root=$2
	shift
done
shift
run() { "$TESTS/native" "$root" "$@"; }
mkdir -p "$XDG_RUNTIME_DIR/lxrun"
case $WRONG in
nothing) run "$@" ;;
out) run "$@" | sed s/two/TWO/; exit "${PIPESTATUS[0]}" ;;
err) run "$@" 2> >(sed s/warning/WARNING/ >&2) ;;
status) run "$@"; exit 4 ;;
hang) run "$@"; sleep 100 ;;
left) run "$@"; status=$?; touch "$XDG_RUNTIME_DIR/lxrun/left"; exit $status ;;
process)
	run "$@"
	status=$?
	cp /bin/sleep "$XDG_RUNTIME_DIR/lxrun/resident.$$"
	"$XDG_RUNTIME_DIR/lxrun/resident.$$" 60 >/dev/null 2>&1 &
	exit $status
	;;
esac
END
printf '#!/bin/sh\nshift\nexec "$@"\n' >"$dir/refuse"
: >"$dir/lxrun-resident"
chmod 755 "$dir" "$dir/lxrun" "$dir/refuse" "$dir/lxrun-resident"

cat >"$dir/battery.sh" <<'END'
#!/usr/bin/env bash
. "$TESTS/e2e/lib.sh"
battery base
try -s 3 -t 5 'one command' 'echo one; echo two; echo a warning >&2; exit 3'
try -s 3 -t 5 -f 's/[0-9]+/N/' 'a filter' 'echo $$; exit 3'
finish
END
# A command that fails natively is no test.
sed 's/exit 3/exit 5/' "$dir/battery.sh" >"$dir/broken.sh"

failures=0
expect() {
	local battery=$1 what=$2 status=$3 last=$4 says=$5 text got
	shift 5
	text=$(TESTS=$here/.. WRONG=$what bash "$dir/$battery" "$@" 2>&1)
	got=$?
	if [ "$got" -eq "$status" ] && [ "$(tail -n 1 <<<"$text")" = "$last" ] && grep -qF -- "$says" <<<"$text"; then
		echo "ok - $battery: $what"
	else
		echo "not ok - $battery: $what: exit status $got"
		printf '%s\n' "  | ${text//$'\n'/$'\n'  | }"
		failures=$((failures + 1))
	fi
}

under=(--lxrun "$dir/lxrun" --refuse "$dir/refuse" --as root)
expect battery.sh nothing 0 '2 passed, 0 failed, 0 skipped' 'ok - native: one command'
expect broken.sh nothing 1 '1 passed, 2 failed, 0 skipped' 'exit status 5, expected 3' "${under[@]}"
expect battery.sh nothing 0 '5 passed, 0 failed, 0 skipped' 'ok - root: one command' "${under[@]}"
expect battery.sh out 1 '4 passed, 1 failed, 0 skipped' 'stdout differs' "${under[@]}"
expect battery.sh err 1 '4 passed, 1 failed, 0 skipped' 'stderr differs' "${under[@]}"
expect battery.sh status 1 '3 passed, 2 failed, 0 skipped' 'exit status 4, natively 3' "${under[@]}"
expect battery.sh hang 1 '3 passed, 2 failed, 0 skipped' 'exit status 124, natively 3' "${under[@]}"
expect battery.sh left 1 '4 passed, 1 failed, 0 skipped' 'left behind: ' "${under[@]}"
expect battery.sh process 1 '4 passed, 1 failed, 0 skipped' 'left behind: process' "${under[@]}"
echo "$failures failed"
[ "$failures" -eq 0 ]
