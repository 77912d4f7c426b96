# flycast-proxy beside nginx and HAProxy in front of the same server: processor time per request, rate and latency over
# HTTP/1.1 and raw TCP; memory per idle connection; and with the real agent, how long a request waits for a wake.
# One thread each, rounds interleaved, medians; nobody writes a log, everybody keeps connections to the Machine. The peers
# add the same kind of fields (client, port, request id). Processor time is all threads' of the process that serves.
# FLYCAST_BENCH_ROUNDS=5  FLYCAST_BENCH_SECONDS=3  FLYCAST_BENCH_IDLE=2000  FLYCAST_BENCH_WAKES=200
# FLYCAST_BENCH_BULK=1024 (MiB)
bulk=${FLYCAST_BENCH_BULK:-1024}
rounds=${FLYCAST_BENCH_ROUNDS:-5}
seconds=${FLYCAST_BENCH_SECONDS:-3}
idle=${FLYCAST_BENCH_IDLE:-2000}
wakes=${FLYCAST_BENCH_WAKES:-200}
cd "$dir"
client=fdaa:0:1:ffff:0:1:0:2
ip address add "$client/128" dev lo nodad

# ---------------------------------------------------------------------------------------------------- the servers

# The Machine: a row of the registry, and nginx on its address.
fly init >/dev/null
fly apps create web >/dev/null
db "INSERT OR IGNORE INTO hosts (name, region) VALUES ('bench', 'fra')"
fly machine create -a web --name one --port 80:9000/tcp:http --port 81:9000 --soft-limit 1000000 \
	--concurrency-type requests -- server >/dev/null
fly ips allocate-v6 --private -a web >/dev/null
db "INSERT OR REPLACE INTO machine_state (machine, host, state, since) SELECT id, host, 'started', 0 FROM machine"
address=$(db 'SELECT address FROM flycast')
machine=$(db 'SELECT ipv4 FROM machine')
ip address add "$machine/32" dev lo

cat >origin.conf <<CONF
user root; worker_processes 1; pid $dir/origin.pid; error_log $dir/origin.log;
events { worker_connections 20000; }
http { access_log off; keepalive_requests 1000000000; keepalive_timeout 600;
  server { listen $machine:9000 reuseport; sendfile on;
    location = /bulk { alias $dir/bulk; } location / { default_type text/plain; return 200 'hello from the Machine'; } } }
CONF
cat >nginx.conf <<CONF
load_module modules/ngx_stream_module.so;
worker_processes 1; pid $dir/nginx.pid; error_log $dir/nginx.log;
events { worker_connections 20000; }
http { access_log off; keepalive_requests 1000000000; keepalive_timeout 600;
  upstream machine { server $machine:9000; keepalive 256; keepalive_requests 1000000000; }
  server { listen [::1]:8001;
    location / { proxy_pass http://machine; proxy_http_version 1.1; proxy_set_header Connection '';
      proxy_set_header Host \$host; proxy_set_header X-Forwarded-For \$proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto http; proxy_set_header X-Forwarded-Port \$server_port;
      proxy_set_header X-Request-Id \$request_id; add_header X-Request-Id \$request_id; } } }
stream { access_log off; server { listen [::1]:8004; proxy_pass $machine:9000; proxy_timeout 600; } }
CONF
cat >haproxy.cfg <<CONF
global
  nbthread 1
  maxconn 8000
defaults
  timeout connect 5s
  timeout client 600s
  timeout server 600s
  timeout http-keep-alive 600s
frontend http
  mode http
  bind [::1]:8002
  unique-id-format %{+X}o%ci%cp%fi%fp%Ts%rt
  unique-id-header X-Request-Id
  http-request set-header X-Forwarded-Proto http
  http-request set-header X-Forwarded-Port %[dst_port]
  http-response set-header X-Request-Id %[unique-id]
  option forwardfor
  default_backend machine
backend machine
  mode http
  http-reuse always
  server m $machine:9000
listen tcp
  mode tcp
  bind [::1]:8003
  server m $machine:9000
CONF
nginx -e "$dir/origin.log" -c "$dir/origin.conf"
nginx -e "$dir/nginx.log" -c "$dir/nginx.conf"
haproxy -D -f haproxy.cfg -p haproxy.pid
start proxy flycast-proxy --registry "$registry" --threads 1 --agent "$dir/none.sock" --idle-timeout 10m

