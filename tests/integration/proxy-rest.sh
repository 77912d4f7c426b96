# Autostop: a Machine without open work goes to sleep, one with open work never does, and as many stay as should.
# shellcheck source=tests/lib/proxy.sh
. "$lib/proxy.sh"
world --autostop-interval 200ms
app web --port 80:8080/tcp:http --port 81:9090 --autostop=suspend -- \
	sh -c '/srv/httpd --port 9090 --body page & exec /srv/httpd --port 8080 --body page'
within 5 in_state suspended
has "App web has excess capacity, autosuspending machine $id. 0 out of 1 machines left running \(region=..., process group=app\)" \
	cat proxy.log
pass 'an idle Machine is suspended, and the log says so as Fly'"'"'s does'

is page fetch "$(url /sleep/1500)"
is 1 eval "tail -n +1 proxy.log | grep -c 'Starting machine'"
pass 'a request in progress keeps its Machine up'

within 5 in_state suspended
{ sleep 1.2; printf 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'; sleep 0.2; } |
	socat -t 5 - "TCP6:[$address]:81,bind=[$client]" | tr -d '\r' >reply
has '^page$' cat reply
is 2 eval "grep -c 'Starting machine' proxy.log"
pass 'a silent raw connection keeps it up too'

edit "UPDATE service SET autostop = 'stop'"
is page fetch "$(url)" # it may have been suspended just before
within 5 in_state stopped
has 'autostopping machine' cat proxy.log
pass 'stop instead of suspend, as the service says, from the next pass on'

edit 'UPDATE service SET min_machines_running = 1'
is page fetch "$(url)"
within 5 in_state started
for _ in 1 2 3; do
	sleep 0.3 # passes that must not stop it
	in_state started || fail 'stopped below min_machines_running'
done
pass 'min_machines_running is kept'
edit "UPDATE service SET min_machines_running = 0, autostop = 'off'"
sleep 0.5 # passes that must not stop it
in_state started || fail 'stopped though autostop is off'
edit "UPDATE service SET autostop = 'suspend'"

# The row of a service goes while a connection to it is open.
{ within 5 in_state started; sleep 1.2; printf 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'; sleep 0.2; } |
	socat -t 5 - "TCP6:[$address]:81,bind=[$client]" | tr -d '\r' >reply &
pid=$!
within 5 in_state started
edit 'DELETE FROM service WHERE internal_port = 9090'
wait $pid
has '^page$' cat reply
pass 'a connection whose service was deleted keeps its Machine up'

# Requests all the time, across many passes and suspensions: not one is lost.
fly machine run -a web --name two --port 80:8080/tcp:http --autostop=suspend -- /srv/httpd --port 8080 --body page >/dev/null
for _ in $(seq 1 40); do
	is page fetch "$(url)"
	sleep "0.$((RANDOM % 25 + 10))" # sometimes shorter than a pass, sometimes longer
done
[ "$(grep -c autosuspending proxy.log)" -ge 5 ] || fail 'hardly a suspension happened'
pass 'forty requests between suspensions, all answered'
stop proxy
