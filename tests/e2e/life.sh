#!/usr/bin/env bash
# Programs of a distribution as the programs of the shell that starts them: terminal, job control, signals, pipes and exit
# statuses are those of any other command. Without lxrun there is nothing to test; what is expected is what the same commands
# do natively.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/instances.lib.sh"
battery core

# script_says SIDE STATUS OUTPUT TITLE SCRIPT: of bash outside, for which L is lxrun in the distribution one.
script_says() {
	local side=$1 want=$2 text=$3 title=$4
	with "$side" -- one
	printf 'L() {%s "$@"; }\nexport -f L\n%s\n' "$(printf ' %q' "${command[@]}")" "$5" >"$results/script"
	# script(1) asks SHELL, and /bin/sh where it is unset; not every shell keeps a function in its environment.
	SHELL=/bin/bash timeout 100 bash "$results/script" </dev/null >"$results/out" 2>"$results/err"
	status=$?
	# A terminal ends its lines in its own way.
	out=$(tr -d '\r' <"$results/out")
	is "$side" "$title" "$want $text" "$status $out"
}

# state SIDE: of the distribution, as --list -v tells it.
state() {
	run "$1" --list -v
	awk '/ one / { print $(NF - 1) }' <<<"$out"
}

for side in "${sides[@]}"; do
	[ "$side" != native ] || continue
	instances_start "$side" 2000

	# --- a terminal -------------------------------------------------------------------------------------------------------
	with "$side" -- one --
	for scenario in bash zsh tmux outer; do
		on_terminal "$side" "$scenario"
	done
	script_says "$side" 5 'is one' 'script(1) outside' \
		'script -qec "bash -c \"L sh -c '"'"'test -t 0 && test -t 1 && tty | sed s,/dev/pts/[0-9]*,is\ one, ; exit 5'"'"'\"" /dev/null'
	script_says "$side" 0 'nobody:tty:620' 'the terminal belongs to who starts' "caller=$([ "$side" = user ] && test_user)"'
		script -qec "bash -c \"chown ${caller:-0} \\\$(tty) && L --user nobody sh -c '"'"'stat -Lc %U:%G:%a /proc/self/fd/0 && : >\\\$(tty)'"'"'\"" /dev/null'
	script_says "$side" 3 42 'script(1) inside' 'L script -qec "echo \$((6 * 7)); exit 3" /dev/null'

	# --- no terminal ------------------------------------------------------------------------------------------------------
	script_says "$side" 1 'not a tty' 'no terminal at all' 'setsid -w bash -c "L tty"'
	script_says "$side" 0 '' 'no standard input' 'L sh -c "! read x 2>/dev/null" <&-'
	script_says "$side" 0 '1 2' 'standard output and error are two' \
		'e=$(mktemp); o=$(L sh -c "echo 1; echo 2 >&2" 2>"$e"); echo "$o $(cat "$e")"; rm "$e"'

	# --- pipes and statuses -------------------------------------------------------------------------------------------------
	script_says "$side" 0 $'y\n141 0' 'a pipe whose reader ends' 'L yes | L head -n 1; echo "${PIPESTATUS[*]}"'
	script_says "$side" 0 $'3\n0 4 0' 'each program of a pipeline has its status' \
		'printf "a\nb\nc\n" | L sh -c "cat; exit 4" | L wc -l; echo "${PIPESTATUS[*]}"'
	script_says "$side" 0 $'20\n123' 'xargs -P' \
		'seq 20 | xargs -P 8 -I@ bash -c "L sh -c '"'"'echo @; exit \$((@ % 5 == 0))'"'"'" | wc -l; echo "${PIPESTATUS[1]}"'
	script_says "$side" 0 'a b c d e f g h 2' 'make -j' '
		cd "$(mktemp -d)" && chmod 755 . && printf "%s\n" "SHELL = /bin/bash" "all: a b c d e f g h bad" "a b c d e f g h bad:" \
			"	@bash -c \"L sh -c '"'"'test \$@ != bad && echo \$@'"'"'\"" >Makefile
		made=$(make -k -j8 2>/dev/null | sort | tr "\n" " "); make -k -j8 >/dev/null 2>&1; echo "$made$?"; rm -r "$PWD"'
	script_says "$side" 0 8 'make -j inside' 'L sh -c "
		cd \$(mktemp -d) && printf \"%s\n\" \"all: 1 2 3 4 5 6 7 8\" \"1 2 3 4 5 6 7 8:\" \"	@echo \\\$@\" >Makefile && make -j4 | wc -l
		rm -r \$PWD"'

	# --- signals ------------------------------------------------------------------------------------------------------------
	script_says "$side" 0 '143' 'SIGTERM for what was started' 'L sleep 60 & sleep 1; pkill -TERM -P $$ -x sleep || kill $!; wait $!; echo $?'
	script_says "$side" 124 '' 'timeout(1)' 'timeout 1 bash -c "L sleep 60"; s=$?; pkill -xf "sleep 60" -P 1 2>/dev/null; exit $s'
	script_says "$side" 0 'got 130' 'a handler inside' 'L bash -c "trap \"echo -n got; exit 130\" INT; kill -INT \$\$; sleep 5"; echo " $?"'
	script_says "$side" 0 '139' 'death by SIGSEGV' 'L sh -c "ulimit -c 0; kill -SEGV \$\$"; echo $?'
	script_says "$side" 0 'hangup' 'nohup' 'L nohup sh -c "kill -HUP \$\$; echo hangup" 2>/dev/null'

	# --- what is left running ------------------------------------------------------------------------------------------------
	script_says "$side" 0 '' 'tmux is left running' 'L sh -c "TMUX_TMPDIR=/tmp tmux new-session -d -s kept"'
	sleep 3
	is "$side" 'it keeps the distribution running' Running "$(state "$side")"
	says "$side" 0 1 'and is found again' one sh -c 'TMUX_TMPDIR=/tmp tmux ls | grep -c ^kept:'
	run "$side" one sh -c 'TMUX_TMPDIR=/tmp tmux kill-server'
	gone_in "$side" 'without it the distribution stops' 80
	is "$side" 'as --list -v says' Stopped "$(state "$side")"

	# --- over ssh --------------------------------------------------------------------------------------------------------------
	# Who is root logs in as root, and becomes the user there.
	if [ -x /usr/sbin/sshd ] && [ "$(id -u)" -eq 0 ]; then
		keys=$results/ssh
		mkdir -p "$keys" /run/sshd && rm -f "$keys"/*
		for name in host key; do
			ssh-keygen -q -t ed25519 -N '' -f "$keys/$name" || die 'no keys'
		done
		printf '%s\n' "HostKey $keys/host" "AuthorizedKeysFile $keys/key.pub" 'StrictModes no' 'UsePAM no' \
			'PermitRootLogin yes' >"$keys/config"
		with "$side" -- one
		remote="$(printf ' %q' "${command[@]}") sh -c 'test -t 0 && tty | sed s,/dev/pts/[0-9]*,terminal, ; exit 9'"
		out=$(timeout 60 ssh -tt -F /dev/null -i "$keys/key" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
			-o LogLevel=ERROR -o ProxyCommand="/usr/sbin/sshd -i -f $keys/config" root@localhost "$remote" \
			</dev/null 2>"$results/err" | tr -d '\r'; exit "${PIPESTATUS[0]}")
		is "$side" 'ssh -t' '9 terminal' "$? $out"
	else
		skip "$side: ssh -t # SKIP there is no sshd here, or nobody to start it"
	fi
	run "$side" --shutdown
done
finish
