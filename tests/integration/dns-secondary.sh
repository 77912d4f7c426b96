# shellcheck shell=bash
# shellcheck disable=SC2016 # for eval
# dns-secondary: Knot, NSD and BIND copy a network and follow what is typed into the sqlite3 shell.
# shellcheck source=tests/lib/dns.sh
. "$lib/dns.sh"
fly init --host "$(hostname)" --region fra >/dev/null
fly apps create web >/dev/null
fly ips allocate-v6 -a web --private >/dev/null
machine web 00000000000001 fra started
fly keys create ns2 >/dev/null
for address in 1 3 4 5 6; do ip address add 192.0.2.$address/32 dev lo; done
client fdaa:0:1::9
dns --listen 192.0.2.1:53
grep -q '192.0.2.1:53' "$dir/dns.log" || fail 'no port 53'
zones='flycast internal a.a.d.f.ip6.arpa'

mkdir "$dir/knot" "$dir/nsd" "$dir/bind"
{
	printf 'server:\n  listen: 192.0.2.3@53\n  rundir: %s\ndatabase:\n  storage: %s\n' "$dir/knot" "$dir/knot"
	fly keys show ns2 --for knot
	printf 'remote:\n  - id: flycast\n    address: 192.0.2.1\n    key: ns2\n    via: 192.0.2.3\n'
	printf 'acl:\n  - id: told\n    address: 192.0.2.1\n    key: ns2\n    action: notify\nzone:\n'
	for zone in $zones; do
		printf '  - domain: %s\n    storage: %s\n    master: flycast\n    acl: told\n' "$zone" "$dir/knot"
	done
} >"$dir/knot/knot.conf"
{
	printf 'server:\n\tip-address: 192.0.2.4\n\tzonesdir: ""\n\tdatabase: ""\n\tusername: ""\n\tchroot: ""\n\tverbosity: 2\n'
	printf '\tpidfile: "%s/pid"\n\txfrdfile: "%s/xfrd"\n\tzonelistfile: "%s/list"\n\txfrd-reload-timeout: 0\n' "$dir/nsd" "$dir/nsd" "$dir/nsd"
	printf 'remote-control:\n\tcontrol-enable: no\n'
	fly keys show ns2 --for nsd
	for zone in $zones; do
		printf 'zone:\n\tname: %s\n\tzonefile: "%s/%s"\n\trequest-xfr: 192.0.2.1 ns2\n\tallow-notify: 192.0.2.1 ns2\n\toutgoing-interface: 192.0.2.4\n' "$zone" "$dir/nsd" "$zone"
	done
} >"$dir/nsd/nsd.conf"
{
	fly keys show ns2 --for bind
	printf 'options { directory "%s"; listen-on port 53 { 192.0.2.5; }; listen-on-v6 { none; }; pid-file none; session-keyfile none; recursion no; notify no; transfer-source 192.0.2.5; minimal-responses yes; };\ncontrols { };\n' "$dir/bind"
	for zone in $zones; do
		printf 'zone "%s" { type secondary; primaries { 192.0.2.1 key ns2; }; file "%s"; };\n' "$zone" "$zone"
	done
} >"$dir/bind/named.conf"
mkdir "$dir/member"
{ # knows the catalog only, which tells it the zones
	printf 'server:\n  listen: 192.0.2.6@53\n  rundir: %s\ndatabase:\n  storage: %s\n' "$dir/member" "$dir/member"
	sed -n '/^key:/,/^zone:/p' "$dir/knot/knot.conf" | sed '/^zone:/d; s/192.0.2.3/192.0.2.6/'
	printf 'template:\n  - id: default\n    storage: %s\n  - id: member\n    storage: %s\n    master: flycast\n    acl: told\n' "$dir/member" "$dir/member"
	printf 'zone:\n  - domain: catalog.invalid\n    master: flycast\n    acl: told\n    catalog-role: interpret\n    catalog-template: member\n'
} >"$dir/member/knot.conf"
knotd -c "$dir/knot/knot.conf" >"$dir/knot.log" 2>&1 &
knotd -c "$dir/member/knot.conf" >"$dir/member.log" 2>&1 &
nsd -d -c "$dir/nsd/nsd.conf" >"$dir/nsd.log" 2>&1 &
named -g -c "$dir/bind/named.conf" >"$dir/bind.log" 2>&1 &

servers='192.0.2.3 192.0.2.4 192.0.2.5 192.0.2.6'
of() { dig +short +norec +tries=1 +timeout=2 -p 53 "@$1" "${@:2}"; }
for server in $servers; do
	for zone in $zones; do within 20 has ' [0-9]+ 60 10 3600 5$' of "$server" "$zone" SOA; done
done
pass 'Knot, NSD and BIND copy the three zones, and another Knot those that the catalog names'

