# TLS that ends at the proxy: certificates of the private authority and of one's own, names, protocols, tickets, limits.
# shellcheck source=tests/lib/proxy.sh
. "$lib/proxy.sh"
world --handshake-timeout 1 --drain-timeout 1
cat >/srv/raw <<'SH'
socat TCP-LISTEN:7007,reuseaddr,fork EXEC:cat &
socat TCP-LISTEN:7009,reuseaddr,fork SYSTEM:"echo hello first; cat >/dev/null; echo and last" &
socat TCP-LISTEN:7013,reuseaddr,fork SYSTEM:"sleep 100" &
socat TCP-LISTEN:7025,reuseaddr,fork EXEC:cat &
exec /srv/httpd --port 8080
SH
app web --port 443:8080/tcp:tls:http --port 80:8080/tcp:http --port 8443:8080/tcp:tls --port 7:7007/tcp:tls \
	--port 9:7009/tcp:tls --port 13:7013/tcp:tls --port 25:7025/tcp:tls:proxy_proto -- sh /srv/raw
fly certs ca >ca.pem
secure() { fetch --cacert ca.pem --resolve "web.flycast:443:[$address]" --resolve "web.flycast:8443:[$address]" "$@"; }
hello="hello from $id"

# The authority
within 10 secure -o hello https://web.flycast/
is "$hello" cat hello
is "$hello" secure https://web.flycast:8443/
is "$hello" fetch --cacert ca.pem "https://[$address]/"
code=0
fetch --resolve "web.flycast:443:[$address]" https://web.flycast/ >/dev/null || code=$?
is 60 echo $code
pass '<app>.flycast is served with a certificate that the printed authority verifies, the address too'
is 600 stat -c %a "$registry.seal"
! grep -aq 'PRIVATE KEY' "$registry" "$registry-wal" || fail 'a private key is in the registry as it is'
fly certs ca -o personal | cmp - ca.pem || fail 'the authority is another one'
grep -q 'IP:FDAA' <(openssl x509 -in ca.pem -noout -text) || fail 'the authority may sign for anything'
pass 'keys are sealed, and the authority is kept and bound to its names'

# What the Machine learns
secure https://web.flycast/echo >head
has '^X-Forwarded-Proto: https' cat head
has '^X-Forwarded-SSL: on' cat head
has '^Fly-Forwarded-Port: 443' cat head
has '^X-Forwarded-Port: 443' cat head
fetch "$(url /echo)" >head
has '^X-Forwarded-Proto: http.?$' cat head
has '^X-Forwarded-SSL: off' cat head
pass 'the Machine hears that it was TLS, and when it was not'

# Bytes
dial() { socat -t 5 - "OPENSSL:[$address]:$1,bind=[$client],cafile=ca.pem,commonname=web.flycast,snihost=web.flycast"; }
printf 'a question' | dial 9 >out
is 'hello first
and last' cat out
head -c 5000000 /dev/urandom >big
dial 7 <big | cmp - big || fail '5 MB did not come back as they went'
secure https://web.flycast/bytes/5000000 | tr -d x | cmp - /dev/null || fail 'a body is not what was sent'
is 5000000 secure -o /dev/null -w '%{size_download}' https://web.flycast/bytes/5000000
secure --http1.1 --data-binary @big -o out https://web.flycast/
is "$hello" cat out
has "^PROXY TCP6 $client $address [0-9]+ 25" dial 25 <<<hello
has '^hello' sh -c "echo hello | socat -t 5 - 'OPENSSL:[$address]:25,bind=[$client],cafile=ca.pem,commonname=web.flycast' | tail -1"
pass 'bytes both ways, and an end of one side that is an end of that side only'

# Names
tls() { openssl s_client -connect "[$address]:443" -bind "[$client]:0" "$@" </dev/null 2>&1 || true; }
has 'unrecognized name' tls -servername www.example.com
for name in "$address" 192.0.2.1; do has 'Verify return code: 0' tls -servername "$name" -CAfile ca.pem; done
refused PT05 || fail 'PT05 is not in the log'
edit "UPDATE service_port SET options = '{\"tls_options\":{\"default_self_signed\":true}}' WHERE start_port = 443"
has 'self.signed certificate' tls -servername www.example.com
has 'Verify return code: 0' tls -servername web.flycast -CAfile ca.pem
edit "UPDATE service_port SET options = '{}' WHERE start_port = 443"
pass 'a name that is not ours gets an alert, or a certificate that vouches for itself where the port says so'

# A certificate of one's own, without a restart
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=own -keyout own.key -out own.pem \
	-addext 'subjectAltName=DNS:www.example.com,DNS:*.wild.example.com' 2>/dev/null
