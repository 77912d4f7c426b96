# shellcheck shell=bash
# The agent may end or be killed at any moment: Machines go on, the next agent takes over what it finds, cleans up what
# belongs to nobody, and learns what happened while nobody looked.
fly init >/dev/null
agent() { start agent flycast-agent --registry "$registry"; }
die() {
	stop agent KILL 2>/dev/null
}
agent
fly apps create web >/dev/null

run() { # NAME FLAGS... -- COMMAND: prints the id
	local name=$1
	shift
	fly machine run -a web --name "$name" --detach "$@" >/dev/null
	db "SELECT id FROM machine WHERE app = 'web' AND name = '$name'"
}
state() { db "SELECT state FROM machine_state WHERE machine = '$1'"; }
in_state() { [ "$(state "$1")" = "$2" ]; }
process_of() { sed -n 's/^pid //p' "$dir/machines/$1/init"; }
alive() { kill -0 "$(process_of "$1")" 2>/dev/null; }
runs() { grep -c 'fly started' "$dir/machines/$1/log"; }
inits() { pgrep -xc flycast-init || true; }

steady=$(run steady -- sh -c 'i=0; while :; do i=$((i + 1)); echo $i; sleep 0.02; done')
asleep=$(run asleep -- sleep 1000)
within 5 in_state "$steady" started
within 5 in_state "$asleep" started
fly machine suspend "$asleep" >/dev/null
process=$(process_of "$steady")

stop agent
lines=$(wc -l <"$dir/machines/$steady/log")
moved() { [ "$(wc -l <"$dir/machines/$steady/log")" -gt $((lines + 5)) ]; }
within 5 moved
agent
is "$process" process_of "$steady"
is 1 runs "$steady"
is 'started suspended' eval "echo \$(state $steady) \$(state $asleep)"
pass 'Machines go on without an agent, with their log, and the next one adopts them as they are'

die
moving=$(run moving -- sleep 1000)
db "UPDATE machine SET ask = 'start' WHERE id = '$asleep'"
ends=$(run ends --restart no -- true)
agent
within 5 in_state "$moving" started
within 5 in_state "$asleep" started
within 5 in_state "$ends" stopped
pass 'what was asked while no agent ran is done by the next'

brief=$(run brief --restart no -- sh -c 'until [ -e /srv/go ]; do sleep 0.02; done; exit 9')
crash=$(run crash --restart always -- sleep 1000)
gone=$(run gone -- sleep 77777)
within 5 in_state "$brief" started
within 5 in_state "$crash" started
within 5 in_state "$gone" started
die
touch /srv/go
kill -KILL "$(pgrep -P "$(process_of "$crash")")"
db "DELETE FROM machine WHERE id = '$gone'"
within 5 eval "! kill -0 $(process_of "$brief") 2>/dev/null"
within 5 eval "! kill -0 $(process_of "$crash") 2>/dev/null"
mkdir "$dir/machines/0123456789abcd"
ip link add flycabc type veth peer name flycabd
agent
within 5 in_state "$brief" stopped
is 9 db "SELECT exit_code FROM machine_state WHERE machine = '$brief'"
within 5 in_state "$crash" started
within 5 eval "[ \$(runs $crash) = 2 ]"
absent() { [ -z "$(state "$gone")" ] && ! pgrep -xf 'sleep 77777' >/dev/null && [ ! -e "$dir/machines/$gone" ]; }
within 5 absent
[ ! -e "$dir/machines/0123456789abcd" ] || fail 'the directory of no Machine is left'
within 5 eval "! ip -o link | grep -q flycab"
farewell=$(run farewell -- sh -c 'trap "until [ -e /srv/bye ]; do sleep 0.02; done; exit 5" INT; while :; do sleep 0.02; done')
within 5 in_state "$farewell" started
within 5 in_state "$brief" stopped
db "UPDATE machine SET ask = 'stop' WHERE id = '$farewell'"
within 5 in_state "$farewell" stopping
die
touch /srv/bye
within 5 eval "! kill -0 $(process_of "$farewell") 2>/dev/null"
db "UPDATE machine SET auto_destroy = 1 WHERE id = '$brief'"
agent
within 5 in_state "$farewell" stopped
is 5 db "SELECT exit_code FROM machine_state WHERE machine = '$farewell'"
within 5 eval "[ -z \"\$(db \"SELECT id FROM machine WHERE id = '$brief'\")\" ]"
db "DELETE FROM machine WHERE id = '$farewell'"
cold=$(run cold --restart no -- sleep 1000)
within 5 in_state "$cold" started
fly machine suspend "$cold" >/dev/null
die
kill -KILL "$(process_of "$cold")"
within 5 eval "! kill -0 $(process_of "$cold") 2>/dev/null"
agent
within 5 in_state "$cold" stopped
db "UPDATE machine SET ask = 'start' WHERE id = '$cold'"
within 5 in_state "$cold" started
db "DELETE FROM machine WHERE id = '$cold'"
pass 'ends, destroyed rows and left-overs of the time without an agent are found'

