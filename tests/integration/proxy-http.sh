# HTTP/1.1 through the proxy: what the Machine sees, what the client gets, over one connection and over many.
# shellcheck source=tests/lib/proxy.sh
. "$lib/proxy.sh"
world --idle-timeout 2s
app web --port 80:8080/tcp:http --concurrency-type requests -- /srv/httpd --port 8080 --body page
within 10 is page fetch "$(url)"

# What the Machine gets
fetch -H 'Fly-Client-IP: 1.2.3.4' -H 'X-Forwarded-For: 10.0.0.9' -H 'Connection: X-Private' -H 'X-Private: 1' \
	-H 'Proxy-Connection: close' -H "Host: web.flycast" "$(url /echo)" | tr -d '\r' >head
has '^GET /echo HTTP/1.1$' cat head
has '^Host: web.flycast$' cat head
has "^Fly-Client-IP: $client\$" cat head
has "^X-Forwarded-For: 10.0.0.9, $client, $address\$" cat head
has '^Fly-Forwarded-Port: 80$' cat head
has '^Via: 1.1 fly.io$' cat head
has '^Fly-Request-Id: [0-9A-HJKMNP-TV-Z]{26}' cat head
if grep -qiE '1\.2\.3\.4|X-Private|Proxy-Connection' head; then fail "passed on: $(cat head)"; fi
pass 'the Machine sees the client, the port and one request id, and nothing that was forged or hop by hop'

fetch -D reply -o /dev/null "$(url)"
has '^Fly-Request-Id: ' tr -d '\r' <reply
pass 'the client gets the request id'

# Connections
before=$(counter connections_total)
is 'page page page' eval 'fetch "$(url)" "$(url)" "$(url)" | paste -sd" "'
is 1 eval 'echo $(($(counter connections_total) - before))'
pass 'three requests go over one connection'
before=$(counter machine_connections_total)
for _ in 1 2 3 4 5; do fetch -o /dev/null "$(url)"; done
[ $(($(counter machine_connections_total) - before)) -le 2 ] || fail 'connections to the Machine are not used again'
pass 'connections to the Machine are used again for other clients'

raw() { socat -t 5 - "TCP6:[$address]:80,bind=[$client]"; }
request() { printf 'GET %s HTTP/1.1\r\nHost: web\r\n%s\r\n' "$1" "${2:-}"; }
{
	request /bytes/3
	request /
	request /bytes/5 $'Connection: close\r\n'
} | raw | tr -d '\r' | grep -oE '^(x+|page)' | paste -sd' ' >answers
is 'xxx page xxxxx' cat answers
pass 'pipelined requests are answered in their order'

is 200000 eval 'fetch "$(url /bytes/200000)" | wc -c'
head -c 3000000 /dev/urandom >upload
is page fetch --data-binary @upload "$(url)"
is page fetch -H 'Expect: 100-continue' --data-binary @upload "$(url)"
is 200 fetch -I -o /dev/null -w '%{http_code}' "$(url /bytes/10)"
pass 'bodies of any size, Expect and HEAD'

# A head near its limit, and behind it more than one buffer of body while the Machine sleeps.
cat >/srv/digest <<'DIGEST'
#!/bin/bash
while IFS= read -r line && [ "$line" != $'\r' ]; do
	case ${line,,} in content-length:*) length=${line#*: } ;; esac
done
sum=$(head -c "${length%$'\r'}" | sha256sum)
printf 'HTTP/1.1 200 OK\r\nContent-Length: 64\r\nConnection: close\r\n\r\n%s' "${sum%% *}"
DIGEST
chmod 755 /srv/digest
app digest --port 80:8080/tcp:http -- socat TCP-LISTEN:8080,reuseaddr,fork,backlog=64 EXEC:/srv/digest
digest=$(sha256sum <upload)
send_large() { fetch -H 'Expect:' -H "X-Large: $(printf '%015000d' 0)" --data-binary @upload "$(url)"; }
within 10 is "${digest%% *}" send_large
sleeps stop
is "${digest%% *}" send_large
address=$(db "SELECT address FROM flycast WHERE app = 'web'")
pass 'a large head and its body are sent on in their order'

# Bad requests are answered and end the connection
bad() { # STATUS REQUEST
	printf "$2" | raw >bad.out || true
	is "HTTP/1.1 $1" cut -c1-12 <(head -n 1 bad.out)
	grep -qi '^connection: close' bad.out || fail "not closed after: $2"
}
bad 400 'GET / HTTP/1.1\r\n\r\n'
bad 400 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n'
bad 400 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'
bad 400 'GET / HTTP/1.1\nHost: a\n\n'
bad 400 'GET / HTTP/1.1\r\nHost : a\r\n\r\n'
bad 505 'GET / HTTP/2.0\r\nHost: a\r\n\r\n'
bad 501 'CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n'
refused PH01 || fail 'no PH01 in the log'
pass 'what is not strictly HTTP/1.1 is refused'

# Framing is written anew: the server only records what it gets.
fly apps create record >/dev/null
fly ips allocate-v6 --private -a record >/dev/null
fly machine run -a record --name one --port 80:8080/tcp:http -- socat TCP-LISTEN:8080,reuseaddr,fork,crlf \
	"SYSTEM:timeout 0.3 cat >&2; echo 'HTTP/1.1 200 OK'; echo 'Transfer-Encoding: chunked'; echo; echo 4; echo this; echo 0; echo" >/dev/null
address=$(db "SELECT address FROM flycast WHERE app = 'record'")
recorded=$(db "SELECT id FROM machine WHERE app = 'record'")
{
	printf 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\nConnection: close\r\n\r\n'
	printf '3;name="value"\r\none\r\n0003\r\ntwo\r\n0\r\nX-Trailer: 1\r\n\r\n'
} | raw | tr -d '\r' >reply
has '^this$' cat reply
tr -d '\r' <"machines/$recorded/log" >seen
has 'Transfer-Encoding: chunked$' cat seen
has ' (6|onetwo)$' cat seen
if grep -q 'name=' seen; then fail 'a chunk extension was passed on'; fi
printf 'GET / HTTP/1.0\r\n\r\n' | raw | tr -d '\r' >reply
has '^HTTP/1.[01] 200' cat reply
is this tail -n 1 reply
pass 'chunks are made anew, and taken apart for a client of HTTP/1.0'

# An idle connection is closed by us; a half head is not waited for longer than its limit.
address=$(db "SELECT address FROM flycast WHERE app = 'web'")
idle_now() { [ "$(counter connections_open)" = "$1" ]; }
within 5 idle_now 0
socat -u "TCP6:[$address]:80,bind=[$client]" STDOUT >idle.out &
within 2 idle_now 1
within 5 idle_now 0
wait $!
pass 'a connection without a request is closed after --idle-timeout'

# A client that sent its request, ended its side, waits, and goes: its reset is noticed although nobody reads from it.
request /sleep/100000 | socat -t 100 - "TCP6:[$address]:80,bind=[$client],linger=0" >idle.out &
pid=$!
half() { [ "$(ss -Htn state close-wait src "[$address]" | wc -l)" = 1 ]; }
within 5 half
is 1 counter connections_open
kill -KILL $pid
wait $pid 2>/dev/null || true
within 15 idle_now 0
pass 'the end of a client that only waits is noticed'

stop proxy
