# shellcheck shell=bash
# A Machine's whole life with the real agent, asked for as an operator asks: with flycast and in the sqlite3 shell.
fly init >/dev/null
start agent flycast-agent --registry "$registry"
fly apps create web >/dev/null

run() { # NAME FLAGS... -- COMMAND: prints the id
	local name=$1
	shift
	fly machine run -a web --name "$name" --detach "$@" >/dev/null
	db "SELECT id FROM machine WHERE app = 'web' AND name = '$name'"
}
state() { db "SELECT state FROM machine_state WHERE machine = '$1'"; }
in_state() { [ "$(state "$1")" = "$2" ]; }
message() { db "SELECT message FROM machine_state WHERE machine = '$1'"; }
log_of() { cat "$dir/machines/$1/log"; }
no_process() { ! pgrep -xf "$1" >/dev/null; }

one=$(run one --env GREETING=hello --kill-signal SIGTERM -- sh -c 'trap "echo asked to end; exit 3" TERM
	echo "$GREETING from $FLY_MACHINE_ID at $FLY_PRIVATE_IP"; echo aside >&2; while :; do sleep 0.05; done')
within 5 in_state "$one" started
within 5 has "out hello from $one at $(db "SELECT address FROM machine WHERE id = '$one'")" log_of "$one"
within 5 has '^....-..-..T..:..:..\....Z err aside$' log_of "$one"
pass 'a Machine starts with its environment, and its two streams are in its log'

db "UPDATE machine SET ask = 'stop' WHERE id = '$one'"
within 5 in_state "$one" stopped
is '3||1' db "SELECT exit_code, message, done_serial > 1 FROM machine_state WHERE machine = '$one'"
has 'out asked to end' log_of "$one"
has 'exit_code=3,.*requested_stop=true' db "SELECT info FROM machine_event WHERE machine = '$one'"
pass 'stop sends the kill signal, and the exit code is kept'

db "UPDATE machine SET env = '{\"GREETING\":\"goodbye\"}' WHERE id = '$one'; UPDATE machine SET ask = 'start' WHERE id = '$one'"
within 5 has "out goodbye from $one" log_of "$one"
db "UPDATE machine SET ask = 'stop', ask_options = '{\"signal\":\"SIGKILL\"}' WHERE id = '$one'"
within 5 eval "db \"SELECT state || exit_code FROM machine_state WHERE machine = '$one'\" | grep -qx stopped137"
pass 'an edit of the row counts from the next start on, and a stop may name its signal'

two=$(run two --kill-timeout 1 -- sh -c 'trap "" INT; sleep 54321 & sleep 54322 & wait; wait')
within 5 pgrep -xf 'sleep 54322'
within 5 in_state "$two" started
fly machine stop "$two" >/dev/null
within 5 in_state "$two" stopped
took=$(db "SELECT max(at) - min(at) FROM machine_event WHERE machine = '$two' AND type IN ('stop', 'exit')")
if [ "$took" -lt 900 ] || [ "$took" -ge 4000 ]; then fail "kill timeout of 1 s took $took ms"; fi
no_process 'sleep 5432[12]' || fail 'a process of the Machine is left'
is 137 db "SELECT exit_code FROM machine_state WHERE machine = '$two'"
pass 'what does not end in kill_timeout is killed, with everything it started'

stubborn=$(run stubborn --kill-timeout 200 -- sh -c 'trap "" INT; while :; do sleep 0.05; done')
within 5 in_state "$stubborn" started
db "UPDATE machine SET ask = 'stop' WHERE id = '$stubborn'"
within 5 in_state "$stubborn" stopping
db "UPDATE machine SET ask = 'stop', ask_options = '{\"signal\":\"SIGKILL\"}' WHERE id = '$stubborn'"
within 5 in_state "$stubborn" stopped
pass 'a stop may be asked for again with more force'

quiet=$(run quiet --restart no -- sh -c 'exec >&- 2>&-; sleep 1000')
within 5 in_state "$quiet" started
daemon=$(run daemon --restart no -- sh -c 'setsid sleep 66666 & (sleep 0.01 &); sleep 0.1; exit 4')
within 5 in_state "$daemon" stopped
is 4 db "SELECT exit_code FROM machine_state WHERE machine = '$daemon'"
no_process 'sleep 66666' || fail 'a daemon outlives its Machine'
ticks() { awk '{ print $14 + $15 }' "/proc/$(sed -n 's/^pid //p' "$dir/machines/$quiet/init")/stat"; }
[ "$(ticks)" -lt 10 ] || fail "flycast-init of a Machine with closed streams is busy: $(ticks) ticks"
is '' eval "ps -o stat= --ppid $(pid_of agent) | grep Z || true"
pass 'a Machine may close its streams; what it leaves in the background ends with it, and nobody stays unburied'

fly machine suspend "$quiet" >/dev/null
kill -KILL "$(sed -n 's/^pid //p' "$dir/machines/$quiet/init")"
within 5 in_state "$quiet" stopped
is 137 db "SELECT exit_code FROM machine_state WHERE machine = '$quiet'"
pass 'a suspended Machine that is killed is a stopped one'

three=$(run three -- sh -c 'i=0; while :; do i=$((i + 1)); echo $i; sleep 0.01; done')
within 5 in_state "$three" started
fly machine suspend "$three" >/dev/null
within 5 in_state "$three" suspended
lines=$(log_of "$three" | wc -l)
sleep 0.2 # nothing may happen in this time
is "$lines" eval "log_of $three | wc -l"
fly machine start "$three" >/dev/null
within 5 in_state "$three" started
moved() { [ "$(log_of "$three" | wc -l)" -gt $((lines + 5)) ]; }
within 5 moved
is 1 eval "log_of $three | grep -c 'fly started'"
pass 'suspend holds every process where it is, and start lets it go on'

fly machine suspend "$three" >/dev/null
within 5 in_state "$three" suspended
fly machine stop "$three" >/dev/null
within 5 in_state "$three" stopped
fly machine start "$three" >/dev/null
within 5 in_state "$three" started
is 2 eval "log_of $three | grep -c 'fly started'"
pass 'stopping a suspended Machine throws its memory away'

pid=$(pgrep -P "$(sed -n 's/^pid //p' "$dir/machines/$three/init")")
before=$(date +%s%3N)
kill -KILL "$pid"
exits() { db "SELECT at FROM machine_event WHERE machine = '$three' AND type = 'exit' AND info LIKE '%requested_stop=false%'"; }
within 5 has . exits
took=$(($(exits) - before))
[ $took -lt 500 ] || fail "an exit was seen after $took ms only"
within 5 in_state "$three" started
is 3 eval "log_of $three | grep -c 'fly started'"
pass "a command that dies is seen at once ($took ms), and on-failure starts it again"

four=$(run four --restart on-failure -- sh -c 'exit 7')
db "UPDATE machine SET max_retries = 2 WHERE id = '$four'"
resting() { [ "$(db "SELECT state || restarts FROM machine_state WHERE machine = '$four'")" = stopped2 ]; }
within 5 resting
has 'ended with code 7; it was started again too often' message "$four"
is 3 eval "log_of $four | grep -c 'exited with code 7'"
five=$(run five --restart no -- sh -c 'exit 7')
within 5 in_state "$five" stopped
is 1 eval "log_of $five | grep -c 'exited with code 7'"
pass 'the restart policy decides how often it is tried'

six=$(run six -- /no/such/program)
within 5 in_state "$six" failed
has 'could not run /no/such/program: no such program' message "$six"
has 'could not run /no/such/program' log_of "$six"
pass 'a command that cannot be run is a failed Machine with the reason'

seven=$(run seven --rm --restart no -- true)
absent() { [ "$(db "SELECT count(*) FROM machine WHERE id = '$1'; SELECT count(*) FROM machine_state WHERE machine = '$1'" | paste -sd' ')" = '0 0' ]; }
within 5 absent "$seven"
pass 'with --rm a Machine that ended is destroyed'

eight=$(run eight -- sh -c 'yes 0123456789012345678901234567890123456789')
rotated() { [ -e "$dir/machines/$eight/log.1" ]; }
within 10 rotated
within 10 eval '[ "$(du -sb "$dir/machines/$eight" | cut -f1)" -lt 2300000 ]'
pass 'a log is bounded'

for id in "$one" "$two" "$stubborn" "$quiet" "$daemon" "$three" "$four" "$five" "$six" "$eight"; do
	db "DELETE FROM machine WHERE id = '$id'"
	within 5 absent "$id"
done
clean() {
	[ "$(ls "$dir/machines")" = fly ] && ! ip -o link | grep -q flyc && ! nft list table inet flycast | grep -Eq '"flyc[0-9]' &&
		! pgrep -x flycast-init && [ -z "$(ip -6 route | grep flyc)" ]
}
within 5 clean
pass 'destroying leaves no process, device, rule, route or file'

stop agent
is '' nft list ruleset
is 0 cat /proc/sys/net/ipv6/conf/all/forwarding
is '' eval "find /sys/fs/cgroup -maxdepth 4 -name 'flycast-$(stat -c '%d' "$dir/machines" | xargs printf %x)-$(stat -c '%i' "$dir/machines" | xargs printf %x)' 2>/dev/null"
pass 'an agent without Machines leaves the host as it was'
