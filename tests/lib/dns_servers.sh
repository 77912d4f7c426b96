# shellcheck shell=bash
# dns_servers.sh - the same names in flycast-dns, NSD, Knot, PowerDNS with SQLite and BIND, for benches; sourced by them.
#
#   records REGISTRY           name, type, data of every name of network 1, as zone files have them
#   serve NAME SIZE            starts echo, nsd, knot, knot-cookies, pdns, bind, flycast or flycast-2 with SIZE.flycast
#                              and SIZE.internal (flycast: SIZE.db, pdns: SIZE.pdns; make_zones and make_pdns write them);
#                              one thread each, flycast-2 two
#   end NAME
#   answers NAME QUESTION      AAAA of the name is an address of fdaa::/16
#   said NAME ARGS...          dig's status and answers, sorted
#   cpu_ns NAME [THREAD]       processor time of all its threads so far, or of those of that name
#   memory_kb NAME

: "${dir:?}" "${FLYCAST_TESTS:?}"
# shellcheck disable=SC2034 # tls_port is for the benches
declare -A port=([echo]=5301 [nsd]=5302 [knot]=5303 [flycast]=5304 [pdns]=5305 [bind]=5306 [knot-cookies]=5307 [flycast-2]=5309) pids=() \
	tls_port=([nsd]=8531 [bind]=8532 [flycast]=8533)
flycast_flags=(--threads 1)

records() { # REGISTRY
	sqlite3 -separator ' ' "$1" <<-'SQL'
		SELECT app || '.flycast.', 'AAAA', address FROM address WHERE network = 1;
		SELECT p.prefix || app || '.internal.', 'AAAA', address
		  FROM machine, (SELECT '' AS prefix UNION ALL SELECT 'global.' UNION ALL SELECT 'top1.nearest.of.') p
		  WHERE network = 1 AND (p.prefix NOT LIKE 'top%' OR name = 'one');
		SELECT region || '.' || app || '.internal.', 'AAAA', address FROM machine WHERE network = 1;
		SELECT process_group || '.process.' || app || '.internal.', 'AAAA', address FROM machine WHERE network = 1;
		SELECT id || '.vm.' || app || '.internal.', 'AAAA', address FROM machine WHERE network = 1;
		SELECT p.prefix || 'vms.' || app || '.internal.', 'TXT', '"' || group_concat(id || ' ' || region) || '"'
		  FROM machine, (SELECT '' AS prefix UNION ALL SELECT 'all.') p WHERE network = 1 GROUP BY p.prefix, app;
		SELECT p.prefix || 'regions.' || app || '.internal.', 'TXT', '"' || group_concat(DISTINCT region) || '"'
		  FROM machine, (SELECT '' AS prefix UNION ALL SELECT 'all.') p WHERE network = 1 GROUP BY p.prefix, app;
	SQL
}

make_zones() { # SIZE RECORDS: SIZE.flycast and SIZE.internal
	local zone
	for zone in flycast internal; do
		printf '$TTL 5\n%s. SOA _dns.internal. hostmaster.%s. 1 60 10 3600 5\n%s. NS _dns.internal.\n' $zone $zone $zone
		[ $zone = flycast ] || echo '_dns.internal. AAAA fdaa:0:1::3'
		grep "\.$zone\. " "$2"
	done | awk -v base="$1" '/^\$TTL/ {n++} {print > (base "." (n == 1 ? "flycast" : "internal"))}'
}

make_pdns() { # SIZE
	local schema
	for schema in /usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql /usr/share/doc/pdns-backend-sqlite3/schema.sqlite3.sql; do
		[ ! -e $schema ] || break
	done
	rm -f "$1.pdns"
	sed 's/^\([^ ]*\)\. \(SOA\|NS\|AAAA\|TXT\) \(.*\)$/\1|\2|\3/; /^\$TTL/d' "$1.flycast" "$1.internal" >pdns.rows
	sqlite3 "$1.pdns" >/dev/null <<-SQL
		PRAGMA synchronous = OFF;
		.read $schema
		PRAGMA journal_mode = WAL;
		INSERT INTO domains (id, name, type) VALUES (1, 'flycast', 'NATIVE'), (2, 'internal', 'NATIVE');
		CREATE TEMP TABLE row (name, type, content);
		.separator |
		.import pdns.rows row
		INSERT INTO records (domain_id, name, type, content, ttl, auth)
		  SELECT CASE WHEN name LIKE '%flycast' THEN 1 ELSE 2 END, name, type, content, 5, 1 FROM row;
	SQL
}

# For DNS over TLS, the same pair for everybody.
make_certificate() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=localhost -days 2 \
		-keyout tls.key -out tls.pem 2>/dev/null
}

nsd_config() { # SIZE
	cat <<-TEXT
		server:
		  ip-address: ::1@${port[nsd]}
		  ip-address: ::1@${tls_port[nsd]}
		  tls-port: ${tls_port[nsd]}
		  tls-service-key: "$dir/tls.key"
		  tls-service-pem: "$dir/tls.pem"
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
		  answer-cookie: yes
		  tcp-query-count: 0
		remote-control:
		  control-enable: no
		zone:
		  name: flycast
		  zonefile: $1.flycast
		zone:
		  name: internal
		  zonefile: $1.internal
	TEXT
}

