# How long a request waits for a wake, with the real agent: one at a time, from suspended and from stopped; then storms:
# many requests at one sleeping Machine, and one request each at many sleeping apps, all at the same time.
# FLYCAST_BENCH_WAKES=100  FLYCAST_BENCH_STORM=1000
# shellcheck source=tests/lib/peers.sh
. "$lib/peers.sh"
wakes=${FLYCAST_BENCH_WAKES:-100}
storm=${FLYCAST_BENCH_STORM:-1000}
cd "$dir"
ulimit -n "$(ulimit -Hn)"
client=fdaa:0:1:ffff:0:1:0:2
ip address add "$client/128" dev lo nodad
fly init >/dev/null
start agent flycast-agent --registry "$registry"
start proxy flycast-proxy --registry "$registry" --autostop-interval 0
fly apps create web >/dev/null
fly machine run -a web --name one --port 80:8080/tcp:http --autostop=suspend -- /srv/httpd --port 8080 >/dev/null
fly ips allocate-v6 --private -a web >/dev/null
id=$(db 'SELECT id FROM machine')
address=$(db 'SELECT address FROM flycast')
first_byte() { curl -s -o /dev/null -m 20 --interface $client -w '%{time_starttransfer}\n' "http://[$address]/"; }
within 10 first_byte >/dev/null

sleeps() {
	fly machine "$1" "$id" >/dev/null
	within 10 eval "db \"SELECT state FROM machine_state WHERE machine = '$id'\" | grep -qx $([ "$1" = stop ] && echo stopped || echo suspended)"
}

# The server's own start: from fork to its first answer, without proxy and agent; milliseconds, a line each.
own_start() {
	python3 - <<'PY'
import os, socket, subprocess, time
times = []
for i in range(100):
    port = 9100 + i
    t = time.perf_counter()
    p = subprocess.Popen(['/srv/httpd', '--port', str(port)], stdout=subprocess.DEVNULL)
    while True:
        try:
            s = socket.create_connection(('127.0.0.1', port)); break
        except OSError:
            time.sleep(0.0001)
    s.sendall(b'GET / HTTP/1.1\r\nHost: a\r\n\r\n'); s.recv(100)
    times.append(time.perf_counter() - t)
    p.kill(); p.wait()
for t in times:
    print('%.3f' % (t * 1000))
PY
}
wait_row() { # LABEL LESS: of the milliseconds in standard input
	sort -n | awk -v label="$1" -v less="$2" '{ v[NR] = $1 - less }
		END { p99 = int(NR * 0.99); if (p99 < 1) p99 = 1
			printf "  %-40s %9.2f %9.2f %9.2f\n", label, v[int((NR + 1) / 2)], v[p99], v[NR] }'
}
own_start >own
own=$(median <own)
echo "waking, first byte in ms, $wakes times               p50       p99       max"
for how in suspend stop; do
	for ((i = 0; i < wakes; i++)); do
		sleeps $how
		first_byte
	done | awk '{ print $1 * 1000 }' >wake-$how
done
wait_row resume 0 <wake-suspend
wait_row 'cold start' 0 <wake-stop
wait_row "the server's own start" 0 <own
wait_row "cold start less $own of the server" "$own" <wake-stop

# ---------------------------------------------------------------------------------------------------- storms

storm() { "${FLYCAST_TESTS:?}/http_load" storm; }
storm_row() { # LABEL FILE: a line of http_load
	awk -v label="$1" '{ printf "  %-40s %9.2f %9.2f %9.2f\n", label, $4 / 1e3, $5 / 1e3, $7 / 1e3 }' "$2"
}
starts() { grep -c 'machine started' agent.log; }
echo "storms, first byte in ms                            p50       p99       max"
for how in suspend stop; do
	sleeps $how
	before=$(starts)
	for ((i = 0; i < storm; i++)); do echo "$address 80"; done | storm >storm-$how
	storm_row "$storm requests, one Machine, $how" storm-$how
	is $((before + 1)) starts # one, whoever asked
done
for ((i = 0; i < storm; i++)); do
	fly apps create "app$i" >/dev/null
	fly ips allocate-v6 --private -a "app$i" >/dev/null
	fly machine create -a "app$i" --port 80:8080/tcp:http -- /srv/httpd --port 8080 >/dev/null
done
created() { [ "$(db "SELECT count(*) FROM machine_state WHERE state = 'created'")" = "$storm" ]; }
within 60 created
db "SELECT address, 80 FROM flycast WHERE app LIKE 'app%'" | tr '|' ' ' | storm >storm-apps
storm_row "a request each to $storm sleeping apps" storm-apps
stop proxy
stop agent
