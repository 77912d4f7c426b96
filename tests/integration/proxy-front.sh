# --proxy-from: HAProxy in front of the proxy says who its clients are, and is believed because it is listed.
# shellcheck source=tests/lib/proxy.sh
. "$lib/proxy.sh"
if ! command -v haproxy >/dev/null; then
	echo 'no HAProxy here'
	exit 77
fi
front=2001:db8::f
ip address add "$front/128" dev lo nodad
ip address add 192.0.2.7/32 dev lo
ip address add 198.51.100.7/32 dev lo
for bad in 2001:db8::/129 10.0.0.1/8 '' "$front,"; do
	refuses 2 'proxy-from: .*; for example' flycast-proxy --proxy-from "$bad"
done
world --proxy-from "10.0.0.0/8,$front" --access-log "$dir/access"
cat >/srv/raw <<'SH'
socat TCP-LISTEN:7007,reuseaddr,fork EXEC:cat &
exec /srv/httpd --port 8080
SH
app web --port 80:8080/tcp:http --port 443:8080/tcp:tls:http --port 7:7007/tcp --port 25:7007/tcp:proxy_proto -- sh /srv/raw
fly certs ca >ca.pem
fly networks attach 192.0.2.0/24 --network default >/dev/null
cat >haproxy.cfg <<CFG
defaults
	mode tcp
	source [$front]
	timeout connect 10s
	timeout client 60s
	timeout server 60s
listen text
	bind [$front]:8080
	bind 192.0.2.7:8080
	bind 198.51.100.7:8080
	server s [$address]:80 send-proxy
listen octets
	bind [$front]:8082
	server s [$address]:80 send-proxy-v2 proxy-v2-options crc32c,unique-id
listen secure
	bind [$front]:8443
	server s [$address]:443 send-proxy-v2
listen raw
	bind [$front]:7
	server s [$address]:7 send-proxy
listen both
	bind [$front]:25
	server s [$address]:25 send-proxy-v2
listen nothing
	bind [$front]:8099
	server s [$address]:80
CFG
haproxy -q -f haproxy.cfg >haproxy.log 2>&1 &
haproxy=$!
trap 'kill $haproxy 2>/dev/null || true' EXIT
within 10 fetch -f "$(url)"
within 10 fetch -f "http://[$front]:8080/"

# Who the Machine hears of
told() { fetch --local-port 41000-41999 "$@" | tr -d '\r'; }
for port in 8080 8082; do
	told "http://[$front]:$port/echo" >head
	has "^Fly-Client-IP: $client\$" cat head
	has "^X-Forwarded-For: $client, $address\$" cat head
	has '^Fly-Forwarded-Port: 80$' cat head
done
pass "versions 1 and 2: the Machine hears of HAProxy's client"
told --http2-prior-knowledge "http://[$front]:8082/echo" >head
has "^Fly-Client-IP: $client\$" cat head
told --cacert ca.pem --connect-to "web.flycast:443:[$front]:8443" https://web.flycast/echo >head
has "^Fly-Client-IP: $client\$" cat head
has '^X-Forwarded-Proto: https' cat head
pass 'HTTP/2 and TLS begin behind the header'
within 5 has "client=\[$client\]:41[0-9]{3} address=\[$address\]:80 app=web .* path=\"/echo\"" cat access
pass "the access log has HAProxy's client, with its port"
line() { echo hello | socat -t 20 - "TCP6:[$front]:25,bind=[$client]:40025,reuseaddr" | sed -n 1p | tr -d '\r'; }
is "PROXY TCP6 $client $address 40025 25" line
pass 'a Machine that wants a header itself gets one with that client'

# More than one block goes through HAProxy and splice; nothing of the header does.
head -c 8000000 /dev/urandom >big
socat -t 30 - "TCP6:[$front]:7,bind=[$client]" <big | cmp - big
pass '8 MB both ways behind a header'

# Networks: the client's counts, not the front's.
refusals() { grep -c "refused code=$1 " proxy.log || true; }
through() { curl -s -m 10 -o /dev/null -w '%{http_code}' "$@"; }
is 000 eval 'through --interface $stranger "http://[$front]:8080/" || true'
within 5 grep -q "refused code=PR07 client=$stranger port=80" proxy.log
is 200 through --interface 192.0.2.7 http://192.0.2.7:8080/
is 000 eval 'through --interface 198.51.100.7 http://198.51.100.7:8080/ || true'
within 5 grep -q 'refused code=PR07 client=198.51.100.7 port=80' proxy.log
within 5 grep -q "client=198.51.100.7:.* end=refused code=PR07" access
pass 'a client of another network is turned away; one of an attached IPv4 prefix is not'

