#!/usr/bin/env bash
# Programs that bring no dynamic loader of the distribution's: busybox, musl programs, static ones, and Go's runtime.
. "$(dirname "$0")/lib.sh"
battery core

try 'busybox' 'file -L /bin/busybox | grep -o "statically linked"; busybox sh -c "echo \$((6*7)); ls / | head -3; cat /etc/debian_version; for i in 1 2 3; do echo \$i; done | tail -1"; mkdir b; busybox --install -s b; ls b | wc -l; PATH=$PWD/b; echo abc | rev | tr a-z A-Z; seq 5 | awk "{s+=\$1} END {print s}"; find /etc/apt -type f | sort; tar cf t.tar b/ls; tar tf t.tar; vi --help 2>&1 | head -1; stat -c %a /etc; realpath /bin; md5sum /etc/debian_version; which ls | busybox sed "s,.*/e2e,e2e,;s,[0-9]*/,,g"; sh -c "sleep 0.1 & wait; echo waited"; printf "a\nb\n" | sort -r; id; env | busybox sort | head -2; nc -h 2>&1 | head -1 | wc -c; ash -c "trap \"echo t\" USR1; kill -USR1 \$\$; echo \$?"'
try -f 's,/tmp/cc[A-Za-z0-9]*,/tmp/cc,' 'musl' <<'END'
cat >m.c <<'P'
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
extern char **environ;
static _Thread_local int mine;
static volatile int cleaned, ticks;
static void tick(int s) { (void)s; ticks++; }
static void clean(void *p) { (void)p; cleaned++; }
static void *sleeper(void *p) { pthread_cleanup_push(clean, p); for (;;) { char c; (void)!read(*(int *)p, &c, 1); } pthread_cleanup_pop(0); return 0; }
static void *work(void *p) { for (int i = 0; i < 500; i++) { struct stat st; mine += stat("/etc/passwd", &st) == 0; FILE *f = fopen("/etc/group", "r"); mine += f != 0; fclose(f); } return (void *)(long)(mine + (p == 0)); }
int main(void)
{
	pthread_t t[8]; void *r; long sum = 0; int fd[2], st; pid_t pid; char *args[] = {"echo", "spawned", 0};
	for (int i = 0; i < 8; i++) pthread_create(&t[i], 0, work, &t);
	for (int i = 0; i < 8; i++) { pthread_join(t[i], &r); sum += (long)r; }
	printf("%ld\n", sum); pipe(fd); pthread_create(&t[0], 0, sleeper, &fd[0]); usleep(50000); pthread_cancel(t[0]); pthread_join(t[0], &r); printf("%d %d\n", r == PTHREAD_CANCELED, cleaned); fflush(stdout);
	posix_spawn(&pid, "/bin/echo", 0, 0, args, environ); waitpid(pid, &st, 0); printf("%d %d\n", st, posix_spawn(&pid, "/nonexistent", 0, 0, args, environ) == ENOENT);
	signal(SIGALRM, tick); ualarm(1000, 1000); for (int i = 0; ticks < 100; i++) { DIR *d = opendir("/etc"); while (readdir(d)); closedir(d); } ualarm(0, 0); puts("ticked");
	FILE *p = popen("id -un", "r"); char line[99]; fgets(line, 99, p); fputs(line, stdout); pclose(p); printf("%s %s\n", getpwuid(getuid())->pw_name, realpath("/bin/../etc/./os-release", 0)); system("exit 3");
	if ((pid = vfork()) == 0) _exit(5);
	waitpid(pid, &st, 0); printf("%d\n", WEXITSTATUS(st)); errno = 0; chdir("/nonexistent"); perror("chdir"); return 0;
}
P
musl-gcc -O1 m.c -o dynamic && ./dynamic; musl-gcc -O1 -static m.c -o static && ./static; musl-gcc -O1 -static-pie -fPIE m.c -o spie && ./spie; gcc -O1 -static m.c -o glibc && ./glibc; readelf -l dynamic | grep -o 'ld-musl[^]]*'
END
try 'Go: fzf' 'seq 200000 >n; fzf --filter=99999 <n | head -3; find /usr/share | fzf --filter=doc/dpkg/copy | sort | head -3; for i in 1 2 3 4 5; do echo a$i | fzf -f a$i; done; fzf --version | wc -l; echo none | fzf -f xyz; echo $?; GOMAXPROCS=8 fzf -f 123 <n | wc -l; GODEBUG=asyncpreemptoff=0 GOGC=1 fzf -f 7777 <n | sort | head -2'
try 'programs without a libc' <<'END'
printf '.globl _start\n_start:\n mov $1, %%eax\n mov $1, %%edi\n lea m(%%rip), %%rsi\n mov $6, %%edx\n syscall\n mov $110, %%eax\n syscall\n test %%eax, %%eax\n jz 1f\n mov $2, %%eax\n lea f(%%rip), %%rdi\n xor %%esi, %%esi\n syscall\n mov %%eax, %%edi\n mov $60, %%eax\n syscall\n1: hlt\nm: .ascii "hello\\n"\nf: .asciz "/etc/passwd"\n' >s.S
gcc -nostdlib -static s.S -o a && ./a; echo $?; gcc -nostdlib -static-pie s.S -o b && ./b; echo $?; gcc -nostdlib -static -Wl,-N s.S -o c && ./c; echo $?; gcc -nostdlib -static -Wl,-Ttext=0x20000000 s.S -o d && ./d; echo $?
for f in a; do head -c 100 a >short; chmod +x short; ./short; echo $?; : >empty; chmod +x empty; ./empty; echo $?; printf '\177ELFjunk' >junk; chmod +x junk; ./junk; echo $?; python3 -c "
import sys; d=bytearray(open('a','rb').read()); d[4]=1; open('elf32','wb').write(d); d[4]=2; d[18]=3; open('i386','wb').write(d); d[18]=62; d[56]=0; open('nophdr','wb').write(d); d[56]=200; open('many','wb').write(d)"; chmod +x elf32 i386 nophdr many; for x in elf32 i386 nophdr many; do ./$x 2>&1 | sed 's/^.*: //'; done; done
END
finish
