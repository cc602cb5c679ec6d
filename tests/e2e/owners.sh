#!/usr/bin/env bash
# Whose everything is: packages that are about owners are installed and purged in a Debian on the plain kernel and in the same one as
# a distribution of lxrun's, and the trees are compared entry by entry as programs inside see them: type, owners, mode, device, size,
# links, attributes, contents. Then archives out and in, and copies by the usual programs; a second system by debootstrap.
#
# usage: as of all batteries. LX_OWNERS=all: with the large packages, each compared on its own, and debootstrap.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/instances.lib.sh"

"$tests_dir/native" --possible || { echo '# no chroot here: there is nothing to compare with' && exit 77; }
battery base
lister=$(dirname "${refuse:-/nonexistent/refuse}")/entries
[ -x "$lister" ] || die "entries is not beside refuse"

rounds=('cron sudo iputils-ping libcap2-bin acl attr rsync')
if [ "${LX_OWNERS:-}" = all ]; then
	rounds+=(openssh-server postfix man-db postgresql dbus squid systemd systemd-sysv exim4 debootstrap)
fi
apt='DEBIAN_FRONTEND=noninteractive SUDO_FORCE_REMOVE=yes apt-get -o Dpkg::Use-Pty=0 -o Acquire::Retries=3 -y --no-install-recommends'
# What is not of the tree: listed itself, but not what is in it.
leave='/proc /sys /dev /mnt/host /tmp'

# What may differ, and why. (entries.py)
rule() { printf '%s\t%s\t%s\n' "$@"; }
{
	rule extra '/mnt/host' "the host's files"
	rule extra '/usr/local/bin/(lxinfo|lxpath|systemctl)' "lxrun's own tools"
	rule contents '/var/cache/apt/.*\.bin' 'holds times'
	rule contents '/var/cache/ldconfig/aux-cache' 'holds inode numbers and times'
	rule size '/var/log/.*' 'holds times and speeds'
	rule size '/etc/ssh/ssh_host_.*_key(\.pub)?' 'made at random'
	rule size '/etc/ssl/(certs/ssl-cert-snakeoil\.pem|private/ssl-cert-snakeoil\.key)' 'made at random'
	rule contents '(/srv/second)?(/var/lib/dbus|/etc)/machine-id' 'made at random'
	rule contents '/etc/aliases\.db' 'gives itself an identity, as all files of Berkeley DB'
	rule contents '/var/lib/postgresql/15/main/(global/pg_control|pg_stat/pgstat\.stat|pg_wal/[0-9A-F]+)' 'holds times and an identity'
	rule size '/srv/second/(var/log|debootstrap)/.*' 'holds times and speeds'
	rule contents '/srv/second/var/cache/(apt/.*\.bin|ldconfig/aux-cache)' 'holds times and inode numbers'
} >"$results/rules"
# What an archive or a copy has not: times here are of the tree's own files.
{
	rule all '/mnt/host|/usr/local/bin/(lxinfo|lxpath|systemctl)' 'not in archives; one file with several names'
	rule all '/dev|/proc|/sys' "made at a start"
} >"$results/archived"
{
	cat "$results/archived"
	rule all '.*/special/sock' 'archives have no sockets'
} >"$results/archived.special"
{
	cat "$results/archived"
	rule all '/' 'not copied'
} >"$results/copied"
cat "$results/copied" "$results/archived.special" >"$results/copied.tar"

# inside SIDE NAME SCRIPT: in the side's system NAME; natively that is always the one.
inside() {
	local side=$1 environment=("${guest_environment[@]}" HOME=/root)
	if [ "$side" = native ]; then
		command=(unshare -pf --kill-child "$tests_dir/native" "$native_root" "${environment[@]}" bash -c "umask 022; cd /; $3")
	else
		with "$side" -- -d "$2" -u root --cd / -- "${environment[@]}" bash -c "umask 022; cd /; $3"
	fi
	timeout --kill-after=5 1800 "${command[@]}" </dev/null
}

# manage SIDE ARGUMENTS...: a verb of lxrun's that may take its time and has nothing to say.
manage() {
	with "$@"
	timeout 600 "${command[@]}" </dev/null >"$results/out" 2>&1
	is "$1" "$3" '0 ' "$? $(cat "$results/out")"
}

# listed SIDE NAME AS [OPTION]
listed() {
	inside "$1" "$2" "entries ${4:-} / $leave /copy" >"$results/$1.$3" 2>"$results/err" || not_ok "$1: entries: $(head -n 3 "$results/err")"
}

# equal TITLE A B RULES
equal() {
	local found
	if found=$("$tests_dir/e2e/entries.py" "$2" "$3" -x "$results/$4"); then
		ok "$1: $found"
	else
		not_ok "$1"
		printf '%s\n' "$found" | tail -n 40 | cut -c1-300 | sed 's/^/  | /'
	fi
}

