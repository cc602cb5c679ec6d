#!/usr/bin/env python3
"""Each lint passes a clean tree and finds what is planted in it.

usage: selftest.py [TESTS...], as python's unittest
"""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
CC = os.environ.get("CC", "cc")

MARKS = ("TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK", "st" + "ub", "St" + "ub")
LAYOUT = """\
#define RESIDENT_BASE 0x550000000000ul
#define RESIDENT_TEXT_END (RESIDENT_BASE + 0x200000ul)
"""


class Tree(unittest.TestCase):
    """A small source tree of its own; lint() runs one lint over it."""

    def setUp(self):
        self.root = tempfile.mkdtemp(prefix="lint.")
        self.addCleanup(shutil.rmtree, self.root)

    def put(self, path, text, mode=0o644):
        full = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as f:
            f.write(text)
        os.chmod(full, mode)
        return full

    def lint(self, name, *arguments):
        r = subprocess.run([sys.executable, os.path.join(HERE, name + ".py"), self.root, *arguments],
                           capture_output=True, text=True, check=False)
        self.assertEqual(r.stderr, "")
        if r.returncode == 77:
            self.skipTest(r.stdout.strip())
        return r.returncode, r.stdout

    def passes(self, name, *arguments):
        status, output = self.lint(name, *arguments)
        self.assertEqual(status, 0, output)

    def finds(self, what, name, *arguments):
        status, output = self.lint(name, *arguments)
        self.assertEqual(status, 1, output)
        self.assertIn(what, output)


class Includes(Tree):
    def test_clean(self):
        self.put("base/host.h", "")
        self.put("base/host.c", '#include "base/host.h"\n#include <stdio.h>\n')
        self.put("translator/open.c", '#include "vfs/vfs.h"\n#include "syscall-tables/kinds.h"\n'
                 '#include "translator/port.h"\n#include "loader/loader.h"\n')
        self.put("cli/main.c", '#include "translator/translator.h"\n')
        self.put("tests/unit/vfs/walk_test.c", '#include "vfs/walk.h"\n#include "helpers.h"\n')
        self.passes("includes")

    def test_upwards(self):
        for folder, what in (("base", "vfs/vfs.h"), ("vfs", "translator/translator.h"), ("loader", "cli/cli.h"),
                             ("syscall-tables", "vfs/vfs.h"), ("rewriter", "vfs/vfs.h"), ("distro", "vfs/vfs.h"),
                             ("translator", "rewriter/rewriter.h"), ("vm-backend", "distro/distro.h")):
            with self.subTest(folder=folder):
                path = self.put(f"{folder}/x.c", f'#include "{what}"\n')
                self.finds(f"{folder}/x.c:1: {folder} may not include", "includes")
                os.remove(path)

    def test_indented(self):
        self.put("vfs/x.c", '\n#  include   "loader/loader.h"\n')
        self.finds("vfs/x.c:2: vfs may not include loader", "includes")

    def test_private(self):
        self.put("translator/x.c", '#include "vfs/walk.h"\n')
        self.finds("vfs/walk.h is private to vfs", "includes")

    def test_relative(self):
        self.put("vfs/x.c", '#include "walk.h"\n')
        self.finds("not written from the top", "includes")
        self.put("vfs/x.c", '#include "../base/host.h"\n')
        self.finds("not written from the top", "includes")

    def test_source(self):
        self.put("vfs/x.c", '#include "vfs/walk.c"\n')
        self.finds("compiled, not included", "includes")

    def test_only_the_supervisor_may(self):
        self.put("translator/supervisor/main.c", '#include "rewriter/rewriter.h"\n')
        self.passes("includes")


class Size(Tree):
    def test_limits(self):
        self.put("vfs/x.c", "\n" * 600)
        self.passes("size")
        self.assertIn("vfs/x.c: 600 lines; has it more", self.lint("size")[1])
        self.put("vfs/x.c", "\n" * 601)
        self.finds("vfs/x.c: 601 lines", "size")

    def test_tables_may_be_long(self):
        self.put("syscall-tables/x86_64.def", "\n" * 2000)
        self.passes("size")


