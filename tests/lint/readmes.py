#!/usr/bin/env python3
"""Every folder opens with a README.md that says what it is, what it may touch and what always holds.

usage: readmes.py ROOT
"""
import os
import sys

import tree

# Folders of data, and those whose content speaks for itself.
EXCEPT = {"", ".ci", "cmake", "corpus", "docs", "data"}
LINES = 3


def main(root):
    findings = []
    folders = set()
    for path in tree.files(root):
        folder = os.path.dirname(path)
        while folder:
            folders.add(folder)
            folder = os.path.dirname(folder)
    for folder in sorted(folders):
        if any(part in EXCEPT or part.endswith("_corpus") for part in folder.split("/")):
            continue
        readme = os.path.join(folder, "README.md")
        if not os.path.isfile(os.path.join(root, readme)):
            findings.append(f"{folder}: no README.md")
            continue
        text = [l for l in tree.read(root, readme).splitlines() if l.strip() and not l.startswith("#")]
        if len(text) < LINES:
            findings.append(f"{readme}: says nothing")
    tree.finish(findings, "folders without a theory")


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]))
