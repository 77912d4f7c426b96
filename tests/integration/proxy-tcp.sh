# Without a handler: bytes both ways as they come, ends and resets as they come.
# shellcheck source=tests/lib/proxy.sh
. "$lib/proxy.sh"
world
app bytes --port 7:7007 --port 9:7009 --port 13:7013 -- sh -c '
	socat TCP-LISTEN:7007,reuseaddr,fork EXEC:cat &
	socat TCP-LISTEN:7009,reuseaddr,fork SYSTEM:"echo hello first; cat >/dev/null; echo and last" &
	socat -t 100 TCP-LISTEN:7013,reuseaddr,fork SYSTEM:"sleep 100" & wait'
dial() { socat -t "${2:-5}" - "TCP6:[$address]:$1,bind=[$client]"; }
within 10 eval '[ "$(echo up | dial 7)" = up ]'
within 10 eval 'echo | dial 9 | grep -q last'
pass 'what the client sends comes back'

printf 'a question' | dial 9 >out
is 'hello first
and last' cat out
pass 'the server speaks first, and last, after the client has ended its side'

head -c 20000000 /dev/urandom >big
dial 7 <big | cmp - big || fail '20 MB did not come back as they went'
pass '20 MB both ways at once'

open_now() { [ "$(counter connections_open)" = "$1" ]; }
within 5 open_now 0
socat -u "TCP6:[$address]:7,bind=[$client]" STDOUT &
pid=$!
within 5 open_now 1
kill -KILL $pid
wait $pid 2>/dev/null || true
within 5 open_now 0
pass 'a client that goes away ends its side'

# Back-pressure: a client that does not read stops the server; the proxy holds a block or two, not the file.
resident() { awk '/^VmRSS/ { print $2 }' "/proc/$(pid_of proxy)/status"; }
before=$(resident)
# shellcheck disable=SC2216 # the client that does not read
(dial 7 10 <big | sleep 1.5) &
pid=$!
sleep 1 # time to take more than it should
[ $(($(resident) - before)) -lt 2000 ] || fail "the proxy took $(($(resident) - before)) kB for one slow client"
wait $pid || true
pass 'a client that does not read costs no memory'

# A client that resets while nobody reads from it: because the Machine takes nothing, or because it had ended its side.
within 5 open_now 0
socat -u OPEN:big "TCP6:[$address]:13,bind=[$client],linger=0" &
full=$!
socat -t 100 /dev/null "TCP6:[$address]:13,bind=[$client],linger=0" &
half=$!
halves() { [ "$(ss -Htn state close-wait src "[$address]" | wc -l)" = 1 ]; }
stuck() { [ "$(ss -Htn state established dst "[$address]" | awk '$2 > 0' | wc -l)" -ge 1 ]; }
within 5 open_now 2
within 5 halves
within 5 stuck
kill -KILL $full $half
wait $full $half 2>/dev/null || true
within 15 open_now 0
pass 'the reset of a client that nobody reads from is noticed'

# Killed with bytes unread, the Machine's kernel sends a reset: so must the proxy. socat says which it was.
socat -t 5 - "TCP6:[$address]:13,bind=[$client]" <big >/dev/null 2>reset.err &
pid=$!
within 5 stuck
db "UPDATE machine SET ask = 'stop', ask_options = '{\"signal\":\"SIGKILL\"}' WHERE id = '$id'"
if wait $pid; then fail 'the client saw a clean end'; fi
has 'Connection reset by peer' cat reset.err
pass 'a reset comes through as a reset'
stop proxy
