#!/usr/bin/env bash
# perl: modules, processes, files, signals, sockets, threads.
. "$(dirname "$0")/lib.sh"
battery core

try 'version and modules' 'perl -e "print qq(\$^V \$^O\n)"; perl -MPOSIX -MFile::Temp -MFile::Find -MData::Dumper -MSocket -MIO::Select -MStorable -MEncode -MDigest::SHA -MTime::HiRes -e "print qq(loaded\n)"; for m in $(cd /usr/share/perl/5.36 && find . -name "*.pm" | sed "s,^\./,,;s,/,::,g;s,\.pm$,," | grep -v "^Pod::Perldoc\|^unicore\|Win32\|^CPAN\|VMS\|OS2\|MM_\|Amiga\|^perl5db" | sort | head -150); do perl -e "eval qq(require $m) ? print qq($m ok\n) : print qq($m \n)" 2>/dev/null; done'
try 'fork, wait, pipes' <<'END'
perl -e 'use strict; $| = 1; my @p; for my $i (1..20) { my $pid = fork; if (!$pid) { exit $i } push @p, $pid }
	my $sum = 0; for (@p) { waitpid $_, 0; $sum += $? >> 8 } print "$sum\n";
	pipe my $r, my $w; if (!fork) { close $r; print $w "line $_\n" for 1..1000; exit } close $w; my $n = 0; $n++ while <$r>; wait; print "$n\n";
	print `echo backticks`; system "exit 3"; print $? >> 8, "\n"; open my $o, "-|", "seq", 5; print <$o>; close $o; open my $i, "|-", "sort -r"; print $i "a\nb\n"; close $i;
	exec "echo", "exec works"'
END
try 'files and directories' <<'END'
perl -MFile::Find -MFile::Path=make_path,remove_tree -MFile::Copy -MCwd -e 'make_path("a/b/c"); open my $f, ">", "a/b/f" or die; print $f "x" x 100000; close $f; print -s "a/b/f", "\n";
	find({ wanted => sub { print "$File::Find::name\n" }, preprocess => sub { sort @_ } }, "a"); copy("a/b/f", "g"); print -e "g" ? "copied\n" : "lost\n"; rename "g", "h"; symlink "h", "l"; print readlink "l", "\n";
	my @s = stat "h"; print "$s[2] $s[3] $s[4] $s[7]\n"; chmod 0600, "h"; printf "%o\n", (stat "h")[2]; utime 1000, 2000, "h"; print join(" ", (stat "h")[8, 9]), "\n"; opendir my $d, "."; print join(" ", sort grep !/^\./, readdir $d), "\n";
	truncate "h", 10; print -s "h", "\n"; remove_tree "a"; print -d "a" ? "still" : "gone", "\n"; print "$!\n" unless open my $n, "<", "/nonexistent"; chdir "/usr/share"; print getcwd, "\n"; print join " ", glob "/etc/deb*"; print "\n"'
END
try 'signals' <<'END'
perl -MPOSIX -MTime::HiRes=ualarm,sleep -e '$| = 1; my $n = 0; $SIG{ALRM} = sub { $n++ }; ualarm 2000, 2000; my $t = time; my $x = 0; while ($n < 200) { $x += sqrt $_ for 1..100 } ualarm 0; print "alarms\n";
	$SIG{USR1} = sub { print "usr1\n" }; kill USR1 => $$; local $SIG{CHLD} = sub { print "child\n"; 1 while waitpid(-1, WNOHANG) > 0 }; if (!fork) { exit } sleep 0.3; sleep 0.3;
	eval { local $SIG{ALRM} = sub { die "timeout\n" }; alarm 1; select undef, undef, undef, 10; }; print $@; my $s = POSIX::SigSet->new(SIGINT); sigprocmask(SIG_BLOCK, $s); kill INT => $$; my $p = POSIX::SigSet->new; sigpending($p); print $p->ismember(SIGINT), "\n"'
END
try 'sockets' <<'END'
perl -MIO::Socket::UNIX -MIO::Socket::INET -MIO::Select -e '$| = 1; my $s = IO::Socket::UNIX->new(Local => "sock", Listen => 5) or die "bind: $!"; if (!fork) { my $c = IO::Socket::UNIX->new(Peer => "sock") or die "connect: $!"; print $c "hello\n"; print scalar <$c>; exit }
	my $c = $s->accept; print scalar <$c>; print $c "from " . $s->hostpath . "\n"; wait; unlink "sock"; my $t = IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1") or die; my $port = $t->sockport; if (!fork) { my $k = IO::Socket::INET->new("127.0.0.1:$port") or die; print $k "x" x 200000; exit } my $k = $t->accept; my $n = 0; $n += length while defined($_ = <$k>); print "$n\n"; wait'
END
try 'a program that computes' 'perl -e '\''my %h; $h{$_ % 1009} .= chr(65 + $_ % 26) for 1..300000; my $x = 0; for (sort keys %h) { $x = ($x * 31 + length($h{$_}) * ord $h{$_}) % 1000003 } print "$x\n"; print join(",", map { sprintf "%b", $_ } grep { $_ & 1 } 1..20), "\n"'\'''
finish
