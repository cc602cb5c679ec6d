#!/usr/bin/env python3
"""Small files with one subject: more than 400 lines of C is a smell, more than 600 an error.

usage: size.py ROOT
"""
import os
import sys

import tree

SMELL, LIMIT = 400, 600


def main(root):
    findings = []
    for path in tree.files(root, suffixes=(".c", ".h", ".S")):
        lines = tree.read(root, path).count("\n")
        if lines > LIMIT:
            findings.append(f"{path}: {lines} lines, the limit is {LIMIT}")
        elif lines > SMELL:
            print(f"{path}: {lines} lines; has it more than one subject?")
    tree.finish(findings, "files that are too long")


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]))
