# Who is turned away, how it looks from outside, and what the log and the metrics say about it; and edits of the registry
# that change it from one connection to the next.
# shellcheck source=tests/lib/proxy.sh
. "$lib/proxy.sh"
world --response-timeout 400ms
fly orgs create other >/dev/null
app web --port 80:8080/tcp:http --port 8443:8080 -- /srv/httpd --port 8080 --body page
within 5 is page fetch "$(url)"

count_of() { curl -s 'http://[::1]:9154/metrics' | awk -v code="code=\"$1\"" 'index($1, code) { n += $2 } END { print n + 0 }'; }
from_stranger() { curl -s -m 5 --interface "$stranger" -o /dev/null "$(url)"; }

before=$(counter connections_total)
starts() { grep -c 'Starting machine' proxy.log || true; }
sleeps stop
code=0
from_stranger || code=$?
case $code in 7 | 35 | 52 | 56) ;; *) fail "the stranger got $code" ;; esac
is stopped state
is 0 starts
is "$before" counter connections_total
refused PR07 || fail 'no PR07 in the log'
is 1 count_of PR07
pass 'a client of another network is reset, learns nothing and wakes nobody'

code=0
fetch -o /dev/null "http://[$address]:81/" || code=$?
is 7 echo $code
code=0
fetch -o /dev/null "http://[${address%2}77]/" || code=$?
is 7 echo $code
is 0 starts
pass 'a port without a service and an address without an app refuse the connection'

# Edits, as an operator makes them
db "INSERT INTO service_port (machine, internal_port, start_port, end_port, handlers) VALUES ('$id', 8080, 81, 83, 'http')"
within 2 is page fetch "http://[$address]:81/"
is page fetch "http://[$address]:83/"
db "DELETE FROM service_port WHERE start_port = 81"
within 2 eval '! fetch -o /dev/null "http://[$address]:82/"'
pass 'a new port opens and closes with its row'

fly ips allocate-v6 --private --org other -a web >/dev/null
second=$(db "SELECT address FROM flycast WHERE app = 'web' AND org = 'other'")
within 2 is page curl -s -m 5 --interface "$stranger" "http://[$second]/"
if fetch -o /dev/null "http://[$second]/"; then fail 'the address of the other network answers in this one'; fi
fly ips release "$second" -a web >/dev/null
within 2 eval '! curl -s -m 5 --interface "$stranger" -o /dev/null "http://[$second]/"'
pass 'an address for the other organization works there and only there, until it is released'

# An address that goes to another app, which the two apps' changes may bring in either order.
fly apps create heir >/dev/null
fly machine run -a heir --port 80:8080/tcp:http -- /srv/httpd --port 8080 --body heir >/dev/null
for owner in heir web heir web; do
	edit "UPDATE address SET app = '$owner'"
	within 5 is "${owner/web/page}" fetch "$(url)"
done
pass 'an address that is moved leads to its new app'

# A client by attached prefix, and what it keeps open when the prefix is detached.
visitor=2001:db8:5::1
ip address add "$visitor/128" dev lo nodad
fly networks attach 2001:db8:5::/64 >/dev/null
within 2 is page curl -s -m 5 --interface $visitor "$(url)"
mkfifo asks
socat -t 5 - "TCP6:[$address]:80,bind=[$visitor]" <asks >answers &
pid=$!
exec 8>asks
printf 'GET / HTTP/1.1\r\nHost: a\r\n\r\n' >&8
within 5 grep -q '^HTTP/1.1 200' answers
fly networks detach 2001:db8:5::/64 >/dev/null
within 5 follows
printf 'GET / HTTP/1.1\r\nHost: a\r\n\r\n' >&8
within 5 grep -q '^Flycast-Error: PR07' answers
exec 8>&-
wait $pid
pass 'a client whose prefix is detached is refused from its next request on'

