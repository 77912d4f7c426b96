# --forward: what is in none of our zones is asked elsewhere, for networks that may; nobody else can answer; bounded.
# shellcheck source=tests/lib/dns.sh
. "$lib/dns.sh"
one=fdaa:0:1:ffff:0:1:0:2 two=fdaa:0:2:ffff:0:1:0:2 resolver=fdaa:0:1:ffff:0:9:0:2
for a in $one $two $resolver; do client "$a"; done
fly init >/dev/null
fly orgs create acme >/dev/null
fly apps create web >/dev/null
address=$(fly ips allocate-v6 --private -a web | grep -o 'fdaa:[0-9a-f:]*')
cd "$dir"

refuses 2 'not an address or \[ADDR\]:PORT' flycast-dns --forward nonsense
refuses 2 'an address of another server' flycast-dns --forward :53
refuses 2 'an address of another server' flycast-dns --forward '[::1]:0'
refuses 2 'our own --listen' flycast-dns --listen '[::1]:5353' --forward '[::1]:5353'
dns
is 'REFUSED qr rd 0 0' status $one A www.example.test
is 'NOERROR qr aa rd 1 0' status $one AAAA web.flycast
stop dns
pass 'off unless it is asked for'

# resolver PORT LINES: unbound on ::1, 127.0.0.1 and $resolver
resolver() {
	cat >unbound.conf <<-TEXT
		server:
		  interface: ::1@$1
		  interface: 127.0.0.1@$1
		  interface: $resolver@$1
		  port: $1
		  access-control: ::/0 allow
		  access-control: 0.0.0.0/0 allow
		  outgoing-interface: $resolver
		  do-not-query-localhost: no
		  module-config: "iterator"
		  edns-buffer-size: 4096
		  max-udp-size: 4096
		  use-syslog: no
		  chroot: ""
		  username: ""
		  directory: "$dir"
		  pidfile: "$dir/unbound.pid.file"
		$2
	TEXT
	unbound -d -c unbound.conf >unbound.log 2>&1 &
	echo $! >unbound.pid
	within 10 has 'status: NOERROR' dig +tries=1 +timeout=1 -p "$1" @::1 A www.example.test
}
strings=$(for i in 1 2 3 4 5 6 7 8 9; do printf ' "%0250d"' $i; done)
resolver 5300 "  local-zone: \"example.test.\" static
  local-data: \"example.test. 60 SOA ns.example.test. host.example.test. 1 2 3 4 5\"
  local-data: \"www.example.test. 60 A 192.0.2.1\"
  local-data: 'large.example.test. 60 TXT$strings'"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=ns -keyout ns.key -out ns.pem \
	2>/dev/null
dns --forward 127.0.0.1:5300 --threads 2 --metrics '[::1]:9153' --tls-listen '[::1]:8853' --tls-cert ns.pem --tls-key ns.key
counts() { curl -s 'http://[::1]:9153/metrics' | grep '^flycast_dns_forward'; }

is 'NOERROR qr rd ra 1 0' status $one A www.example.test
is 'NOERROR qr rd ra 1 0' status $two A www.example.test
is 192.0.2.1 ask $one A www.example.test
is 'NXDOMAIN qr rd ra 0 1' status $one A nobody.example.test
is 'NOERROR qr rd ra 0 1' status $one AAAA www.example.test
is 'NOERROR qr aa rd ra 1 0' status $one AAAA web.flycast
is "$address" ask $one AAAA web.flycast
is 'NXDOMAIN qr aa rd ra 0 1' status $two AAAA web.flycast
has '^;wWw\.eXample\.tesT\.[[:space:]]+IN' dig +noall +question -p "$port" -b $one @::1 wWw.eXample.tesT
has 'udp: 1232' dig -p "$port" -b $one @::1 A www.example.test
has 'flags: do' dig +dnssec -p "$port" -b $one @::1 A www.example.test
has 'ADDITIONAL: 0' dig +noedns -p "$port" -b $one @::1 A www.example.test
is '192.0.2.1' ask $one +noedns A www.example.test
pass 'everything else is answered, too, and RA says so'

is 'REFUSED qr 0 0' status $one +norecurse A www.example.test
is 'REFUSED qr rd 0 0' status $one -c CH -t TXT www.example.test
has 'Transfer failed' dig -p "$port" -b $one @::1 AXFR example.test
is 'REFUSED qr rd 0 0' status ::1 A www.example.test # of no network
is 'Network default of personal: instances on, forward off' fly networks set default --forward=false
within 5 is 'REFUSED qr rd 0 0' status $one A www.example.test
is 'NOERROR qr aa rd 1 0' status $one AAAA web.flycast
is 'NOERROR qr rd ra 1 0' status $two A www.example.test
db "UPDATE networks SET forward = 1 WHERE org = 'personal'"
within 5 is 'NOERROR qr rd ra 1 0' status $one A www.example.test
pass 'only for those who may'

