#!/usr/bin/env bash
# --doctor and --status: what they find on hosts that lack something, and the calls that programs made in vain. Without lxrun there
# is nothing to test.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/instances.lib.sh"
battery core

# examine SIDE REFUSED ENV-OPTIONS... -- [NAME]: what --doctor says on such a host, in $results/out; before: words in front.
before=()
examine() {
	local side=$1 usual=${program_of[$1]}

	program_of[$side]=${usual/ userns / userns${2:+,$2} }
	with "$side" "${@:3:$#-3}" --doctor --json "${!#}"
	[ "${!#}" != -- ] || with "$side" "${@:3:$#-3}" -- --doctor --json
	program_of[$side]=$usual
	timeout 60 "${before[@]}" "${command[@]}" </dev/null >"$results/out" 2>"$results/err"
	status=$?
	python3 - "$results/out" >"$results/found" <<'END'
import json, sys
for r in json.load(open(sys.argv[1])):
    if r["id"] == "call":
        print("call", r["number"])
    else:
        print(r["id"], "; ".join(r[k] for k in ("state", "found", "means", "cure")))
END
}

# finds SIDE ID STATE TITLE PATTERN: of this probe, in the text "found; means; cure".
finds() {
	if grep -qE -- "^$2 $3; .*$5" "$results/found"; then
		ok "$1: $4"
	else
		not_ok "$1: $4: '$(grep "^$2 " "$results/found")' is not '$3; $5'"
		show "$results/err"
	fi
}

# The numbers of the calls that --doctor NAME lists.
calls_of() {
	local found
	examine "$1" '' -- "$2"
	found=$(sed -n 's/^call //p' "$results/found")
	echo "${found//$'\n'/ }"
}

# has SIDE TITLE NAME NUMBER...: all of these are listed.
has() {
	local side=$1 title=$2 name=$3 number found
	shift 3
	found=" $(calls_of "$side" "$name") "
	for number in "$@"; do
		[[ $found == *" $number "* ]] || { not_ok "$side: $title: no $number in$found" && return; }
	done
	ok "$side: $title"
}

# over SIDE DIRECTORY TYPE OPTIONS: `before` mounts that over the directory, for this command only. False where it cannot.
over() {
	# shellcheck disable=SC2016
	before=(unshare -m --propagation private sh -c 'mount -t "$1" -o "$2" none "$3" && shift 3 && exec "$@"' over "$3" "$4" "$2")
	[ "$(id -u)" -eq 0 ] && "${before[@]}" true 2>/dev/null
}

# hosts SIDE: kernels and surroundings that lack something.
hosts() {
	local side=$1 id
	examine "$side" '' -- two
	is "$side" 'a host that has everything' 0 "$status"
	for id in seccomp seccomp-flags listener openat2 runtime hidepid mount-flags; do
		finds "$side" $id ok "$id is there" ''
	done
	examine "$side" seccomp --
	finds "$side" seccomp missing 'no filters' 'programs run only under `--gate ptrace`'
	is "$side" 'and version 1 does not work as it is' 1 "$status"
	examine "$side" filters --
	finds "$side" seccomp missing 'filters refused' 'Operation not permitted; .*a profile that allows seccomp'
	examine "$side" listener,openat2,ptrace --
	finds "$side" listener limited 'no listener' 'listens already; the end of .* is noticed half a second later'
	finds "$side" seccomp ok 'but filters' ''
	finds "$side" openat2 limited 'no openat2' 'does not have it; paths are walked a component at a time.*; Linux 5.6'
	finds "$side" ptrace limited 'no ptrace' 'strace and gdb do not work'
	finds "$side" calls limited 'other calls' 'this host refuses process_vm_readv'
	examine "$side" container -u XDG_RUNTIME_DIR "XDG_DATA_HOME=$results/nowhere/at/all" --
	finds "$side" calls limited 'a container' 'this host refuses keyctl, personality'
	finds "$side" space '(ok|limited)' 'no store yet' '[0-9]+ MB and [0-9]+ files'
	finds "$side" runtime ok 'no XDG_RUNTIME_DIR' '/lxrun-?[0-9]*, as XDG_RUNTIME_DIR is not set'
	examine "$side" '' XDG_RUNTIME_DIR=/nonexistent --
	finds "$side" runtime ok 'one that is of no use' 'as XDG_RUNTIME_DIR is of no use'
}

