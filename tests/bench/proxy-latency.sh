# How long requests take through flycast-proxy, nginx and HAProxy when so many a second come, at fixed times, on 64
# connections: from the time a request was due to the last byte of its answer. "none" asks the Machine itself.
# FLYCAST_BENCH_ROUNDS=5  FLYCAST_BENCH_SECONDS=3 (of a round)  FLYCAST_BENCH_RATES="1000 5000"
# shellcheck source=tests/lib/peers.sh
. "$lib/peers.sh"
seconds=${FLYCAST_BENCH_SECONDS:-3}
peers
ask() { # SERVER RATE
	local target
	target=$(address_of "$1" http)
	[ "$1" != none ] || target="::ffff:$machine 9000"
	# shellcheck disable=SC2086 # an address and a port
	"${FLYCAST_TESTS:?}/http_load" rate --connections 64 --rate "$2" --seconds "$seconds" $target >>"$1-$2"
}
for rate in ${FLYCAST_BENCH_RATES:-1000 5000}; do
	for ((i = 0; i < rounds; i++)); do
		for server in none "${servers[@]}"; do ask "$server" "$rate"; done
	done
	echo "$rate requests/s, answered in us        p50       p99     p99.9"
	for server in none "${servers[@]}"; do
		file=$server-$rate
		printf '  %-30s %9s %9s %9s\n' "$server" "$(column "$file" 4)" "$(column "$file" 5)" "$(column "$file" 6)"
	done
done
stop proxy
