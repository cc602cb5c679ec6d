#!/usr/bin/env bash
# Large distributions moved from version 1 to version 2 and back, twice: a tree made to hurt (torture.c: 166,000 entries, 5 GB) or a
# Debian. All entries are compared each time, at version 2 as the kernel's own ext4 shows them, where it may be mounted; memory is
# bounded. The Debian is killed, interrupted and told that the disk is full at random points as well.
#
# usage: convert_large.sh torture|debian ...; LX_PLACE is the directory where there is room for it, three times (/var/tmp)
what=$1
shift
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/instances.lib.sh"
. "$(dirname "$0")/convert.lib.sh"
battery core
PATH=$PATH:/usr/sbin:/sbin
limit=3600
# Kilobytes that lxrun and what it starts may take; sanitizers need more.
memory=65536

# moved VERSION: how many kilobytes it took.
moved() {
	local plain=${program_of[$side]}
	: >"$results/peak" && chmod 666 "$results/peak"
	program_of[$side]="$killat peak 0 $plain"
	run "$side" --set-version box "$1" --quiet 3>"$results/peak"
	program_of[$side]=$plain
	is "$side" "moved to version $1" '0 ' "$status $err"
	sanitized || is "$side" "in at most $memory kB of memory" '' "$(awk -v most=$memory '$1 > most || $1 == ""' "$results/peak")"
}

sanitized() {
	grep -q __asan_init "$(dirname "$lxrun")/lxrun-archive"
}

# The disk is one for the kernel as well.
mounted() {
	local mount=$results/mount tree
	mkdir -p "$mount"
	if ! mount -o ro,noatime,loop "$location/disk.ext4" "$mount" 2>/dev/null; then
		skip "$side: no disk can be mounted here: it is not compared"
		return
	fi
	: >"$results/now"
	for tree in "${trees[@]}"; do
		"$programs/entries" $listing "$mount$tree" >>"$results/now"
	done
	umount "$mount"
	is "$side" 'the kernel sees the same' 0 "$(diff "$results/before" "$results/now" | tee "$results/err" | grep -c '^[<>]')"
}

there() {
	moved 2
	as e2fsck -fn "$location/disk.ext4" >"$results/err" 2>&1
	is "$side" 'fsck finds nothing' 0 $?
	mounted
}

back() {
	moved 1
	is "$side" 'all of it is there' 0 "$(different)"
}

# shellcheck disable=SC2317
make_torture() {
	trees=(/srv/t)
	box full
}

# With owners and all, as it was packed.
# shellcheck disable=SC2317
make_debian() {
	local tar
	# lxrun reads some of them itself.
	listing=-t
	trees=(/usr /var /opt /root /home /boot /bin /sbin /lib /lib64)
	tar=$("$tests_dir/rootfs" tar core) || exit 1
	with "$side" -- --import box - --quiet
	"${command[@]}" <"$tar" || die 'cannot import it'
	as sh -c 'cat >"$1/rootfs/usr/local/bin/entries" && chmod 755 "$1/rootfs/usr/local/bin/entries"' copy "$location" <"$staged/entries"
	entries "$results/before"
}

# ended HOW TIMES: at random points, on the way to both.
ended_at_random() {
	local how=$1 version point i total
	for version in 2 1; do
		total=${total_of[$version]}
		for ((i = 0; i < $2; i++)); do
			point=$(((RANDOM * 32768 + RANDOM) % total + 1))
			at "$how" "$point" "$version"
			whole "$how at call $point of $total to version $version" 12
			[ "$(registered version)" != "$version" ] || to $((3 - version))
			wanted=$((wanted + 1))
		done
		to "$version"
	done
}

# Lines of progress, where there is no terminal.
progresses() {
	local line='[0-9]+%, [0-9]+ files, [0-9.]+ of [0-9.]+ MB, [0-9.]+ MB/s, [0-9]+ s left'
	run "$side" --set-version box 2
	is "$side" 'it says how far it is' '0 yes' "$status $(grep -Eq "^converting box to version 2: $line\$" <<<"$err" && echo yes)"
	run "$side" --set-version box 1
	is "$side" 'and on the way back' '0 yes' "$status $(grep -Eq "^converting box to version 1: $line\$" <<<"$err" && echo yes)"
}

for side in "${sides[@]}"; do
	[ "$side" != native ] || continue
	prepare "${LX_PLACE:-/var/tmp}" 1T
	make_"$what"
	say "$side: $(wc -l <"$results/before") entries"
	there
	back
	[ "$what" != torture ] || progresses
	if [ "$what" = debian ]; then
		declare -A total_of
		for version in 2 1; do
			at count 0 "$version"
			[ "$status" -eq 0 ] || not_ok "$side: count: $status $err"
			total_of[$version]=$calls
		done
		whole_ones=0
		wanted=0
		ended_at_random kill "${LX_KILLS:-20}"
		ended_at_random full $((${LX_KILLS:-20} / 2))
		ended_at_random interrupt $((${LX_KILLS:-20} / 4))
		is "$side" "ended at $wanted calls: it is whole, and nothing is left over" "$wanted" "$whole_ones"
	fi
	there
	back
	run "$side" --unregister box
	run "$side" --shutdown
done
finish
