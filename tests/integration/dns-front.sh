# What a front passes on is answered as its header says, over UDP and TCP; nobody else's header is believed.
# shellcheck source=tests/lib/dns.sh
. "$lib/dns.sh"
one=fdaa:0:1:ffff:0:1:0:2 two=fdaa:0:2:ffff:0:1:0:2 front=fd00::f
for a in $one $two $front fdaa::3; do client "$a"; done
fly init >/dev/null
fly orgs create acme >/dev/null
fly apps create web >/dev/null
fly apps create shop --org acme >/dev/null
fly ips allocate-v6 --private -a web >/dev/null
fly ips allocate-v6 --private -a web --org acme >/dev/null
fly networks attach 192.0.2.0/24 --org acme >/dev/null
in_one=$(db "SELECT address FROM flycast WHERE app = 'web' AND org = 'personal'")
in_two=$(db "SELECT address FROM flycast WHERE app = 'web' AND org = 'acme'")
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=ns -keyout "$dir/dot.key" \
	-out "$dir/dot.pem" 2>/dev/null
dns --threads 2 --proxy-from $front --tcp-clients-per-source 5 --metrics '[::1]:9153' \
	--tls-listen '[::1]:0' --tls-cert "$dir/dot.pem" --tls-key "$dir/dot.key"
port=$(sed -n 's/.* ready listen=[^ ]*:\([0-9]*\) .*/\1/p' "$dir/dns.log")
tls_port=$(sed -n 's/.* tls=[^ ]*:\([0-9]*\) .*/\1/p' "$dir/dns.log")
dropped() { curl -s 'http://[::1]:9153/metrics' | sed -n "s/^flycast_dns_dropped_total{reason=\"$1\"} //p"; }

# by SOURCE CLIENT DESTINATION NAME [FLAGS...]: what kdig is told when it says that it asks for somebody.
by() {
	local source=$1 header=$2-$3 name=$4
	shift 4
	kdig +short +retry=0 +timeout=2 -p "$port" -b "$source" "@::1" "+proxy=$header" "$@" AAAA "$name"
}
code() {
	local source=$1 header=$2-$3 name=$4
	shift 4
	kdig +retry=0 +timeout=2 -p "$port" -b "$source" "@::1" "+proxy=$header" "$@" AAAA "$name" | sed -n 's/.*status: \([A-Z]*\);.*/\1/p'
}
for way in +notcp +tcp; do
	is "$in_one" by $front "$one#7" fdaa::3#53 web.flycast $way
	is "$in_two" by $front "$two#7" fdaa::3#53 web.flycast $way
	is "$in_two" by $front 192.0.2.9#7 192.0.2.1#53 web.flycast $way
	is NXDOMAIN code $front "$one#7" fdaa::3#53 shop.internal $way
	is NOERROR code $front "$two#7" fdaa::3#53 shop.internal $way
	is REFUSED code $front 198.51.100.1#7 192.0.2.1#53 web.flycast $way
	is REFUSED code $front "$one#7" fdaa:0:2::3#53 web.flycast $way # of another network's server
	is "$in_two" by $front "$two#7" fdaa:0:2::3#53 web.flycast $way
done
pass "a front's client sees its own network's names and no other's, over UDP and TCP"

# From elsewhere a header is no header: no answer, and counted. So is a front's question without one.
silent() { ! dig +tries=1 +timeout=1 -p "$port" -b "$1" @::1 AAAA web.flycast "${@:2}" >/dev/null; }
strange() { ! kdig +retry=0 +timeout=1 -p "$port" -b $two @::1 "+proxy=$one#7-fdaa::3#53" "$@" AAAA web.flycast >/dev/null 2>&1; }
strange || fail "a stranger's header was believed"
is 1 dropped proxy-stray
strange +tcp || fail "a stranger's header was believed over TCP"
is 2 dropped proxy-stray
silent $front || fail "a front without a header was answered"
is 1 dropped proxy-bad
silent $front +tcp || fail "a front without a header was answered over TCP"
is 2 dropped proxy-bad
is "$in_two" ask $two AAAA web.flycast
pass "who is no front has no header that counts, a front has nothing else"

cat >"$dir/front.py" <<'PY'
import socket, ssl, struct, sys
front, one, port, tls_port = *sys.argv[1:3], int(sys.argv[3]), int(sys.argv[4])
sign = b'\r\n\r\n\0\r\nQUIT\n'
ask = struct.pack('!6H', 7, 0x100, 1, 0, 0, 0) + b'\3web\7flycast\0\0\x1c\0\1'
ips = socket.inet_pton(socket.AF_INET6, one) + socket.inet_pton(socket.AF_INET6, 'fdaa::3')
ports = struct.pack('!HH', 4711, 53)
def of(client):
    return socket.inet_pton(socket.AF_INET6, client) + ips[16:] + ports
def header(command=0x21, family=0x22, body=ips + ports):
    return sign + bytes([command, family]) + struct.pack('!H', len(body)) + body
