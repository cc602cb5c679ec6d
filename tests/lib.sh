# What the scripts of tests/ share; sourced by bash. Everything here prints to standard error only.
# shellcheck shell=bash

set -u
export LC_ALL=C.UTF-8

# shellcheck disable=SC2034
tests_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

say() {
	printf '%s\n' "$*" >&2
}

die() {
	say "${0##*/}: $*"
	exit 1
}

# The unprivileged user of the tests: the caller, or for root one of its own, made on first use.
test_user() {
	if [ "$(id -u)" -ne 0 ]; then
		id -un
		return
	fi
	id -u lxtest >/dev/null 2>&1 || useradd --create-home --shell /bin/bash lxtest >&2 || die "cannot make the user lxtest"
	echo lxtest
}

home_of() {
	if [ "$1" = "$(id -un)" ]; then
		echo "${HOME:-$(getent passwd "$1" | cut -d: -f6)}"
	else
		getent passwd "$1" | cut -d: -f6
	fi
}

# Where the caller, or the unprivileged user, keeps what is dear to make.
cache_of() {
	local home
	home=$(home_of "$1")
	if [ "$1" = "$(id -un)" ] && [ -n "${XDG_CACHE_HOME:-}" ]; then
		echo "$XDG_CACHE_HOME/lxrun/tests"
	else
		echo "$home/.cache/lxrun/tests"
	fi
}