# No Machine at all
fly apps create empty >/dev/null
fly ips allocate-v6 --private -a empty >/dev/null
empty=$(db "SELECT address FROM flycast WHERE app = 'empty'")
code=0
fetch -o /dev/null "http://[$empty]/" || code=$?
is 7 echo $code
pass 'an app without services takes no connection'

# Too slow
is 504 fetch -o refusal -w '%{http_code}' "$(url /sleep/3000)"
has '^PU02 .*did not answer within 400 ms' cat refusal
pass 'a response that does not come in time: 504'

# Not HTTP
cat >/srv/nonsense <<'SH'
#!/bin/sh
read -r line
case $line in
*/empty*) exit ;;
*/half*) printf 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf' ;;
*/two*) printf 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx' ;;
*/closed*) printf 'HTTP/1.0 200 OK\r\n\r\nuntil closed' ;;
*/early*) printf 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate' ;;
*) echo nonsense ;;
esac
SH
chmod 755 /srv/nonsense
app odd --port 80:8080/tcp:http -- socat TCP-LISTEN:8080,reuseaddr,fork EXEC:/srv/nonsense
within 5 is 502 fetch -o refusal -w '%{http_code}' "$(url)"
has '^PU02 .*not valid HTTP' cat refusal
is 502 fetch -o refusal -w '%{http_code}' "$(url /two)"
is 502 fetch -o refusal -w '%{http_code}' "$(url /empty)"
has '^PU02 .*ended the connection before it answered' cat refusal
code=0
fetch -o /dev/null "$(url /half)" || code=$?
case $code in 18 | 56) ;; *) fail "a body that was cut looks whole ($code)" ;; esac
refused PU05 || fail 'no PU05 in the log'
is 'until closed' fetch "$(url /closed)"
has 'chunked' eval 'fetch -D - -o /dev/null "$(url /closed)"'
is 'late' fetch "$(url /early)"
has '103 Early Hints' eval 'fetch -D - -o /dev/null "$(url /early)"'
pass 'what a Machine answers wrongly is a 502, what it cuts off is cut off, and interim responses pass'

# WebSocket
cat >/srv/websocket <<'SH'
#!/bin/sh
cr=$(printf '\r')
while IFS= read -r line && [ "$line" != "$cr" ]; do
	case $line in [Uu]pgrade:*) upgrade=1 ;; esac
done
[ "$upgrade" ] || { printf 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nplain'; exit; }
printf 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\nfirst '
exec cat
SH
chmod 755 /srv/websocket
app ws --port 80:8080/tcp:http --autostop=off -- socat TCP-LISTEN:8080,reuseaddr,fork EXEC:/srv/websocket
within 5 is plain fetch "$(url)"
printf 'GET /chat HTTP/1.1\r\nHost: ws\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: a\r\nSec-WebSocket-Version: 13\r\n\r\nsecond' |
	socat -t 5 - "TCP6:[$address]:80,bind=[$client]" | tr -d '\r' >tunnel
has '^HTTP/1.1 101' cat tunnel
is 'first second' tail -n 1 tunnel
is 1 counter tunnels_total
printf 'GET / HTTP/1.1\r\nHost: ws\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: a\r\n\r\n' |
	socat -t 5 - "TCP6:[$address]:80,bind=[$client]" | tr -d '\r' >tunnel
has '^HTTP/1.1 200' cat tunnel
pass 'WebSocket is passed through, h2c is not'

# SIGTERM: what is open is finished, nothing new is taken.
address=$(db "SELECT address FROM flycast WHERE app = 'web' AND network = 'default'")
is page fetch "$(url)"
fetch "$(url /sleep/300)" >last &
pid=$!
within 2 eval '[ "$(counter connections_open)" -ge 1 ]'
stop proxy
wait $pid
is page cat last
if fetch -o /dev/null "$(url)"; then fail 'it still answers'; fi
has 'draining' cat proxy.log
pass 'at the end what is open is finished, and nothing new is taken'
