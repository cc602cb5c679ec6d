#!/usr/bin/env python3
"""The runner finds what it is for: small programs under something that stands in for lxrun, by chroot, and goes wrong in
one way each time. Needs root.
"""
import os
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)

STAND_IN = """\
#!/usr/bin/env bash
while [ "$1" != -- ]; do
	case $1 in
	--rootfs) root=$2 ;;
	--cd) cd=$2 ;;
	esac
	shift
done
shift
run() { "$NATIVE" "$root" sh -c 'cd "$0" && "$@"' "$cd" "$@"; }
mkdir "$XDG_RUNTIME_DIR/lxrun"
case $WRONG in
nothing) run "$@" ;;
line) run "$@" | sed 's/^ok - second/not &/' ;;
missing) run "$@" | grep -v second ;;
more) run "$@"; echo "ok - third" ;;
status) run "$@"; exit 3 ;;
signal) run "$@"; kill -SEGV $$ ;;
hang) run "$@"; sleep 1000 ;;
silent) ;;
file) run "$@"; touch "$XDG_RUNTIME_DIR/lxrun/left" ;;
process) run "$@"; cp /bin/sleep "$XDG_RUNTIME_DIR/lxrun/resident"; "$XDG_RUNTIME_DIR/lxrun/resident" 20 & ;;
esac
"""

GOOD = """\
#include "check.h"
/* conformance: timeout 2 */
/* conformance: not under notify: of a reason. */
int main(int argc, char **argv)
{
	check_begin(argc, argv);
	CHECK(mkdir("d", 0755) == 0, "first");
	CHECK(geteuid() == 0, "second");
	return check_end();
}
"""


class Runner(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory(prefix="conformance.")
        self.addCleanup(self.directory.cleanup)
        self.program = self.put("good.c", GOOD)
        self.lxrun = self.put("bin/lxrun", STAND_IN, 0o755)
        self.put("bin/lxrun-resident", "", 0o755)
        self.wrapper = self.put("refuse", '#!/bin/sh\nshift\nexec "$@"\n', 0o755)

    def put(self, name, text, mode=0o644):
        path = os.path.join(self.directory.name, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        os.chmod(path, mode)
        return path

    def run_it(self, wrong, *options, program=None):
        r = subprocess.run([os.path.join(HERE, "run"), "--build", os.path.join(self.directory.name, "build"), *options,
                            program or self.program], stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, text=True, check=False,
                           env={**os.environ, "WRONG": wrong, "NATIVE": os.path.join(TESTS, "native")})
        return r.returncode, r.stdout

    def under(self, wrong, gate="trap"):
        return self.run_it(wrong, "--lxrun", self.lxrun, "--refuse", self.wrapper, "--gate", gate, "--as", "root")

    def test_native(self):
        status, text = self.run_it("nothing")
        self.assertEqual((status, text.splitlines()[-1]), (0, "1 passed, 0 failed, 0 skipped"), text)

    def test_pass(self):
        status, text = self.under("nothing")
        self.assertEqual((status, text.splitlines()[-1]), (0, "2 passed, 0 failed, 0 skipped"), text)

    def test_excuse(self):
        status, text = self.under("line", gate="notify")
        self.assertEqual((status, text.splitlines()[-1]), (0, "1 passed, 0 failed, 1 skipped"), text)
        self.assertIn("# SKIP of a reason.", text)

    def test_each_way_to_be_wrong(self):
        for wrong, says in (("line", "here:   not ok - second"), ("missing", "here:   (no line)"),
                            ("more", "native: (no line)"), ("status", "exit status 3"), ("signal", "signal SIGSEGV"),
                            ("hang", "no end within"), ("silent", "here:   (no line)"), ("file", "left behind: "),
                            ("process", "left behind: ")):
            with self.subTest(wrong=wrong):
                status, text = self.under(wrong)
                self.assertEqual((status, text.splitlines()[-1]), (1, "1 passed, 1 failed, 0 skipped"), text)
                self.assertIn(says, text)

    def test_native_failure_is_of_its_own_kind(self):
        for name, body in (("fails.c", 'CHECK(geteuid() != 0, "not root");'), ("ends.c", "return 0;"),
                           ("dies.c", 'CHECK(true, "first"); raise(SIGKILL);'), ("syntax.c", "}{")):
            with self.subTest(name=name):
                program = self.put(name, GOOD.replace('CHECK(geteuid() == 0, "second");', body)
                                   .replace('CHECK(mkdir("d", 0755) == 0, "first");', "")
                                   .replace('"check.h"', '"check.h"\n#include <signal.h>'))
                status, text = self.run_it("nothing", program=program)
                self.assertEqual((status, text.splitlines()[-1]), (2, "0 passed, 1 failed, 0 skipped"), text)


if __name__ == "__main__":
    if subprocess.run([os.path.join(TESTS, "native"), "--possible"], check=False).returncode != 0:
        print("needs root")
        sys.exit(77)
    unittest.main()
