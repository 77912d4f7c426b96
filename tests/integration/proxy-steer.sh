# A request says where it wants to go: regions and Machines, preferred or insisted on.
# shellcheck source=tests/lib/proxy.sh
. "$lib/proxy.sh"
world
fly apps create web >/dev/null
fly ips allocate-v6 --private -a web >/dev/null
address=$(db "SELECT address FROM flycast WHERE app = 'web'")
machine() { # NAME REGION
	fly machine run -a web --name "$1" --port 80:8080/tcp:http -- /srv/httpd --port 8080 >/dev/null
	edit "UPDATE machine SET region = '$2' WHERE name = '$1'"
	db "SELECT id FROM machine WHERE name = '$1'"
}
fra=$(machine one fra)
iad=$(machine two iad)
syd=$(machine three syd)
from() { fetch "$(url)" "$@"; }
within 10 is "hello from $fra" from -H "Fly-Force-Instance-Id: $fra"
within 10 is "hello from $iad" from -H "Fly-Force-Instance-Id: $iad"
within 10 is "hello from $syd" from -H "Fly-Force-Instance-Id: $syd"
for _ in 1 2 3 4 5 6; do
	is "hello from $syd" from -H 'Fly-Prefer-Region: syd'
	is "hello from $iad" from -H 'Fly-Prefer-Region: lhr, us, any'
	is "hello from $fra" from -H 'Fly-Force-Region: eu'
	is "hello from $syd" from -H "Fly-Prefer-Instance-Id: $syd"
done
pass 'regions, aliases and Machines, preferred and insisted on'

request() { printf 'GET / HTTP/1.1\r\nHost: a\r\nFly-Force-Instance-Id: %s\r\nConnection: %s\r\n\r\n' "$1" "$2"; }
both() {
	{ request "$iad" keep-alive && request "$fra" close; } | socat -t 5 - "TCP6:[$address]:80,bind=[$client]" |
		grep -aoE 'hello from [0-9a-f]{14}' | paste -sd' '
}
is "hello from $iad hello from $fra" both
pass 'each request of a connection for itself'

is 503 from -o refusal -w '%{http_code}' -H 'Fly-Force-Region: sa'
has '^PR01 .*none of them is the Machine or in the regions that the request insists on' cat refusal
is 503 from -o refusal -w '%{http_code}' -H 'Fly-Force-Instance-Id: 00000000000000'
pass 'what nobody is is refused'

fly machine stop "$syd" >/dev/null
stopped() { [ "$(state "$1")" = stopped ]; }
within 5 stopped "$syd"
fetch -H "Fly-Prefer-Instance-Id: $syd" -H 'Fly-Preferred-Instance-Unavailable: forged' -d body "$(url /echo)" |
	tr -d '\r' >head
is "Fly-Preferred-Instance-Unavailable: $syd" grep -i '^fly-preferred-instance-un' head
has "^Fly-Prefer-Instance-Id: $syd\$" cat head
stopped "$syd" || fail 'a preference woke it'
is 0 eval 'fetch -H "Fly-Prefer-Instance-Id: $fra" "$(url /echo)" | grep -ic unavailable || true'
pass 'a Machine that sleeps is not woken for a preference, and who gets the request is told'

is "hello from $syd" from -H 'Fly-Force-Region: apac'
fly machine stop "$syd" >/dev/null
within 5 stopped "$syd"
from -H "Fly-Force-Instance-Id: $syd" >forced &
for _ in 1 2 3; do is 200 from -o /dev/null -w '%{http_code}'; done
wait $!
is "hello from $syd" cat forced
pass 'it is woken for who insists on it, and nobody else waits for that'

edit "UPDATE service SET hard_limit = 1, soft_limit = 1 WHERE machine = '$iad'"
fetch -H "Fly-Force-Instance-Id: $iad" "$(url /sleep/2000)" >held &
held=$!
busy() { [ "$(counter connections_open)" -ge 1 ]; }
within 2 busy
from -H "Fly-Force-Instance-Id: $iad" >queued &
queued=$!
for _ in 1 2 3; do has 'hello from' from -H 'Fly-Prefer-Region: fra'; done
wait $held $queued
is "hello from $iad" cat queued
pass 'who insists on a Machine at its hard limit waits for it, the others do not'
stop proxy
