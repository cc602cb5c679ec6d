#!/usr/bin/env bash
# bash and dash: pipelines, redirections, subshells, traps, job control without a terminal, here-documents, globs.
. "$(dirname "$0")/lib.sh"
battery core

for shell in bash dash; do
	in_shell() {
		local status=0
		[ "$1" != -s ] || { status=$2 && shift 2; }
		try -s "$status" "$shell: $1" "cat >script <<'END_OF_SCRIPT'
$2
END_OF_SCRIPT
$shell ./script one 'two words' three"
	}
	in_shell 'pipelines' 'seq 1000 | grep 7 | sort -rn | head -3 | { read a; read b; echo $a-$b; }; seq 100000 | tail -1; yes | head -2; echo $?'
	in_shell 'redirections' 'echo a >f 2>&1; echo b >>f; cat <f; exec 3>g; echo three >&3; exec 3>&-; cat g; { echo out; echo err >&2; } 2>&1 | sort; echo x 2>/dev/null >&2; cat <<E
here $((1+2)) $(echo sub)
E
set -C; echo no >f; echo $?; echo yes >|f; cat f; : <>rw; ls rw; exec 9<f; read l <&9; echo $l'
	in_shell 'arguments' 'echo $# "$2"; shift; echo "$*"; set -- a b c; for x; do echo $x; done; echo $0; case $1 in a) echo A;; esac'
	in_shell 'subshells and substitution' 'x=1; (x=2; cd /; pwd; exit 4); echo $? $x $(pwd | grep -c e2e); y=$(cat <<E
in
E
); echo $y; echo `echo back`; a=$(exit 3); echo $?'
	in_shell 'globs' 'mkdir d; touch d/a1 d/a2 d/b1 d/.h; echo d/*; echo d/a?; echo d/[!a]*; echo d/.*h; echo nothing*; cd d; echo *; for f in a*; do rm $f; done; ls -A'
	in_shell 'traps and signals' 'trap "echo usr1" USR1; kill -USR1 $$; trap "echo bye" EXIT; trap "" TERM; kill -TERM $$; echo alive; (trap - TERM; kill -TERM $(sh -c "echo \$PPID"); echo not here); echo $?; trap - TERM; sh -c "kill -9 \$\$"; echo $?; sh -c "kill -SEGV \$\$" 2>/dev/null; echo $?'
	in_shell 'background jobs' 'sleep 0.3 & p=$!; kill -0 $p && echo running; wait $p; echo $?; (sleep 30) & kill $!; wait $!; echo $?; for i in 1 2 3 4 5; do (sleep 0.$((i * 2 - 1)); echo $i) & done; wait; false & wait $!; echo $?'
	in_shell -s 5 'exit in a trap' 'trap "echo alarm; exit 5" ALRM; (sleep 0.2; kill -ALRM $$) & wait; echo not here'
	in_shell 'commands that are not there' 'nonexistent; echo $?; /nonexistent/x; echo $?; ./script2; echo $?; touch n; ./n; echo $?; /etc; echo $?; /etc/passwd; echo $?; (. ./nothing) 2>/dev/null; [ $? -ne 0 ] && echo failed'
	in_shell 'scripts and interpreters' 'printf "#!/bin/sh\necho \"sh: \$0 \$*\"\n" >s1; printf "#!/usr/bin/env bash\necho \${BASH_VERSION:+bash} \$1\n" >s2; printf "#! /bin/cat -n\ntext\n" >s3; printf "#!./s1 argument with spaces\n" >s4; printf "echo no first line \$0\n" >s5; printf "#!/nonexistent\n" >s6; printf "#!\n" >s7; chmod +x s?; ./s1 a "b c"; ./s2 x; ./s3; ./s4 tail; ./s5; ./s6; echo $?; PATH=.:$PATH; s1 in path; mkdir sub; cd sub; ../s1 up; exec ../s1 last'
	in_shell 'arithmetic and loops' 'i=0; while [ $i -lt 2000 ]; do i=$((i+1)); done; echo $i; until [ $i -le 1990 ]; do i=$((i-1)); done; echo $i; f() { [ $1 -le 1 ] && echo 1 && return; echo $(( $1 * $(f $(($1-1))) )); }; f 10'
	in_shell 'variables and exports' 'A=1 sh -c "echo \$A"; export B=2; sh -c "echo \$B"; unset B; echo ${B-unset} ${B:=set} $B; x=abc.tar.gz; echo ${x%.*} ${x%%.*} ${x#*.} ${#x}; readonly R=1; echo $R; echo "$PATH"; set | grep -c "^HOME="; umask 077; touch p; stat -c %a p; ulimit -n >/dev/null; echo $?'
	in_shell 'times and limits' 'ulimit -f 8; (dd if=/dev/zero of=big bs=1k count=100) 2>/dev/null; echo $?; ulimit -c 0; times | wc -l; (ulimit -n 20; ulimit -n); (ulimit -t 1; while :; do :; done) 2>/dev/null; echo $?'
	in_shell 'many short commands' 'for i in 1 2 3 4 5 6 7 8 9 10; do /bin/true; /bin/echo $i | cat | cat; done; find /usr/share/doc/apt /usr/share/doc/dpkg | while read f; do test -e "$f" || echo "lost $f"; done; ls /usr/share/doc | xargs -n 20 -P 4 echo | wc -w'
done

try 'bash: process substitution, arrays, coprocesses' <<'END'
shopt -s globstar extglob
diff <(seq 5) <(seq 2 6); declare -A m=([a]=1 [b]=2); echo "${m[b]} ${#m[@]}"; mapfile -t l < <(printf 'x\ny\n'); echo "${l[1]}"
tee >(sort >sorted) >(wc -l >lines) <<<$'b\na' >/dev/null; sleep 0.3; cat sorted lines
coproc cat; echo through >&"${COPROC[1]}"; read -r x <&"${COPROC[0]}"; echo "$x"; eval "exec ${COPROC[1]}>&-"; wait
[[ abc =~ ^a(.)c$ ]] && echo "${BASH_REMATCH[1]}"; mkdir -p a/b; touch a/b/c; echo **/*; echo !(a); printf -v v '%q' 'a b'; echo "$v"
exec {fd}>file; echo $((fd > 9)) >&$fd; exec {fd}>&-; cat file; read -r -t 0.1 nothing < <(sleep 1); echo $? 
exec 250>high; echo h >&250; exec 250>&-; cat high; for n in 100 200 240 241 242 254; do eval "exec $n</dev/null" 2>/dev/null && eval "exec $n<&-"; done; echo end
echo $BASHPID $$ | awk '{ print $1 == $2 }'; (echo $BASHPID $$ | awk '{ print $1 == $2 }')
set -o pipefail; false | true; echo $?; trap 'echo "err $?"' ERR; false; trap - ERR; time -p true 2>/dev/null
END
try 'bash: TCP and UNIX sockets' <<'END'
python3 - <<'P' &
import socket, os
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen()
open("port.part", "w").write(str(s.getsockname()[1])); os.rename("port.part", "port")
c, _ = s.accept(); c.sendall(b"hello\n"); print(c.recv(100).decode(), end="")
P
until [ -f port ]; do sleep 0.05; done
exec 5<>/dev/tcp/127.0.0.1/$(cat port); read -r line <&5; echo "$line"; echo back >&5; exec 5>&-; wait
END
finish
