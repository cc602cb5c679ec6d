#!/usr/bin/env bash
# A suite of `lxrun --compat` in a distribution that has what it needs, with what it says kept: nothing that passes natively may be
# lost without a known reason. As root the plain kernel is run beside it.
#
# usage: suites.sh --lxrun PROGRAM --refuse PROGRAM [--as user|root] --suite SUITE [--gate GATE] [--keep FILE]
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

who=user keep='' options=()
while [ $# -gt 0 ]; do
	case $1 in
	--lxrun) lxrun=$(realpath "$2") ;;
	--refuse) refuse=$(realpath "$2") ;;
	--as) who=$2 ;;
	--keep) keep=$2 ;;
	--suite | --gate | --match | --dir) options+=("$1" "$2") ;;
	*) die "unknown option $1" ;;
	esac
	shift 2
done

become=()
program=("$refuse" userns "$lxrun")
if [ "$who" = user ] && [ "$(id -u)" -eq 0 ]; then
	parts=()
	for part in "$(dirname "$lxrun")"/lxrun-*; do
		[ "${part%.debug}" != "$part" ] || parts+=("$part")
	done
	become=("$tests_dir/as-user")
	program=("$("$tests_dir/stage" "$refuse")/${refuse##*/}" userns "$("$tests_dir/stage" "$lxrun" "${parts[@]}")/${lxrun##*/}") || exit 1
	# The suites are a directory, which is read only.
	"${become[@]}" rm -rf "$(dirname "${program[2]}")/compat"
	tar -C "$(dirname "$lxrun")" -cf - compat | "${become[@]}" tar -C "$(dirname "${program[2]}")" -xf -
fi
archive=$("$tests_dir/rootfs" tar suites) || exit 1
place=$("${become[@]}" mktemp -d /var/tmp/lxs.XXXXXX) || exit 1
lx() {
	"${become[@]}" env XDG_DATA_HOME="$place/data" XDG_CONFIG_HOME="$place/config" XDG_RUNTIME_DIR="$place" "${program[@]}" "$@"
}
finish() {
	lx --terminate suites >/dev/null 2>&1
	chmod -R u+rwx "$place" 2>/dev/null
	rm -rf --one-file-system "$place"
}
trap finish EXIT
trap 'exit 130' INT TERM

lx --import -q suites - <"$archive" || die 'the distribution could not be made'
if [ -n "$keep" ]; then
	lx --compat suites --json "${options[@]}" >"$keep"
else
	lx --compat suites "${options[@]}"
fi
