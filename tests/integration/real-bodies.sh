# Large bodies up to Node and down from nginx, a gigabyte by HTTP/1.1, by HTTP/2 over TLS and as raw TCP: the memory of the
# proxy stays flat, also when a client or a Machine takes its time.
# shellcheck source=tests/lib/proxy.sh
. "$lib/proxy.sh"
gigabyte=$((1 << 30))
part=$((1 << 27))
world
cp "$lib/sink_server.js" /srv/
for size in $gigabyte $part; do truncate -s "$size" "/srv/$size"; done # holes: no disk is measured
mkdir -m 777 /srv/run # Machines have no rights
cat >/srv/nginx.conf <<'CONF'
daemon off; pid /srv/run/nginx.pid; error_log stderr;
events {}
http { access_log off; client_body_temp_path /srv/run/body; proxy_temp_path /srv/run/proxy; fastcgi_temp_path /srv/run/fastcgi;
  uwsgi_temp_path /srv/run/uwsgi; scgi_temp_path /srv/run/scgi; server { listen 0.0.0.0:8081; root /srv; sendfile on; } }
CONF
app web --port 80:8080/tcp:http --port 81:8081/tcp:http --port 443:8080/tcp:tls:http --port 444:8081/tcp:tls:http \
	--port 82:8081 -- sh -c 'nginx -e stderr -c /srv/nginx.conf & exec node /srv/sink_server.js 8080'
fly certs ca >ca.pem
secure() { fetch --cacert ca.pem --resolve "web.flycast:443:[$address]" --resolve "web.flycast:444:[$address]" "$@"; }
within 20 is 2 fetch -d hi "$(url /sink)"
within 20 is "206 5" fetch -o /dev/null -w '%{http_code} %{size_download}' -r 0-4 "http://[$address]:81/$gigabyte"

# The most the proxy held since it was last asked, in KiB.
peak() {
	awk '/^VmHWM:/ { print $2 }' "/proc/$(pid_of proxy)/status"
	echo 5 >"/proc/$(pid_of proxy)/clear_refs"
}
# Two threads keep 64 spare blocks of 36 KiB each: that is what they may come to hold, whatever is carried.
flat=$((2 * 64 * 36 + 2048))
peak >/dev/null
rest=$(peak)
flatly() { # LABEL
	local now
	now=$(peak)
	[ $((now - rest)) -le $flat ] || fail "$1: the proxy held $((now - rest)) KiB more than at rest"
	echo "$1: $((now - rest)) KiB" >>grown
}
down() { # SIZE LABEL CURL...
	is "200 $1" "${@:3}" -m 100 -o /dev/null -w '%{http_code} %{size_download}'
	flatly "$2"
}
up() { # SIZE LABEL CURL...
	is "$1" "${@:3}" -m 100 -H 'Expect:' -T "/srv/$1"
	flatly "$2"
}
down $gigabyte 'HTTP/1.1' fetch "http://[$address]:81/$gigabyte"
down $gigabyte 'HTTP/2 over TLS' secure "https://web.flycast:444/$gigabyte"
down $gigabyte 'raw TCP' fetch "http://[$address]:82/$gigabyte"
down $part 'h2c' fetch --http2-prior-knowledge "http://[$address]:81/$part"
down $part 'chunked' fetch "$(url /stream/$part)"
down $part 'chunked to HTTP/2' secure "https://web.flycast/stream/$part"
pass "down: $(paste -sd, grown | sed 's/,/, /g')"

: >grown
up $gigabyte 'HTTP/1.1' fetch "$(url /sink)"
up $gigabyte 'HTTP/2 over TLS' secure https://web.flycast/sink
up $part 'chunked' fetch -H 'Transfer-Encoding: chunked' "$(url /sink)"
up $part 'h2c' fetch --http2-prior-knowledge "$(url /sink)"
pass "up: $(paste -sd, grown | sed 's/,/, /g')"

# Back-pressure: clients that read slowly, each with a few blocks at most, and a Machine that does: the first megabyte of a body
# is kept in case it is to go to another Machine (fly-replay), in memory that grows by doubling.
: >grown
flat=$((flat + 60 * 3 * 36))
pids=()
for url in "http://[$address]:81/$gigabyte" "http://[$address]:82/$gigabyte" "$(url /stream/$gigabyte)"; do
	for ((i = 0; i < 20; i++)); do
		fetch -m 2 --limit-rate 200k -o /dev/null "$url" &
		pids+=($!)
	done
done
wait "${pids[@]}" || true
flatly '60 slow clients'
flat=$((flat + 40 * 1536))
pids=()
for ((i = 0; i < 20; i++)); do
	fetch -m 2 -T "/srv/$gigabyte" -o /dev/null "$(url /slow)" &
	pids+=($!)
	fetch -m 2 -T "/srv/$gigabyte" -o /dev/null --http2-prior-knowledge "$(url /slow)" &
	pids+=($!)
done
wait "${pids[@]}" || true
flatly '40 uploads to a slow Machine'
pass "back-pressure: $(paste -sd, grown | sed 's/,/, /g')"
