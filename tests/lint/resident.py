#!/usr/bin/env python3
"""What the resident may not have, looked up in the linked program: anything from outside, thread-local data, vector or
x87 registers, segment registers, memory that is both writable and executable, code outside its own address range.

usage: resident.py ROOT PROGRAM OBJECTS...
OBJECTS are what the program was linked from, object files and archives.
"""
import os
import re
import subprocess
import sys

import tree

# Everything that would need saving in a guest, or that leaves the general registers.
REGISTERS = re.compile(r"%(?:[xyz]mm\d|mm\d|st\b|st\(|k[0-7]\b|bnd\d|fs:|gs:)")
FOREIGN = re.compile(r"^(?:__libc_|_dl_|__errno_location|__stack_chk|malloc$|printf$"
                     r"|__(?:asan|ubsan|tsan|msan|sanitizer)_)")
# What the linker defines.
LINKER = re.compile(r"^(?:_GLOBAL_OFFSET_TABLE_|_?_?(?:end|edata|etext|bss_start|ehdr_start)|__(?:start|stop)_\w+)$")
X87 = re.compile(r"^(?:f[a-z]|xsave|xrstor)")


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"}).stdout


def bounds(root):
    """[RESIDENT_BASE, RESIDENT_TEXT_END) of base/layout.h."""
    text = tree.read(root, "base/layout.h")
    base = int(re.search(r"define\s+RESIDENT_BASE\s+(0x[0-9a-f]+)", text).group(1), 16)
    size = int(re.search(r"define\s+RESIDENT_TEXT_END\s+\(RESIDENT_BASE\s*\+\s*(0x[0-9a-f]+)", text).group(1), 16)
    return base, base + size


def symbols(program, objects):
    """The linker drops weak symbols that nobody defines, so what is needed from outside is seen in the objects only."""
    defined, wanted = set(), {}
    for path in objects:
        for line in run("nm", "-A", path).splitlines():
            where, kind, name = re.match(r"(\S+):\s*(?:[0-9a-f]+\s)?\s*(\w) (\S+)$", line).groups()
            if kind in "UwvV":
                wanted.setdefault(name, where)
            else:
                defined.add(name)
    findings = [f"undefined symbol {name}, wanted by {os.path.basename(where)}" for name, where in sorted(wanted.items())
                if name not in defined and not LINKER.match(name)]
    names = [line.split()[-1] for line in run("nm", program).splitlines() if line.strip()]
    return findings + [f"symbol {name} is from outside" for name in names if FOREIGN.match(name)]


def segments(program, low, high):
    findings = []
    header = run("readelf", "-hW", program)
    if not re.search(r"Type:\s+EXEC", header):
        findings.append("not an ET_EXEC program")
    entry = int(re.search(r"Entry point address:\s+(0x[0-9a-f]+)", header).group(1), 16)
    if not low <= entry < high:
        findings.append(f"entry point {entry:#x} is outside of the text range")
    text = run("readelf", "-lW", program)
    stack = executable = False
    for line in text.splitlines():
        match = re.match(r"\s+([A-Z_]+)\s+0x[0-9a-f]+\s+(0x[0-9a-f]+)\s+0x[0-9a-f]+\s+0x[0-9a-f]+\s+(0x[0-9a-f]+)"
                         r"\s+([RWE ]{3})\s", line)
        if not match:
            continue
        kind, start, size, flags = match[1], int(match[2], 16), int(match[3], 16), match[4]
        if kind == "LOAD" and "E" in flags:
            executable = True
            if "W" in flags:
                findings.append(f"segment at {start:#x} is writable and executable")
            if start < low or start + size > high:
                findings.append(f"executable bytes {start:#x}..{start + size:#x} outside of {low:#x}..{high:#x}")
        if kind == "LOAD" and start < low:
            findings.append(f"segment at {start:#x} is below the resident's base")
        if kind == "GNU_STACK":
            stack = True
            if "E" in flags:
                findings.append("the stack is executable")
        if kind in ("INTERP", "DYNAMIC", "TLS"):
            findings.append(f"segment {kind}")
    if not stack:
        findings.append("no GNU_STACK: the kernel makes the stack executable")
    if not executable:
        findings.append("no executable segment: not what this lint was made for")
    sections = run("readelf", "-SW", program)
    findings += [f"section {name}" for name in re.findall(r"\s(\.t(?:data|bss)\S*)\s", sections)]
    return findings


def instructions(program):
    findings = []
    function = "?"
    count = 0
    for line in run("objdump", "-d", "--no-show-raw-insn", program).splitlines():
        match = re.match(r"[0-9a-f]+ <(.*)>:", line)
        if match:
            function = match[1]
            continue
        match = re.match(r"\s*[0-9a-f]+:\s+(\S+)\s*(.*)", line)
        if not match:
            continue
        count += 1
        # What follows # is objdump's own remark.
        operands = match[2].split("#")[0]
        if REGISTERS.search(operands) or X87.match(match[1]):
            findings.append(f"{function}: {match[1]} {operands.strip()}")
    if count == 0:
        findings.append("no instructions: not what this lint was made for")
    return findings


def main(root, program, objects):
    low, high = bounds(root)
    tree.finish(symbols(program, objects) + segments(program, low, high) + instructions(program),
                f"what {os.path.basename(program)} may not have")


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]), sys.argv[2], sys.argv[3:])
