# Secondaries that hang in the middle of a copy, that refuse or ignore NOTIFY, that are gone: others are answered and copy
# meanwhile, places come back, the log has a line per change of state. Copies over TLS.
# shellcheck shell=bash
# shellcheck disable=SC2016 # for eval
# shellcheck source=tests/lib/dns.sh
. "$lib/dns.sh"
fly init --host "$(hostname)" --region fra >/dev/null
fly apps create web >/dev/null
fly ips allocate-v6 -a web --private >/dev/null
db "WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
    INSERT INTO app (name, org, network) SELECT 'app-with-a-long-name-' || i, 'personal', 1 FROM n"
client fdaa:0:1::9
for address in 1 3 4 5; do ip address add 192.0.2.$address/32 dev lo; done
for address in 3 4 5; do fly secondaries add 192.0.2.$address >/dev/null; done
cd "$dir" || exit
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=ns -keyout ns.key -out ns.pem 2>/dev/null

cat >secondary.py <<'PY'
"""secondary.py hang PORT N: N copies begin and are not read; says `ready`, waits for a line, counts those that were ended.
secondary.py told ADDRESS HOW: takes NOTIFY on port 53; HOW is a file with the rcode per zone, `flycast=0 internal=9`; a zone
that is not there is not answered."""
import socket, struct, sys

def hang(port, n):
    name = b'\x08internal\x00'
    crowd, begun = [], 0
    for _ in range(n):
        s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        s.bind(('192.0.2.3', 0))
        s.settimeout(60)
        s.connect(('192.0.2.1', port))
        message = struct.pack('!6H', 7, 0, 1, 0, 0, 0) + name + struct.pack('!2H', 252, 1)
        s.sendall(struct.pack('!H', len(message)) + message)
        crowd.append(s)
    for s in crowd:  # its first octets are here, and it is success
        head = s.recv(14)
        begun += len(head) == 14 and head[5] & 15 == 0 and head[8:10] != b'\0\0'
    print('ready', begun, flush=True)
    sys.stdin.readline()
    whole = 0
    for s in crowd:
        size = 0
        try:
            while piece := s.recv(65536):
                size += len(piece)
        except ConnectionResetError:
            pass
        whole += size > 3_000_000
    print('whole', whole, flush=True)

def told(address, how):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((address, 53))
    while True:
        message, source = s.recvfrom(4096)
        zone = message[13:13 + message[12]].decode()
        rcodes = dict(word.split('=') for word in open(how).read().split())
        print('told', zone, flush=True)
        if zone in rcodes:
            s.sendto(message[:2] + bytes([message[2] | 0x80, int(rcodes[zone])]) + message[4:], source)

if sys.argv[1] == 'hang':
    hang(int(sys.argv[2]), int(sys.argv[3]))
else:
    told(sys.argv[2], sys.argv[3])
PY
counter() { curl -s 'http://[::1]:9153/metrics' | sed -n "s/^flycast_dns_$1 //p"; }
counts() { [ "$(counter "$1")" -eq "$2" ] || { counter "$1"; return 1; }; }
copy() { dig +tries=1 +timeout=30 +onesoa -b "$1" -p "$copy_port" @192.0.2.1 "${@:2}" 2>&1; }
lines() { grep -c "$1" dns.log || true; }

dns --listen 192.0.2.1:0 --metrics '[::1]:9153' --tcp-io 3s --tcp-clients-per-source 1000 \
	--tls-listen 192.0.2.1:0 --tls-cert ns.pem --tls-key ns.key
tls_port=$(sed -n 's/.* tls=[^ ]*:\([0-9]*\).*/\1/p' dns.log | tail -n 1)
copy_port=$(sed -n 's/.* listen=192.0.2.1:\([0-9]*\).*/\1/p' dns.log | tail -n 1)

# 4 takes and ignores what it is told, 5 is gone: that shows after 31 seconds, while the registry changes and changes.
echo 'flycast=0 internal=5 a.a.d.f.ip6.arpa=0' >three
: >four
python3 secondary.py told 192.0.2.3 three >three.out 2>&1 &
python3 secondary.py told 192.0.2.4 four >four.out 2>&1 &
(
	for i in $(seq 240); do
		db "INSERT INTO app (name, org, network) VALUES ('steady$i', 'personal', 1)" || true
		sleep 0.5
	done
) >/dev/null 2>&1 &
steady=$!
within 10 has 'not told address=192.0.2.3:53 network=1 zone=internal: it refuses' cat dns.log
within 10 grep -q flycast three.out
fly ips allocate-v6 -a app-with-a-long-name-1 --private >/dev/null
told_of_flycast() { [ "$(grep -c 'told flycast' three.out)" -ge 2 ]; }
within 10 told_of_flycast

