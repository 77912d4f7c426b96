# A service with a check that fails gets no work until it passes again; a Machine that was started cold gets none before its
# http check passed once; and when no Machine is well the client hears which check says so.
# shellcheck source=tests/lib/proxy.sh
. "$lib/proxy.sh"
world --wake-timeout 2500ms

ports=(--port 80:8080/tcp:http --port 81:8080)
check() { # APP
	edit "INSERT INTO service_check (machine, internal_port, number, type, path, interval, grace_period)
		SELECT id, 8080, 0, 'http', '/health', 1000, 60000 FROM machine WHERE app = '$1'"
}
machine() { # NAME FLAGS...: another Machine of app web
	local name=$1
	shift
	fly machine run -a web --name "$name" "${ports[@]}" "$@" >/dev/null
}
of() { db "SELECT $1 FROM machine WHERE app = 'web' AND name = '$2'"; }
say() { curl -s -m 5 -o answer "http://$(of ipv4 "$1"):8080/health/$2"; }
well() { [ "$(db "SELECT status FROM checks JOIN machine m ON m.id = machine WHERE m.app = 'web' AND m.name = '$1'")" = "$2" ] && follows; }
status() { fetch -o body -w '%{http_code}' "$@"; }
who() { fetch -H 'Connection: close' "$(url '/?[1-20]')" | sort -u | paste -sd' '; }

app web "${ports[@]}" -- /srv/httpd --body one
machine two -- /srv/httpd --body two
check web
within 5 well one passing
within 5 well two passing
is 'one two' who
say one 503
within 5 well one critical
is two who
say one 200
within 5 well one passing
is 'one two' who
pass 'a service with a failing check gets no request, and gets them again when the check passes'

# The connection that a client keeps was made to a Machine that fails meanwhile.
edit "UPDATE machine SET cordoned = 1 WHERE name = 'two'"
fetch --no-progress-meter --no-buffer --rate 15/m "$(url '/?[1-2]')" >kept &
pid=$!
within 5 grep -qx one kept
edit "UPDATE machine SET cordoned = 0 WHERE name = 'two'"
say one 503
within 3 well one critical
wait $pid
is 'one two' paste -sd' ' kept
pass 'nor over a connection that is kept'

# All of them
say two 500
within 5 well two critical
is 503 status "$(url)"
has '^PR01 no Machine of app web can take port 80: a check of Machine .* fails \(servicecheck-00-http-8080: 50. Not So\)' cat body
! fetch -o body "$(url | sed 's|/$|:81/|')" || fail 'the raw port answers'
grep -q 'refused code=PR01 .* port=81: ' proxy.log || fail 'no PR01 for the raw port in the log'
say two 200
within 5 well two passing
is two who
pass 'when every check fails the client hears at once which, and what it says'

# A Machine that fails is no capacity: another one is woken.
fly machine stop "$(of id two)" >/dev/null
within 5 is two who
is started state "$(of id two)"
pass 'a sleeping Machine is woken when the one that runs fails'

# Checks are no requests, and wake nobody.
fly machine stop "$(of id two)" >/dev/null
before=$(counter requests_total)
since=$(date +%s%3N)
two_seconds_later() { [ "$(date +%s%3N)" -gt $((since + 2200)) ]; }
within 5 two_seconds_later
is "$before" counter requests_total
is stopped state "$(of id two)"
pass 'checks do not count and wake nobody'

# Cold: httpd says 503 on /health for a while after it listens.
fly apps destroy -y web >/dev/null
app slow "${ports[@]}" --check 8080/http:/health,interval=1s,grace_period=1m -- /srv/httpd --warm-up 1200
sleeps stop
is '200 200 200 ' fetch --no-progress-meter --parallel -o 'body#1' -w '%{http_code} ' "$(url '/health?[1-3]')"
sleeps suspend
is 200 status "$(url /health)"
pass 'the first requests after a cold start wait until the http check passed'

sleeps stop
edit "UPDATE machine SET command = '[\"/srv/httpd\",\"--warm-up\",\"60000\"]'"
is 503 status "$(url)"
has '^PR01 .*a check of Machine .* has not passed yet \(servicecheck-00-http-8080\)' cat body
sleeps stop
edit 'UPDATE service_check SET grace_period = 700'
is 503 status "$(url)"
has '^PR01 .*a check of Machine .* fails \(servicecheck-00-http-8080: 503 Not So\)' cat body
edit 'DELETE FROM service_check'
within 5 is 200 status "$(url)"
pass 'one that never passes is told within the time limit of a wake, or as soon as it counts'
