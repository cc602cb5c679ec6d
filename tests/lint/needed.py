#!/usr/bin/env python3
"""lxrun and lxrun-manage need the libc and no other library: each one would cost more than an exec does.

usage: needed.py ROOT PROGRAM... [--sanitized]
"""
import os
import re
import subprocess
import sys

import tree

MAY = r"libc\.so\.\d+|ld-linux[-\w]*\.so\.\d+"
# What the compiler adds for its sanitizers.
SANITIZERS = r"lib(?:asan|ubsan|tsan|lsan|m|gcc_s|stdc\+\+|pthread|dl|rt|resolv)\.so\.\d+"


def findings_of(program, may):
    text = subprocess.run(["readelf", "-dW", program], check=True, capture_output=True, text=True,
                          env={**os.environ, "LC_ALL": "C"}).stdout
    needed = re.findall(r"\(NEEDED\)\s+Shared library: \[(.*)\]", text)
    return [f"{os.path.basename(program)} needs {name}" for name in needed if not re.fullmatch(may, name)]


def main(root, *words):
    may = MAY + ("|" + SANITIZERS if "--sanitized" in words else "")
    programs = [word for word in words if word != "--sanitized"]
    tree.finish([finding for program in programs for finding in findings_of(program, may)], "libraries that are too many")


if __name__ == "__main__":
    main(*[os.path.abspath(a) if os.path.exists(a) else a for a in sys.argv[1:]])
