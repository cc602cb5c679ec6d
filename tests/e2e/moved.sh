#!/usr/bin/env bash
# --manage --move and --unregister killed at random points, and what a move leaves at each of its steps, made by hand: nothing is
# lost, and after the next verb nothing is left over. Without lxrun there is nothing to test.
#
# usage: as of all batteries; LX_KILLS is how often (4)
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/instances.lib.sh"
battery core
kills=${LX_KILLS:-4}

as() {
	${become_of[$side]} "$@"
}

# store NAME LOCATION: a small distribution, with so many files that removing and copying them takes a moment.
store() {
	# shellcheck disable=SC2016
	as sh -c 'mkdir -p "$1/rootfs" && cd "$1/rootfs" || exit
		for i in 1 2 3 4 5 6; do mkdir -p "many/$i" && for j in $(seq 60); do echo $i $j >"many/$i/$j"; done; done
		echo kept >marker && chmod 640 marker' store "$2" && fill_two "$side" "$2/rootfs" && register "$side" "$1" "$2"
}

# sum DIRECTORY: of all that is in a rootfs.
sum() {
	# shellcheck disable=SC2016
	as sh -c 'cd "$1/rootfs" 2>/dev/null && { find . ! -path "./etc/*" -printf "%p %y %m %l\n"; find . -type f ! -path "./etc/*" -exec cksum {} +; } |
		sort | cksum' sum "$1"
}

registered() {
	sed -n "/^name = \"$1\"/,/^\[/s/^$2 = \"\(.*\)\"/\1/p" "${data_of[$side]}/lxrun/registry"
}

# Everything that there is in the places where distributions are.
places() {
	as sh -c 'ls -A "$1" "$2"' places "$base" "$other" | sort | tr '\n' ' '
}

