# DNS over TLS: real clients, pieces and pipelines, only TLS on that port, tickets, certificates that change, limits.
# shellcheck source=tests/lib/dns.sh
. "$lib/dns.sh"
one=fdaa:0:1:ffff:0:1:0:2
client $one
fly init >/dev/null
fly apps create web >/dev/null
fly networks attach ::1/128 >/dev/null
fly networks attach 127.0.0.1/32 >/dev/null
fly ips allocate-v6 --private -a web >/dev/null
answer=fdaa:0:1:0:1::2
cd "$dir"

# certificate NAME SUBJECT: NAME.pem and NAME.key, signed by ca.pem
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=authority \
	-keyout ca.key -out ca.pem 2>/dev/null
certificate() {
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$2" -addext "subjectAltName=DNS:$2" \
		-keyout "$1.key" -out "$1.csr" 2>/dev/null
	openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key -days 2 -copy_extensions copy -out "$1.pem" 2>/dev/null
}
# put NAME: that certificate becomes the server's, by renaming, key last
put() {
	cp "$1.pem" new.pem && cp "$1.key" new.key
	mv new.pem dot.pem && mv new.key dot.key
}
certificate first ns.first
certificate second ns.second
put first

refuses 2 'each takes the other two' flycast-dns --registry "$registry" --tls-listen '[::1]:853'
refuses 2 'each takes the other two' flycast-dns --registry "$registry" --tls-cert dot.pem --tls-key dot.key
refuses 1 'cannot use the certificate for TLS: none.pem: No such file' \
	flycast-dns --registry "$registry" --listen '[::1]:0' --tls-listen '[::1]:0' --tls-cert none.pem --tls-key dot.key
refuses 1 'cannot use the certificate for TLS: dot.pem, second.key: ' \
	flycast-dns --registry "$registry" --listen '[::1]:0' --tls-listen '[::1]:0' --tls-cert dot.pem --tls-key second.key
pass 'a certificate that cannot be used is told at the start'

tls() { # FLAGS...: starts it; $tls_port
	dns --tls-listen ':0' --tls-cert dot.pem --tls-key dot.key --metrics '[::1]:9153' "$@"
	tls_port=$(sed -n 's/.* tls=[^ ]*:\([0-9]*\).*/\1/p' "$dir/dns.log" | tail -n 1)
}
counter() { curl -s 'http://[::1]:9153/metrics' | sed -n "s/^flycast_dns_$1 //p"; }
tls --threads 2
dot() { kdig +short +retry=0 +timeout=10 -p "$tls_port" @::1 "$@"; }

is $answer dot +tls AAAA web.flycast
is $answer dot +tls-ca=ca.pem +tls-hostname=ns.first AAAA web.flycast
wrong_name() { ! dot +tls-ca=ca.pem +tls-hostname=ns.second AAAA web.flycast 2>&1; }
has 'Error in the certificate' wrong_name
has NXDOMAIN kdig +tls +retry=0 -p "$tls_port" @::1 AAAA nothing.flycast
is $answer kdig +short +tls +retry=0 -p "$tls_port" @127.0.0.1 AAAA web.flycast
pass 'kdig, over IPv6 and IPv4, with the name checked'

say() { openssl s_client -connect "[::1]:$tls_port" "$@" </dev/null 2>&1 || true; }
has 'ALPN protocol: dot' say -alpn dot
has 'ALPN protocol: dot' say -alpn h2,dot
has 'no application protocol' say -alpn h2
has 'Protocol *: TLSv1.3|New, TLSv1.3' say
has 'New, TLSv1.2' say -tls1_2
has 'alert protocol version|unsupported protocol|no protocols available' say -tls1_1 -cipher DEFAULT@SECLEVEL=0
pass 'ALPN dot, TLS 1.2 and 1.3, nothing older'

cat >wire.py <<'PY'
"""wire.py PORT WORK: questions for web.flycast over TLS, ids from 1 on; prints what came back."""
import socket, ssl, struct, sys, time
port, work = int(sys.argv[1]), sys.argv[2]
context = ssl.create_default_context(cafile='ca.pem')
context.check_hostname = False
tail = b'\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03web\x07flycast\x00\x00\x1c\x00\x01'
question = lambda i: struct.pack('!HH', 2 + len(tail), i) + tail

def dial():
    return context.wrap_socket(socket.create_connection(('::1', port), timeout=30))

def answers(s, most):
    ids, octets = [], b''
    while len(ids) < most:
        piece = s.recv(65536)
        if not piece:
            break
        octets += piece
        while len(octets) >= 2 and len(octets) >= 2 + (octets[0] << 8 | octets[1]):
            length = octets[0] << 8 | octets[1]
            ids.append(octets[2] << 8 | octets[3])
            octets = octets[2 + length:]
    return ids

if work == 'pipeline':
    s = dial()
    s.sendall(b''.join(question(i) for i in range(1, 5001)))
    got = answers(s, 5000)
    print('in order' if got == list(range(1, 5001)) else f'{len(got)} {got[:5]}')
elif work == 'octets':
    s = dial()
    for octet in question(7):
        s.sendall(bytes([octet]))
    print(answers(s, 1))
