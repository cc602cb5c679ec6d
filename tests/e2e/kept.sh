#!/usr/bin/env bash
# Whose links, FIFOs and sockets are lasts: over restarts, a supervisor that is killed, copies, archives and moves; and everything's
# on a host that takes no attributes. Without lxrun there is nothing to test.
#
# usage: as of all batteries
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/instances.lib.sh"
battery core

# shellcheck disable=SC2016
make='cd /srv && ln -s nowhere link && chown -h 1000:7 link && mkfifo fifo && chown 5:6 fifo && chmod 4604 fifo &&
	mkdir own && chown 8:9 own && ln -s root own/root && mkfifo own/theirs && chown 8:9 own/theirs && ln own/root hard &&
	ln -s gone gone && chown -h 1:1 gone && rm gone'
# shellcheck disable=SC2016
tell='cd /srv && stat -c "%n %u:%g %a" link fifo own/root own/theirs hard | paste -sd" "'
all='link 1000:7 777 fifo 5:6 4604 own/root 0:0 777 own/theirs 8:9 644 hard 0:0 777'
# What needs no sidecar where there are attributes.
# shellcheck disable=SC2016
make_others='cd /srv && echo x >file && chown 3:4 file && chmod 6751 file && mkdir dir && chown 1000:4 dir && chmod 1770 dir &&
	mknod null c 1 3 && chown 0:5 null && echo y >secret && chmod 0 secret && echo z >removed && chown 3 removed && rm removed'
# shellcheck disable=SC2016
tell_others='cd /srv && stat -c "%n %u:%g %a %F" file dir null secret | paste -sd" " && echo lost >null && cat null'
others='file 3:4 6751 regular file dir 1000:4 1770 directory null 0:5 644 character special file secret 0:0 0 regular file'

# Attributes: of what can have none on the host, and access control lists, which are ours anyway. The capabilities are CAP_CHOWN.
list=0x0200000001000600ffffffff02000500e903000004000400ffffffff10000700ffffffff20000000ffffffff
capabilities=0x0100000201000000000000000000000000000000
# shellcheck disable=SC2016
make_attributes='cd /srv && attributes set link trusted.one first && attributes set link security.two "" &&
	attributes set fifo trusted.f f && mkfifo listed && attributes set listed system.posix_acl_access '$list' &&
	mkdir acl && attributes set acl system.posix_acl_default '$list' && touch acl/file && chmod 604 acl/file &&
	ln -s gone gone && attributes set gone trusted.x x && rm gone && ln -s hard hard2 && attributes set hard2 trusted.x x &&
	attributes remove hard2 trusted.x && cp /bin/busybox chown && chmod 755 chown &&
	attributes set chown security.capability '$capabilities' && attributes set chown user.u u'
# shellcheck disable=SC2016
tell_attributes='cd /srv && for name in link fifo listed acl acl/file hard2 chown; do attributes list $name; done &&
	attributes get link trusted.one && attributes get fifo trusted.f && attributes get listed system.posix_acl_access &&
	attributes get acl/file system.posix_acl_access && attributes get acl system.posix_acl_default &&
	attributes get chown security.capability && attributes get chown user.u'
attributes="security.two trusted.one
trusted.f
system.posix_acl_access
system.posix_acl_default
system.posix_acl_access

security.capability user.u
first
f
$list
0x0200000001000600ffffffff02000500e903000004000400ffffffff10000000ffffffff20000400ffffffff
$list
$capabilities
u"

# shellcheck disable=SC2317
tells() {
	says "$1" 0 "$all" "$2" "$3" sh -c "$tell"
	says "$1" 0 "$attributes" "$2: attributes" "$3" sh -c "$tell_attributes"
	# Not root, and with no capability but the file's.
	# shellcheck disable=SC2016
	says "$1" 0 '12:13 1000' "$2: a program's capabilities" -u user "$3" sh -c \
		'echo x >/tmp/mine.$$ && /srv/chown 12:13 /tmp/mine.$$ && echo $(stat -c %u:%g /tmp/mine.$$) $(id -u)'
}

# lasts SIDE TELLING...: what was made.
lasts() {
	local side=$1 told=$2
	$told "$side" 'it is as it was made' two
	run "$side" --terminate two
	$told "$side" 'after a restart' two
	background "$side" two sleep 30
	until_true "[ \"\$(guests $side)\" -gt 0 ] && [ \"\$(pid_of $side supervisor)\" -gt 0 ]"
	# What was answered is in the file.
	says "$side" 0 '' 'one more' two sh -c 'cd /srv && ln -s x late && chown -h 77:78 late'
	signal "$side" supervisor KILL
	[ ${#jobs[@]} -eq 0 ] || wait "${jobs[@]}" 2>/dev/null
	jobs=()
	says "$side" 0 '77:78' 'what was the last before the supervisor was killed' two stat -c %u:%g /srv/late
	$told "$side" 'all in front of it' two
	run "$side" --terminate two
}

# It goes where the distribution goes. (Where there are no attributes: import.sh.)
travels() {
	local side=$1 told=tells store
	run "$side" --export two "${data_of[$side]}/one.tar"
	is "$side" 'an export' 0 "$status"
	run "$side" --import -q three "${data_of[$side]}/one.tar"
	is "$side" 'an import' '0 ' "$status $err"
	$told "$side" 'in what was imported' three
	run "$side" --terminate three
	run "$side" --clone -q three four
	is "$side" 'a copy' 0 "$status"
	$told "$side" 'in the copy' four
	run "$side" --terminate four
	store=/dev/shm/lxrun-kept-$$
	copies+=("$store")
	run "$side" --manage four --move "$store"
	is "$side" 'a move to another file system' 0 "$status"
	$told "$side" 'there' four
	run "$side" --terminate four
	run "$side" --unregister four
	is "$side" 'nothing is left of it' '0 no' "$status $([ -e "$store" ] && echo yes || echo no)"
	run "$side" --unregister three
}

# shellcheck disable=SC2317
tells_all() {
	tells "$@"
	says "$1" 0 "$others" "$2: other files" "$3" sh -c "$tell_others"
}

for side in "${sides[@]}"; do
	[ "$side" != native ] || continue
	instances_start "$side" 0
	tool=$(dirname "$refuse")/attributes
	[ "$side" != user ] || tool=$("$tests_dir/stage" "$tool")/attributes
	${become_of[$side]} cp "$tool" "${root_of[$side]%/*}/e2e-$$.$side.two/rootfs/bin/"
	run "$side" two sh -c '/bin/busybox --install -s /bin; mkdir -p /srv; chmod 1777 /tmp; echo user:x:1000:1000::/:/bin/sh >>/etc/passwd'
	says "$side" 0 '' 'links, FIFOs, sockets' two sh -c "$make && $make_attributes"
	lasts "$side" tells
	travels "$side"
	run "$side" two sh -c 'rm -r /srv && mkdir /srv'
	run "$side" --terminate two
	program_of[$side]=${program_of[$side]/ userns/ userns,xattr}
	says "$side" 0 '' 'without attributes' two sh -c "$make && $make_attributes && $make_others"
	lasts "$side" tells_all
done
finish
