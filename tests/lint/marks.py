#!/usr/bin/env python3
"""No marks of unfinished work: what is missing is a gap in the table or a sentence in a README.

usage: marks.py ROOT
"""
import os
import re
import sys

import tree

# Put together here, so that this file does not find itself.
WORDS = re.compile(r"\b(?:" + "|".join(("TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK")) + r")\b|(?i:\bst" + r"ub\b)")
SUFFIXES = (".c", ".h", ".S", ".def", ".cmake", ".py", ".sh")


def main(root):
    findings = []
    for path in sorted(set(tree.files(root, suffixes=SUFFIXES, names=("CMakeLists.txt",)) + tree.scripts(root))):
        for number, line in enumerate(tree.read(root, path).splitlines(), 1):
            match = WORDS.search(line)
            if match:
                findings.append(f"{path}:{number}: {match.group(0)}")
    tree.finish(findings, "marks of unfinished work")


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]))
