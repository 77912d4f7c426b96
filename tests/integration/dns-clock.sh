# The clock is set, hours on and a day back, while the daemon runs: what is measured in time of day says so (cookies, TSIG) and is
# well again at once, what is a while (NOTIFY, idle connections) takes as long as ever.
# shellcheck source=tests/lib/dns.sh
. "$lib/dns.sh"
client fdaa:0:1::9
fly init --host "$(hostname)" --region fra >/dev/null
fly apps create web >/dev/null
fly ips allocate-v6 --private -a web >/dev/null
fly keys create mine >/dev/null
ip address add 192.0.2.3/32 dev lo
fly secondaries add 192.0.2.3 >/dev/null
cd "$dir" || exit
faked=$(ls /usr/lib/*/faketime/libfaketimeMT.so.1)
echo +0 >offset
step() { echo "$1" >offset.new && mv offset.new offset; }
cat >told.py <<'PY'
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('192.0.2.3', 53))
while True:
    message, source = s.recvfrom(4096)
    print('told', flush=True)
    s.sendto(message[:2] + bytes([message[2] | 0x80, 0]) + message[4:], source)
PY
python3 told.py >told.out &
export FAKETIME_TIMESTAMP_FILE=$dir/offset FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1
start dns env LD_PRELOAD="$faked" flycast-dns --registry "$registry" --listen ':0' --metrics '[::1]:9153' --tcp-idle 3s \
	--no-sandbox
unset FAKETIME_TIMESTAMP_FILE FAKETIME_NO_CACHE FAKETIME_DONT_FAKE_MONOTONIC
port=$(sed -n 's/.* ready listen=[^ ]*:\([0-9]*\).*/\1/p' dns.log)
key=$(fly keys show mine --for dig)

counter() { curl -s 'http://[::1]:9153/metrics' | sed -n "s/^flycast_dns_$1 //p"; }
cookie() { # [COOKIE]: the one that comes back
	dig +tries=1 +timeout=2 +cookie="${1:-0123456789abcdef}" -p "$port" -b fdaa:0:1::9 @::1 web.flycast AAAA |
		sed -n 's/^; COOKIE: \([0-9a-f]*\).*/\1/p'
}
made_at() { echo $((16#${1:24:8})); } # RFC 9018 4.3
is_of() { # SECONDS: a new cookie is of a clock that is so much ahead
	local off=$(($(made_at "$(cookie)") - $(date +%s) - $1))
	[ $off -ge -10 ] && [ $off -le 10 ] || { echo "off by $off"; return 1; }
}
signed() { dig +tries=1 +timeout=2 -y "$key" -p "$port" @::1 web.flycast AAAA 2>&1; }
wrong() { # COOKIE: it is not taken
	local before
	before=$(counter 'cookies_total{state="wrong"}')
	cookie "$1" >/dev/null
	[ "$(counter 'cookies_total{state="wrong"}')" -gt "$before" ]
}
serves() {
	is fdaa:0:1:0:1::2 ask fdaa:0:1::9 AAAA web.flycast
	is fdaa:0:1:0:1::2 ask fdaa:0:1::9 +tcp AAAA web.flycast
}
edits=0
edit() { # a change is seen, and told, as if nothing was
	local told
	told=$(wc -l <told.out)
	edits=$((edits + 1))
	fly apps create "later$edits" >/dev/null
	within 5 is 'NOERROR qr aa rd 0 1' status fdaa:0:1::9 AAAA "later$edits.internal"
	within 5 eval "[ \$(wc -l <told.out) -gt $told ]"
}
hold() { # a connection that asks nothing: when it is ended, after three seconds
	python3 -c 'import socket, sys, time
s = socket.create_connection(("::1", int(sys.argv[1])))
began = time.monotonic()
print("ready", flush=True)
s.settimeout(60)
s.recv(1)
print(2.5 < time.monotonic() - began < 20)' "$port" >held.out &
	held=$!
	within 10 grep -q ready held.out
}
held_long() {
	wait $held
	is 'ready True' eval 'paste -sd" " held.out'
}

within 5 is_of 0
old=$(cookie)
has 'status: NOERROR' signed
edit
hold
step +7200
within 5 is_of 7200
wrong "$old" || fail 'a cookie of two hours ago is good'
has 'BADTIME|clocks' signed
serves
edit
held_long
pass 'two hours on'

late=$(cookie)
hold
step -86400
within 5 is_of -86400
wrong "$late" || fail 'a cookie of tomorrow is good'
has 'BADTIME|clocks' signed
serves
edit
held_long
pass 'a day back'

step +0
within 5 is_of 0
has 'status: NOERROR' signed
! wrong "$(cookie)" || fail 'a new cookie is not taken'
serves
edit
is 0 eval 'grep -cE " (warn|error) " dns.log || true'
stop dns
pass 'right again, and the log has nothing to say'
