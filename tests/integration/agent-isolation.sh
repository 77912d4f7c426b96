# shellcheck shell=bash
# Machines of one network reach each other; nothing of another network can be reached, whatever source a Machine forges.
# The packets are raw ones from inside a Machine's network, and each victim is a Machine that tells what arrives.
cp "$FLYCAST_TESTS/rawsend" /srv/
fly init >/dev/null
fly orgs create other >/dev/null
start agent flycast-agent --registry "$registry"
fly apps create ours >/dev/null
fly apps create theirs --org other >/dev/null

run() { # APP NAME COMMAND...: prints the id
	local app=$1 name=$2
	shift 2
	fly machine run -a "$app" --name "$name" -- "$@" >/dev/null
	db "SELECT id FROM machine WHERE app = '$app' AND name = '$name'"
}
address() { db "SELECT address FROM machine WHERE id = '$1'"; }
ipv4() { db "SELECT ipv4 FROM machine WHERE id = '$1'"; }
log_of() { cat "$dir/machines/$1/log"; }
process_of() { sed -n 's/^pid //p' "$dir/machines/$1/init"; }
# What root could do inside the Machine's network, which is more than the Machine may.
inside() {
	local id=$1
	shift
	nsenter --target "$(process_of "$id")" --net -- "$@"
}
seen() { grep -c " out [0-9a-f:.]* \(udp\|tcp\|echo\)$" "$dir/machines/$1/log" || true; }

attacker=$(run ours attacker sleep 1000)
friend=$(run ours friend /srv/rawsend watch)
victim=$(run theirs victim /srv/rawsend watch)
for id in "$friend" "$victim"; do within 5 has ' out watching$' log_of "$id"; done
own=$(address "$attacker")

inside "$attacker" /srv/rawsend "$own" "$(address "$friend")"
for protocol in udp tcp echo; do within 5 has " out $own $protocol\$" log_of "$friend"; done
is 3 seen "$friend"
pass 'packets with the own address reach a Machine of the same network (so the witness sees what arrives)'

speaker=$(run ours speaker sh -c '/srv/rawsend $FLY_PRIVATE_IP "$1"; sleep 1000' sh "$(address "$friend")")
within 5 has " out $(address "$speaker") udp\$" log_of "$friend"
is 6 seen "$friend"
pass 'a Machine may use raw sockets with its own address'

their_flycast=fdaa:0:2:0:1::2
for source in "$own" "$(address "$friend")" "$(address "$victim")" fdaa:0:2:ffff:1:0:1:2 $their_flycast fdaa:0:1:0:1::2 \
	fdaa::3 fdaa:0:2::3 ::1 fe80::1 2001:db8::1 "${own%2}3"; do
	inside "$attacker" /srv/rawsend "$source" "$(address "$victim")" 2>/dev/null
	[ "$source" = "$own" ] || inside "$attacker" /srv/rawsend "$source" "$(address "$friend")" 2>/dev/null
done
inside "$attacker" ip route add default via 172.16.0.1 dev eth0
for source in "$(ipv4 "$attacker")" "$(ipv4 "$friend")" "$(ipv4 "$victim")" 172.16.0.1 127.0.0.1 192.0.2.1; do
	inside "$attacker" /srv/rawsend "$source" "$(ipv4 "$victim")" 2>/dev/null
	inside "$attacker" /srv/rawsend "$source" "$(ipv4 "$friend")" 2>/dev/null
done
inside "$attacker" ip route del default via 172.16.0.1
# The last word comes over the same way as all before it, so what was let through has arrived by then.
inside "$attacker" /srv/rawsend "$own" "$(address "$friend")"
last() { [ "$(seen "$friend")" -ge 9 ]; }
within 5 last
is 9 seen "$friend"
is 0 seen "$victim"
pass 'no forged source, of either network, of the host, IPv6 or IPv4, gets a single packet anywhere'

inside "$attacker" ip address add "$(address "$victim")/128" dev eth0 nodad
inside "$attacker" /srv/rawsend "$(address "$victim")" "$(address "$victim")" 2>/dev/null || true
inside "$attacker" ip address del "$(address "$victim")/128" dev eth0
inside "$attacker" /srv/rawsend "$own" "$(address "$friend")"
again() { [ "$(seen "$friend")" -ge 12 ]; }
within 5 again
is 12 seen "$friend"
is 0 seen "$victim"
pass 'giving the own device a stolen address changes nothing'

# The host: the resolver's port, the own network's Flycast addresses, nothing else.
/srv/httpd --bind :: --port 53 --body host >/dev/null &
/srv/httpd --bind :: --port 8081 --body host >/dev/null &
fetch() { inside "$attacker" curl -sS -m 5 "http://$1/" 2>&1; }
within 5 eval 'curl -s "http://[::1]:53/" && curl -s "http://[::1]:8081/"'
is host fetch '[fdaa::3]:53'
is host fetch '[fdaa:0:1::3]:53'
ip address add fdaa:0:1:0:1::2/128 dev lo nodad
ip address add $their_flycast/128 dev lo nodad
is host fetch '[fdaa:0:1:0:1::2]:8081'
for closed in '[fdaa::3]:8081' '[fdaa:0:1::3]:8081' '[fdaa:0:2::3]:53' "[$their_flycast]:8081" '172.16.0.1:8081' '172.16.0.1:53' \
	"$(ipv4 "$friend"):80" "[$(address "$victim")]:80"; do
	before=$(date +%s%N)
	has "Couldn't connect" eval "fetch '$closed' || true"
	took=$((($(date +%s%N) - before) / 1000000))
	[ $took -lt 2000 ] || fail "$closed: the refusal took $took ms"
done
pass 'of the host a Machine reaches the resolver and its Flycast addresses; all else is refused at once'

web=$(run ours web /srv/httpd --bind :: --port 8080)
within 5 eval "curl -s -m 2 http://$(ipv4 "$web"):8080/ | grep -q hello"
within 5 eval "curl -s -m 2 'http://[$(address "$web")]:8080/' | grep -q hello"
is "hello from $web" fetch "[$(address "$web")]:8080"
has "Couldn't connect" eval "inside $victim curl -sS -m 5 'http://[$(address "$web")]:8080/' 2>&1 || true"
has "Couldn't connect" eval "fetch '$(ipv4 "$web"):8080' || true"
pass 'the host reaches Machines over both families, Machines each other over 6PN only'
stop agent
