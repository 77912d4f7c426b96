# One network's view, printed by flycast zone and loaded by NSD and Knot: thousands of questions to all three, and every
# difference is one that tests/lib/dns_peers.py lists with its reason.
# shellcheck source=tests/lib/dns.sh
. "$lib/dns.sh"
one=fdaa:0:1:ffff:0:1:0:2
client $one
fly init >/dev/null
fly orgs create acme >/dev/null
for app in web idle big; do fly apps create $app >/dev/null; done
fly apps create other --org acme >/dev/null
fly ips allocate-v6 --private -a web >/dev/null
machine web 148e21dad76789 fra started
machine web 4d89699c030518 ams started worker
machine web 6e82de14c35038 sin stopped
# shellcheck disable=SC2016
db "INSERT INTO machine_metadata (machine, key, value) VALUES ('148e21dad76789', 'role', 'Primary'),
	('4d89699c030518', 'mesh_node', 'web@10.0'), ('6e82de14c35038', 'a', '\$ORIGIN \"x');
	INSERT INTO peer (network, name, number, public_key) VALUES (1, 'Laptop', 0, 'k')"
db "CREATE TEMP TABLE n AS WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 49) SELECT * FROM n;
	INSERT INTO machine_state (machine, host, state, since) SELECT printf('%014x', 1000 + i), h.name, 'started', 0 FROM n, host h;
	INSERT INTO machine (id, app, network, name, host, host_number, slot, region, command)
	SELECT printf('%014x', 1000 + i), 'big', 1, printf('m%d', i), h.name, h.number, 1000 + i,
		CASE WHEN i < 17 THEN 'sjc' ELSE 'fra' END, '[\"x\"]' FROM n, host h"
db "INSERT INTO service (machine, protocol, internal_port) VALUES ('148e21dad76789', 'tcp', 8080), ('6e82de14c35038', 'tcp', 9000);
	INSERT INTO service_port (machine, protocol, internal_port, start_port, end_port, handlers) VALUES
	('148e21dad76789', 'tcp', 8080, 443, 443, 'tls,http'), ('148e21dad76789', 'tcp', 8080, 8443, 8443, 'tls,http'),
	('6e82de14c35038', 'tcp', 9000, 20000, 20003, '')"
dns --threads 1
for zone in flycast internal reverse; do fly zone default $zone >"$dir/$zone"; done
names='flycast:flycast internal:internal a.a.d.f.ip6.arpa:reverse'

{
	printf 'server:\n ip-address: ::1@5301\n username: ""\n chroot: ""\n zonesdir: "%s"\n database: ""\n logfile: "%s"\n' "$dir" "$dir/nsd.log"
	printf ' pidfile: "%s"\n xfrdfile: "%s"\n zonelistfile: "%s"\n' "$dir/nsd.pid.file" "$dir/nsd.xfrd" "$dir/nsd.list"
	printf ' minimal-responses: yes\n ipv6-edns-size: 1232\n rrl-ratelimit: 0\n tcp-count: 100\n'
	printf 'remote-control:\n control-enable: no\n'
	for zone in $names; do printf 'zone:\n name: %s\n zonefile: %s\n' "${zone%:*}" "${zone#*:}"; done
} >"$dir/nsd.conf"
nsd -d -c "$dir/nsd.conf" >>"$dir/nsd.log" 2>&1 &
nsd=$!
{
	printf 'server:\n  rundir: "%s"\n  listen: ::1@5302\n  udp-workers: 1\n  tcp-workers: 1\n  background-workers: 1\n' "$dir"
	printf '  udp-max-payload-ipv6: 1232\nlog:\n  - target: stderr\n    any: info\ndatabase:\n  storage: "%s"\n' "$dir"
	printf 'template:\n  - id: default\n    storage: "%s"\n    journal-content: none\n    zonefile-sync: -1\nzone:\n' "$dir"
	for zone in $names; do printf '  - domain: %s\n    file: %s\n' "${zone%:*}" "${zone#*:}"; done
} >"$dir/knot.conf"
knotd -c "$dir/knot.conf" >"$dir/knot.log" 2>&1 &
knot=$!
for peer in 5301 5302; do
	for zone in $names; do within 20 has '^_dns' dig +short +tries=1 +timeout=1 -p $peer @::1 NS "${zone%:*}"; done
done
python3 "$lib/dns_peers.py" "$port" 5301 5302 $one "$dir/flycast" "$dir/internal" "$dir/reverse"
pass "NSD and Knot answer the same, but for what is listed"
kill $nsd $knot
stop dns
