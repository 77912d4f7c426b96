# flycast check finds every inconsistency that edits past the rules can leave, and what it says to mend it does so; flycast
# doctor finds what is wrong with schema, file and daemons, and --migrate puts the rules back.
fly init >/dev/null
fly apps create web >/dev/null
fly apps create api >/dev/null
fly ips allocate-v6 --private -a web >/dev/null
db "INSERT INTO machine (id, app, network, name, host, host_number, slot, region, command)
	SELECT '148e21dad76789', 'web', 1, 'one', name, number, 1, region, '[\"x\"]' FROM host;
	INSERT INTO service (machine, internal_port, soft_limit) VALUES ('148e21dad76789', 8080, 20);
	INSERT INTO service_port (machine, internal_port, start_port, end_port) VALUES ('148e21dad76789', 8080, 80, 80);
	INSERT INTO peer (network, name, number, public_key) VALUES (1, 'laptop', 1, 'key')"
is "Nothing is inconsistent in $registry" fly check

# Past the rules, as somebody does who switches them off.
spoil() {
	sqlite3 "$registry" >/dev/null <<SQL
.dbconfig enable_trigger off
PRAGMA ignore_check_constraints = on;
$1;
SQL
}

# What is to be typed: a command, or a statement, perhaps after words about it.
mend() {
	case $1 in
	flycast*destroy*) eval "${1/destroy/destroy --yes}" >/dev/null ;; # a person is asked
	flycast*) eval "$1" >/dev/null ;;
	UPDATE* | INSERT* | DELETE*) db "$1" ;;
	*DELETE*) db "DELETE${1#*DELETE}" ;;
	*) fail "nobody can type: $1" ;;
	esac
}

machine="SELECT '258e21dad76789', 'web', 1, 'two', name, number, 2, region, '[\"x\"]' FROM host"
columns='machine (id, app, network, name, host, host_number, slot, region, command)'
count=0
while IFS='|' read -r edit finding <&3; do
	[ "$edit" ] || continue
	cp "$registry" "$dir/good.db"
	spoil "${edit//MACHINE/INSERT INTO $columns $machine}"
	found=$(fly check --json) && fail "check finds nothing after: $edit"
	jq -r '.[].Finding' <<<"$found" | grep -Eq -- "$finding" || fail "check after: $edit
    want a match for: $finding
    got: $found"
	[ "$(fly check | grep -c .)" = "$(jq length <<<"$found")" ] || fail "check and check --json differ"
	# One may be in the way of another, and what is mended first may mend the next as well.
	for ((turn = 0; turn < 4; turn++)); do
		fly check --json >"$dir/found" && break
		jq -r '.[].Mend' "$dir/found" | while read -r line; do
			mend "$line" 2>>"$dir/refusals" || true
		done
	done
	fly check >/dev/null || fail "after what check said to do, it is still not mended: $edit: $(fly check) $(cat "$dir/refusals")"
	count=$((count + 1))
	rm -f "$registry-wal" "$registry-shm"
	cp "$dir/good.db" "$registry"
