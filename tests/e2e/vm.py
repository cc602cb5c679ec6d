#!/usr/bin/env python3
"""The archive that vm.sh makes a distribution of: busybox, and one of each thing that an ext4 image has to keep.

usage: vm.py BUSYBOX >ARCHIVE
"""
import io
import sys
import tarfile

OUT = tarfile.open(fileobj=sys.stdout.buffer, mode="w|", format=tarfile.PAX_FORMAT)


def add(name, kind=tarfile.REGTYPE, content=b"", mode=0o755, uid=0, gid=0, link="", time=1000000000, device=(0, 0), **pax):
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode, entry.uid, entry.gid, entry.linkname = kind, mode, uid, gid, link
    entry.size, entry.mtime = len(content), time
    entry.devmajor, entry.devminor = device
    entry.pax_headers = {key.replace("__", "."): value for key, value in pax.items()}
    OUT.addfile(entry, io.BytesIO(content))


def main(busybox):
    for name in ("bin", "dev", "proc", "sys", "etc", "home", "mnt", "things"):
        add(name, tarfile.DIRTYPE)
    add("tmp", tarfile.DIRTYPE, mode=0o1777)
    add("root", tarfile.DIRTYPE, mode=0o700)
    add("home/ann", tarfile.DIRTYPE, mode=0o750, uid=1234, gid=1234)
    with open(busybox, "rb") as f:
        add("bin/busybox", content=f.read())
    for name in ("sh", "cat", "echo", "sleep", "stat", "id", "ls", "md5sum", "head", "wc", "hostname", "nc", "env", "mount",
                 "kill", "stty", "seq", "grep", "touch", "sync", "dd", "tr"):
        add("bin/" + name, tarfile.SYMTYPE, link="busybox")
    add("etc/passwd", content=b"root:x:0:0::/root:/bin/sh\nann:x:1234:1234::/home/ann:/bin/sh\n", mode=0o644)
    add("etc/group", content=b"root:x:0:\nann:x:1234:\nothers:x:77:ann\n", mode=0o644)
    add("etc/wsl.conf", content=b"[network]\nhostname=machine\n[user]\ndefault=ann\n[boot]\n"
        b"command=echo booted >/root/new && /bin/busybox mv /root/new /root/booted\n", mode=0o644)
    add("etc/wsl-distribution.conf", content=b"[oobe]\ncommand=read answer; [ \"$answer\" = yes ] && "
        b"echo bob:x:1000:1000::/:/bin/sh >>/etc/passwd && echo first $(id -un)\ndefaultUid=1000\n", mode=0o644)
    add("things/file", content=b"content\n", mode=0o4751, uid=70000, gid=4000000000)
    add("things/again", tarfile.LNKTYPE, link="things/file")
    add("things/empty", mode=0o000)
    add("things/large", content=bytes(range(256)) * 8192, mode=0o644)
    add("things/old", mode=0o644, time=-500000000)
    add("things/late", mode=0o644, time=4400000000, mtime="4400000000.123456789")
    add("things/short", tarfile.SYMTYPE, link="file", uid=1234, gid=77)
    add("things/long", tarfile.SYMTYPE, link="x" * 300)
    add("things/fifo", tarfile.FIFOTYPE, mode=0o640, uid=5)
    add("things/null", tarfile.CHRTYPE, mode=0o666, device=(1, 3))
    add("things/disk", tarfile.BLKTYPE, mode=0o660, gid=6, device=(259, 70000))
    add("things/many", tarfile.DIRTYPE, uid=9)
    for i in range(3000):
        add("things/many/a name of some length %05d" % i, mode=0o644)
    OUT.close()


main(sys.argv[1])