openssl pkey -in own.key -aes256 -passout pass:secret -out locked.key
refuses 1 'not for web.example.com' fly certs add web.example.com -a web --cert own.pem --key own.key
refuses 1 'has a password' fly certs add www.example.com -a web --cert own.pem --key locked.key
refuses 1 'own names only' fly certs add www.example.com -a web
refuses 1 'is no name' fly certs add https://www.example.com -a web --cert own.pem --key own.key
refuses 2 'both --cert and --key' fly certs add www.example.com -a web --cert own.pem
openssl ecparam -name prime256v1 -genkey -noout -out another.key
refuses 1 'does not belong to the first certificate' fly certs add www.example.com -a web --cert own.pem --key another.key
for name in www.example.com '*.wild.example.com'; do fly certs add "$name" -a web --cert own.pem --key own.key >/dev/null; done
fly certs add inner.web.internal -a web >/dev/null
within 5 follows
own() { fetch --cacert own.pem --resolve "$1:443:[$address]" "https://$1/"; }
is "$hello" own www.example.com
is "$hello" own a.wild.example.com
has 'unrecognized name' tls -servername a.b.wild.example.com
is "$hello" fetch --cacert ca.pem --resolve "inner.web.internal:443:[$address]" https://inner.web.internal/
has 'www.example.com .*custom .*ready for (29|30) days' fly certs list -a web
has 'inner.web.internal .*private authority .*ready' fly certs list -a web
has 'Subject += CN = own' fly certs show www.example.com -a web
is '["*.wild.example.com","inner.web.internal","www.example.com"]' sh -c "'$bin/flycast' certs list -a web -j | jq -c '[.[].Hostname]'"
fly certs check -a web >/dev/null
mv "$registry.seal" seal
refuses 1 '1 of 1 certificates of app web cannot be used' fly certs check www.example.com -a web
mv seal "$registry.seal"
fly export | jq -e '.certificate | length == 3' >/dev/null || fail 'an export has no certificates'
fly certs remove www.example.com -a web >/dev/null
within 5 follows
has 'unrecognized name' tls -servername www.example.com
refuses 1 'there is no' fly certs remove www.example.com -a web
pass 'certificates of one'"'"'s own are added, looked at and removed while the proxy serves'

# Protocols
has 'no application protocol' tls -servername web.flycast -alpn h3
has 'ALPN protocol: http/1.1' tls -servername web.flycast -alpn h3,http/1.1
edit "UPDATE service_port SET options = '{\"tls_options\":{\"versions\":[\"TLSv1.3\"]}}' WHERE start_port = 443"
has 'protocol version' tls -servername web.flycast -tls1_2
has 'New, TLSv1.3' tls -servername web.flycast
edit "UPDATE service_port SET options = '{\"tls_options\":{\"versions\":[\"TLSv1.2\"]}}' WHERE start_port = 443"
has 'New, TLSv1.2' tls -servername web.flycast
has 'Secure Renegotiation IS supported' tls -servername web.flycast
has 'Compression: NONE' tls -servername web.flycast
{ echo R; sleep 0.5; } | openssl s_client -connect "[$address]:443" -bind "[$client]:0" -servername web.flycast >again 2>&1 || true
has 'no renegotiation' cat again
edit "UPDATE service_port SET options = '{}' WHERE start_port = 443"
has 'protocol version' tls -servername web.flycast -tls1_1 -cipher DEFAULT@SECLEVEL=0
pass 'versions and protocols are what the port says; no renegotiation, no compression'

# A name of another app
is "$hello" secure -H 'Host: www.example.com' https://web.flycast/
for version in http1.1 http2; do
	is 421 secure --$version -I -H 'Host: Other.flycast' -o /dev/null -w '%{http_code}' https://web.flycast/
	has 'PH05 the request is for Other.flycast, but its connection leads to app web' secure --$version -H 'Host: Other.flycast' https://web.flycast/
	is '421 200 ' secure --$version -w '%{http_code} ' -H 'Host: Other.flycast' -o /dev/null https://web.flycast/ --next \
		-s --cacert ca.pem --interface "$client" --resolve "web.flycast:443:[$address]" -o /dev/null -w '%{http_code} ' https://web.flycast/
done
refused PH05
pass 'a name of another app is sent to its own address, all others are the app'"'"'s affair'

edit "UPDATE service_port SET force_https = 1 WHERE start_port = 80"
is "301 https://web.flycast/a?b=c" fetch -o /dev/null -w '%{http_code} %{redirect_url}' -H 'Host: web.flycast:80' "$(url '/a?b=c')"
is "301 https://[$address]/" fetch -0 -H 'Host:' -o /dev/null -w '%{http_code} %{redirect_url}' "$(url)"
is 301 fetch -I -o /dev/null -w '%{http_code}' "$(url)"
is 301 fetch --data-binary @big -o /dev/null -w '%{http_code}' "$(url)"
is '301 1 301 0 ' fetch -o /dev/null -o /dev/null -w '%{http_code} %{num_connects} ' "$(url)" "$(url)"
is 301 fetch --http2-prior-knowledge -o /dev/null -w '%{http_code}' "$(url)"
is "$hello" secure -L --resolve "web.flycast:80:[$address]" http://web.flycast/
edit "UPDATE service_port SET handlers = 'tls' WHERE start_port = 443"
is 200 fetch -o /dev/null -w '%{http_code}' "$(url)"
has 'force_https on port 80 of app .web.' eval 'fly check 2>&1 || true'
edit "UPDATE service_port SET handlers = 'tls,http' WHERE start_port = 443"
edit "UPDATE service_port SET force_https = 0 WHERE start_port = 80"
pass 'force_https sends clients to the port with TLS, and nowhere when there is none'

