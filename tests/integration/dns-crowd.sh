# Ten thousand connections, and clients that reset, stall, say half a question or half a handshake, stop in the middle: every
# place and every descriptor comes back, and others are answered meanwhile. Silence ends sooner when places get short.
# shellcheck source=tests/lib/dns.sh
. "$lib/dns.sh"
fly init >/dev/null
fly apps create web >/dev/null
fly networks attach ::1/128 >/dev/null
fly ips allocate-v6 --private -a web >/dev/null
cd "$dir" || exit
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=ns -keyout ns.key -out ns.pem 2>/dev/null
ulimit -n 25000 2>/dev/null || ulimit -n "$(ulimit -Hn)"
most=$(($(ulimit -n) - 200))
[ "$most" -le 10000 ] || most=10000

crowd() { # FLAGS...
	port=0
	dns --threads 2 --tls-listen '[::1]:8853' --tls-cert ns.pem --tls-key ns.key --tls-handshakes 0 \
		--tcp-clients-per-source 30000 --metrics '[::1]:9153' "$@"
}
counter() { curl -s 'http://[::1]:9153/metrics' | sed -n "s/^flycast_dns_$1 //p"; }
counts() { [ "$(counter "$1")" -eq "$2" ] || { counter "$1"; return 1; }; }
descriptors() { find "/proc/$(pid_of dns)/fd" -mindepth 1 | wc -l; }
has_descriptors() { [ "$(descriptors)" -eq "$1" ] || { descriptors; return 1; }; }
resident() { awk '/^VmRSS/ {print $2}' "/proc/$(pid_of dns)/status"; }

cat >crowd.py <<'PY'
"""crowd.py WORK PORT N: N connections at a time that do the work. Says `ready` and, for `hold`, waits for a line."""
import select, socket, ssl, struct, sys
work, port, n = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
tail = b'\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03web\x07flycast\x00\x00\x1c\x00\x01'
question = struct.pack('!HH', 2 + len(tail), 7) + tail
ANSWER = 59
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE

def dial(room=None):
    s = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
    s.settimeout(60)
    for buffer in (socket.SO_RCVBUF, socket.SO_SNDBUF) if room else ():
        s.setsockopt(socket.SOL_SOCKET, buffer, room)
    s.connect(('::1', port))
    return s

def reset(s):
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    s.close()

def whole(s):
    got = b''
    while len(got) < ANSWER:
        piece = s.recv(65536)
        if not piece:
            break
        got += piece
    return len(got) == ANSWER

if work == 'hold':
    crowd = [dial() for _ in range(n)]
    for s in crowd:
        s.sendall(question)
    print('ready', sum(whole(s) for s in crowd), flush=True)
    sys.stdin.readline()
    for s in crowd:
        reset(s)
elif work == 'reset':  # in the middle of everything
    for i in range(n):
        s = dial()
        s.sendall([b'', b'\x00', question[:20], question, question * 50, question + question[:9]][i % 6])
        reset(s)
elif work == 'half-close':
    crowd = [dial() for _ in range(n)]
    for s in crowd:
        s.sendall(question)
        s.shutdown(socket.SHUT_WR)
    print(sum(whole(s) and s.recv(1) == b'' for s in crowd))
elif work == 'stall':  # asks and asks, reads nothing
    crowd = [dial(8192) for _ in range(n)]
    poll = select.poll()
    for s in crowd:
        s.setblocking(False)
        poll.register(s, select.POLLOUT)
    of = {s.fileno(): s for s in crowd}
    asked = 0
    while True:
        ready = poll.poll(700)  # until nobody takes anything any more, or everybody was cut off
        if not ready or not of:
            break
        for fd, _ in ready:
            if fd in of:
                try:
                    asked += of[fd].send(question * 500)
                except BlockingIOError:
                    pass
                except OSError:
                    poll.unregister(fd)
                    of.pop(fd).close()
    print('ready', 'they stopped it' if asked else 'not one question', flush=True)
    sys.stdin.readline()
elif work == 'greet':  # half a handshake, a whole one, one with half a question; then a reset
    for i in range(n):
        s = dial()
        if i % 3 == 0:
            s.sendall(b'\x16\x03\x01\x02\x00\x01')
        else:
            s = context.wrap_socket(s)
            s.sendall(question if i % 3 == 1 else question[:9])
        reset(s)
elif work == 'silent':
    crowd = [dial() for _ in range(n)]
    print('ready', flush=True)
    sys.stdin.readline()
PY
held() { # WORK PORT N: starts it in the background; its words in held.out, it ends with `let_go`
	rm -f held.in
	mkfifo held.in
	python3 crowd.py "$@" <held.in >held.out &
	held=$!
	exec 7>held.in
	within 60 grep -q ready held.out
}
let_go() {
	exec 7>&-
	wait $held
}

crowd --tcp-clients 30000 --tcp-idle 60s --tcp-io 60s
base=$(descriptors)
held hold "$port" "$most"
is "ready $most" cat held.out
is "$most" counter tcp_open
is fdaa:0:1:0:1::2 ask ::1 +tcp AAAA web.flycast
let_go
within 10 counts tcp_open 0
within 10 has_descriptors "$base"
pass "$most connections, all answered, all reset: no place and no descriptor is left"

python3 crowd.py reset "$port" 3000
python3 crowd.py greet 8853 600
is 300 python3 crowd.py half-close "$port" 300
is fdaa:0:1:0:1::2 ask ::1 +tcp AAAA web.flycast
within 10 counts tcp_open 0
within 10 has_descriptors "$base"
is 0 counter tcp_expired_total
pass 'resets in the middle of a question, of an answer, of a handshake; ends behind a question'
stop dns

# They keep a place for as long as --tcp-io allows, and no memory without end.
crowd --tcp-clients 30000 --tcp-idle 6s --tcp-io 3s
python3 crowd.py reset "$port" 100
base=$(descriptors)
before=$(resident)
held stall "$port" 200
is fdaa:0:1:0:1::2 ask ::1 +tcp AAAA web.flycast
has 'they stopped it' cat held.out
more=$((($(resident) - before) / 200))
[ "${FLYCAST_SANITIZER:-}" ] || [ "$more" -le 200 ] || fail "a client that reads nothing costs $more KiB"
within 20 counts tcp_open 0
is 200 counter tcp_expired_total
within 10 has_descriptors "$base"
let_go
pass '200 clients that ask and do not read are stopped, then cut off'
stop dns

# 20 s of silence are allowed; with nearly all places taken it is two.
crowd --threads 1 --tcp-clients 100 --tcp-idle 20s
held silent "$port" 40
is 40 counter tcp_open
let_go
within 10 counts tcp_open 0
is 0 counter tcp_expired_total
held silent "$port" 97
some_expired() { [ "$(counter tcp_expired_total)" -ge 1 ]; }
within 3 some_expired # which waits for no more than 18 s
is 0 counter tcp_evicted_total
is fdaa:0:1:0:1::2 ask ::1 +tcp AAAA web.flycast
let_go
stop dns
pass 'silence ends sooner when places get short'
