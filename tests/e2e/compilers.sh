#!/usr/bin/env bash
# gcc, g++, make, binutils: all ways to build a program, and running what came out.
. "$(dirname "$0")/lib.sh"
battery core

try 'hello in all ways' <<'END'
printf '#include <stdio.h>\nint main(int c, char **v) { printf("hello %%d %%s\\n", c, v[1] ? v[1] : ""); return c; }\n' >h.c
for flags in "" -O2 "-O3 -flto" -static -static-pie "-no-pie -fno-pie" "-pie -fPIE" "-g -fsanitize=undefined" "-Wl,-z,now -Wl,-z,relro" "-Wl,-z,execstack" "-Wl,-z,max-page-size=0x200000" "-Wl,-z,noseparate-code" "-Wl,-Ttext-segment=0x10000000 -no-pie" "-pthread" "-m64 -march=x86-64" "-Wl,--hash-style=sysv" "-s" "-Wl,-z,nodynamic-undefined-weak"; do
	gcc $flags h.c -o h && ./h "a b"; echo "[$flags] $?"; file h | grep -o 'executable\|pie\|static[a-z-]*\|interpreter [^,]*' | sort -u | paste -sd' '
done
END
try 'C++' <<'END'
cat >p.cc <<'P'
#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <future>
#include <iostream>
#include <map>
#include <mutex>
#include <regex>
#include <stdexcept>
#include <thread>
#include <vector>
struct Loud { ~Loud() { std::cout << "unwound\n"; } };
static thread_local int mine = 5;
static void deep(int n) { Loud l; if (n == 0) throw std::runtime_error("thrown"); deep(n - 1); }
int main() {
	try { deep(3); } catch (const std::exception &e) { std::cout << e.what() << "\n"; }
	std::atomic<long> sum{0}; std::vector<std::thread> ts; for (int i = 0; i < 16; i++) ts.emplace_back([&, i] { mine += i; for (int k = 0; k < 10000; k++) sum += mine; }); for (auto &t : ts) t.join(); std::cout << sum << " " << mine << "\n";
	std::vector<std::future<int>> fs; for (int i = 0; i < 20; i++) fs.push_back(std::async(std::launch::async, [i] { std::ifstream f("/etc/passwd"); std::string s; int n = 0; while (std::getline(f, s)) n++; return n + i; })); int n = 0; for (auto &f : fs) n += f.get(); std::cout << (n > 190) << "\n";
	namespace fs_ = std::filesystem; fs_::create_directories("d/e/f"); std::ofstream("d/e/x") << "text"; for (auto &e : fs_::recursive_directory_iterator("d")) std::cout << e.path() << "\n"; std::cout << fs_::file_size("d/e/x") << fs_::canonical("d/e/../e/x").filename() << "\n"; fs_::remove_all("d");
	std::cout << std::regex_replace("a1b22", std::regex("[0-9]+"), "#") << "\n"; try { std::vector<int>().at(3); } catch (std::out_of_range &) { std::cout << "range\n"; }
}
P
for f in -O0 "-O2 -static" "-O1 -fPIC -pie"; do g++ -std=c++20 $f -pthread p.cc -o p && ./p; done
END
try 'shared libraries' <<'END'
printf 'int answer(void) { return 42; }\n__attribute__((constructor)) static void c(void) { __builtin_printf("loaded\\n"); }\n' >l.c
printf 'int answer(void); int main(void) { return answer(); }\n' >m.c
printf '#include <dlfcn.h>\n#include <stdio.h>\nint main(void) { void *h = dlopen("./liba.so", RTLD_NOW); if (!h) { puts(dlerror()); return 1; } int (*f)(void) = (int (*)(void))dlsym(h, "answer"); printf("%%d\\n", f()); dlclose(h); puts(dlopen("./none.so", RTLD_NOW) ? "" : "no such library"); return 0; }\n' >d.c
gcc -shared -fPIC l.c -o liba.so && gcc m.c -L. -la -Wl,-rpath,'$ORIGIN' -o m && ./m; echo $?; gcc m.c -L. -la -o n; ./n 2>&1; LD_LIBRARY_PATH=. ./n; echo $?; gcc d.c -o d && ./d
printf 'int getpid(void) { return 7; }\n' >i.c; gcc -shared -fPIC i.c -o i.so; LD_PRELOAD=./i.so python3 -c 'import os; print("in", os.path.basename(os.getcwd()) != "")'; LD_TRACE_LOADED_OBJECTS=1 /bin/ls | sed 's/ (.*//' | sort; ldd ./d | sed 's/ (.*//' | sort
/lib64/ld-linux-x86-64.so.2 ./d; /lib64/ld-linux-x86-64.so.2 --list ./d | wc -l; ldconfig -p | head -1; ar rcs libs.a m.o 2>/dev/null; gcc -c l.c && ar rcs libs.a l.o && nm libs.a | grep -c ' T '; objdump -d m | grep -c main; readelf -h m | grep Type; strip m && ./m; size m | tail -1 | awk '{print NF}'
END
try -t 300 'make with many files' <<'END'
mkdir src; for i in $(seq 60); do printf '#include <stdio.h>\nint f%d(int x) { char b[64]; snprintf(b, sizeof(b), "%%d", x); return x + %d; }\n' $i $i >src/f$i.c; done
{ for i in $(seq 60); do echo "int f$i(int);"; done; echo '#include <stdio.h>'; echo 'int main(void) { int x = 0;'; for i in $(seq 60); do echo "x = f$i(x);"; done; echo 'printf("%d\n", x); return 0; }'; } >src/main.c
cat >Makefile <<'M'
OBJS := $(patsubst src/%.c,obj/%.o,$(wildcard src/*.c))
prog: $(OBJS)
	$(CC) -o $@ $^
obj/%.o: src/%.c | obj
	@$(CC) -O1 -MMD -c $< -o $@
obj: ; mkdir -p obj
clean: ; rm -rf obj prog
.PHONY: clean sub
sub: ; $(MAKE) -s -C $(CURDIR) prog
-include obj/*.d
M
make -j4 | sort; ./prog; make; touch src/f7.c; make | wc -l; make sub | wc -l; make clean; make -s -j2 -l 9 prog; ./prog; printf 'all:\n\t@exit 3\n' >bad; make -f bad; echo $?; make nothing; echo $?
END
try 'what a compiler says' 'printf "int main(void) { return x; }\n" >bad.c; gcc bad.c; echo $?; gcc nothing.c; echo $?; printf "int f(void); int main(void) { return f(); }\n" >u.c; gcc u.c -o u 2>&1 | sed "s,/tmp/cc[A-Za-z0-9]*,/tmp/cc,"; echo "int x;" | gcc -E -; gcc -dumpversion; gcc -print-file-name=libc.so.6 -print-prog-name=as | head -2; echo "#include <stdio.h>" | cpp -M | head -2; ls /tmp/cc* 2>/dev/null | wc -l'
try 'tools of assembly and debugging' 'printf ".globl _start\n_start: mov \$60, %%eax\nmov \$9, %%edi\nsyscall\n" >s.S; gcc -nostdlib -static s.S -o s; ./s; echo $?; as s.S -o s.o && ld s.o -o t && ./t; echo $?; printf "int main(void) { __builtin_trap(); }\n" >c.c; gcc -g c.c -o c; ulimit -c 0; ./c; echo $?; addr2line -e c $(nm c | awk "/ main/ {print \$1}") | sed "s,.*/,,"; strings -n 8 c | grep -c GCC; gprof --version | head -1 | wc -l'
finish
