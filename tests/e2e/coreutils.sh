#!/usr/bin/env bash
# coreutils: the programs of every script, on files of the distribution and of their own.
. "$(dirname "$0")/lib.sh"
battery core

try 'who and where' 'id; whoami; groups; pwd; echo $HOME; umask; uname -sm; nproc; arch'
try -s 1 'no terminal' 'tty'
try 'the distribution' 'cat /etc/os-release /etc/debian_version; ls /; ls -A /root'
try 'long listings' 'ls -l /usr /etc/apt /etc/alternatives; ls -lR /usr/share/doc/dpkg; stat -c "%A %n" /tmp /root'
try 'checksums of every program' 'cd /usr/bin && find . -type f | sort | xargs sha256sum'
try 'links of the distribution' 'find /etc /usr/bin -type l | sort | while read -r l; do
	printf "%s %s %s\n" "$l" "$(readlink "$l")" "$(realpath -q "$l")"; done'
try 'make, write, read' 'echo one >a; printf "two\n" >>a; cat a; cp a b; cmp a b && mv b c; ls; wc a c; tee d <a | rev; stat -c "%n %s %F %h %a %U %G" *'
try 'directories' 'mkdir -p x/y/z; rmdir x/y/z; mkdir -m 700 x/p; stat -c "%n %a %F" x x/*; rm -r x; ls x; echo $?'
try 'hard and symbolic links' 'echo 1 >f; ln f g; ln -s f h; ln -s nowhere dangling; stat -c "%N" h dangling; stat -c "%n %h" f g; stat -Lc "%n %F" h; cat dangling; readlink -f h; [ f -ef g ] && echo same; rm f; cat g; cat h; [ -L h ]'
try 'modes' 'touch m; for mode in 0 7 644 4755 2711 1777 000 600; do chmod $mode m; stat -c "%a %A" m; done; chmod u=rwx,g=rx,o= m; stat -c %A m; chmod -R a+X .; mkdir s; chmod g+s s; stat -c %a s'
try 'owners are accepted' 'touch o; chown 0:0 o && chgrp root o && stat -c "%u %g" o'
try 'times' 'touch -d "2001-02-03 04:05:06.789 UTC" t; stat -c "%y %Y" t; touch -r t u; stat -c %Y u; touch -h -d @5 -c t; date -u -r t; cp -p t v; stat -c %Y v'
try 'copies of trees' 'cp -a /usr/share/doc/dpkg tree; diff -r /usr/share/doc/dpkg tree && cp -r tree copy && find copy | sort && du -a --apparent-size copy/* | sort -k2; rm -rf tree copy'
try 'big and sparse files' 'dd if=/dev/zero of=big bs=1M count=20 2>/dev/null; stat -c %s big; truncate -s 5G sparse; stat -c "%s" sparse; [ $(stat -c %b sparse) -lt 100 ] && echo sparse; truncate -s 3 big; od -c big; rm big sparse; fallocate -l 64K fa && stat -c %s fa'
try 'text' 'sort -r /etc/passwd | head -5; cut -d: -f1,7 /etc/passwd | tr a-z A-Z; uniq -c <(printf "a\na\nb\n"); join <(echo 1 a) <(echo 1 b); paste -d, <(seq 3) <(seq 4 6); nl /etc/hostname >/dev/null; fold -w 20 /etc/debian_version; tac <(seq 3); shuf -i 1-5 | sort; seq -s, 10; expand <(printf "a\tb\n"); fmt -w 30 /usr/share/common-licenses/BSD; comm <(seq 3) <(seq 2 4); split -l 1 <(seq 3) part; cat part*; csplit -s <(seq 5) 3; cat xx01; base64 /etc/debian_version | base64 -d; md5sum /etc/debian_version; cksum /etc/debian_version; numfmt --to=iec 123456; factor 1234567890; expr 6 \* 7; printf "%05d %s\n" 7 x; tsort <(echo a b b c); ptx <(echo a b) | head -2'
try 'special files' 'mkfifo p; (echo through >p &) ; cat p; stat -c %F p /dev/null /dev/zero /dev/tty; head -c 5 /dev/zero | od -An -c; echo x >/dev/null; echo full >/dev/full; head -c 10 /dev/urandom | wc -c; : >/dev/stdout; echo err >/dev/stderr; ls -l /dev/fd/0 | wc -l; cat /dev/stdin </etc/debian_version'
try 'tests of files' 'for t in -e -f -d -L -r -w -x -s -p -S -b -c -u -g -k; do for f in /etc/passwd /etc /bin /dev/null /tmp /nonexistent /bin/su; do [ $t $f ] && echo "$t $f"; done; done; true'
try -s 1 'what is not there' 'cat /nonexistent; ls /nonexistent/x; cp /nonexistent .; rm nothing; cat /etc; mkdir /etc; rmdir /etc; ln /etc hard; mv nothing x; cd /etc/passwd; readlink /etc'
try 'limits of names' 'n=$(printf "%0255d" 0); touch $n && ls | wc -c; touch ${n}1; p=; for i in $(seq 20); do p+=$n/; done; ls $p; rm $n'
try 'a deep tree' 'd=$PWD; for i in $(seq 60); do mkdir ddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd; cd ddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd; done; touch end; pwd | wc -c; ls; cd $d; find ddd* | wc -l; rm -rf ddd*; ls'
try 'a removed directory' 'mkdir gone; cd gone; rmdir ../gone; ls; touch x; pwd; cd ..; pwd'
try 'environment and arguments' 'env -i A=1 B="two words" env; env -u HOME sh -c "echo \${HOME-unset}"; nice -n 5 nice; timeout 0.2 sleep 5; echo $?; seq 200000 | xargs echo | wc; nohup true; printf "%s\n" "$@"; stdbuf -oL echo x; chroot / /bin/echo in; basename /a/b.c .c; dirname /a/b.c; getconf PAGESIZE; logname 2>&1 | wc -l; users | wc -c'
try 'disk' 'df -a >/dev/null; echo $?; df . | wc -l; sync; sync -f .; du -s --apparent-size -B1 /etc/alternatives | wc -l; stat -fc "%s %l %T" /'
try 'install, shred, mktemp' 'install -m 640 -D /etc/passwd i/n/s; stat -c %a i/n/s; shred -u i/n/s; ls i/n; t=$(mktemp -d); [ -d $t ] && rmdir $t; mktemp -u -p . aXXXX | wc -c; unlink i/n/s; link /etc/passwd i/n/l; rm -r i'
finish
