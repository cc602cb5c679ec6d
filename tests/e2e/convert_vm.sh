#!/usr/bin/env bash
# Moving between the versions as a user does it. loop: twenty times to and fro by --version, with work done each time; and after the VM
# was killed. docker: installed and worked in as version 1, Docker in version 2, and back.
#
# usage: convert_vm.sh loop|docker ...
what=$1
shift
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/vm.lib.sh"
[ "$what" != docker ] || vm_needs_own_kernel
vm_begin
PATH=$PATH:/usr/sbin:/sbin
limit=600

disk() {
	printf '%s' "${home_of_side[$side]}/lxrun/stores/box/disk.ext4"
}

# install VARIANT: as version 1.
install_box() {
	local tar
	tar=$("$tests_dir/rootfs" tar "$1") || exit 1
	lx --import box - --quiet <"$tar"
	check 'installed' ' 0' "$out"
}

# work N: leaves something of every kind, and looks at what the others have left.
# shellcheck disable=SC2016
work='set -e; cd /root; [ "$(cat log)" = "$(seq 1 $(($1 - 1)))" ]; echo $1 >>log
	mkdir -p done; cd done; mkdir $1; echo $1 >$1/file; chown 1000:$1 $1/file; chmod 4750 $1/file; ln $1/file $1/again
	ln -s ../$1 $1/link; chown -h 7:8 $1/link; mkfifo $1/fifo; mknod $1/null c 1 3; truncate -s 10M $1/sparse
	for i in $(seq 1 $1); do [ "$(cat $i/again) $(stat -c %u:%g:%a:%h $i/file) $(stat -c %u $i/link)" = "$i 1000:$i:4750:2 7" ] &&
		[ -p $i/fifo ] && [ -c $i/null ] && [ "$(stat -c %s $i/sparse)" = 10485760 ]; done; echo worked'

# What was there from the beginning.
listing() {
	lx --version 1 box sh -c 'cd / && find usr/bin usr/lib var/lib/dpkg bin sbin -xdev -printf "%p %y %m %U:%G %s %T@ %l\n" | sort | md5sum'
	printf '%s' "$out"
}

go_to_and_fro() {
	local n=0 before
	install_box core
	is 'a log' ' 0' box sh -c ': >/root/log'
	before=$(listing)
	while [ $n -lt 40 ]; do
		for version in 2 1; do
			n=$((n + 1))
			is "work $n, as version $version" 'worked 0' --version $version box sh -c "$work" sh $n
		done
	done
	check 'what was there is as it was' "$before" "$(listing)"

	# Its journal has what the disk has not.
	n=$((n + 1))
	is 'work before the end of the VM' 'worked 0' --version 2 box sh -c "$work; sync" sh $n
	pkill_vm
	check 'its journal is to be replayed' 1 "$(${become_of[$side]} dumpe2fs -h "$(disk)" 2>/dev/null | grep -c needs_recovery)"
	n=$((n + 1))
	is 'and work goes on' 'worked 0' --version 1 box sh -c "$work" sh $n
	check 'nothing else is lost' "$before" "$(listing)"
}

# The VM as if the power had failed: all processes that have the disk open.
pkill_vm() {
	local fd pid
	for fd in /proc/[0-9]*/fd/*; do
		if [ "$(readlink "$fd" 2>/dev/null)" = "$(disk)" ]; then
			pid=${fd#/proc/}
			kill -KILL "${pid%%/*}" 2>/dev/null
		fi
	done
	sleep 1
}

use_docker() {
	install_box docker
	is 'work as version 1' '42 0' box sh -c 'useradd -m -s /bin/bash ann; mkdir -p /srv/app && cp /bin/busybox /srv/app/ && echo $((6 * 7)) >/srv/app/answer
		umask 022; printf "[boot]\nsystemd=true\ninitTimeout=300000\n" >/etc/wsl.conf; cat /srv/app/answer'
	is 'to version 2' ' 0' --set-version box 2 --quiet
	is 'what was done is there' '42 1 0' box sh -c 'echo $(cat /srv/app/answer) $(grep -c ^ann: /etc/passwd)'
	is 'Docker runs' 'active 0' box systemctl is-active docker
	is 'and has it in a container' '42 0' box sh -ec 'mkdir -p /tmp/image/bin && cd /tmp/image && cp /srv/app/busybox /srv/app/answer . && ln -s ../busybox bin/cat
		tar -c . | docker import - answer >/dev/null && docker run --rm -v kept:/kept answer /bin/cat /answer &&
		docker run --rm -v kept:/kept answer /busybox sh -c "echo kept >/kept/file"'
	is 'ended' ' 0' --terminate box
	is 'back to version 1' ' 0' --set-version box 1 --quiet
	is 'work goes on' '42 kept 0' box sh -c 'echo $(cat /srv/app/answer) $(cat /var/lib/docker/volumes/kept/_data/file); rm /srv/app/answer'
	is 'and to version 2 once more' 'gone kept 0' --version 2 box sh -c '[ -e /srv/app/answer ] || echo gone $(docker run --rm -v kept:/kept answer /bin/cat /kept/file)'
}

for side in "${sides[@]}"; do
	case $what in
	loop) go_to_and_fro ;;
	docker) use_docker ;;
	*) die "no $what" ;;
	esac
	is '--shutdown' ' 0' --shutdown
done
vm_finish
