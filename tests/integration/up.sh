# shellcheck shell=bash
# flycast up: the three daemons in order, each of them killed and back within a second, all of them gone at the end.
fly init >/dev/null
fly apps create web >/dev/null
fly ips allocate-v6 --private -a web >/dev/null
address=$(db "SELECT address FROM flycast WHERE app = 'web'")
client=fdaa:0:1:ffff:0:1:0:2 # of network 1, without a Machine
ip address add $client/128 dev lo nodad

daemon() { pgrep -P "$(pid_of up)" -x "$1"; }
resolves() { dig +short +tries=1 +timeout=1 -b $client @::1 AAAA web.flycast | grep -qx "$address"; }
served_by() { pgrep -xf '/srv/httpd --port 8080 --body hello from one'; }
fetches() { curl -sf -m 5 --interface $client "http://[$address]/" | grep -q 'hello from'; }

start up flycast up --dns-listen '[::1]:53' --dns-listen 127.0.0.1:53 --autostop-interval 1h
has 'flycast is up' cat "$dir/up.log"
has "flycast-dns +pid $(daemon flycast-dns), listens on \[::1\]:53, 127.0.0.1:53" cat "$dir/up.log"
fly machine run -a web --name one --port 80:8080/tcp:http -- /srv/httpd --port 8080 --body 'hello from one' >/dev/null
machine=$(served_by)
resolves || fail 'no name at once'
fetches || fail 'no page at once'
has 'serving on [0-9]+ threads' fly proxy status
pass 'one command, and names and pages are served'

# A second death in a row waits for 0.1 s, a third for 0.2 s; each must be over within a second.
for daemon in flycast-dns flycast-proxy flycast-agent flycast-proxy flycast-dns; do
	old=$(daemon $daemon)
	kill -KILL "$old"
	within 1 eval "daemon $daemon | grep -vqx $old"
	case $daemon in
	flycast-dns) within 1 resolves ;;
	flycast-proxy) within 1 fetches ;;
	flycast-agent)
		within 1 test -S "$dir/agent.sock"
		fly machine suspend -a web one >/dev/null
		within 1 fetches # the new agent wakes it
		;;
	esac
	within 2 grep -Eq "daemon serves again name=$daemon" "$dir/up.log"
	has "daemon ended name=$daemon signal=9 restart_seconds=" cat "$dir/up.log"
	: >"$dir/up.log"
done
is "$machine" served_by
pass 'each daemon that is killed serves again within a second, and the Machine never noticed'

# What is installed takes the place of what runs, twice, while somebody asks on.
steadily() {
	[ "$(dig +short +tries=1 +timeout=20 -b $client @::1 AAAA web.flycast)" = "$address" ] &&
		curl -sf -m 20 --interface $client "http://[$address]/" | grep -q 'hello from'
}
while [ ! -e "$dir/enough" ]; do
	if steadily; then echo turn; else echo lost; fi
done >"$dir/steady" &
steady=$!
turns() { [ "$(grep -c turn "$dir/steady")" -gt "$1" ]; }
logged() { [ "$(grep -c "$1" "$dir/up.log")" -ge "$2" ]; }
within 5 turns 3
for turn in 1 2; do
	before="$(daemon flycast-dns) $(daemon flycast-proxy) $(daemon flycast-agent)"
	kill -USR2 "$(pid_of up)"
	for daemon in flycast-dns flycast-proxy; do
		within 10 logged "daemon replaced name=$daemon" $turn
		within 10 logged "daemon that was replaced has ended name=$daemon" $turn
	done
	now="$(daemon flycast-dns) $(daemon flycast-proxy) $(daemon flycast-agent)"
	if [ "${now% *}" = "${before% *}" ] || [ "${now##* }" != "${before##* }" ]; then fail "from $before to $now"; fi
done
touch "$dir/enough"
wait $steady
! grep -q lost "$dir/steady" || fail 'a question or a request was lost'
is "$machine" served_by
pass 'SIGUSR2 replaces name server and proxy, and nobody notices'

refuses 1 'flycast-agent could not start: .*another agent' env many_lines=1 bash -c "flycast up 2>&1 >/dev/null | grep '^Error' >&2; exit \${PIPESTATUS[0]}"
resolves || fail 'the first one suffered from the second'
pass 'a second one on the host is refused with the reason'

stop up
for daemon in flycast-agent flycast-dns flycast-proxy; do
	! pgrep -x $daemon >/dev/null || fail "$daemon outlived flycast up"
done
is "$machine" served_by
pass 'SIGTERM ends the daemons; the Machine lives on'

# Becoming somebody else needs more than one user in this namespace.
other=()
if awk '$3 > 1 { many = 1 } END { exit !many }' /proc/self/uid_map; then
	other=(--user nobody)
	chown nobody "$dir" "$registry"*
fi
start up flycast up --dns-listen '[::1]:53' "${other[@]}"
within 5 fetches
is "$machine" served_by
for daemon in flycast-dns flycast-proxy; do
	is "${other[1]:-$(id -un)}" ps -o user= -p "$(daemon $daemon)"
done
pids=$(pgrep -P "$(pid_of up)")
kill -KILL "$(pid_of up)"
for pid in $pids; do
	within 5 bash -c "! kill -0 $pid 2>/dev/null || grep -q ') Z' /proc/$pid/stat"
done
pass 'kill -9 of flycast up takes the daemons along, also those that became somebody else'

refuses 1 'flycast-dns could not start: cannot listen on 192.0.2.1:53' bash -c \
	"flycast up --dns-listen 192.0.2.1:53 2>&1 >/dev/null | grep '^Error' >&2; exit \${PIPESTATUS[0]}"
! pgrep -x flycast-agent >/dev/null || fail 'the agent was left behind'
refuses 1 'there is no registry at' flycast up --registry "$dir/none.db"
pass 'what cannot start says why and leaves nothing behind'
