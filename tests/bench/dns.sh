# flycast-dns beside NSD and Knot with the same names, records and questions, and an echo server as the floor: processor
# time per answer, rate, memory per name. One thread each, rounds interleaved, medians.
# FLYCAST_BENCH_NAMES=100000  FLYCAST_BENCH_ROUNDS=5  FLYCAST_BENCH_SECONDS=3  FLYCAST_BENCH_RATE=40000
names=${FLYCAST_BENCH_NAMES:-100000}
rounds=${FLYCAST_BENCH_ROUNDS:-5}
seconds=${FLYCAST_BENCH_SECONDS:-3}
rate=${FLYCAST_BENCH_RATE:-40000}
echo_program=${FLYCAST_TESTS:?}/dns_echo
cd "$dir"

# ---------------------------------------------------------------------------------------------------- the same names

# Apps with an address and one started Machine: eleven names each that hold a record.
make_registry() { # FILE APPS
	FLYCAST_REGISTRY=$1 flycast init >/dev/null
	sqlite3 "$1" >/dev/null <<SQL
.dbconfig enable_trigger off
PRAGMA synchronous = OFF;
INSERT OR IGNORE INTO host (name, number, region) VALUES ('bench', 4000000000, 'fra');
BEGIN;
CREATE TEMP TABLE n AS WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < $2)
  SELECT i, printf('app-%06d', i) AS app, printf('%014x', i) AS id FROM c;
INSERT INTO app (name, org, network) SELECT app, org, network.id FROM n, network WHERE network.id = 1;
INSERT INTO address (network, number, app) SELECT 1, i + 1, app FROM n;
INSERT INTO machine (id, app, network, name, host, host_number, slot, region, command)
  SELECT id, app, 1, 'one', 'bench', 4000000000, i, 'fra', '["x"]' FROM n;
INSERT INTO machine_state (machine, host, state, since) SELECT id, 'bench', 'started', 0 FROM n;
INSERT INTO client_prefix (prefix, network) VALUES ('::1/128', 1);
UPDATE meta SET value = lower(hex(randomblob(8))) WHERE key = 'generation';
COMMIT;
SQL
}

# name, type, data of every name, as zone files have them
records() { # REGISTRY
	sqlite3 -separator ' ' "$1" <<-'SQL'
		SELECT app || '.flycast.', 'AAAA', address FROM address;
		SELECT p.prefix || app || '.internal.', 'AAAA', address
		  FROM machine, (SELECT '' AS prefix UNION ALL SELECT 'global.' UNION ALL SELECT 'top1.nearest.of.') p;
		SELECT region || '.' || app || '.internal.', 'AAAA', address FROM machine;
		SELECT process_group || '.process.' || app || '.internal.', 'AAAA', address FROM machine;
		SELECT id || '.vm.' || app || '.internal.', 'AAAA', address FROM machine;
		SELECT p.prefix || 'vms.' || app || '.internal.', 'TXT', '"' || id || ' ' || region || '"'
		  FROM machine, (SELECT '' AS prefix UNION ALL SELECT 'all.') p;
		SELECT p.prefix || 'regions.' || app || '.internal.', 'TXT', '"' || region || '"'
		  FROM machine, (SELECT '' AS prefix UNION ALL SELECT 'all.') p;
	SQL
}

make_zones() { # BASE RECORDS
	local zone
	for zone in flycast internal; do
		printf '$TTL 5\n%s. SOA _dns.internal. hostmaster.%s. 1 60 10 3600 5\n%s. NS _dns.internal.\n' $zone $zone $zone
		grep "\.$zone\. " "$2"
	done | awk -v base="$1" '/^\$TTL/ {n++} {print > (base "." (n == 1 ? "flycast" : "internal"))}'
}

make_registry "$dir/many.db" $(((names + 10) / 11))
make_registry "$dir/few.db" 1
for size in many few; do
	records "$dir/$size.db" | shuf >$size.txt
	make_zones $size $size.txt
done
names=$(wc -l <many.txt)
cut -d' ' -f1,2 many.txt >found.txt
sed 's/app-\([0-9]*\)\./nope-\1./' found.txt >missing.txt

# ---------------------------------------------------------------------------------------------------- the servers

servers=(echo nsd knot flycast)
declare -A port=([echo]=5301 [nsd]=5302 [knot]=5303 [flycast]=5304) pids

