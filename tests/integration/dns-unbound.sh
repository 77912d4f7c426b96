# unbound with stub zones in front resolves both zones and the reverse zone, with DNSSEC validation on.
# shellcheck source=tests/lib/dns.sh
. "$lib/dns.sh"
one=fdaa:0:1:ffff:0:1:0:2
client $one
client fdaa:0:1::3
fly init >/dev/null
fly apps create web >/dev/null
address=$(fly ips allocate-v6 --private -a web | grep -o 'fdaa:[0-9a-f:]*')
machine web 148e21dad76789 iad started
ip=$(db "SELECT address FROM machine")
dns --threads 2

cat >"$dir/unbound.conf" <<TEXT
server:
  interface: ::1@5300
  port: 5300
  access-control: ::/0 allow
  outgoing-interface: $one
  do-not-query-localhost: no
  module-config: "validator iterator"
  trust-anchor: ". DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D"
  use-syslog: no
  chroot: ""
  username: ""
  directory: "$dir"
  pidfile: "$dir/unbound.pid.file"
  domain-insecure: "flycast"
  domain-insecure: "internal"
  domain-insecure: "a.a.d.f.ip6.arpa"
  local-zone: "d.f.ip6.arpa." nodefault
  private-address: fd00::/8
  private-domain: "flycast"
  private-domain: "internal"
$(for zone in flycast internal a.a.d.f.ip6.arpa; do
	printf 'stub-zone:\n  name: "%s"\n  stub-addr: fdaa:0:1::3@%s\n' $zone "$port"
done)
TEXT
unbound -d -c "$dir/unbound.conf" >"$dir/unbound.log" 2>&1 &

through() { dig +short +tries=1 +timeout=2 -p 5300 @::1 "$@"; }
answer() { dig +tries=1 +timeout=2 -p 5300 @::1 "$@" | sed -n 's/.*status: \([A-Z]*\),.*/\1/p'; }
within 10 is "$address" through AAAA web.flycast
is "$address" through AAAA WEB.FlyCast
is "$ip" through AAAA web.internal
is "$ip" through AAAA iad.web.internal
is "$ip" through AAAA 148e21dad76789.vm.web.internal
is '"148e21dad76789 iad"' through TXT vms.web.internal
is web.flycast. through -x "$address"
is 148e21dad76789.vm.web.internal. through -x "$ip"
pass "both zones and the reverse zone"

# A resolver may deny everything below a name that was denied (RFC 8020), and asks for the labels one by one (RFC 9156).
is NOERROR answer AAAA vm.web.internal
is NXDOMAIN answer AAAA nobody.internal
is NOERROR answer A web.flycast
is NOERROR answer PTR 1.0.0.0.0.0.0.0.a.a.d.f.ip6.arpa
is "$ip" through AAAA 148e21dad76789.vm.web.internal
pass "denials deny no more than they should"

for n in $(seq 30); do machine web "$(printf '%014x' "$n")" fra started; done
many() { [ "$(through AAAA fra.web.internal | wc -l)" -eq 30 ] && [ "$(through TXT all.vms.web.internal | tr , '\n' | wc -l)" -eq 31 ]; }
within 10 many
stop dns
pass "answers larger than UDP takes, over TCP"
