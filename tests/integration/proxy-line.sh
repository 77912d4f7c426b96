# Handler proxy_proto, and ranges of ports: what a Machine reads first is who connected, and to which port.
# shellcheck source=tests/lib/proxy.sh
. "$lib/proxy.sh"
world --wake-timeout 5s
# Says what its first read of each connection was, in hexadecimal after the text.
cat >/srv/first <<'FIRST'
#!/usr/bin/env python3
import socket, sys, threading
def serve(s):
    got = s.recv(65536)
    s.sendall(got.hex().encode() + b' ' + got.split(b'\r\n')[0] + b'\n')
    while s.recv(65536):
        pass
    s.close()
listener = socket.create_server(('0.0.0.0', int(sys.argv[1])), backlog=64)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],)).start()
FIRST
chmod 755 /srv/first
app lines --port 25:2500/tcp:proxy_proto --port 20000-20200:2500/tcp:proxy_proto --port 26:2600/tcp:proxy_proto -- \
	sh -c '/srv/first 2500 & /srv/first 2600 & wait'
dial() { socat -t 20 - "TCP6:[$address]:$1,bind=[$client]:${2:-0},reuseaddr"; }
hex() { od -An -v -tx1 | tr -d ' \n'; }
within 10 eval 'echo | dial 25 | grep -q PROXY'

is "PROXY TCP6 $client $address 40001 25" eval 'dial 25 40001 </dev/null | cut -d" " -f2-'
pass 'the line comes before the client has said a word'

for port in 20000 20077 20200; do
	is "PROXY TCP6 $client $address 40003 $port" eval 'printf hello | dial $port 40003 | cut -d" " -f2-'
done
refuses 1 'refused' dial 20201 </dev/null
pass 'every port of a range leads to the Machine, which is told the one that was dialled; the next is closed'

# Asleep: what the client sends meanwhile comes behind the line, in one piece with it.
sleeps stop
line="PROXY TCP6 $client $address 40004 25"
kill -STOP "$(pid_of agent)" # until all that the client sends is here
printf hello | dial 25 40004 >held &
pid=$!
arrived() { [ "$(ss -Htn state close-wait src "[$address]" | wc -l)" = 1 ]; }
within 1 arrived
kill -CONT "$(pid_of agent)"
wait $pid
is "$(printf '%s\r\nhello' "$line" | hex) $line" cat held
pass 'after a wake the line and the first bytes of the client arrive together'

# Version 2, as soon as the option says so.
edit "UPDATE service_port SET options = '{\"proxy_proto_options\":{\"version\":\"v2\"}}' WHERE start_port = 26"
head2() { python3 -c 'import socket, sys
print((b"\r\n\r\n\0\r\nQUIT\n\x21\x21\0\x24" + b"".join(socket.inet_pton(socket.AF_INET6, a) for a in sys.argv[1:3])
	+ b"".join(int(p).to_bytes(2, "big") for p in sys.argv[3:5])).hex())' "$@"; }
want=$(head2 "$client" "$address" 40005 26)
tells_octets() { [ "$(printf hello | dial 26 40005 | cut -c1-104)" = "$want" ]; }
within 5 tells_octets
pass 'version 2 by the option of the port'

# Two Machines, one of which takes nothing: the one that does gets one line, whole.
fly machine run -a lines --name deaf --port 25:2500/tcp:proxy_proto -- sleep 1000 >/dev/null
for i in 1 2 3 4 5 6 7 8; do
	is "PROXY TCP6 $client $address 4010$i 25" eval 'printf hello | dial 25 4010$i | cut -d" " -f2-'
done
pass 'the line is sent again to the next Machine when one refuses the connection'
stop proxy
