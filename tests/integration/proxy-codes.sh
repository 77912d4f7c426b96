# Refusals that take a Machine that cannot be run, an agent that hangs, or a row that goes while a connection stays: each has
# its code, for the client and in the log.
# shellcheck source=tests/lib/proxy.sh
. "$lib/proxy.sh"
world --wake-timeout 1500ms --drain-timeout 5s

cp /srv/httpd /srv/soon-gone
app none --port 80:8080/tcp:http -- /srv/soon-gone --port 8080
sleeps stop
rm /srv/soon-gone
is 502 fetch -o refusal -w '%{http_code}' "$(url)"
has '^PM01 .*could not be woken: .*no such program' cat refusal
refused PM01 || fail 'no PM01 in the log'
pass 'a Machine that cannot be run: PM01 with the reason'

app web --port 80:8080/tcp:http --port 81:8080/tcp:http -- /srv/httpd --port 8080 --body page
within 5 is page fetch "$(url)"
sleeps suspend
kill -STOP "$(pid_of agent)"
is 504 fetch -o refusal -w '%{http_code}' "$(url)"
has '^PM03 ' cat refusal
kill -CONT "$(pid_of agent)"
within 10 is page fetch "$(url)"
refused PM03 || fail 'no PM03 in the log'
pass 'an agent that hangs: PM03 in time, and an answer once it goes on'

# Two requests on one connection, and an edit between them.
talk() { # SECONDS-BETWEEN COMMAND: the second answer
	{
		printf 'GET / HTTP/1.1\r\nHost: web\r\n\r\n'
		within 5 grep -q page answer
		"$@" >/dev/null
		printf 'GET / HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n'
	} | socat -t 5 - "TCP6:[$address]:81,bind=[$client]" >answer
}
talk edit "DELETE FROM service_port WHERE start_port = 81 AND machine = '$id'"
has '^HTTP/1.1 404' tr -d '\r' <answer
has 'PR06 app web has no service on port 81; its ports: 80' cat answer
refused PR06 || fail 'no PR06 in the log'
pass 'a port whose row is gone: PR06 on a connection that stayed'

# What the network says of a Machine. A reset that crosses the client's first ACK is one of the connect.
within 5 is page fetch "$(url)"
machine=$(db "SELECT ipv4 FROM machine WHERE id = '$id'")
nft add table ip codes
nft add chain ip codes out '{ type filter hook output priority 0; }'
rule() { nft flush chain ip codes out; [ $# = 0 ] || nft add rule ip codes out ip daddr "$machine" tcp dport 8080 "$@"; }
turned() { # CODE STATUS SENTENCE RULE...
	rule "${@:4}"
	is "$2" fetch -o refusal -w '%{http_code}' -H 'Connection: close' "$(url)"
	has "^$1 .*$3" cat refusal
	refused "$1" || fail "no $1 in the log"
	pass "$1: $3"
}
turned PC03 502 'reset the connection to port 8080 at once' tcp flags '& (syn | ack) == ack' reject with tcp reset
turned PC06 502 'no connection to port 8080 .*No route to host' tcp flags '& (syn | ack) == syn' reject with icmp type host-unreachable
turned PC05 504 'did not accept a connection to port 8080 within 5000 ms' drop
rule

# The proxy ends, and the limit of draining is over: those without an answer get one, whatever they wait for.
stop proxy
start proxy flycast-proxy --registry "$registry" --threads 2 --autostop-interval 0 --metrics '[::1]:9154' --drain-timeout 500ms
within 5 is page fetch "$(url)"
ask() { curl -s -m 60 --interface "$client" -o "$1" -w '%{http_code}' "$2" >"$1.status" & }
ask works "$(url /sleep/30000)"
with_work=$!
busy() { ss -Htn state established dst "$machine" | grep -q :8080; }
within 5 busy
app asleep --port 80:8080/tcp:http -- /srv/httpd --port 8080 --body page
within 5 is page fetch "$(url)"
sleeps stop
kill -STOP "$(pid_of agent)"
ask wakes "$(url)"
with_wake=$!
waits() { [ "$(counter waits_total)" -ge 1 ]; }
within 5 waits
stop proxy
wait $with_work $with_wake
kill -CONT "$(pid_of agent)"
for who in works wakes; do
	is 503 cat $who.status
	has '^PP02 the proxy is shutting down; try again' cat $who
done
refused PP02 || fail 'no PP02 in the log'
pass 'PP02 when the limit of draining is over, for who waits for a Machine and who waits for its answer'
