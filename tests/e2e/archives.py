#!/usr/bin/env python3
"""Archives for tests/e2e/import.sh.

usage: archives.py compare A B     entry by entry: names, kinds, owners, modes, times, devices, links, attributes, contents
       archives.py hostile KIND    an archive that must be refused, on the standard output
"""
import hashlib
import io
import subprocess
import sys
import tarfile


def opened(path):
    if path.endswith(".zst"):
        data = subprocess.run(["zstd", "-dqc", path], stdout=subprocess.PIPE, check=True).stdout
        return tarfile.open(fileobj=io.BytesIO(data), errors="surrogateescape")
    return tarfile.open(path, errors="surrogateescape")


def name_of(name):
    name = "/".join(part for part in name.split("/") if part not in ("", "."))
    return name or "."


def entries(path):
    found, groups = {}, {}
    with opened(path) as archive:
        for member in archive:
            name = name_of(member.name)
            if member.islnk():
                groups[name] = groups.get(name_of(member.linkname), name_of(member.linkname))
                continue
            groups[name] = name
            digest = None
            if member.isreg():
                digest = hashlib.sha256()
                content = archive.extractfile(member)
                while piece := content.read(1 << 20):
                    digest.update(piece)
                digest = digest.hexdigest()
            attributes = sorted((k, v) for k, v in member.pax_headers.items() if k.startswith("SCHILY.xattr."))
            device = (member.devmajor, member.devminor) if member.isdev() and not member.isfifo() else None
            mtime = member.pax_headers.get("mtime", str(member.mtime))
            found[name] = (member.type, oct(member.mode), member.uid, member.gid, member.size, float(mtime), device,
                           member.linkname, attributes, digest)
    links = {}
    for name, first in groups.items():
        links.setdefault(first, set()).add(name)
    # Which of several names stands first does not matter.
    return {frozenset(names): found[first] for first, names in links.items()}


def compare(a, b):
    a, b = entries(a), entries(b)
    different = [(names, a.get(names), b.get(names)) for names in a.keys() | b.keys() if a.get(names) != b.get(names)]
    for names, left, right in different[:20]:
        print(sorted(names), left, right, sep="\n    ")
    print(f"{len(a)} files, {len(different)} differ")
    return 1 if different or not a else 0


def zstd(data):
    return subprocess.run(["zstd", "-1", "-qc"], input=data, stdout=subprocess.PIPE, check=True).stdout


def hostile(kind):
    buffer = io.BytesIO()
    archive = tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT)

    def add(name, kind=tarfile.REGTYPE, link="", content=b"x"):
        info = tarfile.TarInfo(name)
        info.type, info.linkname = kind, link
        info.size = len(content) if kind == tarfile.REGTYPE else 0
        archive.addfile(info, io.BytesIO(content))

    add("etc", tarfile.DIRTYPE)
    add("etc/big", content=b"0123456789" * 100000)
    if kind == "absolute":
        add("/tmp/lxrun-evil")
    elif kind == "dots":
        add("etc/../../../../lxrun-evil")
    elif kind == "through-a-link":
        add("out", tarfile.SYMTYPE, "/tmp")
        add("out/lxrun-evil")
    elif kind == "through-a-relative-link":
        add("out", tarfile.SYMTYPE, "../../..")
        add("out/lxrun-evil")
    elif kind == "hard-link":
        add("passwd", tarfile.LNKTYPE, "/etc/passwd")
    elif kind == "hard-link-dots":
        add("passwd", tarfile.LNKTYPE, "../../../../../../../etc/passwd")
    elif kind == "hard-link-through-a-link":
        add("out", tarfile.SYMTYPE, "/etc")
        add("passwd", tarfile.LNKTYPE, "out/passwd")
    archive.close()
    data = buffer.getvalue()
    if kind == "truncated":
        data = data[:600000]
    elif kind == "damaged":
        data = data[:520] + bytes([data[520] ^ 1]) + data[521:]
    elif kind == "damaged-gzip":
        data = bytearray(__import__("gzip").compress(data))
        data[len(data) // 2] ^= 0xff
    elif kind == "truncated-xz":
        data = __import__("lzma").compress(data)[:-100]
    elif kind == "nonsense":
        data = b"This is a text and no archive.\n" * 1000
    elif kind == "empty":
        data = b""
    elif kind == "zeros":
        info = tarfile.TarInfo("etc/zeros")
        info.size = 10 << 30
        frame = zstd(bytes(64 << 20))
        data = zstd(info.tobuf(tarfile.GNU_FORMAT)) + frame * 160 + zstd(bytes(1024))
    elif kind == "no-distribution":
        data = data.replace(b"etc", b"xyz")
        data = resum(data)
    sys.stdout.buffer.write(data)
    return 0


def resum(data):
    data = bytearray(data)
    for at in range(0, len(data), 512):
        if data[at + 257:at + 262] == b"ustar":
            data[at + 148:at + 156] = b" " * 8
            data[at + 148:at + 156] = b"%06o\0 " % sum(data[at:at + 512])
    return bytes(data)


if __name__ == "__main__":
    sys.exit(compare(*sys.argv[2:]) if sys.argv[1] == "compare" else hostile(sys.argv[2]))
