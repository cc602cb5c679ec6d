#!/usr/bin/env python3
"""The variable errno is the libc's, so only files that are always hosted may name it; all others pass -errno along.

usage: errno.py ROOT
"""
import os
import re
import sys

import tree

HOSTED = (
    "bench/", "cli/", "cmake/", "distro/", "guest-tools/", "rewriter/", "tests/", "vm-backend/",
    "translator/supervisor", "translator/filter/generate", "syscall-tables/generate", "syscall-tables/print",
)


def main(root):
    findings = []
    for path in tree.files(root, suffixes=(".c", ".h", ".S")):
        if path.startswith(HOSTED):
            continue
        for number, line in enumerate(tree.code(tree.read(root, path)).splitlines(), 1):
            if re.search(r"(?<![\w.<])errno\b(?!\.h)", line):
                findings.append(f"{path}:{number}: {line.strip()}")
    tree.finish(findings, "uses of errno outside hosted code")


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]))
