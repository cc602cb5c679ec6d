#!/usr/bin/env bash
# tar, rsync, find, gzip, xz, zstd: trees packed, unpacked, compared.
. "$(dirname "$0")/lib.sh"
battery core

try 'tar of everything there is' <<'END'
mkdir -p t/a/b 't/with space'; echo 1 >t/f; ln t/f t/hard; ln -s f t/soft; ln -s /nonexistent t/dangling; mkfifo t/fifo; touch -d @1000000000.5 t/old; chmod 4751 t/f; chmod 1777 t/a; printf '%0200d' 0 >t/a/b/$(printf '%0200d' 7); dd if=/dev/zero of=t/sparse bs=1 count=1 seek=10M 2>/dev/null; find t -exec touch -h -d @1700000000.25 {} +; touch -d @5 t/a
for format in gnu pax ustar; do tar --format=$format -cf $format.tar t 2>&1; mkdir x$format; tar -xpf $format.tar -C x$format; (cd x$format/t && find . -printf '%p %y %m %s %T@ %l %n\n' | sort); tar -df $format.tar; echo $?; done 2>&1 | sed 's/\.0000000000 / /'
for z in gzip xz zstd; do tar -cf t.$z --use-compress-program=$z t; tar -tvf t.$z --use-compress-program=$z | awk '{print $1, $3, $6, $7, $8}' | sort; done; tar -xf gnu.tar --to-stdout t/f; tar -xf gnu.tar nothing; echo $?; tar -cf - t | (mkdir p; tar -xf - -C p); diff -r --no-dereference -x fifo t p/t; echo $?; tar --listed-incremental=snap -cf i0.tar t; echo new >t/new; tar --listed-incremental=snap -cf i1.tar t; tar -tf i1.tar | grep new; tar --delete -f gnu.tar t/old; tar -tf gnu.tar | wc -l; tar -rf gnu.tar t/new; tar -tf gnu.tar | tail -1
END
try -t 300 'tar of 5,000 files' 'mkdir s; for d in $(seq 50); do mkdir s/$d; for f in $(seq 100); do echo $d $f >s/$d/$f; done; done; tar -cf s.tar s; mkdir o; tar -xf s.tar -C o; find o -type f | wc -l; cat o/s/*/* | sha256sum; tar -xf s.tar -C o; tar -xf s.tar -C o --skip-old-files; tar -xf s.tar -C o --unlink-first; rm -rf o; ls'
# Whether a directory's time differs depends on the second.
try -t 300 -f '/^\.d\.\.t\.+ /d' 'rsync' <<'END'
cp -a /usr/share/doc/apt /usr/share/doc/dpkg /usr/share/doc/git .; mkdir src; mv apt dpkg git src; ln -s dpkg src/link; ln src/dpkg/copyright src/hard; chmod 600 src/hard; mkfifo src/fifo; touch -d @1234567890 src/old
rsync -aHi src/ dst/ | sort | head -20; rsync -aHin src/ dst/; diff -r --no-dereference -x fifo src dst; echo $?; echo changed >src/new; rm src/old; rsync -aHi --delete src/ dst/; (cd dst; find . -printf '%p %y %m %n %l\n' | sort | head -50); rsync -a --link-dest="$PWD/dst" src/ third/; stat -c %h third/new; rsync -a --checksum --partial --inplace src/ dst/; printf '#!/bin/sh\nshift\nexec sh -c "$*"\n' >rsh; chmod +x rsh; rsync -a -e ./rsh src/new localhost:"$PWD"/remote 2>&1; cat remote; rsync /nonexistent x 2>&1 | head -1; rsync -a --exclude='*' src/ empty/; ls -A empty; rsync --list-only src/new | awk '{print $1, $2, $5}'
END
try 'find' 'cd /usr; find share/doc -maxdepth 2 | sort | tail -20; find . -type l | wc -l; find . -type d -empty | sort; find bin -perm -4000 | sort; find . -name "*.so.*" -type f | wc -l; find share/doc/dpkg -newer bin/dpkg | wc -l; find bin -size +1M -printf "%f %s\n" | sort; find lib -samefile lib/os-release; find /etc -xtype l | sort; find share/doc/apt -exec basename {} \; | sort; find share/doc/git -type f -print0 | xargs -0 cat | sha256sum; find -L /bin/ -maxdepth 1 -name "l*" | sort; find . -inum $(stat -c %i bin/ls); find . -links +2 -type f | sort | head; find /nonexistent; find / -maxdepth 1 | sort; find /dev -maxdepth 0; find . -regex ".*/zst.*" | sort | head; find share -fstype ext9; find . -depth -name dpkg -type d | sort'
try 'compressors' 'seq 300000 >n; for z in gzip bzip2 xz zstd; do $z -k n 2>/dev/null && $z -t n.* && $z -dc n.?* | cmp - n && stat -c %s n.* ; rm -f n.*; done; zcat <(gzip -c n) | tail -1; gzip n; gunzip n.gz; stat -c %s n; xz -T2 -c n | xz -dc | md5sum; split -n 7 n; cat x?? | cmp - n; cpio --version 2>/dev/null | head -1; zstd -q -T2 n -o n.z; zstdcat n.z | head -2; echo junk | gzip -d; echo $?'
finish
