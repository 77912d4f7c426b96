# One flycast-dns takes the place of another under load: every question is answered, over UDP, TCP and TLS.
# shellcheck source=tests/lib/dns.sh
. "$lib/dns.sh"
one=fdaa:0:1:ffff:0:1:0:2
client $one
fly init >/dev/null
fly apps create web >/dev/null
fly networks attach ::1/128 >/dev/null
fly ips allocate-v6 --private -a web >/dev/null
cd "$dir" || exit
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=ns -keyout ns.key -out ns.pem 2>/dev/null
control=$dir/dns.sock
port=5353
flags=(--listen '[::1]:5354' --tls-listen '[::1]:8853' --tls-cert ns.pem --tls-key ns.key --control "$control"
	--metrics '[::1]:9153' --drain-timeout 60s --tcp-idle 60s)
dns --threads 2 "${flags[@]}"

cat >load.py <<'PY'
"""Clients that ask on without a pause until the file `enough` is there; prints how many answers each kind got, or the first
thing that went wrong. A question over UDP is sent once."""
import os, socket, ssl, struct, sys, threading
tail = b'\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03web\x07flycast\x00\x00\x1c\x00\x01'
count, wrong = {}, []
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
going = lambda: not wrong and not os.path.exists('enough')

def tcp(port):
    return socket.create_connection(('::1', port), timeout=30)

def tls():
    return context.wrap_socket(tcp(8853))

def read(s, n):
    octets = b''
    while len(octets) < n:
        piece = s.recv(n - len(octets))
        if not piece:
            raise OSError(f'the connection ended after {len(octets)} of {n} octets')
        octets += piece
    return octets

def ask(s, number):
    s.sendall(struct.pack('!HH', 2 + len(tail), number) + tail)
    answer = read(s, *struct.unpack('!H', read(s, 2)))
    if answer[:4] != struct.pack('!HH', number, 0x8500):
        raise OSError(f'wrong answer {answer[:12].hex()}')

def on_udp(port):
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    s.settimeout(30)
    s.connect(('::1', port))
    asked = 0
    while going():
        # A burst, some of which waits in the server's socket while the next one comes.
        ids = set()
        for _ in range(30):
            asked += 1
            ids.add(asked & 0xffff)
            s.send(struct.pack('!H', asked & 0xffff) + tail)
        while ids:
            answer = s.recv(4096)
            if answer[2:4] != b'\x85\x00':
                raise OSError(f'wrong answer {answer[:12].hex()}')
            ids.remove(answer[0] << 8 | answer[1])
            yield

def on_one(dial):
    s, number = dial(), 0
    while going():
        number = (number + 1) & 0xffff
        ask(s, number)
        yield

def on_many(dial):
    while going():
        s = dial()
        ask(s, 1)
        s.close()
        yield

def client(name, turns):
    count[name] = 0
    try:
        for _ in turns:
            count[name] += 1
    except Exception as e:
        wrong.append(f'{name} after {count[name]} answers: {e!r}')

clients = {'udp': on_udp(5353), 'udp on another address': on_udp(5354), 'tcp': on_one(lambda: tcp(5353)),
           'tcp connections': on_many(lambda: tcp(5353)), 'tls': on_one(tls), 'tls connections': on_many(tls)}
