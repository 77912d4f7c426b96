# The resolvers that programs are written with get what they parse: those of glibc and musl, busybox, host, Node, Python,
# dnspython, Ruby and Erlang, with the names and the rules that known clients use. A rule's client stands beside it.
# shellcheck source=tests/lib/dns.sh
. "$lib/dns.sh"
client fdaa:0:1::3
fly init >/dev/null
for app in web idle many; do fly apps create $app >/dev/null; done
flycast_ip=$(fly ips allocate-v6 --private -a web | grep -o 'fdaa:[0-9a-f:]*')
machine web 148e21dad76789 iad started
machine web 4d89699c030518 ams started worker
for n in $(seq 40); do machine many "$(printf '%014x' "$n")" iad started; done
near=$(db "SELECT address FROM machine WHERE id = '148e21dad76789'")
distant=$(db "SELECT address FROM machine WHERE id = '4d89699c030518'")
both=$(printf '%s\n' "$near" "$distant" | sort)
all=$(db "SELECT address FROM machine WHERE app = 'many' ORDER BY address" | sort)
port=53
dns --threads 2

printf 'nameserver fdaa:0:1::3\noptions timeout:5 attempts:1\n' >"$dir/resolv.conf"
printf 'hosts: dns\nservices: files\nprotocols: files\n' >"$dir/nsswitch.conf"
mount --bind "$dir/resolv.conf" /etc/resolv.conf
mount --bind "$dir/nsswitch.conf" /etc/nsswitch.conf
sorted() { "$@" | sort -u; }
fails() { if "$@" >/dev/null 2>&1; then fail "$* found something"; fi; }

# glibc asks for A and AAAA at once on one socket; it must not take the missing A for a missing name.
addresses() { getent ahosts "$1" | awk '$2 == "STREAM" { print $1 }' | sort; }
is "$both" addresses web.internal
is "$flycast_ip" addresses web.flycast
is "$near" addresses top1.nearest.of.web.internal # fly-ruby, flyctl pg attach
is "$all" addresses many.internal                 # more than UDP takes: over TCP
has "^$flycast_ip +web.flycast$" getent hosts "$flycast_ip"
fails getent ahosts idle.internal
fails getent ahosts nobody.internal
search() { printf 'nameserver fdaa:0:1::3\nsearch %s\noptions ndots:2\n' "$1" >"$dir/resolv.conf"; }
search 'flycast internal'
is "$near" addresses 148e21dad76789.vm.web # not below flycast: NXDOMAIN, and on to internal
search 'internal example.com'
is "$both" addresses web # with example.com first it would end there: glibc goes no further after REFUSED
printf 'nameserver fdaa:0:1::3\noptions timeout:5 attempts:1\n' >"$dir/resolv.conf"
pass "glibc: getaddrinfo, truncation, addresses back to names, search lists"

if command -v musl-gcc >/dev/null; then
	musl-gcc -static -o "$dir/lookup" "$lib/lookup.c"
	is "$both" sorted "$dir/lookup" web.internal
	is "$flycast_ip" sorted "$dir/lookup" web.flycast
	is "$near" sorted "$dir/lookup" top1.nearest.of.web.internal
	is "web.flycast" "$dir/lookup" "$flycast_ip"
	fails "$dir/lookup" idle.internal
	fails "$dir/lookup" nobody.internal
	some=$("$dir/lookup" many.internal | sort -u) # musl before 1.2.4 has no TCP, and takes what UDP brought
	[ "$(wc -l <<<"$some")" -ge 16 ] || fail "musl found $some"
	is '' comm -23 <(printf '%s\n' "$some") <(printf '%s\n' "$all")
	pass "musl: getaddrinfo and getnameinfo, and what fits when it does not all fit"
fi

from_busybox() { busybox nslookup "$@" 2>&1 | sed -n 's/^Address[ :0-9]*: *\(fdaa[0-9a-f:]*\)$/\1/p' | sort -u; }
is "$both" eval 'from_busybox -type=aaaa web.internal fdaa:0:1::3 | grep -v ::3'
has "web.flycast" busybox nslookup "$flycast_ip" fdaa:0:1::3
has "^web.internal has IPv6 address $near" host web.internal
is 'idle.internal has no AAAA record' host -t AAAA idle.internal
has 'not found: 3\(NXDOMAIN\)' eval 'host nobody.internal || true'
has '^_apps.internal descriptive text "idle,many,web"$' host -t TXT _apps.internal
has 'domain name pointer 148e21dad76789.vm.web.internal.$' host "$near"
pass "busybox nslookup, host"