# Tickets
visit() { printf 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n' | openssl s_client -ign_eof -connect "[${2:-$address}]:443" \
	-bind "[$client]:0" -servername "$1.flycast" "${@:3}" 2>&1 || true; }
for version in 2 3; do
	has '^New, ' visit web "$address" -tls1_$version -sess_out ticket$version
	for _ in 1 2 3 4 5 6; do has '^Reused, ' visit web "$address" -tls1_$version -sess_in ticket$version; done
done
# clients use a ticket of TLS 1.3 once, so that each has to bring the next
visit web "$address" -tls1_3 -sess_in ticket3 -msg >out
has '^Reused, ' cat out
has 'NewSessionTicket' cat out
first=$address
app other --port 443:8080/tcp:tls:http -- /srv/httpd --port 8080
within 10 fetch -o /dev/null --cacert ca.pem "https://[$address]/"
has '^New, ' visit other "$address" -sess_in ticket3
address=$first
[ "$(counter tls_handshakes_resumed_total)" -ge 12 ] || fail 'resumed sessions are not counted'
pass 'a session is resumed on every thread, but not at another app'

# Limits
before=$(date +%s)
socat -t 20 - "TCP6:[$address]:443,bind=[$client]" </dev/null >out || true
socat -u "TCP6:[$address]:443,bind=[$client]" STDOUT >out || true
[ $(($(date +%s) - before)) -lt 20 ] || fail 'a client that says nothing was kept'
within 5 refused PT08
printf 'GET / HTTP/1.1\r\n\r\n' | socat -t 5 - "TCP6:[$address]:443,bind=[$client]" >out || true
within 5 refused PT04
has 'TLS handshake.*failed: http request' grep PT04 proxy.log
pass 'a client that is silent, or speaks no TLS, is let go with a code'

# Plaintext that nobody takes, and then the client's end: no turn of the loop without work.
ticks() { awk '{ print $14 + $15 }' "/proc/$(pid_of proxy)/stat"; }
sleeps_through() { { cat big big; sleep 3; } | dial 13 >/dev/null 2>&1; }
sleeps_through &
pid=$!
within 5 eval '[ "$(counter connections_open)" -ge 1 ]'
sleep 1 # until everything that can be sent was
before=$(ticks)
sleep 1.5
[ $(($(ticks) - before)) -lt 30 ] || fail "the proxy worked $(($(ticks) - before)) ticks for a connection at rest"
kill $pid 2>/dev/null || true
wait $pid 2>/dev/null || true
pass 'buffered plaintext of a connection at rest costs no time'

stop proxy
start proxy flycast-proxy --registry "$registry" --threads 2 --autostop-interval 0 --metrics '[::1]:9154' --handshake-rate 1
for _ in 1 2 3 4 5 6 7 8; do secure -o /dev/null https://web.flycast/ & done
within 10 refused PT01
is 200 fetch -o /dev/null -w '%{http_code}' "$(url)"
pass 'too many handshakes of one source are refused, and nothing else is'

stop proxy
start proxy flycast-proxy --registry "$registry" --threads 2 --autostop-interval 0 --metrics '[::1]:9154' --handshake-name-rate 1
ip address add fdaa:0:1:ffff:0:1:0:3/128 dev lo nodad
ip address add fdaa:0:1:ffff:0:1:0:4/128 dev lo nodad
refusals() { counter 'refusals_total{code="PT02",reason="tls_name_rate",status="429"}'; }
asked=()
for i in 2 3 4 2 3 4 2 3 4 2 3 4; do
	name=$([ $((i % 2)) = 0 ] && echo web.flycast || echo WEB.flycast)
	openssl s_client -connect "[$address]:443" -bind "[fdaa:0:1:ffff:0:1:0:$i]:0" -servername "$name" </dev/null >/dev/null 2>&1 &
	asked+=($!)
done
wait "${asked[@]}" || true
within 5 refused PT02
[ "$(refusals)" -ge 2 ] || fail "only $(refusals) of twelve are refused"
is 200 fetch --cacert ca.pem -o /dev/null -w '%{http_code}' "https://[$address]/"
pass 'too many handshakes for one name are refused, from whomever and however it is written; those for no name are not'
