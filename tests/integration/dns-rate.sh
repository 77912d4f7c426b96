# Above its rate a client gets short answers that send it to TCP, or none; others, and TCP, are not touched by that.
# shellcheck source=tests/lib/dns.sh
. "$lib/dns.sh"
one=fdaa:0:1:ffff:0:1:0:2
two=fdaa:0:1:ffff:0:2:0:2
resolver=fdaa:0:1:ffff:0:3:0:2
client $one
client $two
client $resolver
fly init >/dev/null
fly apps create web >/dev/null
fly ips allocate-v6 --private -a web >/dev/null

refuses 2 'more than a million' flycast-dns --rate-limit 1000001
many_lines=1 refuses 2 'not a prefix' flycast-dns --rate-exempt 10.0.0.1/8
dns --threads 1 --rate-limit 20 --error-rate-limit 5 --rate-exempt $resolver --metrics '[::1]:9153'
counter() { curl -s 'http://[::1]:9153/metrics' | sed -n "s/^flycast_dns_$1 //p"; }

# burst SOURCE NAME: two hundred questions at once, and how many were answered, sent to TCP and refused. One thread answers
# in order, so all that comes is there when somebody without a limit has his answer.
cat >"$dir/burst.py" <<'PY'
import socket, struct, sys
source, name, resolver, port = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
def client(ip):
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    s.bind((ip, 0))
    s.connect(('::1', port))
    return s
def question(n):
    labels = b''.join(bytes([len(l)]) + l.encode() for l in name.split('.'))
    return struct.pack('!6H', n, 0x100, 1, 0, 0, 0) + labels + b'\0\0\x1c\0\1'
s, last = client(source), client(resolver)
for n in range(200):
    s.send(question(n))
last.settimeout(30)
last.send(question(0))
last.recv(4096)
s.setblocking(False)
got = {'answer': 0, 'tc': 0, 'refused': 0}
try:
    while True:
        p = s.recv(4096)
        flags, answers = struct.unpack('!2xHxxH', p[:8])
        got['refused' if flags & 15 == 5 else 'tc' if flags & 0x200 else 'answer'] += 1
        assert not flags & 0x200 or (answers == 0 and len(p) == len(question(0))), p
except BlockingIOError:
    print(*got.values())
PY
burst() { python3 "$dir/burst.py" "$@" $resolver "$port"; }
between() {
	if [ "$2" -lt "$1" ] || [ "$2" -gt "$3" ]; then fail "$2 is not from $1 to $3 $4"; fi
}

# A rate is had at once and then by the second, and sending two hundred takes a part of one, or a few on a busy machine.
read -r answers tcs refusals <<<"$(burst $one web.flycast)"
between 20 "$answers" 120 'answers to one client'
between $(((200 - answers) * 4 / 10)) "$tcs" $(((200 - answers) * 6 / 10)) 'that slipped'
is 0 echo "$refusals"
is "$tcs" counter rate_slipped_total
is $((200 - answers - tcs)) counter 'dropped_total{reason="rate-limit"}'
pass "above its rate half of a client's answers are dropped and half are as short as the question, with TC"

read -r answers tcs refusals <<<"$(burst $two web.example)"
between 5 "$refusals" 120 'refusals to one client'
is "0 0" echo "$answers $tcs"
pass "errors have a rate of their own, and slip as they are"

is fdaa:0:1:0:1::2 ask $two AAAA web.flycast
is 'NXDOMAIN qr aa rd 0 1' status $one AAAA x.flycast
pass "a client's rate is not another one's, and that of one kind of answer not that of another"

is "200 0 0" burst $resolver web.flycast
pass "who is exempt has no limit"

stop dns

# Whoever is told to come by TCP is answered there, and dig does so by itself.
port=0
dns --threads 1 --rate-limit 1 --rate-slip 1 --rate-exempt $resolver --metrics '[::1]:9153'
truncated() {
	burst $one web.flycast >/dev/null
	dig +ignore +nocookie +tries=1 +timeout=1 -p "$port" -b $one @::1 AAAA web.flycast | grep -q 'flags: qr tc rd;'
}
within 5 truncated
by_tcp() {
	burst $one web.flycast >/dev/null
	is fdaa:0:1:0:1::2 ask $one +nocookie AAAA web.flycast
	[ "$(counter 'answers_total{transport="tcp",rcode="NOERROR"}')" -ge 1 ]
}
within 5 by_tcp
is 0 counter 'dropped_total{reason="rate-limit"}'
pass "who really asked is answered over TCP"
stop dns

# Who knows cookies needs no TCP: it is sent one, and whoever comes back with it has no limit.
port=0
dns --threads 1 --rate-limit 1 --rate-slip 1 --rate-exempt $resolver --metrics '[::1]:9153'
with_cookie() { dig +nobadcookie +tries=1 +timeout=5 -p "$port" -b $one @::1 +cookie="$1" AAAA web.flycast; }
badcookie() { with_cookie 0102030405060708 | grep -q 'status: BADCOOKIE'; }
within 5 badcookie
good=$(with_cookie 0102030405060708 | sed -n 's/^; COOKIE: \([0-9a-f]*\).*/\1/p')
for _ in 1 2 3 4 5; do
	burst $one web.flycast >/dev/null
	has 'status: NOERROR' with_cookie "$good"
	is fdaa:0:1:0:1::2 ask $one AAAA web.flycast
done
is 0 counter 'answers_total{transport="tcp",rcode="NOERROR"}'
pass "a client with a cookie has no limit, and dig gets one by itself"
stop dns

# Without the flags there is no limit.
port=0
dns --threads 1 --metrics '[::1]:9153'
is "200 0 0" burst $one web.flycast
pass "without the flags nobody has a limit"
stop dns
