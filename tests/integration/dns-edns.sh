# EDNS of the running daemon, as dig, kdig and drill ask for it: cookies and how their secrets are changed, keepalive, zone
# version, names of class CH, and answers that say that they are stale.
# shellcheck source=tests/lib/dns.sh
. "$lib/dns.sh"
one=fdaa:0:1:ffff:0:1:0:2
two=fdaa:0:1:ffff:0:1:1:2
client $one
client $two
fly init >/dev/null
fly apps create web >/dev/null
fly ips allocate-v6 --private -a web >/dev/null
refuses 1 'cookie secrets|secrets of cookies.*No such file' flycast-dns --registry "$registry" --listen '[::1]:0' --cookie-secrets "$dir/none"
echo "$(printf '11%.0s' $(seq 16))x" >"$dir/secrets"
refuses 1 'line 1: not 32 hex digits; make one with: openssl rand -hex 16' \
	flycast-dns --registry "$registry" --listen '[::1]:0' --cookie-secrets "$dir/secrets"
refuses 2 'version-text: longer than 64' flycast-dns --version-text "$(printf 'x%.0s' $(seq 65))"

first=$(printf '11%.0s' $(seq 16))
second=$(printf '22%.0s' $(seq 16))
echo "$first" >"$dir/secrets"
dns --threads 2 --id edge-7 --version-text 'flycast, of course' --cookie-secrets "$dir/secrets" --stale-after 2s --metrics '[::1]:9153'

# A cookie of a server, whole: the client's half is 0123456789abcdef.
cookie() { # SOURCE [COOKIE]
	dig +tries=1 +timeout=2 +nocomments +cookie="${2:-0123456789abcdef}" -p "$port" -b "$1" @::1 web.flycast AAAA +comments |
		sed -n 's/^; COOKIE: \([0-9a-f]*\).*/\1/p'
}
state() { curl -s 'http://[::1]:9153/metrics' | sed -n "s/^flycast_dns_cookies_total{state=\"$1\"} //p"; }
count() { # STATE COMMAND...: how many of that state the command makes
	local state=$1 before
	before=$(state "$state")
	shift
	"$@" >/dev/null
	echo $(($(state "$state") - before))
}
ours=$(cookie $one)
is 48 eval "printf %s '$ours' | wc -c"
has '^0123456789abcdef01000000' echo "$ours"
is 1 count new cookie $one
is 1 count valid cookie $one "$ours"
is 1 count wrong cookie $two "$ours"
is 1 count wrong cookie $one "${ours%?}$(tr 0-9a-f 1-9a-f0 <<<"${ours: -1}")"
is "$ours" cookie $one "$ours"
has 'COOKIE: [0-9a-f]{48} \(good\)' dig +tries=1 +cookie -p "$port" -b $one @::1 web.flycast AAAA
has 'COOKIE' kdig +cookie +retry=0 -p "$port" -b $one @::1 web.flycast AAAA
pass 'a client gets a cookie of its address, and one that brings it back is known'

# Another server of the same address: the new secret is known first, then used, then the old one goes.
read_again() { within 5 has "cookie secrets read again .* count=$1\$" tail -n 1 "$dir/dns.log"; }
printf '# old, new\n%s\n%s\n' "$first" "$second" >"$dir/secrets.new"
mv "$dir/secrets.new" "$dir/secrets"
read_again 2
is "$ours" cookie $one "$ours"
printf '%s\n%s\n' "$second" "$first" >"$dir/secrets.new"
mv "$dir/secrets.new" "$dir/secrets"
within 5 eval '[ "$(cookie $one '"$ours"')" != '"$ours"' ]'
is 1 count valid cookie $one "$ours"
fresh=$(cookie $one "$ours")
echo nonsense >"$dir/secrets"
within 5 grep -q 'cookie secrets not read again: .*line 1: not 32 hex digits.* those before are used' "$dir/dns.log"
is 1 count valid cookie $one "$ours"
echo "$second" >"$dir/secrets"
read_again 1
is 1 count wrong cookie $one "$ours"
is 1 count valid cookie $one "$fresh"
pass 'a secret is changed while cookies of the old one are still good; what is no secret changes nothing'

# dig sends the octets, so that what comes back is of the daemon.
option() { dig +tries=1 +timeout=2 -p "$port" -b $one @::1 web.flycast AAAA "$@"; }
has 'NSID: .*\("edge-7"\)' option +nsid
has 'TCP KEEPALIVE: 10\.0 secs|OPT=11: 00 64' option +tcp +keepalive
chaos() { dig +tries=1 +timeout=2 -p "$port" -b $one @::1 CH TXT "$1" +short; }
over_udp() { option +keepalive | grep -cE '^; (TCP KEEPALIVE|OPT=11)' || true; }
is 0 over_udp
has "OPT=19: 01 00 $(db 'SELECT printf("%02x %02x %02x %02x", max(seq)>>24&255, max(seq)>>16&255, max(seq)>>8&255, max(seq)&255) FROM change')" \
	option +ednsopt=19