elif work == 'end':  # close_notify right behind the questions
    s = dial()
    s.sendall(question(1) + question(2))
    try:
        s.unwrap().close()
        print('closed')
    except (ssl.SSLError, OSError) as e:  # data before its close_notify: what we want
        print('answered' if 'application data' in str(e) or 'APPLICATION_DATA' in str(e) else e)
elif work == 'deaf':  # asks without end and reads nothing; how much was taken
    s = dial()
    s.settimeout(1)
    sent = 0
    try:
        while sent < 50_000_000:
            sent += s.send(b''.join(question(i) for i in range(1, 400)))
    except (socket.timeout, OSError, ssl.SSLError):
        pass
    print('stopped' if sent < 50_000_000 else 'took it all')
elif work == 'limit':
    s = dial()
    s.sendall(b''.join(question(i) for i in range(1, 11)))
    print(len(answers(s, 11)))
elif work == 'silent':
    s = socket.create_connection(('::1', port), timeout=30)
    s.sendall(b'\x16\x03\x01')
    began = time.monotonic()
    print('cut' if s.recv(100) == b'' and time.monotonic() - began > 0.5 else 'not so')
elif work == 'plain':
    s = socket.create_connection(('::1', port), timeout=30)
    s.sendall(question(1))
    got = s.recv(100)
    print('alert' if got[:1] in (b'\x15', b'') else got)
elif work == 'rate':
    good = 0
    for i in range(int(sys.argv[3])):
        try:
            dial().close()
            good += 1
        except (OSError, ssl.SSLError):
            pass
    print(good)
PY
wire() { python3 wire.py "$tls_port" "$@"; }
is 'in order' wire pipeline
is '[7]' wire octets
is answered wire end
is stopped wire deaf
pass 'five thousand questions in one go, an octet at a time, an end behind the question, a client that reads nothing'

failed=$(counter tls_failed_total)
is alert wire plain
is $((failed + 1)) counter tls_failed_total
pass 'plain octets end the connection'

# Tickets: made by one thread, taken by whichever gets the next connection.
say -sess_out ticket -ign_eof -no_ign_eof >/dev/null
resumed() {
	local n=0
	for _ in 1 2 3 4 5 6; do
		# 1.3: the ticket comes behind the handshake, so something has to be read
		(sleep 0.2) | openssl s_client -connect "[::1]:$tls_port" "$@" 2>&1 | grep -q '^Reused' && n=$((n + 1))
	done
	[ $n -eq 6 ] || { echo "$n of 6"; return 1; }
}
(sleep 0.5) | openssl s_client -tls1_2 -connect "[::1]:$tls_port" -sess_out ticket >/dev/null 2>&1
resumed -tls1_2 -sess_in ticket || fail 'tickets are not taken by every thread'
[ "$(counter tls_resumed_total)" -ge 6 ] || fail 'resumed handshakes are not counted'
pass 'a ticket is good for every thread'

# Another certificate, then a broken one, then half of a pair.
name() { say | sed -n 's/^subject=CN = //p'; }
is ns.first name
put second
renamed() { [ "$(name)" = "$1" ]; }
within 5 renamed ns.second
cp dot.pem whole.pem
echo nonsense >dot.pem
within 5 grep -q 'certificate not read again: .*; the one before is used' dns.log
is ns.second name
put first
within 5 renamed ns.first
[ "$(grep -c 'certificate not read again' dns.log)" -le 3 ] || fail 'it is told more often than it changes'
is $answer dot +tls-ca=ca.pem +tls-hostname=ns.first AAAA web.flycast
pass 'the certificate is read again when it changes, and a broken one leaves the one before'

# Resolvers that forward over TLS.
cat >unbound.conf <<TEXT
server:
  interface: ::1@5300
  port: 5300
  access-control: ::/0 allow
  do-not-query-localhost: no
  use-syslog: no
  chroot: ""
  username: ""
  directory: "$dir"
  pidfile: "$dir/unbound.pid.file"
  domain-insecure: "flycast"
  tls-cert-bundle: "$dir/ca.pem"
forward-zone:
  name: "flycast"
  forward-tls-upstream: yes
  forward-addr: ::1@$tls_port#ns.first
TEXT
unbound -d -c unbound.conf >unbound.log 2>&1 &
resolved() { [ "$(dig +short +tries=1 +timeout=5 -p "$1" @"$2" AAAA web.flycast)" = $answer ]; }
within 10 resolved 5300 ::1
has 'ancount": 1' getdns_query -s -L "@::1#$tls_port" web.flycast AAAA
pass 'unbound forwards over TLS and checks the name; getdns, which stubby is made of, asks over TLS'

# Limits of one client: questions of a connection, handshakes in a second, and the time of one.
stop dns
tls --tcp-questions 4 --tls-handshakes 1 --tcp-io 1s
is cut wire silent
is 4 wire limit
is 1 counter tcp_exhausted_total
good=$(wire rate 40)
[ "$good" -lt 40 ] || fail "$good of 40 handshakes at once"
is $answer ask $one AAAA web.flycast
stop dns
pass 'questions of a connection, handshakes of a client, and the time for one have a limit'
