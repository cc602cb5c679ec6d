# What the batteries of named distributions share; sourced by bash behind lib.sh.
# shellcheck shell=bash disable=SC2154,SC2034

declare -A data_of
jobs=()
# Programs that fork as fast as they can and end at once: hard to catch, and never more than a few at a time. No limit on
# processes holds root's back, so nothing here may multiply.
# shellcheck disable=SC2034
hoppers='hop() { [ $SECONDS -gt 60 ] || hop & }; for i in 1 2 3 4 5 6; do hop & done; sleep 60'
limited=''
# What measures how long lxrun takes, without what starts it, in milliseconds.
timer=()
# shellcheck disable=SC2016
timer_words=(bash -c 'from=${EPOCHREALTIME/./}; "$@"; status=$?; echo $(((${EPOCHREALTIME/./} - from) / 1000)) >&7; exit $status' timer)
place=/

# instances_start SIDE TIMEOUT: two distributions, one and two, whose instances end TIMEOUT milliseconds after their last
# program.
instances_start() {
	local side=$1 name location

	data_of[$side]=$(${become_of[$side]} mktemp -d /tmp/lxd.XXXXXX) || exit 1
	copies+=("${data_of[$side]}")
	place=${data_of[$side]}/here
	${become_of[$side]} mkdir -p "$place" "${data_of[$side]}/lxrun" "${data_of[$side]}/config/lxrun"
	${become_of[$side]} sh -c 'printf "[general]\ninstanceIdleTimeout=%s\n" "$2" >"$1"' config \
		"${data_of[$side]}/config/lxrun/config" "$2"
	for name in one two; do
		location=${root_of[$side]%/*}/e2e-$$.$side.$name
		copies+=("$location")
		${become_of[$side]} mkdir -p "$location/rootfs"
		fill_"$name" "$side" "$location/rootfs"
		register "$side" "$name" "$location"
	done
}

# The battery's root with an /etc of its own: all other files are only read, so links to them do.
fill_one() {
	# shellcheck disable=SC2016
	${become_of[$1]} sh -c '
		cp -al "$1/." "$2/" && rm -r "$2/etc" && cp -a "$1/etc" "$2/" || exit
		echo somebody:x:1000:1000::/:/bin/sh >>"$2/etc/passwd"
		printf "[network]\nhostname=one\n" >"$2/etc/wsl.conf"' fill "${root_of[$1]}" "$2" || die 'cannot make a root'
}

fill_two() {
	# shellcheck disable=SC2016
	${become_of[$1]} sh -c '
		mkdir -p "$2/bin" "$2/proc" "$2/sys" "$2/dev" "$2/tmp" "$2/etc" && cp "$1/bin/busybox" "$2/bin/" || exit
		for name in sh cat echo sleep; do ln -s busybox "$2/bin/$name" || exit; done
		echo root:x:0:0::/:/bin/sh >"$2/etc/passwd"' fill "${root_of[$1]}" "$2" || die 'cannot make a root'
}

# register SIDE NAME LOCATION
register() {
	local program
	program=$(dirname "$refuse")/register
	[ "$1" != user ] || program=$("$tests_dir/stage" "$program")/register
	${become_of[$1]} env XDG_DATA_HOME="${data_of[$1]}" "$program" "$2" "$3" || die "cannot register $2"
}

# with SIDE ENV-OPTIONS... -- ARGUMENTS...: the array `command` becomes what runs lxrun there.
with() {
	local side=$1 options=()
	shift
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	# shellcheck disable=SC2206
	command=(${become_of[$side]} env -C "${data_of[$side]}/here" XDG_RUNTIME_DIR="${runtime_of[$side]}"
		XDG_DATA_HOME="${data_of[$side]}" XDG_CONFIG_HOME="${data_of[$side]}/config" env "${options[@]}"
		"${timer[@]}" ${limited:+prlimit --nproc="$(processes_limit "$side")"} ${program_of[$side]} "$@")
}

# What the user has now, and some. The kernel does not hold root to it.
processes_limit() {
	local user=root
	[ "$1" != user ] || user=$(test_user)
	echo $(($(ps -L -u "$user" -o tid= | wc -l) + 200))
}

# run SIDE ARGUMENTS...: standard output in $out, standard error in $err, the exit status in $status. $limit: seconds, 60.
run() {
	with "$1" -- "${@:2}"
	timeout "${limit:-60}" "${command[@]}" </dev/null >"$results/out" 2>"$results/err"
	status=$?
	out=$(cat "$results/out")
	err=$(cat "$results/err")
}

is() {
	if [ "$3" = "$4" ]; then
		ok "$1: $2"
	else
		not_ok "$1: $2: '$4', not '$3'"
		show "$results/err"
	fi
}

# says SIDE STATUS OUTPUT TITLE ARGUMENTS...
says() {
	local side=$1 want=$2 text=$3 title=$4
	shift 4
	run "$side" "$@"
	is "$side" "$title" "$want $text" "$status $out"
}

# say_as SIDE STATUS OUTPUT TITLE -u VARIABLE ARGUMENTS...
say_as() {
	with "$1" "$5" "$6" -- "${@:7}"
	out=$(timeout 60 "${command[@]}" </dev/null 2>"$results/err")
	is "$1" "$4" "$2 $3" "$? $out"
}

background() {
	with "$1" -- "${@:2}"
	timeout --foreground -k 5 120 "${command[@]}" </dev/null >"$results/background.${#jobs[@]}" 2>&1 &
	jobs+=($!)
}

# terminal SIDE ARGUMENTS...: in the background, on a terminal of its own, whose text is in $results/terminal.
terminal() {
	local words
	with "$1" -- "${@:2}"
	printf -v words '%q ' "${command[@]}"
	: >"$results/terminal" && chmod 666 "$results/terminal"
	# It is the user's own.
	${become_of[$1]} script -qfec "$words" "$results/terminal" </dev/null >/dev/null 2>&1 &
	jobs+=($!)
	until_true "[ \"\$(guests $1)\" -gt 0 ]"
	sleep 0.3
}

# until_true COMMANDS: for at most ten seconds.
until_true() {
	local i
	for i in {1..100}; do
		eval "$1" && return
		sleep 0.1
	done
}

# --- instances as the host sees them -----------------------------------------------------------------------------------

runtime_directories() {
	find "${runtime_of[$1]}/lxrun" -mindepth 1 -maxdepth 1 -name 'r*' 2>/dev/null | wc -l
}

rundir_of_one() {
	find "${runtime_of[$1]}/lxrun" -mindepth 1 -maxdepth 1 -name 'd-*' -lname '*/r*' -printf '%l\n' 2>/dev/null | head -n 1
}

# pid_of SIDE supervisor|keeper: who holds the lock, of the first instance that is found; 0.
pid_of() {
	local byte=0 pid inode
	[ "$2" = supervisor ] || byte=1
	inode=$(stat -c %i "$(rundir_of_one "$1")/shm" 2>/dev/null) || { echo 0 && return; }
	pid=$(awk -v at=":$inode" -v byte=$byte '$2 == "POSIX" && substr($6, length($6) - length(at) + 1) == at && $7 == byte { print $5; exit }' /proc/locks)
	echo "${pid:-0}"
}

signal() {
	kill "-$3" "$(pid_of "$1" "$2")" || not_ok "$1: there is no $2"
}

# How many processes are guests of the side's instances.
guests() {
	processes_of "$1" | wc -l
}

# busy SIDE SCRIPT: in the background, until it is there.
busy() {
	busy_anyway "$@"
}

busy_anyway() {
	background "$1" one bash -c "$2"
	until_true "[ \"\$(guests $1)\" -gt 0 ] && [ \"\$(pid_of $1 keeper)\" -gt 0 ]"
	sleep 0.5
}

# ended SIDE TITLE ARGUMENTS...: this ends all instances of the side, with nothing left, within five seconds.
ended() {
	local side=$1 title=$2 time
	shift 2
	limited=''
	timer=("${timer_words[@]}")
	run "$side" "$@" 7>"$results/time"
	timer=()
	time=$(cat "$results/time")
	is "$side" "$1: $title" "0 0 0 yes" \
		"$status $(guests "$side") $(runtime_directories "$side") $([ "$time" -lt 5000 ] && echo yes || echo "$time ms")"
	[ ${#jobs[@]} -eq 0 ] || wait "${jobs[@]}" 2>/dev/null
	jobs=()
}

# gone_in SIDE TITLE TENTHS: within that time nothing is left of the side's instances.
gone_in() {
	local i
	for ((i = 0; i < $3; i++)); do
		[ "$(runtime_directories "$1")" -ne 0 ] || [ "$(guests "$1")" -ne 0 ] || break
		sleep 0.1
	done
	is "$1" "$2" '0 0' "$(runtime_directories "$1") $(guests "$1")"
}
