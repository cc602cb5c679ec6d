#!/usr/bin/env bash
# Everyday things where lxrun itself is in a container: below the filter that container managers put around everything.
. "$(dirname "$0")/lib.sh"
# shellcheck disable=SC2034
refusing=container
battery core

try 'files' 'mkdir -p a/b && echo one >a/b/c && ln -s b/c a/d && ln a/b/c e && mv e a/f && cat a/d a/f && find a | sort && rm -r a && ls'
try 'owners' 'touch f && chown 12:34 f && chmod 4750 f && stat -c "%u %g %a" f'
try 'pipes and processes' 'seq 1000 | xargs -n 50 -P 4 echo | wc -l; (exit 3); echo $?; true'
try 'a compiler' 'printf "#include <stdio.h>\nint main(void) { puts(\"hello\"); }\n" >h.c && gcc -o h h.c && ./h'
try 'python, threads and children' <<'END'
python3 -c '
import subprocess, threading, os
out = []
ts = [threading.Thread(target=lambda i=i: out.append(subprocess.run(["echo", str(i)], capture_output=True, text=True).stdout)) for i in range(8)]
for t in ts: t.start()
for t in ts: t.join()
print(sorted(out)); print(os.getuid(), os.listdir("/proc/self/fd") != [])'
END
try 'git' 'git init -q r && cd r && git config user.email a@b && git config user.name n && echo x >f && git add f && git commit -qm m && git log --format=%s'
try 'tar' 'mkdir d && seq 100 | sed s,^,d/f, | xargs touch && tar cf t.tar d && rm -r d && tar xf t.tar && ls d | wc -l'
try 'strace' 'strace -f -o t -e trace=execve sh -c "/bin/true; /bin/true" && grep -c "execve(" t'
finish
