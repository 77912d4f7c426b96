# shellcheck shell=bash
# root.sh - a signed stand-in for the root of the DNS, so that resolvers validate without the world; after the harness.
#
#   root          NSD serves the root zone at $root_ip, port 53: it has a few names, none of them ours
#   $dir/root.ds  its trust anchor (DS), for a resolver; $dir/root.dnskey the key itself
#   $dir/root.hints

: "${dir:?}"
root_ip=2001:db8::53

root() {
	ip address add "$root_ip/128" dev lo nodad
	mkdir -p "$dir/root"
	(
		cd "$dir/root" || exit 1
		cat >zone <<-TEXT
			. 86400 IN SOA a.root.example. admin.root.example. 1 1800 900 604800 86400
			. 86400 IN NS a.root.example.
			a.root.example. 86400 IN AAAA $root_ip
			com. 86400 IN TXT "a name"
			org. 86400 IN TXT "a name"
			net. 86400 IN TXT "a name"
			arpa. 86400 IN TXT "a name"
		TEXT
		ksk=$(ldns-keygen -a ECDSAP256SHA256 -k .)
		zsk=$(ldns-keygen -a ECDSAP256SHA256 .)
		ldns-signzone -o . -e 20371231000000 -i 20200101000000 zone "$zsk" "$ksk"
		cp "$ksk.ds" ../root.ds
		cp "$ksk.key" ../root.dnskey
		cat >nsd.conf <<-TEXT
			server:
			  ip-address: $root_ip
			  zonesdir: "$dir/root"
			  username: ""
			  chroot: ""
			  pidfile: ""
			  database: ""
			  xfrdfile: "$dir/root/xfrd.state"
			  zonelistfile: "$dir/root/zone.list"
			  logfile: "$dir/root/log"
			remote-control:
			  control-enable: no
			zone:
			  name: "."
			  zonefile: zone.signed
		TEXT
	) || fail 'the root zone cannot be signed'
	printf '. 86400 NS a.root.example.\na.root.example. 86400 AAAA %s\n' "$root_ip" >"$dir/root.hints"
	nsd -d -c "$dir/root/nsd.conf" >"$dir/root/out" 2>&1 &
	within 10 has 'flags: qr aa' dig +tries=1 +timeout=2 @$root_ip . SOA
}