# A script's JSON.parse(stdout): one record of one string. Others split at "," and " ", or at ";".
vms='148e21dad76789 iad,4d89699c030518 ams'
is "\"$vms\"" node -e 'console.log(JSON.stringify(JSON.parse(process.argv[1])))' "$(dig +short -t txt vms.web.internal)"
cat >"$dir/ask.js" <<'JS'
const dns = require('dns').promises
const tell = (what, promise) => promise.then(got => console.log(what, JSON.stringify(got)), e => console.log(what, e.code))
;(async () => {
	await tell('lookup', dns.lookup('web.flycast'))
	await tell('all', dns.lookup('web.internal', {all: true}).then(all => all.map(one => one.address).sort()))
	await tell('resolve4', dns.resolve4('web.internal'))
	await tell('resolve6', dns.resolve6('web.internal').then(all => all.sort()))
	await tell('ttl', dns.resolve6('web.flycast', {ttl: true}).then(all => all[0].ttl))
	await tell('txt', dns.resolveTxt('vms.web.internal'))
	await tell('long', dns.resolveTxt('vms.many.internal').then(all => [all.length, all[0].join('').split(',').length]))
	await tell('many', dns.resolve6('many.internal').then(all => all.length))
	await tell('idle', dns.resolve6('idle.internal'))
	await tell('nobody', dns.resolve6('nobody.internal'))
	await tell('other', dns.resolve6('example.com'))
	await tell('soa', dns.resolveSoa('internal').then(soa => [soa.nsname, soa.minttl]))
	await tell('ns', dns.resolveNs('internal'))
	await tell('mx', dns.resolveMx('web.internal'))
	await tell('reverse', dns.reverse(process.argv[2]))
})()
JS
is "lookup {\"address\":\"$flycast_ip\",\"family\":6}
all $(jq -cn '$ARGS.positional' --args "$near" "$distant")
resolve4 ENODATA
resolve6 $(jq -cn '$ARGS.positional' --args "$near" "$distant")
ttl 5
txt [[\"$vms\"]]
long [1,40]
many 40
idle ENODATA
nobody ENOTFOUND
other EREFUSED
soa [\"_dns.internal\",5]
ns [\"_dns.internal\"]
mx ENODATA
reverse [\"web.flycast\"]" node "$dir/ask.js" "$flycast_ip"
pass "Node: lookup, and what c-ares parses of every kind"

# flytrap and FlyMapEx join all strings of all records with nothing between, then split at ";", ",", "=".
cat >"$dir/ask.py" <<'PY'
import socket, sys
print('getaddrinfo', *sorted({a[4][0] for a in socket.getaddrinfo('web.internal', 80, type=socket.SOCK_STREAM)}))
print('getnameinfo', socket.getnameinfo((sys.argv[1], 80), socket.NI_NAMEREQD | socket.NI_NUMERICSERV)[0])
try:
    socket.getaddrinfo('idle.internal', 80)
except socket.gaierror as e:
    print('idle', e.errno in (socket.EAI_NODATA, socket.EAI_NONAME))
try:
    import dns.resolver
except ImportError:
    sys.exit()
texts = lambda name: ''.join(part.decode() for record in dns.resolver.resolve(name, 'TXT') for part in record.strings)
print('vms', [tuple(one.split(' ')) for one in texts('vms.web.internal').split(',')])
fields = [dict(field.split('=') for field in one.split(',')) for one in texts('_instances.internal').split(';')]
print('instances', len(fields), sorted({key for one in fields for key in one}), {one['app'] for one in fields} == {'web', 'many'})
for one in fields:  # flytrap gives up when one of them cannot be resolved
    assert str(dns.resolver.resolve(f"{one['instance']}.vm.{one['app']}.internal", 'AAAA')[0]) == one['ip']
for name, kind in (('web.internal', 'A'), ('nobody.internal', 'AAAA')):
    try:
        dns.resolver.resolve(name, kind)
    except dns.exception.DNSException as e:
        print(name, type(e).__name__)
PY
for python in /usr/bin/python3 python3; do
	is "getaddrinfo $(paste -sd' ' <<<"$both")
getnameinfo web.flycast
idle True" eval "$python '$dir/ask.py' $flycast_ip >'$dir/said'; head -n 3 '$dir/said'"
done
if /usr/bin/python3 -c 'import dns.resolver' 2>/dev/null; then
	is "vms [('148e21dad76789', 'iad'), ('4d89699c030518', 'ams')]
instances 42 ['app', 'instance', 'ip', 'region'] True
web.internal NoAnswer
nobody.internal NXDOMAIN" eval "/usr/bin/python3 '$dir/ask.py' $flycast_ip | tail -n +4"
fi
pass "Python: getaddrinfo, and dnspython as flytrap and others read texts"

if command -v ruby >/dev/null; then
	is "$both" sorted ruby -rresolv -ripaddr -e \
		'puts Resolv::DNS.new.getaddresses("web.internal").map { |a| IPAddr.new_ntoh(a.address).to_s }'
	is "$vms" ruby -rresolv -e 'puts Resolv::DNS.new.getresource("vms.web.internal", Resolv::DNS::Resource::IN::TXT).strings.join'
	is 40 ruby -rresolv -e 'puts Resolv::DNS.new.getaddresses("many.internal").size'
	pass "Ruby: Resolv"
fi
if command -v erl >/dev/null; then
	erlang() { erl -noshell -eval "$1, halt()."; } # inet_res: Phoenix's dns_cluster, FlyMapEx
	is '2 40 []' erlang 'L = fun(N, T) -> inet_res:lookup(N, in, T) end, io:format("~p ~p ~p~n",
		[length(L("web.internal", aaaa)), length(L("many.internal", aaaa)), L("idle.internal", aaaa)])'
	is "$vms" erlang 'io:format("~s~n", [lists:append(hd(inet_res:lookup("vms.web.internal", in, txt)))])'
	pass "Erlang: inet_res"
fi
stop dns