is 'NOERROR qr tc rd ra 0 0' status $one +ignore TXT large.example.test
is 'NOERROR qr tc rd ra 0 0' status $one +ignore +noedns TXT large.example.test
is 'NOERROR qr rd ra 1 0' status $one TXT large.example.test # dig comes again, over TCP
is 'NOERROR qr rd ra 1 0' status $one +tcp TXT large.example.test
has "000000009\"$" ask $one +tcp TXT large.example.test
both() { dig +tcp +keepopen +short +timeout=5 -p "$port" -b $one @::1 www.example.test A web.flycast AAAA www.example.test A; }
is "$(printf '%s\n' 192.0.2.1 "$address" 192.0.2.1)" both
has 192.0.2.1 kdig +tls +short +timeout=5 -p 8853 -b $one @::1 A www.example.test
has '000000009"' kdig +tls +short +timeout=5 -p 8853 -b $one @::1 TXT large.example.test
pass 'over UDP, TCP and TLS, cut for those who take less'

# Two hundred at a time over one connection, in order, whatever they wait for.
cat >many.py <<-'PYTHON'
	import socket, struct, sys
	def question(i, name):
	    return struct.pack(">HHHHHH", i, 0x100, 1, 0, 0, 0) + b"".join(
	        bytes([len(l)]) + l.encode() for l in name.split(".")) + b"\0\0\x1c\0\1"
	s = socket.create_connection(("::1", int(sys.argv[1])), source_address=(sys.argv[2], 0))
	s.settimeout(20)
	for i in range(200):
	    q = question(i, f"n{i}.example.test" if i % 2 else "web.flycast")
	    s.sendall(struct.pack(">H", len(q)) + q)
	s.shutdown(socket.SHUT_WR)
	f = s.makefile("rb")
	for i in range(200):
	    m = f.read(struct.unpack(">H", f.read(2))[0])
	    assert struct.unpack(">H", m[:2])[0] == i, (i, m[:2])
	    assert m[3] & 15 == (3 if i % 2 else 0), m[3]
	assert f.read(1) == b""
	print("in order")
PYTHON
is 'in order' python3 many.py "$port" $one
pass 'a connection is answered in order, also after its end was said'

# A resolver that sends everything back to us.
stop dns
kill "$(cat unbound.pid)"
wait "$(cat unbound.pid)" || true # it ends with 0 or with the signal
resolver 5301 "  local-zone: \"example.test.\" static
  local-data: \"www.example.test. 60 A 192.0.2.1\"
forward-zone:
  name: \".\"
  forward-addr: ::1@$port"
dns --forward "[$resolver]:5301" --metrics '[::1]:9153'
is 'NOERROR qr rd ra 1 0' status $one A www.example.test
has 'SERVFAIL|REFUSED' dig +tries=1 +timeout=8 -p "$port" -b $one @::1 A round.and.round
has 'outcome="loop"\} [1-9]' counts
is 1 grep -c 'forward loop: a server of --forward sends our own questions back' dns.log
stop dns
pass 'a loop ends'

# upstream PORT HABIT: tests/lib/upstream.py as $dir/HABIT.log
upstream() {
	python3 "$lib/upstream.py" ::1 "$1" "$2" >"$2.log" 2>&1 &
	within 10 grep -q serves "$2.log"
}
upstream 5401 silent
upstream 5402 guessed
upstream 5403 loud
upstream 5404 useless
upstream 53 odd
dns --forward '[::1]:5402' --metrics '[::1]:9153'
for i in 1 2 3 4 5 6 7 8; do
	is 203.0.113.1 ask $one A guess$i.test
done
is 203.0.113.1 ask $one +tcp A guess.test
has 'foreign_total [1-9]' counts
drawn() { awk -v i="$1" '/^guess[0-9]\./ { print $i }' guessed.log | sort -u | wc -l; }
has '^[78]$' drawn 4 # ports; two of eight may be the same by chance
has '^[78]$' drawn 5 # ids
stop dns
pass 'only the right id, question and port are an answer'

