# shellcheck shell=bash
# backup, restore, export, import and dig while the daemons run: a copy is whole, a restore is seen by all of them at once
# and stops no Machine, and what is exported can be imported and exported again as it was.
# shellcheck source=tests/lib/dns.sh
. "$lib/dns.sh"
client fdaa:0:1:ffff:0:1:0:2
fly init --region fra >/dev/null
start agent flycast-agent --registry "$registry"
dns
start proxy flycast-proxy --registry "$registry"
fly orgs create acme --name 'Åcme "Ltd"' >/dev/null
fly networks create blue >/dev/null
fly networks attach 192.0.2.0/24 --network blue >/dev/null
fly apps create web >/dev/null
fly apps create shop --org acme >/dev/null
fly ips allocate-v6 --private -a web >/dev/null
fly ips allocate-v6 --private -a web --org acme >/dev/null
fly machine run -a web --name one -p 80:8080/tcp:http -p 7000-7010:9000 --autostop=suspend -e 'A=two words' -m role=db -- \
	/srv/httpd --port 8080 >/dev/null
fly machine create -a shop --name two -- sh -c $'echo "a\tb"\necho \'c\'' >/dev/null
one=$(pgrep -x httpd)
resolves() { [ "$(ask fdaa:0:1:ffff:0:1:0:2 "$1" AAAA)" = "$2" ]; }
within 5 resolves web.flycast fdaa:0:1:0:1::2

# ---------------------------------------------------------------------------------------------- dig

dig=(fly dig --server "[::1]:$port")
refuses 1 'no answer from 127.0.0.1:9: see whether flycast-dns serves there, or name a server with --server' fly dig web.flycast @127.0.0.1:9
refuses 1 'lookup failed: (NXDOMAIN|REFUSED)' "${dig[@]}" --short nobody.flycast
fly networks attach ::1/128 >/dev/null # who asks from here is of network default now
within 5 eval '[ "$("${dig[@]}" --short web.flycast)" = fdaa:0:1:0:1::2 ]'
refuses 1 'lookup failed: NXDOMAIN' "${dig[@]}" -s nobody.flycast
is '"web"' "${dig[@]}" -s TXT _apps.internal
is web.flycast. "${dig[@]}" -s -x fdaa:0:1:0:1::2
has 'ANSWER: 1' "${dig[@]}" AAAA web.internal
has 'NXDOMAIN' "${dig[@]}" nobody.flycast
is fdaa:0:1:0:1::2 "${dig[@]}" --udp --short web.flycast
is fdaa:0:1:0:1::2 fly dig web.flycast "@::1" -p "$port" -s
refuses 2 "don't understand DNS type \"FOO\"" "${dig[@]}" web.flycast FOO
refuses 2 'is no address of a name server' fly dig web.flycast @somewhere
refuses 2 'there is no port 70000' fly dig web.flycast --port 70000
refuses 2 'is no DNS name' "${dig[@]}" 'a..b'
pass 'dig asks as people type it, over TCP and UDP'

# ---------------------------------------------------------------------------------------------- backup, restore

fly backup "$dir/copy.db" >"$dir/said"
has "^Backed up $registry to $dir/copy.db \([0-9]+ bytes\)$" cat "$dir/said"
is ok sqlite3 "$dir/copy.db" 'PRAGMA integrity_check'
content() { fly export --registry "$1"; }
is "$(content "$registry")" content "$dir/copy.db"
fly ips allocate-v6 --private -a shop --org personal >/dev/null
within 5 resolves shop.flycast fdaa:0:1:0:1::3
fly apps create late >/dev/null
refuses 1 'yes flag must be specified' fly restore "$dir/copy.db" </dev/null
within 1 resolves shop.flycast fdaa:0:1:0:1::3
is "Restored $registry from $dir/copy.db" fly restore "$dir/copy.db" --yes
within 5 resolves shop.flycast ''
within 5 resolves web.flycast fdaa:0:1:0:1::2
is 'shop web' eval 'fly apps list -q | paste -sd " "'
is "$one" pgrep -x httpd
within 5 eval 'curl -sf -m 2 --interface fdaa:0:1:ffff:0:1:0:2 "http://[fdaa:0:1:0:1::2]/" >/dev/null'
has 'fdaa:0:1:0:1::4' fly ips allocate-v6 --private -a shop --org personal # ::3 was given out, and stays so
within 5 resolves shop.flycast fdaa:0:1:0:1::4
has '^flycast restore' db "SELECT command FROM audit WHERE command LIKE '%restore%' LIMIT 1"
is "Nothing is inconsistent in $registry" fly check
is "Restored $dir/fresh/registry.db from $dir/copy.db" fly --registry "$dir/fresh/registry.db" restore "$dir/copy.db" -y
is 'shop web' eval 'fly apps list -q --registry "$dir/fresh/registry.db" | paste -sd " "'
pass 'a backup is whole; a restore is seen by every daemon, stops no Machine and gives no number out again'