# whole TITLE LOCATION...: `kept` runs before anything else is done, and after the next verb is at one of these places, as a
# directory, whole, and nothing is anywhere else.
whole() {
	local title=$1 at problem=''
	shift
	run "$side" kept cat /marker
	[ "$status $out" = '0 kept' ] || problem+="it does not run ($status $out $err); "
	run "$side" --list -q
	[ "$status" -eq 0 ] && grep -qx kept <<<"$out" || problem+='it is not listed; '
	at=$(registered kept location)
	[[ " $* " == *" $at "* ]] || problem+="it is at $at; "
	as test -d "$at" && ! as test -L "$at" || problem+="$at is no directory; "
	[ "$(sum "$at")" = "$expected" ] || problem+='it is not whole; '
	[ -z "$(registered kept moving)" ] || problem+='it is still being moved; '
	[ "$(places)" = "$(printf '%s\n' "$base:" "$other:" '' "${at##*/}" | sort | tr '\n' ' ')" ] || problem+="there is more: $(places); "
	is "$side" "$title" '' "$problem"
}

# kill_within MICROSECONDS ARGUMENTS...: lxrun, killed at a random moment of that time.
kill_within() {
	local pause=$(((RANDOM << 15 | RANDOM) % $1)) pid
	printf -v pause '%d.%06d' $((pause / 1000000)) $((pause % 1000000))
	with "$side" -- "${@:2}"
	"${command[@]}" </dev/null >/dev/null 2>&1 &
	pid=$!
	sleep "$pause"
	kill -KILL "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
}

timed() {
	local from=${EPOCHREALTIME/./}
	run "$side" "$@"
	echo $((${EPOCHREALTIME/./} - from))
}

# places_are LOCATION MOVING: in the registry.
places_are() {
	as sed -i "s,^location = .*,location = \"$1\"\nmoving = \"$2\"," "${data_of[$side]}/lxrun/registry"
}

for side in "${sides[@]}"; do
	[ "$side" != native ] || continue
	data_of[$side]=$(as mktemp -d /tmp/lxd.XXXXXX) || exit 1
	base=$(as mktemp -d "${root_of[$side]%/*}/e2e-$$.XXXXXX") || exit 1
	other=$(as mktemp -d /dev/shm/e2e.XXXXXX) || exit 1
	copies+=("${data_of[$side]}" "$base" "$other")
	as mkdir -p "${data_of[$side]}/lxrun" "${data_of[$side]}/here" "${data_of[$side]}/config/lxrun"
	as sh -c 'printf "[general]\ninstanceIdleTimeout=0\n" >"$1"' config "${data_of[$side]}/config/lxrun/config"
	store kept "$base/a"
	expected=$(sum "$base/a")

	# --- while it runs ------------------------------------------------------------------------------------------------------
	background "$side" kept sleep 60
	until_true "[ \"\$(guests $side)\" -gt 0 ]"
	for verb in "--manage kept --move $base/b" '--unregister kept'; do
		# shellcheck disable=SC2086
		run "$side" $verb
		is "$side" "${verb%% *} of one that runs" '125 1 1' "$status $(wc -l <<<"$err") $(grep -c 'while it runs: lxrun --terminate kept$' <<<"$err")"
	done
	run "$side" --terminate kept
	wait "${jobs[@]}" 2>/dev/null
	jobs=()
	whole 'after that' "$base/a"

	# --- each step of a move --------------------------------------------------------------------------------------------------
	as ln -s "$base/a" "$base/b"
	places_are "$base/a" "$base/b"
	whole 'the new place is a link' "$base/a"
	as ln -s "$base/a" "$base/b"
	places_are "$base/b" "$base/a"
	whole 'the registry knows the new place' "$base/b"
	as mv "$base/b" "$base/a" && as ln -s "$base/b" "$base/b"
	places_are "$base/a" "$base/b"
	whole 'the two have changed places' "$base/a"
	as mkdir -p "$other/c/rootfs/many/1"
	places_are "$base/a" "$other/c"
	whole 'a part was copied' "$base/a"
	as sh -c 'cp -a "$1" "$2/c" && rm -r "$1/rootfs/many/3"' copy "$base/a" "$other"
	places_are "$other/c" "$base/a"
	whole 'a part was removed' "$other/c"
	as mv "$other/c" "$base/a"
	places_are "$base/a" "$base/b"
	whole 'nothing was done' "$base/a"
	as mkdir "$base/b" && as mv "$base/a/rootfs" "$base/a/distribution" "$base/b/" && as rmdir "$base/a"
	places_are "$base/a" "$base/b"
	run "$side" --list -q
	whole 'the second of two steps is missing' "$base/a"
	background "$side" kept sleep 60
	until_true "[ \"\$(guests $side)\" -gt 0 ]"
	as ln -s "$base/a" "$base/b"
	places_are "$base/b" "$base/a"
	run "$side" --list -q
	is "$side" 'nothing is moved below one that runs' "$base/b $base/a yes" \
		"$(registered kept location) $(registered kept moving) $(as test -L "$base/b" && echo yes)"
	run "$side" --terminate kept
	wait "${jobs[@]}" 2>/dev/null
	jobs=()
	whole 'but when it has ended' "$base/b"

	# --- killed -----------------------------------------------------------------------------------------------------------------
	limit=$(timed --manage kept --move "$other/far")
	whole 'a move' "$other/far"
	for ((i = 1; i <= kills; i++)); do
		from=$(registered kept location)
		# To where it is not, mostly of the other file system.
		case $((i % 4)) in
		0) to=${from%/*}/k$i ;;
		*) [ "${from%/*}" = "$base" ] && to=$other/k$i || to=$base/k$i ;;
		esac
		kill_within "$limit" --manage kept --move "$to"
		whole "a move killed, $i" "$from" "$to"
	done
	at=$(registered kept location)
	store gone "$base/timing"
	limit=$(timed --unregister gone)
	for ((i = 1; i <= kills; i++)); do
		store gone "$base/gone"
		whole_gone=$(sum "$base/gone")
		kill_within "$limit" --unregister gone
		run "$side" --list -q
		if grep -qx gone <<<"$out"; then
			is "$side" "a removal killed, $i: all is there" "$whole_gone" "$(sum "$base/gone")"
			run "$side" --unregister gone
		fi
		whole "a removal killed, $i" "$at"
	done
done
finish
