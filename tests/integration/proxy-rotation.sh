# A Machine that refuses or breaks connections gets fewer and fewer of them, and comes back as soon as it is well; the last one
# is never left out. One that was stopped by hand is not started again while there are others.
# shellcheck source=tests/lib/proxy.sh
. "$lib/proxy.sh"
cp "$lib/fickle.py" /srv/
world --wake-timeout 1s
fickle() { # NAME: its id
	fly machine run -a web --name "$1" --port 80:8080/tcp:http --port 81:8080 -- /usr/bin/python3 /srv/fickle.py 8080 >/dev/null
	db "SELECT id FROM machine WHERE name = '$1'"
}
fly apps create web >/dev/null
fly ips allocate-v6 --private -a web >/dev/null
address=$(db "SELECT address FROM flycast WHERE app = 'web'")
one=$(fickle one)
two=$(fickle two)
mode() { echo "$2" >"/srv/mode.$1"; }
at() { fetch -H "Fly-Force-Instance-Id: $1" "$(url)"; }
within 10 is "$one" at "$one"
within 10 is "$two" at "$two"
# For as long as --wake-timeout a Machine that just started is waited for when it refuses.
settled() { [ "$(db "SELECT min($(date +%s%3N) - since) FROM machine_state")" -gt 1500 ]; }
within 5 settled
both() { [ "$(for _ in 1 2 3 4 5 6 7 8; do fetch "$(url)"; done | sort -u | wc -l)" = 2 ]; }
within 2 both
is 0 counter ejections_total

# Refused connections: nobody hears of them
mode "$two" refuse
deaf() { ! curl -s -m 2 -o /dev/null "http://$(db "SELECT ipv4 FROM machine WHERE id = '$two'"):8080/"; }
within 5 deaf
began=$(date +%s%3N)
while [ $(($(date +%s%3N) - began)) -lt 3000 ]; do is "$one" fetch -d x "$(url)"; done
times=$(counter ejections_total)
[[ $times -ge 2 && $times -le 5 ]] || fail "out $times times in three seconds, not after 0, 0.5, 1.5 s and so on"
is 1 counter services_ejected
has "machine out of the rotation machine=$two app=web port=8080 ms=500: it does not take connections" cat proxy.log
has "machine out of the rotation machine=$two app=web port=8080 ms=1000: " cat proxy.log
pass 'a Machine that refuses connections is tried less and less often, and no request is lost'
mode "$two" answer
within 10 both
is 0 counter services_ejected
is 1 counter restorations_total
has "machine back in the rotation machine=$two app=web port=8080" cat proxy.log
pass 'it is back with the first connection that it takes'

# Taken and ended without an answer: what cannot be sent again is lost, but only a few
times=$(counter ejections_total)
mode "$two" close
lost=0
for _ in $(seq 1 60); do [ "$(fetch -d x "$(url)")" = "$one" ] || lost=$((lost + 1)); done
[[ $lost -ge 2 && $lost -le 12 ]] || fail "$lost of 60 requests lost, of which about 30 would be without the rotation"
[ "$(counter ejections_total)" -gt "$times" ] || fail 'it was never put out'
has "machine out of the rotation machine=$two app=web port=8080 ms=500: it ends connections without an answer" cat proxy.log
mode "$two" answer
within 40 both
pass 'one that ends connections without an answer is put out as well'

raw() { printf 'GET / HTTP/1.1\r\n\r\n' | socat -t 2 - "TCP6:[$address]:81,bind=[$client]" 2>/dev/null | tail -n 1; }
times=$(counter ejections_total)
mode "$two" reset
put_out() { raw >/dev/null || true; [ "$(counter ejections_total)" -gt "$times" ]; }
within 5 put_out
for _ in 1 2 3; do is "$one" raw; done
mode "$two" answer
within 40 both
pass 'and one that resets raw connections'

# The last one
fly machine destroy --force "$one" >/dev/null
mode "$two" refuse
within 5 deaf
for _ in 1 2 3 4 5; do is 502 fetch -o refusal -w '%{http_code}' "$(url)"; done
has '^PC01 ' cat refusal
mode "$two" answer
within 5 eval '! deaf'
is "$two" fetch "$(url)"
pass 'the last one is asked whatever it did before'

# Stopped by hand
is_state() { [ "$(state "$1")" = "$2" ]; }
app pair --port 80:8080/tcp:http --soft-limit 1 -- /srv/httpd --port 8080
within 5 is "hello from $id" fetch "$(url)"
fly machine run -a pair --name other --port 80:8080/tcp:http --soft-limit 1 -- /srv/httpd --port 8080 >/dev/null
other=$(db "SELECT id FROM machine WHERE name = 'other'")
crowd() { fetch --parallel --parallel-immediate "$(url '/sleep/400?[1-6]')" >/dev/null; }
fly machine stop "$other" >/dev/null
within 5 is_state "$other" stopped
for _ in 1 2 3; do crowd; done
is stopped state "$other"
fly machine start "$other" >/dev/null
within 5 is_state "$other" started
fly machine suspend "$other" >/dev/null
within 5 is_state "$other" suspended
awake() { crowd; is_state "$other" started; }
within 5 awake
pass 'more load does not start a Machine that was stopped by hand'
fly machine stop "$other" >/dev/null
within 5 is_state "$other" stopped
sleeps stop
has '^hello from ' fetch "$(url)"
pass 'but somebody who would have none does'
stop proxy
