# One proxy takes the place of another under load: every request is answered, no connection is refused or cut.
# shellcheck source=tests/lib/proxy.sh
. "$lib/proxy.sh"
control=$dir/control.sock
flags=(--registry "$registry" --vip "${FLYCAST_VIP:-auto}" --threads 2 --metrics '[::1]:9154' --control "$control" --drain-timeout 20s)
world --control "$control" --drain-timeout 20s
app web --port 80:8080/tcp:http --port 7:7007 -- sh -c '/srv/httpd --port 8080 --body page &
	socat TCP-LISTEN:7007,reuseaddr,fork EXEC:cat & wait'
within 10 is page fetch "$(url)"

cat >load.py <<'PY'
"""Four clients that keep their connection, two that never do. Ends when the file `enough` is there: the number of
answers, or at the first that is wrong the reason."""
import http.client, os, sys, threading
address, source = sys.argv[1:3]
count, wrong = [0] * 6, []

def dial():
    return http.client.HTTPConnection(address, 80, timeout=20, source_address=(source, 0))

def client(index, keeps):
    http = dial()
    while not wrong and not os.path.exists('enough'):
        try:
            http.request('GET', '/')
            response = http.getresponse()
            body = response.read()
            if response.status != 200 or body.strip() != b'page':
                wrong.append(f'{index}: {response.status} {body}')
            count[index] += 1
        except Exception as e:
            wrong.append(f'{index}: after {count[index]} answers: {e!r}')
        if not keeps or response.getheader('Connection') == 'close':
            http.close()
            http = dial()

threads = [threading.Thread(target=client, args=(i, i < 4)) for i in range(6)]
[t.start() for t in threads]
[t.join() for t in threads]
print(wrong[0] if wrong else f'right {sum(count)}')
PY
python3 load.py "$address" "$client" >load.out &
load=$!
requests() { [ "$(counter requests_total)" -gt "$1" ]; }
within 5 requests 50

# A raw connection that lasts over all of it.
mkfifo to from
socat -t 60 - "TCP6:[$address]:7,bind=[$client]" <to >from &
raw=$!
exec 5>to 6<from
echo before >&5
read -r -t 20 word <&6
[ "$word" = before ] || fail 'the raw connection does not work'

olds=()
for turn in 1 2 3; do
	olds+=("$(pid_of proxy)")
	start proxy flycast-proxy "${flags[@]}" 5>&- 6>&-
	within 10 requests 50 # of the new one's own
	kill -0 "$(pid_of proxy)" || fail "turn $turn: the new proxy is gone"
done
# As many sockets as threads, for everything or for each port.
sockets=$(grep -q vip=sk_lookup proxy.log && echo 2 || echo 4)
has "sockets taken over .* threads=2 listeners=$sockets" cat proxy.log
echo during >&5
read -r -t 20 word <&6
[ "$word" = during ] || fail 'the raw connection did not outlive the restarts'
pass 'a connection goes on through the proxy that took it while others take the next'

touch enough
wait $load
has '^right [0-9]+$' cat load.out
pass "$(cat load.out | sed 's/right //') requests while the proxy was replaced three times, all answered"

exec 5>&-
wait $raw
ended() { ! kill -0 "$1" 2>/dev/null; }
for old in "${olds[@]}"; do
	within 10 ended "$old"
	wait "$old" || fail "an old proxy ended with $?"
done
is page fetch "$(url)"
pass 'each old proxy ends by itself when its last connection has ended'

# A successor that dies before it is ready, or says nothing, changes nothing.
socat -u "UNIX-CONNECT:$control" STDOUT >/dev/null
printf 'nonsense that is long enough for a message' | socat - "UNIX-CONNECT:$control" >/dev/null || true
is page fetch "$(url)"
kill -KILL "$(pid_of proxy)"
wait "$(pid_of proxy)" 2>/dev/null || true
start proxy flycast-proxy "${flags[@]}"
within 5 is page fetch "$(url)"
stop proxy
[ ! -e "$control" ] || fail 'the control socket is left'
pass 'strangers on the control socket, and a socket that a killed proxy left, do no harm'
