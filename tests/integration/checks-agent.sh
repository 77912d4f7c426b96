# The agent asks every service what its checks say, where the proxy would reach it; what comes of it is in the registry and
# in the log, and nothing is left of it when the Machine ends.
fly init >/dev/null
start agent flycast-agent --registry "$registry"
fly apps create web >/dev/null

status() { db "SELECT status FROM checks WHERE app = 'web' AND name = '$1'"; }
output() { db "SELECT output FROM checks WHERE app = 'web' AND name = '$1'"; }
run() { # FLAGS... -- COMMAND
	fly machine run -a web --name one --port 80:8080/tcp:http --detach "$@" >/dev/null
	id=$(db "SELECT id FROM machine WHERE app = 'web'")
	ipv4=$(db "SELECT ipv4 FROM machine WHERE app = 'web'")
}
check() { # COLUMNS VALUES
	db "INSERT INTO service_check (machine, internal_port, number, interval, $1) SELECT id, 8080, $2 FROM machine"
}
say() { curl -s -m 5 "http://$ipv4:8080/health/$1" >/dev/null; }
ruled() { # PATTERN SQL: a shell hears it
	local said
	said=$(db "$2" 2>&1) && fail "done: $2"
	grep -q "$1" <<<"$said" || fail "$2
    said: $said"
}
http=servicecheck-00-http-8080 tcp=servicecheck-01-tcp-8080

run -- sh -c 'until test -e /srv/go; do sleep 0.05; done; exec /srv/httpd --warm-up 700 --port 8080'
check 'type, path, grace_period' "0, 1000, 'http', '/health', 60000"
check 'type, grace_period' "1, 1000, 'tcp', 0"
within 5 is critical status $tcp
is 'nobody listens on 0.0.0.0:8080' output $tcp
is warning status $http
pass 'a check without a grace period fails at once, and says why; within one it is not known yet'
touch /srv/go
within 5 is passing status $tcp
within 5 is passing status $http
is '200 OK' output $http
within 5 grep -q "Health check '$http' on port 8080 is now passing\." "$dir/agent.log"
pass 'both pass when the app listens and answers 2xx'

say 503
within 5 is critical status $http
is '503 Not So' output $http
is passing status $tcp
within 5 grep -q "Health check '$http' on port 8080 has failed\. .*503 Not So" "$dir/agent.log"
seq=$(db 'SELECT max(seq) FROM change')
lines=$(grep -c 'Health check' "$dir/agent.log")
before=$(db "SELECT since FROM check_state WHERE number = 0")
two_more() { [ "$(date +%s%3N)" -gt $((before + 2500)) ]; }
within 5 two_more
is "$seq" db 'SELECT max(seq) FROM change'
is "$lines" grep -c 'Health check' "$dir/agent.log"
say 301
within 10 is '301 Not So' output $http
is critical status $http
say 204
within 5 is passing status $http
pass 'what stays as it is costs no write and no line, and a redirect passes no check'

# Headers, method and path are the row's; one that breaks the request is refused in the shell.
db "UPDATE service_check SET path = '/echo?x', method = 'POST', headers = '{\"Host\":\"app.example\",\"X-Who\":\"check\"}'
	WHERE number = 0"
within 5 is passing status $http
ruled 'headers are strings' "UPDATE service_check SET headers = '{\"A\":\"b\\r\\nc: d\"}'"
ruled 'CHECK constraint failed' "UPDATE service_check SET path = '/a b'"
ruled 'unknown service' "INSERT INTO service_check (machine, internal_port, number, type)
	SELECT id, 9, 0, 'tcp' FROM machine"
db "UPDATE service_check SET path = '/health', method = 'GET', headers = '{}' WHERE number = 0"

# A suspension leaves what is known, an end does not; a new agent goes on.
within 5 is passing status $http
fly machine suspend "$id" >/dev/null
within 5 is suspended db 'SELECT state FROM machine_state'
is passing status $http
fly machine start "$id" >/dev/null
within 5 is started db 'SELECT state FROM machine_state'
is passing status $http
say 500
within 5 is critical status $http
stop agent
is critical status $http
start agent flycast-agent --registry "$registry"
say 200
within 5 is passing status $http
fly machine stop "$id" >/dev/null
within 5 is 0 db 'SELECT count(*) FROM check_state'
is warning status $http
pass 'suspended Machines keep what is known of them, stopped ones do not, and a new agent goes on'

# Rows that go while they are asked
fly machine start "$id" >/dev/null
within 5 is passing status $tcp
db 'DELETE FROM service_check WHERE number = 1'
is 1 db 'SELECT count(*) FROM checks'
within 5 is passing status $http
db 'DELETE FROM service'
is '0|0' db 'SELECT (SELECT count(*) FROM service_check), (SELECT count(*) FROM check_state)'
fly check >/dev/null
pass 'a check goes with its row, and its service with its checks'

# Half an answer, no answer, another protocol
answers() { # SCRIPT: what the Machine does with every connection
	printf '#!/bin/sh\n%s\n' "$1" >/srv/answer
	chmod 755 /srv/answer
	fly machine destroy -f "$id" >/dev/null
	within 5 is 0 db 'SELECT count(*) FROM machine_state'
	run -- socat TCP4-LISTEN:8080,fork,reuseaddr EXEC:/srv/answer
	within 5 socat -u /dev/null "TCP4:$ipv4:8080"
	check 'type, timeout, grace_period' "0, 1000, 'http', 300, 0"
}
answers 'echo SSH-2.0-x; sleep 5'
within 5 is 'the answer is not HTTP/1.1' output $http
answers 'printf HTTP/1.1; head -n 1 >/dev/null'
within 5 is 'the connection ended before the answer' output $http
answers 'sleep 5'
within 5 is 'no answer within 300 ms' output $http
answers 'printf "HTTP/1.1 200 "; head -c 2000 /dev/zero; sleep 5'
within 5 is 'no status line in the first KiB of the answer' output $http
pass 'an app that does not answer, or not with HTTP, is told apart'

# Over TLS
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=web.flycast \
	-addext subjectAltName=DNS:web.flycast -keyout "$dir/key" -out "$dir/cert" 2>/dev/null
cat "$dir/key" "$dir/cert" >/srv/pair
chmod 644 /srv/pair
secure() { # OUTPUT CHECK SERVER...: what comes of it
	local want=$1 spec=$2
	shift 2
	fly machine destroy -f "$id" >/dev/null
	within 5 is 0 db 'SELECT count(*) FROM machine_state'
	run --check "8080/https:/,interval=1s,grace_period=2s$spec" -- "$@"
	within 10 is "$want" output $http
}
server=(openssl s_server -accept 8080 -key /srv/pair -cert /srv/pair -www -quiet)
secure '200 ok' ,tls_skip_verify=true "${server[@]}"
secure 'its certificate is not accepted: self-signed certificate' '' "${server[@]}"
printf '#!/bin/sh\necho HTTP/1.1 400 Bad Request; sleep 5\n' >/srv/answer
secure 'no TLS session: wrong version number' ,tls_skip_verify=true socat TCP4-LISTEN:8080,fork,reuseaddr EXEC:/srv/answer
pass 'an https check wants a certificate that the host trusts, unless it is told not to look'
