#!/usr/bin/env bash
# Instance calls, by reboot(2): the supervisor is told by a notification, or over its socket where there can be no listener, and
# ends the instance. Natively it would be the machine. Without lxrun there is nothing to test.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/instances.lib.sh"
battery core

# reboot(2) with LINUX_REBOOT_CMD_POWER_OFF; what is printed shows that it came back.
power_off='$r = syscall 169, 0xfee1dead, 0x28121969, 0x4321fedc, 0; print "back: ", $r, " ", $! + 0, "\n"'

# ends SIDE TITLE WORDS...: lxrun with these words ends the instance with status 0, without a word, in seconds.
ends() {
	local side=$1 title=$2
	shift 2
	run "$side" "$@"
	is "$side" "$title" '0 ' "$status $out"
	gone_in "$side" "$title: nothing is left" 50
	[ ${#jobs[@]} -eq 0 ] || wait "${jobs[@]}" 2>/dev/null
	jobs=()
}

# way SIDE TITLE STATUS: all that depends on the way of the call.
way() {
	local side=$1 title=$2
	terminal "$side" one sh -c 'trap "" HUP; trap "echo asked to end; exit" TERM; while :; do sleep 0.1; done'
	background "$side" one sh -c 'trap "" TERM; while :; do sleep 0.1; done'
	# Each shell, and what one of them at least sleeps with: a start that comes late would be another machine's.
	until_true "[ \"\$(guests $side)\" -ge 3 ]"
	ends "$side" "$title: the machine is switched off" one perl -e "$power_off"
	is "$side" "$title: others are asked first" 1 "$(grep -ac 'asked to end' "$results/terminal")"
	is "$side" "$title: and told" 1 "$(grep -ac 'lxrun: one was shut down by a program in it' "$results/terminal")"
	run "$side" one perl -e "1 while open \$f[@f], '<', '/dev/null'; $power_off"
	is "$side" "$title: without a free descriptor" "$3 " "$status $out"
	gone_in "$side" "$title: nothing is left" 50
}

for side in "${sides[@]}"; do
	[ "$side" != native ] || continue
	instances_start "$side" 60000
	usual=${program_of[$side]}
	way "$side" 'by notification' 0

	run "$side" one systemctl poweroff
	is "$side" 'systemctl poweroff' '0 ' "$status $out"
	gone_in "$side" 'switches it off' 50

	# Natively this program leaves the machine alone; should it not, it is refused.
	"$refuse" container "$(dirname "$lxrun")/lxrun-tools" systemctl poweroff >"$results/out" 2>"$results/err"
	is "$side" 'systemctl poweroff, natively' "1 systemctl: this is no distribution of lxrun's" "$? $(cat "$results/err")"

	# Only who may, and only what is meant.
	say_as "$side" 0 'back: -1 1' 'a user may not' -u XDG_NOTHING one -u somebody -- perl -e "$power_off"
	run "$side" one perl -e "${power_off/0x4321fedc/0x45584543}"
	is "$side" 'another kernel is not to be had' '0 back: -1 1' "$status $out"
	run "$side" one perl -e "${power_off/0x4321fedc/0}"
	is "$side" 'what is for the console alone' '0 back: 0 0' "$status $out"
	is "$side" 'the instance is there' 1 "$(runtime_directories "$side")"

	# A supervisor that does not come to it: the call waits, is stopped and goes on, and is made all the same.
	background "$side" one perl -e "\$0 = 'caller'; sleep 1; $power_off"
	until_true "[ \"\$(guests $side)\" -eq 1 ]"
	caller=$(processes_of "$side")
	signal "$side" supervisor STOP
	sleep 1.5
	for i in 1 2 3; do
		kill -STOP "$caller" && sleep 0.1 && kill -CONT "$caller" && sleep 0.1
	done
	is "$side" 'who calls waits' 1 "$(guests "$side")"
	signal "$side" supervisor CONT
	gone_in "$side" 'a call that was interrupted' 50
	wait "${jobs[@]}" 2>/dev/null
	is "$side" 'and ended well' '0 ' "$? $(cat "$results/background.0")"
	jobs=()

	program_of[$side]=${usual/ userns / userns,listener }
	# Who has no descriptor for it has a helper make the call, and is killed.
	way "$side" 'over the socket' 137
	program_of[$side]=$usual
	ends "$side" 'under the notify gate' --gate notify --rootfs "${root_of[$side]}" -- perl -e "$power_off"
	ends "$side" 'under the ptrace gate' --gate ptrace --rootfs "${root_of[$side]}" -- perl -e "$power_off"
done
finish
