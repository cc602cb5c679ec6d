"""What the lints share: the files of a source tree, C without comments, and how a finding is reported."""
import os
import re
import subprocess
import sys


def files(root, suffixes=None, names=None):
    """Paths below root, relative to it and sorted: what git knows or would add, or everything where there is no git."""
    try:
        out = subprocess.run(
            ["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "."],
            check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
        found = [p for p in out.decode(errors="surrogateescape").split("\0") if p]
    except (OSError, subprocess.CalledProcessError):
        found = []
        for top, dirs, here in os.walk(root):
            dirs[:] = [d for d in dirs if d not in (".git", "build", "out")]
            found += [os.path.relpath(os.path.join(top, f), root) for f in here]
    return sorted(
        p for p in set(found)
        if os.path.isfile(os.path.join(root, p)) and not os.path.islink(os.path.join(root, p))
        and (suffixes is None and names is None or p.endswith(tuple(suffixes or ()))
             or os.path.basename(p) in (names or ())))


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8", errors="replace") as f:
        return f.read()


def code(text):
    """C text with comments, strings and character constants blanked; the lines stay where they are."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match.group(0))
    return re.sub(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, text, flags=re.S)


def scripts(root):
    """The tree's shell scripts: by their first line or their name."""
    found = []
    for path in files(root):
        with open(os.path.join(root, path), "rb") as f:
            first = f.readline(200)
        if path.endswith(".sh") or re.match(rb"#!.*\b(ba|da)?sh\b", first):
            found.append(path)
    return found


def finish(findings, what):
    """Prints the findings and ends the lint."""
    for finding in findings:
        print(finding)
    print(f"{what}: {len(findings)} found" if findings else f"{what}: none")
    sys.exit(1 if findings else 0)