knot_config() { # NAME SIZE
	mkdir -p "$1"
	cat <<-TEXT
		server:
		  listen: ::1@${port[$1]}
		  udp-workers: 1
		  tcp-workers: 1
		  background-workers: 1
		  rundir: $dir/$1
		  pidfile: $dir/$1.pid.file
		log:
		  - target: $dir/$1.log
		    any: warning
		database:
		  storage: $dir/$1
		template:
		  - id: default
		    storage: $dir
		    zonefile-sync: -1
		    journal-content: none
		    $([ "$1" = knot ] || echo 'global-module: mod-cookies')
		zone:
		  - domain: flycast
		    file: $2.flycast
		  - domain: internal
		    file: $2.internal
	TEXT
}

# Its caches are on, as delivered: 20 s for packets, records and what is not there.
pdns_config() { # SIZE
	cat <<-TEXT
		launch=gsqlite3
		gsqlite3-database=$dir/$1.pdns
		gsqlite3-pragma-synchronous=0
		local-address=::1
		local-port=${port[pdns]}
		receiver-threads=1
		distributor-threads=1
		socket-dir=$dir
		edns-cookie-secret=00112233445566778899aabbccddeeff
		loglevel=3
		security-poll-suffix=
	TEXT
}

bind_config() { # SIZE
	cat <<-TEXT
		tls pair { cert-file "$dir/tls.pem"; key-file "$dir/tls.key"; };
		options {
			directory "$dir";
			pid-file none;
			session-keyfile none;
			listen-on { none; };
			listen-on-v6 port ${port[bind]} { ::1; };
			listen-on-v6 port ${tls_port[bind]} tls pair { ::1; };
			recursion no;
			minimal-responses yes;
			dnssec-validation no;
			notify no;
			check-names primary ignore;
			tcp-clients 1000;
		};
		controls { };
		zone flycast { type primary; file "$1.flycast"; };
		zone internal { type primary; file "$1.internal"; };
	TEXT
}

serve() { # NAME SIZE
	case $1 in
	echo) "$FLYCAST_TESTS/dns_echo" "${port[echo]}" & ;;
	nsd)
		nsd_config "$2" >nsd.conf
		nsd -d -c nsd.conf >>nsd.log 2>&1 &
		;;
	knot*)
		knot_config "$1" "$2" >"$1.conf"
		knotd -c "$1.conf" >>"$1.log" 2>&1 &
		;;
	pdns)
		pdns_config "$2" >pdns.conf
		pdns_server --config-dir="$dir" --daemon=no --guardian=no >>pdns.log 2>&1 &
		;;
	bind)
		bind_config "$2" >bind.conf
		named -f -n 1 -c bind.conf >>bind.log 2>&1 &
		;;
	flycast)
		flycast-dns --registry "$dir/$2.db" --listen "[::1]:${port[flycast]}" "${flycast_flags[@]}" >>flycast.log 2>&1 &
		;;
	flycast-2) flycast-dns --registry "$dir/$2.db" --listen "[::1]:${port[flycast-2]}" --threads 2 >>flycast-2.log 2>&1 & ;;
	esac
	pids[$1]=$!
}

answers() { # NAME QUESTION
	[ "$1" = echo ] || dig +short +tries=1 +timeout=1 -p "${port[$1]}" @::1 AAAA "$2" | grep -q '^fdaa:'
}

said() { # NAME ARGS...
	local name=$1
	shift
	dig +noall +answer +comments -p "${port[$name]}" @::1 "$@" | grep -Eo 'status: [A-Z]*|^[^;].*' | sort
}

family() { # PID: it and its descendants
	echo "$1"
	local child
	for child in $(pgrep -P "$1"); do family "$child"; done
}

cpu_ns() { # NAME [THREAD]
	local pid task
	if [ "$1" = pdns ]; then # a thread for each TCP connection: its time is the process's after its end
		awk -v hertz="$(getconf CLK_TCK)" '{sub(/.*\) /, ""); printf "%.0f\n", ($12 + $13) * 1e9 / hertz}' "/proc/${pids[pdns]}/stat"
		return
	fi
	for pid in $(family "${pids[$1]}"); do
		for task in /proc/"$pid"/task/*; do
			[ $# = 1 ] || [ "$(cat "$task/comm")" = "$2" ] || continue
			cat "$task/schedstat"
		done
	done | awk '{ns += $1} END {printf "%.0f\n", ns}'
}

memory_kb() { # NAME
	local pid
	for pid in $(family "${pids[$1]}"); do cat /proc/"$pid"/smaps_rollup; done | awk '/^Pss:/ {kb += $2} END {print kb}'
}

end() { # NAME
	local pid
	for pid in $(family "${pids[$1]}"); do kill -TERM "$pid" 2>/dev/null || true; done
	wait "${pids[$1]}" || true
	unset "pids[$1]"
}
