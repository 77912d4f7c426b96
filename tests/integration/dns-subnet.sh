# A resolver that is believed asks in its clients' names, and what it may tell to whom is in the answer's scope.
# shellcheck source=tests/lib/dns.sh
. "$lib/dns.sh"
one=fdaa:0:1:ffff:0:1:0:2 two=fdaa:0:2:ffff:0:1:0:2 resolver=fd00::53
for a in $one $two $resolver; do client "$a"; done
fly init >/dev/null
fly orgs create acme >/dev/null
fly apps create web >/dev/null
fly apps create shop --org acme >/dev/null
fly ips allocate-v6 --private -a web >/dev/null
fly ips allocate-v6 --private -a web --org acme >/dev/null
fly networks attach 10.0.0.0/8 >/dev/null
fly networks attach 10.1.0.0/16 --org acme >/dev/null
in_one=$(db "SELECT address FROM flycast WHERE app = 'web' AND org = 'personal'")
in_two=$(db "SELECT address FROM flycast WHERE app = 'web' AND org = 'acme'")
dns --threads 1 --ecs-from $resolver --metrics '[::1]:9153'
ignored() { curl -s 'http://[::1]:9153/metrics' | sed -n 's/^flycast_dns_subnet_ignored_total //p'; }

# told SUBNET NAME: status, addresses, and the option that came back.
told() {
	dig +tries=1 +timeout=2 -p "$port" -b $resolver @::1 "+subnet=$1" AAAA "$2" |
		sed -nE 's/.*status: ([A-Z]*),.*/\1/p; s/^; CLIENT-SUBNET: //p; s/^[^;].*\tAAAA\t//p' | paste -sd' '
}
is "NOERROR fdaa:0:2:ffff::/64/48 $in_two" told "$two/64" web.flycast
is "NOERROR fdaa:0:1::/48/48 $in_one" told fdaa:0:1::/48 web.flycast
is "NXDOMAIN fdaa:0:1::/48/48" told fdaa:0:1::/48 shop.internal
is "NOERROR fdaa:0:2::/48/48" told fdaa:0:2::/48 shop.internal
is "REFUSED fdaa::/32/48" told fdaa::/32 web.flycast
pass "the subnet decides whose names they are; the scope is the network's, of what does not exist, too"

# Attached prefixes inside each other: an answer is good for what is in the same network, as far as a prefix can say it.
is "NOERROR 10.1.2.0/24/16 $in_two" told 10.1.2.0/24 web.flycast
is "NOERROR 10.128.0.0/24/9 $in_one" told 10.128.0.0/24 web.flycast
is "NOERROR 10.0.7.0/24/16 $in_one" told 10.0.7.0/24 web.flycast
is "REFUSED 10.0.0.0/8/16" told 10.0.0.0/8 web.flycast
is "REFUSED 192.0.2.0/24/1" told 192.0.2.0/24 web.flycast
fly networks detach 10.1.0.0/16 >/dev/null
within 5 is "NOERROR 10.1.2.0/24/8 $in_one" told 10.1.2.0/24 web.flycast
fly networks attach 10.1.0.0/16 --org acme >/dev/null
within 5 is "NOERROR 10.1.2.0/24/16 $in_two" told 10.1.2.0/24 web.flycast
pass "a prefix inside another narrows the scope around it"

is "REFUSED 0.0.0.0/0/0" told 0 web.flycast
by_kdig() { kdig +retry=0 +timeout=2 -p "$port" -b $resolver @::1 "+subnet=$1" "$2" AAAA web.flycast; }
has ";; CLIENT-SUBNET: $one/128/48" by_kdig "$one" +notcp
has "$in_one\$" by_kdig "$one" +tcp
# A bit behind the length, an option that is too short and one of a family that there is none of.
malformed() { dig +tries=1 +timeout=2 -p "$port" -b $resolver @::1 "+ednsopt=8:$1" AAAA web.flycast | sed -n 's/.*status: \([A-Z]*\),.*/\1/p'; }
for option in 00012f00fdaa00000001 0001180000 000118000a01 0003080001 00011818c00002; do
	is FORMERR malformed $option
done
pass "whom it asks for nobody, kdig, TCP, and malformed subnets"

[ "$(ignored)" -eq 0 ] || fail "a subnet that is believed was counted as one that is not"
is "$in_one" ask $one "+subnet=$two/64" AAAA web.flycast
no_option() { ! dig +tries=1 +timeout=2 -p "$port" -b $one @::1 "+subnet=$two/64" AAAA web.flycast | grep -q CLIENT-SUBNET; }
no_option || fail "a subnet that is not believed came back"
is 2 ignored
pass "from anybody else it is ignored and counted"

# One cache for clients of two networks, which the scopes keep apart.
cat >"$dir/unbound.conf" <<CONF
server:
  interface: $resolver@5300
  outgoing-interface: $resolver
  access-control: ::/0 allow
  do-daemonize: no
  use-syslog: no
  chroot: ""
  username: ""
  pidfile: ""
  do-not-query-localhost: no
  module-config: "subnetcache iterator"
  send-client-subnet: ::1
  client-subnet-always-forward: yes
  max-client-subnet-ipv6: 64
  local-zone: "d.f.ip6.arpa." nodefault
stub-zone:
  name: "flycast"
  stub-addr: ::1@$port
stub-zone:
  name: "internal"
  stub-addr: ::1@$port
CONF
unbound -d -c "$dir/unbound.conf" >"$dir/unbound.log" 2>&1 &
unbound=$!
through() { dig +short +tries=1 +timeout=2 -p 5300 -b "$1" "@$resolver" AAAA web.flycast; }
code() { dig +tries=1 +timeout=2 -p 5300 -b "$1" "@$resolver" AAAA shop.internal | sed -n 's/.*status: \([A-Z]*\),.*/\1/p'; }
within 10 is "$in_one" through $one
for _ in 1 2; do
	is "$in_one" through $one
	is "$in_two" through $two
	is NXDOMAIN code $one
	is NOERROR code $two
done
kill $unbound
wait $unbound || true
pass "unbound with a cache for everybody tells each network its own"

# dnsdist adds the subnet by itself.
cat >"$dir/dnsdist.conf" <<CONF
setLocal('[$resolver]:5301')
setACL({'::/0'})
setECSSourcePrefixV6(64)
newServer({address='[::1]:$port', source='$resolver', useClientSubnet=true, checkInterval=1})
CONF
dnsdist --supervised --disable-syslog -C "$dir/dnsdist.conf" >"$dir/dnsdist.log" 2>&1 &
dist=$!
by_dist() { dig +short +tries=1 +timeout=2 -p 5301 -b "$1" "@$resolver" AAAA web.flycast; }
within 20 is "$in_one" by_dist $one
is "$in_two" by_dist $two
kill $dist
wait $dist || true
pass "dnsdist says whose question it is by their subnet"
stop dns
