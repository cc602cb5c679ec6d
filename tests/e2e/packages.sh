#!/usr/bin/env bash
# dpkg and apt-get in a minimal Debian: query, build, install with maintainer scripts, remove; and the trees afterwards.
# Ownership is not needed for any of it, so apt fetches as root.
. "$(dirname "$0")/lib.sh"
battery base own

# Everything but what holds times, caches of the linker, or the machine's own.
trees='find / \( -path /proc -o -path /sys -o -path /dev -o -path /tmp -o -path /run -o -path /mnt/host -o -path /var/log -o -path /var/cache/ldconfig -o -path /var/lib/apt/lists -o -path /var/cache/apt \) -prune -o \( -type d -printf "%p %y %m\n" -o -type l -printf "%p %y %l\n" -o -printf "%p %y %m %n\n" \) | sort'
apt='DEBIAN_FRONTEND=noninteractive apt-get -o APT::Sandbox::User=root -o Dpkg::Use-Pty=0 -o Acquire::Retries=3 -y'
# What differs between two runs of apt: speed, and what came first.
quiet='s/^(Fetched) .*/\1/;/^(Get|Hit|Ign):/d;/^[0-9]+%/d;s/\(Reading database .*\r//'

try 'queries' 'dpkg -l | cat; dpkg -L bash | sort; dpkg -S /bin/bash /usr/share/doc/dpkg; dpkg -s dpkg | head -20; dpkg --get-selections | wc -l; dpkg --print-architecture; dpkg --compare-versions 1.2 lt 1.10 && echo less; dpkg-query -W -f "\${Package} \${Version}\n" | sha256sum; dpkg -S /nothing; dpkg --audit; apt-cache policy 2>&1 | wc -l; apt-mark showmanual; dpkg-divert --list; update-alternatives --get-selections; dpkg -C; dpkg --verify; echo $?'
try 'a package of our own' <<'END'
mkdir -p p/DEBIAN p/usr/bin p/etc/ourown p/usr/share/ourown; printf 'Package: ourown\nVersion: 1.0\nArchitecture: all\nMaintainer: a <a@b>\nDescription: x\n' >p/DEBIAN/control
printf '#!/bin/sh\necho ours\n' >p/usr/bin/ourown; chmod 755 p/usr/bin/ourown; echo conf >p/etc/ourown/conf; echo /etc/ourown/conf >p/DEBIAN/conffiles; ln -s ../../bin/ourown p/usr/share/ourown/link; ln p/usr/bin/ourown p/usr/share/ourown/hard
for s in preinst postinst prerm postrm; do printf '#!/bin/sh\nset -e\necho "%s $*"\n' $s >p/DEBIAN/$s; chmod 755 p/DEBIAN/$s; done; echo 'update-alternatives --install /usr/bin/ours ours /usr/bin/ourown 10; deb-systemd-helper --version >/dev/null 2>&1 || true' >>p/DEBIAN/postinst; echo '[ "$1" = upgrade ] || update-alternatives --remove ours /usr/bin/ourown' >>p/DEBIAN/prerm
dpkg-deb -b p one.deb; dpkg-deb -I one.deb | head -3 | tail -1 | wc -l; dpkg-deb -c one.deb | awk '{print $1, $6, $7, $8}'; dpkg -i one.deb; echo $?; ourown; ours; dpkg -V ourown; echo changed >>/etc/ourown/conf; sed -i s/1.0/2.0/ p/DEBIAN/control; dpkg-deb -b p two.deb; dpkg -i two.deb; cat /etc/ourown/conf; dpkg -s ourown | grep ^Status; dpkg -r ourown; ls /etc/ourown /usr/bin/ours; dpkg -P ourown; ls /etc/ourown; dpkg -s ourown; echo $?
printf 'false\n' >>p/DEBIAN/postinst; dpkg-deb -b p bad.deb; dpkg -i bad.deb; echo $?; dpkg -s ourown | grep ^Status; dpkg --purge --force-all ourown; dpkg -i /nonexistent.deb; echo junk >junk.deb; dpkg -i junk.deb; echo $?
END
try 'dpkg killed while it unpacks' <<'END'
mkdir -p p/DEBIAN p/usr/share/ourown; printf 'Package: ourown\nVersion: 1.0\nArchitecture: all\nMaintainer: a <a@b>\nDescription: x\n' >p/DEBIAN/control; echo x >p/usr/share/ourown/file
printf '#!/bin/sh\nkill -9 $PPID\n' >p/DEBIAN/preinst; chmod 755 p/DEBIAN/preinst; dpkg-deb -b p killed.deb; dpkg -i killed.deb >/dev/null; echo $?; dpkg -s ourown | grep ^Status; dpkg --configure -a; echo $?; dpkg --audit | wc -l
rm p/DEBIAN/preinst; dpkg-deb -b p whole.deb; dpkg -i whole.deb; dpkg --configure -a; echo $?; dpkg --audit; cat /usr/share/ourown/file; dpkg -P ourown; dpkg -s ourown; echo $?
END
try -t 300 -f "$quiet" 'apt-get update' "$apt update; echo \$?; ls /var/lib/apt/lists | grep -v lock | wc -l; apt-cache policy hello | head -3"
try -t 300 -f "$quiet" 'install' "$apt install --no-install-recommends hello nano less; echo \$?; hello; nano --version | head -1; readlink /etc/alternatives/editor /etc/alternatives/pager; dpkg -s nano | grep ^Status"
try 'the trees are the same' "$trees"
try -t 300 -f "$quiet" 'install with debconf, users and triggers' "$apt install --no-install-recommends tzdata openssh-client dbus-bin locales; echo \$?; ls -d /usr/share/zoneinfo/Europe/Berlin /usr/bin/ssh; ssh -V 2>&1 | cut -c1-7; getent group _ssh; TZ=Europe/Berlin date -d @0; locale -a"
try 'the trees are the same again' "$trees"
try -t 300 -f "$quiet" 'remove, purge, autoremove' "$apt remove nano; $apt purge hello tzdata less openssh-client; $apt autoremove; ls /usr/bin/nano /usr/share/zoneinfo; dpkg -l nano | tail -1; dpkg --audit; $apt check; $apt clean; $apt install nonexistent-package; echo \$?"
try 'and after that' "$trees; sort /var/lib/dpkg/status | sha256sum; grep -c . /var/log/dpkg.log >/dev/null; cat /etc/passwd /etc/group"
try -t 300 -f "$quiet" 'simulated and downloaded' "$apt -s install gcc | sort; cd /tmp; $apt download bc >/dev/null 2>&1; echo \$?; ls bc_*.deb; dpkg-deb -x bc_*.deb x; ls x/usr/bin; rm -r x bc_*; $apt source bc; echo \$?"
finish
