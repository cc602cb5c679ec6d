#!/usr/bin/env bash
# Guests, the supervisor and its keeper killed at random while packages are installed and removed: the distribution starts again
# each time, and dpkg can go on. Without lxrun there is nothing to test.
#
# usage: as of all batteries; LX_KILLS is how often (6)
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/instances.lib.sh"
battery base
kills=${LX_KILLS:-6}

# Two packages with files, a configuration file and scripts, one of them in two versions, below /debs. Neither depends on the other:
# where the unpacking of one is killed, dpkg goes on to the other and then does not configure it.
# shellcheck disable=SC2016
packages='
package() {
	mkdir -p $1/DEBIAN $1/usr/share/$1 $1/etc $1/usr/bin
	printf "Package: $1\nVersion: $2\nArchitecture: all\nMaintainer: a <a@b>\nDescription: x\n" >$1/DEBIAN/control
	for i in $(seq 80); do echo "$1 $2 $i" >$1/usr/share/$1/file$i; done
	echo conf >$1/etc/$1.conf && echo /etc/$1.conf >$1/DEBIAN/conffiles
	printf "#!/bin/sh\necho $1\n" >$1/usr/bin/$1 && chmod 755 $1/usr/bin/$1
	for s in preinst postinst prerm postrm; do printf "#!/bin/sh\nls /usr/share/$1 >/dev/null 2>&1 || true\n" >$1/DEBIAN/$s; chmod 755 $1/DEBIAN/$s; done
	dpkg-deb -b $1 $1-$2.deb >/dev/null
}
mkdir /debs && cd /debs && package lxone 1 && package lxone 2 && package lxtwo 1 &&
	echo force-unsafe-io >/etc/dpkg/dpkg.cfg.d/unsafe'
# It ends by itself, whatever happens.
# shellcheck disable=SC2016
work_on_packages='cd /debs; while [ $SECONDS -lt 20 ]; do
	dpkg -i lxone-1.deb lxtwo-1.deb; dpkg -i lxone-2.deb; dpkg -r lxtwo lxone; dpkg -i lxone-2.deb lxtwo-1.deb; dpkg -P lxtwo lxone
done'

# What must hold however it ended. A package that was being unpacked dpkg wants to have again before it configures it, as natively
# (packages.sh).
# shellcheck disable=SC2016
consistent='cd /debs && { dpkg --configure -a >/tmp/configured 2>&1 || grep -q "you should" /tmp/configured || { cat /tmp/configured; exit 1; }; } &&
	dpkg -i lxone-2.deb lxtwo-1.deb && dpkg --configure -a && [ -z "$(dpkg --audit)" ] && dpkg -V lxone lxtwo &&
	[ "$(lxone) $(lxtwo) $(cat /usr/share/lxone/file80)" = "lxone lxtwo lxone 2 80" ]'

# kill_some SIDE: which, and then what is left.
kill_some() {
	local side=$1 guests pids=()
	case $((RANDOM % 5)) in
	0) pids=("$(pid_of "$side" supervisor)") ;;
	1) pids=("$(pid_of "$side" keeper)") ;;
	2) pids=("$(pid_of "$side" supervisor)" "$(pid_of "$side" keeper)") ;;
	*)
		mapfile -t guests < <(processes_of "$side")
		[ ${#guests[@]} -eq 0 ] || pids=("${guests[RANDOM % ${#guests[@]}]}")
		;;
	esac
	for pid in "${pids[@]}"; do
		[ "$pid" -le 1 ] || kill -KILL "$pid" 2>/dev/null
	done
	# What goes on is killed as well, or not.
	[ $((RANDOM % 2)) -eq 0 ] || run "$side" --terminate one
}

for side in "${sides[@]}"; do
	[ "$side" != native ] || continue
	data_of[$side]=$(${become_of[$side]} mktemp -d /tmp/lxd.XXXXXX) || exit 1
	location=${root_of[$side]%/*}/e2e-$$.$side.one
	copies+=("${data_of[$side]}" "$location")
	${become_of[$side]} mkdir -p "${data_of[$side]}/lxrun" "${data_of[$side]}/here" "$location/rootfs"
	# What dpkg writes to is its own.
	# shellcheck disable=SC2016
	${become_of[$side]} sh -c 'cp -al "$1/." "$2/" && rm -r "$2/etc" "$2/var" && cp -a "$1/etc" "$1/var" "$2/"' fill \
		"${root_of[$side]}" "$location/rootfs" || die 'cannot make a root'
	register "$side" one "$location"
	run "$side" one sh -c "$packages"
	is "$side" 'packages' 0 "$status"
	for ((i = 1; i <= kills; i++)); do
		background "$side" one bash -c "$work_on_packages"
		until_true "[ \"\$(guests $side)\" -gt 0 ] && [ \"\$(pid_of $side supervisor)\" -gt 0 ]"
		sleep "0.$((RANDOM % 90 + 10))"
		kill_some "$side"
		[ $((RANDOM % 2)) -eq 0 ] || run "$side" --terminate one
		says "$side" 0 again "it starts again, $i" one echo again
		run "$side" --terminate one
		wait "${jobs[@]}" 2>/dev/null
		jobs=()
		run "$side" one sh -c "$consistent"
		is "$side" "dpkg goes on, $i" 0 "$status"
		[ "$status" -eq 0 ] || show "$results/out"
	done
	ended "$side" 'the end' --shutdown
done
finish
