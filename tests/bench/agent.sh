# How long an agent takes from a proxy's ask to its answer: cold start (until the command is executed), stop, suspend,
# resume; and how long a new Machine's network takes.
# FLYCAST_BENCH_STARTS=200
probe=${FLYCAST_TESTS:?}/agent_probe
count=${FLYCAST_BENCH_STARTS:-200}
fly init >/dev/null
start agent flycast-agent --registry "$registry" --metrics '[::1]:9153'
fly apps create web >/dev/null
fly machine run -a web --name one --kill-signal SIGTERM -- sleep 100000 >/dev/null
id=$(db 'SELECT id FROM machine')

echo 'milliseconds                  count       p50       p99       max'
measure() { "$probe" "$dir/agent.sock" "$id" "$count" "$@"; }
measure start stop
measure stop start
measure suspend start
measure start suspend | sed 's/^start /resume/'

# The agent's own figure for starts: without the socket on either side.
curl -s 'http://[::1]:9153/metrics' | awk '/^flycast_agent_start_seconds_count/ { n = $2 } /_seconds_sum/ { s = $2 }
	END { printf "cold start, agent alone, mean %9.3f (of %d)\n", s / n * 1000, n }'

before=$(date +%s%N)
for ((i = 0; i < count; i++)); do
	echo "INSERT INTO machine (id, app, network, name, host, host_number, slot, region, command)
		SELECT printf('%014x', $i + 1), 'web', network, 'm$i', host, host_number, (SELECT max(slot) + 1 FROM machine), region, command FROM machine WHERE id = '$id';"
done | { echo 'BEGIN;'; cat; echo 'COMMIT;'; } | sqlite3 "$registry"
within 60 eval '[ "$(db "SELECT count(*) FROM machine_state")" -gt $count ] && [ "$(ip -o link | grep -c flyc)" -gt $count ]'
echo "network of a new Machine, mean $(awk -v t=$(($(date +%s%N) - before)) -v n="$count" 'BEGIN { printf "%.3f", t / n / 1e6 }')"
before=$(date +%s%N)
db 'DELETE FROM machine'
within 60 eval '[ "$(db "SELECT count(*) FROM machine_state")" = 0 ]'
echo "destroying one, mean $(awk -v t=$(($(date +%s%N) - before)) -v n="$count" 'BEGIN { printf "%.3f", t / n / 1e6 }')"
stop agent
