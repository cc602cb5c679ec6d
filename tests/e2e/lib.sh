# What the batteries share; sourced by bash. A battery is a list of commands that run on the plain kernel in a chroot of a
# Debian root file system and, in the same one, under lxrun: as the unprivileged user of the tests and as root. Standard
# output, standard error and exit status must be equal.
#
#   . "$(dirname "$0")/lib.sh"
#   battery core                     # the variant of the root file system (tests/rootfs)
#   try 'a title' 'commands'         # or the commands on standard input
#   finish
#
# usage of a battery: NAME.sh [--lxrun PROGRAM] [--refuse PROGRAM] [--gate GATE] [--as user|root] [-v]
# Without --lxrun only the native half runs. The last line counts; the exit status is 1 if anything failed.
# shellcheck shell=bash

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

lxrun=''
refuse=''
gate=''
verbose=''
sides=()
while [ $# -gt 0 ]; do
	case $1 in
	--lxrun) lxrun=$(realpath "$2") && shift ;;
	--refuse) refuse=$(realpath "$2") && shift ;;
	--gate) gate=$2 && shift ;;
	--as) sides+=("$2") && shift ;;
	-v) verbose=yes ;;
	*) die "unknown option $1" ;;
	esac
	shift
done

# What the kernel that lxrun is started on lacks (../refuse.c).
refusing=userns
passed=0
failed=0
skipped=0
# Everything of one side, found by its name: where its root is, who runs lxrun, where its runtime directories are.
declare -A root_of runtime_of become_of program_of
# The directory of the battery inside the root: the same name on each side, because it may be printed.
work=/tmp/e2e.$$
results=$(mktemp -d /tmp/e2e-results.XXXXXX) && chmod 711 "$results" || exit 1
# Roots of the battery's own, removed at its end.
copies=()

ok() {
	passed=$((passed + 1))
	printf 'ok - %s\n' "$*"
}

not_ok() {
	failed=$((failed + 1))
	printf 'not ok - %s\n' "$*"
}

skip() {
	skipped=$((skipped + 1))
	printf 'ok - %s\n' "$*"
}