rcode = lambda p: p[3] & 15
u = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
u.bind((front, 0))
u.connect(('::1', port))
u.settimeout(20)
def told(datagram):
    u.send(datagram)
    return rcode(u.recv(4096))
# With TLVs, of a stream, with a client's port that nobody knows; what is behind the header is a question like others.
tlv = struct.pack('!BH', 4, 200) + bytes(200)
assert told(header(body=ips + ports + tlv) + ask) == 0
assert told(header(family=0x21) + ask) == 0
assert told(header(body=ips + bytes(4)) + ask) == 0
assert told(header() + ask[:-1]) == 1
# LOCAL is the front itself, which is in no network.
assert told(header(command=0x20) + ask) == 5
assert told(header(command=0x20, family=0, body=b'') + ask) == 5
bad = [b'', sign, header()[:20], header()[:-1], header(command=0x11) + ask, header(command=0x22) + ask,
       header(family=0x31) + ask, header(body=ips) + ask, b'PROXY UDP6 ' + one.encode() + b' fdaa::3 4711 53\r\n' + ask,
       b'PROXY TCP6 ' + one.encode() + b' fdaa::3 4711 53\r\n' + ask, header(body=ips + ports + b'\1\0') + ask,
       sign + b'\x21\x22\xff\xff' + ips + ports + ask, ask]
for datagram in bad:
    u.send(datagram)
u.send(header()) # and a header with no question
assert told(header() + ask) == 0
u.setblocking(False)
try:
    print('an answer to', u.recv(4096))
except BlockingIOError:
    print(len(bad))
def dial(port=port):
    t = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
    t.bind((front, 0))
    t.connect(('::1', port))
    t.settimeout(20)
    t.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return t
def answer(t):
    want = struct.unpack('!H', t.recv(2, socket.MSG_WAITALL))[0]
    return t.recv(want, socket.MSG_WAITALL)
message = struct.pack('!H', len(ask)) + ask
for steps in ([header() + message * 3], [bytes([b]) for b in header() + message * 3], [header(), message * 3]):
    t = dial()
    for step in steps:
        t.sendall(step)
    for _ in range(3):
        assert rcode(answer(t)) == 0
    t.shutdown(socket.SHUT_WR)
    assert t.recv(1) == b''
for nonsense in (message, header(command=0x11), b'PROXY TCP6 ' + one.encode() + b' fdaa::3 4711 53\r\n' + message):
    t = dial()
    t.sendall(nonsense)
    try:
        assert t.recv(1) == b'', nonsense
    except ConnectionResetError:
        pass
# Before TLS the header stands in the open.
context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
for steps in ([header()], [bytes([b]) for b in header()]):
    t = dial(tls_port)
    for step in steps:
        t.sendall(step)
    t = context.wrap_socket(t)
    t.sendall(message)
    assert rcode(t.recv(4096)[2:]) == 0
    t.close()
# Connections are counted as their clients', not as the front's: five of each.
open_ones = []
for client in 'fdaa:0:1:ffff:0:7:0:2', 'fdaa:0:1:ffff:0:8:0:2':
    for n in range(6):
        t = dial()
        t.sendall(header(body=of(client)) + message)
        got = t.recv(2, socket.MSG_WAITALL) if n < 5 else None
        if n == 5:
            try:
                assert t.recv(1) == b'', 'a sixth connection'
            except ConnectionResetError:
                pass
        assert n == 5 or len(got) == 2, (client, n)
        open_ones.append(t)
for t in open_ones:
    t.close()
t = dial() # nothing, and half of a header
t.close()
t = dial()
t.sendall(header()[:20])
t.close()
PY
bad=$(dropped proxy-bad)
told=$(python3 "$dir/front.py" $front $one "$port" "$tls_port") || fail 'front.py'
within 5 is $((bad + told + 4)) dropped proxy-bad # and three connections with nonsense, one with half a header
pass "every whole header is read, in pieces and before TLS, too, and a front that says anything else is not answered"

# dnsdist in front: clients of two networks ask it, the responder sees them as they are.
cat >"$dir/dnsdist.conf" <<CONF
setLocal('[$front]:5300')
setACL({'::/0', '0.0.0.0/0'})
newServer({address='[::1]:$port', source='$front', useProxyProtocol=true, checkInterval=1})
CONF
dnsdist --supervised --disable-syslog -C "$dir/dnsdist.conf" >"$dir/dnsdist.log" 2>&1 &
dist=$!
through() {
	local source=$1
	shift
	dig +short +tries=1 +timeout=2 -p 5300 -b "$source" "@$front" "$@" AAAA web.flycast
}
within 20 is "$in_one" through $one
is "$in_two" through $two
is "$in_one" through $one +tcp
is "$in_two" through $two +tcp
kill $dist
wait $dist || true
pass "dnsdist passes on whose question it is, over UDP and TCP"
stop dns
