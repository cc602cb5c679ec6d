#!/usr/bin/env bash
# --import, --export, --clone and --install --from-file: archives compared entry by entry, hostile ones, commands that are killed.
#
# usage: import.sh --lxrun PROGRAM --refuse PROGRAM [--as user|root] [--kills N] [--only REGEX]
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

sides=()
kills=50
only=''
while [ $# -gt 0 ]; do
	case $1 in
	--lxrun) lxrun=$(realpath "$2") && shift ;;
	--refuse) refuse=$(realpath "$2") && shift ;;
	--as) sides+=("$2") && shift ;;
	--kills) kills=$2 && shift ;;
	--only) only=$2 && shift ;;
	*) die "unknown option $1" ;;
	esac
	shift
done
if [ ${#sides[@]} -eq 0 ]; then
	sides=(user)
	[ "$(id -u)" -ne 0 ] || sides+=(root)
fi

# A second for each ten thousand: all of a million where everything is done often.
entries=1000000
[ "$kills" -ge 50 ] || entries=200000

here=$tests_dir/e2e
work=$(mktemp -d /tmp/lxi.XXXXXX) && chmod 755 "$work" || exit 1
places=()
cleanup() {
	local place
	for place in "${places[@]}"; do
		chmod -R u+rwx "$place" 2>/dev/null
		rm -rf --one-file-system "$place"
	done
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

passed=0 failed=0
check() {
	local title=$1 out
	shift
	[[ $title =~ $only ]] || return 0
	if out=$("$@" 2>&1); then
		passed=$((passed + 1))
		printf 'ok - %s: %s\n' "$side" "$title"
	else
		failed=$((failed + 1))
		printf 'not ok - %s: %s\n' "$side" "$title"
		printf '%s\n' "$out" | tail -n 20 | cut -c1-300 | sed 's/^/  | /'
	fi
}

# Who runs lxrun, and where its data are: $data is a new directory each time.
new_place() {
	place=$("${become[@]}" mktemp -d "${1:-/tmp}/lxi.XXXXXX") || exit 1
	places+=("$place")
	data=$place/data
}

lx() {
	"${become[@]}" env XDG_DATA_HOME="$data" XDG_CONFIG_HOME="$place/config" "${program[@]}" "$@"
}

# Nothing but an empty registry.
nothing_left() {
	local found
	found=$(find "$place" -mindepth 1 ! -path "$data" ! -path "$data/lxrun" ! -path "$data/lxrun/stores" \
		! -path "$data/lxrun/registry" ! -path "$data/lxrun/registry.lock")
	[ -z "$found" ] || { printf 'left: %s\n' "$found" && return 1; }
	! grep -q location "$data/lxrun/registry" 2>/dev/null || { cat "$data/lxrun/registry" && return 1; }
}

# --- what comes back -----------------------------------------------------------------------------------------------------

round() {
	local archive=$1 format=$2 back=$place/back.$2
	lx --import -q there "$archive" && lx --export -q there "$back" && "$here/archives.py" compare "$archive" "$back"
}

through_pipes() {
	lx --import -q piped - <"$small" && lx --export -q --format tar.gz piped - >"$work/piped.tar.gz" &&
		"$here/archives.py" compare "$small" "$work/piped.tar.gz"
}

cloned() {
	lx --clone -q piped copied && lx --export -q copied "$place/copied.tar" &&
		"$here/archives.py" compare "$small" "$place/copied.tar"
}

# The names and kinds that no distribution has.
make_small() {
	local dir=$work/small i
	mkdir -p "$dir/etc" "$dir/usr/deep"
	echo one >"$dir/etc/file" && ln "$dir/etc/file" "$dir/usr/hard" && ln -s file "$dir/etc/soft"
	mkfifo "$dir/etc/fifo"
	printf 'ID=small\nVERSION_ID="7"\n' >"$dir/etc/os-release"
	touch "$dir/etc/"$'new\nline' "$dir/etc/a b" "$dir/etc/$(printf '%0250d' 1)"
	truncate -s 50M "$dir/usr/hole" && printf x | dd of="$dir/usr/hole" bs=1 seek=20000000 conv=notrunc 2>/dev/null
	i=$dir/usr/deep/$(printf '%0100d/%0100d/%0100d' 1 2 3) && mkdir -p "$i" && echo deep >"$i/file"
	for i in {1..1500}; do echo "$i" >"$dir/usr/$i"; done
	head -c 20M /dev/urandom >"$dir/usr/random"
	chmod 4755 "$dir/etc/file" && chmod 1777 "$dir/usr" && chmod 0 "$dir/etc/a b"
	touch -d '2001-02-03 04:05:06.123456789' "$dir/etc" "$dir/etc/file"
	# Devices need root, so they are made where there is one.
	[ "$(id -u)" -ne 0 ] || { mknod "$dir/etc/null" c 1 3 && mknod "$dir/etc/disk" b 259 70000 &&
		chown -R 1000:70000 "$dir/usr/deep" && chown -h 7:8 "$dir/etc/soft" && chown 9:10 "$dir/etc/fifo" &&
		chmod 4604 "$dir/etc/fifo"; }
	chmod u+r "$dir/etc/a b"
	tar -C "$dir" --format=posix --pax-option=delete=atime,delete=ctime --numeric-owner -S -cf "$small" . &&
		chmod 644 "$small" && chmod -R u+rwx "$dir" && rm -rf "$dir"
}

named_by_the_archive() {
	local dir=$work/named
	mkdir -p "$dir/etc" && printf '[oobe]\ncommand = /bin/first\ndefaultName = Called\n' >"$dir/etc/wsl-distribution.conf"
	tar -C "$dir" -czf "$work/named.wsl" . && chmod 644 "$work/named.wsl"
	lx --install -q --no-launch --from-file "$work/named.wsl" && grep -q Called "$data/lxrun/registry" &&
		refused 'a name that is taken' --install -q --no-launch --from-file "$work/named.wsl" &&
		lx --install -q --no-launch --name other --from-file "$work/named.wsl" &&
		refused 'no name' --install -q --no-launch --from-file "$small"
}

# --- what is refused -------------------------------------------------------------------------------------------------------

# One sentence and 125. (The first argument is for people.)
refused() {
	local status
	shift
	lx "$@" >"$work/out" 2>"$work/err" </dev/null
	status=$?
	cat "$work/err"
	[ "$status" -eq 125 ] && [ "$(grep -c '^lxrun: ' "$work/err")" -eq 1 ] && [ "$(wc -l <"$work/err")" -eq 1 ] &&
		[ ! -s "$work/out" ]
}

refused_archive() {
	"$here/archives.py" hostile "$1" >"$work/hostile" && chmod 644 "$work/hostile"
	refused "$1" --import -q evil "$work/hostile" && nothing_left && [ ! -e /tmp/lxrun-evil ]
}

too_large() {
	"$here/archives.py" hostile zeros >"$work/zeros.tar.zst" && chmod 644 "$work/zeros.tar.zst"
	refused 'beyond a limit' --import -q --max-size 50M evil "$work/zeros.tar.zst" && grep -q 'limit of 50 MB' "$work/err" &&
		nothing_left &&
		refused 'beyond the ratio' --import -q evil "$work/zeros.tar.zst" && grep -q '100 times' "$work/err" && nothing_left
}

many_entries() {
	python3 -c '
import sys
h = bytearray(512)
h[100:107] = b"0000644"; h[108:115] = h[116:123] = b"0000000"; h[124:135] = h[136:147] = b"00000000000"
h[156:157] = b"5"; h[257:265] = b"ustar\x0000"
out = sys.stdout.buffer
def one(name):
    h[0:100] = name.ljust(100, b"\0"); h[148:156] = b" " * 8; h[148:155] = b"%06o\0" % sum(h); out.write(h)
one(b"etc"); h[156:157] = b"0"
for i in range(int(sys.argv[1])): one(b"etc/%d" % (i % 3000))
out.write(bytes(1024))' "$entries" | lx --import -q many - && [ "$(find "$data/lxrun/stores/many/rootfs/etc" -type f | wc -l)" -eq 3000 ]
}

# --- a small disk, one without attributes (root makes them, in mounts of its own) --------------------------------------------

# in_mount TYPE OPTIONS COMMAND...: with a file system of its own at $place.
in_mount() {
	local type=$1 options=$2
	shift 2
	export -f lx refused nothing_left full no_attributes
	export place data work small here
	BECOME="${become[*]}" PROGRAM="${program[*]}" unshare -m bash -c '
		mount -t "$1" -o "$2" none "$place" && chmod 777 "$place" || exit
		read -ra become <<<"$BECOME"; read -ra program <<<"$PROGRAM"; shift 2; "$@"' in_mount "$type" "$options" "$@"
}

full() {
	refused 'a full disk' --import -q full "$small" && grep -q 'no space' "$work/err" && nothing_left
}

no_attributes() {
	lx --import -q plain "$small" 2>"$work/err" || return
	cat "$work/err"
	[ ! -s "$work/err" ] && lx --export -q plain "$place/back.tar" && "$here/archives.py" compare "$small" "$place/back.tar"
}

# --- killed ----------------------------------------------------------------------------------------------------------------

# A job that a script starts in the background ignores SIGINT, and what it executes would, too: hence env --default-signal.

# How long a command takes, in microseconds.
timed() {
	local from=${EPOCHREALTIME/./}
	"$@" >/dev/null 2>&1
	echo $((${EPOCHREALTIME/./} - from))
}

# kill_after MICROSECONDS SIGNAL COMMAND...
kill_after() {
	local pid signal=$2
	printf -v pause '%d.%06d' $(($1 / 1000000)) $(($1 % 1000000))
	shift 2
	"${become[@]}" env XDG_DATA_HOME="$data" XDG_CONFIG_HOME="$place/config" setsid env --default-signal "${program[@]}" "$@" >/dev/null 2>&1 &
	pid=$!
	sleep "$pause"
	kill "-$signal" "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
}

killed_imports() {
	local limit i name there=0
	limit=$(timed lx --import -q timing "$small")
	for ((i = 0; i < kills; i++)); do
		name=k$i
		kill_after $(((RANDOM << 15 | RANDOM) % (limit + 1))) KILL --import -q "$name" "$small"
		# The next command, whatever it is.
		lx --export -q nothing "$place/nothing" 2>/dev/null
		if grep -q "\"$name\"" "$data/lxrun/registry"; then
			there=$((there + 1))
			lx --export -q "$name" "$place/$name.tar" && "$here/archives.py" compare "$small" "$place/$name.tar" || return 1
			rm "$place/$name.tar"
		elif [ -e "$data/lxrun/stores/$name" ]; then
			echo "the store of $name is left" && return 1
		fi
	done
	echo "$kills killed, $there of them when they were done"
	[ "$there" -lt "$kills" ]
}

killed_exports() {
	local limit i there=0
	limit=$(timed lx --export -q timing "$place/whole.tar")
	for ((i = 0; i < kills; i++)); do
		kill_after $(((RANDOM << 15 | RANDOM) % (limit + 1))) KILL --export -q timing "$place/part.tar"
		if [ -e "$place/part.tar" ]; then
			there=$((there + 1))
			cmp "$place/part.tar" "$place/whole.tar" || return
			rm "$place/part.tar"
		fi
	done
	[ -z "$(find "$place" -maxdepth 1 -type f ! -name whole.tar)" ] || { ls -la "$place" && return 1; }
	[ "$there" -lt "$kills" ] && lx --export -q timing "$place/again.tar" && cmp "$place/again.tar" "$place/whole.tar"
}

interrupted() {
	local from
	# A pipe that nobody writes to: only the signal can end it.
	mkfifo "$place/pipe" && chmod 666 "$place/pipe" && exec 9<>"$place/pipe"
	from=${EPOCHREALTIME/./}
	kill_after 500000 "$1" --import -q waiting "$place/pipe"
	[ $((${EPOCHREALTIME/./} - from)) -lt 5000000 ] || { echo "it took too long" && return 1; }
	exec 9>&-
	rm "$place/pipe"
	nothing_left
}

# ---------------------------------------------------------------------------------------------------------------------------

small=$work/small.tar
make_small || die "cannot make an archive"
debian=$("$tests_dir/rootfs" tar base) || exit 1
cp "$debian" "$work/debian.tar" && chmod 644 "$work/debian.tar"

for side in "${sides[@]}"; do
	become=(env)
	program=("$refuse" userns "$lxrun")
	if [ "$side" = user ]; then
		become=("$tests_dir/as-user")
		program=("$("$tests_dir/stage" "$refuse")/${refuse##*/}" userns
			"$("$tests_dir/stage" "$lxrun" "$(dirname "$lxrun")/lxrun-manage" "$(dirname "$lxrun")/lxrun-archive" "$(dirname "$lxrun")/lxrun-resident")/${lxrun##*/}") || exit 1
	fi
	new_place
	check 'Debian comes back as it was' round "$work/debian.tar" tar
	places+=("$place") && rm -rf "$data"
	for format in tar tar.gz tar.xz tar.zst; do
		new_place
		check "everything else comes back as it was, as $format" round "$small" "$format"
	done
	if [ -w /dev/shm ]; then
		new_place /dev/shm
		check 'on a tmpfs as well' round "$small" tar
	fi
	new_place
	check 'through pipes' through_pipes
	check 'a copy' cloned
	new_place
	check 'a name from the archive' named_by_the_archive
	new_place
	for kind in absolute dots through-a-link through-a-relative-link hard-link hard-link-dots hard-link-through-a-link \
		truncated damaged damaged-gzip truncated-xz nonsense empty no-distribution; do
		check "refused: $kind" refused_archive "$kind"
	done
	check 'refused: 10 GB of zeros' too_large
	check 'refused: no such file' refused '' --import -q x /nonexistent
	check 'refused: no name' refused '' --import -q 'a b' "$small"
	check 'nothing is left of those' nothing_left
	check "$entries entries" many_entries
	if [ "$(id -u)" -eq 0 ]; then
		new_place
		check 'a full disk' in_mount tmpfs size=8m full
		new_place
		check 'a file system without attributes' in_mount ramfs mode=755 no_attributes
	fi
	new_place
	for signal in INT TERM HUP; do
		check "interrupted by $signal" interrupted "$signal"
	done
	check "imports killed at $kills random points" killed_imports
	check "exports killed at $kills random points" killed_exports
done
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
