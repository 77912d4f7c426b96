# --dnstap: every question and answer, in a file or to who listens on a socket, read back by BIND's dnstap-read; a reader that is
# away, comes late or does not read holds no question up.
# shellcheck source=tests/lib/dns.sh
. "$lib/dns.sh"
cd "$dir"
own=fdaa:0:1:a:b:c:d:2
client $own
fly init >/dev/null
fly networks attach ::ffff:127.0.0.0/104 >/dev/null
fly apps create web >/dev/null
fly ips allocate-v6 --private -a web >/dev/null
told() { dnstap-read -p "$1" 2>/dev/null; }
lines() { dnstap-read "$1" 2>/dev/null | sed -E 's/^[^ ]+ [^ ]+ //; s/:[0-9]+ (<-|->)/:PORT \1/; s/ [0-9]+b / /'; }
counter() { curl -s --unix-socket "$dir/dns.sock" http://localhost/metrics | awk -v n="flycast_dns_dnstap_$1_total" '$1 == n {print $2}'; }

refuses 1 'cannot write dnstap to /nowhere/tap: No such file or directory' \
	flycast-dns --registry "$registry" --listen '[::1]:0' --dnstap /nowhere/tap
refuses 1 'cannot write dnstap to unix:/x*: File name too long' \
	flycast-dns --registry "$registry" --listen '[::1]:0' --dnstap "unix:/$(printf 'x%.0s' {1..120})"
dns --dnstap "$dir/tap" --id here --control "$dir/dns.sock"
ask $own AAAA web.flycast >/dev/null
ask $own +tcp TXT nobody.internal >/dev/null
dig +short +tries=1 -p "$port" @127.0.0.1 AAAA web.flycast >/dev/null
dig +short +tries=1 +timeout=1 -p "$port" -b $own +opcode=15 web.flycast @::1 >/dev/null || true
frames() { [ "$(counter frames)" = 8 ]; }
within 5 frames
stop dns
is 8 eval "dnstap-read '$dir/tap' | grep -c ."
is "AQ $own:PORT -> ::1:0 UDP web.flycast/IN/AAAA" eval "lines '$dir/tap' | head -n 1"
is "AR $own:PORT <- ::1:0 TCP nobody.internal/IN/TXT" eval "lines '$dir/tap' | sed -n 4p"
is 'AQ 127.0.0.1:PORT -> 127.0.0.1:0 UDP web.flycast/IN/AAAA' eval "lines '$dir/tap' | sed -n 5p"
is 4 eval "dnstap-read -y '$dir/tap' | grep -c 'type: AUTH_RESPONSE'"
has 'status: NXDOMAIN' told "$dir/tap"
has '^web.flycast.		5	IN	AAAA	fdaa:0:1:0:1::2' told "$dir/tap"
has 'status: NXDOMAIN' kdig -G "$dir/tap"
has 'identity: "?here"?$' dnstap-read -y "$dir/tap"
has "query_address: \"?$own\"?$" dnstap-read -y "$dir/tap"
now=$(date +%s)
told_at=$(date -d "$(dnstap-read "$dir/tap" | head -n 1 | awk '{print $1, $2}')" +%s)
[ $((now - told_at)) -lt 120 ] || fail "told at $told_at, but now is $now"
pass 'a file has every question and its answer, whoever asked and however'

# Somebody who listens: not yet, then, then no more, then again.
capture() {
	fstrm_capture -t protobuf:dnstap.Dnstap -u "$dir/tap.sock" -w "$1" >"$dir/capture.log" 2>&1 &
	reader=$!
}
port=0
dns --dnstap "unix:$dir/tap.sock" --control "$dir/dns.sock"
within 5 grep -q 'dnstap not connected place=unix:.*: No such file' "$dir/dns.log"
is fdaa:0:1:0:1::2 ask $own AAAA web.flycast
lost() { [ "$(counter lost)" -ge 2 ]; }
within 5 lost
for round in 1 2; do
	capture "$dir/captured.$round"
	connected() { [ "$(grep -c 'dnstap connected' "$dir/dns.log")" = "$round" ]; }
	within 10 connected
	before=$(counter frames)
	is fdaa:0:1:0:1::2 ask $own AAAA web.flycast
	written() { [ "$(counter frames)" = $((before + 2)) ]; }
	within 5 written
	kill -TERM $reader
	wait $reader || true
	is 2 eval "dnstap-read '$dir/captured.$round' | grep -c web.flycast"
	ended() { # it is noticed by writing
		ask $own AAAA web.flycast >/dev/null
		[ "$(grep -c 'dnstap ended' "$dir/dns.log")" = "$round" ]
	}
	within 10 ended
done
stop dns
pass 'a reader may come late, go, and come again'

# Nobody reads: what does not fit is left out, and counted, and no question waits.
yes "web.flycast AAAA" | head -n 200 >questions
port=0
dns --threads 1 --dnstap "$dir/tap" --control "$dir/dns.sock"
pid=$(pid_of dns)
for task in "/proc/$pid/task/"*; do
	[ "$(cat "$task/comm")" != dnstap ] || thread=$(basename "$task")
done
mkfifo hold
/usr/bin/python3 "$lib/freeze.py" "$thread" <hold >frozen &
exec 7>hold
within 5 grep -q frozen frozen
dnsperf -s ::1 -p "$port" -a $own -d questions -n 200 -c 1 -q 50 >perf
has 'Queries completed: +40000 \(100.00%\)' cat perf
dropped=$(counter dropped)
if [ "$dropped" -lt 1000 ] || [ "$dropped" -ge 40000 ]; then fail "$dropped of 40000 were left out"; fi
exec 7>&-
all() { [ "$(counter frames)" = $((2 * (40000 - dropped))) ]; }
within 20 all
stop dns
is $((2 * (40000 - dropped))) eval "dnstap-read '$dir/tap' | grep -c web.flycast/IN/AAAA"
pass 'while nobody writes, questions are answered; what did not fit is counted and nothing else is missing'

# Somebody who accepts and says nothing, for ever.
socat UNIX-LISTEN:"$dir/mute.sock" SYSTEM:'sleep 1000' &
within 5 test -S "$dir/mute.sock"
port=0
dns --dnstap "unix:$dir/mute.sock" --control "$dir/dns.sock"
for _ in 1 2 3; do is fdaa:0:1:0:1::2 ask $own AAAA web.flycast; done
stop dns
has 'dnstap left place=unix:' cat "$dir/dns.log"
pass 'a reader that says nothing holds up neither questions nor the end'
