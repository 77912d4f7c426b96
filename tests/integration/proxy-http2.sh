# HTTP/2 from clients by prior knowledge, HTTP/1.1 to the Machine: messages both ways, what is refused, floods, the drain.
# shellcheck source=tests/lib/proxy.sh
. "$lib/proxy.sh"
more() { [ "$(counter "$1")" -gt "$2" ]; }
h2() { curl -s -m 10 --http2-prior-knowledge --interface "$client" "$@"; }
world --idle-timeout 2s --queue-timeout 20s --wake-timeout 3s
app web --port 80:8080/tcp:http --concurrency-type requests -- /srv/httpd --port 8080 --body page
within 10 is page fetch "$(url)"

# Sections that are given up, beside a request that lasts: longer than a section may take to come. Looked at below.
flood() { /usr/bin/python3 "$lib/h2_flood.py" "$client" "$address" "$1"; }
from=$(counter requests_total)
flood malformed >beside-malformed &
malformed=$!
flood endless >beside-endless &
endless=$!
within 10 eval '[ $(($(counter requests_total) - from)) -eq 2 ]'

# Messages
is '2 200' h2 -o /dev/null -w '%{http_version} %{http_code}' "$(url)"
h2 -H 'Fly-Client-IP: 1.2.3.4' -H 'X-Forwarded-For: 10.0.0.9' -H 'Cookie: a=1; b=2' -H 'Host: web.flycast' "$(url /echo)" |
	tr -d '\r' >head
has '^GET /echo HTTP/1.1$' cat head
has '^host: web.flycast$' cat head
has '^cookie: a=1; b=2$' cat head
has "^Fly-Client-IP: $client\$" cat head
has "^X-Forwarded-For: 10.0.0.9, $client, $address\$" cat head
has '^Via: 2 fly.io$' cat head
if grep -qE '1\.2\.3\.4' head; then fail "passed on: $(cat head)"; fi
pass 'the Machine gets the HTTP/1.1 request that means the same'

is 20000000 eval 'h2 "$(url /bytes/20000000)" | wc -c'
is '2 200 0' h2 -I -o /dev/null -w '%{http_version} %{http_code} %{size_download}' "$(url /bytes/10)"
before=$(counter connections_total)
h2load -n 5000 -c 2 -m 50 -H ':authority: web' "$(url /bytes/100)" >load
has '^requests: .* 5000 succeeded, 0 failed' cat load
is 2 eval 'echo $(($(counter connections_total) - before))'
pass 'large responses, HEAD, and thousands of requests over two connections'

# Bodies and trailers; the Machine sleeps while the body comes.
cat >/srv/digest <<'DIGEST'
#!/usr/bin/python3
import hashlib, sys
def line():
    return sys.stdin.buffer.readline().decode().strip()
length, chunked = 0, False
while True:
    name, _, value = line().lower().partition(': ')
    if not name:
        break
    if name == 'content-length':
        length = int(value)
    chunked |= name == 'transfer-encoding'
digest, trailers = hashlib.sha256(), []
if chunked:
    while size := int(line(), 16):
        digest.update(sys.stdin.buffer.read(size))
        line()
    while field := line():
        trailers.append(field)
else:
    digest.update(sys.stdin.buffer.read(length))
