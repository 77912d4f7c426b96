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

# Whole frames, as a Machine that may use packet sockets can make them. The witness looks at the victim's device.
cat >/srv/frames.py <<'PYTHON'
import ipaddress, socket, struct, sys
def packed(text): return ipaddress.ip_address(text).packed
def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff
def icmp6(source, target, kind, body, code=0):
    message = struct.pack("!BBH", kind, code, 0) + body
    pseudo = packed(source) + packed(target) + struct.pack("!II", len(message), 58)
    return message[:2] + struct.pack("!H", checksum(pseudo + message)) + message[4:]
def ip6(source, target, payload, after=58, hops=255):
    return struct.pack("!IHBB", 6 << 28, len(payload), after, hops) + packed(source) + packed(target) + payload
out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
if sys.argv[1] == "watch":  # everything that comes in, but for multicast listener reports of the host
    out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    print("watching", flush=True)
    while True:
        frame, (_, _, direction, _, _) = out.recvfrom(2048)
        if direction != socket.PACKET_OUTGOING and frame[6:8] != b"\x02\xfc" and frame[62:64] != b"\x8f\0":
            print("last" if b"last word" in frame else "frame " + frame.hex(), flush=True)
own, victim, host = sys.argv[1:4]
out.bind(("eth0", 0))
mac = out.getsockname()[4]
gateway = b"\x02\xfd" + mac[2:]
def send(packet, to=gateway, kind=0x86dd, tag=b""):
    out.send(to + mac + tag + struct.pack("!H", kind) + packet)
ask = struct.pack("!HH", 7, 7)
every = b"\x33\x33\0\0\0\1"
for source in (own, "fe80::1", "fe80::42", victim, "::", host):
    echo = ip6(source, "ff02::1", icmp6(source, "ff02::1", 128, ask))
    send(echo), send(echo, every)
    for group in ("ff05::2", "ff0e::4242", "ff02::fb"):
        send(ip6(source, group, icmp6(source, group, 128, ask)), every)
    prefix = struct.pack("!BBBBIII", 3, 4, 64, 0xc0, 9999, 9999, 0) + packed("2001:db8:bad::")
    advert = struct.pack("!BBHII", 64, 0, 9000, 0, 0) + prefix
    send(ip6(source, "ff02::1", icmp6(source, "ff02::1", 134, advert)), every)
    for target in (victim, host, "fe80::1"):
        stolen = struct.pack("!I", 0xe0000000) + packed(target) + b"\x02\x01" + mac
        for to in ("ff02::1", host):
            send(ip6(source, to, icmp6(source, to, 136, stolen)), every if to == "ff02::1" else gateway)
            send(ip6(source, to, icmp6(source, to, 135, b"\0" * 4 + packed(target) + b"\x01\x01" + mac)), every)
            send(ip6(source, to, icmp6(source, to, 137, b"\0" * 4 + packed(target) * 2)), every)
    echo = icmp6(source, victim, 128, ask)
    send(ip6(source, victim, echo))
    send(ip6(source, victim, echo), b"\xff" * 6)                                 # a frame for everybody
    send(ip6(source, victim, echo), tag=b"\x81\0\0\0"), send(ip6(source, victim, echo), tag=b"\x81\0\0\x05")  # VLAN
    send(ip6(source, victim, b"\x3a\0\1\4\0\0\0\0" + echo, 0))                   # hop-by-hop options
    send(ip6(source, victim, b"\x3a\0\0\1\0\0\0\x07" + echo, 44))                # fragments
    send(ip6(source, victim, b"\x3a\0\0\x08\0\0\0\x07" + echo, 44))
    for routing in (0, 2, 3, 4):                                                 # by way of the host
        send(ip6(source, host, struct.pack("!BBBBI", 58, 2, routing, 1, 0) + packed(victim) + echo, 43))
    send(ip6(source, host, ip6(own, victim, echo), 41))                          # tunnels
    send(ip6(source, victim, ip6(own, victim, echo), 41))
for i in range(3000):                                                            # ARP for many
    address = packed("10.7.%d.%d" % (i // 250, i % 250 + 1))
    send(b"\0\1\x08\0\6\4\0\1" + mac + address + b"\0" * 6 + packed("172.16.0.1"), b"\xff" * 6, 0x806)
    send(b"\0\1\x08\0\6\4\0\2" + mac + address + gateway + packed("172.16.0.1"), gateway, 0x806)
PYTHON
device() { printf 'flyc%x' "$(db "SELECT slot FROM machine WHERE id = '$1'")"; }
neighbours() { ip neigh show nud all | grep -v ' nud noarp\| NOARP' | sort; }
ways() { ip -6 address show scope global && ip -6 route; }
for id in "$attacker" "$victim"; do echo 2 >"/proc/sys/net/ipv6/conf/$(device "$id")/accept_ra"; done
ip address add 2001:db8::99/128 dev lo nodad
inside "$victim" python3 -u /srv/frames.py watch >"$dir/frames" &
within 5 grep -q watching "$dir/frames"
neighbours >"$dir/before"
ways >>"$dir/before"
inside "$attacker" python3 /srv/frames.py "$own" "$(address "$victim")" 2001:db8::99
inside "$attacker" /srv/rawsend "$own" "$(address "$friend")"
third() { [ "$(seen "$friend")" -ge 15 ]; }
within 5 third
{
	neighbours
	ways
} >"$dir/after"
cmp "$dir/before" "$dir/after" || fail "the host learnt something: $(diff "$dir/before" "$dir/after" | head -5)"
printf 'last word' >"/dev/udp/$(address "$victim")/4242"
within 5 grep -q last "$dir/frames"
is 'watching last' eval "tr '\n' ' ' <'$dir/frames' | sed 's/ $//'"
pass 'no multicast, advertisement, redirect, fragment, tunnel, tag or ARP of a Machine reaches another network or teaches the host'

# What does not go over a device: sockets of the host, processes of others, the registry.
python3 -c 'import socket, time; s = socket.socket(socket.AF_UNIX); s.bind("\0flycast-test"); s.listen(); time.sleep(1000)' &
within 5 grep -q @flycast-test /proc/net/unix
looks=$(run ours looks sh -c "echo unix \$(grep -c flycast /proc/net/unix) processes \$(ls -d /proc/[0-9]* | wc -l) \
	registry \$(cat '$registry' 2>/dev/null | wc -c) socket \$(test -S '$dir/agent.sock' && echo there || echo none) \
	pid \$\$ signal \$(kill -0 $(process_of "$victim") 2>/dev/null && echo sent || echo none); sleep 1000")
within 5 has ' out unix 0 processes [3-6] registry 0 socket none pid [2-9] signal none$' log_of "$looks"
pass "a Machine finds no abstract socket, process, registry or agent's socket of its host"

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
	"$(ipv4 "$friend"):80" "[$(address "$victim")]:80" '[2001:db8::99]:8081' '[2001:db8::99]:53'; do
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
