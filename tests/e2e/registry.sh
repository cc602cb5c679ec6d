#!/usr/bin/env bash
# Distributions as the verbs see them: listed, named, moved, removed, and what is said when that cannot be. They are small trees
# made by hand, whose registry lxrun makes from the stores. Without lxrun there is nothing to test.
. "$(dirname "$0")/lib.sh"
[ -n "$lxrun" ] || die "--lxrun is needed"
battery base

id_number=0
# lx ARGUMENTS...: lxrun as $side starts it, in the home $home; what it prints in $out and $err, its end in $status.
lx() {
	# shellcheck disable=SC2086
	timeout 60 ${become_of[$side]} env -u XDG_CONFIG_HOME -u XDG_DATA_HOME HOME="$home" XDG_RUNTIME_DIR="${runtime_of[$side]}" \
		${program_of[$side]} "$@" </dev/null >"$results/out" 2>"$results/err"
	status=$?
	out=$(cat "$results/out")
	err=$(cat "$results/err")
}

# as COMMAND...: as the side's user.
as() {
	${become_of[$side]} "$@"
}

check() {
	local title=$1 problem=$2
	if [ -z "$problem" ]; then
		ok "$side: $title"
	else
		not_ok "$side: $title: $problem"
		show "$results/out"
		show "$results/err"
	fi
}

# says TITLE OUTPUT ARGUMENTS...: succeeds, with exactly this output and nothing to complain.
says() {
	local title=$1 want=$2 problem=''
	shift 2
	lx "$@"
	[ "$status" -eq 0 ] || problem+="exit status $status; "
	[ "$out" = "$want" ] || problem+="prints something else than '$want'; "
	[ -z "$err" ] || problem+="complains; "
	check "$title" "$problem"
}

# refuses TITLE PATTERN ARGUMENTS...: 125, one sentence and nothing on standard output.
refuses() {
	local title=$1 pattern=$2 problem=''
	shift 2
	lx "$@"
	[ "$status" -eq 125 ] || problem+="exit status $status; "
	grep -qE -- "$pattern" <<<"$err" || problem+="does not say '$pattern'; "
	[ "$(wc -l <<<"$err")" -eq 1 ] || problem+="says more than a sentence; "
	[ -z "$out" ] || problem+="prints on standard output; "
	check "$title" "$problem"
}

# store NAME: a store that the registry can be made from.
store() {
	id_number=$((id_number + 1))
	as sh -c 'mkdir -p "$1/rootfs/etc" && cat >"$1/distribution" && printf "%s\n" "root:x:0:0::/root:/bin/sh" \
		"ann:x:1234:1234::/home/ann:/bin/sh" >"$1/rootfs/etc/passwd" && mkdir -m 711 "$1/rootfs/closed" && ln -s /nowhere "$1/rootfs/link"' \
		store "$stores/$1" <<END
[registry]
format = "1"
default = ""
defaultVersion = "1"
[distribution $(printf '%016x' $id_number)]
name = "$1"
location = "$stores/$1"
version = "1"
state = "installed"
defaultUid = "0"
oobePending = "0"
flavor = "debian"
osVersion = "12"
[end]
distributions = "1"
END
}

for side in "${sides[@]}"; do
	[ "$side" != native ] || continue
	home=$(as mktemp -d /tmp/e2e-home.XXXXXX)
	copies+=("$home")
	data=$home/.local/share/lxrun
	stores=$data/stores
	exists() { as test -e "$1" || as test -L "$1"; }

	# Nothing yet.
	refuses 'no distributions' 'there are no distributions' --list
	says 'no distributions, quietly' '' --list -q
	says 'no distributions, for programs' '[]' --list --json
	refuses 'none running' 'there are no running distributions' --list --running
	if exists "$home/.local"; then not_ok "$side: looking makes nothing"; else ok "$side: looking makes nothing"; fi
	refuses 'an unknown one where there is none' "no distribution 'x', nor any other" --set-default x

	# From the stores.
	for name in Debian ubuntu-24.04 alpine; do
		store "$name"
	done
	lx --list -q
	problem=''
	[ "$status" -eq 0 ] && [ "$out" = $'Debian\nalpine\nubuntu-24.04' ] || problem="lists '$out', exit status $status"
	grep -q 'was gone: it was made again from the stores, with 3 distributions' <<<"$err" || problem+=', does not say it'
	check 'a registry made from the stores' "$problem"
	says 'said once' $'Debian\nalpine\nubuntu-24.04' --list -q

	# Lists.
	says 'a list' $'Linux distributions of lxrun:\nDebian (Default)\nalpine\nubuntu-24.04' -l
	says 'another default' '' --set-default ALPINE
	says 'the default comes first' $'Linux distributions of lxrun:\nalpine (Default)\nDebian\nubuntu-24.04' --list
	says 'states and versions' "  NAME            STATE           VERSION
