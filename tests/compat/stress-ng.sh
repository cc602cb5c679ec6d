#!/bin/sh
# about: stress-ng's stressors of system calls, with what they do verified (Debian: stress-ng)
# skip: 3
set -u
# Not: those that want hardware, real privileges for what is the machine's, or all of its memory.
stressors='access affinity af-alg aio aiol alarm asn1 bind-mount brk cap chattr chdir chmod chown chroot clock clone close context
copy-file cwd daemon dentry dev-shm dir dirdeep dirmany dnotify dup dynlib enosys env epoll eventfd exec exit-group fallocate
fault fcntl fiemap fifo file-ioctl filename flock fork forkheavy fpunch fstat full futex get getdent getrandom handle hdd
icmp-flood inode-flags inotify io iomix io-uring itimer kcmp key kill landlock lease link locka lockf lockofd madvise membarrier memfd
mergesort mincore misaligned mknod mlock mmap mmapaddr mmapfork mmaphuge mmapmany mprotect mq mremap msg msync msyncmany munmap mutex
nanosleep netdev nice null open opcode pageswap personality pidfd ping-sock pipe pipeherd pkey poll prctl prefetch procfs pthread
ptrace pty quota readahead reboot remap rename resched resources revio rlimit rmap rseq rtc sched schedpolicy seal seccomp seek sem sem-sysv
sendfile session set shellsort shm shm-sysv sigabrt sigchld sigfd sigfpe sigio signal signest sigpending sigpipe sigq sigrt sigsegv
sigsuspend sigtrap sleep sock sockabuse sockdiag sockfd sockmany sockpair spawn splice stack stackmmap statx switch symlink
sync-file syncload sysbadaddr sysinfo sysfs tee timer timerfd tmpfs touch tsc tun udp udp-flood unshare uprobe urandom userfaultfd
utime vdso vfork vforkmany vm-splice wait xattr yield zero zombie'
case $1 in
needs) command -v stress-ng >/dev/null || { echo 'it needs stress-ng' && exit 77; } ;;
prepare) ;;
list)
	# Words that this version does not know are not in the list.
	stress-ng --stressors | tr ' ' '\n' | sort >known
	for name in $stressors; do
		grep -qx "$name" known || continue
		printf 'stress-ng/%s\t60\tsh "$LX_SUITE" one %s\n' "$name" "$name"
	done
	;;
one)
	stress-ng --temp-path . --verify --metrics-brief --timeout 2 "--$2" 1 >out 2>&1
	status=$?
	grep -iE 'fail|error|skip|not ' out | tail -n 5
	# 2: it could not be done as asked, 4: this system has not got it.
	[ $status -ne 4 ] || exit 3
	! grep -qiE 'skipping stressor|not impl' out || exit 3
	exit $status
	;;
esac
