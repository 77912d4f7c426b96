# shellcheck shell=bash
# A Machine's size is what it gets of its host, and no more: CPUs, memory, and what is told when it wanted more.
fly init >/dev/null
agent() { start agent flycast-agent --registry "$registry"; }
agent
fly apps create web >/dev/null

id_of() { db "SELECT id FROM machine WHERE name = '$1'"; }
state() { db "SELECT state FROM machine_state WHERE machine = '$(id_of "$1")'"; }
in_state() { [ "$(state "$1")" = "$2" ]; }
log_of() { cat "$dir/machines/$(id_of "$1")/log"; }
run() { # NAME FLAGS... -- COMMAND
	fly machine run -a web --name "$@" >/dev/null
}
groups() { find /sys/fs/cgroup -type d -path '*/flycast-*' -name "$1" 2>/dev/null; }
# value NAME FILE: of the Machine's control groups, whichever has it; of both versions on a hybrid host
value() {
	local group
	for group in $(groups "$(id_of "$1")"); do
		cat "$group/$2" 2>/dev/null || true
	done
}

run small --vm-memory 48 --restart no --detach -- sh -c 'echo "memory $FLY_VM_MEMORY_MB"; exec python3 -c "
import time
kept = []
for _ in range(300):
    kept.append(bytearray(1 << 20))
time.sleep(1000)"'
if grep -q 'not held to their sizes' "$dir/agent.log"; then
	within 10 has 'fly the Machine is not held to its size' log_of small
	within 10 in_state small started
	pass 'without control groups a Machine runs all the same, and its log says that nothing holds it to its size'
	stop agent
	exit 0
fi
within 20 in_state small stopped
is '137|1' db "SELECT exit_code, oom_killed FROM machine_state WHERE machine = '$(id_of small)'"
has 'out memory 48$' log_of small
has 'fly exited with code 137, after a process was killed for want of memory' log_of small
has 'Message += .*killed for want of memory \(its size gives 48 MB\)' fly machine status -a web small
is 'shared 1 48 true 137 true false' jq -r '(.events[] | select(.type == "exit") | .request.exit_event) as $e | .config.guest as $g
	| "\($g.cpu_kind) \($g.cpus) \($g.memory_mb) \(.oom_killed) \($e.exit_code) \($e.oom_killed) \($e.requested_stop)"' <(fly machine status -a web small -j)
has 'small .* shared-cpu-1x:48MB' fly machine list -a web
pass 'a Machine that wants more memory than its size gives is killed, and every place tells so'

# A worker is killed, the command sees it and ends in its own way.
run parent --vm-memory 48 --restart no --detach -- sh -c 'python3 -c "x = bytearray(300 << 20)"; exit 3'
within 20 in_state parent stopped
is '3|1' db "SELECT exit_code, oom_killed FROM machine_state WHERE machine = '$(id_of parent)'"
db "UPDATE machine SET memory_mb = 2000 WHERE name = 'parent'"
fly machine start -a web parent >/dev/null 2>&1 || true
within 20 eval '[ "$(db "SELECT exit_code || oom_killed FROM machine_state WHERE machine = '"'$(id_of parent)'"'")" = 30 ]'
pass 'a killed worker counts too, in its own run only; another size counts from the next start on'

run busy --vm-size performance-1x -- sh -c 'while :; do :; done & while :; do :; done'
# Two loops on one CPU: what they used of two in a second.
ticks() { cat /proc/[0-9]*/stat 2>/dev/null | awk '$2 == "(sh)" { sum += $14 + $15 } END { print sum + 0 }'; }
before="$(ticks) $(date +%s%N)"
sleep 1
after="$(ticks) $(date +%s%N)"
awk -v hz="$(getconf CLK_TCK)" '{ exit !(($3 - $1) / hz <= ($4 - $2) / 1e9 * 1.25) }' <<<"$before $after" ||
	fail "a Machine with one CPU used more: ticks and time were $before, then $after"
if [ -n "$(value busy cpu.shares)" ]; then
	is '100000 1024' eval 'echo $(value busy cpu.cfs_quota_us) $(value busy cpu.shares)'
	is $((2048 << 20)) value busy memory.limit_in_bytes
else
	is '100000 100000 100' eval 'echo $(value busy cpu.max) $(value busy cpu.weight)'
	is $((2048 << 20)) value busy memory.max
fi
fly machine suspend -a web busy >/dev/null
fly machine start -a web busy >/dev/null
in_state busy started || fail 'a Machine with a size does not wake'
fly machine stop -a web busy --signal SIGKILL >/dev/null
db "UPDATE machine SET cpu_kind = 'shared', cpus = 2, memory_mb = 512 WHERE name = 'busy'"
fly machine start -a web busy >/dev/null
if [ -n "$(value busy cpu.shares)" ]; then
	is '200000 128' eval 'echo $(value busy cpu.cfs_quota_us) $(value busy cpu.shares)'
	is $((512 << 20)) value busy memory.limit_in_bytes
else
	is '200000 100000 12' eval 'echo $(value busy cpu.max) $(value busy cpu.weight)'
	is $((512 << 20)) value busy memory.max
fi
pass 'CPUs are held to the size, shared ones weigh a sixteenth, and a new size counts from the next start'

run later --vm-memory 64 --restart no -- sh -c 'until [ -e /srv/go ]; do sleep 0.05; done; exec python3 -c "x = bytearray(300 << 20)"'
process=$(sed -n 's/^pid //p' "$dir/machines/$(id_of later)/init")
stop agent KILL 2>/dev/null
touch /srv/go
within 20 eval "! kill -0 $process 2>/dev/null"
agent
within 5 in_state later stopped
is '137|1' db "SELECT exit_code, oom_killed FROM machine_state WHERE machine = '$(id_of later)'"
in_state busy started || fail 'the other Machine was lost'
pass 'what was killed while no agent ran is told by the next'

ids=$(db 'SELECT id FROM machine')
db 'DELETE FROM machine'
left() { for id in $ids; do groups "$id"; done; }
within 10 eval '[ -z "$(left)" ] && [ "$(db "SELECT count(*) FROM machine_state")" = 0 ]'
number=$(stat -c '%d %i' "$dir/machines" | xargs printf 'flycast-%x-%x')
stop agent
is '' groups "$number"
pass 'destroyed Machines and an agent that ends leave no control group'

mkdir "$dir/app" && cd "$dir/app"
printf 'app = "web"\n[processes]\na = "sleep 100"\nb = "sleep 100"\n[[vm]]\nsize = "shared-cpu-2x"\n[[vm]]\nmemory = "64mb"\ncpu_kind = "performance"\nprocesses = ["b"]\n' >fly.toml
agent
fly deploy >/dev/null 2>&1
is 'a shared 2 512
b performance 1 64' db "SELECT process_group || ' ' || cpu_kind || ' ' || cpus || ' ' || memory_mb FROM machine ORDER BY 1"
fly machine clone -a web "$(db "SELECT id FROM machine WHERE process_group = 'b'")" --name twin >/dev/null
is 'performance|1|64' db "SELECT cpu_kind, cpus, memory_mb FROM machine WHERE name = 'twin'"
has '^ *cpu_kind = .performance' eval 'fly config save -a web --yes >/dev/null; cat fly.toml'
pass 'deploy gives every group its size, clone keeps it, config save writes it'
cd /
db 'DELETE FROM machine'
within 10 eval '[ "$(db "SELECT count(*) FROM machine_state")" = 0 ]'
stop agent