done 3<<'END'
INSERT INTO organization (slug, name) VALUES ('-bad', 'Bad')|organization '-bad' has a slug
INSERT INTO app (name, org, network) VALUES ('-x', 'personal', 1)|app '-x' has a name that is no DNS label
INSERT INTO peer (network, name, number, public_key) SELECT 1, 'twin', 9, 'k'; DROP INDEX peer_name; INSERT INTO peer (network, name, number, public_key) VALUES (1, 'TWIN', 8, 'k'); CREATE INDEX peer_name ON peer (network)|have one name in DNS
UPDATE network SET org = 'nobody'|network 1 belongs to the organization 'nobody'
INSERT INTO client_prefix (prefix, network) VALUES ('192.0.2.0/24', 99)|prefix 192.0.2.0/24 is attached to network 99
INSERT INTO peer (network, name, number, public_key) VALUES (99, 'lost', 1, 'k')|peer 'lost' is in network 99
UPDATE host SET region = 'xxx'|is in region 'xxx', which does not exist
INSERT INTO round_trip (host, region, microseconds, since) VALUES ('gone', 'fra', 500, 1)|round trip from host 'gone' to region 'fra' is left
INSERT INTO host (name, number, region) VALUES ('twin', 70000, 'fra'); UPDATE host SET probe = '192.0.2.1:7946'|answer probes on one address, '192.0.2.1:7946'
UPDATE app SET org = 'nobody' WHERE name = 'api'|app 'api' belongs to the organization 'nobody'
UPDATE app SET network = 99 WHERE name = 'api'|app 'api' lives in network 99
INSERT INTO address (network, number, app) VALUES (1, 70, 'none')|belongs to the app 'none'
INSERT INTO address (network, number, app) VALUES (99, 2, 'web')|is in network 99, which does not exist
INSERT INTO public_address (address, app, type) VALUES ('203.0.113.7', 'none', 'v4')|public address 203.0.113.7 belongs to the app 'none'
MACHINE; UPDATE machine SET app = 'none' WHERE name = 'two'|Machine 258e21dad76789 belongs to the app 'none'
MACHINE; UPDATE machine SET network = 2 WHERE name = 'two'|Machine 258e21dad76789 is in network 2
MACHINE; UPDATE machine SET host = 'gone' WHERE name = 'two'|is on the host 'gone', which does not exist
MACHINE; UPDATE machine SET region = 'nrt' WHERE name = 'two'|Machine 258e21dad76789 says region 'nrt'
MACHINE; UPDATE machine SET cpus = 2 WHERE name = 'two'|Machine 258e21dad76789 has a size that cannot be
MACHINE; UPDATE machine SET cpu_kind = 'fast', cpus = 2, memory_mb = 256 WHERE name = 'two'|Machine 258e21dad76789 has a size that cannot be
MACHINE; UPDATE machine SET command = '[""]' WHERE name = 'two'|Machine 258e21dad76789 has neither an image nor a program
INSERT INTO machine_state (machine, host, state, since) VALUES ('gone', 'h', 'started', 1)|state of Machine gone \(started\) is left
INSERT INTO machine_state (machine, host, state, since) VALUES ('148e21dad76789', 'other', 'started', 1)|is written by host 'other'
INSERT INTO machine_metadata (machine, key, value) VALUES ('gone', 'k', 'v')|metadata 'k' belongs to Machine 'gone'
INSERT INTO service (machine, internal_port) VALUES ('gone', 1)|service on port 1 belongs to Machine 'gone'
INSERT INTO service_check (machine, internal_port, number, type) VALUES ('gone', 1, 0, 'tcp')|check servicecheck-00-tcp-1 of Machine 'gone' belongs to a service
INSERT INTO check_state (machine, internal_port, number, host, status, since) VALUES ('gone', 1, 0, 'h', 'passing', 1)|state of a check on port 1 of Machine 'gone' is left
DELETE FROM service|port 80 of Machine '148e21dad76789' leads to a service that does not exist
INSERT INTO address (network, number, app) VALUES (1, 1, 'api')|has a number that is never given out
DELETE FROM counter WHERE kind = 'network'|counter of networks is missing
DELETE FROM counter WHERE kind = 'host'|counter of hosts is missing
UPDATE counter SET value = 0 WHERE kind = 'network'|counter of networks is behind
UPDATE counter SET value = 65536 WHERE kind = 'host'|counter of hosts is behind
DELETE FROM counter WHERE kind = 'address'|counter of addresses of network 1 is behind
DELETE FROM counter WHERE kind = 'slot'|counter of Machines of host .* is behind
INSERT INTO service_port (machine, internal_port, start_port, end_port) VALUES ('148e21dad76789', 8080, 70, 90)|overlap
UPDATE service SET soft_limit = 9, hard_limit = 3|soft limit 9 over hard limit 3
UPDATE service SET autostart = 0, autostop = 'stop'|nothing wakes them again
UPDATE service_port SET handlers = 'http', force_https = 1|force_https on port 80 of app .* does nothing
INSERT INTO certificate (app, hostname) VALUES ('gone', 'gone.internal')|certificate of 'gone.internal' belongs to the app 'gone', which does not exist
INSERT INTO secret (app, name, version) VALUES ('gone', 'A', 1)|secret 'A' belongs to the app 'gone', which does not exist
INSERT INTO authority (org, chain, key) VALUES ('gone', '-----BEGIN CERTIFICATE-----', 'aGk=')|authority of 'gone' belongs to an organization that does not exist
INSERT INTO replay_source (org, source) VALUES ('personal', 'gone')|replay source 'gone' of 'personal' is or belongs to an organization that does not exist
INSERT INTO transfer_key (name, network, secret) VALUES ('k', 99, 'aGk=')|key 'k' reads network 99, which does not exist
INSERT INTO secondary (network, address) VALUES (99, '192.0.2.1:53')|secondary '192.0.2.1:53' copies network 99, which does not exist
INSERT INTO secondary (network, address, key) VALUES (1, '192.0.2.1:53', 'k')|secondary '192.0.2.1:53' of network 1 signs with the key 'k', which does not exist
INSERT INTO secondary (network, address) VALUES (1, '192.0.2.1:53'), (2, '192.0.2.1:54')|the secondary '192.0.2.1:53' copies several networks
UPDATE service_port SET protocol = 'udp'; UPDATE service SET protocol = 'udp'|is UDP
INSERT INTO public_address (address, app, type) VALUES ('203.0.113.7', 'web', 'v4')|which is not private
INSERT INTO actor (one, uid, name, command) VALUES (1, 0, 'root', 'x')|actor row is left
DELETE FROM meta WHERE key = 'generation'|does not say its generation
INSERT INTO client_prefix (prefix, network) VALUES ('2001:db8:0::/32', 1)|another spelling of 2001:db8::/32
INSERT INTO client_prefix (prefix, network) VALUES ('192.0.2.9/24', 1)|is no prefix
END
pass "$count inconsistencies are found, and mended by what check says"

doctor() { flycast doctor "$@" || echo "ends with $?"; }
db 'DROP TRIGGER app_rule_insert; DROP INDEX app_org'
has 'app_rule_insert is missing' eval 'fly check || true'
has 'ends with 1' doctor
has 'app_rule_insert' doctor
fly doctor --migrate >/dev/null || fail "doctor --migrate: $(fly doctor --migrate)"
is "Nothing is inconsistent in $registry" fly check
if fly doctor | grep -q BAD; then fail 'doctor finds something after it mended it'; fi
pass 'a rule that was dropped is missed, and put back'

start dns flycast-dns --registry "$registry" --listen '[::1]:5300' --control "$dir/dns.sock"
has "dns.sock: looked at the registry [0-9]+ ms ago" doctor --control "$dir/dns.sock"
has 'ends with 1' doctor --control "$dir/none.sock"
stop dns
pass 'doctor looks at a daemon through its control socket'