# everywhere TITLE SCRIPT: on all sides, with the same trees afterwards.
everywhere() {
	local side
	for side in "${sides[@]}"; do
		if inside "$side" one "$2" >"$results/out" 2>&1; then
			ok "$side: $1"
		else
			not_ok "$side: $1: exit status $?"
			tail -n 20 "$results/out" | cut -c1-300 | sed 's/^/  | /'
		fi
		listed "$side" one tree
		[ "$side" = native ] || equal "$side: the trees are the same" "$results/native.tree" "$results/$side.tree" rules
	done
}

# --- the same Debian for all -------------------------------------------------------------------------------------------------

native_root=$(mktemp -d /tmp/e2e-owners.XXXXXX) && chmod 755 "$native_root" && copies+=("$native_root") || exit 1
slim() {
	local dir
	for dir in doc info lintian locale man; do
		rm -rf "${native_root:?}/usr/share/$dir" && mkdir "$native_root/usr/share/$dir" &&
			echo "path-exclude=/usr/share/$dir/*" >>"$native_root/etc/dpkg/dpkg.cfg.d/slim" || return
	done
}

prepare() {
	tar -C "$native_root" -x -p --same-owner --xattrs --xattrs-include='*' -f "$("$tests_dir/rootfs" tar base)" &&
		cat /etc/resolv.conf >"$native_root/etc/resolv.conf" &&
		# What follows the host must not.
		printf '[network]\ngenerateHosts=false\ngenerateResolvConf=false\n[time]\nuseWindowsTimezone=false\n' >"$native_root/etc/wsl.conf" &&
		printf '127.0.0.1 localhost %s\n' "$(hostname)" >"$native_root/etc/hosts" && hostname >"$native_root/etc/hostname" &&
		printf '#!/bin/sh\nexit 101\n' >"$native_root/usr/sbin/policy-rc.d" && chmod 755 "$native_root/usr/sbin/policy-rc.d" &&
		install -m 755 "$lister" "$native_root/usr/local/bin/entries" || return
	# The short battery does without what is many and plain.
	[ "${LX_OWNERS:-}" = all ] || slim || return
	inside native '' "dpkg-query -W -f '\${Package}\n' | sort >/root/base && $apt update && $apt install --download-only ${rounds[*]/exim4/} &&
		case '${rounds[*]}' in *exim4*) $apt install --download-only exim4;; esac" || return
	tar -C "$native_root" --numeric-owner --xattrs --format=posix -cf "$results/prepared.tar" . && chmod 644 "$results/prepared.tar"
}
prepare >"$results/out" 2>&1 || { cat "$results/out" && die 'cannot prepare a Debian'; }

for side in "${sides[@]}"; do
	if [ "$side" != native ]; then
		data_of[$side]=$(${become_of[$side]} mktemp -d /var/tmp/lxo.XXXXXX) && copies+=("${data_of[$side]}") || exit 1
		${become_of[$side]} mkdir "${data_of[$side]}/here"
		manage "$side" -- --import -q one "$results/prepared.tar"
	fi
	listed "$side" one tree
	[ "$side" = native ] || equal "$side: the trees are the same" "$results/native.tree" "$results/$side.tree" rules
done
# That a comparison can fail.
sed 's,^/usr/bin/passwd\t-\t4755,/usr/bin/passwd\t-\t0755,' "$results/native.tree" >"$results/damaged"
if "$tests_dir/e2e/entries.py" "$results/native.tree" "$results/damaged" -x "$results/rules" >"$results/out"; then
	not_ok 'a mode that differs is not seen'
else
	is native 'a mode that differs is seen' '/usr/bin/passwd: mode 0755, not 4755' "$(head -n 1 "$results/out")"
fi

# --- packages ------------------------------------------------------------------------------------------------------------------

for round in "${rounds[@]}"; do
	everywhere "$round" "$apt --no-download install $round"
done

