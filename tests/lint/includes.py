#!/usr/bin/env python3
"""The folders' includes are a DAG, and a folder sees of another only its public header.

usage: includes.py ROOT
"""
import os
import re
import sys

import tree

# What each folder may include besides itself. ARCHITECTURE.md has the picture.
MAY = {
    "base": set(),
    "syscall-tables": {"base"},
    "vfs": {"base"},
    "loader": {"base", "vfs"},
    "rewriter": {"base", "syscall-tables"},
    "translator": {"base", "syscall-tables", "vfs", "loader"},
    "vm-backend": {"base"},
    "distro": {"base", "vm-backend"},
    "guest-tools": {"base"},
    "cli": {"base", "syscall-tables", "vfs", "loader", "rewriter", "translator", "vm-backend", "distro"},
}
# Parts that may include more than their folder.
MORE = {"translator/supervisor": {"rewriter"},
        # It does in a distribution what lxrun does from outside in version 1, by the same sources.
        "vm-backend/agent": {"distro", "cli"}}
# Folders all of whose headers are public; of the others it is <folder>/<folder>.h and what is named here.
OPEN = {"base", "syscall-tables"}
PUBLIC = {
    "translator": {"translator/supervisor/instance_calls.h", "translator/supervisor/notify_gate.h",
                   "translator/supervisor/ptrace_gate.h", "translator/system/mount_ns.h"},
    "distro": {"distro/archive.h", "distro/disk.h", "distro/download.h", "distro/ext4.h", "distro/manifest.h", "distro/sidecar.h",
               "distro/suites.h"},
    "vm-backend": {"vm-backend/frame.h"},
    "cli": {"cli/below.h", "cli/environment.h", "cli/machine.h", "cli/user.h"},
}
# Tests look inside what they test.
FREE = {"tests", "bench"}


def main(root):
    findings = []
    for path in tree.files(root, suffixes=(".c", ".h", ".S", ".def")):
        folder = path.split("/")[0]
        if folder in FREE or folder not in MAY:
            continue
        may = set(MAY[folder])
        for part, more in MORE.items():
            if path.startswith((part + "/", part + ".", part + "_")):
                may |= more
        for number, line in enumerate(tree.read(root, path).splitlines(), 1):
            match = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
            if not match:
                continue
            what = match.group(1)
            there = what.split("/")[0]
            where = f"{path}:{number}: "
            if "/" not in what or there == ".." or there not in MAY:
                findings.append(where + f'"{what}" is not written from the top of the tree')
            elif what.endswith(".c"):
                findings.append(where + f"{what}: a source file is compiled, not included")
            elif there == folder:
                continue
            elif there not in may:
                findings.append(where + f"{folder} may not include {there} ({what})")
            elif there not in OPEN and what != f"{there}/{there}.h" and what not in PUBLIC.get(there, ()):
                findings.append(where + f"{what} is private to {there}")
    tree.finish(findings, "includes against the order of the folders")


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]))