is 1 lines 'not told address=192.0.2.3:53 .*it refuses'
! grep -q 'not told address=192.0.2.3:53 .*zone=flycast' dns.log || fail 'one zone is refused, and another is meant'
pass 'a zone that a secondary refuses does not keep it from hearing of the others'

# More than the system keeps for a client that reads nothing.
copy 192.0.2.3 internal AXFR >whole
[ "$(wc -c <whole)" -gt 8000000 ] || fail "the zone is too small: $(wc -c <whole)"
mkfifo hang.in
python3 secondary.py hang "$copy_port" 20 <hang.in >hang.out 2>&1 &
hang=$!
exec 7>hang.in
within 30 grep -q ready hang.out
is "ready 16" cat hang.out
[ "$(counter tcp_open)" -ge 16 ] || fail 'they ended already'
has 'SERVFAIL|Transfer failed' copy 192.0.2.3 internal AXFR
is fdaa:0:1:0:1::2 ask fdaa:0:1::9 AAAA web.flycast
is fdaa:0:1:0:1::2 ask fdaa:0:1::9 +tcp AAAA web.flycast
within 15 counts tcp_open 0
copied() { copy 192.0.2.5 internal AXFR | grep -q '^web.internal'; }
within 5 copied
echo >&7
wait $hang
has '^whole 0$' cat hang.out
pass '16 copies that nobody reads take all places of a network; they are ended, and the places are there again'

# kdig says TLS or fails; the whole zone, then what is different since.
over_tls() { kdig +tls +retry=0 +timeout=30 -b 192.0.2.5 -p "$tls_port" @192.0.2.1 "$@"; }
over_tls flycast AXFR >flycast.tls
is 2 grep -c "IN.SOA" flycast.tls
has 'web.flycast.*AAAA.*fdaa:0:1:0:1::2' cat flycast.tls
over_tls internal AXFR >internal.tls
[ "$(wc -c <internal.tls)" -gt 8000000 ] || fail "the copy over TLS is short: $(wc -c <internal.tls)"
# A server that has no key asks for the SOA first, as everybody does; it sees nothing else, and nobody else sees it.
serial=$(over_tls +short flycast. SOA | cut -d' ' -f3)
[ "$serial" ] || fail 'no serial for a secondary without a key'
has 'status: REFUSED' over_tls web.flycast AAAA
has 'status: NOTAUTH' over_tls web.flycast SOA
has 'status: REFUSED' dig +tries=1 -b 192.0.2.1 -p "$copy_port" @192.0.2.1 flycast SOA
fly ips allocate-v6 -a app-with-a-long-name-2 --private >/dev/null
later() { over_tls flycast "IXFR=$serial" | grep 'app-with-a-long-name-2.flycast.*AAAA'; }
within 5 later
is 4 eval 'over_tls flycast "IXFR=$serial" | grep -c "IN.SOA"'
! over_tls flycast "IXFR=$serial" | grep -q web.flycast || fail 'IXFR over TLS has what did not change'
pass 'AXFR and IXFR over TLS'

for address in 4 5; do
	within 45 has "not told address=192.0.2.$address:53 network=1 zone=internal: it does not answer" cat dns.log
done
echo 'flycast=0 internal=0 a.a.d.f.ip6.arpa=0' | tee three >four
python3 secondary.py told 192.0.2.5 three >five.out 2>&1 &
for address in 3 4 5; do
	within 10 has "answers again address=192.0.2.$address:53 network=1 zone=internal" cat dns.log
done
within 10 has 'told internal' cat five.out
for address in 3 4 5; do
	for line in 'not told' 'answers again'; do
		is 1 lines "secondary $line address=192.0.2.$address:53 network=1 zone=internal"
	done
done
kill $steady
stop dns
pass 'one that refuses, one that ignores what it is told, one that is gone: a line when it shows, a line when it is over'