body = digest.hexdigest()
sys.stdout.write('HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n')
sys.stdout.write('HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n' % (len(body), body))
sys.stdout.write('0\r\nX-Trailers: %s\r\nContent-Length: 5\r\n\r\n' % ','.join(trailers))
DIGEST
chmod 755 /srv/digest
app digest --port 80:8080/tcp:http -- socat TCP-LISTEN:8080,reuseaddr,fork,backlog=64 EXEC:/srv/digest
head -c 3000000 /dev/urandom >upload
digest=$(sha256sum <upload | cut -d' ' -f1)
within 10 is "$digest" h2 --data-binary @upload "$(url)"
sleeps stop
is "$digest" h2 --data-binary @upload "$(url)"
is "$digest" eval 'h2 -T - "$(url)" <upload'
is "$digest" h2 -H 'Expect: 100-continue' --data-binary @upload "$(url)"
pass 'bodies with and without a length, while the Machine wakes'
nghttp -v --no-dep --no-content-length -d upload --trailer 'x-one: 1' --trailer 'host: forged' -H 'te: trailers' "$(url)" >frames 2>&1
has 'recv \(stream_id=[0-9]*\) :status: 103' sed 's/\x1b\[[0-9;]*m//g' frames
has 'recv \(stream_id=[0-9]*\) x-trailers: x-one: 1$' sed 's/\x1b\[[0-9;]*m//g' frames
if grep -q 'content-length: 5' frames; then fail 'a trailer that frames was passed on'; fi
nghttp -v --no-dep -d upload --trailer 'x-one: 2' -H 'trailer: x-one' "$(url)" >frames 2>&1
has '^ +content-length: [0-9]+$' sed 's/\x1b\[[0-9;]*m//g' frames
has 'recv \(stream_id=[0-9]*\) x-trailers: x-one: 2$' sed 's/\x1b\[[0-9;]*m//g' frames
pass 'trailers both ways, with a length when they are announced, and interim responses'

# A WebSocket
cat >/srv/websocket <<'PYTHON'
#!/usr/bin/python3
import base64, sys
fields = {}
while line := sys.stdin.buffer.readline().decode().strip():
    name, _, value = line.lower().partition(': ')
    fields[name] = value
asked = fields.get('upgrade') == 'websocket' and fields.get('connection') == 'upgrade'
assert asked and len(fields['sec-websocket-key']) == 24 and fields['sec-websocket-version'] == '13', fields
sys.stdout.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n')
sys.stdout.write('hello ')
sys.stdout.flush()
sys.stdout.write(sys.stdin.buffer.read().decode())
PYTHON
chmod 755 /srv/websocket
app ws --port 80:8080/tcp:http -- socat -t 5 TCP-LISTEN:8080,reuseaddr,fork,backlog=64 EXEC:/srv/websocket
websocket() { /usr/bin/python3 "$lib/h2_websocket.py" "$client" "$address" "$1"; }
within 10 is '200 hello again!' websocket again
sleeps stop
is '200 hello again!' websocket again
address=$(db "SELECT address FROM flycast WHERE app = 'web'")
[ "$(websocket again | cut -c1-4)" != '200 ' ] || fail 'a Machine that answers without 101 is taken for a WebSocket'
pass 'a WebSocket over HTTP/2 is one over HTTP/1.1 to the Machine'

# Over TLS
app safe --port 443:8080/tcp:tls:http -- /srv/httpd --port 8080 --body page
fly certs ca >ca.pem
tls() { fetch --cacert ca.pem --resolve "safe.flycast:443:[$address]" "$@"; }
within 10 is '2 200' tls -o /dev/null -w '%{http_version} %{http_code}' https://safe.flycast/
is '1.1 200' tls --http1.1 -o /dev/null -w '%{http_version} %{http_code}' https://safe.flycast/
tls https://safe.flycast/echo | tr -d '\r' >head
has '^X-Forwarded-Proto: https$' cat head
has '^Via: 2 fly.io$' cat head
is 20000000 eval 'tls https://safe.flycast/bytes/20000000 | wc -c'
address=$(db "SELECT address FROM flycast WHERE app = 'web'")
pass 'over TLS, by ALPN'

# Refusals are responses
app deaf --port 80:8080/tcp:http -- sleep 1000
h2 -D reply -o /dev/null "$(url)"
has '^HTTP/2 502' tr -d '\r' <reply
has '^flycast-error: P[CM]0' tr -d '\r' <reply
address=$(db "SELECT address FROM flycast WHERE app = 'web'")
is 400 h2 -H 'Host: a:b:c' -o /dev/null -w '%{http_code}' "$(url)"
is 431 h2 -H "X: $(printf '%020000d' 0)" -o /dev/null -w '%{http_code}' "$(url)"
refused PH01
pass 'refusals are responses with their code'