class Marks(Tree):
    def test_clean(self):
        self.put("vfs/x.c", "/* mktemp(XX" + "XXXX), stubborn, HA" + "CKING.md */\n")
        self.passes("marks")

    def test_each_word(self):
        for word in MARKS:
            for path in ("vfs/x.c", "vfs/x.h", "translator/entry.S", "CMakeLists.txt", "cmake/a.cmake"):
                with self.subTest(word=word, path=path):
                    full = self.put(path, f"/* {word}: later */\n")
                    self.finds(f"{path}:1: {word}", "marks")
                    os.remove(full)

    def test_script_without_suffix(self):
        self.put("check", "#!/usr/bin/env bash\n# " + MARKS[0] + "\n")
        self.finds("check:2:", "marks")


class Errno(Tree):
    def test_clean(self):
        self.put("vfs/x.c", '#include <errno.h>\n/* or -errno */ int f(void); // errno\nchar *s = "errno";\n'
                 "int g(void) { return -ENOENT; }\nint my_errno, errno_of;\n")
        self.put("cli/x.c", "int f(void) { return -errno; }\n")
        self.put("translator/supervisor/x.c", "int f(void) { return -errno; }\n")
        self.passes("errno")

    def test_resident(self):
        for folder in ("base", "vfs", "loader", "translator"):
            with self.subTest(folder=folder):
                path = self.put(f"{folder}/x.c", "\nint f(void) { return -errno; }\n")
                self.finds(f"{folder}/x.c:2:", "errno")
                os.remove(path)


class Readmes(Tree):
    def test_clean(self):
        self.put("vfs/README.md", "# vfs\n\none\ntwo\nthree\n")
        self.put("vfs/x.c", "")
        self.put("tests/README.md", "# tests\n\none\ntwo\nthree\n")
        self.put("tests/fuzz/corpus/a", "")
        self.put("tests/fuzz/README.md", "# fuzz\n\none\ntwo\nthree\n")
        self.passes("readmes")

    def test_missing(self):
        self.put("vfs/x.c", "")
        self.finds("vfs: no README.md", "readmes")

    def test_missing_below_a_folder_of_folders(self):
        self.put("tests/unit/x/README.md", "# x\n\none\ntwo\nthree\n")
        self.finds("tests/unit: no README.md", "readmes")

    def test_empty(self):
        self.put("vfs/README.md", "# vfs\n")
        self.finds("vfs/README.md: says nothing", "readmes")


class Coverage(Tree):
    def setUp(self):
        super().setUp()
        self.put("syscall-tables/x86_64.def", 'NATIVE  (  0, read, A0())\nXLATE   ( 21, access, A0(), "")\n'
                 'XLATE_IF(56, clone, A0(), RULES(), "")\n')
        self.put("tests/conformance/files/access.c", "int main(void) { return access(); }\n")
        self.put("tests/conformance/process/child.c", "/* conformance: calls clone */\nint x = SYS_clone;\n")
        for n in range(1, 20):
            self.put(f"tests/conformance/pitfalls/pitfall_{n:02}_name.c", "")
        self.put("tests/e2e/twenty.sh", "# pitfall 20\n")

    def test_clean(self):
        self.passes("coverage")

    def test_no_program(self):
        self.put("syscall-tables/x86_64.def", 'XLATE   ( 90, chmod, A0(), "")\n')
        self.finds("chmod has no program", "coverage")

    def test_says_it_calls(self):
        self.put("tests/conformance/process/child.c", "/* conformance: calls clone */\nint x;\n")
        self.finds("says that it calls clone", "coverage")

    def test_no_number(self):
        self.put("tests/e2e/twenty.sh", "")
        self.finds("pitfall 20 has no test", "coverage")


class Format(Tree):
    def setUp(self):
        super().setUp()
        shutil.copy(os.path.join(HERE, "../../.clang-format"), self.root)

    def test_clean(self):
        self.put("vfs/x.c", "int f(int a)\n{\n\treturn a;\n}\n")
        self.passes("format")

    def test_spaces(self):
        self.put("vfs/x.c", "int f(int a)\n{\n        return a;\n}\n")
        self.finds("vfs/x.c:3: clang-format -i would change it", "format")

    def test_brace(self):
        self.put("vfs/x.h", "struct a\n{\n\tint b;\n};\n")
        self.finds("vfs/x.h:1:", "format")


class Shell(Tree):
    def test_clean(self):
        self.put("check", '#!/usr/bin/env bash\nset -eu\necho "$1"\n', 0o755)
        self.passes("shell")

    def test_unquoted(self):
        self.put("check", "#!/usr/bin/env bash\nrm -r $1\n", 0o755)
        self.finds("check:2:", "shell")

    def test_sh(self):
        self.put("tests/x.sh", "#!/bin/sh\nlocal x=1\n", 0o755)
        self.finds("tests/x.sh:2:", "shell")


