# The table of questions (tests/lib/dns_rules.h) over UDP, TCP and TLS, from the registry that is the picture of its rows.
# shellcheck source=tests/lib/dns.sh
. "$lib/dns.sh"
member=fdaa:0:1:ffff:0:1:0:2 other=fdaa:0:2:ffff:0:1:0:2 stranger=2001:db8::1
for a in $member $other $stranger; do client "$a"; done
fly init >/dev/null
fly orgs create acme >/dev/null
for app in web idle big some huge; do fly apps create $app >/dev/null; done
fly apps create other --org acme >/dev/null
machine web 148e21dad76789 fra started
db "INSERT INTO machine_metadata (machine, key, value) VALUES ('148e21dad76789', 'role', 'primary');
	INSERT INTO address (network, number, app) VALUES (1, 2, 'web'), (2, 5, 'web')"
# many APP COUNT FIRST: started Machines with the slots from FIRST on
many() {
	db "CREATE TEMP TABLE n AS WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $2) SELECT * FROM n;
		INSERT INTO machine_state (machine, host, state, since) SELECT printf('%014x', $3 + i), h.name, 'started', 0 FROM n, host h;
		INSERT INTO machine (id, app, network, name, host, host_number, slot, region, command)
		SELECT printf('%014x', $3 + i), '$1', 1, printf('m%d', i), h.name, h.number, $3 + i,
			CASE i % 2 WHEN 1 THEN 'fra' ELSE 'ams' END, '[\"x\"]' FROM n, host h"
}
many big 120 1000
many some 17 2000
many huge 2400 3000
db "INSERT INTO address (network, number, app) VALUES (1, 7, 'some');
	INSERT INTO service (machine, protocol, internal_port) SELECT min(id), 'tcp', 8080 FROM machine WHERE app = 'some';
	WITH RECURSIVE n (port) AS (SELECT 80 UNION ALL SELECT port + 1 FROM n WHERE port < 93)
	INSERT INTO service_port (machine, protocol, internal_port, start_port, end_port, handlers)
	SELECT machine, 'tcp', 8080, port, port, 'http' FROM n, service"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=ns -keyout "$dir/dot.key" \
	-out "$dir/dot.pem" 2>/dev/null
dns --threads 1 --id edge-1 --tls-listen '[::1]:8853' --tls-cert "$dir/dot.pem" --tls-key "$dir/dot.key"
"$FLYCAST_TESTS/dns_rules_wire" "$port" 8853 $member $other $stranger
pass "every row, over UDP, over TCP, many on one TCP connection and many on one with TLS"
stop dns
