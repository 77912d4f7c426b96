# Whose names a client sees: by its address, by an attached prefix, by the address it asked; and nothing else's.
# shellcheck source=tests/lib/dns.sh
. "$lib/dns.sh"
one=fdaa:0:1:ffff:0:1:0:2 two=fdaa:0:2:ffff:0:1:0:2 nobody=fdaa:0:9:ffff:0:1:0:2
for a in $one $two $nobody fdaa::3 fdaa:0:1::3 fdaa:0:2::3; do client "$a"; done
fly init >/dev/null
fly orgs create acme >/dev/null
fly apps create web >/dev/null
fly apps create shop --org acme >/dev/null
fly ips allocate-v6 --private -a web >/dev/null
fly ips allocate-v6 --private -a web --org acme >/dev/null
machine shop 148e21dad76789 iad started
in_one=$(db "SELECT address FROM flycast WHERE app = 'web' AND org = 'personal'")
in_two=$(db "SELECT address FROM flycast WHERE app = 'web' AND org = 'acme'")
dns --threads 2

at() { dig +short +tries=1 +timeout=2 -p "$port" -b "$2" "@$1" AAAA "$3"; }
is "$in_one" at fdaa::3 $one web.flycast
is "$in_two" at fdaa::3 $two web.flycast
is "$in_two" at fdaa:0:2::3 $two web.flycast
pass "one name, two networks, two addresses"

refused() { dig +tries=1 +timeout=2 -p "$port" -b "$2" "@$1" AAAA web.flycast; }
has 'status: REFUSED' refused fdaa:0:2::3 $one
has 'EDE: 18 \(Prohibited\)' refused fdaa:0:2::3 $one
has 'status: REFUSED' refused fdaa:0:1::3 $two
has 'status: REFUSED' refused fdaa::3 $nobody
has 'status: REFUSED' refused ::1 ::1
has 'status: REFUSED' refused 127.0.0.1 127.0.0.1
pass "another network's server, a network that is not there, a client of none: refused"

is 'NXDOMAIN qr aa rd 0 1' status $one AAAA shop.internal
is 'NXDOMAIN qr aa rd 0 1' status $one AAAA 148e21dad76789.vm.shop.internal
is 'NXDOMAIN qr aa rd 0 1' status $one -x "$in_two"
is '"web"' ask $one TXT _apps.internal
is '"shop"' ask $two TXT _apps.internal
is '' ask $one TXT _instances.internal
is '"network=default,org=acme,prefix=fdaa:0:2::/48"' ask $two TXT _networks.internal
pass "the names of another network are not there"

fly networks attach 127.0.0.0/8 --org acme >/dev/null
fly networks attach ::1/128 >/dev/null
within 5 is "$in_two" at 127.0.0.1 127.0.0.1 web.flycast
within 5 is "$in_one" at ::1 ::1 web.flycast
fly networks attach 127.0.0.7/32 >/dev/null
within 5 is "$in_one" at 127.0.0.1 127.0.0.7 web.flycast
is "$in_two" at 127.0.0.1 127.0.0.8 web.flycast
fly networks detach 127.0.0.7/32 >/dev/null
within 5 is "$in_two" at 127.0.0.1 127.0.0.7 web.flycast
pass "attached prefixes, the longest one wins, without a restart"

# The answer comes from the address that was asked, or dig would not take it; over IPv4, too.
is "$in_two" at 127.0.0.99 127.0.0.1 web.flycast
tcp() { dig +tcp +short +tries=1 -p "$port" -b "$2" "@$1" AAAA web.flycast; }
is "$in_one" tcp fdaa:0:1::3 $one
is "$in_two" tcp 127.0.0.99 127.0.0.1
stop dns
start dns flycast-dns --registry "$registry" --listen "0.0.0.0:$port" --listen "[fdaa::3]:$port"
is "$in_two" at 127.0.0.99 127.0.0.1 web.flycast
is "$in_two" tcp 127.0.0.99 127.0.0.1
is "$in_one" at fdaa::3 $one web.flycast
stop dns
pass "answers leave from the address that was asked"
