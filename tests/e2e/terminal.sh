#!/usr/bin/env bash
# A real terminal: bash and zsh with job control, vim, tmux, and lxrun as a job of a shell outside. terminal.py plays the person.
. "$(dirname "$0")/lib.sh"
battery core

for scenario in bash zsh vim tmux outer; do
	for side in "${sides[@]}"; do
		in_guest "$side"
		on_terminal "$side" "$scenario"
	done
done
finish
