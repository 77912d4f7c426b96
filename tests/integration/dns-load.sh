# Questions over UDP and TCP as fast as they come, while apps, Machines, networks, prefixes and the host's place change:
# what builds with sanitizers look at. FLYCAST_LOAD says for how many seconds (4).
# shellcheck source=tests/lib/dns.sh
. "$lib/dns.sh"
seconds=${FLYCAST_LOAD:-4}
one=fdaa:0:1:ffff:0:1:0:2
client $one
fly init >/dev/null
fly apps create web >/dev/null
fly networks attach ::1/128 >/dev/null
address=$(fly ips allocate-v6 --private -a web | grep -o 'fdaa:[0-9a-f:]*')
machine web 148e21dad76789 iad started
machine web 4d89699c030518 ams started worker
dns --threads 2 --tcp-clients 16 --tcp-clients-per-source 8

cat >"$dir/questions" <<TEXT
web.flycast AAAA
web.internal AAAA
top1.nearest.of.web.internal AAAA
worker.process.web.internal AAAA
all.vms.web.internal TXT
_apps.internal TXT
_instances.internal TXT
edit.internal AAAA
nobody.internal AAAA
2.0.0.0.0.0.0.0.0.0.0.0.1.0.0.0.0.0.0.0.1.0.0.0.0.0.0.0.a.a.d.f.ip6.arpa PTR
0.0.1.0.0.0.0.0.0.0.1.0.0.0.0.0.0.0.a.a.d.f.ip6.arpa PTR
internal SOA
example.com A
TEXT
load() { dnsperf -s ::1 -p "$port" -d "$dir/questions" -l "$seconds" -c 6 -T 1 "$@"; }
# Connections that say nothing or half a question, more than there are places.
hold() {
	local pids=()
	while [ ${#pids[@]} -lt 10 ]; do
		{ printf '\0\35'; sleep 0.2; } | timeout 1 socat - "TCP6:[::1]:$port" >/dev/null 2>&1 &
		pids+=($!)
	done
	wait "${pids[@]}" || true
}
edit() {
	db "INSERT INTO app (name, org, network) VALUES ('edit', 'personal', 1); INSERT INTO flycast (app) VALUES ('edit')"
	db "INSERT OR REPLACE INTO machine_metadata (machine, key, value) VALUES ('148e21dad76789', 'round', '$edits')"
	db "UPDATE machine_state SET state = 'stopped' WHERE machine = '148e21dad76789'"
	db "UPDATE machine SET skip_dns = 1 - skip_dns WHERE id = '4d89699c030518'"
	db "UPDATE host SET region = (SELECT code FROM region ORDER BY random() LIMIT 1)"
	db "INSERT INTO client_prefix (prefix, network) VALUES ('192.0.2.0/24', 1); DELETE FROM client_prefix WHERE prefix LIKE '192%'"
	db "UPDATE machine_state SET state = 'started'"
	fly networks create lab >/dev/null
	fly ips allocate-v6 --private --network lab -a web >/dev/null
	db "DELETE FROM flycast WHERE network = 'lab'"
	db "DELETE FROM flycast WHERE app = 'edit'; DELETE FROM app WHERE name = 'edit';
		DELETE FROM networks WHERE name = 'lab'"
	edits=$((edits + 1))
}

load >"$dir/udp.out" 2>&1 &
udp=$!
load -m tcp >"$dir/tcp.out" 2>&1 &
over_tcp=$!
edits=0
while kill -0 $udp 2>/dev/null; do
	edit
	hold
done
wait $udp $over_tcp

answered() { sed -n 's/.*Queries completed: *\([0-9]*\).*/\1/p' "$dir/$1.out"; }
for transport in udp tcp; do
	[ "$(answered $transport)" -gt 100 ] || fail "hardly anything was answered: $(cat "$dir/$transport.out")"
done
grep -Eq 'Response codes: *NOERROR.*REFUSED' "$dir/udp.out" || fail "other answers than expected: $(cat "$dir/udp.out")"
! grep -Eq 'Response codes:.*(SERVFAIL|FORMERR)' "$dir"/*.out || fail "good questions were malformed: $(cat "$dir"/*.out)"
[ "$edits" -gt 0 ] || fail "nothing was edited"
pass "$(answered udp) questions over UDP and $(answered tcp) over TCP, beside $edits rounds of edits"

# And now it says what the registry says, over both.
within 5 is "$address" ask $one AAAA web.flycast
within 5 is 'NXDOMAIN qr aa rd 0 1' status $one AAAA edit.internal
is '"web"' ask $one +tcp TXT _apps.internal
machines() { [ "$(ask $one AAAA web.internal | wc -l)" -eq "$(db "SELECT count(*) FROM machine WHERE app = 'web' AND NOT skip_dns")" ]; }
within 5 machines
stop dns
pass "afterwards the answers are the registry's, and the daemon ended well"
