#!/usr/bin/env bash
# --install NAME --bootstrap: what cannot be made is refused in a sentence, what is interrupted leaves nothing; with LX_BOOTSTRAP=all
# a Debian is made by mmdebstrap and by debootstrap, and natively by the same programs as root: the trees are compared entry by entry.
#
# usage: bootstrap.sh --lxrun PROGRAM --refuse PROGRAM [--as user|root]
. "$(dirname "$0")/lib.sh"
[ ${#sides[@]} -gt 0 ] || { sides=(user) && { [ "$(id -u)" -ne 0 ] || sides+=(root); }; }
lister=$(dirname "$refuse")/entries

for side in "${sides[@]}"; do
	side_runs "$side"
done

# command_of ARGUMENTS...: the array `command`.
command_of() {
	# shellcheck disable=SC2206
	command=(${become_of[$side]} env --default-signal=INT XDG_DATA_HOME="$data" XDG_CONFIG_HOME="$data/config" XDG_RUNTIME_DIR="$data/run"
		LXRUN_MANIFEST=file:///nonexistent ${program_of[$side]} "$@")
}

lx() {
	command_of "$@"
	"${command[@]}" 2>&1 </dev/null
}

new_place() {
	data=$(${become_of[$side]} mktemp -d "/tmp/lxb.XXXXXX") && copies+=("$data") && ${become_of[$side]} mkdir -m 700 "$data/run" || exit 1
	runtime_of[$side]=$data/run
}

# No file, no process: of the instance's resident there is only what runs.
nothing_left() {
	local left
	left=$(find "$data" -mindepth 1 ! -path "$data/run" ! -path "$data/run/lxrun" ! -path "$data/lxrun" ! -path "$data/lxrun/stores" \
		! -path "$data/lxrun/registry" ! -path "$data/lxrun/registry.lock" | head -n 3)
	[ -z "$left" ] || { not_ok "$side: $1: left $left" && return; }
	left=$(find /proc/[0-9]*/exe -maxdepth 0 -lname "$data/*" 2>/dev/null)
	[ -z "$left" ] || not_ok "$side: $1: still running: $left"
}

refused() {
	local title=$1 pattern=$2 out got
	shift 2
	out=$(lx --install "$@" -n -q)
	got=$?
	if [ "$got" -eq 125 ] && grep -qE -- "^lxrun: .*$pattern" <<<"$out"; then
		ok "$side: $title"
	else
		not_ok "$side: $title: exit status $got: $out"
	fi
	nothing_left "$title"
}

# interrupted SIGNAL SECONDS: after it has begun.
interrupted() {
	local job got i
	command_of --install debian --bootstrap -n -q
	"${command[@]}" </dev/null >/dev/null 2>&1 &
	job=$!
	for ((i = 0; i < 300; i++)); do
		[ ! -d "$data/lxrun/stores/debian" ] || break
		sleep 0.1
	done
	sleep "$2"
	kill -"$1" "$job"
	wait "$job" 2>/dev/null
	got=$?
	[ "$got" -eq $((128 + $(kill -l "$1"))) ] || not_ok "$side: $1 after $2 s: exit status $got"
	# The guard of one that was killed has it to clear up, too.
	for _ in 1 2 3 4 5 6 7 8; do
		[ -n "$(find "$data/lxrun/stores" "$data/run" -mindepth 1 ! -path "$data/run/lxrun" 2>/dev/null | head -n 1)" ] || break
		sleep 0.5
	done
	nothing_left "$1 after $2 s"
	ok "$side: $1 after $2 s"
}

for side in "${sides[@]}"; do
	new_place
	refused 'no such name' 'nothing that can be made of packages' nosuch --bootstrap
	refused 'a name without keys here' 'keys that packages of Tanglu are signed with .* install what has' tanglu --bootstrap
	refused 'no such program' "'cdebootstrap' is nothing to bootstrap with" debian --bootstrap=cdebootstrap
	refused 'no suite' 'cannot be the name of a suite' debian --bootstrap --suite ../x
	refused 'no mirror' 'is no address of a mirror' debian --bootstrap --mirror 'x y'
	refused 'a mirror that is not there' 'could not make a Debian of suite bookworm' debian-12 --bootstrap --mirror http://127.0.0.1:1/debian
	refused 'a suite without a bootstrap' 'use --bootstrap' debian --suite sid
	refused 'two ways at once' '--from-file or --bootstrap' debian --bootstrap --from-file /dev/null
	interrupted INT 0.2
	interrupted TERM 3
	interrupted KILL 3
	if [ "${LX_BOOTSTRAP:-}" = all ]; then
		interrupted KILL 0.1
		interrupted INT 20
		interrupted KILL 25
	fi
done

# --- trees -------------------------------------------------------------------------------------------------------------------------

rule() { printf '%s\t%s\t%s\n' "$@"; }
{
	rule extra '/mnt/host' "the host's files"
	rule extra '/usr/local/bin/(lxinfo|lxpath|systemctl)' "lxrun's own tools"
	rule extra '/etc/(wsl.conf|hosts|resolv.conf.before-lxrun)' 'written at a start'
	rule all '/etc/(hostname|resolv.conf)' 'written at a start'
	rule contents '/var/cache/apt/.*\.bin' 'holds times'
	rule contents '/var/cache/ldconfig/aux-cache' 'holds inode numbers and times'
	rule size '/var/log/.*' 'holds times and speeds'
	rule contents '/etc/machine-id' 'made at random'
	rule all '/usr/local/bin/entries' 'what lists'
	rule all '/etc/apt/sources.list' 'debootstrap writes the first line only'
} >"$results/rules"

native() {
	local root=$results/$1 lines=() mirror
	mapfile -t lines < <(cat "$results/sources")
	mirror=$(awk '$3 == "bookworm" { print $2; exit }' "$results/sources")
	(
		export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive DPKG_FORCE=unsafe-io HOME=/tmp TERM=dumb
		umask 022
		case $1 in
		mmdebstrap) exec mmdebstrap --variant=minbase --mode=root --format=directory bookworm "$root" "${lines[@]}" ;;
		*) exec debootstrap --variant=minbase bookworm "$root" "$mirror" ;;
		esac
	) </dev/null >"$results/out" 2>&1 || { cat "$results/out" && return 1; }
	install -m 755 "$lister" "$root/usr/local/bin/entries" &&
		"$tests_dir/native" "$root" /usr/local/bin/entries / /proc /sys /dev /mnt/host /tmp >"$results/native.$1"
}

# Both see the same, with the listing program in its place.
made() {
	local out found
	new_place
	out=$(lx --install debian-12 --bootstrap="$1" --name one -n)
	[ -d "$data/lxrun/stores/one/rootfs" ] || { not_ok "$side: $1: $out" && return; }
	ok "$side: $1 makes a Debian"
	# shellcheck disable=SC2016
	${become_of[$side]} sh -c 'cat >"$1/usr/local/bin/entries" && chmod 755 "$1/usr/local/bin/entries"' entries "$data/lxrun/stores/one/rootfs" <"$lister"
	cp "$data/lxrun/stores/one/rootfs/etc/apt/sources.list" "$results/sources"
	[ -e "$results/native.$1" ] || native "$1" || { not_ok "$1 fails natively" && return; }
	lx -d one -u root --cd / -- entries / /proc /sys /dev /mnt/host /tmp | grep -a '^/' >"$results/$side.$1"
	if found=$("$tests_dir/e2e/entries.py" "$results/native.$1" "$results/$side.$1" -x "$results/rules"); then
		ok "$side: $1: the trees are the same: $found"
	else
		not_ok "$side: $1: the trees differ"
		tail -n 30 <<<"$found" | cut -c1-300 | sed 's/^/  | /'
	fi
	lx --shutdown >/dev/null
	lx --unregister one >/dev/null
	nothing_left 'unregistered'
}

if [ "${LX_BOOTSTRAP:-}" = all ]; then
	"$tests_dir/native" --possible || die 'no chroot here: there is nothing to compare with'
	for program in mmdebstrap debootstrap; do
		for side in "${sides[@]}"; do
			made "$program"
		done
		rm -rf --one-file-system "${results:?}/$program"
	done
fi
finish
