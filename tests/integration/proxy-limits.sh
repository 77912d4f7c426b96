# When descriptors run out nobody is lost: accepting pauses, running requests go on, and those who wait are taken later.
# And no network takes those of another.
# shellcheck source=tests/lib/proxy.sh
. "$lib/proxy.sh"
world
app web --port 80:8080/tcp:http -- /srv/httpd --port 8080 --body page
within 5 is page fetch "$(url)"
stop proxy
start proxy prlimit --nofile=64:64 flycast-proxy --registry "$registry" --threads 1 --autostop-interval 0 --metrics '[::1]:9154' --network-connections 0
is page fetch "$(url)"

holders=()
for _ in $(seq 1 70); do
	socat -u "TCP6:[$address]:80,bind=[$client]" STDOUT &
	holders+=($!)
done
within 5 eval 'grep -q "accept paused" proxy.log'
held=$(ss -Htn state established dport = 80 dst "[$address]" | wc -l)
[ "$held" -ge 60 ] || fail "only $held clients are connected or in line"
fetch "$(url)" >late &
waiting=$!
before=$(awk '{ print $14 + $15 }' "/proc/$(pid_of proxy)/stat")
sleep 0.5 # a proxy that spins would use all of this
after=$(awk '{ print $14 + $15 }' "/proc/$(pid_of proxy)/stat")
[ $((after - before)) -le 10 ] || fail "it spins: $((after - before)) ticks in half a second"
is 1 grep -c 'accept paused' proxy.log
if grep -q 'accept goes on' proxy.log; then fail 'it says that it goes on while it does not'; fi
kill "${holders[@]}"
wait $waiting
is page cat late
within 5 eval 'grep -q "accept goes on" proxy.log'
[ "$(counter accept_pauses_total)" -ge 3 ] || fail 'it did not pause again and again'
is '1 1' eval 'echo $(grep -c "accept paused" proxy.log) $(grep -c "accept goes on" proxy.log)'
pass 'without descriptors accepting pauses, which is said once; who waits is served when there are some again'
stop proxy

# A quarter of the descriptors for each network: of 320, 80 connections.
fly orgs create other >/dev/null
fly ips allocate-v6 --private --org other -a web >/dev/null
other=$(db "SELECT address FROM flycast WHERE app = 'web' AND org = 'other'")
start proxy prlimit --nofile=320:320 flycast-proxy --registry "$registry" --threads 2 --autostop-interval 0 --metrics '[::1]:9154'
holders=()
for _ in $(seq 1 100); do
	socat -u "TCP6:[$address]:80,bind=[$client]" STDOUT 2>/dev/null &
	holders+=($!)
done
within 5 is 20 counter 'refusals_total{code="PL01",reason="network_full",status="503"}'
is 80 counter connections_open
refused PL01
if fetch -o /dev/null "$(url)"; then fail 'one more than its share is served'; fi
is page curl -s -m 10 --interface "$stranger" "http://[$other]/"
kill "${holders[@]}" 2>/dev/null || true
within 5 is 0 counter connections_open
is page fetch "$(url)"
pass 'a network has no more than its share of connections, and the others do not notice'
stop proxy