# What packages have not.
# (What apt keeps would only take time to copy.)
everywhere 'everything else that a tree can have' "$(cat <<'SCRIPT'
set -e
apt-get clean; rm -rf /var/lib/apt/lists/*
mkdir -p /srv/special; cd /srv/special
mknod null c 1 3; mknod disk b 259 70000; mknod big c 4095 1048575; chmod 4604 disk; chown 33:44 big; mkfifo fifo; chown 5:6 fifo; chmod 2601 fifo
ln -s nowhere link; chown -h 1000:7 link; ln link link2; echo x >suid; chown 1000:1000 suid; chmod 6755 suid; ln suid suid2
echo c >cap; setcap cap_net_raw,cap_net_admin+ep cap; echo d >cap2; chown 0:42 cap2; setcap cap_chown=ei cap2
echo a >acl; setfacl -m u:1000:rwx,g:42:r,m::rx acl; mkdir dacl; setfacl -d -m u:7:rwx dacl; setfacl -m g:8:x dacl; echo in >dacl/in; mkdir dacl/sub
mkdir sticky; chmod 3777 sticky; chown 65534:65534 sticky; mkdir none; chmod 0 none; echo s >secret; chmod 0 secret; chown 70000:4294967294 secret
echo u >user; setfattr -n user.one -v two user; setfattr -n user.empty user; setfattr -n trusted.t -v 0x00ff user; setfattr -n user.dir -v x dacl
: >empty; truncate -s 5M hole; printf y | dd of=hole bs=1 seek=2000000 conv=notrunc 2>/dev/null
touch -- 'a b' "$(printf 'new\nline')" "$(printf '\377\001')" -dash "$(printf '%0255d' 1)"
perl -MIO::Socket::UNIX -e 'IO::Socket::UNIX->new(Local => "sock", Listen => 1) or die'; chown 9:10 sock; chmod 4750 sock
touch -d '1965-01-02 03:04:05.123456789' old; touch -d '2040-01-02 03:04:05.987654321' new; touch -h -d '2001-01-01 00:00:00.5' link; touch -d '2002-02-02' none
SCRIPT
)"

# --- archives and copies -----------------------------------------------------------------------------------------------------------

unpacked() {
	rm -rf --one-file-system "$native_root.x" && mkdir "$native_root.x" && copies+=("$native_root.x") &&
		tar -C "$native_root.x" -x -p --same-owner --xattrs --xattrs-include='*' --acls -f "$1" 2>"$results/err"
}

for side in "${sides[@]}"; do
	[ "$side" != native ] || continue
	listed "$side" one timed -t
	run "$side" --terminate one
	manage "$side" -- --export -q one "${data_of[$side]}/one.tar"
	unpacked "${data_of[$side]}/one.tar" || not_ok "$side: tar: $(cat "$results/err")"
	native_root=$native_root.x inside native '' "entries -t / $leave /copy" >"$results/unpacked"
	equal "$side: unpacked by root" "$results/$side.timed" "$results/unpacked" archived.special
	rm -rf --one-file-system "$native_root.x"
	manage "$side" -- --import -q two "${data_of[$side]}/one.tar"
	rm "${data_of[$side]}/one.tar"
	listed "$side" two again -t
	equal "$side: imported" "$results/$side.timed" "$results/$side.again" archived.special
	run "$side" --terminate two
	manage "$side" -- --unregister two
done

# Everything but /mnt and what a kernel makes; the short battery copies what is not plain in general.
copied='bin etc home root run sbin srv usr var'
[ "${LX_OWNERS:-}" = all ] || copied='etc srv run'
# copies_are_equal TITLE SCRIPT RULES
copies_are_equal() {
	local side
	for side in "${sides[@]}"; do
		inside "$side" one "set -o pipefail; rm -rf /copy; mkdir -m 755 /copy; entries -t / $leave /copy >/tmp/source; set -- $copied
			{ $2; } >/tmp/out 2>&1 || { cat /tmp/out; exit 1; }; entries -t /copy >/tmp/copy; rm -rf /copy" >"$results/out" 2>&1 ||
			not_ok "$side: $1: $(head -n 5 "$results/out")"
		inside "$side" one 'cat /tmp/source' | grep -aE "^/(${copied// /|})(/|	)" >"$results/source"
		inside "$side" one 'cat /tmp/copy; rm /tmp/source /tmp/copy /tmp/out' >"$results/copy"
		equal "$side: $1" "$results/source" "$results/copy" "$3"
	done
}
copies_are_equal 'cp -a' 'cp -a "$@" /copy/' copied
copies_are_equal 'rsync -aHAX' 'rsync -aHAX "$@" /copy/' copied
copies_are_equal 'tar to tar' 'tar --xattrs --xattrs-include="*" --acls -cf - "$@" | tar -xpf - --xattrs --xattrs-include="*" --acls -C /copy' copied.tar

# --- a second system inside ------------------------------------------------------------------------------------------------------

if [ "${LX_OWNERS:-}" = all ]; then
	everywhere 'debootstrap' 'set -e; mirror=$(awk '\''$1 == "deb" && $3 == "bookworm" { print $2; exit }'\'' /etc/apt/sources.list)
		debootstrap --variant=minbase bookworm /srv/second "$mirror"; chroot /srv/second dpkg --audit; ! grep " /srv/second" /proc/self/mounts'
	everywhere 'its end' 'rm -rf /srv/second'
fi

everywhere 'purge' "$apt"' purge $(dpkg-query -W -f "\${Package}\n" | sort | comm -13 /root/base -); '"$apt"' autoremove --purge; dpkg-query -W -f "\${Package}\n" | sort | diff /root/base - && test -z "$(dpkg --audit)"'
for side in "${sides[@]}"; do
	[ "$side" = native ] || run "$side" --shutdown
done
finish
