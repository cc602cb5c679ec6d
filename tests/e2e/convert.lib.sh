# What the batteries share that move a distribution `box` between the versions; sourced by bash behind instances.lib.sh. Its files are
# at $location, `killat` runs commands to end them, and `trees` are the directories that are compared.
# shellcheck shell=bash disable=SC2154,SC2034,SC2004

trees=(/srv/t)
# What entries tells: with -a, all; with -t, not when files have been read.
listing=-a
# What is there only while it runs as version 1.
views='^/local/bin/(lxinfo|lxpath|systemctl)	'

as() {
	${become_of[$side]} "$@"
}

# entries FILE: of the tree, as a program of the distribution sees them.
entries() {
	local tree
	: >"$1"
	for tree in "${trees[@]}"; do
		run "$side" box entries $listing "$tree"
		[ "$status" -eq 0 ] || not_ok "$side: entries: $status $err"
		grep -vE "$views" "$results/out" >>"$1"
	done
}

# How many entries of its tree differ from what they were.
different() {
	entries "$results/now"
	diff "$results/before" "$results/now" | grep -c '^[<>]'
}

# prepare DIRECTORY SIZE: its data is there; a disk has so much room.
prepare() {
	programs=$(dirname "$refuse")
	staged=$("$tests_dir/stage" "$programs/killat" "$programs/entries" "$programs/torture") || exit 1
	killat=$staged/killat
	data_of[$side]=$(as mktemp -d "$1/lxc.XXXXXX") || exit 1
	# Where a registry that is made again looks for it.
	location=${data_of[$side]}/lxrun/stores/box
	copies+=("${data_of[$side]}")
	as mkdir -p "${data_of[$side]}/lxrun" "${data_of[$side]}/here" "${data_of[$side]}/config/lxrun"
	as sh -c 'printf "[general]\ninstanceIdleTimeout=0\n[wsl2]\ndefaultVhdSize=%s\n" "$2" >"$1"' config \
		"${data_of[$side]}/config/lxrun/config" "$2"
}

# box KIND: a small root with a tree of that kind (torture.c) in it.
box() {
	as mkdir -p "$location/rootfs/srv" "$location/rootfs/root"
	fill_two "$side" "$location/rootfs"
	as sh -c 'cp "$1" "$2" "$3/bin/" && chmod 755 "$3/bin/entries" "$3/bin/torture"' copy "$staged/entries" "$staged/torture" \
		"$location/rootfs"
	register "$side" box "$location"
	run "$side" box torture "$1" /srv/t
	[ "$status" -eq 0 ] || die "cannot make the tree: $err"
	entries "$results/before"
}

places() {
	as ls -A "$location" | sort | tr '\n' ' '
}

# to VERSION: with a sentence if that fails.
to() {
	run "$side" --set-version box "$1" --quiet
	[ "$status" -eq 0 ] || not_ok "$side: to version $1: $status $err"
}

# at HOW N VERSION: under killat. Its status in $status, the number of calls, for count, in $calls.
at() {
	local plain=${program_of[$side]}
	program_of[$side]="$killat $1 $2 $plain"
	: >"$results/calls" && chmod 666 "$results/calls"
	run "$side" --set-version box "$3" --quiet 3>"$results/calls"
	program_of[$side]=$plain
	calls=$(cat "$results/calls")
}

# whole TITLE VERSIONS: it starts at once, is of one of the versions, has all, and there is nothing else.
whole() {
	local problem='' version
	version=$(registered version)
	if [ "$version" = 1 ]; then
		[ "$(different)" = 0 ] || problem+="it does not start, or is not the same: $err; "
	fi
	run "$side" --list -q
	version=$(registered version)
	[[ $2 == *$version* ]] || problem+="it is of version $version; "
	[ "$(registered state)" = installed ] || problem+="it is $(registered state); "
	if [ "$version" = 1 ]; then
		# Not all have something that is kept there.
		[[ $(places) =~ ^'distribution rootfs '('sidecar ')?$ ]] || problem+="there are $(places); "
	else
		[ "$(places)" = 'disk.ext4 distribution ' ] || problem+="there are $(places); "
		as e2fsck -fn "$location/disk.ext4" >"$results/fsck" 2>&1 || problem+='fsck finds something; '
	fi
	[ -z "$problem" ] || not_ok "$side: $1: $problem"
	[ -n "$problem" ] || [ -z "$verbose" ] || ok "$side: $1"
	[ -n "$problem" ] || whole_ones=$((whole_ones + 1))
}

registered() {
	sed -n "/^name = \"box\"/,/^\[/s/^$1 = \"\{0,1\}\([^\"]*\)\"\{0,1\}/\1/p" "${data_of[$side]}/lxrun/registry"
}
