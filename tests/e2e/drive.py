#!/usr/bin/env python3
"""drive COMMAND [PROMPT ANSWER]...: a command of sh on a terminal of its own. Answers what it asks, prints what it says."""
import os
import pty
import re
import select
import sys
import time

command, talk = sys.argv[1], sys.argv[2:]
pid, fd = pty.fork()
if pid == 0:
    os.execvp("sh", ["sh", "-c", command])
seen = text = ""
end = time.monotonic() + 30
while time.monotonic() < end:
    if talk and re.search(talk[0], seen):
        seen = ""
        # A program may ask before it turns the echo off, and forgets what was typed until then.
        time.sleep(0.1)
        os.write(fd, (talk[1] + "\n").encode())
        talk = talk[2:]
    if not select.select([fd], [], [], 0.1)[0]:
        continue
    try:
        data = os.read(fd, 65536).decode(errors="replace")
    except OSError:
        break
    if not data:
        break
    seen += data
    text += data
os.close(fd)
print(text.replace("\r", ""), end="")
if talk:
    print("never asked:", talk[0])
print("status", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
