# Services by name: SRV and HTTPS, as dig shows them and as the resolvers of Node and Python parse them.
# shellcheck source=tests/lib/dns.sh
. "$lib/dns.sh"
one=fdaa:0:1:ffff:0:1:0:2 two=fdaa:0:2:ffff:0:1:0:2 three=fdaa:0:3:ffff:0:1:0:2
for a in $one $two $three; do client "$a"; done
fly init >/dev/null
fly orgs create acme >/dev/null
fly orgs create other >/dev/null
fly networks attach 127.0.0.0/8 >/dev/null
fly apps create web >/dev/null
address=$(fly ips allocate-v6 --private -a web | grep -o 'fdaa:[0-9a-f:]*')
shared=$(fly ips allocate-v6 --private -a web --org acme | grep -o 'fdaa:[0-9a-f:]*')
machine web 148e21dad76789 iad started
machine web 4d89699c030518 ams started
machine web 6e82de14c35038 sin stopped
serve() { # MACHINE INTERNAL START HANDLERS [END]
	db "INSERT OR IGNORE INTO service (machine, protocol, internal_port) VALUES ('$1', 'tcp', $2);
	    INSERT INTO service_port (machine, protocol, internal_port, start_port, end_port, handlers)
	    VALUES ('$1', 'tcp', $2, $3, ${5:-$3}, '$4')"
}
for id in 148e21dad76789 4d89699c030518; do
	serve $id 8080 80 http
	serve $id 8080 443 tls,http
	serve $id 8080 8443 tls,http
done
serve 148e21dad76789 5432 5432 pg_tls
serve 6e82de14c35038 9000 20000 '' 20010
dns

sorted() { ask "$@" | sort; }
is '0 0 80 web.flycast.' ask $one SRV _80._tcp.web.flycast
is '0 0 80 web.flycast.' ask $one SRV _http._tcp.web.flycast
is '0 0 80 web.flycast.' ask $two SRV _HTTP._tcp.web.flycast
is "$(printf '0 0 443 web.flycast.\n0 0 8443 web.flycast.')" sorted $one SRV _https._tcp.web.flycast
is '0 0 5432 web.flycast.' ask $one SRV _postgresql._tcp.web.flycast
is '0 0 20000 web.flycast.' ask $one SRV _20000._tcp.web.flycast
glue() { dig +noall +additional -p "$port" -b "$1" @::1 SRV _http._tcp.WEB.flycast; }
has "^WEB\.flycast\.[[:space:]]+5[[:space:]]+IN[[:space:]]+AAAA[[:space:]]+$address$" glue $one
has "AAAA[[:space:]]+$shared$" glue $two
is 'NOERROR qr aa rd 0 1' status $one SRV _tcp.web.flycast
is 'NOERROR qr aa rd 0 1' status $one AAAA _http._tcp.web.flycast
is 'NXDOMAIN qr aa rd 0 1' status $one SRV _8080._tcp.web.flycast
is 'NXDOMAIN qr aa rd 0 1' status $three SRV _80._tcp.web.flycast
is 'NXDOMAIN qr aa rd 0 1' status $three SRV _tcp.web.flycast
is 'NXDOMAIN qr aa rd 0 1' status $two SRV _8080._tcp.web.internal
pass "SRV of a Flycast address, by port and by what is spoken, in the networks it is in"

is "$(printf '0 1 8080 148e21dad76789.vm.web.internal.\n0 1 8080 4d89699c030518.vm.web.internal.')" \
	sorted $one SRV _http._tcp.web.internal
is "$(printf '0 1 8080 148e21dad76789.vm.web.internal.\n0 1 8080 4d89699c030518.vm.web.internal.')" \
	sorted $one +tcp SRV _8080._tcp.web.internal
is '0 1 5432 148e21dad76789.vm.web.internal.' ask $one SRV _postgresql._tcp.web.internal
is 'NOERROR qr aa rd 0 1' status $one SRV _9000._tcp.web.internal
db "UPDATE machine_state SET state = 'started' WHERE machine = '6e82de14c35038'"
within 5 is '0 1 9000 6e82de14c35038.vm.web.internal.' ask $one SRV _9000._tcp.web.internal
pass "SRV of the Machines' own ports, of the started ones"

# Port 80 answers http:// itself, so no record sends anybody away from there.
is 'NOERROR qr aa rd 0 1' status $one HTTPS web.flycast
is "1 web.flycast. alpn=\"h2,http/1.1\" port=8443 ipv6hint=$address" ask $one HTTPS _8443._https.web.flycast
db "UPDATE service_port SET force_https = 1 WHERE start_port = 80"
within 5 is "1 . alpn=\"h2,http/1.1\" port=443 ipv6hint=$address" ask $one HTTPS web.flycast
is "1 . alpn=\"h2,http/1.1\" port=443 ipv6hint=$shared" ask $two HTTPS web.flycast
is "$address" ask $one AAAA web.flycast
is "$address" ask $one ANY web.flycast
is 'NOERROR qr aa rd 0 1' status $one HTTPS _https.web.flycast
is 'NXDOMAIN qr aa rd 0 1' status $one HTTPS _443._https.web.flycast
db "UPDATE service_port SET options = '{\"tls_options\":{\"alpn\":[\"h2\"]}}' WHERE start_port = 443"
within 5 is "1 . alpn=\"h2\" no-default-alpn port=443 ipv6hint=$address" ask $one HTTPS web.flycast
pass "HTTPS: port, alpn and hint, where nothing answers http://"

# Both read one resolver's address and port: 127.0.0.1 is a client of the first network.
in_node() {
	node -e "const r = new (require('dns').promises.Resolver)();
		r.setServers(['127.0.0.1:$port']);
		r.resolveSrv('_http._tcp.web.internal').then(all => all.forEach(s =>
			console.log(s.priority, s.weight, s.port, s.name)))
		.then(() => r.resolveSrv('_80._tcp.web.flycast')).then(all => console.log(all[0].port, all[0].name))
		.then(() => r.resolve6('role.kv._metadata.web.internal')).catch(e => console.log(e.code))"
}
within 5 has '^0 1 8080 148e21dad76789.vm.web.internal$' in_node
has '^80 web.flycast$' in_node
has '^ENOTFOUND$' in_node
in_python() {
	/usr/bin/python3 - "$port" <<-'PYTHON'
		import sys
		import dns.resolver
		r = dns.resolver.Resolver(configure=False)
		r.nameservers, r.port = ["127.0.0.1"], int(sys.argv[1])
		for s in sorted(r.resolve("_https._tcp.web.flycast", "SRV"), key=lambda s: s.port):
		    print(s.priority, s.weight, s.port, s.target)
		print(r.resolve("web.flycast", "HTTPS")[0])
	PYTHON
}
has '^0 0 8443 web.flycast.$' in_python
has "^1 \. alpn=\"h2\" no-default-alpn port=\"443\" ipv6hint=\"$address\"$" in_python
stop dns
pass "the same by the resolvers of Node and Python"