serve() { # NAME SIZE: starts it in the background with the zone of that size
	case $1 in
	echo) "$echo_program" "${port[echo]}" & ;;
	nsd)
		cat >nsd.conf <<-TEXT
			server:
			  ip-address: ::1@${port[nsd]}
			  server-count: 1
			  username: ""
			  database: ""
			  zonesdir: "$dir"
			  pidfile: "$dir/nsd.pid.file"
			  xfrdfile: ""
			  zonelistfile: "$dir/nsd.list"
			  xfrdir: "$dir"
			  logfile: "$dir/nsd.log"
			  rrl-ratelimit: 0
			  minimal-responses: yes
			remote-control:
			  control-enable: no
			zone:
			  name: flycast
			  zonefile: $2.flycast
			zone:
			  name: internal
			  zonefile: $2.internal
		TEXT
		nsd -d -c nsd.conf >>nsd.log 2>&1 &
		;;
	knot)
		mkdir -p knot
		cat >knot.conf <<-TEXT
			server:
			  listen: ::1@${port[knot]}
			  udp-workers: 1
			  tcp-workers: 1
			  background-workers: 1
			  rundir: $dir/knot
			  pidfile: $dir/knot.pid.file
			log:
			  - target: $dir/knot.log
			    any: warning
			database:
			  storage: $dir/knot
			template:
			  - id: default
			    storage: $dir
			    zonefile-sync: -1
			    journal-content: none
			zone:
			  - domain: flycast
			    file: $2.flycast
			  - domain: internal
			    file: $2.internal
		TEXT
		knotd -c knot.conf >>knot.log 2>&1 &
		;;
	flycast) flycast-dns --registry "$dir/$2.db" --listen "[::1]:${port[flycast]}" --threads 1 >>flycast.log 2>&1 & ;;
	esac
	pids[$1]=$!
}

answers() { # NAME
	[ "$1" = echo ] || dig +short +tries=1 +timeout=1 -p "${port[$1]}" @::1 AAAA app-000001.flycast | grep -q '^fdaa:'
}

family() { # PID: it and its descendants
	echo "$1"
	local child
	for child in $(pgrep -P "$1"); do family "$child"; done
}

cpu_ns() { # NAME: processor time of all its threads so far
	local pid
	for pid in $(family "${pids[$1]}"); do cat /proc/"$pid"/task/*/schedstat; done | awk '{ns += $1} END {printf "%.0f\n", ns}'
}

memory_kb() { # NAME
	local pid
	for pid in $(family "${pids[$1]}"); do cat /proc/"$pid"/smaps_rollup; done | awk '/^Pss:/ {kb += $2} END {print kb}'
}

end() { # NAME
	local pid
	for pid in $(family "${pids[$1]}"); do kill -TERM "$pid" 2>/dev/null || true; done
	wait "${pids[$1]}" || true
}

declare -A small large
for name in nsd knot flycast; do
	serve $name few
	within 10 answers $name
	small[$name]=$(memory_kb $name)
	end $name
done
for name in "${servers[@]}"; do
	serve "$name" many
	within 60 answers "$name"
	[ "$name" = echo ] || large[$name]=$(memory_kb "$name")
done
# They must say the same, or the comparison means nothing.
said() { # NAME QUESTION...
	local name=$1
	shift
	dig +noall +answer +comments -p "${port[$name]}" @::1 "$@" | grep -Eo 'status: [A-Z]*|^[^;].*'
}
while read -r question type; do
	for name in nsd knot; do
		is "$(said flycast "$type" "$question")" said $name "$type" "$question"
	done
done < <(head -n 100 found.txt; head -n 5 missing.txt)

# ---------------------------------------------------------------------------------------------------- load

measure() { # NAME QUESTIONS [DNSPERF FLAGS]: "ns-per-answer answers-per-second"
	local name=$1 questions=$2 before after
	shift 2
	before=$(cpu_ns "$name")
	dnsperf -s ::1 -p "${port[$name]}" -d "$questions" -l "$seconds" -c 4 -q 256 "$@" >dnsperf.out 2>&1
	after=$(cpu_ns "$name")
	awk -v cpu=$((after - before)) '/Queries completed/ {done = $3} /Queries per second/ {rate = $4}
		END {if (done < 1000) exit 1; printf "%.0f %.0f\n", cpu / done, rate}' dnsperf.out || fail "dnsperf: $(tail -n 20 dnsperf.out)"
}

for ((round = 0; round < rounds; round++)); do
	for name in "${servers[@]}"; do
		measure "$name" found.txt >>"full.$name"
		measure "$name" found.txt -Q "$rate" >>"rate.$name"
		[ "$name" = echo ] || measure "$name" missing.txt >>"missing.$name"
	done
done

median() { # FILE COLUMN
	cut -d' ' -f"$2" "$1" | sort -n | awk '{v[NR] = $1} END {print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2}'
}

better() { # WHAT: ns of the better of the two
	printf '%s\n' "$(median "$1.nsd" 1)" "$(median "$1.knot" 1)" | sort -n | head -n 1
}

table() { # WHAT TITLE
	local ns per
	echo "$2"
	printf '  %-8s %-14s %-10s %-10s\n' server 'CPU/better' ns/answer answers/s
	per=$(better "$1")
	for name in "${servers[@]}"; do
		[ -e "$1.$name" ] || continue
		ns=$(median "$1.$name" 1)
		printf '  %-8s %-14s %-10s %-10s\n' "$name" "$(awk -v a="$ns" -v b="$per" 'BEGIN {printf "%.2f", a / b}')" "$ns" "$(median "$1.$name" 2)"
	done
}

echo "$names names, $rounds rounds of $seconds s, one thread each, medians; CPU/better: processor time against the better of NSD and Knot"
table full "as fast as dnsperf asks"
table rate "$rate questions a second"
table missing "names that are not there"
echo "memory per name, bytes (flycast-dns: the catalog, names without records and the reverse zone included)"
for name in nsd knot flycast; do
	printf '  %-8s %d\n' $name $(((large[$name] - small[$name]) * 1024 / names))
done
for name in "${servers[@]}"; do end "$name"; done
