# Who owns the addresses, by sk_lookup or by a socket for each: FLYCAST_VIP says which. Ports and ranges, closed ports, edits
# that close nothing else, two proxies on one host, the end of one by kill -9, and what it takes to start.
# shellcheck source=tests/lib/proxy.sh
. "$lib/proxy.sh"
vip=${FLYCAST_VIP:-sk_lookup}
control=$dir/control.sock
flags=(--registry "$registry" --vip "$vip" --threads 2 --autostop-interval 0 --control "$control")
# A directory is no registry: nothing but sk_lookup itself can be refused before that is found out.
other=$([ "$vip" = sk_lookup ] && echo freebind || echo sk_lookup)
if flycast-proxy --registry "$dir" --vip sk_lookup 2>&1 | grep -o 'sk_lookup refused: .*'; then
	[ "$vip" = freebind ] || exit 77
	other=auto
fi
world --vip "$vip" --control "$control"
app web --port 80:8080/tcp:http --port 7:7007 --port 9:7009 -- sh -c '/srv/httpd --port 8080 --body page &
	socat TCP-LISTEN:7007,reuseaddr,fork SYSTEM:"echo seven" &
	socat TCP-LISTEN:7009,reuseaddr,fork EXEC:cat & wait'
within 10 is page fetch "$(url)"
has "vip=$vip" cat proxy.log
has "Addresses .* all open, by $vip" fly proxy status --control "$control"
seven() { socat -u "TCP6:[${2:-$address}]:$1,bind=[$client]" STDOUT 2>&1; }
within 5 is seven seven 7
closed() { seven "$@" | grep -q refused; }

# What a port is, what a network is
db "INSERT INTO service_port (machine, internal_port, start_port, end_port) VALUES ('$id', 7007, 5000, 5999)"
within 2 is seven seven 5999
for port in 5000 5001 5511 5998; do is seven seven $port; done
for port in 4999 6000 8 65535; do closed $port || fail "port $port is not closed"; done
closed 80 "${address%:*}:ffff" || fail 'an address that nobody has is not closed'
pass 'every port of a range leads to its service, the ports beside it are closed'

sockets() { ss -Hltnp | grep -c "pid=$(pid_of proxy),"; }
if [ "$vip" = sk_lookup ]; then
	db "UPDATE service_port SET end_port = 65535 WHERE start_port = 5000"
	within 2 is seven seven 65535
	is seven seven 50000
	is 3 sockets # one for each thread, and the metrics'
	pass 'tens of thousands of ports take no socket more'

	# Whoever listens on all addresses of the host does not listen on ours.
	socat TCP6-LISTEN:81,ipv6only=0,reuseaddr,fork SYSTEM:"echo stranger" &
	stranger_pid=$!
	within 5 eval 'socat -u TCP6:[::1]:81 STDOUT | grep -q stranger'
	closed 81 || fail "a program of the host answers on a port of the app"
	closed 81 "${address%:*}:ffff" || fail 'a program of the host answers on an address that nobody has'
	kill $stranger_pid
	pass 'a port without a service is closed, also where a program of the host listens on all addresses'
	db "UPDATE service_port SET end_port = 5999 WHERE start_port = 5000"
	within 2 closed 65535
fi

# A range is cut, moved and joined while somebody uses what stays.
cat >use.py <<'PY'
"""Connects to a port again and again until the file `enough` is there: how often, or what went wrong."""
import os, socket, sys
address, source, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
count = 0
try:
    while not os.path.exists('enough'):
        with socket.create_connection((address, port), timeout=20, source_address=(source, 0)) as s:
            if s.makefile('rb').read() != b'seven\n':
                raise OSError('not answered')
        count += 1
    print('right', count)
except OSError as e:
    print(f'after {count}: {e!r}')
