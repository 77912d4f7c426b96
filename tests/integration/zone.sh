# flycast zone prints what a network sees as master files that other programs read, whatever the names are made of.
# shellcheck source=tests/lib/dns.sh
. "$lib/dns.sh"
fly init >/dev/null
fly orgs create acme >/dev/null
fly networks create blue --org acme >/dev/null
for app in web idle; do fly apps create $app >/dev/null; done
fly apps create shop --org acme --network blue >/dev/null
fly ips allocate-v6 --private -a web >/dev/null
machine web 148e21dad76789 fra started
machine web 4d89699c030518 ams stopped
# Values that would be something else at the start of a line, or in the middle of one.
# shellcheck disable=SC2016
db 'INSERT INTO machine_metadata (machine, key, value) VALUES
	("148e21dad76789", "a", "$ORIGIN evil."), ("148e21dad76789", "b", "@"), ("148e21dad76789", "c", "x;y"),
	("148e21dad76789", "d", "(("), ("148e21dad76789", "e", """quoted"), ("148e21dad76789", "f", "a.b\c")'
# Nobody has these, and the second is not below the first, though its octets end like it.
db "INSERT INTO machine_metadata (machine, key, value) VALUES ('4d89699c030518', 'g', 'a'), ('4d89699c030518', 'h', 'b')"
db "INSERT INTO machine_metadata (machine, key, value) SELECT '148e21dad76789', 'h', 'x' || char(1) || 'b'"

lines() { fly zone "$@" | grep -v '^;' | sort; }
is '3' eval 'fly zone default | grep -c "^; .* as its clients see it"'
is "$(lines default)" eval 'for zone in flycast internal reverse; do lines default $zone; done | sort'
serial=$(db 'SELECT max(seq) FROM change')
has "^internal\.	5	IN	SOA	_dns\.internal\. hostmaster\.internal\. $serial 60 10 3600 5$" lines default internal
has '^web\.flycast\.	5	IN	AAAA	fdaa:0:1:0:1::2$' lines default flycast
has '^_apps\.internal\.	5	IN	TXT	"idle,web"$' lines default internal
has '^2\.0\.0\.0\.0.*\.a\.a\.d\.f\.ip6\.arpa\.	5	IN	PTR	web\.flycast\.$' lines default reverse
has '^4d89699c030518\.vm\.web\.internal\.	5	IN	TYPE65280	\\# 0$' lines default internal
has '^a\.g\.kv\._metadata\.web\.internal\.	5	IN	TYPE65280	' lines default internal
has '^b\.h\.kv\._metadata\.web\.internal\.	5	IN	TYPE65280	' lines default internal
has '^x\\001b\.h\.kv\._metadata\.web\.internal\.	5	IN	AAAA	' lines default internal
has '^_apps\.internal\..*"shop"$' lines blue internal --org acme
is 0 eval 'fly zone blue -o acme | grep -c web || true'
pass "a network's zones, one or all, and no other network's names"

for zone in flycast internal reverse; do
	fly zone default $zone >"$dir/$zone"
	ldns-read-zone -c "$dir/$zone" >"$dir/$zone.read"
	is "$(grep -vc '^;' "$dir/$zone")" grep -vc '^;' "$dir/$zone.read"
done
for origin in flycast internal; do has 'zone .* is ok' nsd-checkzone $origin "$dir/$origin"; done
has 'zone .* is ok' nsd-checkzone a.a.d.f.ip6.arpa "$dir/reverse"
is 6 eval 'grep -c "\.[a-f]\.kv\._metadata\.web\.internal\..*AAAA" "$dir/internal.read"'
pass "ldns and NSD read the files, with every name"

refuses 1 'there is no network .* named "defalt": did you mean "default"\?' fly zone defalt
refuses 1 'named "blue"' fly zone blue
refuses 2 'there is no zone com: flycast, internal or reverse' fly zone default com
refuses 1 'could not be written: No space' eval 'fly zone default >/dev/full'
refuses 1 'there is no network 77: ' flycast-dns --print 77
for wrong in x 1x 1/ 1/com -1 99999999999999999999 ''; do refuses 2 "^flycast-dns: --print $wrong: write" flycast-dns --print "$wrong"; done
refuses 1 'cannot read /nowhere/r.db: there is no' flycast-dns --print 1 --registry /nowhere/r.db
pass "what cannot be printed is said in a sentence"
