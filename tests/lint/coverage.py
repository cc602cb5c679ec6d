#!/usr/bin/env python3
"""What must have a test has one: every translated call a conformance program, every pitfall a test that bears its number.

A program is for the call that it is named after, and for those that its comment "conformance: calls NAME..." names; it must
use them. A pitfall's number stands in a program's name (pitfall_NN_...) or in a test's comment "pitfall NN".

usage: coverage.py ROOT
"""
import os
import re
import sys

import tree

TABLE = "syscall-tables/x86_64.def"
PROGRAMS = "tests/conformance/"
PITFALLS = range(1, 21)
# Those about prepared text come with it.
LATER = {11, 12}


def translated(root):
    return re.findall(r"^XLATE(?:_IF)?\s*\(\s*\d+,\s*(\w+),", tree.read(root, TABLE), re.M)


def main(root):
    findings = []
    programs = {p: tree.read(root, p) for p in tree.files(root, [".c"]) if p.startswith(PROGRAMS)}
    covered = {os.path.basename(p)[:-2] for p in programs}
    for path, text in programs.items():
        for names in re.findall(r"conformance: calls ([\w, ]+)", text):
            for name in re.split(r"[ ,]+", names.strip()):
                covered.add(name)
                if not re.search(rf"\b(SYS_)?{name}\b", text.replace("conformance: calls " + names, "")):
                    findings.append(f"{path}: says that it calls {name} and does not")
    findings += [f"{TABLE}: {name} has no program in {PROGRAMS}" for name in translated(root) if name not in covered]

    numbers = set()
    for path in tree.files(root, [".c", ".sh", ".py"]):
        if path.startswith("tests/") and not path.startswith("tests/lint/"):
            numbers.update(map(int, re.findall(r"\bpitfall[_ ](\d+)\b", os.path.basename(path).replace("_", " ", 2))))
            numbers.update(map(int, re.findall(r"\bpitfall (\d+)\b", tree.read(root, path))))
    findings += [f"tests: pitfall {n} has no test" for n in PITFALLS if n not in LATER | numbers]
    tree.finish(findings, "what has no test")


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]))