# stores SIDE LOCATION: file systems that do. The location is that of the distribution two.
stores() {
	local side=$1 two=$2
	if over "$side" "$two" ramfs mode=0777; then
		examine "$side" '' -- two
		finds "$side" attributes limited 'no user attributes' 'does not have them; owners other than root.* are not kept; a location on a local'
		over "$side" "$two" tmpfs mode=0777,noexec
		examine "$side" '' -- two
		finds "$side" mount-flags missing 'noexec' 'mounted noexec; programs on it cannot be executed; .*--move DIR'
		is "$side" 'where nothing can run' 1 "$status"
		over "$side" "$two" tmpfs mode=0777,ro
		examine "$side" '' -- two
		finds "$side" mount-flags limited 'read-only' 'nothing in a distribution can be changed'
		over "$side" "$two" tmpfs mode=0777,nosuid,size=10m
		examine "$side" '' -- two
		finds "$side" space limited 'little space' '10 MB .*installing software will fill it'
		finds "$side" mount-flags ok 'nosuid' 'makes no difference'
		over "$side" /proc proc hidepid=2
		examine "$side" '' --
		finds "$side" hidepid ok 'hidepid' 'that hides nothing of them'
	else
		skip "$side: stores of other kinds # SKIP nothing can be mounted here"
	fi
	before=()
}

# damaged SIDE LOCATION: who should write the record cannot, or somebody else has written it. The location is that of one.
damaged() {
	local side=$1 one=$2
	busy "$side" "perl -e 'syscall 313, 0, 0, 0'; sleep 60"
	signal "$side" supervisor STOP
	has "$side" 'one that hangs is not waited for long' one 304
	ended "$side" 'one that hangs' --terminate one
	# 999 has no name; a call that is native, or done without a gap, is not missing any more.
	${become_of[$side]} sh -c 'printf "0\n257\n999\nnonsense\n-1\n425" >"$1"' damage "$one/missed-calls"
	is "$side" 'a damaged record' 999 "$(calls_of "$side" one)"
	${become_of[$side]} sh -c 'rm "$1" && mkdir "$1"' damage "$one/missed-calls"
	run "$side" one perl -e 'syscall 425, 1, 0; print "well\n"'
	is "$side" 'one that cannot be written' '0 well' "$status $out"
	gone_in "$side" 'stops nothing' 50
	${become_of[$side]} rmdir "$one/missed-calls"
	run "$side" one perl -e 'syscall 425, 1, 0'
	gone_in "$side" 'again' 50
}

# What can be had here is the same for both users.
examined=''
for side in "${sides[@]}"; do
	[ "$side" != native ] || continue
	instances_start "$side" 0
	one=${root_of[$side]%/*}/e2e-$$.$side.one
	if [ -z "$examined" ]; then
		hosts "$side"
		stores "$side" "${root_of[$side]%/*}/e2e-$$.$side.two"
	fi
	# --- calls in vain ----------------------------------------------------------------------------------------------------
	is "$side" 'a distribution that has never run has none' '' "$(calls_of "$side" one)"
	run "$side" one perl -e 'exit 3 if -e "/nothing"; print "here\n"; exec "/bin/ls", "/"'
	is "$side" 'everyday calls are none' '' "$(calls_of "$side" one)"
	# io_uring_setup, clone3, one that has no name, unshare of what root may unshare, a file system that there is not.
	# shellcheck disable=SC2016
	run "$side" one perl -e '$d = "/tmp"; $t = "ext4"; syscall 425, 1, 0; syscall 425, 1, 0; syscall 435, 0, 0; syscall 5000; syscall 272, 0x4000000;
		syscall 165, $d, $d, $t, 0, 0'
	gone_in "$side" 'the instance has ended' 50
	is "$side" 'what was asked for in vain, once each' '165 272 425 435 5000' "$(calls_of "$side" one)"
	is "$side" 'is kept for the user alone' 600 "$(stat -c %a "$one/missed-calls")"
	is "$side" 'of this distribution only' '' "$(calls_of "$side" two)"
	run "$side" --doctor one
	is "$side" 'with the sentence of the table' 1 "$(grep -cxE 'io_uring_setup +its calls are made by the kernel and would go past the translation' <<<"$out")"
	is "$side" 'and a number without a name' 1 "$(grep -cE '^number 5000 +it has no name' <<<"$out")"
	run "$side" --doctor
	is "$side" 'not without a name of a distribution' 0 "$(grep -c io_uring <<<"$out")"
	run "$side" --status
	is "$side" '--status counts them' 1 "$(grep -cF "calls of one's programs that it could not do, or not in full: 5 (lxrun --doctor one)" <<<"$out")"
	run "$side" --status --json
	is "$side" 'and for programs' '[165, 272, 425, 435, 5000]' "$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["missedCalls"])' "$results/out")"
	busy "$side" "perl -e 'syscall 321, 0, 0, 0'; sleep 60"
	has "$side" 'a running instance tells at once' one 321 425
	ended "$side" 'a running one' --terminate one
	busy "$side" "perl -e 'syscall 304, 0, 0, 0'; sleep 60"
	signal "$side" supervisor KILL
	gone_in "$side" 'a killed supervisor' 50
	wait "${jobs[@]}" 2>/dev/null
	jobs=()
	has "$side" 'the keeper stores what it knew' one 304 321 425
	[ "$examined" = yes ] || damaged "$side" "$one"
	examined=yes
	run "$side" --unregister one
	is "$side" 'the record goes with the distribution' '0 gone' "$status $([ -e "$one" ] || echo gone)"
done
finish
