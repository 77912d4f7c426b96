# Machines sleep and are woken by who needs them: once for many, from every state, another when one fails, and not for
# those who left; and they are put to rest when nothing is open.
# shellcheck source=tests/lib/proxy.sh
. "$lib/proxy.sh"
world --wake-timeout 1500ms
starts() { grep -c "Starting machine machine=$id" proxy.log; }
app web --port 80:8080/tcp:http --port 81:8080 --autostop=suspend --soft-limit 100 -- /srv/httpd --port 8080 --body page
within 10 is page fetch "$(url)"

for how in suspend stop; do
	sleeps $how
	before=$(starts || true)
	is page fetch "$(url)"
	is $((before + 1)) starts
	within 2 in_state started
done
pass 'a request wakes a suspended Machine and a stopped one'
sleeps stop
is page fetch "$(url | sed 's|/$|:81/|')"
pass 'and so does a raw connection'

sleeps stop
before=$(starts)
fetch --parallel --parallel-immediate --parallel-max 50 "$(url '/?[1-50]')" | sort | uniq -c | sed 's/^ *//' >pages
is '50 page' cat pages
is $((before + 1)) starts
pass 'fifty first requests at once: one start, fifty answers'

# Only a request wakes an HTTP service; a connection alone does not.
sleeps suspend
before=$(starts)
socat -u -T 1 "TCP6:[$address]:80,bind=[$client]" STDOUT &
pid=$!
within 5 eval '[ "$(counter connections_open)" -ge 1 ]'
kill $pid
wait $pid 2>/dev/null || true
is suspended state
is "$before" starts
pass 'a connection without a request wakes nobody'

# Not startable: autostart off, cordoned
db 'UPDATE service SET autostart = 0'
within 5 is 503 fetch -o refusal -w '%{http_code}' "$(url)"
has '^PR01 .*autostart is off' cat refusal
is suspended state
db 'UPDATE service SET autostart = 1; UPDATE machine SET cordoned = 1'
within 5 eval 'fetch "$(url)" | grep -q "^PR01 .*cordoned"'
db 'UPDATE machine SET cordoned = 0'
within 5 is page fetch "$(url)"
refused PR01 || fail 'no PR01 in the log'
pass 'autostart and cordon are heeded, from one request to the next'

# Starts, but listens elsewhere: the client hears what the agent sees.
app deaf --port 80:8080/tcp:http -- sh -c 'echo a telling line; exec /srv/httpd --bind 127.0.0.1 --port 8080'
within 5 in_state started
sleeps stop
is 502 fetch -D refusal.head -o refusal -w '%{http_code}' "$(url)"
has '^PM05 .*nobody answered on port 8080' cat refusal
has '127\.0\.0\.1' cat refusal
has 'a telling line' cat refusal
has '^Flycast-Error: PM05' tr -d '\r' <refusal.head
refused PM05 || fail 'no PM05 in the log'
[ "$(counter 'refusals_total{code="PM05",reason="unreachable",status="502"}')" -ge 1 ] || curl -s 'http://[::1]:9154/metrics' | grep -q 'PM05.* [1-9]' || fail 'no PM05 in the metrics'
pass 'a Machine that listens elsewhere: refused with its log and what it listens on'

# Ends at once: perhaps before the command that runs it has seen it start, which is then the command's failure
app crash --port 80:8080/tcp:http --restart no -- sh -c 'echo the reason; exit 3' 2>/dev/null || true
within 5 in_state stopped
within 5 eval 'fetch "$(url)" | grep -q "the reason"'
pass 'a Machine that ends at once: refused with its last lines'

# One of two cannot be started: the other one is.
fly machine run -a crash --name two --port 80:8080/tcp:http -- /srv/httpd --port 8080 --body second >/dev/null
two=$(db "SELECT id FROM machine WHERE app = 'crash' AND name = 'two'")
fly machine stop "$two" >/dev/null
within 5 eval '[ "$(state "$two")" = stopped ]'
within 5 is second fetch "$(url)"
pass 'when one Machine fails another is woken'

# Started long ago, but nobody listens: refused by its kernel, explained by its agent.
app quiet --port 80:8080/tcp:http -- sh -c 'exec /srv/httpd --port 9999'
within 5 in_state started
sleep 1.6 # --wake-timeout: since then it is not just slow
is 502 fetch -o refusal -w '%{http_code}' "$(url)"
has '^PC01 .*refused the connection' cat refusal
has '0\.0\.0\.0:9999' cat refusal
pass 'a started Machine that does not listen: refused with what it listens on'
fly machine run -a quiet --name two --port 80:8080/tcp:http -- /srv/httpd --port 8080 --body second >/dev/null
two=$(db "SELECT id FROM machine WHERE app = 'quiet' AND name = 'two'")
fly machine stop "$two" >/dev/null
within 5 eval '[ "$(state "$two")" = stopped ]'
is second fetch "$(url)"
pass 'and when another one sleeps, that one is woken for it'

# Started, stopped and suspended by hand under requests: each is answered, whatever it finds.
app hand --port 80:8080/tcp:http -- /srv/httpd --port 8080 --body page
within 5 is page fetch "$(url)"
for how in stop suspend restart stop; do
	for verb in $how start; do
		fly machine "$verb" "$id" >by-hand 2>&1 & # it may say that the request was faster
		pid=$!
		is page fetch "$(url)"
		wait $pid || true
	done
done
pass 'requests while somebody stops, suspends and starts the Machine by hand'

# The Machine of app "long" ends some time after its agent said that it was told to, that of "brief" before the proxy has
# heard of it.
at_work() { ss -tnH state established 'dport = :8080' | grep -q .; }
stopped_under_it() { # TIMES
	within 5 is page fetch "$(url)"
	fetch "$(url /sleep/3000)" >page &
	pid=$!
	for _ in $(seq "$1"); do
		within 5 at_work
		"$FLYCAST_TESTS/agent_probe" "$dir/agent.sock" "$id" once stop >by-hand || true # or it is woken before it has stopped
	done
	wait $pid
	is page cat page
}
app long --port 80:8080/tcp:http -- sh -c 'trap "sleep 0.3; exit 0" INT; /srv/httpd --port 8080 --body page & wait; wait'
stopped_under_it 3
app brief --port 80:8080/tcp:http -- /srv/httpd --port 8080 --body page
for _ in 1 2 3; do stopped_under_it 1; done
pass 'a request whose Machine is stopped under it again and again'

# The agent is away: told so, and after its return all is well.
app again --port 80:8080/tcp:http -- /srv/httpd --port 8080 --body back
within 5 is back fetch "$(url)"
sleeps stop
stop agent
is 503 fetch -o refusal -w '%{http_code}' "$(url)"
has '^PM02 ' cat refusal
start agent flycast-agent --registry "$registry"
within 5 is back fetch "$(url)"
pass 'without an agent: told so; with it again: woken'
stop proxy
