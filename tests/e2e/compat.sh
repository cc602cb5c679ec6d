#!/usr/bin/env bash
# --compat: a small suite whose tests end in every way, of which one passes on the plain kernel only. Without lxrun there is nothing
# to test.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/instances.lib.sh"
battery core

# make_suites SIDE: beside lxrun's other parts.
make_suites() {
	local part
	libexec=${data_of[$1]}/libexec
	${become_of[$1]} mkdir -p "$libexec/compat"
	for part in "$(dirname "${program_of[$1]##* }")"/lxrun*; do
		${become_of[$1]} ln -s "$part" "$libexec/"
	done
	${become_of[$1]} sh -c 'cat >"$1/compat/small.sh" && cp "$1/compat/small.sh" "$1/compat/needy.sh"' make "$libexec" <<'END'
#!/bin/sh
# about: tests that end in every way
# skip: 4
case $1 in
needs) [ -z "$LX_DIR" ] || { echo 'it needs what is missing' && exit 77; } ;;
prepare) echo prepared >file ;;
list)
	printf 'ends/well\t9\ttest "$(cat "${LX_SUITE%%/*}/file")" = prepared\n'
	printf 'ends/badly\t9\techo first; echo why; exit 3\n'
	printf 'ends/killed\t9\tkill -SEGV $$\n'
	printf 'ends/skipped\t9\texit 4\n'
	printf 'ends/late\t1\tsleep 100\n'
	printf 'ends/up\t9\tpython3 -c "import socket; a = socket.create_server((\\"127.0.0.1\\", 0)); socket.create_connection(a.getsockname(), 5)"\n'
	printf 'ends/interrupted\t9\t(kill -INT $$); sleep 9\n'
	printf 'ends/closed\t9\ttest ! -e /proc/self/fd/99\n'
	printf 'here/lost\t9\ttest ! -e /dev/lxrun\n'
	printf 'here/alone\t9\tls | wc -l | grep -qx 0 && touch x && (setsid sleep 1000 &)\n'
	;;
esac
END
	# One loss is known, one thing is not as it was.
	${become_of[$1]} sh -c 'printf "# comment\nends/well\tpassed\tpassed\nends/badly\tfailed\tfailed\nhere/lost\tpassed\tfailed\tit is seen\n" \
		>"$1/compat/small.expected"' make "$libexec"
}

# compat SIDE STATUS TITLE ARGUMENTS...
compat() {
	local side=$1 want=$2 title=$3
	shift 3
	with "$side" LXRUN_LIBEXEC="$libexec" -- --compat one -q "$@"
	# Who starts it may ignore signals and have files open; its tests do not.
	(trap '' INT && exec timeout 120 "${command[@]}" </dev/null >"$results/out" 2>"$results/err" 99</dev/null)
	is "$side" "$title: the exit status" "$want" "$?"
}

line() {
	is "$1" "$2" "$3" "$(grep -E "$4" "$results/out" | tr -s ' ')"
}

for side in "${sides[@]}"; do
	[ "$side" != native ] || continue
	instances_start "$side" 1000
	make_suites "$side"
	# As root the plain kernel is beside it, where it can be had; otherwise it is what the suite's file says.
	ends=' ends 1 3 0 6' ends_of_here=' here 1 1 1 1'
	if [ "$side" = root ] && unshare -m sh -c 'mount -t tmpfs none /mnt && cd /mnt && mkdir a b c d &&
		mount -t overlay -o lowerdir=a,upperdir=b,workdir=c none d' 2>/dev/null; then
		ends=' ends 3 3 0 0' ends_of_here=' here 2 1 1 0'
	fi
	compat "$side" 0 'a suite' --suite small
	line "$side" 'families: how tests end' "$ends" '^  ends'
	line "$side" 'families: what differs here' "$ends_of_here" '^  here'
	line "$side" 'what is lost, how, and why' ' lost: here/lost: exit status 1; it is seen' '^  lost:'
	compat "$side" 0 'for programs' --suite small --json
	is "$side" 'how each test ended' 'badly failed exit status 3: why
closed passed exit status 0
interrupted failed signal 2 (Interrupt)
killed failed signal 11 (Segmentation fault)
late failed no end within 1 s
skipped skipped exit status 4
up passed exit status 0
well passed exit status 0' "$(python3 -c '
import json, sys
[suite] = json.load(sys.stdin)["suites"]
for t in sorted(suite["tests"], key=lambda t: t["name"]):
    if t["name"].startswith("ends/"):
        print(t["name"][5:], t["here"], t["how"])' <"$results/out")"
	is "$side" 'nothing is left in the distribution' '' "$(find "$(readlink -f "${root_of[$side]%/*}/e2e-$$.$side.one/rootfs/tmp")" -name 'lxrun-compat*')"
	gone_in "$side" 'nor running' 50
	compat "$side" 0 'some of its tests' --suite small --match 'ends/@(w*|x)'
	line "$side" 'only those' ' all 1 1 0 0' '^  all'

	# A loss that has no reason is news; so is what passed before.
	${become_of[$side]} sed -i 's/\tit is seen//' "$libexec/compat/small.expected"
	compat "$side" 1 'a loss that is news' --suite small --match 'here/lost'
	compat "$side" 1 'a suite that needs what is missing' --suite small --dir /nowhere
	line "$side" 'it says so' ' not run: it needs what is missing' 'not run'
	compat "$side" 125 'a suite that there is not' --suite none
	is "$side" 'with those that there are' "lxrun: there is no suite 'none': it is one of needy, small" "$(cat "$results/err")"
	compat "$side" 125 'a gate that there is not' --suite small --gate none
done
finish
