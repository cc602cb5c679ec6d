# Completion of lxrun for bash. Made from cli/options.def: cmake --build build/dev --target docs-options
# shellcheck shell=bash disable=SC2207

_lxrun_names() {
	compgen -W "$(lxrun --list --quiet 2>/dev/null)" -- "$cur"
}

# _lxrun_verb WORD: the verb that it is, or run.
_lxrun_verb() {
	case $1 in
	--list | -l) echo --list ;;
	--set-default | -s) echo --set-default ;;
	--set-version) echo --set-version ;;
	--set-default-version) echo --set-default-version ;;
	--manage) echo --manage ;;
	--unregister) echo --unregister ;;
	--terminate | -t) echo --terminate ;;
	--shutdown) echo --shutdown ;;
	--install) echo --install ;;
	--import) echo --import ;;
	--import-in-place) echo --import-in-place ;;
	--export) echo --export ;;
	--clone) echo --clone ;;
	--help | -h) echo --help ;;
	--doctor) echo --doctor ;;
	--status) echo --status ;;
	--rewrite-report) echo --rewrite-report ;;
	--compat) echo --compat ;;
	--version | -v) echo --version ;;
	*) echo run ;;
	esac
}

# _lxrun_options VERB
_lxrun_options() {
	case $1 in
	run) echo '--distribution --rootfs --version --user --cd --env --exec --shell --shell-type --trace --gate --without --help' ;;
	--list) echo '--verbose --quiet --running --all --online --json --help' ;;
	--set-default) echo '--help' ;;
	--set-version) echo '--quiet --help' ;;
	--set-default-version) echo '--help' ;;
	--manage) echo '--move --rename --set-default-user --resize --compact --quiet --help' ;;
	--unregister) echo '--help' ;;
	--terminate) echo '--help' ;;
	--shutdown) echo '--force --help' ;;
	--install) echo '--version --from-file --bootstrap --suite --mirror --name --location --no-launch --max-size --quiet --help' ;;
	--import) echo '--version --max-size --quiet --help' ;;
	--import-in-place) echo '--quiet --help' ;;
	--export) echo '--format --quiet --help' ;;
	--clone) echo '--location --quiet --help' ;;
	--help) echo '--help' ;;
	--doctor) echo '--json --help' ;;
	--status) echo '--json --help' ;;
	--rewrite-report) echo '--help' ;;
	--compat) echo '--gate --json --quiet --suite --dir --match --help' ;;
	--version) echo '--help' ;;
	esac
}

# _lxrun_value VERB OPTION: what its value may be; fails if it has none.
_lxrun_value() {
	case "$1 $2" in
	'run --distribution' | 'run -d') _lxrun_names ;;
	'run --rootfs') compgen -d -- "$cur" ;;
	'run --version') : ;;
	'run --user' | 'run -u') : ;;
	'run --cd') compgen -d -- "$cur" ;;
	'run --env') : ;;
	'run --shell') : ;;
	'run --shell-type') compgen -W 'standard login none' -- "$cur" ;;
	'run --gate') compgen -W 'patched trap notify ptrace' -- "$cur" ;;
	'run --without') compgen -W 'openat2 caches' -- "$cur" ;;
	'--manage --move' | '--manage -m') compgen -d -- "$cur" ;;
	'--manage --rename') : ;;
	'--manage --set-default-user') : ;;
	'--manage --resize') : ;;
	'--install --version') : ;;
	'--install --from-file' | '--install -f') compgen -f -- "$cur" ;;
	'--install --suite') : ;;
	'--install --mirror') : ;;
	'--install --name') : ;;
	'--install --location') compgen -d -- "$cur" ;;
	'--install --max-size') : ;;
	'--import --version') : ;;
	'--import --max-size') : ;;
	'--export --format') compgen -W 'tar tar.gz tar.xz tar.zst ext4' -- "$cur" ;;
	'--clone --location') compgen -d -- "$cur" ;;
	'--compat --gate') compgen -W 'patched trap notify ptrace' -- "$cur" ;;
	'--compat --suite') : ;;
	'--compat --dir') compgen -d -- "$cur" ;;
	'--compat --match') : ;;
	*) return 1 ;;
	esac
	return 0
}

# _lxrun_word VERB N: what its word number N may be.
_lxrun_word() {
	case "$1 $2" in
	'--set-default 0') _lxrun_names ;;
	'--set-version 0') _lxrun_names ;;
	'--set-version 1') compgen -W '1 2' -- "$cur" ;;
	'--set-default-version 0') compgen -W '1 2' -- "$cur" ;;
	'--manage 0') _lxrun_names ;;
	'--unregister 0') _lxrun_names ;;
	'--terminate 0') _lxrun_names ;;
	'--install 0') : ;;
	'--import 0') _lxrun_names ;;
	'--import 1') : ;;
	'--import 2') compgen -f -- "$cur" ;;
	'--import-in-place 0') _lxrun_names ;;
	'--import-in-place 1') compgen -f -- "$cur" ;;
	'--export 0') _lxrun_names ;;
	'--export 1') compgen -f -- "$cur" ;;
	'--clone 0') _lxrun_names ;;
	'--clone 1') : ;;
	'--help 0') compgen -W "${verbs//--/}" -- "$cur" ;;
	'--doctor 0') : ;;
	'--rewrite-report 0') compgen -f -- "$cur" ;;
	'--compat 0') _lxrun_names ;;
	esac
}

_lxrun() {
	local cur=${COMP_WORDS[COMP_CWORD]} verb=run number=0 i=1 verbs='--list --set-default --set-version --set-default-version --manage --unregister --terminate --shutdown --install --import --import-in-place --export --clone --help --doctor --status --rewrite-report --compat --version'

	COMPREPLY=()
	[ "$COMP_CWORD" -lt 2 ] || verb=$(_lxrun_verb "${COMP_WORDS[1]}")
	# `--version 1` is an option of a run.
	[[ $verb != --version || $cur == -* ]] || verb=run
	[ "$verb" = run ] || i=2
	# The words before this one: how many are no options, and whether this one is an option's value.
	while [ "$i" -lt "$COMP_CWORD" ]; do
		case ${COMP_WORDS[i]} in
		--) number=9 && break ;;
		-*)
			if _lxrun_value "$verb" "${COMP_WORDS[i]}" >/dev/null; then
				[[ $verb == run && ${COMP_WORDS[i]} == @(-d|--distribution|--rootfs) ]] && number=1
				if [ $((i + 1)) -eq "$COMP_CWORD" ]; then
					COMPREPLY=($(_lxrun_value "$verb" "${COMP_WORDS[i]}"))
					return
				fi
				i=$((i + 1))
			fi
			;;
		*) number=$((number + 1)) ;;
		esac
		i=$((i + 1))
	done
	if [[ $cur == -* && ($verb != run || $number -lt 2) ]]; then
		[ "$COMP_CWORD" -gt 1 ] || verbs+=" $(_lxrun_options run)"
		[ "$COMP_CWORD" -eq 1 ] || verbs=$(_lxrun_options "$verb")
		COMPREPLY=($(compgen -W "$verbs" -- "$cur"))
	elif [ "$verb" != run ]; then
		COMPREPLY=($(_lxrun_word "$verb" "$number"))
	elif [ "$number" -eq 0 ]; then
		COMPREPLY=($(_lxrun_names))
	else
		COMPREPLY=($(compgen -f -- "$cur"))
	fi
}
complete -o filenames -F _lxrun lxrun