threads = [threading.Thread(target=client, args=c) for c in clients.items()]
[t.start() for t in threads]
[t.join() for t in threads]
few = [name for name in clients if count[name] < 50]
print(wrong[0] if wrong else f'few answers: {count}' if few else 'right ' + ', '.join(f'{n} {c}' for n, c in count.items()))
PY
python3 load.py >load.out &
load=$!
counter() { curl -s "$@" http://localhost/metrics | awk '/^flycast_dns_answers_total/ {sum += $2} END {print sum + 0}'; }
answers() { [ "$(counter --unix-socket "$control")" -gt "$1" ] || { cat load.out; return 1; }; }
within 10 answers 500

olds=()
for turn in 1 2 3; do
	olds+=("$(pid_of dns)")
	dns --threads 2 "${flags[@]}"
	within 10 answers 1000 # of the new one's own
	kill -0 "$(pid_of dns)" || fail "turn $turn: the new one is gone"
done
has 'sockets taken over .* threads=2 listeners=10' cat dns.log
[ "$(curl -s 'http://[::1]:9153/metrics' | grep -c '^flycast_dns_tcp_open')" -eq 1 ] || fail 'the metrics are not served'
kill -0 "${olds[0]}" || fail 'the first one ended with connections open'
touch enough
wait $load
has '^right ' cat load.out
pass "$(sed 's/right //' load.out) while it was replaced three times, all answered"
ended() { ! kill -0 "$1" 2>/dev/null; }
for old in "${olds[@]}"; do
	within 10 ended "$old"
	wait "$old" || fail "an old one ended with $?"
done
is fdaa:0:1:0:1::2 ask ::1 AAAA web.flycast
pass 'each old one ends by itself when its last connection has ended'

# Whoever fails before it is ready, is a stranger, or another daemon changes nothing.
port=5353
many_lines=1 refuses 1 'cannot serve' flycast-dns --registry "$dir/none.db" --listen :5353 --threads 2 "${flags[@]}"
[ -S "$control" ] || fail 'the path is gone'
printf 'nonsense that is long enough for a message' | socat - "UNIX-CONNECT:$control" >/dev/null || true
refuses 1 'did not hand over' flycast-proxy --registry "$registry" --control "$control"
is fdaa:0:1:0:1::2 ask ::1 AAAA web.flycast
is fdaa:0:1:0:1::2 ask ::1 +tcp AAAA web.flycast
pass 'a successor that fails, a stranger and another daemon change nothing'

# Other addresses: what goes on is taken over, what is new is bound, the rest is closed. Other threads take a new start.
old=$(pid_of dns)
dns --threads 1 --listen '[::1]:5355' --control "$control"
within 10 ended "$old"
for p in 5353 5355; do is fdaa:0:1:0:1::2 dig +short +tries=1 +timeout=2 -p $p @::1 AAAA web.flycast; done
[ -z "$(ss -Hlnu 'sport = :5354')$(ss -Hlnt 'sport = :8853')" ] || fail 'a socket that nobody wants is open'
has 'threads=2 as the daemon whose sockets were taken over has' cat dns.log
is 2 sh -c "ss -Hlnu 'sport = :5355' | wc -l"
pass 'another set of addresses'

# A connection that outlasts the time is closed; a killed one's path is taken without it.
cat >stay.py <<'PY'
"""A connection that asks at every line of input how long it may stay, in tenths of a second, until nobody answers."""
import socket, struct, sys
question = b'\x00\x07\x00\x00\x00\x01\x00\x00\x00\x00\x00\x01\x03web\x07flycast\x00\x00\x1c\x00\x01' \
    b'\x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00\x04\x00\x0b\x00\x00'
s = socket.create_connection(('::1', 5353), timeout=30)
for line in sys.stdin:
    s.sendall(struct.pack('!H', len(question)) + question)
    at = (got := s.recv(4096)).find(b'\x00\x0b\x00\x02')
    print(got[at + 4] << 8 | got[at + 5] if at > 0 else 'nothing', flush=True)
PY
old=$(pid_of dns)
mkfifo asks says
python3 stay.py <asks >says 2>/dev/null &
stays=$!
exec 5>asks 6<says
may_stay() { echo >&5 && read -r -t 20 tenths <&6 && echo "$tenths"; }
is 100 may_stay
dns --control "$control" 5>&- 6>&-
is 0 may_stay
kill -0 "$old" || fail 'the old one did not wait'
kill "$old"
within 10 ended "$old"
exec 5>&- 6<&-
wait $stays || true
kill -KILL "$(pid_of dns)"
wait "$(pid_of dns)" 2>/dev/null || true
dns --control "$control"
is fdaa:0:1:0:1::2 ask ::1 AAAA web.flycast
stop dns
[ ! -e "$control" ] || fail 'the control socket is left'
pass 'a draining one tells its clients to leave and ends at once when told to; the path of a killed one is used again'