# A front that says nothing, or nonsense, or waits.
cat >front.py <<'PY'
import socket, struct, sys, time
front, address, client = sys.argv[1:4]
def dial(source=front, port=80):
    s = socket.create_connection((address, port), 10, (source, 0))
    s.settimeout(10)
    return s
def rest(s):
    got = b''
    try:
        while more := s.recv(65536):
            got += more
    except ConnectionResetError:
        return got + b'RESET'
    return got
def request(path=b'/echo'):
    return b'GET ' + path + b' HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
def client_of(got):
    return [l.split(b': ')[1].decode() for l in got.split(b'\r\n') if l.lower().startswith(b'fly-client-ip')]
text = f'PROXY TCP6 {client} {address} 5000 80\r\n'.encode()
ips = socket.inet_pton(socket.AF_INET6, client) + socket.inet_pton(socket.AF_INET6, address)
sign = b'\r\n\r\n\0\r\nQUIT\n'
octets = sign + b'\x21\x21' + struct.pack('!H', 36) + ips + struct.pack('!HH', 5000, 80)
began = time.monotonic()
half = dial()
half.sendall(text[:-1])
silent = dial()
for header in text, octets:
    # One octet at a time, and all in one segment with what follows.
    s = dial()
    for i in range(len(header)):
        s.sendall(header[i:i + 1])
        if i % 9 == 0:
            time.sleep(0.002)
    s.sendall(request())
    assert client_of(rest(s)) == [client], header
    s = dial()
    s.sendall(header + request())
    assert client_of(rest(s)) == [client], header
# Longest there is, and one too long.
pad = 2048 - 16 - 36 - 3
s = dial()
body = ips + struct.pack('!HH', 5000, 80) + struct.pack('!BH', 4, pad) + b'x' * pad
s.sendall(sign + b'\x21\x21' + struct.pack('!H', len(body)) + body + request())
assert client_of(rest(s)) == [client]
# UNKNOWN, LOCAL and UNSPEC are the front itself, which is in no network.
for header in b'PROXY UNKNOWN\r\n', sign + b'\x20\0\0\0', sign + b'\x21\0\0\0':
    s = dial()
    s.sendall(header + request())
    assert rest(s) == b'RESET', header
for bad in (request(), b'PROXY TCP4 1.2.3.4 5.6.7.8 1 2 3\r\n', b'PROXY TCP6 ' + b'f' * 120,
            octets[:12] + b'\x31' + octets[13:], octets[:13] + b'\x22' + octets[14:],
            sign + b'\x21\x21' + struct.pack('!H', 2048) + b'x' * 64, text + text + request()):
    s = dial()
    s.sendall(bad)
    got = rest(s)
    assert got == b'RESET' or (bad.startswith(text) and b' 400 ' in got), (bad, got)
# Halfway, then the end; and nothing at all, which is nobody's business.
s = dial()
s.sendall(text[:10])
s.shutdown(socket.SHUT_WR)
assert rest(s) == b'RESET'
dial().close()
# From anybody else it is bytes like others.
s = dial(client)
s.sendall(text + request())
assert b' 400 ' in rest(s)
s = dial(client, 7)
s.sendall(text)
s.shutdown(socket.SHUT_WR)
assert rest(s) == text
assert rest(half) == b'RESET' and rest(silent) == b'RESET'
assert time.monotonic() - began > 4
PY
python3 front.py "$front" "$address" "$client" || fail 'front.py'
for why in 'no PROXY header' 'more than 107 octets' 'not two ports' 'neither LOCAL nor PROXY' 'more than 2048 octets' \
	'not TCP over' 'closed in the middle'; do
	grep -q "refused code=PF01 client=$front port=80: .*$why" proxy.log || fail "no refusal that says: $why"
done
is 2 refusals PF02
pass 'a front that begins without a whole header is reset, with the reason in the log, after 5 s of silence at the latest'
is 000 eval 'through --interface $client "http://[$front]:8099/" || true'
pass 'so is one that was listed and sends none'

# LOCAL of a front that is in the network, as HAProxy checks its servers.
fly networks attach "$front/128" --network default >/dev/null
local_ok() {
	printf 'PROXY UNKNOWN\r\nGET /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n' |
		socat -t 10 - "TCP6:[$address]:80,bind=[$front]" | tr -d '\r' | grep -q "^Fly-Client-IP: $front\$"
}
within 5 local_ok
pass 'LOCAL and UNKNOWN mean the connection itself'

# Nobody is woken before the header is there, nor for a client that may not come in.
sleeps stop
socat -u -T 1 OPEN:/dev/null "TCP6:[$address]:7,bind=[$front]" || true
is 000 eval 'through --interface $stranger "http://[$front]:8080/" || true'
in_state stopped || fail 'woken by a front'
is 200 through --interface "$client" "http://[$front]:8080/"
in_state started || fail 'not woken by a client'
pass 'a client behind a front wakes the Machine; a front alone does not'
stop proxy