* alpine          Stopped         1
  Debian          Stopped         1
  ubuntu-24.04    Stopped         1" -l -v
	says 'letters together' "$out" -lv
	says 'names only' $'alpine\nDebian\nubuntu-24.04' --list --all --quiet
	says 'none runs, quietly' '' --list -q --running
	refuses 'quiet and verbose' 'exclude each other' -l -qv
	refuses 'all and running' 'exclude each other' --list --all --running
	refuses 'a word too many' 'takes no word' --list alpine
	refuses 'an unknown option' "no option '--colour'" --list --colour
	lx --list --json
	if python3 - "$results/out" "$stores" <<'END'; then problem=''; else problem='not what it should be'; fi
import json, sys
d = json.load(open(sys.argv[1]))
assert [x["name"] for x in d] == ["alpine", "Debian", "ubuntu-24.04"], d
assert [x["default"] for x in d] == [True, False, False], d
assert d[1] == {"name": "Debian", "default": False, "state": "Stopped", "version": 1, "location": sys.argv[2] + "/Debian",
                "defaultUid": 0, "flavor": "debian", "osVersion": "12", "id": d[1]["id"]}, d
END
	check 'a list for programs' "$problem"

	# Names.
	refuses 'an unknown one, with the nearest name' "no distribution 'debain' \(did you mean 'Debian'\?\)" --set-default debain
	refuses 'an unknown one that is like none' "no distribution 'fedora'; 'lxrun --list'" --unregister fedora
	refuses 'a name that is missing' 'word missing: lxrun --set-default NAME' --set-default
	says 'another name' '' --manage Debian --rename debian-12
	says 'another name that differs in case only' '' --manage alpine --rename Alpine
	says 'the default keeps its place' $'Alpine\ndebian-12\nubuntu-24.04' -lq
	refuses 'a name that is taken' "there is a distribution 'debian-12' already" --manage alpine --rename DEBIAN-12
	refuses 'a name that is none' "'a/b' cannot be the name" --manage alpine --rename a/b
	refuses 'a name that is too long' 'at most 256' --manage alpine --rename "$(printf '%0257d' 0)"
	says 'the longest name' '' --manage alpine --rename "$(printf '%0256d' 0)"
	says 'and back' '' --manage "$(printf '%0256d' 0)" --rename alpine
	refuses 'no change' 'needs what to do' --manage alpine
	refuses 'two changes' 'cannot be done at once' --manage alpine --rename x --move "$home/x"

	# Versions.
	says 'the default version' '' --set-default-version 1
	says 'the default version 2' '' --set-default-version 2
	says 'and 1 again' '' --set-default-version 1
	refuses 'the default version 3' "no version '3'" --set-default-version 3
	refuses 'version 3 of a distribution' "no version '3'" --set-version alpine 3
	refuses 'version 1 of one that has it' 'of version 1 already' --set-version alpine 1
	refuses 'an unknown one' "no distribution 'x'" --set-version x 1

	# The default user.
	says 'a default user' '' --manage debian-12 --set-default-user ann
	lx --list --json
	grep -q '"name": "debian-12".*"defaultUid": 1234' <<<"$out" && problem='' || problem='it is not known'
	check 'it is known' "$problem"
	refuses 'an unknown user' "no user 'bob' in 'debian-12'" --manage debian-12 --set-default-user bob
	as sh -c 'printf "[user]\ndefault = bob\n" >"$1"' sh "$stores/Debian/rootfs/etc/wsl.conf"
	lx --manage debian-12 --set-default-user root
	grep -q 'user.default = bob, which comes first' <<<"$err" && [ "$status" -eq 0 ] && problem='' || problem="status $status"
	check 'wsl.conf comes first, and this is said' "$problem"

	# Moves.
	tree() { as sh -c 'cd "$1" && find . ! -type d -printf "%p %m %l %s\n" -o -printf "%p %m\n" 2>/dev/null | LC_ALL=C sort' sh "$1/rootfs"; }
	before=$(tree "$stores/Debian")
	says 'a move' '' --manage debian-12 --move "$home/some/where"
	[ "$(tree "$home/some/where")" = "$before" ] && problem='' || problem='the tree is not the same'
	! exists "$stores/Debian" || problem+='; the old place is still there'
	as test -d "$home/some/where" && ! as test -L "$home/some/where" || problem+='; the new place is no directory'
	check 'all has moved' "$problem"
	lx --list --json
	grep -q "\"location\": \"$home/some/where\"" <<<"$out" && problem='' || problem='it is not known'
	check 'the new place is known' "$problem"
	as mkdir "$home/empty"
	says 'a move to an empty directory, with slashes' '' --manage debian-12 --move "$home/empty//"
	refuses 'a move to where it is' 'already' --manage debian-12 --move "$home/empty"
	refuses 'a move to where another is' "where 'alpine' is" --manage debian-12 --move "$stores/alpine"
	refuses 'a move into itself' 'into itself' --manage debian-12 --move "$home/empty/x"
	as sh -c 'mkdir -p "$1/full/x" && : >"$1/file"' sh "$home"
	refuses 'a move to a directory that is not empty' 'is not empty' --manage debian-12 --move "$home/full"
	refuses 'a move to a file' 'is no directory' --manage debian-12 --move "$home/file"
	refuses 'a move below a file' 'cannot make the directory' --manage debian-12 --move "$home/file/x"
	as sh -c ': >"$1"' sh "$home/empty/letters"
	refuses 'a move of more than the distribution' "move 'letters' away first" --manage debian-12 --move "$home/y"
	as rm "$home/empty/letters"
	[ "$(tree "$home/empty")" = "$before" ] && problem='' || problem='the tree is not the same'
	check 'what was refused has changed nothing' "$problem"
	# Another file system.
	other=$(as mktemp -d /dev/shm/e2e.XXXXXX) && copies+=("$other")
	if [ "$(stat -c %d "$other")" != "$(stat -c %d "$home")" ] && as sh -c ': >"$1/x" && setfattr -n user.x -v y "$1/x"; e=$?; rm "$1/x"; exit $e' sh "$other"; then
		says 'a move to another file system' '' --manage debian-12 --move "$other/d"
		problem=$(diff <(echo "$before") <(tree "$other/d"))
		! exists "$home/empty" || problem+='; the old place is still there'
		check 'all has moved to another file system' "$problem"
	else
		skip "$side: # SKIP no other file system with attributes"
	fi

	# Removal.
	lx --list --json
	location=$(python3 -c 'import json,sys; print(next(x["location"] for x in json.load(open(sys.argv[1])) if x["name"]=="debian-12"))' "$results/out")
	as sh -c ': >"$1/letters"' sh "$location"
	says 'removal' '' --unregister debian-12
	exists "$location/letters" && ! exists "$location/rootfs" && ! exists "$location/distribution" && problem='' || problem='no'
	check "the distribution's files are gone, the user's are not" "$problem"
	as rm -r "$stores/ubuntu-24.04"
	lx --unregister ubuntu-24.04
	[ "$status" -eq 0 ] && grep -q 'were gone already' <<<"$err" && problem='' || problem="status $status"
	check 'removal of one whose files are gone' "$problem"
	says 'what is left' $'alpine' -lq

	# Somebody else is at it.
	as sh -c 'exec 9<"$1" && flock -x 9 && : >"$2" && exec sleep 60' sh "$stores/alpine" "$home/locked" &
	holder=$!
	until exists "$home/locked"; do sleep 0.05; done
	refuses 'removal while another lxrun changes it' 'another lxrun is' --unregister alpine
	refuses 'a move while another lxrun changes it' 'another lxrun is' --manage alpine --move "$home/z"
	kill "$holder"
	wait "$holder" 2>/dev/null

	# Damage.
	as sh -c 'echo nonsense >>"$1"' sh "$data/registry"
	lx -lq
	[ "$out" = alpine ] && [ "$status" -eq 0 ] && grep -q "was damaged: it was kept as 'registry.damaged-1'" <<<"$err" &&
		problem='' || problem="status $status"
	check 'a damaged registry' "$problem"
	exists "$data/registry.damaged-1" && problem='' || problem='it is not there'
	check 'is kept aside' "$problem"

	# Nowhere to write.
	nowhere=$home && home=/dev/null
	refuses 'no home' "cannot make the directory '/dev/null/" --set-default alpine
	refuses 'no distributions without a home' 'there are no distributions' --list
	home=$nowhere
	if [ "$side" = user ]; then
		as chmod 555 "$data"
		refuses 'a registry that may not be written' 'Permission denied' --set-default alpine
		says 'can be read' alpine -lq
		as chmod 755 "$data"
	fi

	# The rest.
	lx --status
	[ "$status" -eq 0 ] && grep -qx 'Default Distribution: alpine' <<<"$out" && grep -qx 'Default Version: 1' <<<"$out" &&
		grep -qx '  gate trap: usable' <<<"$out" && grep -qE '^  backend uml: (usable|not usable: .)' <<<"$out" && problem='' || problem="status $status"
	check 'the state of things' "$problem"
	lx --status --json
	python3 -c 'import json,sys; d = json.load(open(sys.argv[1])); assert d["defaultDistribution"] == "alpine" and d["gates"]["trap"]["usable"]' \
		"$results/out" && problem='' || problem='not what it should be'
	check 'the state of things for programs' "$problem"
	lx --version
	grep -qE '^lxrun [0-9]+\.[0-9]+\.[0-9]+$' <<<"$out" && [ "$status" -eq 0 ] && problem='' || problem="status $status"
	check 'the version' "$problem"
	lx --help
	[ "$status" -eq 0 ] && grep -q -- '--unregister NAME' <<<"$out" && problem='' || problem="status $status"
	check 'help' "$problem"
	problem=''
	for verb in list manage unregister set-default status version; do
		lx "--$verb" --help
		[ "$status" -eq 0 ] && grep -q "^usage: lxrun --$verb" <<<"$out" || problem+=" $verb"
		from_option=$out
		lx --help "$verb"
		[ "$out" = "$from_option" ] || problem+=" $verb differs"
	done
	check 'help of each verb' "$problem"
	# shellcheck disable=SC2086
	as sh -c 'exec "$@" >/dev/full' sh env HOME="$home" ${program_of[$side]} --help 2>"$results/err"
	[ $? -eq 125 ] && grep -q 'No space left' "$results/err" && problem='' || problem='no'
	check 'a full disk behind the standard output' "$problem"
done
finish