# ---------------------------------------------------------------------------------------------- export, import

fly export "$dir/one.json"
is 'flycast-registry 1' jq -r '"\(.format) \(.version)"' "$dir/one.json"
is "$(cat "$dir/one.json")" fly export
is "$(cat "$dir/one.json")" fly export -
ln -s /dev/fd "$dir/device"
is "$(cat "$dir/one.json")" eval 'fly export "$dir/device/1" | cat' # a pipe is written to, not replaced
[ "$(readlink "$dir/device")" = /dev/fd ] || fail 'the link was replaced'
mkfifo "$dir/pipe"
cat "$dir/pipe" >"$dir/through" &
fly export "$dir/pipe"
wait $!
[ -p "$dir/pipe" ] || fail 'the pipe was replaced'
is "$(cat "$dir/one.json")" cat "$dir/through"
is "Imported $dir/one.json into $dir/two.db" fly --registry "$dir/two.db" import "$dir/one.json"
is "$(cat "$dir/one.json")" fly --registry "$dir/two.db" export
fly --registry "$dir/three.db" init >/dev/null
fly --registry "$dir/three.db" import - <"$dir/one.json" >/dev/null
is "$(cat "$dir/one.json")" fly --registry "$dir/three.db" export
fly --registry "$dir/three.db" apps create next >/dev/null
has 'fdaa:0:1:0:1::5' fly --registry "$dir/three.db" ips allocate-v6 --private -a next
is "Nothing is inconsistent in $dir/two.db" fly --registry "$dir/two.db" check

# wrong FILTER PATTERN: an export changed by jq is refused with the place, and no registry is left.
wrong() {
	jq "$1" "$dir/one.json" >"$dir/wrong.json"
	refuses 1 "$2" fly --registry "$dir/wrong.db" import "$dir/wrong.json"
	[ -z "$(compgen -G "$dir/wrong.db*")" ] || fail 'something was left'
}
wrong '.format = "x"' 'format: must be "flycast-registry"'
wrong '.version = 2' 'version: must be 1: a newer program wrote it'
wrong '.bread = []' '\$\.bread: is no table of a registry'
wrong '.app[0].name = "My App"' '\$\.app\[0\]\.name: '
wrong '.app[0].network = "1"' '\$\.app\[0\]\.network: must be a whole number'
wrong '.app[0].colour = 1' '\$\.app\[0\]\.colour: is no column of this table'
wrong '.app[0].org = "nobody"' '\$\.app\[0\]\.org: '
wrong '.app += [.app[0]]' '\$\.app\[2\]'
wrong '.address[0].number = 1' '\$\.address\[0\]'
wrong '.service_port[0].start_port = 70000' '\$\.service_port\[0\]'
wrong '.app = 1' '\$\.app: must be an array'
wrong '.app[0] = {}' '\$\.app\[0\]: is empty'
printf '{"format": "flycast-registry",\n "version": 1' >"$dir/wrong.json"
refuses 1 "wrong.json: line 2: .*it is no JSON" fly --registry "$dir/wrong.db" import "$dir/wrong.json"
pass 'an export comes back as it was; a wrong one is refused with the place'

for name in proxy dns agent; do stop $name; done
