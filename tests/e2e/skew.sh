#!/usr/bin/env bash
# skew.sh --other PROGRAM ...: two versions of lxrun that meet. An instance keeps the supervisor and the resident that it was started
# with; the other version, whose shared memory has another number and another layout, joins it, lists it, asks it and ends it.
other=''
words=()
while [ $# -gt 0 ]; do
	if [ "$1" = --other ]; then
		other=$(realpath "$2") && shift
	else
		words+=("$1")
	fi
	shift
done
set -- "${words[@]}"
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/instances.lib.sh"
[ -n "$lxrun" ] || die '--lxrun is needed'
[ -n "$other" ] || die '--other is needed'
battery core

# The answer of a supervisor to a request of a kind that it does not know: the status, and the sentence.
ask_for_the_unknown() {
	${become_of[$1]} python3 - "$(rundir_of_one "$1")/ctl" <<'END'
import socket, struct, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.connect(sys.argv[1])
s.send(struct.pack("=IHH", 0x6c786331, 999, 8) + b"some\0words\0")
a = s.recv(65536)
fixed = struct.unpack_from("=H", a, 6)[0]
print(struct.unpack_from("=i", a, 8)[0], a[fixed:].split(b"\0")[0].decode())
END
}

# meet SIDE TITLE STARTER VISITOR: the command lines of the two.
meet() {
	local side=$1 title=$2 starter=$3 visitor=$4 copy
	program_of[$side]=$starter
	busy "$side" 'sleep 60'
	program_of[$side]=$visitor
	says "$side" 0 one "$title: lists it" --list --running --quiet
	says "$side" 0 'joined 1' "$title: joins it" one sh -c 'echo joined $(pgrep -xc sleep)'
	says "$side" 7 '' "$title: is told how it ended" one sh -c 'exit 7'
	says "$side" 0 1000 "$title: joins as another user" one -u somebody -- id -u
	run "$side" one perl -e 'syscall 425, 1, 0'
	run "$side" --doctor one
	is "$side" "$title: asks it what it knows" 1 "$(grep -c '^io_uring_setup' <<<"$out")"
	${become_of[$side]} rm -f "${root_of[$side]%/*}/e2e-$$.$side.one/missed-calls"
	is "$side" "$title: a request that is not known" '-38 it was started by an older lxrun that does not know of this' "$(ask_for_the_unknown "$side")"
	# The resident of one version in the instance of another.
	copy=$(rundir_of_one "$side")/other
	${become_of[$side]} cp "$(dirname "${visitor##* }")/lxrun-resident" "$copy"
	${become_of[$side]} "$copy" </dev/null >"$results/out" 2>"$results/err"
	status=$?
	is "$side" "$title: residents do not mix" '125 1 1' \
		"$status $(grep -cE "^lxrun: the instance's memory is of another version of lxrun" "$results/err") $(wc -l <"$results/err")"
	ended "$side" "$title" --terminate one

	program_of[$side]=$starter
	busy "$side" 'sleep 61'
	signal "$side" keeper STOP
	kill -KILL "$(pid_of "$side" supervisor)" "$(pid_of "$side" keeper)"
	program_of[$side]=$visitor
	says "$side" 0 again "$title: starts it again after it was killed" one echo again
	is "$side" "$title: and ends who is left of it" 0 "$(pgrep -xfc 'sleep 61')"
	wait "${jobs[@]}" 2>/dev/null
	jobs=()
	ended "$side" "$title: its own" --shutdown
}

for side in "${sides[@]}"; do
	[ "$side" != native ] || continue
	instances_start "$side" 60000
	this=${program_of[$side]}
	that=$(lxrun=$other && { [ "$side" = user ] && echo "$(stage_lxrun)/lxrun" || echo "$other"; })
	that="${this% *} $that"
	meet "$side" 'a newer lxrun meets an older instance' "$this" "$that"
	meet "$side" 'an older lxrun meets a newer instance' "$that" "$this"
	program_of[$side]=$this
done
finish
