#!/usr/bin/env python3
"""C is formatted by clang-format with the tree's .clang-format. The tables (*.def) are laid out by hand.

usage: format.py ROOT
"""
import os
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


def main(root):
    findings = []
    program = formatter()
    for path in tree.files(root, suffixes=(".c", ".h")):
        text = tree.read(root, path)
        want = subprocess.run([program, "--assume-filename", os.path.join(root, path)], input=text,
                              capture_output=True, text=True, check=True, cwd=root).stdout
        if want != text:
            lines = zip(text.splitlines(), want.splitlines())
            first = next((n for n, (a, b) in enumerate(lines, 1) if a != b), 1)
            findings.append(f"{path}:{first}: clang-format -i would change it")
    tree.finish(findings, "files that clang-format would change")


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]))
