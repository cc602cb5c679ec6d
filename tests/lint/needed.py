#!/usr/bin/env python3
"""lxrun needs the libc and no other library: each one would cost more than an exec does.

usage: needed.py ROOT PROGRAM [--sanitized]
"""
import os
import re
import subprocess
import sys

import tree

MAY = r"libc\.so\.\d+|ld-linux[-\w]*\.so\.\d+"
# What the compiler adds for its sanitizers.
SANITIZERS = r"lib(?:asan|ubsan|tsan|lsan|m|gcc_s|stdc\+\+|pthread|dl|rt|resolv)\.so\.\d+"


def main(root, program, *more):
    text = subprocess.run(["readelf", "-dW", program], check=True, capture_output=True, text=True,
                          env={**os.environ, "LC_ALL": "C"}).stdout
    needed = re.findall(r"\(NEEDED\)\s+Shared library: \[(.*)\]", text)
    may = MAY + ("|" + SANITIZERS if "--sanitized" in more else "")
    findings = [f"{os.path.basename(program)} needs {name}" for name in needed if not re.fullmatch(may, name)]
    tree.finish(findings, "libraries that are too many")


if __name__ == "__main__":
    main(*[os.path.abspath(a) if os.path.exists(a) else a for a in sys.argv[1:]])
