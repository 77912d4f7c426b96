# Every kind of name in every zone, asked with dig, kdig and drill as people would.
# shellcheck source=tests/lib/dns.sh
. "$lib/dns.sh"
one=fdaa:0:1:ffff:0:1:0:2
client $one
fly init >/dev/null
fly apps create web >/dev/null
fly apps create idle >/dev/null
address=$(fly ips allocate-v6 --private -a web | grep -o 'fdaa:[0-9a-f:]*')
machine web 148e21dad76789 iad started
machine web 4d89699c030518 ams started worker
machine web 6e82de14c35038 sin stopped
machine web 7a1c0de1234567 sin suspended
db "INSERT INTO machine_metadata (machine, key, value) VALUES
	('148e21dad76789', 'role', 'primary'), ('4d89699c030518', 'mesh_node', 'web@10.0')"
db "INSERT INTO peer (network, name, number, public_key) VALUES
	(1, 'laptop', 0, 'k'), (1, 'desk', 1, 'l'), (1, 'interactive-01', 2, 'm')"
near=$(db "SELECT address FROM machine WHERE id = '148e21dad76789'")
distant=$(db "SELECT address FROM machine WHERE id = '4d89699c030518'")
dns --id edge-7

both=$(printf '%s\n' "$near" "$distant" | sort)
sorted() { ask "$@" | sort; }
is "$address" ask $one AAAA web.flycast
is "$both" sorted $one AAAA web.internal
is "$both" sorted $one AAAA global.web.internal
is "$near" ask $one AAAA iad.web.internal
is "$distant" ask $one AAAA worker.process.web.internal
is "$near" ask $one AAAA 148e21dad76789.vm.web.internal
is "$near" ask $one AAAA app.process.web.internal
is "$near" ask $one AAAA primary.role.kv._metadata.web.internal
is "$distant" ask $one AAAA 'web@10\.0.mesh_node.kv._metadata.web.internal'
is "$near" ask $one AAAA role.kv._metadata.web.internal
is "$distant" ask $one AAAA mesh_node.kv._metadata.web.internal
for n in 1 2 3 5; do
	is "$(printf '%s\n' "$near" "$distant" | head -n $n)" ask $one AAAA top$n.nearest.of.web.internal
done
is fdaa:0:1:a7b:1:0:a:2 ask $one AAAA laptop._peer.internal
is fdaa:0:1:a7b:1:0:a:102 ask $one AAAA DESK._peer.internal
is fdaa:0:1::3 ask $one AAAA _api.internal
is fdaa:0:1::3 ask $one +tcp AAAA _api.internal
pass "AAAA: app, global, region, process group, Machine, metadata, nearest, peer, _api, .flycast"

is '"148e21dad76789 iad,4d89699c030518 ams"' ask $one TXT vms.web.internal
is '"148e21dad76789 iad,4d89699c030518 ams,6e82de14c35038 sin,7a1c0de1234567 sin"' ask $one TXT all.vms.web.internal
is '"ams,iad"' ask $one TXT regions.web.internal
is '"ams,iad,sin"' ask $one TXT all.regions.web.internal
is '"idle,web"' ask $one TXT _apps.internal
is '"desk,laptop"' ask $one TXT _peer.internal
is "\"instance=148e21dad76789,app=web,ip=$near,region=iad;instance=4d89699c030518,app=web,ip=$distant,region=ams\"" \
	ask $one TXT _instances.internal
