#!/usr/bin/env python3
"""Compares two lists that entries.c has printed, entry by entry.

usage: entries.py NATIVE OTHER [-x FILE]...

A file names what may differ, one rule a line: WHAT REGEX REASON, separated by tabs. WHAT is `contents`, `size` (and contents),
`all` (it may be missing, too), or `extra` (only the other list may have it).
"""
import re
import sys

COLUMNS = ("type", "mode", "owner", "device", "size", "links", "first", "target", "attributes", "contents", "time")
MASKS = {"contents": ("contents",), "size": ("contents", "size")}


def rules(paths):
    found = []
    for path in paths:
        with open(path, encoding="ascii") as lines:
            for line in lines:
                if line.strip() and not line.startswith("#"):
                    what, regex, reason = line.rstrip("\n").split("\t")
                    if what not in ("contents", "size", "all", "extra") or not reason:
                        sys.exit(f"entries.py: not a rule: {line}")
                    found.append((what, re.compile(regex)))
    return found


def entries(path, exceptions, native):
    found = {}
    with open(path, encoding="ascii") as lines:
        for line in lines:
            name, *columns = line.rstrip("\n").split("\t")
            columns = dict(zip(COLUMNS, columns))
            what = {what for what, regex in exceptions if regex.fullmatch(name)}
            if "all" in what or "extra" in what and not native:
                continue
            for mask in what & MASKS.keys():
                for column in MASKS[mask]:
                    columns[column] = "*"
            found[name] = columns
    return found


def main(arguments):
    exceptions = rules([arguments[i + 1] for i, word in enumerate(arguments) if word == "-x"])
    native, other = (entries(path, exceptions, i == 0) for i, path in enumerate(arguments[:2]))
    different = 0
    for name in sorted(native.keys() | other.keys()):
        a, b = native.get(name), other.get(name)
        if a == b:
            continue
        different += 1
        if a is None or b is None:
            print(f"{'missing' if b is None else 'too much'}: {name} {' '.join(v for c, v in (a or b).items() if c != 'time')}")
        else:
            print(f"{name}: " + ", ".join(f"{c} {b.get(c)}, not {a[c]}" for c in a if a[c] != b.get(c)))
    print(f"{len(native)} entries, {different} differ")
    return 1 if different or len(native) < 2 else 0


sys.exit(main(sys.argv[1:]))
