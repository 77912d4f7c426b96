# shellcheck shell=bash
# peers.sh - words for benches of flycast-proxy beside nginx and HAProxy in front of the same Machine; sourced by them.
# One thread each; nobody writes a log, everybody keeps connections to the Machine. The peers add the same kind of fields
# (client, port, request id) and have the same certificate. Whoever serves has processor time of its own, which is what is
# counted: all threads' of its process.
#
#   peers                        the Machine, and $servers in front of it; the Machine's files are in $dir/files
#   address_of SERVER KIND       "ADDRESS PORT" where it serves KIND: http, h2c (both HTTP without TLS), https, tcp
#   url SERVER KIND [PATH]
#   cpu_ns SERVER                processor time it has used
#   resident_kb SERVER
#   median                       of the numbers in standard input
#   column FILE N                median of a column
# shellcheck disable=SC2034 # for those who source it
rounds=${FLYCAST_BENCH_ROUNDS:-5}
# shellcheck disable=SC2034
servers=(nginx haproxy flycast)

machine_serves() {
	ip address add "$machine/32" dev lo
	mkdir files
	cat >origin.conf <<CONF
user root; worker_processes 1; pid $dir/origin.pid; error_log $dir/origin.log;
events { worker_connections 30000; }
http { access_log off; keepalive_requests 1000000000; keepalive_timeout 600;
  server { listen $machine:9000 reuseport; sendfile on; root $dir/files;
    location = / { default_type text/plain; return 200 'hello from the Machine'; } } }
CONF
	nginx -e "$dir/origin.log" -c "$dir/origin.conf"
}

nginx_serves() {
	cat >nginx.conf <<CONF
load_module modules/ngx_stream_module.so;
worker_processes 1; pid $dir/nginx.pid; error_log $dir/nginx.log;
events { worker_connections 30000; }
http { access_log off; keepalive_requests 1000000000; keepalive_timeout 600; proxy_max_temp_file_size 0;
  ssl_protocols TLSv1.2 TLSv1.3; ssl_certificate $dir/bench.crt; ssl_certificate_key $dir/bench.key;
  upstream machine { server $machine:9000; keepalive 256; keepalive_requests 1000000000; }
  server { listen [::1]:8001; listen [::1]:8005 http2; listen [::1]:8007 ssl http2; http2_max_concurrent_streams 1000;
    location / { proxy_pass http://machine; proxy_http_version 1.1; proxy_set_header Connection '';
      proxy_set_header Host \$host; proxy_set_header X-Forwarded-For \$proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto http; proxy_set_header X-Forwarded-Port \$server_port;
      proxy_set_header X-Request-Id \$request_id; add_header X-Request-Id \$request_id; } } }
stream { access_log off; server { listen [::1]:8003; proxy_pass $machine:9000; proxy_timeout 600; } }
CONF
	nginx -e "$dir/nginx.log" -c "$dir/nginx.conf"
}

haproxy_serves() {
	cat bench.crt bench.key >haproxy.pem
	cat >haproxy.cfg <<CONF
global
  nbthread 1
  maxconn ${peer_connections:-4000}
defaults
  timeout connect 5s
  timeout client 600s
  timeout server 600s
  timeout http-keep-alive 600s
frontend http
  mode http
  bind [::1]:8002
  bind [::1]:8006 proto h2
  bind [::1]:8008 ssl crt $dir/haproxy.pem alpn h2,http/1.1
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
  bind [::1]:8004
  server m $machine:9000
CONF
	haproxy -q -D -f haproxy.cfg -p haproxy.pid
}

# The Machine is a row of the registry; no agent is asked for one that runs.
peers() {
	cd "${dir:?}"
	ip address add fdaa:0:1:ffff:0:1:0:2/128 dev lo nodad # so that whoever connects is of the network
	ulimit -n "$(ulimit -Hn)"
	fly init >/dev/null
	fly apps create web >/dev/null
	db "INSERT OR IGNORE INTO hosts (name, region) VALUES ('bench', 'fra')"
	fly machine create -a web --name one --port 80:9000/tcp:http --port 443:9000/tcp:tls:http --port 81:9000 \
		--soft-limit 1000000 --concurrency-type requests -- server >/dev/null
	fly ips allocate-v6 --private -a web >/dev/null
	db "INSERT OR REPLACE INTO machine_state (machine, host, state, since) SELECT id, host, 'started', 0 FROM machine"
	address=$(db 'SELECT address FROM flycast')
	machine=$(db 'SELECT ipv4 FROM machine')
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=bench.test \
		-addext subjectAltName=DNS:bench.test -keyout bench.key -out bench.crt 2>/dev/null
	fly certs add bench.test -a web --cert bench.crt --key bench.key >/dev/null
	# wrk would give an address as the server's name, which is none (RFC 6066 3)
	printf '%s bench.test\n::1 peer.test\n' "$address" >hosts
	mount --bind hosts /etc/hosts
	machine_serves
	nginx_serves
	haproxy_serves
	start proxy flycast-proxy --registry "$registry" --vip "${FLYCAST_VIP:-auto}" --threads 1 --agent "$dir/none.sock" \
		--idle-timeout 10m --handshake-rate 0 --network-connections 0
}

worker_of() {
	case $1 in
	nginx) pgrep -P "$(cat nginx.pid)" ;;
	haproxy) cat haproxy.pid ;;
	flycast) pid_of proxy ;;
	esac
}
cpu_ns() { cat "/proc/$(worker_of "$1")"/task/*/schedstat | awk '{ t += $1 } END { printf "%.0f", t }'; }
resident_kb() { awk '/^Rss:/ { print $2 }' "/proc/$(worker_of "$1")/smaps_rollup"; }

address_of() {
	case $1-$2 in
	nginx-http) echo ::1 8001 ;;
	nginx-tcp) echo ::1 8003 ;;
	nginx-h2c) echo ::1 8005 ;;
	nginx-https) echo ::1 8007 ;;
	haproxy-http) echo ::1 8002 ;;
	haproxy-tcp) echo ::1 8004 ;;
	haproxy-h2c) echo ::1 8006 ;;
	haproxy-https) echo ::1 8008 ;;
	flycast-http | flycast-h2c) echo "$address" 80 ;;
	flycast-tcp) echo "$address" 81 ;;
	flycast-https) echo "$address" 443 ;;
	esac
}
url() {
	local ip port
	read -r ip port <<<"$(address_of "$1" "$2")"
	case $1-$2 in
	flycast-https) echo "https://bench.test:$port/${3:-}" ;;
	*-https) echo "https://peer.test:$port/${3:-}" ;;
	*) echo "http://[$ip]:$port/${3:-}" ;;
	esac
}

median() { sort -n | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }
column() { awk -v c="$2" '{ print $c }' "$1" | median; }
