# Refusals that take a Machine that cannot be run, an agent that hangs, or a row that goes while a connection stays: each has
# its code, for the client and in the log.
# shellcheck source=tests/lib/proxy.sh
. "$lib/proxy.sh"
world --wake-timeout 1500ms --drain-timeout 5s

cp /srv/httpd /srv/soon-gone
app none --port 80:8080/tcp:http -- /srv/soon-gone --port 8080
sleeps stop
rm /srv/soon-gone
is 502 fetch -o refusal -w '%{http_code}' "$(url)"
has '^PM01 .*could not be woken: .*no such program' cat refusal
refused PM01 || fail 'no PM01 in the log'
pass 'a Machine that cannot be run: PM01 with the reason'

app web --port 80:8080/tcp:http --port 81:8080/tcp:http -- /srv/httpd --port 8080 --body page
within 5 is page fetch "$(url)"
sleeps suspend
kill -STOP "$(pid_of agent)"
is 504 fetch -o refusal -w '%{http_code}' "$(url)"
has '^PM03 ' cat refusal
kill -CONT "$(pid_of agent)"
within 10 is page fetch "$(url)"
refused PM03 || fail 'no PM03 in the log'
pass 'an agent that hangs: PM03 in time, and an answer once it goes on'

# Two requests on one connection, and an edit between them.
talk() { # SECONDS-BETWEEN COMMAND: the second answer
	{
		printf 'GET / HTTP/1.1\r\nHost: web\r\n\r\n'
		within 5 grep -q page answer
		"$@" >/dev/null
		printf 'GET / HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n'
	} | socat -t 5 - "TCP6:[$address]:81,bind=[$client]" >answer
}
talk edit "DELETE FROM service_port WHERE start_port = 81 AND machine = '$id'"
has '^HTTP/1.1 404' tr -d '\r' <answer
has 'PR06 app web has no service on port 81; its ports: 80' cat answer
refused PR06 || fail 'no PR06 in the log'
pass 'a port whose row is gone: PR06 on a connection that stayed'
