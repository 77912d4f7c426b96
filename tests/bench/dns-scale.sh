# flycast-dns with a large installation: a million apps with three Machines each in ten thousand networks. How long until it
# serves, what it holds, what a question and a change cost while a thousand changes a second are made, beside the same
# questions to NSD, Knot, PowerDNS with SQLite and BIND, which hold the names that are asked, and no others.
# FLYCAST_BENCH_APPS=1000000  FLYCAST_BENCH_NETWORKS=10000  FLYCAST_BENCH_ROUNDS=5  FLYCAST_BENCH_SECONDS=2
# FLYCAST_BENCH_PEERS="nsd knot pdns bind"  FLYCAST_BENCH_CHURN=100000
apps=${FLYCAST_BENCH_APPS:-1000000}
networks=${FLYCAST_BENCH_NETWORKS:-10000}
rounds=${FLYCAST_BENCH_ROUNDS:-5}
seconds=${FLYCAST_BENCH_SECONDS:-2}
churn=${FLYCAST_BENCH_CHURN:-100000}
read -ra peers <<<"${FLYCAST_BENCH_PEERS-nsd knot pdns bind}"
load=${FLYCAST_TESTS:?}/dns_load
probe=$FLYCAST_TESTS/feed_probe
cd "${dir:?}"
# shellcheck source=tests/lib/dns_servers.sh
. "${lib:?}/dns_servers.sh"
# shellcheck source=tests/lib/large.sh
. "$lib/large.sh"
ip route add local fdaa::/16 dev lo

make_large "$dir/large.db" "$apps" "$networks"
# an address of the app's network, the name, AAAA; and the same names for the others, whose clients all see the same
sqlite3 -separator ' ' large.db "SELECT name, network FROM app ORDER BY random() LIMIT 100000" |
	awk '{printf "fdaa:%x:%x:1::2 %s.%s 28\n", int($2 / 65536), $2 % 65536, $1, NR % 2 ? "internal" : "flycast"}' >questions.txt
if [ ${#peers[@]} -gt 0 ]; then
	sqlite3 -separator ' ' large.db "SELECT app || '.flycast.', 'AAAA', address FROM address;
		SELECT app || '.internal.', 'AAAA', address FROM machine" >records.txt
	make_zones large records.txt
	[[ " ${peers[*]} " != *' pdns '* ]] || make_pdns large
	make_certificate
fi

began=$(date +%s%N)
mkfifo ready
flycast_flags=(--threads 1 --ready-fd 9)
exec 8<>ready # both ends, so that nobody waits for the other to open it
serve flycast large 9>&8
read -r -t 600 _ <&8 || fail 'flycast-dns does not serve after ten minutes'
ready_ms=$((($(date +%s%N) - began) / 1000000))
start_ns=$(cpu_ns flycast)
memory=$(memory_kb flycast)
names=$(flycast --registry large.db zone default | awk '/^[^;]/ {print $1}' | sort -u | wc -l)
per_network=$((apps / networks))
echo "$apps apps in $networks networks, $((apps * 3)) Machines, $names names in the view of a network of $per_network apps"
echo "serves after $ready_ms ms (processor time $((start_ns / 1000000)) ms); $((memory / 1024)) MiB, $((memory * 1024 / (names * networks))) octets per name, the catalog included"
for name in "${peers[@]}"; do
	serve "$name" large
	within 300 answers "$name" app-0000001.flycast
done

measure() { # NAME FILE [THREAD]
	local before line
	before=$(cpu_ns "$1" "${@:3}")
	line=$("$load" "${port[$1]}" questions.txt "$seconds")
	awk -v cpu=$(($(cpu_ns "$1" "${@:3}") - before)) '{if ($1 < 1000 || $3 > 0) exit 1; printf "%.0f %s\n", cpu / $1, $6}' <<<"$line" >>"$2" ||
		fail "$1: answered, lost, errors, p50, p99, rate: $line"
}

median() { # FILE COLUMN
	cut -d' ' -f"$2" "$1" | sort -n | awk '{v[NR] = $1} END {print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2}'
}

for ((round = 0; round < rounds; round++)); do
	for name in "${peers[@]}" flycast; do measure "$name" "still.$name"; done
done
for name in "${peers[@]}"; do end "$name"; done
echo "processor time per answer, ns, and answers a second, as fast as dns_load asks from the addresses of $networks networks"
for name in "${peers[@]}" flycast; do
	printf '  %-13s %-10s %s\n' "$name" "$(median "still.$name" 1)" "$(median "still.$name" 2)"
done

"$probe" large.db "$apps" $((rounds * seconds * 1000 + 5000)) write 1000 >written &
writer=$!
before=$(cpu_ns flycast)
for ((round = 0; round < rounds; round++)); do measure flycast changing.flycast dns-udp; done
kill -0 $writer 2>/dev/null || fail "the writer was done before the questions were"
printf '  %-13s %-10s %s   (the thread that answers, while 1000 changes a second are made)\n' flycast \
	"$(median changing.flycast 1)" "$(median changing.flycast 2)"
wait $writer
echo "changes were written in $(<written) s"

# The probe changes apps of network 1, whose client ::1 is, and asks until they are seen. Of its two ways to write the one
# by a shell is left out: the other writer keeps the lock too long for it.
shows() { # TITLE
	"$probe" large.db "$per_network" 300 "${port[flycast]}" "${pids[flycast]}" 2>/dev/null |
		awk -v title="$1" '$3 == "libstore" {print "  " title ": " $4, $5, $6}'
}
echo 'from a write until it shows, milliseconds: p50 p99 most'
"$load" "${port[flycast]}" questions.txt 600 20000 >answered &
loader=$!
shows 'at 20000 questions a second'
"$probe" large.db "$apps" 1000000 write 1000 >/dev/null &
writer=$!
shows 'and 1000 other changes a second'
kill $writer $loader
wait $writer $loader 2>/dev/null || true

before=$(memory_kb flycast)
"$probe" large.db "$apps" "$churn" write 100000 >written
settled() { [ "$(flycast_seq)" -ge "$(sqlite3 large.db 'SELECT max(seq) FROM change')" ]; }
flycast_seq() { dig +short -p "${port[flycast]}" @::1 SOA internal | cut -d' ' -f3; }
within 60 settled
echo "memory before and after $churn changes (made in $(<written) s): $((before / 1024)) MiB, $(($(memory_kb flycast) / 1024)) MiB"
end flycast