# Two strings of one record, without a separator: the first is full.
everything=$(db "SELECT group_concat('instance=' || id || ',app=web,ip=' || address || ',region=' || region, ';')
	FROM (SELECT * FROM machine ORDER BY id)")
is "\"${everything:0:255}\" \"${everything:255}\"" ask $one TXT all._instances.internal
is '"network=default,org=personal,prefix=fdaa:0:1::/48"' ask $one TXT _networks.internal
for text in vms.web _apps _peer _instances _networks; do
	has "^$text\.internal\.[[:space:]]+5[[:space:]]+IN[[:space:]]+TXT[[:space:]]+\"" \
		drill -p "$port" -I $one @::1 TXT $text.internal
done
pass "TXT: vms, regions, _apps, _peer, _networks, _instances and their all. forms"

has '"Instances": false' fly networks set default --instances=false --json
within 5 is 'NXDOMAIN qr aa rd 0 1' status $one TXT _instances.internal
is 'NXDOMAIN qr aa rd 0 1' status $one TXT all._instances.internal
is '"idle,web"' ask $one TXT _apps.internal
has '│ instances' fly networks list
db "UPDATE networks SET instances = 1 WHERE name = 'default'"
within 5 is 'NOERROR qr aa rd 1 0' status $one TXT _instances.internal
pass "a network may keep its _instances to itself"

is web.flycast. ask $one -x "$address"
is 148e21dad76789.vm.web.internal. ask $one -x "$near"
is laptop._peer.internal. ask $one -x fdaa:0:1:a7b:1:0:a:2
is _dns.internal. ask $one -x fdaa:0:1::3
has "5[[:space:]]+IN[[:space:]]+PTR[[:space:]]+web.flycast\.$" kdig -p "$port" -b $one @::1 -x "$address"
# Machines that rest, stopped or suspended, keep their addresses.
for id in 6e82de14c35038 7a1c0de1234567; do
	is $id.vm.web.internal. ask $one -x "$(db "SELECT address FROM machine WHERE id = '$id'")"
done
is _dns.internal. ask $one -x fdaa::3
for ip in fdaa:0:1:a7b:1:0:a:202 fdaa:0:1:0:1::99 fdaa::4 fdaa:0:2::3; do
	is 'NXDOMAIN qr aa rd 0 1' status $one -x "$ip"
done
is 'NOERROR qr aa rd 0 1' status $one PTR 0.0.0.0.0.0.0.0.0.0.0.0.a.a.d.f.ip6.arpa # above fdaa::3
pass "PTR: Flycast address, Machine, peer, this server"

soa=$(db "SELECT max(seq) FROM change")
for zone in flycast internal a.a.d.f.ip6.arpa; do
	has "^_dns.internal. hostmaster.[a-z]*. $soa [0-9 ]* 5$" ask $one SOA $zone
	is _dns.internal. ask $one NS $zone
	has '_dns.internal.[[:space:]]+5[[:space:]]+IN[[:space:]]+AAAA[[:space:]]+fdaa:0:1::3' \
		dig +noall +additional -p "$port" -b $one @::1 NS $zone
	is 'NOERROR qr aa rd 0 1' status $one AAAA $zone
done
is fdaa:0:1::3 ask $one AAAA _dns.internal
pass "apex: SOA with the registry's last change as serial, NS that resolves"

is 'NOERROR qr aa rd 0 1' status $one AAAA idle.internal
is 'NOERROR qr aa rd 0 1' status $one TXT vms.idle.internal
is 'NOERROR qr aa rd 0 1' status $one A web.internal
is 'NOERROR qr aa rd 0 1' status $one HTTPS web.flycast
for name in {vm,process,of,nearest.of,_metadata,kv._metadata}.web 6e82de14c35038.vm.web sin.web; do
	is 'NOERROR qr aa rd 0 1' status $one AAAA "$name.internal"
done
is 'NOERROR qr aa rd 0 1' status $one TXT vm.web.internal
is 'NOERROR qr aa rd 0 1' status $one AAAA vms.web.internal
is 'NXDOMAIN qr aa rd 0 1' status $one AAAA top0.nearest.of.web.internal
is 'NXDOMAIN qr aa rd 0 1' status $one AAAA replica.role.kv._metadata.web.internal
is 'NXDOMAIN qr aa rd 0 1' status $one AAAA interactive-01._peer.internal
is 'NXDOMAIN qr aa rd 0 1' status $one AAAA x.web.flycast
is 'NXDOMAIN qr aa rd 0 1' status $one AAAA nobody.internal
is 'NXDOMAIN qr aa rd 0 1' status $one AAAA idle.flycast
is 'REFUSED qr rd 0 0' status $one AAAA example.com
has 'Transfer failed' dig -p "$port" -b $one @::1 AXFR internal
is 'BADVERS qr rd 0 0' status $one AAAA web.internal +edns=1 +noednsneg
has 'EDE: 20' dig -p "$port" -b $one @::1 example.com
has '^WeB\.fLyCast\.' dig +noall +answer -p "$port" -b $one @::1 AAAA WeB.fLyCast
pass "NODATA, NXDOMAIN, REFUSED, BADVERS, and the question's own case"

has "web.flycast.[[:space:]]+5[[:space:]]+IN[[:space:]]+AAAA[[:space:]]+$address" kdig +tcp -p "$port" -b $one @::1 AAAA web.flycast
has "web.flycast.[[:space:]]+5[[:space:]]+IN[[:space:]]+AAAA[[:space:]]+$address" drill -p "$port" -I $one @::1 AAAA web.flycast
has 'status: NOTIMP' dig -p "$port" -b $one @::1 +opcode=2 web.internal
has 'NSID: .*"edge-7"' dig -p "$port" -b $one @::1 +nsid web.internal
is '"edge-7"' ask $one CH TXT id.server
is 'REFUSED qr rd 0 0' status $one CH TXT version.bind
pass "the same by kdig over TCP and by drill"

first() { ask $one AAAA web.internal | head -n 1; }
firsts() { for _ in 1 2 3 4 5 6 7 8; do first; done | sort -u; }
is "$both" firsts
pass "every address comes first now and then"

# fly dig reads the length, then the message, with one read each: both leave in one segment.
in_one_read() {
	exec 3<>"/dev/tcp/::1/$port"
	printf '\0\35\0\7\1\0\0\1\0\0\0\0\0\0\3web\7flycast\0\0\34\0\1' >&3
	dd bs=65535 count=1 <&3 2>/dev/null | wc -c
	exec 3>&-
}
fly networks attach ::1/128 >/dev/null
attached() { dig +short -p "$port" -b ::1 @::1 AAAA web.flycast | grep -q .; }
within 5 attached
is 59 in_one_read
stop dns
pass "length and message arrive together"