class Resident(Tree):
    """Small programs made as the resident is made, each with one thing wrong."""
    FLAGS = ["-ffreestanding", "-nostdlib", "-static", "-fno-pie", "-no-pie", "-O1", "-fno-stack-protector",
             "-fcf-protection=none", "-fno-asynchronous-unwind-tables", "-mcmodel=large", "-Wl,--build-id=none"]
    PLACE = ["-Wl,-Ttext-segment=0x550000000000"]
    START = "void _start(void) { for (;;) ; }\n"

    def program(self, source, *flags, place=None):
        self.put("base/layout.h", LAYOUT)
        c = self.put("x.c", source)
        program = os.path.join(self.root, "resident")
        subprocess.run([CC, *self.FLAGS, *(self.PLACE if place is None else place), *flags, "-o", program, c],
                       check=True, capture_output=True)
        return program

    def object(self, name, source):
        c = self.put(name + ".c", source)
        subprocess.run([CC, *self.FLAGS, "-c", "-o", c[:-1] + "o", c], check=True, capture_output=True)
        return c[:-1] + "o"

    def test_clean(self):
        self.passes("resident", self.program(self.START, "-mgeneral-regs-only"))

    def test_undefined(self):
        program = self.program(self.START)
        objects = [self.object("a", "extern void inside(void); void a(void) { inside(); }\n"),
                   self.object("b", "extern char _end[]; char *inside(void) { return _end; }\n")]
        self.passes("resident", program, *objects)
        self.finds("undefined symbol inside, wanted by a.o", "resident", program, objects[0])
        objects.append(self.object("c", "__attribute__((weak)) void weak(void); void c(void) { weak(); }\n"))
        self.finds("undefined symbol weak, wanted by c.o", "resident", program, *objects)
        archive = os.path.join(self.root, "lib.a")
        subprocess.run(["ar", "rc", archive, objects[0]], check=True)
        self.finds("undefined symbol inside", "resident", program, archive)

    def test_foreign(self):
        for name in ("__libc_start_main", "malloc", "__asan_report_load4", "__sanitizer_cov_trace_pc"):
            with self.subTest(name=name):
                program = self.program(f"void {name}(void) {{}} " + self.START)
                self.finds(f"symbol {name} is from outside", "resident", program)

    def test_vectors(self):
        program = self.program("double x; void _start(void) { x *= 3.0; }\n")
        self.finds("xmm", "resident", program)

    def test_x87(self):
        program = self.program("long double x; void _start(void) { x *= 3.0L; }\n")
        self.finds("_start: f", "resident", program)

    def test_thread_local(self):
        program = self.program("__thread int x; void _start(void) { x = 1; }\n")
        self.finds(".tbss", "resident", program)
        self.finds("%fs:", "resident", program)

    def test_writable_code(self):
        program = self.program("int x = 1; " + self.START, "-Wl,-N")
        self.finds("writable and executable", "resident", program)

    def test_executable_stack(self):
        program = self.program(self.START, "-Wl,-z,execstack")
        self.finds("the stack is executable", "resident", program)

    def test_elsewhere(self):
        program = self.program(self.START, place=["-Wl,-Ttext-segment=0x600000000000"])
        self.finds("outside of", "resident", program)

    def test_code_behind_the_range(self):
        program = self.program('__attribute__((section(".far"))) void far(void) { for (;;) ; }\n' + self.START,
                               "-Wl,--section-start=.far=0x550000400000")
        self.finds("executable bytes 0x550000400000", "resident", program)

    def test_position_independent(self):
        program = self.program(self.START, "-fPIE", "-Wl,-pie", "-mcmodel=small", place=[])
        self.finds("not an ET_EXEC program", "resident", program)


class Needed(Tree):
    def program(self, *flags):
        c = self.put("x.c", "int main(void) { return 0; }\n")
        subprocess.run([CC, "-o", c[:-2], c, *flags], check=True, capture_output=True)
        return c[:-2]

    def test_clean(self):
        self.passes("needed", self.program())

    def test_another(self):
        program = self.program("-Wl,--no-as-needed", "-lm")
        self.finds("x needs libm.so", "needed", program)
        self.passes("needed", program, "--sanitized")


if __name__ == "__main__":
    unittest.main()
