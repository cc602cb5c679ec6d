#!/usr/bin/env python3
"""Programs on a real terminal: a pseudo-terminal, keys sent, the screen awaited.

usage: terminal.py SCENARIO COMMAND...

COMMAND runs its further arguments in the root file system (native or under lxrun). One line per step is printed, `ok` or
`not ok`, and nothing that differs between two good runs. Exit status 1 if a step failed.
"""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time

LIMIT = 20
# By this its processes are known.
MARK = f"LXRUN_TERMINAL_TEST={os.getpid()}"
ENVIRONMENT = ["env", "-i", MARK, "HOME=/tmp", "HISTFILE=", "LESSHISTFILE=-", "TERM=xterm", "LANG=C.UTF-8", "SHELL=/bin/bash", "PS1=READY> ",
               "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]
# What programs send between words wherever they like, carriage returns included.
ESCAPES = re.compile(r"\x1b(?:\[[0-9;?>]*[ -/]*[a-zA-Z@`]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()][0-9A-B]|[=>78MDEHc])|\x0f|\r")
BASH = ["bash", "--norc", "--noprofile", "-i"]


class Stuck(Exception):
    """What was awaited did not come."""


class Terminal:
    def __init__(self, command, rows=24, columns=80):
        self.text = ""
        self.status = None
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execvp(command[0], command)
        self.resize(rows, columns)

    def resize(self, rows, columns):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def pump(self, seconds):
        """Reads what comes; False at the end."""
        if not select.select([self.fd], [], [], seconds)[0]:
            return True
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            return False
        self.text += data.decode(errors="replace")
        return bool(data)

    def send(self, keys):
        os.write(self.fd, keys.encode())

    def expect(self, pattern, limit=LIMIT):
        """Waits until the pattern shows up behind what earlier calls found."""
        end = time.monotonic() + limit
        while True:
            # Escape sequences stand between words wherever a program likes.
            plain = ESCAPES.sub("", self.text)
            match = re.search(pattern, plain, re.M)
            if match:
                self.text = plain[match.end():]
                return match
            if time.monotonic() > end or not self.pump(0.1):
                raise Stuck(f"{pattern!r} in {plain[-600:]!r}")

    def never(self, pattern, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.pump(0.05):
            pass
        if re.search(pattern, self.text):
            raise Stuck(f"{pattern!r} came")

    def end(self, limit=LIMIT):
        """The exit status of the command, -N for signal N."""
        until = time.monotonic() + limit
        while time.monotonic() < until and self.status is None:
            if not self.pump(0.02):
                time.sleep(0.02)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
        if self.status is None:
            raise Stuck(f"the command does not end: {self.text[-300:]!r}")
        return self.status

    def close(self):
        if self.status is None:
            try:
                os.killpg(self.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            os.close(self.fd)
            os.waitpid(self.pid, 0)
        # Servers that went into the background, where a step failed.
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/environ", "rb") as f:
                    if MARK.encode() in f.read().split(b"\0"):
                        os.kill(int(pid), signal.SIGKILL)
            except OSError:
                pass


failures = 0


def step(what, action):
    global failures
    try:
        value = action()
        if value is False:
            raise Stuck("false")
        print(f"ok - {what}")
    except Stuck as e:
        failures += 1
        print(f"not ok - {what}")
        print(f"{what}: {e}", file=sys.stderr)
        raise


def interrupt(t, run):
    """At a shell's prompt."""
    t.send("sleep 100\r")
    t.never("READY> $", 0.6)
    t.send("\x03")
    t.expect(r"\^C")
    t.expect("READY> $")
    run("echo status $?", "status 130\n")


def bash(command):
    """Line editing, job control, window size, keys that send signals."""
    t = Terminal([*command, *ENVIRONMENT, *BASH], 33, 101)

    def run(line, pattern):
        t.send(line + "\r")
        t.expect(pattern)
        t.expect("READY> $")

    try:
        step("a prompt", lambda: t.expect("READY> $"))
        step("the window's size", lambda: run("stty size", r"^33 101\n"))
        step("a terminal of its own name", lambda: run("tty; [ -t 0 ] && [ -t 1 ] && echo 'is 't", r"^/dev/pts/\d+\nis t\n"))
        step("ls in colour and columns", lambda: run("ls --color=always -d /etc /usr", r"/etc\s+/usr"))
        step("editing of a line", lambda: run("ecoh x\x01\x1b[C\x1b[C\x1b[C\x14\x05yz", "^xyz\n"))
        step("history", lambda: run("\x1b[A", "^xyz\n"))
        step("completion", lambda: run("cat /etc/debian_ver\t", r"^12\.\d+\n"))

        step("Ctrl-C", lambda: interrupt(t, run))

        def stop():
            t.send("sleep 100\r")
            t.never("READY", 0.4)
            t.send("\x1a")
            t.expect(r"\[1\]\+\s+Stopped\s+sleep 100")
            t.expect("READY> $")
            run("echo status $?", "^status 148\n")
            run("jobs", r"\[1\]\+\s+Stopped\s+sleep 100")
        step("Ctrl-Z", stop)

        def foreground():
            t.send("fg\r")
            t.expect("^sleep 100\n")
            t.never("READY", 0.4)
            t.send("\x1a")
            t.expect("Stopped")
            t.expect("READY> $")
            run("bg", r"\[1\]\+ sleep 100 &")
            run("jobs", r"\[1\]\+\s+Running\s+sleep 100 &")
            t.send("fg\r")
            t.expect("^sleep 100\n")
            time.sleep(0.3)
            t.send("\x03")
            t.expect("READY> $")
            run("jobs; echo none", "^none\n")
        step("fg and bg", foreground)

        def pipeline():
            t.send("(sleep 100; echo not here) | cat\r")
            t.never("READY", 0.4)
            t.send("\x1a")
            t.expect("Stopped")
            t.expect("READY> $")
            run("kill %1; sleep 0.5; jobs; echo gone", "^gone\n")
        step("a stopped pipeline is killed", pipeline)

        def background_read():
            t.send("cat & sleep 0.3; jobs\r")
            t.expect(r"Stopped\s+cat")
            t.send("\r")
            run("kill -9 $!; wait; echo killed", "^killed\n")
        step("a background job that reads is stopped", background_read)

        def quit_key():
            t.send("ulimit -c 0; sleep 100\r")
            t.never("READY", 0.4)
            t.send("\x1c")
            t.expect("Quit")
            t.expect("READY> $")
        step("Ctrl-\\", quit_key)

        def end_of_file():
            t.send("cat; echo status $?\r")
            t.expect("echo status.*\n")
            time.sleep(0.3)
            t.send("typed\r")
            t.expect("typed\ntyped")
            t.send("\x04")
            t.expect("^status 0\n")
            t.expect("READY> $")
        step("Ctrl-D", end_of_file)

        def resize():
            t.send("trap 'echo changed $(stty size)' WINCH; sleep 0.2; echo set\r")
            t.expect("^set\n")
            t.expect("READY> $")
            t.resize(40, 120)
            t.send("\r")
            t.expect("changed 40 120")
            run("trap - WINCH; echo $LINES $COLUMNS", "40 120")
        step("a resize", resize)

        def raw():
            t.send("stty -echo; read -rs -n 3 k; stty echo; echo \"got $k\"\r")
            time.sleep(0.5)
            t.send("abc")
            t.expect("got abc")
            t.expect("READY> $")
        step("raw keys", raw)

        def nested():
            t.send("bash --norc --noprofile -i\r")
            t.expect("READY> $")
            t.send("suspend\r")
            t.expect("Stopped")
            t.expect("READY> $")
            t.send("fg\r")
            t.expect("^bash")
            t.send("\rexit\r")
            t.expect("exit\n")
            t.expect("READY> $")
        step("a shell in the shell is suspended", nested)
        step("a pager", lambda: (t.send("seq 1000 | less\r"), t.expect("^1\n"), t.send("G"), t.expect("1000"), t.send("?^500\r"),
                                 t.expect("500"), t.send("q"), t.expect("READY> $")) and None)
        step("a background job does not hold the terminal", lambda: run("(sleep 0.1; echo said) & wait", "^said\n"))
        step("no job is left", lambda: run("jobs; echo none left", "none left\n.*^none left\n"))
        t.send("exit 7\r")
        step("the exit status", lambda: t.end() == 7)
    finally:
        t.close()


def zsh(command):
    """Its own line editor and job control."""
    t = Terminal([*command, *ENVIRONMENT, "PROMPT=READY> ", "zsh", "-f", "-i"], 24, 80)

    def run(line, pattern):
        t.send(line + "\r")
        t.expect(pattern)
        t.expect("READY> $")

    try:
        step("a prompt", lambda: t.expect("READY> $"))
        run("unsetopt prompt_sp prompt_cr; PS1='READY> '", "")
        step("a line", lambda: run("echo $((40 + 2))x", "42x"))
        step("editing of a line", lambda: run("ecoh xy\x01\x1b[C\x1b[C\x1b[C\x14\x05z", "xyz"))

        step("Ctrl-C", lambda: interrupt(t, run))

        def stop():
            t.send("sleep 100\r")
            t.never("READY> $", 0.6)
            t.send("\x1a")
            t.expect("suspended")
            t.expect("READY> $")
            run("jobs", r"suspended\s+sleep 100")
            t.send("fg\r")
            t.expect("continued")
            time.sleep(0.3)
            t.send("\x03")
            t.expect("READY> $")
        step("Ctrl-Z and fg", stop)
        step("a pipeline and its statuses", lambda: run("true | false | (exit 3); echo all $pipestatus", "all 0 1 3"))
        step("a coprocess", lambda: run("coproc head -n 1; print -p word; read -p x; wait; echo got$((1 + 1))$x", "got2word"))
        step("globs", lambda: run("print -l /etc/debian_v*(.)", "/etc/debian_version"))
        t.send("exit 7\r")
        step("the exit status", lambda: t.end() == 7)
    finally:
        t.close()


def vim(command):
    """Insert, command line, window size, suspend and return."""
    t = Terminal([*command, *ENVIRONMENT, *BASH], 24, 80)
    try:
        step("a prompt", lambda: t.expect("READY> $"))
        t.send("cd $(mktemp -d); echo original >file; vim.tiny -u NONE file\r")
        step("vim shows the file", lambda: t.expect("original"))
        t.send("ofirst line\rsecond line\x1b")
        step("what is typed", lambda: t.expect("second line"))
        t.send(":w\r")
        step("is written", lambda: t.expect(r"written|\d+L, \d+B"))
        t.resize(30, 100)
        time.sleep(0.3)
        t.send(":let g:x = &lines . 'by' . &columns | echo 'size' g:x\r")
        t.send(":!echo size `stty size`\r")
        step("the new size", lambda: t.expect("size 30 100"))
        t.send("\r")
        time.sleep(0.3)
        t.send("\x1a")
        step("Ctrl-Z", lambda: (t.expect("Stopped"), t.expect("READY> $")) and None)
        t.send("cat file\r")
        step("the file meanwhile", lambda: (t.expect("original\nfirst line\nsecond line\n"), t.expect("READY> $")) and None)
        t.send("fg\r")
        step("fg", lambda: t.expect("second line"))
        t.send("ggdd:%s/line/text/\r")
        # Only what changed was drawn.
        t.send("\x0c")
        step("editing goes on", lambda: t.expect("second text"))
        t.send(":r !echo from a shell\r")
        step("a filter", lambda: t.expect("from a shell"))
        t.send(":wq\r")
        step("back at the prompt", lambda: t.expect("READY> $"))
        t.send("cat file; ls -A | wc -l\r")
        step("the file", lambda: (t.expect("^first text\nsecond text\nfrom a shell\n1\n"), t.expect("READY> $")) and None)
        t.send("exit\r")
        step("the end", lambda: t.end() == 0)
    finally:
        t.close()


def tmux(command):
    """A session with two windows and panes, resized, detached, attached again."""
    t = Terminal([*command, *ENVIRONMENT, *BASH], 24, 80)
    try:
        step("a prompt", lambda: t.expect("READY> $"))
        t.send("cd $(mktemp -d); export TMUX_TMPDIR=$PWD; printf 'set -g default-command \"bash --norc --noprofile -i\"\\n' >conf; "
               "tmux -f conf new-session -s one\r")
        step("tmux starts", lambda: t.expect(r"\[one\]"))
        t.send("echo in $((40 + 2)) tmux\r")
        step("a command in it", lambda: t.expect("in 42 tmux"))
        t.send("stty size\r")
        step("its size", lambda: t.expect("23 80"))
        t.resize(30, 100)
        time.sleep(0.5)
        t.send("stty size\r")
        step("its size after a resize", lambda: t.expect("29 100"))
        t.send("\x02%")
        time.sleep(0.5)
        t.send("tty | wc -l; echo pane $((1 + 1))\r")
        step("a second pane", lambda: t.expect("pane 2"))
        t.send("sleep 100\r")
        time.sleep(0.3)
        t.send("\x03")
        t.send("echo after $((100 + 30))\r")
        step("Ctrl-C in it", lambda: t.expect("after 130"))
        t.send("sleep 100\r")
        time.sleep(0.3)
        t.send("\x1a")
        step("Ctrl-Z in it", lambda: t.expect("Stopped"))
        t.send("kill %1; wait; exit\r")
        time.sleep(0.5)
        t.send("\x02c")
        step("a second window", lambda: t.expect(r"1:bash\*"))
        t.send("\x02d")
        step("detach", lambda: (t.expect("detached"), t.expect("READY> $")) and None)
        t.send("tmux ls; tmux send-keys -t one:0 'echo sent $((2 * 3))' Enter; sleep 0.5; tmux capture-pane -p -t one:0 | grep sent.6\r")
        step("commands from outside", lambda: (t.expect("one: 2 windows"), t.expect("sent 6"), t.expect("READY> $")) and None)
        t.send("tmux attach\r")
        step("attach", lambda: t.expect(r"\[one\]"))
        time.sleep(1)
        t.send("\x02&")
        step("the question before a window is killed", lambda: t.expect("kill-window bash.*y/n"))
        t.send("y")
        time.sleep(1)
        t.send("\x02d")
        step("detach again", lambda: (t.expect("detached"), t.expect("READY> $")) and None)
        t.send("tmux kill-server; sleep 0.3; tmux ls\r")
        step("the server ends", lambda: (t.expect("no server running"), t.expect("READY> $")) and None)
        t.send("exit 0\r")
        step("the end", lambda: t.end() == 0)
    finally:
        t.close()


def outer(command):
    """The command as a job of a shell outside: it must stop, continue and end as the program inside does."""
    os.environ["PS1"] = "OUTER> "
    words = " ".join("'" + w.replace("'", "'\\''") + "'" for w in [*command, *ENVIRONMENT])
    t = Terminal(BASH)
    try:
        step("a prompt", lambda: t.expect("OUTER> $"))
        t.send(f"run() {{ {words} \"$@\"; }}; echo 'de'fined\r")
        t.expect("^defined\n")
        t.expect("OUTER> $")

        def job():
            t.send("run sleep 100\r")
            t.never("OUTER", 1.5)
            t.send("\x1a")
            t.expect("Stopped")
            t.expect("OUTER> $")
            t.send("fg\r")
            t.never("OUTER", 0.5)
            t.send("\x03")
            t.expect("OUTER> $")
            t.send("echo status $?\r")
            t.expect("^status 130\n")
            t.expect("OUTER> $")
        step("Ctrl-Z, fg, Ctrl-C", job)

        def stops_itself():
            t.send("run sh -c 'kill -STOP $$; echo continued; exit 6'\r")
            t.expect("Stopped")
            t.expect("OUTER> $")
            t.send("fg; echo status $?\r")
            t.expect("^continued\nstatus 6\n")
            t.expect("OUTER> $")
        step("a program that stops itself", stops_itself)
        for name, number in (("KILL", 9), ("SEGV", 11), ("TERM", 15)):
            t.send(f"(ulimit -c 0; run sh -c 'kill -{name} $$'); echo status $?\r")
            step(f"death by SIG{name}", lambda n=number: (t.expect(f"^status {128 + n}\n"), t.expect("OUTER> $")) and None)
        t.send("echo piped | run cat | run tr a-z A-Z\r")
        step("a pipeline of two", lambda: (t.expect("^PIPED\n"), t.expect("OUTER> $")) and None)
        t.send("run sh -c 'sleep 0.2; echo said' & wait; echo 'de'ad\r")
        step("in the background", lambda: (t.expect("^said\n"), t.expect("^dead\n"), t.expect("OUTER> $")) and None)
        t.send("exit\r")
        step("the end", lambda: t.end() == 0)
    finally:
        t.close()


if __name__ == "__main__":
    try:
        {"bash": bash, "zsh": zsh, "vim": vim, "tmux": tmux, "outer": outer}[sys.argv[1]](sys.argv[2:])
    except Stuck as e:
        if not failures:
            print(f"not ok - between the steps: {e}")
            failures = 1
    sys.exit(1 if failures else 0)