same() { # every server says what this one says
	local want server
	want=$(dig +short +tries=1 -b fdaa:0:1::9 @::1 -p "$inside" "$@" | sort)
	for server in $servers; do [ "$(of "$server" "$@" | sort)" = "$want" ] || return 1; done
}
status_at() { dig +norec +tries=1 +timeout=2 "@$1" "${@:2}" | sed -n 's/.*status: \([A-Z]*\),.*/\1/p'; }
inside=$port
for question in 'web.flycast AAAA' 'web.internal AAAA' 'all.vms.web.internal TXT' '_apps.internal TXT' \
	'_instances.internal TXT' '00000000000001.vm.web.internal AAAA' '-x fdaa:0:1:0:1::2' '-x fdaa:0:1::3'; do
	# shellcheck disable=SC2086
	same $question || fail "$question differs"
done
for server in $servers; do
	is NXDOMAIN status_at "$server" none.flycast AAAA
	is NOERROR status_at "$server" vm.web.internal AAAA
done

for server in $servers; do fly secondaries add "$server" --key ns2 >/dev/null; done
sees() { for s in $servers; do [ "$(of "$s" "${@:2}")" = "$1" ] || return 1; done; }
for round in 1 2 3; do
	began=$(date +%s%N)
	db "INSERT INTO app (name, org, network) VALUES ('app$round', 'personal', 1); INSERT INTO flycast (app) VALUES ('app$round')"
	within 5 sees "fdaa:0:1:0:1::$((round + 2))" "app$round.flycast" AAAA
	echo "  an edit was copied after $((($(date +%s%N) - began) / 1000000)) ms"
done
db "UPDATE machine_state SET state = 'stopped'"
within 5 sees '' 00000000000001.vm.web.internal AAAA
for server in $servers; do is NOERROR status_at "$server" 00000000000001.vm.web.internal AAAA; done
within 5 same all.vms.web.internal TXT
db "DELETE FROM app WHERE name = 'app1'"
gone() { for s in $servers; do [ "$(status_at "$s" app1.flycast AAAA)" = NXDOMAIN ] || return 1; done; }
within 5 gone
within 5 same -x fdaa:0:1:0:1::3
pass 'they follow edits of the sqlite3 shell'

grep -q 'IXFR, incoming.*finished' "$dir/knot.log" || fail "Knot did not use IXFR: $(tail -n 5 "$dir/knot.log")"
! grep -i -h 'fail\|error\|malformed' "$dir/knot.log" "$dir/nsd.log" | grep -v 'not exists' || fail 'a secondary complains'
pass 'by what changed, not by the whole'

fly secondaries add 192.0.2.7 >/dev/null
is '192.0.2.3:53 ns2 192.0.2.4:53 ns2 192.0.2.5:53 ns2 192.0.2.6:53 ns2 192.0.2.7:53 null' \
	eval 'fly secondaries list -j | jq -r ".[] | .Address, .Key" | paste -sd " "'
refuses 1 'is no address of a name server' fly secondaries add example.com
refuses 1 'there is no key "ns3": did you mean "ns2"' fly secondaries add 192.0.2.8 --key ns3
refuses 1 'secondaries sign with this key' fly keys destroy -y ns2
fly networks create blue >/dev/null
refuses 1 'copies another network already' fly secondaries add 192.0.2.7:54 --network blue
refuses 1 'a key of its own network' fly secondaries add 192.0.2.7 --network blue --key ns2
has '^192.0.2.7:53 is told' fly secondaries remove 192.0.2.7
refuses 1 'there is no secondary .* "192.0.2.7:53"' fly secondaries remove 192.0.2.7

fly backup "$dir/backup.db" >/dev/null

# Killed and started again it goes on with its serials, and tells what changed meanwhile.
serial=$(of 192.0.2.3 flycast SOA | cut -d' ' -f3)
stop dns KILL
db "INSERT INTO app (name, org, network) VALUES ('later', 'personal', 1); INSERT INTO flycast (app) VALUES ('later')"
port=$inside
dns --listen 192.0.2.1:53
within 10 sees "fdaa:0:1:0:1::6" later.flycast AAAA
[ "$(of 192.0.2.3 flycast SOA | cut -d' ' -f3)" -gt "$serial" ] || fail 'the serial went back'
pass 'nothing is lost by a crash'

# A restored registry is an older one, and a newer change.
serial=$(of 192.0.2.3 flycast SOA | cut -d' ' -f3)
fly restore -y "$dir/backup.db" >/dev/null
none() { for s in $servers; do [ "$(status_at "$s" later.flycast AAAA)" = NXDOMAIN ] || return 1; done; }
within 10 none
within 5 same web.flycast AAAA
[ "$(of 192.0.2.3 flycast SOA | cut -d' ' -f3)" -gt "$serial" ] || fail 'the serial went back'
pass 'and a restored backup is copied, too'