# Who gives up leaves the queue, and the place at the Machine.
app narrow --port 80:8080/tcp:http --hard-limit 1 --soft-limit 1 -- /srv/httpd --port 8080 --body page
within 10 is page h2 "$(url)"
before=$(counter waits_total)
nghttp -n -m 5 "$(url /sleep/8000)" >/dev/null 2>&1 &
within 5 eval '[ $(($(counter waits_total) - before)) -ge 4 ]'
kill $!
is page h2 -m 4 "$(url)"
pass 'what a client gave up waits no longer'
address=$(db "SELECT address FROM flycast WHERE app = 'web'")

# Floods
for kind in ping settings priority empty-data window made-reset; do is 'goaway 11' flood "$kind"; done
refused PH04
has 'goaway 11|goaway 2' flood reset
has 'goaway|closed' flood continuation
is answered flood head
is alive flood unknown
is page h2 "$(url)"
pass 'floods end their connection, and nobody else notices'

# What is not read is not asked for: the Machine stops, and so does our memory.
proxy_pid=$(pid_of proxy)
resident() { awk '$1 == "VmRSS:" { print $2 }' "/proc/$proxy_pid/status"; }
before=$(resident)
from=$(counter responses_total)
curl -s --http2-prior-knowledge --interface "$client" --limit-rate 20k -o slow "$(url /bytes/300000000)" &
within 5 more responses_total "$from"
within 5 eval '[ "$(wc -c <slow)" -gt 20000 ]'
[ $(($(resident) - before)) -lt 20000 ] || fail "memory grew from $before to $(resident) KB"
kill $!
pass 'a client that reads slowly costs little'

# The Machine answers before it has the request, as many do that refuse one. curl 7.88 stops listening then, and takes a reset
# for a failure.
truncate -s 1M body
for _ in 1 2 3 4 5; do is page h2 -H 'Expect:' --data-binary @body "$(url)"; done
early() { python3 "$lib/h2_early.py" "$client" "$address" "$@"; }
# Whether the octet that was sent is given back too is a matter of when it is read.
within 5 eval 'early 1000000 | paste -sd" " | grep -qE "^answered, window (999999|1000000) reset 0$"'
is 'answered, window 0
reset 0' early
is 'answered, window 0
reset 0' early 5000000000
pass 'an answer before the end of the request arrives; the rest is let in when it is not much'

# A client that does not read has a frame of a stream on its way; the Machine's end takes away what it was to be filled with.
cat >/srv/flood.py <<'PYTHON'
import socket, struct
listener = socket.create_server(("0.0.0.0", 8080))
while True:
    sock = listener.accept()[0]
    sock.recv(65536)
    sock.sendall(b"HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\n")
    sock.settimeout(1)
    try:
        while True:
            sock.sendall(bytes(1 << 16))
    except OSError: # nobody takes it
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.close()
PYTHON
web=$address
app flood --port 80:8080/tcp:http -- /usr/bin/python3 /srv/flood.py
before=$(counter connection_seconds_count)
mkfifo go
/usr/bin/python3 "$lib/h2_stalled.py" "$client" "$address" <go >stalled &
exec 7>go
within 10 has open cat stalled
within 15 more connection_seconds_count "$before"
echo >&7
within 10 has 'ended 2' cat stalled
exec 7>&-
address=$web
pass 'a stream that ends while its client does not read takes nobody with it'

wait "$malformed" "$endless"
is answered cat beside-malformed
is answered cat beside-endless
pass 'a section that is no good ends its stream only'

# The drain
from=$(counter requests_total)
h2 "$(url /sleep/1500)" >answer &
request=$!
within 5 more requests_total "$from"
stop proxy
wait "$request"
is page cat answer
pass 'a request under way ends well when the proxy drains'