die
for id in "$steady" "$moving"; do
	kill -KILL "$(process_of "$id")"
	within 5 eval "! kill -0 $(process_of "$id") 2>/dev/null"
	sed -i 's/^boot .*/boot 00000000-0000-0000-0000-000000000000/' "$dir/machines/$id/init"
done
db "UPDATE machine SET restart = 'no'"
agent
within 5 in_state "$steady" started
within 5 in_state "$moving" started
pass 'after a reboot what was started is started again'

die
agent_elsewhere() { start agent flycast-agent --registry "$registry" --cgroup "$1"; }
mount=$(findmnt -rn -t cgroup2 -o TARGET | head -n 1)
here=$mount$(sed -n 's|^0::/*|/|p' /proc/self/cgroup)
here=${here%/}
if mkdir "$here/other" 2>/dev/null; then
	agent
	fly machine suspend "$asleep" >/dev/null
	die
	agent_elsewhere "$here/other"
	in_state "$asleep" suspended || fail 'a suspended Machine was not known again'
	fly machine start "$asleep" >/dev/null
	is 0 eval "sed -n 's/^frozen //p' '$mount'\$(sed -n 's/^0:://p' /proc/$(process_of "$asleep")/cgroup)/cgroup.events"
	die
	pass 'a Machine that another agent froze in a group elsewhere is found and thawed'
fi
agent

process=$(process_of "$steady")
for round in $(seq 20); do
	# In the middle of starts and stops, at a moment that is different every time.
	db "UPDATE machine SET ask = CASE WHEN $round % 2 THEN 'stop' ELSE 'start' END WHERE id IN ('$moving', '$crash')"
	sleep "0.0$((round * 37 % 60 + 10))"
	die
	agent
done
is "$process" process_of "$steady"
db "UPDATE machine SET ask = 'start' WHERE id IN ('$moving', '$crash')"
for id in "$steady" "$moving" "$crash" "$asleep"; do
	within 10 in_state "$id" started
	alive "$id" || fail "$id is not there"
done
within 5 eval '[ "$(inits)" = 4 ]'
devices() { ip -o link | grep -c flyc; }
is "$(db 'SELECT count(*) FROM machine')" devices
is 0 db "SELECT count(*) FROM machine_state s JOIN machine m ON m.id = s.machine WHERE m.ask_serial > s.done_serial"
pass 'killed 20 times amid starts and stops, no Machine is lost, doubled or left behind'

lines=$(wc -l <"$dir/machines/$steady/log")
within 5 moved
refuses 1 'another agent serves there' flycast-agent --registry "$registry"
fly init --registry "$dir/second.db" >/dev/null
refuses 1 "another agent serves this host's Machines" flycast-agent --registry "$dir/second.db" --control "$dir/second.sock"
pass 'a second agent is refused, of the same registry or of another'
db 'DELETE FROM machine'
within 10 eval '[ "$(inits)" = 0 ] && [ "$(db "SELECT count(*) FROM machine_state")" = 0 ]'
stop agent
