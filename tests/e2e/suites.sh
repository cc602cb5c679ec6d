#!/usr/bin/env bash
# A suite of `lxrun --compat` in a distribution that has what it needs: nothing that passes natively may be
# lost without a known reason. As root the plain kernel is run beside it.
#
# usage: suites.sh --lxrun PROGRAM --refuse PROGRAM [--as user|root] --suite SUITE [--gate GATE] [--match PATTERN] [--dir DIR]
#                  [--keep FILE] [--variant VARIANT] [--with PACKAGE]...
#
# The distribution is the root file system `suites` of tests/rootfs or another VARIANT with the files of packages that it lacks.
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

who=user keep='' variant=suites options=() packages=()
while [ $# -gt 0 ]; do
	case $1 in
	--lxrun) lxrun=$(realpath "$2") ;;
	--refuse) refuse=$(realpath "$2") ;;
	--as) who=$2 ;;
	--keep) keep=$2 ;;
	--variant) variant=$2 ;;
	--with) packages+=("$2") ;;
	--suite | --gate | --match | --dir) options+=("$1" "$2") ;;
	*) die "unknown option $1" ;;
	esac
	shift 2
done

become=()
program=("$refuse" userns "$lxrun")
if [ "$who" = user ] && [ "$(id -u)" -eq 0 ]; then
	parts=()
	for part in "$(dirname "$lxrun")"/lxrun-*; do
		[ "${part%.debug}" != "$part" ] || parts+=("$part")
	done
	become=("$tests_dir/as-user")
	program=("$("$tests_dir/stage" "$refuse")/${refuse##*/}" userns "$("$tests_dir/stage" "$lxrun" "${parts[@]}")/${lxrun##*/}") || exit 1
	# The suites are a directory, which is read only.
	if [ "${program[2]%/*}" != "${lxrun%/*}" ]; then
		"${become[@]}" rm -rf "${program[2]%/*}/compat"
		tar -C "${lxrun%/*}" -cf - compat | "${become[@]}" tar -C "${program[2]%/*}" -xf -
	fi
fi
archive=$("$tests_dir/rootfs" tar "$variant") || exit 1
place=$("${become[@]}" mktemp -d /var/tmp/lxs.XXXXXX) || exit 1
lx() {
	"${become[@]}" env XDG_DATA_HOME="$place/data" XDG_CONFIG_HOME="$place/config" XDG_RUNTIME_DIR="$place" "${program[@]}" "$@"
}
finish() {
	lx --terminate suites >/dev/null 2>&1
	chmod -R u+rwx "$place" 2>/dev/null
	rm -rf --one-file-system "$place"
}
trap finish EXIT
trap 'exit 130' INT TERM

# fetch PACKAGE: prints the path of its file, which is kept.
fetch() {
	local cache file
	cache=$(cache_of "$(id -un)")/packages
	mkdir -p "$cache" && cd "$cache" || return
	(
		flock 9
		file=$(find . -name "$1_*.deb" -mtime -30 | head -n 1)
		[ -n "$file" ] || apt-get download "$1" >&2
	) 9>"$1.lock"
	find "$PWD" -name "$1_*.deb" | sort | tail -n 1
}
files=()
for package in "${packages[@]}"; do
	file=$(fetch "$package")
	[ -n "$file" ] || { say "there is no package $package here" && exit 77; }
	files+=("$file")
done

lx --import -q suites - <"$archive" || die 'the distribution could not be made'
for file in "${files[@]}"; do
	dpkg-deb --fsys-tarfile "$file" | lx suites tar -C / --keep-directory-symlink -xf - || die "$file could not be unpacked"
done
if [ -n "$keep" ]; then
	lx --compat suites --json "${options[@]}" >"$keep"
else
	lx --compat suites "${options[@]}"
fi
