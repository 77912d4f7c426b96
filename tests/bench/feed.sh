# How long a write takes until it shows: in a catalog, and in flycast-dns's answers, by the number of apps in the registry.
# FLYCAST_BENCH_APPS="1000 100000 1000000"  FLYCAST_BENCH_CHANGES=300
probe=${FLYCAST_TESTS:?}/feed_probe
changes=${FLYCAST_BENCH_CHANGES:-300}
# shellcheck disable=SC2034 # for start: a million apps are read in 20 s, or in minutes when the machine is busy
ready_seconds=600

# shellcheck source=tests/lib/apps.sh
. "$lib/apps.sh"

echo "     apps  follower writer    p50 ms   p99 ms   max ms   CPU/change     load     per app"
for apps in ${FLYCAST_BENCH_APPS:-1000 100000 1000000}; do
	make_registry "$apps"
	"$probe" "$registry" "$apps" "$changes" catalog
	if command -v flycast-dns >/dev/null; then
		port=5300
		start dns flycast-dns --registry "$registry" --listen "[::1]:$port"
		"$probe" "$registry" "$apps" "$changes" "$port" "$(pid_of dns)"
		stop dns
	fi
done
