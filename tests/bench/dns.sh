# flycast-dns beside NSD, Knot, PowerDNS with SQLite and BIND with the same names, records and questions, and an echo server
# as the floor: processor time per answer, rate, memory per name. One thread each, rounds interleaved, medians.
# FLYCAST_BENCH_NAMES=100000  FLYCAST_BENCH_ROUNDS=5  FLYCAST_BENCH_SECONDS=2  FLYCAST_BENCH_RATE=40000
# FLYCAST_BENCH_WORKS="full rate mix edns eight tcp dot threads instructions"
names=${FLYCAST_BENCH_NAMES:-100000}
rounds=${FLYCAST_BENCH_ROUNDS:-5}
seconds=${FLYCAST_BENCH_SECONDS:-2}
rate=${FLYCAST_BENCH_RATE:-40000}
works=${FLYCAST_BENCH_WORKS:-full rate mix edns eight tcp dot threads instructions}
cd "${dir:?}"
# shellcheck source=tests/lib/dns_servers.sh
. "${lib:?}/dns_servers.sh"

# ---------------------------------------------------------------------------------------------------- the same names

# Apps with an address and one started Machine, eleven names each that hold a record; and a hundredth as many with eight.
make_registry() { # FILE APPS
	FLYCAST_REGISTRY=$1 flycast init >/dev/null
	sqlite3 "$1" >/dev/null <<SQL
.dbconfig enable_trigger off
PRAGMA synchronous = OFF;
INSERT OR IGNORE INTO host (name, number, region) VALUES ('bench', 4000000000, 'fra');
BEGIN;
CREATE TEMP TABLE n AS WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < $2)
  SELECT i, printf('app-%06d', i) AS app FROM c UNION ALL SELECT $2 + i, printf('eight-%06d', i) FROM c WHERE i <= $2 / 100;
CREATE TEMP TABLE m AS WITH RECURSIVE c (k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM c WHERE k < 8)
  SELECT app, printf('%014x', i * 8 + k) AS id, i * 8 + k AS slot, CASE k WHEN 1 THEN 'one' ELSE 'more-' || k END AS name
  FROM n, c WHERE k = 1 OR app LIKE 'eight-%';
INSERT INTO app (name, org, network) SELECT app, org, network.id FROM n, network WHERE network.id = 1;
INSERT INTO address (network, number, app) SELECT 1, i + 1, app FROM n;
INSERT INTO machine (id, app, network, name, host, host_number, slot, region, command)
  SELECT id, app, 1, name, 'bench', 4000000000, slot, 'fra', '["x"]' FROM m;
INSERT INTO machine_state (machine, host, state, since) SELECT id, 'bench', 'started', 0 FROM m;
INSERT INTO client_prefix (prefix, network) VALUES ('::1/128', 1);
UPDATE meta SET value = lower(hex(randomblob(8))) WHERE key = 'generation';
COMMIT;
SQL
}

make_registry "$dir/many.db" $(((names + 10) / 11))
make_registry "$dir/few.db" 1
for size in many few; do
	# The pattern top<N>.nearest.of is one answer here and a name there: of apps with eight it is left out.
	records "$dir/$size.db" | grep -v '^top1\.nearest\.of\.eight' | shuf >$size.txt
	make_zones $size $size.txt
done
make_pdns many
make_certificate
names=$(cut -d' ' -f1,2 many.txt | sort -u | wc -l)
grep -v 'eight-' many.txt | cut -d' ' -f1,2 >full.txt
grep '^eight-[0-9]*\.internal\. AAAA' many.txt | cut -d' ' -f1,2 >eight.txt
# of a hundred seventy are there, fifteen have another type, fifteen are not there
awk '{n = NR % 100} n < 15 {$2 = "MX"} n >= 15 && n < 30 {sub(/app-/, "nope-")} {print}' full.txt >mix.txt
for work in rate edns tcp dot threads; do cp full.txt $work.txt; done
# Questions come from where Machines ask.
asker=fdaa:0:1:ffff:ffff:0:1:2
ip address add $asker/128 dev lo nodad

# ---------------------------------------------------------------------------------------------------- the works

all=(echo nsd knot flycast pdns bind)
declare -A title=(
	[full]='as fast as dnsperf asks, every name is there'
	[rate]="$rate questions a second"
	[mix]='15 % NODATA and 15 % NXDOMAIN'
	[edns]='EDNS with a cookie'
	[eight]='eight AAAA records'
	[tcp]='TCP, 4 connections, 64 questions at a time on each'
	[dot]='DNS over TLS, 4 connections, 64 questions at a time on each'
	[threads]='one thread and two, 16 sockets, two threads of dnsperf'
) flags=(
	[full]='-q 256' [rate]="-q 256 -Q $rate" [mix]='-q 256' [edns]='-q 256 -e -E 10:0123456789abcdef' [eight]='-q 256'
	[tcp]='-q 256 -m tcp' [dot]='-q 256 -m dot' [threads]='-q 512 -c 16 -T 2'
) asked=(
	[full]=${all[*]} [rate]=${all[*]} [mix]=${all[*]/echo/} [edns]='echo nsd knot-cookies flycast pdns bind' [eight]=${all[*]/echo/}
	[tcp]=${all[*]/echo/} [dot]='nsd flycast bind' [threads]='flycast flycast-2'
)
flycast_flags+=(--tls-listen "[::1]:${tls_port[flycast]}" --tls-cert "$dir/tls.pem" --tls-key "$dir/tls.key")

