# Three hosts with slow links between them: their proxies measure how far they are, the registry remembers it in coarse steps,
# proxy and DNS go by it, and by the map where nobody answers.
# shellcheck source=tests/lib/proxy.sh
. "$lib/proxy.sh"
if [ ! -w /dev/net/tun ]; then
	echo 'no tun devices here'
	exit 77
fi
world --probe-interval 100ms
here=fd01::a
ip address add $here/128 dev lo nodad
host() { # NAME REGION MILLISECONDS: a host at fd01::NAME, behind a link that takes so long
	unshare --net -- sleep 1000 &
	local pid=$!
	echo "$3" >"link.$1"
	mkfifo "up.$1"
	/usr/bin/python3 "$lib/slow_link.py" $pid "to-$1" to-a "link.$1" >"up.$1" &
	read -r _ <"up.$1"
	ip link set "to-$1" up
	ip route add "fd01::$1" dev "to-$1"
	echo "nsenter --net=/proc/$pid/ns/net" >"in.$1"
	inside "$1" ip link set lo up
	inside "$1" ip link set to-a up
	inside "$1" ip address add "fd01::$1/128" dev lo nodad
	inside "$1" ip route add $here dev to-a
	fly hosts create "$1" --region "$2" >/dev/null
	fly hosts probe "$1" "[fd01::$1]:7946" >/dev/null
}
inside() { # HOST COMMAND...
	local how
	how=$(cat "in.$1")
	shift
	# shellcheck disable=SC2086 # words
	$how "$@"
}
proxy_of() { # shellcheck disable=SC2046 # words
	start "proxy-$1" $(cat "in.$1") flycast-proxy --registry "$registry" --threads 1 --autostop-interval 0 --host "$1" \
		--agent nobody.sock --probe-interval 100ms
}
self=$(db 'SELECT name FROM host')
[ "$(db 'SELECT region FROM host')" = iad ] || db "UPDATE host SET region = 'iad'"
fly apps create web >/dev/null
fly ips allocate-v6 --private -a web >/dev/null
address=$(db "SELECT address FROM flycast WHERE app = 'web'")
machine() { # NAME REGION
	fly machine run -a web --name "$1" --port 80:8080/tcp:http -- /srv/httpd --port 8080 --body "$2" >/dev/null
	edit "UPDATE machine SET region = '$2' WHERE name = '$1'"
}
host b ord 30
host c syd 4
machine one ord
machine two syd
from() { fetch "$(url)"; }
sixpn() { db "SELECT address FROM machine WHERE name = '$1'"; }
ip address add "fdaa:0:1::3/128" dev lo nodad
nearest() { dig +short -b "$client" @fdaa:0:1::3 AAAA top1.nearest.of.web.internal; }
start dns flycast-dns --registry "$registry" --listen '[fdaa:0:1::3]:53' --host "$self"
within 10 is ord from
within 5 is "$(sixpn one)" nearest
is 0 db 'SELECT count(*) FROM round_trip'
pass 'by the map as long as nobody measured'

proxy_of b
proxy_of c
fly hosts probe "$self" "[$here]:7946" >/dev/null
within 10 is syd from
within 10 is 'syd ord' eval "db 'SELECT region FROM round_trip ORDER BY microseconds' | paste -sd' '"
within 5 is "$(sixpn two)" nearest
for _ in 1 2 3 4 5 6; do is syd from; done
seconds() { counter "host_round_trip_seconds{host=\"$1\",region=\"$2\"}"; }
between() { awk -v x="$(seconds "$1" "$2")" -v least="$3" -v most="$4" 'BEGIN { exit !(x >= least && x <= most) }'; }
within 5 between b ord 0.060 0.500
within 5 between c syd 0.008 0.250
is 'syd ord' eval 'fly hosts distances "$self" -j | jq -r ".[].Region" | paste -sd" "'
pass 'measured: the host with the quicker answer is nearer, for requests and for names'

# The registry hears of steps, not of packets.
before=$(db "SELECT count(*) FROM change WHERE kind = 'round_trip'")
asked=$(counter probes_total)
more() { [ "$(counter probes_total)" -gt $((asked + 40)) ]; }
within 10 more
[ $(($(db "SELECT count(*) FROM change WHERE kind = 'round_trip'") - before)) -le 4 ] || fail 'the registry is written all the time'
[ "$(db "SELECT count(*) FROM audit WHERE object = 'round_trip'")" = 0 ] || fail 'measuring is audited'
pass 'the registry is written when a step changes, not with every probe'

# What was measured outlives the proxy.
stop proxy
start proxy flycast-proxy --registry "$registry" --threads 2 --autostop-interval 0 --metrics '[::1]:9154' --probe-interval 0
within 5 is syd from
pass 'a proxy that was started anew goes by what it measured before'
stop proxy
start proxy flycast-proxy --registry "$registry" --threads 2 --autostop-interval 0 --metrics '[::1]:9154' --probe-interval 100ms
within 10 between c syd 0.008 0.250

# A question is answered for hosts of the registry only, and an answer that nobody asked for says nothing.
cat >ask.py <<'PYTHON'
import socket, sys
where, how, source = sys.argv[1:]
sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
sock.bind((source, 0))
sock.settimeout(2)
sock.sendto(b"FLYCAST" + how.encode() + bytes(15) + b"n", (where, 7946))
try:
    answer = sock.recv(100)
    print("%d %s" % (len(answer), answer[:8].decode()))
except TimeoutError:
    print("silence")
PYTHON
ask() { inside b /usr/bin/python3 ask.py $here "$1" "$2"; }
inside b ip address add fd01::bb/128 dev lo nodad
ip route add fd01::bb dev to-b
is '24 FLYCAST!' ask '?' fd01::b
is silence ask '?' fd01::bb
is silence ask '!' fd01::b
is silence ask 'x' fd01::b
is syd from
pass 'strangers are not answered'

echo cut >link.c
within 20 is ord from
within 20 is ord eval "db 'SELECT region FROM round_trip'"
within 5 is "$(sixpn one)" nearest
lost=$(counter probes_lost_total)
[ "$lost" -ge 8 ] || fail "only $lost probes lost"
echo 4 >link.c
within 20 is syd from
pass 'a host that does not answer is as far as the map says, until it answers again'

refuses 1 'an address that the other hosts reach, and a port' fly hosts probe b ':7946'
refuses 1 'another host answers probes at this address' fly hosts probe b '[fd01::c]:7946'
refuses 1 'there is no host' fly hosts probe nobody '[fd01::d]:7946'
has 'answers no probes' fly hosts probe "$self" none
within 20 is 0 db 'SELECT count(*) FROM round_trip'
within 5 is ord from
pass 'without an address of its own a host has no part in it, and forgets'
stop proxy
stop proxy-b
stop proxy-c