dns --forward '[::1]:5403' --metrics '[::1]:9153'
has 'status: SERVFAIL' dig +tries=1 +timeout=8 -p "$port" -b $one @::1 A guess.test
is 3 grep -c '^guess.test' loud.log # each port is guessed at for a while, then another is drawn
stop dns
dns --forward ::1
is 203.0.113.1 ask $one A odd.test
has 'ADDITIONAL: 1$' dig -p "$port" -b $one @::1 A odd.test
stop dns
dns --forward '[::1]:5404'
has 'EDE: 9 ' dig -p "$port" -b $one @::1 A useless.test
is 'SERVFAIL qr rd ra 0 0' status $one A useless.test
is 'SERVFAIL qr rd ra 0 0' status $one +tcp A useless.test
stop dns
pass 'what a server says is passed on, its EDNS is ours'

# Nobody listens on 5499.
dns --forward '[::1]:5499' --forward '[::1]:5401' --forward '[::1]:5404' --forward '[::1]:5402' --metrics '[::1]:9153'
slow() { dig +short +tries=1 +timeout=10 -p "$port" -b $one @::1 "$@"; }
within 10 is 203.0.113.1 slow A first.test # by the third question all but the last are known to be of no use
is 203.0.113.1 slow +tcp A second.test
stop dns
dns --forward '[::1]:5499'
has 'EDE: 23 ' dig +tries=1 +timeout=8 -p "$port" -b $one @::1 A gone.test
has 'status: SERVFAIL' dig +tcp +tries=1 +timeout=8 -p "$port" -b $one @::1 A gone.test
stop dns
dns --forward '[::1]:5401' --metrics '[::1]:9153'
dig +tcp +tries=1 +timeout=10 -p "$port" -b $one @::1 A never.test >tcp.log &
has 'EDE: 22 ' dig +tries=1 +timeout=10 -p "$port" -b $one @::1 A never.test
within 5 has 'EDE: 22 ' cat tcp.log
has 'forward server is silent' cat dns.log
pass 'the next server is asked, and when there is none the client is told'

# Whoever asks by turns for what a server answers and for what it does not makes it silent again and again.
upstream 5405 halting
stop dns
dns --forward '[::1]:5405'
said() { grep -c "server=\[::1\]:5405" dns.log; }
for i in 1 2 3 4; do
	has 'EDE: 23 ' dig +tcp +tries=1 +timeout=8 -p "$port" -b $one @::1 A "over$i.test"
	is 203.0.113.1 ask $one A "again$i.test"
done
is 2 said
stop dns
dns --forward '[::1]:5401' --metrics '[::1]:9153'
pass 'a server that comes and goes does not fill the log'

# One network may have 256 questions on their way; another one and our own names are answered as ever.
cat >flood.py <<-'PYTHON'
	import socket, struct, sys
	s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
	s.bind((sys.argv[2], 0))
	for i in range(600):
	    label = f"f{i}".encode()
	    s.sendto(struct.pack(">HHHHHH", i, 0x100, 1, 0, 0, 0) + bytes([len(label)]) + label + b"\4test\0\0\1\0\1",
	             ("::1", int(sys.argv[1])))
	    if i % 50 == 49:
	        s.settimeout(0.05)
	        try:
	            s.recv(512)
	        except TimeoutError:
	            pass
PYTHON
python3 flood.py "$port" $one
dig +tries=1 +timeout=10 -p "$port" -b $two @::1 A patient.test >patient.log &
within 3 has 'outcome="too-many"\} [1-9]' counts
in_flight() { counts | sed -n 's/.*forward_in_flight //p'; }
[ "$(in_flight)" -le 257 ] || fail "$(in_flight) questions are on their way, one of them of another network"
is "$address" ask $one AAAA web.flycast
within 10 has 'EDE: 22 ' cat patient.log
within 10 is 0 in_flight
# It ends while clients wait.
dig +tries=1 +timeout=10 -p "$port" -b $one @::1 A last.test >last.log &
dig +tcp +tries=1 +timeout=10 -p "$port" -b $one @::1 A last.test >/dev/null 2>&1 &
within 5 is 2 in_flight
stop dns
within 5 has 'status: SERVFAIL' cat last.log
pass 'floods are bounded by network'

# A successor takes the sockets; who waits for another server is still told by the one that asked it.
dns --forward '[::1]:5401' --control "$dir/dns.sock" --metrics '[::1]:9153'
before=$(pid_of dns)
dig +tries=1 +timeout=10 -p "$port" -b $one @::1 A handed.test >handed.log &
within 5 is 1 in_flight
dns --forward '[::1]:53' --control "$dir/dns.sock" --metrics '[::1]:9153'
is 203.0.113.1 ask $one A odd.test
within 10 has 'EDE: 22 ' cat handed.log
ended() { ! kill -0 "$before" 2>/dev/null; }
within 10 ended
stop dns
pass 'a successor loses none'
