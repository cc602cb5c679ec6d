#!/usr/bin/env bash
# fs.protected_symlinks, fs.protected_regular and fs.protected_fifos in all their settings, and stores that others have made. What
# the kernel does is conformance's subject, in the setting that it has; lxrun reads others from files over those of /proc/sys.
#
# usage: as of all batteries
. "$(dirname "$0")/lib.sh"
battery core

# tool SIDE NAME: where one of the test's programs is for the side.
tool() {
	if [ "$1" = user ]; then
		echo "$("$tests_dir/stage" "$(dirname "$refuse")/$2")/$2"
	else
		echo "$(dirname "$refuse")/$2"
	fi
}

# protected SIDE SYMLINKS REGULAR FIFOS
protected() {
	local side=$1 settings=$results/settings command
	# shellcheck disable=SC2206
	command=(${become_of[$side]} env XDG_RUNTIME_DIR="${runtime_of[$side]}" ${program_of[$side]} --rootfs "${root_of[$side]}"
		--cd "$work" -- ./protected)
	mkdir -p "$settings"
	echo "$2" >"$settings/symlinks" && echo "$3" >"$settings/regular" && echo "$4" >"$settings/fifos"
	chmod -R a+rX "$settings"
	# shellcheck disable=SC2016
	if out=$(unshare -m --propagation private sh -c '
		for name in symlinks regular fifos; do mount --bind "$1/$name" "/proc/sys/fs/protected_$name" || exit 9; done
		shift && exec "$@"' over "$settings" "${command[@]}" 2>&1) && ! grep -v '^ok' <<<"$out"; then
		ok "$side: symlinks $2, regular $3, fifos $4"
	else
		not_ok "$side: symlinks $2, regular $3, fifos $4"
	fi
}

# A store as containers/storage (containers) or fuse-overlayfs makes them: the attribute everywhere, and no mark.
# shellcheck disable=SC2016
make_store='cd "$1" && mkdir -p bin etc/dir tmp proc dev && cp "$2/bin/busybox" "$3" bin/ || exit
	for name in sh stat chown cat echo chmod rm; do ln -s busybox bin/$name || exit; done
	printf "root:x:0:0::/:/bin/sh\nuser:x:1000:1000::/:/bin/sh\n" >etc/passwd
	echo secret >etc/shadow; echo mine >etc/mine; : >etc/null; : >etc/pipe; chmod 755 . etc etc/*
	is() { "$3" set "$4" user.containers.override_stat "$1:$2"; }
	[ "$4" = containers ] || is() { "$3" set "$4" user.fuseoverlayfs.override_stat "$1"; }
	is 0:0:0755 dir "$3" . && is 0:0:40755 dir "$3" etc && is 0:42:0640 file "$3" etc/shadow && is 1000:1000:0600 file "$3" etc/mine &&
	is 1000:100:02770 dir "$3" etc/dir || exit
	[ "$4" != containers ] || { is 0:5:0666 char-1-3 "$3" etc/null && is 5:6:0644 pipe "$3" etc/pipe; }'
# shellcheck disable=SC2016
tell_store='cd /etc && stat -c "%n %u:%g %a %F" / . shadow mine dir null pipe passwd && attributes list mine &&
	chown 7:8 mine && chmod 600 shadow && chown 0:0 dir && chmod 755 dir'
told='/ 0:0 755 directory
. 0:0 755 directory
shadow 0:42 640 regular file
mine 1000:1000 600 regular file
dir 1000:100 2770 directory
null 0:0 755 regular empty file
pipe 0:0 755 regular empty file
passwd 0:0 755 regular file
'
changed='mine 7:8 600
shadow 0:42 600
dir 0:0 755'

# foreign SIDE KIND
foreign() {
	local side=$1 store=${root_of[$1]}$work/store want=$told
	[ "$2" != containers ] || want=${want/null 0:0 755 regular empty file/null 0:5 666 character special file}
	[ "$2" != containers ] || want=${want/pipe 0:0 755/pipe 5:6 644}
	${become_of[$side]} mkdir "$store"
	${become_of[$side]} sh -c "$make_store" make "$store" "${root_of[$side]}" "$(tool "$side" attributes)" "$2" || not_ok 'a store'
	# shellcheck disable=SC2206
	run=(${become_of[$side]} env XDG_RUNTIME_DIR="${runtime_of[$side]}" ${program_of[$side]} --rootfs "$store")
	is "$side, $2: who cannot" 'cat: /etc/shadow: Permission denied mine 1000' \
		"$("${run[@]}" -u user -- sh -c 'cat /etc/shadow 2>&1; cat /etc/mine; id -u' 2>&1 | tr '\n' ' ' | sed 's/ $//; s/can.t open .\(.*\).:/\1:/')"
	is "$side, $2: owners" "$want" "$("${run[@]}" -- sh -c "$tell_store" 2>&1)"$'\n'
	is "$side, $2: what was changed" "$changed" "$("${run[@]}" -- sh -c 'cd /etc && stat -c "%n %u:%g %a" mine shadow dir' 2>&1)"
	${become_of[$side]} rm -r "$store"
}

is() {
	if [ "$2" = "$3" ]; then
		ok "$1"
	else
		not_ok "$1: '$3', not '$2'"
	fi
}

for side in "${sides[@]}"; do
	[ "$side" != native ] || continue
	foreign "$side" containers
	foreign "$side" fuse
	if [ "$(id -u)" -ne 0 ] || ! unshare -m true 2>/dev/null; then
		skip "$side: other settings # SKIP no mount namespace here"
		continue
	fi
	${become_of[$side]} cp "$(tool "$side" protected)" "${root_of[$side]}$work/protected"
	for settings in '0 0 0' '1 0 0' '1 1 1' '0 2 2'; do
		# shellcheck disable=SC2086
		protected "$side" $settings
	done
done
finish
