#!/usr/bin/env bash
# (pitfall 18) Guests that are built with sanitizers: their shadow memory must find its place, and they must still see faults.
. "$(dirname "$0")/lib.sh"
battery core

source='cat >s.c <<"P"
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
static int shared; static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER; static volatile sig_atomic_t got;
static void handler(int s) { got = s; }
static void *safe(void *p) { for (int i = 0; i < 1000; i++) { struct stat st; stat("/etc/passwd", &st); pthread_mutex_lock(&m); shared++; pthread_mutex_unlock(&m); } return p; }
static void *racy(void *p) { for (int i = 0; i < 1000; i++) shared++; return p; }
static int work(void *(*f)(void *)) { pthread_t t[4]; shared = 0; for (int i = 0; i < 4; i++) pthread_create(&t[i], 0, f, 0); for (int i = 0; i < 4; i++) pthread_join(t[i], 0); return shared; }
int main(int c, char **v) {
	char *b = malloc(10); int n = c > 2 ? atoi(v[2]) : 5;
	if (c > 1 && !strcmp(v[1], "overflow")) b[n * 2] = 1;
	if (c > 1 && !strcmp(v[1], "free")) { free(b); return b[n]; }
	if (c > 1 && !strcmp(v[1], "leak")) { b = 0; return 0; }
	if (c > 1 && !strcmp(v[1], "undefined")) { volatile int k = 0x7fffffff - 5 + n; k = k + 1; return k > 0; }
	if (c > 1 && !strcmp(v[1], "race")) { work(racy); return 0; }
	signal(SIGUSR1, handler); raise(SIGUSR1); printf("%d %d\n", work(safe), got == SIGUSR1); fflush(stdout); FILE *f = popen("echo child", "r"); char l[9]; fgets(l, 9, f); fputs(l, stdout); pclose(f);
	fflush(stdout); if (fork() == 0) { FILE *g = fopen("/etc/debian_version", "r"); _exit(g ? 4 : 5); } int st; wait(&st); printf("%d\n", WEXITSTATUS(st)); free(b); return 0; }
P
'
brief='2>&1 | grep -o "AddressSanitizer: [a-z-]*\|LeakSanitizer: [a-z ]*\|ThreadSanitizer: [a-z ]*\|runtime error: [a-z ]*\|^[0-9 ]*$\|child" | sort -u'
run() {
	echo "./s $* $brief; "
}

try 'address' "$source gcc -g -fsanitize=address -pthread s.c -o s; $(run)$(run overflow)$(run free)$(run leak)$(run overflow 3) gcc -g -O2 -static-libasan -fsanitize=address -no-pie -pthread s.c -o s; $(run)$(run free)"
try 'thread' "$source gcc -g -fsanitize=thread -pthread s.c -o s; $(run)$(run race)gcc -g -O1 -fsanitize=thread -no-pie -pthread s.c -o s; $(run)$(run race)"
try 'undefined behaviour' "$source gcc -g -fsanitize=undefined -pthread s.c -o s; $(run)$(run undefined)gcc -g -fsanitize=undefined -fno-sanitize-recover -pthread s.c -o s; ./s undefined 2>/dev/null; echo \$?"
try 'leak' "$source gcc -g -fsanitize=leak -pthread s.c -o s; $(run)$(run leak)"
finish
