# shellcheck shell=bash
# The Machine commands with a real agent: each waits for what it asked, says what came of it, or why it did not.
fly init --region fra >/dev/null
fly apps create web >/dev/null
start agent flycast-agent --registry "$registry"

state() { jq -r .state <(fly machine status -a web "$1" --json); }
id_of() { db "SELECT id FROM machine WHERE name = '$1'"; }
run=(fly machine run -a web)

has "^  $(printf fdaa:0:1:)" "${run[@]}" --name one -- sh -c 'trap "exit 0" INT TERM; echo hello; echo aside >&2; while :; do sleep 0.02; done'
is started state one
one=$(id_of one)
has "│ one +│ started +│ +│ fra" fly machine list -a web
has 'started +│ (launch|start) +│' fly machine status "$one"
pass 'run returns when the Machine has started'

has "^$one has been successfully stopped" fly machine stop -a web one
is stopped state one
has "^$one has been started" fly machine start "${one:0:10}"
has "^$one has been suspended" fly machine suspend "$one"
is suspended state one
has "^$one has been started" fly machine start "$one"
before=$(jq -r .instance_id <(fly machine status "$one" -j))
has "^Machine $one restarted successfully" fly machine restart "$one" --signal SIGTERM --timeout 2
is started state one
[ "$before" != "$(jq -r .instance_id <(fly machine status "$one" -j))" ] || fail 'it was not started anew'
has "^$one is being stopped" fly machine stop "$one" --wait-timeout 0
has "Waiting up to 10s for machine $one to reach \"stopped\"" fly machine wait "$one" --state stopped -w 10
has 'reached state "settled"' fly machine wait -a web one
refuses 1 "machine $one is stopped and not yet started after 0.1s" fly machine wait "$one" --state started -w 100ms
refuses 1 "machine $one is stopped, not suspended" fly machine suspend "$one"
pass 'stop, start, suspend, restart and wait'

# ---------------------------------------------------------------------------------------------- what does not start

many_lines=1 refuses 1 'did not start: .*no-such-program|no-such-program' "${run[@]}" --name absent --restart no -- /no-such-program
is failed state absent
has 'no-such-program' jq -r .message <(fly machine status -a web absent -j)
"${run[@]}" --name quick -- sh -c 'echo done' >"$dir/out"
within 5 is stopped state quick
"${run[@]}" --name once --rm -- sh -c 'echo done' >"$dir/out"
within 5 is '' id_of once
pass 'a program that is not there is told with the reason; one that is through with its work is no failure'

# ---------------------------------------------------------------------------------------------- logs

fly machine start "$one" >/dev/null
within 5 has 'app.*hello' fly logs -i "$one"
has "^....-..-..T..:..:..Z app\[$one\] fra \[info\] hello$" fly logs -a web -i one
has "^....-..-..T..:..:..Z app\[$one\] fra \[info\] aside$" fly logs -a web
is 1 eval "fly logs -a web --lines 1 | wc -l"
is "$one fra" jq -r 'select(.message == "aside") | "\(.instance) \(.region)"' <(fly logs -i "$one" --lines 2 -j | tail -n 2)
fly logs -a web -f >"$dir/followed" &
follower=$!
within 5 grep -q aside "$dir/followed"
"${run[@]}" --name loud -- sh -c 'i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); echo "line $i of many that fill the file until it is rotated"; done; sleep 60' >/dev/null
within 20 grep -q 'line 20000 of' "$dir/followed"
is 20000 eval "grep -c ' of many that fill' '$dir/followed'"
is 20000 eval "grep -o 'line [0-9]* of' '$dir/followed' | sort -u | wc -l"
kill $follower
pass 'logs shows what was written, and goes on over new Machines without losing or doubling a line'

# ---------------------------------------------------------------------------------------------- the end

refuses 1 "machine $one currently started, either stop first or use --force flag" fly machine destroy -a web one
has "machine $one was found and is currently in started state, attempting to destroy" fly machine destroy --force -a web one
is '0|0' db "SELECT (SELECT count(*) FROM machine WHERE id = '$one'), (SELECT count(*) FROM machine_state WHERE machine = '$one')"
[ ! -e "$dir/machines/$one" ] || fail 'its directory is left'
has 'reached state "destroyed"' fly machine wait "$one" --state destroyed
refuses 1 "machine $one was not found" fly machine wait "$one" --state stopped
refuses 1 'machine 0123456789abcd was not found' fly machine wait 0123456789abcd --state destroyed
fly machine stop -a web loud --signal SIGKILL >/dev/null
stop agent
refuses 1 "no agent runs on host $(hostname)" fly machine start -a web loud
has 'loud|has been destroyed' fly machine destroy -a web loud
is 1 db "SELECT count(*) FROM machine_state s WHERE NOT EXISTS (SELECT 1 FROM machine WHERE id = s.machine)"
start agent flycast-agent --registry "$registry"
within 5 is 0 db "SELECT count(*) FROM machine_state s WHERE NOT EXISTS (SELECT 1 FROM machine WHERE id = s.machine)"
pass 'destroy, also while no agent runs: the next one cleans up'
