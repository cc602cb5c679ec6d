#!/usr/bin/env bash
# Distributions moved from version 1 to version 2 and back: nothing is lost, whatever happens meanwhile. A tree of every type is
# compared entry by entry; the command is killed at system calls that change the disk, interrupted, and told that the disk is full;
# a byte of the copy is changed before it is compared. Without lxrun there is nothing to test.
#
# usage: as of all batteries; LX_KILLS is how often each of these (1), or `all`; LX_TREE which tree (small, many);
# LX_TO to which version (2 1)
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/instances.lib.sh"
. "$(dirname "$0")/convert.lib.sh"
battery core
kills=${LX_KILLS:-1}
PATH=$PATH:/usr/sbin:/sbin

# points COUNT: which calls; more of them near the end, where the registry changes.
points() {
	local i
	if [ "$kills" = all ]; then
		seq "$1"
		return
	fi
	for ((i = 0; i < kills; i++)); do
		if [ $((i % 2)) -eq 0 ]; then
			echo $((RANDOM % $1 + 1))
		else
			echo $(($1 - RANDOM % ($1 < 40 ? $1 : 40)))
		fi
	done
}

for side in "${sides[@]}"; do
	[ "$side" != native ] || continue
	prepare /dev/shm 256M
	box "${LX_TREE:-small}"

	# --- there and back ---------------------------------------------------------------------------------------------------------
	whole_ones=0
	to 2
	whole 'to version 2' 2
	to 1
	whole 'and back' 1
	to 2
	whole 'and there again' 2
	to 1
	whole 'and back again' 1
	is "$side" 'moved four times' 4 "$whole_ones"

	# --- what cannot be done ----------------------------------------------------------------------------------------------------
	run "$side" --set-version box 1
	is "$side" 'to the version that it has' '125 1' "$status $(grep -c 'of version 1 already$' <<<"$err")"
	background "$side" box sleep 60
	until_true "[ \"\$(guests $side)\" -gt 0 ]"
	run "$side" --set-version box 2
	is "$side" 'while it runs' '125 1 1' "$status $(wc -l <<<"$err") $(grep -c 'while it runs: lxrun --terminate box$' <<<"$err")"
	run "$side" --terminate box
	wait "${jobs[@]}" 2>/dev/null
	jobs=()

	# What is found before anything is written.
	as sh -c 'head -c 260M /dev/zero >"$1"' large "$location/rootfs/srv/large"
	run "$side" --set-version box 2
	is "$side" 'more than a disk has room for' "125 1 1 distribution rootfs sidecar " \
		"$status $(wc -l <<<"$err") $(grep -c 'no room for the [0-9]* MB of' <<<"$err") $(places)"
	as rm "$location/rootfs/srv/large"
	as touch -r "$location/rootfs/srv/t/used" "${data_of[$side]}/used"
	as touch -d @20000000000 "$location/rootfs/srv/t/used"
	run "$side" --set-version box 2
	is "$side" 'a time that ext4 does not have' "125 1 1 distribution rootfs sidecar " \
		"$status $(wc -l <<<"$err") $(grep -c "the time of 'srv/t/used' is none that ext4 keeps" <<<"$err") $(places)"
	as touch -r "${data_of[$side]}/used" "$location/rootfs/srv/t/used"

	# Nobody is in it, and it would end by itself in ten minutes.
	as sed -i 's/^instanceIdleTimeout=.*/instanceIdleTimeout=600000/' "${data_of[$side]}/config/lxrun/config"
	run "$side" box sh -c :
	is "$side" 'it waits for programs' 'running' "$(run "$side" --list --running --quiet && [ "$out" = box ] && echo running)"
	to 2
	is "$side" 'an instance without programs is ended first' '2 0' "$(registered version) $(guests "$side")"
	as sed -i 's/^instanceIdleTimeout=.*/instanceIdleTimeout=0/' "${data_of[$side]}/config/lxrun/config"
	to 1

	# --- disks that come and go -------------------------------------------------------------------------------------------------
	disk=${data_of[$side]}/disk
	run "$side" --export box "$disk" --format ext4 --quiet
	is "$side" 'exported as a disk' '0 0' "$status $(as e2fsck -fn "$disk" >/dev/null 2>&1; echo $?)"
	run "$side" --import-in-place other "$disk" --quiet
	is "$side" 'imported in place' '0 ' "$status $err"
	run "$side" --clone other third --quiet
	is "$side" 'a copy of a disk' '0 ' "$status $err"
	run "$side" --set-version third 1 --quiet
	run "$side" third entries -a /srv/t
	is "$side" 'is the same as a tree' '0 0' "$status $(diff "$results/before" "$results/out" | grep -c '^[<>]')"
	run "$side" --export other "${data_of[$side]}/other.tar" --quiet
	is "$side" 'a disk as an archive' '0 ' "$status $err"
	run "$side" --unregister other
	is "$side" 'the disk is where it was' '0 yes' "$status $([ -s "$disk" ] && echo yes)"
	run "$side" --unregister third
	as sh -c 'head -c 300000 /dev/urandom >"$1"' noise "${data_of[$side]}/noise"
	run "$side" --import-in-place noise "${data_of[$side]}/noise" --quiet
	is "$side" 'no disk' '125 1' "$status $(grep -c 'is no ext4 disk' <<<"$err")"
	as sh -c 'cp --sparse=always "$1" "$2" && dd if=/dev/urandom of="$2" bs=4096 seek=40 count=200 conv=notrunc status=none' damage "$disk" \
		"${data_of[$side]}/damaged"
	run "$side" --import-in-place damaged "${data_of[$side]}/damaged" --quiet
	is "$side" 'a damaged disk' '125 1' "$status $(wc -l <<<"$err")"
	is "$side" 'nothing of them is left' box "$(run "$side" --list -q && cat "$results/out")"

	# --- a byte that is not what was written --------------------------------------------------------------------------------------
	# Once, when it is there: the first letter of a file's content, at its last place in the disk.
	plain=${program_of[$side]}
	# shellcheck disable=SC2016
	as sh -c 'printf "#!/bin/sh\nf=%s/disk.ext4.new\n[ -e \$f ] && [ ! -e %s.done ] || exit 0\nat=\$(grep -abo \"several names\" \$f | tail -n 1 | cut -d: -f1)\n[ -n \"\$at\" ] || exit 0\n: >%s.done\nprintf X | dd of=\$f bs=1 seek=\$at conv=notrunc status=none\n" "$1" "$2" "$2" >"$2"; chmod 755 "$2"' \
		flip "$location" "${data_of[$side]}/flip-disk"
	program_of[$side]="$killat clone 0 ${data_of[$side]}/flip-disk $plain"
	run "$side" --set-version box 2 --quiet
	program_of[$side]=$plain
	is "$side" 'a changed byte in the disk' '125 1' "$status $(grep -c 'stays of version 1: the copy is not the same: .* differs in its content$' <<<"$err")"
	whole_ones=0
	whole 'a changed byte in the disk' 1
	to 2
	plain=${program_of[$side]}
	# shellcheck disable=SC2016
	as sh -c 'printf "#!/bin/sh\nf=%s/rootfs.new/srv/t/hard/same\n[ -s \$f ] && [ ! -e %s.done ] || exit 0\ntouch -r \$f %s.done\nprintf X | dd of=\$f bs=1 seek=3 conv=notrunc status=none\ntouch -r %s.done \$f\n" "$1" "$2" "$2" "$2" >"$2"; chmod 755 "$2"' \
		flip "$location" "${data_of[$side]}/flip"
	program_of[$side]="$killat clone 0 ${data_of[$side]}/flip $plain"
	run "$side" --set-version box 1 --quiet
	program_of[$side]=$plain
	is "$side" 'a changed byte in the tree' '125 1' "$status $(grep -c "stays of version 2: the copy is not the same: 'srv/t/hard/same' differs in its content$" <<<"$err")"
	whole 'a changed byte in the tree' 2
	is "$side" 'is found, and the old one stays' 2 "$whole_ones"
	to 1

	# Backups and the like look at files while they are compared.
	# shellcheck disable=SC2016
	as sh -c 'printf "#!/bin/sh\ntouch -a %s/rootfs/srv/t/hard/same\n" "$1" >"$2"; chmod 755 "$2"' look "$location" "${data_of[$side]}/look"
	program_of[$side]="$killat clone 0 ${data_of[$side]}/look $plain"
	run "$side" --set-version box 2 --quiet
	program_of[$side]=$plain
	is "$side" 'a file that others read meanwhile' '0 ' "$status $err"
	to 1
	entries "$results/before"

	# --- a journal that is still to be replayed --------------------------------------------------------------------------------------
	# A file's only block, as a transaction that has been written to the journal and nowhere else.
	to 2
	# shellcheck disable=SC2016
	as sh -c 'block=$(debugfs -R "blocks /srv/t/used" "$1" 2>/dev/null) && printf y >"$2" && truncate -s 4096 "$2" &&
		printf "jo\njw -b %s %s\njc\n" "$block" "$2" | debugfs -w -f - "$1" >/dev/null 2>&1
		dumpe2fs -h "$1" 2>/dev/null | grep -c needs_recovery' journal "$location/disk.ext4" "${data_of[$side]}/block" >"$results/out"
	is "$side" 'a journal with a transaction in it' 1 "$(cat "$results/out")"
	to 1
	run "$side" box cat /srv/t/used
	is "$side" 'is replayed first' 'y 2' "$out $(different)"
	entries "$results/before"

	# --- the registry, damaged meanwhile ------------------------------------------------------------------------------------------
	plain=${program_of[$side]}
	whole_ones=0
	wanted=0
	for version in 2 1; do
		for file in "${data_of[$side]}/lxrun/registry" "$location/distribution"; do
			[ "$kills" = 1 ] && calls=$((RANDOM % 12 + 1)) || calls=1
			as sh -c 'printf "#!/bin/sh\necho nonsense >%s\n" "$1" >"$2"; chmod 755 "$2"' damage "$file" "${data_of[$side]}/damage"
			for ((; calls <= 20; calls++)); do
				wanted=$((wanted + 1))
				program_of[$side]="$killat fsync $calls ${data_of[$side]}/damage $plain"
				run "$side" --set-version box "$version" --quiet
				program_of[$side]=$plain
				# Whatever it says: it is there, and what it is can be found.
				run "$side" --list -q
				whole "${file##*/} damaged at sync $calls on the way to version $version" 12
				[ "$(registered version)" != "$version" ] || to $((3 - version))
				[ "$kills" != 1 ] || break
			done
		done
		to "$version"
	done
	is "$side" "the registry damaged $wanted times: it is whole" "$wanted" "$whole_ones"

	# --- killed, interrupted, out of space ------------------------------------------------------------------------------------------
	if [ "${LX_TREE:-small}" != small ]; then
		# The tree of every type alone.
		run "$side" --unregister box
		box small
	fi
	whole_ones=0
	wanted=0
	for version in ${LX_TO:-2 1}; do
		[ "$(registered version)" != "$version" ] || to $((3 - version))
		at count 0 "$version"
		[ "$status" -eq 0 ] || not_ok "$side: count: $status $err"
		total=$calls
		to $((3 - version))
		hows=(kill interrupt full)
		[ "$kills" != 1 ] || hows=(kill "${hows[$version]}")
		for how in "${hows[@]}"; do
			for point in $(points "$total"); do
				wanted=$((wanted + 1))
				at "$how" "$point" "$version"
				[ "$how" = kill ] || [ "$status" -ne 0 ] || [ "$(registered version)" = "$version" ] ||
					not_ok "$side: $how at $point: no failure"
				[ "$how" = kill ] || [ "$(wc -l <<<"$err")" -le 1 ] || not_ok "$side: $how at $point: $err"
				whole "$how at call $point of $total to version $version" 12
				[ "$(registered version)" != "$version" ] || to $((3 - version))
			done
		done
		to "$version"
	done
	is "$side" "ended at $wanted calls: it is whole, and nothing is left over" "$wanted" "$whole_ones"
	run "$side" --shutdown
done
finish
