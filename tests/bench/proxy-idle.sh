# Memory of idle connections in flycast-proxy, nginx and HAProxy: each was opened, asked once, and is kept. nginx and HAProxy
# have touched room for their connections before the first one comes; what they hold then is a column too.
# FLYCAST_BENCH_IDLE=9000 (a peer needs two descriptors for each)  FLYCAST_BENCH_IDLE_TLS=2000
# shellcheck source=tests/lib/peers.sh
idle=${FLYCAST_BENCH_IDLE:-9000}
idle_tls=${FLYCAST_BENCH_IDLE_TLS:-2000}
peer_connections=$((idle + 100))
. "$lib/peers.sh"
peers
hold() { # SERVER KIND COUNT FLAGS...
	local server=$1 kind=$2 count=$3 before with
	shift 3
	before=$(resident_kb "$server")
	mkfifo hold held
	# shellcheck disable=SC2046 # an address and a port
	"${FLYCAST_TESTS:?}/http_load" hold --count "$count" "$@" $(address_of "$server" "$kind") <hold >held &
	exec 7>hold
	read -r said <held || fail "$server does not hold $count connections"
	is held echo "$said"
	sleep 0.2 # what is freed late is freed now
	with=$(resident_kb "$server")
	printf '  %-36s %12d %9d %13d\n' "$server" "$before" "$with" $(((with - before) * 1024 / count))
	exec 7>&-
	wait $!
	rm hold held
}
echo "$idle idle HTTP connections              KiB without      with    bytes each"
for server in "${servers[@]}"; do hold "$server" http "$idle"; done
echo "$idle_tls idle HTTP connections over TLS     KiB without      with    bytes each"
for server in "${servers[@]}"; do hold "$server" https "$idle_tls" --tls; done
stop proxy
