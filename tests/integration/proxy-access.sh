# The access log: a line for each request and connection, in either form, rotated without losing one; times in the
# metrics; what responses say about them.
# shellcheck source=tests/lib/proxy.sh
. "$lib/proxy.sh"
world --access-log "$dir/access" --server-timing
app web --port 80:8080/tcp:http --port 81:8080 -- /srv/httpd --port 8080 --body page
within 10 is page fetch "$(url)"
lines() { cat "$dir"/access*; }
of() { lines | grep -E "$1" | tail -n 1; } # the last line that has it
logged() { of "$1" | grep -Eq -- "$2"; }

fetch -o /dev/null --data-binary 12345 "$(url '/some/path?secret=1')"
within 5 logged 'path="/some/path"' "^time=[-0-9T:.]+Z kind=http client=\[$client\]:[0-9]+ address=\[$address\]:80 app=web machine=$id method=POST path=\"/some/path\" status=200 end=done in=[0-9]+ out=[0-9]+ queue_ms=0.000 wake_ms=0.000 connect_ms=[0-9.]+ first_ms=[0-9.]+ total_ms=[0-9.]+ request=[0-9A-Z]{26}"
if lines | grep -q secret; then fail 'a query is in the access log'; fi
pass 'a request is a line, without its query'

sent=$(printf 'GET /raw HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n' |
	socat -t 5 - "TCP6:[$address]:81,bind=[$client]" | wc -c)
within 5 logged 'kind=tcp' ":81 app=web machine=$id end=done in=49 out=$sent "
pass 'a connection without a handler is a line, with its octets both ways'

socat -u "TCP6:[$address]:80,bind=[$stranger]" STDOUT 2>/dev/null || true
within 5 logged 'code=PR07' "client=\[$stranger\].* end=refused code=PR07 in=0 out=0 "
is 400 fetch -o /dev/null -w '%{http_code}' -H 'Content-Length: x' "$(url /bad)"
within 5 logged 'code=PH01' 'status=400 end=refused'
fetch -o /dev/null -m 0.3 "$(url /sleep/1000)" || true
within 15 logged '/sleep/1000' "machine=$id .*end=(cut|done)"
pass 'what was refused or cut says so'

# Cold start
sleeps stop
fetch -D reply -o /dev/null "$(url /cold)"
has '^Flycast-Cold-Start: [0-9]+' tr -d '\r' <reply
has '^Server-Timing: queue;dur=0\.000, wake;dur=[0-9]+\.[0-9]{3}, connect;dur=0\.000, machine;dur=[0-9.]+$' tr -d '\r' <reply
within 5 logged '"/cold"' 'wake_ms=[0-9]*[1-9][0-9.]* .* cold=1 '
fetch -D reply -o /dev/null "$(url /warm)"
if grep -qi cold reply; then fail 'a warm answer says that it was cold'; fi
pass 'a cold start is in the response and in the line'

# Metrics
[ "$(counter wake_seconds_count)" -ge 1 ] || fail 'the wake is not in its histogram'
is "$(counter request_seconds_count)" eval 'counter "request_seconds_bucket{le=\"+Inf\"}"'
curl -s 'http://[::1]:9154/metrics' | grep -q 'refusals_total{code="PR07",reason="other_network",status="403"} 1' ||
	fail 'the refusal is not counted by its name'
pass 'times are histograms, refusals have names'

# Rotation: renamed, told, and nothing lost in between.
before=$(counter requests_total)
for ((i = 0; i < 60; i++)); do
	fetch -o /dev/null "$(url /turn)"
	if [ $((i % 20)) = 10 ]; then
		mv access "access.$i"
		kill -"$([ "$i" = 10 ] && echo HUP || echo USR1)" "$(pid_of proxy)"
		within 5 test -e access
	fi
done
[ $(($(counter requests_total) - before)) = 60 ] || fail 'not 60 requests were counted'
turns() { [ "$(lines | grep -c '"/turn"')" = 60 ]; }
within 5 turns
pass 'renamed three times under way, every request has its line'
stop proxy

# JSON on standard output, to a reader that stalls: nobody waits for it.
mkfifo pipe
(
	exec 8<pipe
	sleep 1000
) &
reader=$!
ready_to_pipe() { flycast-proxy "$@" >pipe; }
start proxy ready_to_pipe --registry "$registry" --threads 1 --access-log - --access-format json --metrics '[::1]:9154'
pid=$(pgrep -n -x flycast-proxy)
within 5 is page fetch "$(url)"
many() { seq 1000 | sed "s|.*|url = \"$(url /many)\"\noutput = /dev/null|" | curl -s -m 60 --interface "$client" -K -; }
many
is page fetch "$(url)"
within 5 grep -q 'access log not written path=- lines=[0-9]*: its reader is too slow' proxy.log
kill $reader
wait $reader 2>/dev/null || true
kill -TERM "$pid"
wait "$(pid_of proxy)" || fail 'the proxy did not end well'
start proxy flycast-proxy --registry "$registry" --access-log json --access-format json
within 5 is page fetch "$(url)"
stop proxy
is web eval 'tail -n 1 json | python3 -c "import json, sys; print(json.loads(sys.stdin.read())[\"app\"])"'
pass 'as JSON; a reader that stalls costs lines, not answers'
refuses 2 'access-format: text or json' flycast-proxy --registry "$registry" --access-log - --access-format xml
refuses 1 'access log not opened' flycast-proxy --registry "$registry" --access-log /nowhere/access
