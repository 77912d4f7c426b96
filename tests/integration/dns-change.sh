# What the sqlite3 shell changes is answered at once; a restart, a kill and a lost registry change nothing.
# shellcheck source=tests/lib/dns.sh
. "$lib/dns.sh"
one=fdaa:0:1:ffff:0:1:0:2
client $one
fly init >/dev/null
dns --threads 2

is 'NXDOMAIN qr aa rd 0 1' status $one AAAA web.flycast
db "INSERT INTO app (name, org, network) VALUES ('web', 'personal', 1); INSERT INTO flycast (app) VALUES ('web')"
within 1 is fdaa:0:1:0:1::2 ask $one AAAA web.flycast
within 1 is 'NOERROR qr aa rd 0 1' status $one AAAA web.internal
is '"web"' ask $one TXT _apps.internal
pass "an app and its address, inserted in the shell"

machine web 148e21dad76789 iad stopped
within 1 is '"148e21dad76789 iad"' ask $one TXT all.vms.web.internal
is '' ask $one AAAA web.internal
db "UPDATE machine_state SET state = 'started'"
ip=$(db "SELECT address FROM machine")
within 1 is "$ip" ask $one AAAA web.internal
is 148e21dad76789.vm.web.internal. ask $one -x "$ip"
db "UPDATE machine SET skip_dns = 1"
within 1 is '' ask $one AAAA web.internal
is 'NXDOMAIN qr aa rd 0 1' status $one AAAA 148e21dad76789.vm.web.internal
is 'NXDOMAIN qr aa rd 0 1' status $one -x "$ip"
db "UPDATE machine SET skip_dns = 0, cordoned = 1"
within 1 is "$ip" ask $one AAAA web.internal
pass "a Machine starts, leaves DNS, comes back"

serial() { ask $one SOA flycast | cut -d' ' -f3; }
before=$(serial)
db "DELETE FROM flycast WHERE app = 'web'"
within 1 is 'NXDOMAIN qr aa rd 0 1' status $one AAAA web.flycast
[ "$(serial)" -gt "$before" ] || fail "the serial did not grow"
is 'NXDOMAIN qr aa rd 0 1' status $one -x fdaa:0:1:0:1::2
pass "an address is released; the serial grows"

# Nearest is measured from this host's region, and the region may change.
machine web 4d89699c030518 fra started
far=$(db "SELECT address FROM machine WHERE region = 'fra'")
within 1 is '"fra,iad"' ask $one TXT regions.web.internal
is "$ip" ask $one AAAA top1.nearest.of.web.internal
db "UPDATE host SET region = 'ams'"
within 1 is "$far" ask $one AAAA top1.nearest.of.web.internal
pass "the host moves, and what is nearest changes"

stop dns KILL
dns --threads 2
is "$ip" ask $one AAAA iad.web.internal
stop dns
dns --threads 2
is "$ip" ask $one AAAA iad.web.internal
mv "$registry" "$registry.away"
is "$ip" ask $one AAAA iad.web.internal
mv "$registry.away" "$registry"
db "INSERT INTO app (name, org, network) VALUES ('later', 'personal', 1)"
within 5 is 'NOERROR qr aa rd 0 1' status $one AAAA later.internal
stop dns
pass "killed, restarted, registry moved away and back: the same answers"
