# fly-replay for clients that speak HTTP/2 and TLS, for Machines that speak HTTP/2, for WebSockets, and for clients that go
# in the middle of it.
# shellcheck source=tests/lib/proxy.sh
. "$lib/proxy.sh"
# shellcheck source=tests/lib/replay.sh
. "$lib/replay.sh"
world
router
cp "$lib/h2_frames.py" /srv/

# A Machine that speaks HTTP/2 alone: sends every request on (its first argument is what fly-replay says), or, without one,
# says how much of a body came.
cat >/srv/two.py <<'PYTHON'
import os, socket, sys, threading
from h2_frames import DATA, END_HEADERS, END_STREAM, HEADERS, PING, ACK, SETTINGS, WINDOW, fields, frame, next_frame, receive

def serve(sock):
    bodies = {}
    receive(sock, len(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))
    sock.sendall(frame(SETTINGS, 0, 0))
    while True:
        kind, flags, stream, payload = next_frame(sock)
        if kind in (SETTINGS, PING) and not flags & ACK:
            sock.sendall(frame(kind, ACK, 0, payload if kind == PING else b""))
        if kind == DATA and payload:
            bodies[stream] = bodies.get(stream, 0) + len(payload)
            more = len(payload).to_bytes(4, "big")
            sock.sendall(frame(WINDOW, 0, 0, more) + frame(WINDOW, 0, stream, more))
        if kind in (HEADERS, DATA) and flags & END_STREAM:
            if len(sys.argv) > 1:
                sock.sendall(frame(HEADERS, END_HEADERS | END_STREAM, stream, fields((":status", "409"), ("fly-replay", sys.argv[1]))))
            else:
                text = "Machine: %s\nOctets: %d\n" % (os.environ["FLY_MACHINE_ID"], bodies.pop(stream, 0))
                sock.sendall(frame(HEADERS, END_HEADERS, stream, fields((":status", "200"))) + frame(DATA, END_STREAM, stream, text.encode()))

def quietly(sock):
    try:
        serve(sock)
    except (EOFError, OSError):
        sock.close()

listener = socket.create_server(("0.0.0.0", 8080), backlog=64)
while True:
    threading.Thread(target=quietly, args=(listener.accept()[0],), daemon=True).start()
PYTHON
two() { # APP [REPLAY]
	fly machine run -a "$1" --name two --port 80:8080/tcp:http -- /usr/bin/python3 /srv/two.py ${2:+"$2"} >/dev/null
	edit "UPDATE service_port SET options = '{\"http_options\":{\"h2_backend\":true}}'
		WHERE machine IN (SELECT id FROM machine WHERE name = 'two')"
	db "SELECT id FROM machine WHERE app = '$1' AND name = 'two'"
}
for name in web user new on chat socket; do fly apps create $name >/dev/null; done
for name in web on chat; do fly ips allocate-v6 --private -a $name >/dev/null; done
address_of() { db "SELECT address FROM flycast WHERE app = '$1'"; }
address=$(address_of web)
web=$(machine web one --port 443:8080/tcp:tls:http)
user=$(machine user one --port 443:8080/tcp:tls:http)
new=$(two new)
two on app=new >/dev/null
fly certs ca >ca.pem
head -c 900000 /dev/urandom >body
sum=$(sha256sum <body)
ask() { fetch --cacert ca.pem --resolve "web.flycast:443:[$address]" -D reply "$@" | tr -d '\r' >seen; }
answers() { ask "$@" && [ "$(of Machine)" = "$web" ]; }
within 10 answers https://web.flycast/

for how in --http1.1 --http2; do
	ask $how https://web.flycast/path -H 'X-Say: app=user' -H 'Expect:' --data-binary @body
	is "$user ${sum%% *}" echo "$(of Machine) $(of Body)"
	is 'https on' echo "$(of X-Forwarded-Proto) $(of X-Forwarded-SSL)"
	has '^HTTP/(1.1|2) 200' cat reply
	if grep -qiE 'fly-replay|x-router' reply; then fail "the client sees it: $(cat reply)"; fi
done
ask --http2 https://web.flycast/ -T - -H 'X-Say: app=user' <body
is "$user" of Machine
ask --http2-prior-knowledge "$(url)" -H 'X-Say: app=user' -H 'X-Again: 1' -X POST
has '^HTTP/2 502' cat reply
has '^PA02' cat seen
pass 'over TLS and HTTP/2, with bodies of known and unknown length, and loops'

works() { fetch "http://[$(address_of on)]/" "$@" >seen && [ "$(of Machine)" = "$new" ]; }
within 10 works
for how in --http1.1 --http2-prior-knowledge; do
	works $how -H 'Expect:' --data-binary @body || fail "no answer: $(cat seen)"
	is 900000 of Octets
	ask $how "$(url)" -H 'X-Say: app=new' -H 'Expect:' --data-binary @body
	is "$new 900000" echo "$(of Machine) $(of Octets)"
