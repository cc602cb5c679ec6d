#!/usr/bin/env python3
"""C is formatted by clang-format with the tree's .clang-format. The tables (*.def) are laid out by hand.

usage: format.py ROOT
"""
import os
import re
import shutil
import subprocess
import sys

import tree

# Other versions of the program break lines elsewhere.
VERSION = "14"


def formatter():
    for name in (f"clang-format-{VERSION}", "clang-format"):
        path = shutil.which(name)
        if path and f"version {VERSION}." in subprocess.run([path, "--version"], capture_output=True, text=True,
                                                            check=True).stdout:
            return path
    print(f"no clang-format {VERSION} here")
    sys.exit(77)


def first_difference(program, root, path):
    text = tree.read(root, path)
    want = subprocess.run([program, "--style=file", path], capture_output=True, text=True, check=True, cwd=root).stdout
    lines = zip(text.splitlines(), want.splitlines())
    return next((n for n, (a, b) in enumerate(lines, 1) if a != b), 1)


def main(root):
    program = formatter()
    # One process for many files: starting it takes longer than formatting.
    r = subprocess.run([program, "--dry-run", "--style=file", *tree.files(root, suffixes=(".c", ".h"))], capture_output=True,
                       text=True, check=True, cwd=root)
    changed = sorted(set(re.findall(r"^(\S+?):\d+:\d+: warning: code should be clang-formatted", r.stderr, re.M)))
    findings = [f"{path}:{first_difference(program, root, path)}: clang-format -i would change it" for path in changed]
    tree.finish(findings, "files that clang-format would change")


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]))