cleanup() {
	local side
	for side in "${!root_of[@]}"; do
		[ -n "${root_of[$side]}" ] || continue
		end_processes "$side"
		rm -rf --one-file-system "${root_of[$side]:?}$work" "${runtime_of[$side]:-/nonexistent}"
	done
	[ ${#copies[@]} -eq 0 ] || rm -rf --one-file-system "${copies[@]}"
	rm -rf "$results"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# Where the unprivileged user finds lxrun and its parts.
stage_lxrun() {
	local part parts=()
	for part in lxrun-resident lxrun-rewrite lxrun-manage lxrun-archive lxrun-tools lxrun-agent lxrun-vm; do
		[ ! -e "$(dirname "$lxrun")/$part" ] || parts+=("$(dirname "$lxrun")/$part")
	done
	"$tests_dir/stage" "$lxrun" "${parts[@]}"
}

# How a side runs lxrun: become_of and program_of.
side_runs() {
	become_of[$1]='env'
	program_of[$1]="$refuse $refusing $lxrun"
	[ "$1" = user ] || return 0
	become_of[user]="$tests_dir/as-user"
	program_of[user]="$("$tests_dir/stage" "$refuse")/${refuse##*/} $refusing" || exit 1
	program_of[user]+=" $(stage_lxrun)/${lxrun##*/}" || exit 1
}

# battery VARIANT [own | imported]: prepares the sides. own: the battery changes the root, so it gets copies. imported: the same,
# made by lxrun --import, so that owners are the archive's.
battery() {
	local side

	if [ ${#sides[@]} -eq 0 ]; then
		sides=(user)
		[ "$(id -u)" -ne 0 ] || sides+=(root)
	fi
	[ -n "$lxrun" ] || sides=()
	if "$tests_dir/native" --possible; then
		sides=(native "${sides[@]}")
	else
		printf '# no chroot here: outputs are not compared, only exit statuses\n'
	fi
	for side in "${sides[@]}"; do
		if [ "${2:-}" != imported ] || [ "$side" = native ]; then
			root_of[$side]=$("$tests_dir/rootfs" path "$1" "$side") || exit 1
		fi
		side_runs "$side"
		if [ "${2:-}" = own ] || { [ "${2:-}" = imported ] && [ "$side" = native ]; }; then
			copy_root "$side"
		elif [ "${2:-}" = imported ]; then
			import_root "$side" "$1"
		fi
		# Short, for the sake of socket names.
		runtime_of[$side]=$(${become_of[$side]} mktemp -d /tmp/lxt.XXXXXX) || exit 1
		${become_of[$side]} mkdir "${root_of[$side]}$work" || exit 1
	done
}

copy_root() {
	local copy=${root_of[$1]%/*}/e2e-$$.$1

	copies+=("$copy")
	${become_of[$1]} cp -a --reflink=auto "${root_of[$1]}" "$copy" || die "cannot copy ${root_of[$1]}"
	root_of[$1]=$copy
	# The host's resolver, for what asks the network.
	${become_of[$1]} sh -c 'rm -f "$1/etc/resolv.conf" && cat >"$1/etc/resolv.conf"' copy "$copy" </etc/resolv.conf
}

# import_root SIDE VARIANT
import_root() {
	local copy tar

	tar=$("$tests_dir/rootfs" tar "$2") || exit 1
	copy=$(${become_of[$1]} mktemp -d /tmp/lxi.XXXXXX) || exit 1
	copies+=("$copy")
	# shellcheck disable=SC2086
	${become_of[$1]} env XDG_DATA_HOME="$copy" XDG_RUNTIME_DIR="$copy" ${program_of[$1]} --import -q imported - <"$tar" ||
		die "cannot import $tar"
	root_of[$1]=$copy/lxrun/stores/imported/rootfs
}

# In front of every command, on all sides; of the native one alone.
around=()
apart=()
# For batteries that send signals to all of a user's processes: the ids of a chroot's users are those of the host's.
# shellcheck disable=SC2016,SC2034
own_processes=(unshare --pid --fork --kill-child sh -c '"$@"; exit $?' sh)

# in_guest SIDE COMMAND...: the array `command` becomes what runs it in the side's root.
in_guest() {
	local side=$1
	shift
	if [ "$side" = native ]; then
		command=("${around[@]}" "${apart[@]}" "$tests_dir/native" "${root_of[native]}" "$@")
	else
		# shellcheck disable=SC2206
		command=("${around[@]}" ${become_of[$side]} env XDG_RUNTIME_DIR="${runtime_of[$side]}" ${program_of[$side]}
			--rootfs "${root_of[$side]}" ${gate:+--gate "$gate"} -- "$@")
	fi
}

# The environment of all commands; the shared root's /root stays as it is.
guest_environment=(env -i HOME="$work" USER=root LOGNAME=root SHELL=/bin/bash LANG=C.UTF-8 TERM=dumb
	PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin)

# The processes of a side that run the resident of its runtime directory, one pid a line.
processes_of() {
	[ -n "${runtime_of[$1]:-}" ] || return 0
	find /proc -mindepth 2 -maxdepth 2 -path '/proc/[0-9]*/exe' -lname "${runtime_of[$1]}/*" -printf '%h\n' 2>/dev/null |
		sed 's,/proc/,,'
}

end_processes() {
	local pid
	for pid in $(processes_of "$1"); do
		kill -KILL "$pid"
	done
}

# What a side has left behind, after a moment of grace.
left_behind() {
	local found tries
	for tries in {1..50}; do
		found=$(processes_of "$1" | sed 's/^/process /'
			find "${runtime_of[$1]}" -mindepth 1 ! -path "${runtime_of[$1]}/lxrun" 2>/dev/null)
		[ -n "$found" ] || return 0
		[ "$tries" -eq 50 ] || sleep 0.1
	done
	printf '%s\n' "$found"
}

# run_on SIDE LIMIT SCRIPT: leaves SIDE.out, SIDE.err and SIDE.status in $results.
run_on() {
	local side=$1 command

	in_guest "$side" "${guest_environment[@]}" W="$work" bash -c \
		"umask 022; mkdir -p $work/$number && cd $work/$number || exit; $3"
	# Who runs it must be able to open /dev/stdout again.
	: >"$results/$side.out" && : >"$results/$side.err"
	[ "$side" != user ] || [ "$(id -u)" -ne 0 ] || chown "$(test_user)" "$results/$side.out" "$results/$side.err"
	timeout --kill-after=5 "$2" "${command[@]}" </dev/null >"$results/$side.out" 2>"$results/$side.err"
	printf '%s\n' "$?" >"$results/$side.status"
}

show() {
	head -n 40 "$1" | cut -c1-300 | sed 's/^/  | /'
}

# on_terminal SIDE SCENARIO: of terminal.py, with the array `command` before what it runs.
on_terminal() {
	if timeout 180 python3 "$tests_dir/e2e/terminal.py" "$2" "${command[@]}" </dev/null >"$results/$1.out" 2>"$results/$1.err"; then
		ok "$1: $2 on a terminal: $(grep -c '^ok' "$results/$1.out") steps"
	else
		not_ok "$1: $2 on a terminal"
		show "$results/$1.out"
		show "$results/$1.err"
	fi
}

# differs SIDE FILTER: prints how the side differs from the native one.
differs() {
	local side=$1 what a b
	a=$(cat "$results/native.status")
	b=$(cat "$results/$side.status")
	[ "$a" = "$b" ] || printf '  exit status %s, natively %s\n' "$b" "$a"
	for what in out err; do
		for a in native "$side"; do
			# bash names the pids of children that ended by a signal.
			sed -E -e 's/(line [0-9]+:) +[0-9]+ /\1 PID /' -e "$2" "$results/$a.$what" >"$results/$a.$what.compared"
		done
		if ! cmp -s "$results/native.$what.compared" "$results/$side.$what.compared"; then
			printf '  std%s differs:\n' "$what"
			diff -a "$results/native.$what.compared" "$results/$side.$what.compared" | head -n 30 | cut -c1-300 |
				sed 's/^/  | /'
		fi
	done
}

# try [-s STATUS] [-t SECONDS] [-f SED] TITLE [COMMANDS]: STATUS is what it must be natively (0), SED (extended) rewrites
# on all sides what may differ. The commands run in bash in a new directory; $W, which lasts as long as the battery, is above
# it.
number=0
try() {
	local expected=0 limit=120 filter='' side title script status problems OPTIND option

	while getopts s:t:f: option; do
		case $option in
		s) expected=$OPTARG ;;
		t) limit=$OPTARG ;;
		f) filter=$OPTARG ;;
		*) die "try: bad option" ;;
		esac
	done
	shift $((OPTIND - 1))
	title=$1
	if [ $# -gt 1 ]; then
		script=$2
	else
		script=$(cat)
	fi

	number=$((number + 1))
	for side in "${sides[@]}"; do
		run_on "$side" "$limit" "$script"
		status=$(cat "$results/$side.status")
		problems=''
		if [ "$side" = native ] || [ "${sides[0]}" != native ]; then
			[ "$status" = "$expected" ] || problems="  exit status $status, expected $expected"
		else
			problems=$(differs "$side" "$filter")
		fi
		if [ -z "$problems" ]; then
			ok "$side: $title"
			[ -z "$verbose" ] || { show "$results/$side.out" && show "$results/$side.err"; }
		else
			not_ok "$side: $title"
			printf '%s\n' "$problems"
			show "$results/$side.err"
			# Nothing can be learned from a command that fails where it must not.
			[ "$side" != native ] || { show "$results/$side.out" && return; }
		fi
	done
}

# The end of a battery: what is left, and the count.
finish() {
	local side found
	for side in "${sides[@]}"; do
		[ "$side" != native ] || continue
		found=$(left_behind "$side")
		if [ -z "$found" ]; then
			ok "$side: nothing is left behind"
		else
			not_ok "$side: left behind: ${found//$'\n'/, }"
		fi
	done
	printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
	[ "$failed" -eq 0 ]
	exit
}
