#!/bin/sh
# about: the kernel's selftests of system calls, as far as they build in user space (Debian: linux-source)
# skip: 4
set -u
families='breakpoints capabilities clone3 core exec futex/functional kcmp membarrier mincore mqueue openat2 pidfd proc ptrace rlimits rseq sched seccomp sigaltstack size splice sync syscall_user_dispatch timens timers x86'
tree() {
	for archive in /usr/src/linux-source-*.tar.xz; do
		[ -e "$archive" ] && echo "$archive"
	done | tail -n 1
}
case $1 in
needs)
	[ -n "$(tree)" ] || { echo "it needs the kernel's source: install linux-source" && exit 77; }
	for program in cc make xz rsync; do
		command -v $program >/dev/null || { echo "it needs $program" && exit 77; }
	done
	;;
prepare)
	archive=$(tree)
	name=${archive##*/}
	name=${name%.tar.xz}
	tar -xJf "$archive" "$name/tools" "$name/scripts" "$name/include" "$name/arch" "$name/usr" "$name/Makefile" "$name/Kbuild" "$name/Kconfig" \
		>/dev/null 2>&1
	[ -d "$name/tools/testing/selftests" ] || { echo "there are no selftests in $archive" && exit 1; }
	mv "$name" tree
	make -C tree headers >headers.log 2>&1
	for family in $families; do
		# What does not build is not in the list.
		make -k -C "tree/tools/testing/selftests/$family" >"build.$(echo "$family" | tr / .).log" 2>&1
	done
	;;
list)
	# Two that measure, for minutes, and judge nothing.
	for family in $families; do
		make -s -C "tree/tools/testing/selftests/$family" --eval='lx-list: ; @echo $(TEST_GEN_PROGS) $(TEST_PROGS)' lx-list 2>/dev/null |
			tr ' ' '\n' | sed 's,.*/,,' | sort -u | while read -r name; do
			case $name in '' | seccomp_benchmark | run_param_test.sh) continue ;; esac
			[ -x "tree/tools/testing/selftests/$family/$name" ] || continue
			printf '%s/%s\t120\tcd "${LX_SUITE%%/*}/tree/tools/testing/selftests/%s" && ./%s\n' "$family" "$name" "$family" "$name"
		done
	done
	;;
esac