PY
python3 use.py "$address" "$client" 5100 >use.out &
user=$!
for range in 5000,5499 5100,5100 5090,5400 5100,5999 5000,5999; do
	edit "UPDATE service_port SET start_port = ${range%,*}, end_port = ${range#*,} WHERE internal_port = 7007 AND start_port > 7"
	within 2 is seven seven "${range#*,}"
	within 2 closed $((${range#*,} + 1))
	within 2 closed $((${range%,*} - 1))
done
touch enough
wait $user
has '^right [0-9]+$' cat use.out
rm enough
pass "a range that changes five times opens and closes at its ends; $(cat use.out) connections to what stays"

# Two of them, unknown to each other
first=$(pid_of proxy)
start second flycast-proxy --registry "$registry" --vip "$vip" --threads 2 --autostop-interval 0
for ((i = 0; i < 20; i++)); do is seven seven 7; done
kill -KILL "$first"
wait "$first" 2>/dev/null || true
for ((i = 0; i < 20; i++)); do is seven seven 7; done
is page fetch "$(url)"
pass 'beside a second proxy one is killed, and the other has all connections from then on'

kill -KILL "$(pid_of second)"
wait "$(pid_of second)" 2>/dev/null || true
closed 7 || fail 'the port of a proxy that is gone is not closed'
cat >another.py <<'PY'
import socket, sys
s = socket.socket(socket.AF_INET6)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.setsockopt(socket.IPPROTO_IPV6, 78, 1)  # IPV6_FREEBIND
s.bind((sys.argv[1], 7))
s.listen()
s.accept()[0].sendall(b'another\n')
PY
python3 another.py "$address" &
another=$!
within 5 is another seven 7
wait $another
pass 'nothing of a killed proxy stays: another program can have its address'

for ((i = 0; i < 5; i++)); do
	start proxy flycast-proxy "${flags[@]}"
	is seven seven 7
	kill -KILL "$(pid_of proxy)"
	wait "$(pid_of proxy)" 2>/dev/null || true
done
start proxy flycast-proxy "${flags[@]}"
is seven seven 5999
pass 'killed and started five times, it serves each time as soon as it is ready'

# What was asked for and cannot be
refuses 2 'vip: auto, sk_lookup or freebind' flycast-proxy --registry "$registry" --vip best
[ "$other" = auto ] || refuses 1 "cannot take the place of a proxy that uses $vip: stop it first, or leave --vip out" eval \
	"flycast-proxy --registry '$registry' --vip $other --threads 2 --control '$control' 2>&1 >/dev/null | grep ' error ' >&2
	exit \${PIPESTATUS[0]}"
is seven seven 7

# A successor that has the sockets already and then cannot start; the last one can.
python3 use.py "$address" "$client" 5100 >use.out &
user=$!
for ((i = 0; i < 10; i++)); do
	refuses 1 'registry not read' eval \
		"flycast-proxy --registry '$dir/none.db' --threads 2 --control '$control' 2>&1 >/dev/null | grep ' error ' >&2
		exit \${PIPESTATUS[0]}"
done
old=$(pid_of proxy)
start proxy flycast-proxy --registry "$registry" --threads 2 --autostop-interval 0 --control "$control"
ended() { ! kill -0 "$1" 2>/dev/null; }
within 5 ended "$old"
wait "$old"
has "vip=$vip" tail -n 12 proxy.log
is seven seven 7
touch enough
wait $user
has '^right [0-9]+$' cat use.out
pass 'a proxy that takes the place of another one hears of connections as that one did, or is refused'

# While it finishes what is open, whoever comes next has the addresses.
mkfifo hold held
socat -t 20 - "TCP6:[$address]:9,bind=[$client]" <hold >held &
exec 5>hold 6<held
echo open >&5
read -r -t 20 word <&6
[ "$word" = open ] || fail 'the raw connection does not work'
old=$(pid_of proxy)
kill "$old"
within 5 closed 7
start proxy flycast-proxy --registry "$registry" --vip "$other" --threads 2 --autostop-interval 0 5>&- 6>&-
is seven seven 7
kill -0 "$old" || fail 'the old proxy did not wait for what was open'
echo still >&5
read -r -t 20 word <&6
[ "$word" = still ] || fail 'the raw connection was cut'
exec 5>&- 6<&-
wait "$old"
is seven seven 7
stop proxy
pass 'a proxy that ends keeps nobody from its addresses, not even one of the other way'

# Without the right to load programs into the kernel; and as somebody else, without any right but those it keeps.
[ "$(id -u)" != 0 ] || ! setpriv --bounding-set=-bpf,-sys_admin true 2>/dev/null || {
	start proxy setpriv --bounding-set=-bpf,-sys_admin flycast-proxy --registry "$registry" --threads 2
	has 'warn sk_lookup refused: Operation not permitted; going on with a socket for each' cat proxy.log
	is seven seven 7
	stop proxy
	refuses 1 'sk_lookup refused: Operation not permitted; it takes CAP_BPF' setpriv --bounding-set=-bpf,-sys_admin \
		flycast-proxy --registry "$registry" --threads 2 --vip sk_lookup
	pass 'where the kernel refuses, the other way is taken and one line says so; or it is an error'
}
if awk '$3 > 1 { many = 1 } END { exit !many }' /proc/self/uid_map; then
	chmod 755 "$dir"
	chown nobody "$dir" "$registry"*
	start proxy flycast-proxy --registry "$registry" --vip "$vip" --threads 2 --user nobody
	has "vip=$vip" tail -n 8 proxy.log
	is 0000000000001400 awk '/^CapEff/ { print $2 }' "/proc/$(pid_of proxy)/status"
	is seven seven 7
	db "INSERT INTO service_port (machine, internal_port, start_port, end_port) VALUES ('$id', 7007, 70, 71)"
	within 2 is seven seven 70
	stop proxy
	pass 'as another user it opens and closes ports with no right but to routes and low ports'
fi

# More addresses than descriptors
if [ "$vip" = freebind ]; then
	start proxy prlimit --nofile=200 flycast-proxy --registry "$registry" --vip freebind --threads 2 --metrics '[::1]:9154' \
		--control "$control"
	is seven seven 7
	closed 5999
	has 'address not opened .* Too many open files; trying again every second' cat proxy.log
	has 'Addresses .* [0-9]+ could not be opened by freebind' fly proxy status --control "$control"
	db "UPDATE service_port SET end_port = 5020 WHERE start_port = 5000"
	within 5 grep -q 'all addresses are open' proxy.log
	is 0 counter addresses_missing
	is seven seven 5020
	stop proxy
	pass 'what descriptors are not enough for is said, tried again, and opened when there is room'
fi
