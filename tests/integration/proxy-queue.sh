# Hard limits are exact; who finds no room waits in line, not for ever, and not in a line without end.
# shellcheck source=tests/lib/proxy.sh
. "$lib/proxy.sh"
world --queue-timeout 2s --queue-limit 5
for type in requests connections; do
	app "$type" --port 80:8080/tcp:http --soft-limit 1 --hard-limit 2 --concurrency-type $type -- /srv/httpd --port 8080 --body page
	within 5 is page fetch "$(url)"
	most=0
	began=$(date +%s%N)
	fetch --parallel --parallel-immediate --parallel-max 7 -o /dev/null "$(url '/sleep/200?[1-7]')" --write-out '%{http_code}\n' >codes &
	pid=$!
	machine=$(db "SELECT ipv4 FROM machine WHERE id = '$id'")
	while kill -0 $pid 2>/dev/null; do
		now=$(ss -Htn state established dst "$machine" | wc -l)
		[ "$now" -le "$most" ] || most=$now
	done
	wait $pid
	is '7 200' eval "sort codes | uniq -c | sed 's/^ *//'"
	[ $(($(date +%s%N) - began)) -ge 800000000 ] || fail 'more than two at a time'
	# Connections kept for the next request hold no slot where requests are counted.
	[ $type = requests ] || is 2 echo "$most"
	pass "$type: seven at a hard limit of two: two at a time, all answered"
done

# Full, and too late
is 'page page' eval 'fetch "$(url)" "$(url)" | paste -sd" "'
holders=()
for _ in 1 2; do
	fetch "$(url /sleep/5000)" >/dev/null &
	holders+=($!)
done
busy() { [ "$(ss -Htn state established dst "$machine" | wc -l)" = 2 ]; }
within 2 busy
before=$(counter waits_total)
fetch --parallel --parallel-immediate -o /dev/null -w '%{http_code}\n' "$(url '/?[1-5]')" >late &
waiting=$!
all_wait() { [ "$(counter waits_total)" = $((before + 5)) ]; }
within 4 all_wait
is 503 fetch -o full -w '%{http_code}' -m 1 "$(url)"
has '^PQ01 ' cat full
refused PQ01 || fail 'no PQ01 in the log'
pass 'the queue has an end: 503 at once'
wait $waiting
is '5 503' eval "sort late | uniq -c | sed 's/^ *//'"
refused PR04 || fail 'no PR04 in the log'
pass 'waiting has an end: 503 after --queue-timeout'
wait "${holders[@]}"

# First come, first served: one slot, and each waiter's page tells when it was served.
db 'UPDATE service SET soft_limit = 1, hard_limit = 1'
within 5 is page fetch "$(url)"
fetch "$(url /sleep/400)" >/dev/null &
holder=$!
sleep 0.1 # it has the slot
for i in 1 2 3 4; do
	{ fetch "$(url /sleep/100)" >/dev/null; echo "$i" >>order; } &
	sleep 0.03 # one behind the other
done
wait $holder
within 3 eval '[ "$(wc -l <order)" = 4 ]'
is '1 2 3 4' eval 'paste -sd" " order'
pass 'first come, first served'

# Who leaves the queue takes no slot
fetch "$(url /sleep/600)" >/dev/null &
holder=$!
sleep 0.1 # it has the slot
fetch -m 0.2 "$(url /sleep/5000)" >/dev/null || true
wait $holder
is page fetch -m 1 "$(url)"
pass 'who left the queue takes no slot'
stop proxy
