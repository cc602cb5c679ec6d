#!/usr/bin/env bash
# --install NAME and --list --online: a list of distributions and archives from a local server, which is as bad as servers are.
#
# usage: fetch.sh --lxrun PROGRAM --refuse PROGRAM [--as user|root]
. "$(dirname "$0")/lib.sh"
[ ${#sides[@]} -gt 0 ] || { sides=(user) && { [ "$(id -u)" -ne 0 ] || sides+=(root); }; }

# --- what is served ----------------------------------------------------------------------------------------------------------

web=$results/web
mkdir -p "$web/root/etc" "$web/root/bin" && chmod -R a+rX "$results" || exit 1
install -m 755 "$(dirname "$refuse")/entries" "$web/root/bin/entries" || exit 1
printf 'ID=small\nVERSION_ID=7\n' >"$web/root/etc/os-release"
printf 'root:x:0:0::/:/bin/entries\nsomebody:x:1000:1000::/:/bin/entries\n' >"$web/root/etc/passwd"
printf '[oobe]\ndefaultUid = 1000\ndefaultName = called\n' >"$web/root/etc/wsl-distribution.conf"
tar -C "$web/root" --owner=0 --group=0 -czf "$web/small.wsl" . && cp "$web/small.wsl" "$web/small.tar.gz" || exit 1
printf '[oobe]\ncommand = true\ndefaultUid = 1000\n' >"$web/root/etc/wsl-distribution.conf"
tar -C "$web/root" --owner=0 --group=0 -cJf "$web/first.wsl" . || exit 1
echo 'no archive' >"$web/junk.wsl"
echo 'no list' >"$web/junk.json"

exec 8< <(exec "$tests_dir/e2e/archive_server.py" "$web" 2>/dev/null)
server=$!
copies+=("$web")
trap 'kill "$server" 2>/dev/null; cleanup' EXIT
read -r port <&8 || die 'the server does not start'
at=http://127.0.0.1:$port

# entry NAME URL FILE [DEFAULT]: of a list
entry() {
	printf '{"Name":"%s","FriendlyName":"The %s","Default":%s,"Amd64Url":{"Url":"%s","Sha256":"0x%s"}}' "$1" "$1" "${4:-false}" "$2" \
		"$(sha256sum "$web/$3" | cut -d' ' -f1)"
}

one() { printf '"%s":[%s]' "$1" "$(entry "$1" "$2" "$3")"; }

{
	printf '{"ModernDistributions":{"Small":[%s,%s],' "$(entry Small-1 "$at/ok/small.wsl" small.wsl)" "$(entry Small-2 "$at/redirect/5/small.wsl" small.wsl true)"
	for how in broken changing norange busy truncated slow; do printf '%s,' "$(one $how "$at/$how/small.wsl" small.wsl)"; done
	one first "$at/ok/first.wsl" first.wsl && printf ,
	one junk "$at/ok/junk.wsl" junk.wsl && printf ,
	one wrong "$at/ok/junk.wsl" small.wsl && printf ,
	one gone "$at/ok/gone.wsl" small.wsl && printf ,
	one loop "$at/redirect/50/small.wsl" small.wsl && printf ,
	one elsewhere "http://elsewhere.invalid/small.wsl" small.wsl && printf ,
	one file "file://$web/small.wsl" small.wsl
	printf '},"Default":"Small","Distributions":[{"Name":"Legacy"}]}\n'
} >"$web/list.json"
printf '{"ModernDistributions":{%s}}\n' "$(one small "$at/ok/first.wsl" first.wsl)" >"$web/more.json"

# --- the sides -----------------------------------------------------------------------------------------------------------------

for side in "${sides[@]}"; do
	side_runs "$side"
done

list=$web/list.json
variables=()
# command_of ARGUMENTS...: the array `command`. list: "" for none by the environment.
command_of() {
	# shellcheck disable=SC2206
	command=(${become_of[$side]} env --default-signal=INT XDG_DATA_HOME="$data" XDG_CONFIG_HOME="$data/config" XDG_RUNTIME_DIR="$data/run"
		${list:+LXRUN_MANIFEST="file://$list"} "${variables[@]}" ${program_of[$side]} "$@")
}

lx() {
	command_of "$@"
	"${command[@]}" </dev/null 2>&1
}

# like TITLE EXPECTED-STATUS PATTERN COMMAND...: a sentence of the output is like the pattern.
like() {
	local title=$1 status=$2 pattern=$3 out got
	shift 3
	out=$("$@")
	got=$?
	if [ "$got" -eq "$status" ] && grep -qE -- "$pattern" <<<"$out"; then
		ok "$side: $title"
	else
		not_ok "$side: $title: exit status $got"
		printf '%s\n' "$out" | tail -n 8 | cut -c1-300 | sed 's/^/  | /'
	fi
}

# refused TITLE PATTERN NAME: one sentence, 125, and nothing left.
refused() {
	local out
	out=$(lx --install "$3" -n -q)
	like "$1" 125 "$2" sh -c 'printf "%s\n" "$1"; exit "$2"' out "$out" $?
	[ "$(wc -l <<<"$out")" -eq 1 ] || not_ok "$side: $1: more than a sentence"
	nothing_left "$1"
}

nothing_left() {
	local left
	left=$(find "$data" -mindepth 1 ! -path "$data/run" ! -path "$data/run/lxrun" ! -path "$data/lxrun" ! -path "$data/lxrun/stores" \
		! -path "$data/lxrun/registry" ! -path "$data/lxrun/registry.lock" ! -path "$data/config*")
	[ -z "$left" ] || not_ok "$side: $1: left $left"
}

installs() {
	like "$1" 0 '' lx --install "$2" -n -q
	like "$1: and goes" 0 '' lx --unregister "$2"
	nothing_left "$1"
}

for side in "${sides[@]}"; do
	data=$(${become_of[$side]} mktemp -d /tmp/lxf.XXXXXX) && copies+=("$data") || exit 1
	runtime_of[$side]=$data/run
	${become_of[$side]} mkdir -m 700 "$data/run" "$data/config" "$data/config/lxrun"

	like 'the list' 0 '^Small-2 +The Small-2$' lx --list --online
	like 'the list for programs' 0 '"name": "Small-1", .*"sha256": "[0-9a-f]{64}"' lx -l -o --json
	like 'names of the list' 0 '^broken$' lx -l -o -q
	like 'options of the list' 125 'exclude each other' lx -l -o -v

	installs 'by name' Small-1
	installs 'a flavor, by redirections' small
	installs 'from a file' file
	installs 'that breaks off' broken
	installs 'that changes' changing
	installs 'without parts' norange
	installs 'of a server that is busy' busy
	variables=("http_proxy=$at" no_proxy=127.0.0.1)
	installs 'by a proxy' elsewhere
	variables=()

	like 'it is not called otherwise' 0 '' lx --install small -n -q --name mine
	like 'its user' 0 'small.*"defaultUid": 1000|"defaultUid": 1000.*small' lx -l --json
	like 'a name that is taken' 125 'there is a distribution .mine. already' lx --install small --name mine -n
	lx --unregister mine >/dev/null
	like 'installed because it is run' 0 '^/passwd' lx --version 1 Small-1 /bin/entries /etc
	like 'and called as it was' 0 '^Small-1' lx -l
	like 'not installed without that' 125 'there is no distribution' lx small-2 /bin/entries /etc
	lx --shutdown >/dev/null
	lx --unregister small-1 >/dev/null
	like 'a first-run command' 0 '' lx --install first -n -q
	like 'it is to come' 0 'oobePending = "1"' cat "$data/lxrun/registry"
	lx --unregister first >/dev/null
	like 'the default' 0 '' lx --install -n -q
	like 'it is called as the list calls it' 0 '^Small-2' lx -l
	lx --unregister small-2 >/dev/null
	like 'a file that names itself' 0 '' lx --install --from-file "$web/small.wsl" -n -q
	like 'is in a place of that name' 0 'stores/called"' lx -l --json
	like 'and runs' 0 '^/passwd' lx called /bin/entries /etc
	lx --shutdown >/dev/null
	lx --unregister called >/dev/null
	nothing_left 'a file that names itself'

	refused 'another content' 'is not wrong as it was published: its SHA-256 is [0-9a-f]{64}, not' wrong
	refused 'half of it' 'is not truncated as it was published' truncated
	refused 'no archive' 'archive|tar' junk
	refused 'no file' '404' gone
	refused 'redirections without an end' 'redirect' loop
	refused 'a host that is not there' 'resolve' elsewhere
	refused 'no such name' "no distribution 'nothing' to install" nothing
	refused 'what is only for Windows' "no distribution 'legacy' to install" legacy
	list=$web/junk.json
	refused 'no list' 'is no list of distributions: it is no JSON in line 1' small
	variables=("LXRUN_MANIFEST=$at/endless")
	refused 'a list without an end' 'larger than' small
	variables=("LXRUN_MANIFEST=http://127.0.0.1:1/")
	refused 'no server' 'onnect' small
	variables=()
	list=''
	${become_of[$side]} sh -c 'printf "[general]\ndistributionListUrl = %s\ndistributionListUrlAppend = %s\n" "$1" "$2" >"$3"' config \
		"$at/ok/list.json" "$at/ok/more.json" "$data/config/lxrun/config"
	like 'the configuration, of two lists' 0 '^small +The small$' lx -l -o
	like 'the second list wins' 0 '' lx --install small -n -q
	like 'with its archive' 0 'oobePending = "1"' cat "$data/lxrun/registry"
	lx --unregister small >/dev/null
	${become_of[$side]} rm "$data/config/lxrun/config"
	list=$web/list.json

	command_of --install slow -n
	like 'progress' 124 '^downloading slow: [0-9]+%, [0-9.]+ of [0-9.]+ MB, [0-9.]+ MB/s' timeout -s INT 8 sh -c 'exec "$@" 2>&1' sh "${command[@]}"
	nothing_left 'progress'
	for signal in INT TERM KILL; do
		command_of --install slow -n -q
		"${command[@]}" </dev/null >/dev/null 2>&1 &
		job=$!
		for ((i = 0; i < 100; i++)); do
			grep -q slow "$data/lxrun/registry" 2>/dev/null && break
			sleep 0.1
		done
		sleep 0.3
		kill -$signal "$job"
		wait "$job" 2>/dev/null
		got=$?
		expected=$((128 + $(kill -l $signal)))
		[ "$got" -eq "$expected" ] || not_ok "$side: interrupted by $signal: exit status $got, not $expected"
		# The next command clears up behind who was killed.
		lx -l -q >/dev/null
		nothing_left "interrupted by $signal"
		ok "$side: interrupted by $signal"
	done
done
finish
