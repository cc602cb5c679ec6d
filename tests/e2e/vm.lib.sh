# What the batteries of version 2 share: lxrun as each side starts it, with data of its own, and what is expected of it; and what
# those need that have a distribution of Debian's packages in a VM. Sourced after lib.sh.
# shellcheck shell=bash disable=SC2154,SC2034,SC2004

[ -n "$lxrun" ] || die '--lxrun is needed'
declare -A home_of_side
# Words of env(1): the environment of a side's lxrun, besides its runtime directory.
declare -A environment_of

# take_kernels DIRECTORY: whoever runs lxrun has the caller's.
take_kernels() {
	local kernel
	${become_of[$side]} mkdir -p "$1/lxrun/kernel"
	for kernel in "$HOME"/.cache/lxrun/kernel/linux-*; do
		${become_of[$side]} sh -c 'cat >"$1" && chmod 755 "$1"' kernel "$1/lxrun/kernel/${kernel##*/}" <"$kernel"
	done
}

# vm_begin: for batteries of a distribution of packages, which are for check --full: machines that are made of them, and systems
# that start. Skipped without a kernel. LX_BACKEND: another backend than lxrun takes by itself, with the caller's kernels.
vm_begin() {
	local home
	command -v linux.uml >/dev/null || [ -x "$HOME/.cache/lxrun/kernel/linux-uml" ] || { say 'there is no kernel' && exit 77; }
	[ ${#sides[@]} -gt 0 ] || { sides=(user) && [ "$(id -u)" -ne 0 ] || sides=(user root); }
	for side in "${sides[@]}"; do
		side_runs "$side"
		runtime_of[$side]=$(${become_of[$side]} mktemp -d /tmp/lxt.XXXXXX) || exit 1
		home=$(${become_of[$side]} mktemp -d /tmp/e2e-vm.XXXXXX) || exit 1
		home_of_side[$side]=$home
		copies+=("${runtime_of[$side]}" "$home")
		# The kernel is the user's own.
		environment_of[$side]="XDG_CONFIG_HOME=$home/config XDG_DATA_HOME=$home HOME=$(home_of "$(stat -c %U "$home")")"
		# Between two commands of a slow machine nothing is to end by itself.
		${become_of[$side]} mkdir -p "$home/config/lxrun"
		${become_of[$side]} sh -c 'printf "[general]\ninstanceIdleTimeout=600000\n${2:+[wsl2]\nbackend=%s\n}" "$2" >"$1"' sh \
			"$home/config/lxrun/config" "${LX_BACKEND:-}"
		[ -n "${LX_BACKEND:-}" ] || continue
		take_kernels "$home/cache"
		environment_of[$side]+=" XDG_CACHE_HOME=$home/cache"
	done
	trap vm_cleanup EXIT
}

# For what the packaged kernels have not, as overlayfs. Skipped without a kernel of our own.
vm_needs_own_kernel() {
	[ -e "$HOME/.cache/lxrun/kernel/linux-$([ -n "${LX_BACKEND:-}" ] && echo x86_64 || echo uml)" ] ||
		{ say 'there is no kernel of our own (kernel/build)' && exit 77; }
}

vm_cleanup() {
	for side in "${sides[@]}"; do
		limit=20 lx --shutdown --force </dev/null
	done
	cleanup
}

# check TITLE WANTED GOT
check() {
	if [ "$2" = "$3" ]; then
		ok "$side: $1"
	else
		not_ok "$side: $1: '$3' instead of '$2'"
		show "$results/err"
	fi
}

# lx WORDS...: lxrun as $side starts it; its output and its status behind a space in $out.
lx() {
	# shellcheck disable=SC2086
	out=$(cd / && timeout "${limit:-120}" ${become_of[$side]} env ${environment_of[$side]} \
		XDG_RUNTIME_DIR="${runtime_of[$side]}" ${program_of[$side]} "$@" 2>"$results/err")
	out+=" $?"
}

# is TITLE WANTED WORDS...
is() {
	local title=$1 want=$2
	shift 2
	lx "$@" </dev/null
	check "$title" "$want" "$out"
}

# like TITLE PATTERN WORDS...: an extended expression, for the whole.
like() {
	local title=$1 want=$2
	shift 2
	lx "$@" </dev/null
	if [[ $out =~ ^$want$ ]]; then
		ok "$side: $title"
	else
		not_ok "$side: $title: '$out' is not like '$want'"
		show "$results/err"
	fi
}

# import NAME VARIANT: with a user ann, and systemd. Machines may be slow, and several tests run at once.
import() {
	local tar

	tar=$("$tests_dir/rootfs" tar "$2") || exit 1
	limit=300 lx --import "$1" - --version 2 --quiet <"$tar"
	check "$1 is made" ' 0' "$out"
	is 'a user is made, and systemd is asked for' ' 0' "$1" sh -c 'useradd -m -s /bin/bash -G "${1-}" ann
		umask 022; printf "[boot]\nsystemd=true\ninitTimeout=300000\ncommand=echo booted as \$(id -un) >/run/booted\n[user]\ndefault=ann\n" >/etc/wsl.conf' \
		sh "$3"
	is 'and ended' ' 0' --terminate "$1"
}

# The VM's own directory stays, with its kernel's last words.
vm_finish() {
	for side in "${sides[@]}"; do
		${become_of[$side]} rm -rf "${runtime_of[$side]}/lxrun/vm"
	done
	finish
}

# state NAME
state() {
	lx --list -v
	grep -E "^[* ] $1 " <<<"$out" | tr -s ' *' ' ' | cut -d' ' -f3
}

# until_is WANTED COMMAND...: its output, or what it was after a while.
until_is() {
	local want=$1 got='' i
	shift
	for i in {1..150}; do
		got=$("$@" 2>/dev/null)
		[ "$got" != "$want" ] || break
		sleep 0.2
	done
	printf '%s' "$got"
}

# get PORT: what an HTTP server on the host's own port says.
get() {
	python3 -c 'import sys, urllib.request
print(urllib.request.urlopen("http://127.0.0.1:%s/" % sys.argv[1], timeout=20).read().decode(), end="")' "$1"
}