declare -A small large
for name in nsd knot bind flycast; do
	serve $name few
	within 20 answers $name app-000001.flycast
	small[$name]=$(memory_kb $name)
	end $name
done
for name in "${all[@]}" knot-cookies flycast-2; do
	serve "$name" many
	within 60 answers "$name" app-000001.flycast
	large[$name]=$(memory_kb "$name")
done
# They must say the same, or the comparison means nothing.
while read -r question type; do
	for name in nsd knot pdns bind; do
		is "$(said flycast "$type" "$question")" said $name "$type" "$question"
	done
done < <(head -n 30 full.txt; head -n 60 mix.txt; head -n 5 eight.txt)

# ---------------------------------------------------------------------------------------------------- load

measure() { # NAME WORK: "ns-per-answer answers-per-second"
	local name=$1 work=$2 to=${port[$1]} asking=(-a "$asker" -c 4) before after
	[ "$work" != dot ] || to=${tls_port[$name]}
	before=$(cpu_ns "$name")
	# shellcheck disable=SC2086 # flags are words
	dnsperf -s ::1 -p "$to" "${asking[@]}" -d "$work.txt" -l "$seconds" ${flags[$work]} >dnsperf.out 2>&1
	after=$(cpu_ns "$name")
	awk -v cpu=$((after - before)) '/Queries completed/ {done = $3} /Queries per second/ {rate = $4}
		END {if (done < 1000) exit 1; printf "%.0f %.0f\n", cpu / done, rate}' dnsperf.out || fail "dnsperf: $(tail -n 20 dnsperf.out)"
}

loads=${works/instructions/}
for ((round = 0; round < rounds; round++)); do
	for work in $loads; do
		for name in ${asked[$work]}; do measure "$name" "$work" >>"$work.$name"; done
	done
done

# ---------------------------------------------------------------------------------------------------- own instructions

# valgrind counts what runs outside the kernel, thread by thread, exactly: no other load disturbs it.
# It cannot follow what enters the sandbox.
count_instructions() { # WORK: of the answering thread, per question
	local pid questions=20000
	head -n $questions "$1.txt" >some.txt
	questions=$(wc -l <some.txt)
	rm -f callgrind.out.*
	valgrind --tool=callgrind --separate-threads=yes --instr-atstart=no \
		"$(command -v flycast-dns)" --registry "$dir/many.db" --listen "[::1]:5308" --threads 1 --no-sandbox >>valgrind.log 2>&1 &
	pid=$!
	within 60 dig +short +tries=1 +timeout=1 -p 5308 @::1 AAAA app-000001.flycast
	callgrind_control -i on $pid >/dev/null 2>&1
	# shellcheck disable=SC2086 # flags are words
	dnsperf -s ::1 -a $asker -p 5308 -d some.txt -n 1 -c 1 ${flags[$1]} -q 64 >dnsperf.out 2>&1
	callgrind_control -i off $pid >/dev/null 2>&1
	kill $pid
	wait $pid
	grep -q "Queries completed: *$questions " dnsperf.out || fail "dnsperf: $(tail -n 20 dnsperf.out)"
	# The busiest thread is the one that answers.
	cat callgrind.out.*-* | awk -v n="$questions" '/^totals:/ {if ($2 > most) most = $2} END {printf "%d\n", most / n}'
}

if [[ " $works " = *' instructions '* ]]; then
	for work in full mix edns eight; do count_instructions $work >"instructions.$work"; done
fi

# ---------------------------------------------------------------------------------------------------- the table

median() { # FILE COLUMN
	cut -d' ' -f"$2" "$1" | sort -n | awk '{v[NR] = $1} END {print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2}'
}

better() { # WORK: ns of the better of NSD and Knot
	for name in nsd knot knot-cookies; do
		[ ! -e "$1.$name" ] || median "$1.$name" 1
	done | sort -n | head -n 1
}

table() { # WORK
	local ns per floor=0
	echo "${title[$1]}"
	printf '  %-13s %-12s %-10s %-10s %-10s\n' server 'CPU/better' CPU/echo ns/answer answers/s
	per=$(better "$1")
	[ ! -e "$1.echo" ] || floor=$(median "$1.echo" 1)
	for name in ${asked[$1]}; do
		ns=$(median "$1.$name" 1)
		awk -v name="$name" -v ns="$ns" -v per="$per" -v floor="$floor" -v rate="$(median "$1.$name" 2)" 'BEGIN {
			printf "  %-13s %-12s %-10s %-10d %-10d\n", name, per ? sprintf("%.2f", ns / per) : "-", floor ? sprintf("%.2f", ns / floor) : "-", ns, rate}'
	done
}

echo "$names names, $rounds rounds of $seconds s, one thread each, medians; CPU/better: processor time against the better of NSD and Knot"
for work in $loads; do table "$work"; done
if [ -e instructions.full ]; then
	echo 'instructions outside the kernel per question, all of the answering thread'
	for work in full mix edns eight; do printf '  %-45s %d\n' "${title[$work]}" "$(<"instructions.$work")"; done
fi
echo "memory per name, bytes (flycast-dns: the catalog, names without records and the reverse zone included)"
for name in nsd knot bind flycast; do
	printf '  %-13s %d\n' $name $(((large[$name] - small[$name]) * 1024 / names))
done
for name in "${!pids[@]}"; do end "$name"; done