# the process that does the work
worker_of() {
	case $1 in
	nginx) pgrep -P "$(cat nginx.pid)" ;;
	haproxy) cat haproxy.pid ;;
	flycast) pid_of proxy ;;
	esac
}
cpu_ns() { cat "/proc/$(worker_of "$1")"/task/*/schedstat | awk '{ t += $1 } END { printf "%.0f", t }'; }
resident_kb() { awk '/^Rss:/ { print $2 }' "/proc/$(worker_of "$1")/smaps_rollup"; }
url() {
	case $1-$2 in
	nginx-http) echo 'http://[::1]:8001/' ;;
	nginx-tcp) echo 'http://[::1]:8004/' ;;
	haproxy-http) echo 'http://[::1]:8002/' ;;
	haproxy-tcp) echo 'http://[::1]:8003/' ;;
	flycast-http) echo "http://[$address]/" ;;
	flycast-tcp) echo "http://[$address]:81/" ;;
	esac
}
median() { sort -n | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }

# ---------------------------------------------------------------------------------------------------- work

round() { # SERVER KIND CONNECTIONS
	local before after
	before=$(cpu_ns "$1")
	wrk -t1 -c"$3" -d"${seconds}s" --latency "$(url "$1" "$2")" >wrk.out
	after=$(cpu_ns "$1")
	! grep -E 'Non-2xx|Socket errors' wrk.out || fail "$1 $2: $(cat wrk.out)"
	awk -v cpu=$((after - before)) '
		function us(t) { return t ~ /us$/ ? t + 0 : t ~ /ms$/ ? t * 1e3 : t * 1e6 }
		/requests in/ { n = $1 } /^Requests\/sec/ { rate = $2 } $1 == "50%" { p50 = us($2) } $1 == "99%" { p99 = us($2) }
		END { printf "%.2f %.0f %.0f %.0f\n", cpu / n / 1000, rate, p50, p99 }' wrk.out >>"$1-$2-$3"
}

column() { awk -v c="$2" '{ print $c }' "$1" | median; }

compare() { # KIND CONNECTIONS SERVER...
	local kind=$1 connections=$2 server best=
	shift 2
	for server in "$@"; do
		curl -s -o /dev/null "$(url "$server" "$kind")" || fail "$server does not serve $kind"
	done
	for ((i = 0; i < rounds; i++)); do
		for server in "$@"; do round "$server" "$kind" "$connections"; done
	done
	echo "$kind, $connections connections    CPU us/request    requests/s    p50 us    p99 us"
	for server in "$@"; do
		file=$server-$kind-$connections
		printf '  %-25s %14s %13s %9s %9s\n' "$server" "$(column "$file" 1)" "$(column "$file" 2)" \
			"$(column "$file" 3)" "$(column "$file" 4)"
		[ "$server" = flycast ] || best=$(printf '%s\n' ${best:+"$best"} "$(column "$file" 1)" | sort -n | head -n 1)
	done
	echo "  CPU of flycast to the better of the others: $(awk -v a="$(column "flycast-$kind-$connections" 1)" -v b="$best" 'BEGIN { printf "%.2f", a / b }')"
}

compare http 64 nginx haproxy flycast
compare tcp 64 nginx haproxy flycast

# ---------------------------------------------------------------------------------------------------- bulk

# One connection, from the Machine to the client; the file is a hole, so that no disk is measured.
truncate -s "${bulk}M" bulk
bulk_round() { # SERVER
	local before after rate
	before=$(cpu_ns "$1")
	rate=$(curl -sf -o /dev/null -w '%{speed_download}' "$(url "$1" tcp)bulk")
	after=$(cpu_ns "$1")
	awk -v cpu=$((after - before)) -v rate="$rate" -v mb="$bulk" \
		'BEGIN { printf "%.0f %.0f\n", cpu / mb * 1024 / 1e6, rate / 1048576 }' >>"$1-bulk"
}
for ((i = 0; i < rounds; i++)); do
	for server in nginx haproxy flycast; do bulk_round $server; done
done
echo "tcp, $bulk MiB on one connection    CPU ms/GiB     MiB/s"
for server in nginx haproxy flycast; do
	printf '  %-25s %14s %9s\n' $server "$(column $server-bulk 1)" "$(column $server-bulk 2)"
done

# ---------------------------------------------------------------------------------------------------- idle connections

cat >idle.py <<'PY'
import socket, sys
host, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
held = []
for _ in range(count):
    s = socket.create_connection((host, port))
    s.sendall(b'GET / HTTP/1.1\r\nHost: web\r\n\r\n')
    if not s.recv(4096).startswith(b'HTTP/1.1 200'):
        sys.exit('not answered')
    held.append(s)
print('held', flush=True)
sys.stdin.read()
PY
# nginx and HAProxy have touched room for their connections before the first comes; what they hold then is a column too.
echo "memory of $idle idle HTTP connections     KiB without      with    bytes each"
ulimit -n "$(ulimit -Hn)"
for server in nginx haproxy flycast; do
	target=$(url $server http)
	host=${target#*\[} host=${host%\]*}
	port=80
	[[ $target =~ \]:([0-9]+) ]] && port=${BASH_REMATCH[1]}
	before=$(resident_kb $server)
	mkfifo "hold-$server" "held-$server"
	python3 idle.py "$host" "$port" "$idle" <"hold-$server" >"held-$server" &
	exec 7>"hold-$server"
	read -r _ <"held-$server"
	sleep 0.2 # what is freed late is freed now
	with=$(resident_kb $server)
	printf '  %-36s %12d %9d %13d\n' $server "$before" "$with" $(((with - before) * 1024 / idle))
	exec 7>&-
	wait $!
done
stop proxy

# ---------------------------------------------------------------------------------------------------- waking

ip address del "$machine/32" dev lo # the real Machine will have the same
rm "$registry"*
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
		fly machine $how "$id" >/dev/null
		within 10 eval "db \"SELECT state FROM machine_state\" | grep -qx $([ $how = stop ] && echo stopped || echo suspended)"
		first_byte
	done | awk '{ print $1 * 1000 }' >wake-$how
done
wait_row resume 0 <wake-suspend
wait_row 'cold start' 0 <wake-stop
wait_row "the server's own start" 0 <own
wait_row "cold start less $own of the server" "$own" <wake-stop
stop proxy
stop agent