done
# A body of unknown length stands in chunks here and not there; what was sent of it cannot be sent again.
is 502 fetch -o seen -w '%{http_code}' "$(url)" -H 'X-Say: app=new' -T - <body
has '^PA01' cat seen
is 502 fetch -o seen -w '%{http_code}' "$(url)" -H 'X-Say: app=nobody' --http2-prior-knowledge
has '^PA04' cat seen
pass 'from and to Machines that speak HTTP/2'

# A remembered replay to a Machine that refuses the stream once it has the body, and then takes no connection: the app's own
# Machine speaks HTTP/1.1 and would read chunks where there are none.
cat >/srv/closing.py <<'PYTHON'
import signal, socket
from h2_frames import DATA, END_HEADERS, END_STREAM, HEADERS, RST, SETTINGS, fields, frame, next_frame, receive

REFUSED_STREAM = (7).to_bytes(4, "big")
listener = socket.create_server(("0.0.0.0", 8080), backlog=0)
crowd = []

def serve(sock):
    receive(sock, len(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))
    sock.sendall(frame(SETTINGS, 0, 0))
    while True:
        kind, flags, stream, payload = next_frame(sock)
        if kind == HEADERS and flags & END_STREAM:
            sock.sendall(frame(HEADERS, END_HEADERS | END_STREAM, stream, fields((":status", "204"))))
        if kind == DATA and payload:
            for _ in range(3):
                crowd.append(socket.socket())
                crowd[-1].setblocking(False)
                crowd[-1].connect_ex(("127.0.0.1", 8080))
            sock.sendall(frame(RST, 0, stream, REFUSED_STREAM))

while True:
    try:
        serve(listener.accept()[0])
    except (EOFError, OSError):
        if crowd:
            break
signal.pause()
PYTHON
fly apps create closing >/dev/null
fly machine run -a closing --name two --port 80:8080/tcp:http -- /usr/bin/python3 /srv/closing.py >/dev/null
edit "UPDATE service_port SET options = '{\"http_options\":{\"h2_backend\":true}}' WHERE machine IN (SELECT id FROM machine WHERE app = 'closing')"
remembers() {
	fetch -o /dev/null "$(url /c/)" -H 'X-Say: app=closing' -H 'X-Also: fly-replay-cache: /c/*|fly-replay-cache-ttl-secs: 60'
	is 204 fetch -o seen -w '%{http_code}' "$(url /c/)"
}
within 10 remembers
printf '0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n' >chunk
fetch -o seen "$(url /c/x)" -T - <chunk
has '^PC05' cat seen
is "$web" eval 'fetch "$(url /c/x)" | tr -d "\r" >seen; of Machine'
pass 'what was sent of a body without chunks is not sent to who wants chunks'

# The Machine that sends it on must not upgrade; the next one does.
cat >/srv/on <<'ON'
#!/bin/bash
while IFS= read -r line && [ "$line" != $'\r' ]; do :; done
printf 'HTTP/1.1 409 No\r\nfly-replay: app=socket\r\nContent-Length: 0\r\n\r\n'
sleep 0.05
ON
cat >/srv/socket <<'SOCKET'
#!/bin/bash
while IFS= read -r line && [ "$line" != $'\r' ]; do
	case ${line,,} in upgrade:*websocket*) asked=1 ;; esac
done
[ "$asked" ] || exit
printf 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\nhello '
exec cat
SOCKET
chmod 755 /srv/on /srv/socket
for name in chat:on socket:socket; do
	fly machine run -a "${name%:*}" --name one --port 80:8080/tcp:http -- socat -t 5 TCP-LISTEN:8080,reuseaddr,fork,backlog=64 "EXEC:/srv/${name#*:}" >/dev/null
done
chat=$(address_of chat)
websocket() { /usr/bin/python3 "$lib/h2_websocket.py" "$client" "$chat" again; }
within 10 is '200 hello again!' websocket
old() {
	{
		printf 'GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n'
		sleep 0.3
		printf again
	} | socat -t 5 - "TCP6:[$chat]:80,bind=[$client]" | tail -n 1
}
is 'hello again' old
pass 'a WebSocket opens at the Machine it was sent on to, over HTTP/1.1 and HTTP/2'

# Clients that go at any moment of it, while the target sleeps, is woken, answers.
for turn in 1 2 3; do
	fly machine stop "$user" >/dev/null
	within 5 is_in_rest "$user"
	for ms in 001 005 010 020 040 080 160 320; do
		for how in --http1.1 --http2; do
			fetch -m "0.$ms" --cacert ca.pem --resolve "web.flycast:443:[$address]" $how https://web.flycast/ \
				-H "X-Say: app=user;timeout=${turn}00ms;fallback=prefer_self" -H 'Expect:' --data-binary @body >/dev/null &
		done
	done
	wait_for=$(jobs -pr | grep -vxF "$(cat "$dir"/*.pid)") || wait_for=
	for pid in $wait_for; do wait "$pid" || :; done
done
ask https://web.flycast/ -H 'X-Say: app=user' --data-binary @body
is "$user ${sum%% *}" echo "$(of Machine) $(of Body)"
none_open() { [ "$(counter connections_open)" -eq 0 ]; }
within 10 none_open
pass 'clients that go in the middle of it leave nothing behind'

stop proxy