has "status: BADVERS" option +edns=1 +noednsnegotiation
has 'status: FORMERR' option +nocookie +ednsopt=10:01234567
has '^"edge-7"$' chaos hostname.bind
has '^"edge-7"$' chaos id.server
has '^"flycast, of course"$' chaos version.bind
has '^"flycast, of course"$' chaos VERSION.server
pass 'NSID, keepalive over TCP only, zone version, BADVERS, names of class CH'

# Without its registry it goes on, and says that it may be late.
mv "$registry" "$registry.away"
mv "$registry-wal" "$registry.away-wal"
stale() { option | grep -q 'EDE: 3 (Stale Answer)'; }
within 10 stale
has 'status: NOERROR' option
has 'EDE: 19 .Stale NXDOMAIN' dig +tries=1 -p "$port" -b $one @::1 nobody.flycast AAAA
mv "$registry.away-wal" "$registry-wal"
mv "$registry.away" "$registry"
fresh() { ! stale; }
within 10 fresh
is NOERROR eval "status $one web.flycast AAAA | cut -d' ' -f1"
pass 'answers from before the registry was lost say so, and stop when it is back'
stop dns

dns --cookie-secrets none
is '' cookie $one
has 'status: NOERROR' option +cookie
stop dns
pass 'without secrets there are no cookies'

# BIND wants a good cookie before it answers over UDP, and has the same secret.
half=0123456789abcdef
mkdir "$dir/bind"
cat >"$dir/bind/named.conf" <<CONF
options { directory "$dir/bind"; pid-file "$dir/bind/pid"; session-keyfile "$dir/bind/session";
	listen-on { none; }; listen-on-v6 port 5399 { ::1; }; recursion no; answer-cookie yes; require-server-cookie yes;
	cookie-algorithm siphash24; cookie-secret "$first"; };
controls { };
zone "flycast" { type primary; file "$dir/bind/flycast"; };
CONF
cat >"$dir/bind/flycast" <<'ZONE'
$TTL 5
@ SOA ns. host. 1 60 10 3600 5
@ NS ns.
web AAAA ::1
ZONE
named -g -c "$dir/bind/named.conf" >"$dir/bind/log" 2>&1 &
bind=$!
bind_says() { dig +nobadcookie +tries=1 +timeout=2 -p 5399 -b $one @::1 +cookie="$1" AAAA web.flycast; }
bind_runs() { bind_says $half | grep -q BADCOOKIE; }
within 30 bind_runs
echo "$first" >"$dir/secrets"
port=0
dns --threads 1 --cookie-secrets "$dir/secrets" --metrics '[::1]:9153'
ours=$(cookie $one)
has 'status: NOERROR' bind_says "$ours"
has 'status: BADCOOKIE' bind_says "${ours%?}$(tr 0-9a-f 1-9a-f0 <<<"${ours: -1}")"
theirs=$(bind_says $half | sed -n 's/^; COOKIE: \([0-9a-f]*\).*/\1/p')
is 1 count valid cookie $one "$theirs"
kill $bind
wait $bind || true
pass 'BIND with the same secret takes a cookie of ours, and we take one of its'

# A file that is gone for a while.
rm "$dir/secrets"
within 10 grep -q 'cookie secrets not read again: .*No such file.* those before are used' "$dir/dns.log"
is 1 count valid cookie $one "$ours"
echo "$second" >"$dir/secrets"
another() { [ "$(cookie $one "$ours")" != "$ours" ]; }
within 10 another
is 1 count wrong cookie $one "$ours"
stop dns
pass 'secrets stay while their file is gone, and the file that comes back is used'

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=ns \
	-keyout "$dir/key.pem" -out "$dir/cert.pem" 2>/dev/null
port=0
dns --threads 1 --tls-listen '[::1]:853' --tls-cert "$dir/cert.pem" --tls-key "$dir/key.pem"
size() { kdig +retry=0 +timeout=5 -p "$1" -b $one @::1 "${@:2}" | sed -n 's/^;; Received \([0-9]*\) B.*/\1/p'; }
is 468 size 853 +tls +padding AAAA web.flycast
is 468 size 853 +tls +padding AAAA nobody.flycast
is 468 size 853 +tls +padding TXT _apps.internal
plain=$(size "$port" +tcp +edns AAAA web.flycast)
is "$plain" size "$port" +tcp +padding AAAA web.flycast
is "$plain" size 853 +tls +edns +nopadding AAAA web.flycast
stop dns
pass 'over TLS padded answers are of one size, and of another none is padded'
