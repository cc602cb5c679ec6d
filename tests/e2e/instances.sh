#!/usr/bin/env bash
# Distributions with names: joined, left running, ended in every state that they can be in. Without lxrun there is nothing to
# test.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/instances.lib.sh"
battery core

for side in "${sides[@]}"; do
	[ "$side" != native ] || continue
	instances_start "$side" 2000

	# --- how commands run -------------------------------------------------------------------------------------------------
	says "$side" 0 hello 'a command' one echo hello
	says "$side" 7 '' 'its exit status' ONE -- sh -c 'exit 7'
	says "$side" 0 'a  b' 'words stay words' one printf '%s\n' 'a  b'
	says "$side" 0 "/mnt/host$place" "the caller's directory" one pwd
	says "$side" 0 /root 'the home' --cd '~' -d one pwd
	says "$side" 0 /etc 'another directory' one --cd /etc -- pwd
	says "$side" 0 'x y' 'a line for the shell' -d one --shell 'for i in x y; do printf "%s " $i; done | sed "s/ $//"'
	says "$side" 0 '$HOME "a  b"' 'words with a shell' one --shell-type standard -- echo '$HOME' '"a  b"'
	says "$side" 0 no 'a shell without a login' --shell-type standard -d one --shell 'shopt -q login_shell && echo yes || echo no'
	says "$side" 0 yes 'a login shell' --shell-type login -d one --shell 'shopt -q login_shell && echo yes || echo no'
	says "$side" 0 one 'its name' one printenv LXRUN_DISTRO_NAME
	says "$side" 0 '1000 1000' 'another user' one -u somebody -- sh -c 'echo $(id -u) $(id -g)'
	says "$side" 0 here 'the default distribution' -- echo here
	says "$side" 125 '' 'a distribution that is not there' nothing-of-that-name
	run "$side" onne echo
	is "$side" 'it is guessed what was meant' 1 "$(grep -c 'did you mean one' <<<"$err")"
	run "$side" ls
	is "$side" 'a command instead of a distribution' 1 "$(grep -c 'lxrun -- ls' <<<"$err")"

	# --- one instance for all ---------------------------------------------------------------------------------------------
	run "$side" one sh -c 'echo kept >/dev/shm/mark'
	says "$side" 0 kept 'the instance is there a moment later' one cat /dev/shm/mark
	say_as "$side" 0 kept 'also for who has no XDG_RUNTIME_DIR' -u XDG_RUNTIME_DIR one cat /dev/shm/mark
	background "$side" one bash -c 'exec -a a-long-sleep sleep 60'
	says "$side" 0 1 'programs see each other' one sh -c 'sleep 0.3; ps -e -o args= | grep -c "^a-long-slee[p]"'
	is "$side" 'one runtime directory' 1 "$(runtime_directories "$side")"
	run "$side" one sh -c 'pkill -f "^a-long-sleep"'
	gone_in "$side" 'it ends a while after its last program' 80
	says "$side" 1 '' 'and is another one then' one cat /dev/shm/mark
	run "$side" --terminate one

	for i in {1..10}; do
		background "$side" one sh -c 'echo $$ >>/dev/shm/pids; sleep 2; wc -l </dev/shm/pids'
	done
	wait "${jobs[@]}"
	is "$side" 'ten starts at once make one instance' 10 "$(cat "$results"/background.* | grep -cx 10)"
	is "$side" 'which has one runtime directory' 1 "$(runtime_directories "$side")"
	run "$side" --terminate one
	jobs=()

	run "$side" one sh -c '(setsid sleep 60 </dev/null >/dev/null 2>&1 &)'
	sleep 3
	is "$side" 'a daemon keeps the instance' 1 "$(runtime_directories "$side")"
	says "$side" 0 1 'and is found in it' one sh -c 'pgrep -xc sleep'

	# --- ended, whatever state it is in -----------------------------------------------------------------------------------
	ended "$side" 'with a daemon' --terminate one
	ended "$side" 'nothing' --terminate one
	run "$side" --terminate nothing-of-that-name
	is "$side" 'a distribution that is not there has no instance' 125 "$status"
	busy "$side" 'trap "" TERM HUP INT; while :; do sleep 1; done'
	ended "$side" 'a program that ignores signals' --terminate one
	busy "$side" 'trap "" TERM HUP INT; while :; do sleep 1; done'
	ended "$side" 'the same by force' --shutdown --force
	busy "$side" 'kill -STOP $$'
	ended "$side" 'a stopped program' --terminate one
	busy "$side" 'sleep 60'
	signal "$side" supervisor STOP
	ended "$side" 'a supervisor that is stopped' --terminate one
	busy "$side" 'sleep 60'
	signal "$side" keeper STOP
	signal "$side" supervisor KILL
	ended "$side" 'a keeper that is stopped and a supervisor that was killed' --terminate one
	busy "$side" 'sleep 60'
	signal "$side" keeper STOP
	signal "$side" supervisor STOP
	ended "$side" 'both stopped' --shutdown
	busy "$side" 'sleep 60'
	old=$(pid_of "$side" keeper)
	signal "$side" keeper KILL
	sleep 0.5
	is "$side" 'a keeper that was killed is replaced' yes "$([ "$(pid_of "$side" keeper)" -gt 0 ] && [ "$(pid_of "$side" keeper)" != "$old" ] && echo yes)"
	ended "$side" 'with the new keeper' --terminate one
	busy "$side" "$hoppers"
	ended "$side" 'programs that fork as fast as they can' --terminate one
	busy "$side" 'exec perl -e "alarm 60; my \$end = time + 60; fork and exit while time < \$end"'
	ended "$side" 'the same without another call' --terminate one
	busy "$side" "$hoppers"
	ended "$side" 'the same by force' --shutdown --force

	# --- killed -------------------------------------------------------------------------------------------------------------
	terminal "$side" one sleep 60
	signal "$side" supervisor KILL
	gone_in "$side" 'the keeper ends who is left' 50
	wait "${jobs[@]}" 2>/dev/null
	is "$side" 'and says so on the terminal' 1 "$(grep -ac 'lxrun: one was ended because its supervisor was killed' "$results/terminal")"
	jobs=()
	says "$side" 0 again 'it starts again' one echo again
	terminal "$side" one sleep 60
	ended "$side" 'with a terminal' --terminate one
	wait "${jobs[@]}" 2>/dev/null
	is "$side" 'which is told' 1 "$(grep -ac 'lxrun: one was terminated' "$results/terminal")"
	jobs=()
	terminal "$side" one sh -c 'trap "" HUP TERM; sleep 60'
	kill -KILL "${jobs[@]}"
	sleep 0.3
	ended "$side" 'a terminal that is gone' --terminate one

	busy "$side" 'while :; do read -r x </etc/hostname; done'
	signal "$side" keeper STOP
	signal "$side" supervisor KILL
	sleep 1
	is "$side" 'without both, who makes calls ends' 0 "$(guests "$side")"
	busy_anyway "$side" 'sleep 61'
	signal "$side" keeper STOP
	kill -KILL "$(pid_of "$side" supervisor)" "$(pid_of "$side" keeper)"
	says "$side" 0 again 'without both, the next start' one echo again
	is "$side" 'ends who is left' 0 "$(pgrep -xfc 'sleep 61')"
	run "$side" --terminate one

	# --- more than one ------------------------------------------------------------------------------------------------------
	busy "$side" 'sleep 60'
	background "$side" two sh -c 'echo two >/dev/shm/mark; sleep 60'
	until_true '[ "$(runtime_directories "$side")" -eq 2 ]'
	is "$side" 'two distributions at once' 2 "$(runtime_directories "$side")"
	says "$side" 0 two 'each has its own' two cat /dev/shm/mark
	run "$side" --terminate one
	says "$side" 0 two 'one is ended and the other is not' two cat /dev/shm/mark
	background "$side" one sleep 60
	until_true '[ "$(runtime_directories "$side")" -eq 2 ]'
	ended "$side" 'all' --shutdown

	# --- under the other gates ------------------------------------------------------------------------------------------------
	for gate in notify ptrace; do
		background "$side" one --gate "$gate" -- sh -c 'echo first >/dev/shm/mark; sleep 60'
		until_true 'read -r x < <(guests '"$side"') && [ "$x" -gt 0 ]'
		sleep 1
		says "$side" 0 first "$gate: a second program" one cat /dev/shm/mark
		says "$side" 3 '' "$gate: its exit status" one sh -c 'exit 3'
		ended "$side" "$gate" --terminate one
	done
done

# Two users at the same time, and what one does to his own does nothing to the other's.
if [ -n "$lxrun" ] && [[ " ${sides[*]} " == *' user '*' root '* ]]; then
	background user one sh -c 'echo user >/dev/shm/mark; sleep 60'
	background root one sh -c 'echo root >/dev/shm/mark; sleep 60'
	until_true '[ "$(guests user)" -gt 0 ] && [ "$(guests root)" -gt 0 ]'
	sleep 1
	says user 0 user 'beside root' one cat /dev/shm/mark
	says root 0 root 'beside the user' one cat /dev/shm/mark
	ended user 'beside root' --shutdown
	says root 0 root 'the other is still there' one cat /dev/shm/mark
	ended root 'the last' --shutdown
fi
finish
