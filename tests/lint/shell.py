#!/usr/bin/env python3
"""shellcheck has nothing to say about the tree's shell scripts.

usage: shell.py ROOT
"""
import os
import shutil
import subprocess
import sys

import tree


def main(root):
    if not shutil.which("shellcheck"):
        print("no shellcheck here")
        sys.exit(77)
    found = tree.scripts(root)
    findings = []
    for path in found:
        r = subprocess.run(["shellcheck", "--format=gcc", path],
                           cwd=root, capture_output=True, text=True, check=False)
        findings += (r.stdout + r.stderr).splitlines()
        if r.returncode != 0 and not r.stdout:
            findings.append(f"{path}: shellcheck ends with {r.returncode}")
    tree.finish(findings, f"remarks of shellcheck on {len(found)} scripts")


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]))
