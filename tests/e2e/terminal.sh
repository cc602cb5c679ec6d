#!/usr/bin/env bash
# A real terminal: bash and zsh with job control, vim, tmux, and lxrun as a job of a shell outside. terminal.py plays the person.
. "$(dirname "$0")/lib.sh"
battery core

for scenario in bash zsh vim tmux outer; do
	for side in "${sides[@]}"; do
		in_guest "$side"
		if timeout 180 python3 "$(dirname "$0")/terminal.py" "$scenario" "${command[@]}" </dev/null \
			>"$results/$side.out" 2>"$results/$side.err"; then
			ok "$side: $scenario: $(grep -c '^ok' "$results/$side.out") steps"
		else
			not_ok "$side: $scenario"
			show "$results/$side.out"
			show "$results/$side.err"
		fi
	done
done
finish
