# Random edits, legal and illegal, through the sqlite3 shell while all three daemons run: with checks off, without triggers,
# in transactions that are left open, with a log that is deleted. Nobody ends, memory stays where it was, and after the last
# edit of a round every name and every listener is what the file says: by edits.sql, which knows nothing of the daemons.
# Then the rows that break a rule are removed, nothing is quarantined any more, and the whole picture is compared.
# FLYCAST_EDIT_ROUNDS (6, with a sanitizer 3) and FLYCAST_SEED choose others.
sanitizer=${FLYCAST_SANITIZER:-}
rounds=${FLYCAST_EDIT_ROUNDS:-${sanitizer:+3}}
rounds=${rounds:-6}
seed=${FLYCAST_SEED:-4711}
random=${FLYCAST_TESTS:?}/edits
export LC_ALL=C
echo "  FLYCAST_SEED=$seed"
cd "$dir"

start_agent() {
	# Without a host it does not start.
	db "INSERT OR IGNORE INTO region (code, name, latitude, longitude) VALUES ('fra', 'Frankfurt', 50.1, 8.7);
		INSERT INTO hosts (name, region) SELECT 'h1', 'fra' WHERE NOT EXISTS (SELECT 1 FROM host WHERE name = 'h1')"
	start agent flycast-agent --registry "$registry" --host h1
}
start_dns() {
	start dns flycast-dns --registry "$registry" --host h1 --listen :53 --threads 2 --metrics '[::1]:9153' --tcp-clients-per-source 512
}
start_proxy() { # a socket for each address and port: that ss shows what it owns
	start proxy flycast-proxy --registry "$registry" --host h1 --vip freebind --threads 2 --autostop-interval 1s --metrics '[::1]:9154'
}
metric() { curl -s "http://[::1]:$1/metrics" | awk -v name="$2" '$1 == name { print $2 }'; }

flycast init >/dev/null
"$random" | db
ip address add 2001:db8::9/128 dev lo nodad
ip address add 192.0.2.9/32 dev lo
for name in agent dns proxy; do start_$name; done

# ---------------------------------------------------------------------------------------------------- what is wanted

tables='organization network app address client_prefix region host peer machine machine_state machine_metadata service service_port
	transfer_key secondary'

# Copies of the tables in which only rows are let that break no CHECK.
for table in $tables; do
	columns=$(db "SELECT group_concat(name) FROM pragma_table_xinfo('$table') WHERE hidden = 0")
	db "SELECT 'CREATE TEMP TABLE legal_' || substr(sql, length('CREATE TABLE ') + 1) || ';'
		FROM sqlite_schema WHERE name = '$table'"
	echo "INSERT OR IGNORE INTO legal_$table ($columns) SELECT $columns FROM $table;"
done >legal.sql

read_file() { # fails when something of it cannot be read
	sqlite3 -bail "$registry" <<SQL
.timeout 5000
BEGIN;
.read legal.sql
.read ${file%.sh}.sql
.separator |
.output want
SELECT network, question, answer FROM want ORDER BY network, question;
.output views
SELECT network, prefix FROM view JOIN network ON id = network ORDER BY network;
.output listeners
SELECT door FROM listener ORDER BY door;
.output unsaid
SELECT door FROM unsaid;
.output clients
SELECT answer FROM client ORDER BY source;
.output whole
SELECT so FROM whole;
.output reasons
SELECT 'app', name FROM bad_app UNION ALL SELECT 'network', id FROM bad_network UNION ALL SELECT 'machine', id FROM bad_machine;
SQL
}

# ---------------------------------------------------------------------------------------------------- what is there

