# shellcheck shell=bash
# dns-transfer: whoever has a network's key or is its secondary copies its zones, whole or what changed; nobody else does.
# shellcheck source=tests/lib/dns.sh
. "$lib/dns.sh"
fly init --host "$(hostname)" --region fra >/dev/null
fly orgs create acme >/dev/null
for app in web api; do
	fly apps create $app >/dev/null
	fly ips allocate-v6 -a $app --private >/dev/null
done
fly apps create other --org acme >/dev/null
fly ips allocate-v6 -a other --private >/dev/null
machine web 00000000000001 fra started
machine web 00000000000002 nrt started
db "INSERT INTO machine_metadata (machine, key, value) VALUES ('00000000000001', 'role', 'primary')"
fly keys create mine >/dev/null
fly keys create theirs --org acme --algorithm hmac-sha512 >/dev/null
client fdaa:0:1::9
client fdaa:0:2::9
dns

key=$(fly keys show mine --for dig) theirs=$(fly keys show theirs --for dig)
zones='flycast internal a.a.d.f.ip6.arpa'
# Records as text, sorted, without the SOA; what dig says about the transfer when there is none.
copy() { # KEY ARGS...
	dig +tries=1 +timeout=5 +noidnout +onesoa +nostats -y "$1" -p "$port" @::1 "${@:2}" 2>&1 | sed -E 's/[[:space:]]+/ /g' |
		grep -v -e '^ *$' -e '^; (1 server' -e '^; <<>>' -e '^;; ' -e ' SOA ' -e ' TSIG ' -e '^mine' | sort
}
soa() { dig +short +tries=1 -y "$key" -p "$port" @::1 SOA "$1" | cut -d' ' -f3; }

for zone in $zones; do
	fly zone default "${zone/a.a.d.f.ip6.arpa/reverse}" >"$dir/zone" || fail "flycast zone $zone"
	named-compilezone -q -i none -k ignore -n ignore -r ignore -o - "$zone" "$dir/zone" 2>/dev/null |
		sed -E 's/[[:space:]]+/ /g' | grep -v -e ' SOA ' -e TYPE65280 | sort >"$dir/want"
	[ "$(grep -c . "$dir/want")" -ge 3 ] || fail "$zone is too small: $(cat "$dir/want")"
	copy "$key" "$zone" AXFR | grep -v TYPE65280 | diff "$dir/want" - || fail "AXFR of $zone differs from flycast zone"
done
pass 'AXFR has every record that flycast zone has'

is "; Transfer failed." copy "$key" web.flycast AXFR
is 0 eval 'copy "$theirs" flycast AXFR | grep -c -e web -e api || true'
has '^other.flycast. 5 IN AAAA' copy "$theirs" flycast AXFR
kdig -y "$key" -p "$port" @::1 internal AXFR | has '^;; Received [0-9]+ B .1 messages, [0-9]+ records' cat
drill -y "$(awk -F: '{ print $2 ":" $3 ":" $1 }' <<<"$key")" -p "$port" @::1 flycast AXFR | has '^web.flycast.' cat
pass 'a key copies its network and no other'

transfer() { dig +tries=1 -p "$port" -b "$1" "@${3:-::1}" "${2:-flycast}" AXFR 2>&1; }
for source in ::1 fdaa:0:1::9; do has 'Transfer failed' transfer $source; done
has 'Transfer failed' eval "dig -y hmac-sha256:mine:c2VjcmV0c2VjcmV0 -p '$port' @::1 flycast AXFR"
has REFUSED eval 'kdig -y "$key" -p "$port" @::1 +notcp flycast AXFR 2>&1 || true'
ip address add 192.0.2.9/32 dev lo
db "INSERT INTO secondary (network, address) VALUES (2, '192.0.2.9:53')"
within 5 has '^other.flycast' transfer 192.0.2.9 flycast 127.0.0.1
has 'Transfer failed' transfer 127.0.0.1 flycast 127.0.0.1
# The rules tell addresses apart by their text: another way to write one does not make it that of another network.
db "INSERT INTO secondary (network, address) VALUES (1, '[::ffff:192.0.2.9]:53')"
within 5 has 'address is malformed' cat "$dir/dns.log"
has '^other.flycast' transfer 192.0.2.9 flycast 127.0.0.1
is '' eval 'transfer 192.0.2.9 flycast 127.0.0.1 | grep ^web || true'
db "INSERT INTO secondary (network, address, key) VALUES (1, '[fdaa:0:1::9]:53', 'mine')"
db 'DELETE FROM secondary WHERE key IS NULL'
within 5 has 'Transfer failed' transfer 192.0.2.9 flycast 127.0.0.1
has 'Transfer failed' transfer fdaa:0:1::9
pass 'without a key only a secondary without one copies, and only the network it is for'

is 'catalog.invalid. 0 IN NS invalid.
flycast.zones.catalog.invalid. 0 IN PTR flycast.
internal.zones.catalog.invalid. 0 IN PTR internal.
reverse.zones.catalog.invalid. 0 IN PTR a.a.d.f.ip6.arpa.
version.catalog.invalid. 0 IN TXT "2"' copy "$key" catalog.invalid AXFR
is "$(soa flycast)" soa catalog.invalid
is REFUSED eval 'status fdaa:0:1::9 catalog.invalid SOA | cut -d" " -f1'
has 'Transfer failed' transfer fdaa:0:1::9 catalog.invalid
is 1 eval 'dig +tries=1 +noidnout -y "$key" -p "$port" @::1 catalog.invalid "IXFR=$(soa flycast)" | grep -c "IN.SOA"'
pass 'a catalog names the zones of a network, to those who may copy it'

# ---------------------------------------------------------------------------------------------- what changed

serial=$(soa flycast)
changes() { # ZONE SERIAL : how many SOAs, then what went and what came
	dig +tries=1 +noidnout +nostats -y "$key" -p "$port" @::1 "$1" "IXFR=$2" 2>&1 | awk '
		$4 == "SOA" { soa++; next }
		$3 == "IN" && $4 ~ /^[A-Z0-9]+$/ { print (soa == 2 ? "-" : soa == 3 ? "+" : "?") $1, $4, $5 }
		END { print soa + 0 }'
}
is 1 changes flycast "$serial"
db "UPDATE machine SET cordoned = cordoned WHERE id = 'none'"
fly apps create new >/dev/null
fly ips allocate-v6 -a new --private >/dev/null
fly apps destroy api -y >/dev/null
now() { [ "$(soa flycast)" != "$serial" ] && [ "$(changes flycast "$serial")" = "$1" ]; }
within 5 now '-api.flycast. AAAA fdaa:0:1:0:1::3
+new.flycast. AAAA fdaa:0:1:0:1::4
4'
machine=00000000000001
db "UPDATE machine_state SET state = 'stopped' WHERE machine = '$machine'"
within 5 has "^-$machine.vm.web.internal. AAAA" changes internal "$serial"
has "^[+]$machine.vm.web.internal. TYPE65280" changes internal "$serial"
has '^[+]_apps.internal. TXT "new,web"' changes internal "$serial"
has '^[?]web.flycast. AAAA' changes flycast 1
has '^2$' changes flycast 1
has '^; Transfer failed|^0$' changes flycast abc
# Over UDP the SOA says that there is something to come for.
is 1 eval 'kdig -y "$key" -p "$port" @::1 +notcp flycast "IXFR=1" | grep -c "IN.SOA"'
pass 'IXFR tells what changed, and all of it when the asker is too old'
