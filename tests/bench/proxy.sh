# flycast-proxy beside nginx and HAProxy in front of the same server: processor time per request or connection or GiB, with
# TLS and without. Rounds are interleaved, figures are medians; "to best" is to the better of the other two.
# FLYCAST_BENCH_ROUNDS=5  FLYCAST_BENCH_SECONDS=2 (of a round)  FLYCAST_BENCH_BULK=512 (MiB)  FLYCAST_BENCH_ROWS="..."
# shellcheck source=tests/lib/peers.sh
. "$lib/peers.sh"
seconds=${FLYCAST_BENCH_SECONDS:-2}
bulk=${FLYCAST_BENCH_BULK:-512}
rows=${FLYCAST_BENCH_ROWS:-http new h2 tcp full resumed tls bulk tls-bulk}
peers
truncate -s "${bulk}M" files/bulk # a hole, so that no disk is measured

# Each prints how many units were done, and how many a second.
wrk_count() {
	wrk -t1 -c64 -d"${seconds}s" "$@" >wrk.out
	! grep -E 'Non-2xx|Socket errors' wrk.out || fail "$(cat wrk.out)"
	awk '/requests in/ { n = $1 } /^Requests\/sec/ { print n, $2 }' wrk.out
}
h2load_count() {
	h2load -c 8 -m 32 -D "$seconds" -H ':authority: bench.test' "$@" >h2load.out # by itself it forgets the brackets
	grep -q ', 0 failed, 0 errored' h2load.out || fail "$(cat h2load.out)"
	awk '/^finished in/ { rate = $4 } /^requests:/ { print $8, rate }' h2load.out
}
connections() { # SERVER KIND FLAGS...
	local server=$1 kind=$2 out
	shift 2
	# shellcheck disable=SC2046 # an address and a port
	out=$("${FLYCAST_TESTS:?}/http_load" close --connections 32 --count $((seconds * 2000)) "$@" $(address_of "$server" "$kind"))
	read -r n resumed rate _ <<<"$out"
	[[ " $* " != *' --resume '* ]] || [ "$n" = "$resumed" ] || fail "$server resumed $resumed of $n sessions"
	[[ " $* " == *' --resume '* ]] || [ "$resumed" = 0 ] || fail "$server resumed $resumed sessions"
	echo "$n $rate"
}
download() {
	local rate
	rate=$(curl -sfk --http1.1 -o /dev/null -w '%{speed_download}' "$1")
	awk -v mb="$bulk" -v rate="$rate" 'BEGIN { print mb / 1.024, rate / 1048576 }' # so that us are ms per GiB
}
work() { # SERVER ROW
	case $2 in
	http) wrk_count "$(url "$1" http)" ;;
	tcp) wrk_count "$(url "$1" tcp)" ;;
	tls) wrk_count "$(url "$1" https)" ;;
	h2) h2load_count "$(url "$1" h2c)" ;;
	new) connections "$1" http ;;
	full) connections "$1" https --tls ;;
	resumed) connections "$1" https --tls --resume ;;
	bulk) download "$(url "$1" tcp bulk)" ;;
	tls-bulk) download "$(url "$1" https bulk)" ;;
	esac
}
label() {
	case $1 in
	http) echo 'HTTP/1.1, kept connections|us/request|requests/s' ;;
	new) echo 'HTTP/1.1, a connection each|us/connection|connections/s' ;;
	h2) echo 'HTTP/2 to HTTP/1.1|us/request|requests/s' ;;
	tls) echo 'HTTP/1.1 over TLS|us/request|requests/s' ;;
	full) echo 'TLS, full handshakes|us/connection|connections/s' ;;
	resumed) echo 'TLS, resumed|us/connection|connections/s' ;;
	tcp) echo 'TCP, small messages|us/message|messages/s' ;;
	bulk) echo 'TCP, one connection|ms/GiB|MiB/s' ;;
	tls-bulk) echo 'HTTP over TLS, one connection|ms/GiB|MiB/s' ;;
	esac
}

round() { # SERVER ROW
	local before after out
	before=$(cpu_ns "$1")
	out=$(work "$1" "$2")
	after=$(cpu_ns "$1")
	awk -v cpu=$((after - before)) '{ printf "%.2f %.0f\n", cpu / $1 / 1000, $2 }' <<<"$out" >>"$1-$2"
}

compare() { # ROW
	local server unit rate
	for server in "${servers[@]}"; do
		seconds=1 work "$server" "$1" >/dev/null
	done
	for ((i = 0; i < rounds; i++)); do
		for server in "${servers[@]}"; do round "$server" "$1"; done
	done
	IFS='|' read -r name unit rate <<<"$(label "$1")"
	printf '%-33s %10s %10s %10s %8s   %s\n' "$name" "${servers[@]}" 'to best' "$(for server in "${servers[@]}"; do column "$server-$1" 2; done | paste -sd' ') $rate"
	for server in "${servers[@]}"; do column "$server-$1" 1; done | paste -sd' ' | awk -v unit="$unit" '
		{ best = $1 < $2 ? $1 : $2; printf "  CPU %-27s %10s %10s %10s %8.2f\n", unit, $1, $2, $3, $3 / best }'
}

# The same cipher for all, or the rows with TLS say nothing.
cipher_of() {
	read -r ip port <<<"$(address_of "$1" https)"
	openssl s_client -connect "[$ip]:$port" -servername bench.test </dev/null 2>&1 | grep '^New, '
}
for server in "${servers[@]}"; do
	is "$(cipher_of nginx)" cipher_of "$server"
done
for row in $rows; do
	compare "$row"
done
stop proxy