# Questions of one network, a line each, to lines "question|answer" as edits.sql writes them.
ask_all() { # SOURCE FILE [SERVER]
	dig -b "$1" "@${3:-::1}" +tries=2 +timeout=5 +noall +comments +answer -f "$2" | awk '
		function put(  i, j, v, line) {
			for (i = 2; i <= count; i++) {
				v = value[i]
				for (j = i - 1; j > 0 && value[j] > v; j--) value[j + 1] = value[j]
				value[j + 1] = v
			}
			line = status != "NOERROR" ? status : count ? value[1] : "-"
			for (i = 2; i <= count; i++) line = line " " value[i]
			if (status) print line
			count = 0
			status = ""
		}
		/no servers could be reached/ { put(); status = "SILENCE" }
		/->>HEADER<<-/ { put(); match($0, /status: [A-Z]*/); status = substr($0, RSTART + 8, RLENGTH - 8) }
		/^[^;]/ {
			sub(/^[^\t ]+[\t ]+[0-9]+[\t ]+IN[\t ]+[A-Z]+[\t ]+/, "")
			if (/^"/) { gsub(/" "/, ""); gsub(/^"|"$/, "") }
			value[++count] = $0
		}
		END { put() }' | paste -d'|' "$2" -
}

read_daemons() {
	local network prefix source
	while IFS='|' read -r network prefix; do
		source=${prefix%::/48}:ffff:0:1:0:2
		ip address replace "$source/128" dev lo nodad
		grep "^$network|" want | cut -d'|' -f2 >questions
		ask_all "$source" questions | sed "s/^/$network|/"
	done <views >got
	ss -Htln | awk '$4 ~ /^\[fdaa:/ { print $4 }' | sort -u >listening
}

# Whose names a client outside fdaa::/16 sees.
view_of() { # SOURCE SERVER
	ask_all "$1" server "$2" | cut -d'|' -f2
}

alive() {
	local name
	for name in agent dns proxy; do
		kill -0 "$(pid_of $name)" 2>/dev/null || fail "$name ended: $(tail -n 3 $name.log)"
	done
}

# The agent may write while we look: then look again.
agree() {
	alive
	read_file
	read_daemons
	diff want got >differences || return 1
	grep -vFf unsaid listeners >wanted || true
	grep -vFf unsaid listening >there || true
	# Beside these an app in quarantine may keep an address that is gone from the file.
	[ "$(cat whole)" = 1 ] || comm -12 wanted there >both
	[ "$(cat whole)" = 1 ] || mv both there
	diff wanted there >differences || return 1
	diff clients <(view_of 2001:db8::9 ::1 && view_of 192.0.2.9 127.0.0.1) >differences
}

look() { # WHEN
	local until=$(($(date +%s) + 40)) # a look takes seconds on a busy machine
	until agree; do
		[ "$(date +%s)" -lt $until ] ||
			fail "$1: the file (<) and the daemons (>) differ: $(head -n 20 differences; grep -c . want)"
	done
}

# Removes what breaks a rule, children first, so that nothing that needs it is left.
mend() {
	{
		cat legal.sql "${file%.sh}.sql"
		echo 'DELETE FROM machine WHERE id IN (SELECT id FROM bad_machine);
			DELETE FROM app WHERE name IN (SELECT name FROM bad_app);
			DELETE FROM address WHERE app NOT IN (SELECT name FROM app) OR network NOT IN (SELECT id FROM network)
			  OR network IN (SELECT id FROM bad_network);
			DELETE FROM peer WHERE network IN (SELECT id FROM bad_network) OR network NOT IN (SELECT id FROM network);
			DELETE FROM client_prefix WHERE network NOT IN (SELECT id FROM network);
			DELETE FROM secondary WHERE (network, address) NOT IN (SELECT network, address FROM legal_secondary)
			  OR network NOT IN (SELECT id FROM network) OR key NOT IN (SELECT name FROM legal_transfer_key)
			  OR key IN (SELECT name FROM transfer_key WHERE network NOT IN (SELECT id FROM network));
			DELETE FROM transfer_key WHERE name NOT IN (SELECT name FROM legal_transfer_key)
			  OR network NOT IN (SELECT id FROM network);'
		while read -r table key; do
			echo "DELETE FROM $table WHERE ($key) NOT IN (SELECT $key FROM legal_$table);"
		done <<-END
			service_port machine, protocol, start_port
			service machine, protocol, internal_port
			machine_metadata machine, key
			machine_state machine
			address network, number
			client_prefix prefix
		END
		for table in service_port service machine_metadata; do
			echo "DELETE FROM $table WHERE machine NOT IN (SELECT id FROM machine);"
		done
		cat <<-END
			DELETE FROM network WHERE id IN (SELECT id FROM bad_network);
			DELETE FROM organization WHERE slug NOT IN (SELECT slug FROM legal_organization);
			DELETE FROM host WHERE name NOT IN (SELECT name FROM legal_host);
			UPDATE region SET latitude = 0, longitude = 0 WHERE code NOT IN (SELECT code FROM legal_region);
			DELETE FROM region WHERE code NOT IN (SELECT code FROM legal_region) AND code NOT GLOB '[a-z][a-z][a-z]';
		END
	} | db 2>mended || true
}

# What is left of a round is little: something that can be asked for, called and spoiled.
plant() {
	{
		echo "INSERT INTO hosts (name, region) VALUES ('h1', 'fra');"
		for n in 1 2 3 4 5; do
			echo "INSERT INTO app (name, org, network) SELECT 'a$n', org, id FROM network ORDER BY id % $n, id LIMIT 1;
				INSERT INTO flycast (app) VALUES ('a$n');
				INSERT INTO flycast (app, org) SELECT 'a$n', org FROM network WHERE name = 'default' LIMIT 1;
				INSERT INTO machine (app, network, name, host, host_number, slot, region, command)
				  SELECT a.name, a.network, 'planted', h.name, h.number,
				  coalesce((SELECT value FROM counter WHERE kind = 'slot' AND scope = h.name), 0) + 1, h.region,
				  '[\"/srv/httpd\", \"--port\", \"8080\"]' FROM app a, host h WHERE a.name = 'a$n' AND h.name = 'h1';
				INSERT INTO service (machine, internal_port, autostop) SELECT id, 8080, 'suspend' FROM machine
				  WHERE app = 'a$n' AND name = 'planted';
				INSERT INTO service_port (machine, internal_port, start_port, end_port, handlers)
				  SELECT id, 8080, 80, 8$n, 'http' FROM machine WHERE app = 'a$n' AND name = 'planted';"
		done
	} | db 2>/dev/null || true # much of it is there already
}

memory() { awk '/^VmRSS/ { print $2 }' "/proc/$(pid_of "$1")/status"; }

# ---------------------------------------------------------------------------------------------------- rounds

echo '_dns.internal AAAA' >server
: >refusals
declare -A before
total=0 names=0 doors=0 quarantined=0
for ((round = 1; round <= rounds; round++)); do
	plant
	"$random" $((seed + round)) 250 odd >edits
	sqlite3 -cmd '.timeout 5000' "$registry" <edits >/dev/null 2>>refusals || true
	total=$((total + 250))
	look "round $round"
	bad=$(metric 9153 flycast_dns_registry_quarantined)
	quarantined=$((quarantined + bad))
	mend
	look "round $round, mended"
	[ "$(cat whole)" = 1 ] || fail "round $round: mended, and still $(cat reasons mended)"
	is 0 metric 9153 flycast_dns_registry_quarantined
	is 0 metric 9154 flycast_proxy_addresses_missing
	names=$((names + $(grep -c . want)))
	doors=$((doors + $(grep -c . listeners || true)))
	[ $round -gt 1 ] || for name in agent dns proxy; do before[$name]=$(memory $name); done
	# A picture that was read whole is the one that was followed.
	case $((round % 4)) in
	1) stop dns && start_dns ;;
	2) stop proxy && start_proxy ;;
	3) stop agent && start_agent ;;
	0) continue ;;
	esac
	look "round $round, after a restart"
done
pass "$total edits in $rounds rounds, $(grep -c . refusals) lines of refusals, $quarantined objects in quarantine meanwhile"
pass "$names names and $doors listeners were what the file says"

# Nothing piled up. A sanitizer keeps what was freed.
for name in agent dns proxy; do
	[ "$sanitizer" ] || [ "$(memory $name)" -le $((before[$name] + 16384)) ] ||
		fail "memory of $name grew from ${before[$name]} to $(memory $name) KiB"
done
is ok db 'PRAGMA ignore_check_constraints = ON; PRAGMA integrity_check' # a counter that broke one is kept for ever
pass "memory in the end: dns $(memory dns), proxy $(memory proxy), agent $(memory agent) KiB"

db 'DELETE FROM machine'
gone() { [ "$(pgrep -cx httpd)" = 0 ] && [ -z "$(ip -o link show type veth)" ]; }
within 20 gone
pass 'Machines that are deleted leave no process and no interface'
for name in agent dns proxy; do stop $name; done
