# shellcheck shell=bash
# dns-notify: what is said of secondaries that refuse a zone, or say nothing while changes never end; and when.
# shellcheck source=tests/lib/dns.sh
. "$lib/dns.sh"
fly init --host "$(hostname)" --region fra >/dev/null
fly apps create web >/dev/null
fly ips allocate-v6 -a web --private >/dev/null
ip address add 192.0.2.3/32 dev lo
ip address add 192.0.2.4/32 dev lo

# A secondary of .flycast that refuses the other zones, and one that reads and says nothing.
python3 - "$dir/told" <<'PYTHON' &
import select, socket, sys
both = {}
for address in '192.0.2.3', '192.0.2.4':
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((address, 53))
    both[s] = address
while True:
    for s in select.select(list(both), [], [])[0]:
        question, whose = s.recvfrom(1024)
        with open(sys.argv[1], 'a') as told:
            told.write('%s %s\n' % (both[s], question[13:13 + question[12]].decode()))
        if both[s] == '192.0.2.3':
            refuses = question[13:20] != b'flycast'
            s.sendto(question[:2] + bytes([question[2] | 0x80, 5 if refuses else 0]) + question[4:], whose)
PYTHON
within 5 eval 'ss -Huln "sport = 53" | grep -q 192.0.2.4'
dns
for address in 192.0.2.3 192.0.2.4; do fly secondaries add $address >/dev/null; done

refused() { grep -c 'secondary not told address=192.0.2.3:53 .*it refuses' "$dir/dns.log" || true; }
within 10 is 2 refused
told() { grep -c "^192.0.2.3 $1" "$dir/told"; }
change() { # all zones
	fly apps create "app$1" >/dev/null
	fly ips allocate-v6 -a "app$1" --private >/dev/null
}
more() { [ "$(told flycast)" -gt "$before" ] && [ "$(told internal)" -gt "$inner" ]; }
for turn in 1 2 3; do
	before=$(told flycast) inner=$(told internal)
	change "$turn"
	within 10 more
done
is 2 refused
! grep 'answers again' "$dir/dns.log" || fail 'a zone that is copied ends what was said of one that is not'
pass 'a secondary that refuses some of the zones is logged once for each of them'

silent() { grep -q "secondary not told address=192.0.2.4:53 network=[0-9]* zone=flycast: it does not answer" "$dir/dns.log"; }
end=$((SECONDS + 25))
for ((turn = 4; SECONDS < end; turn++)); do
	silent && break
	change "$turn"
done
silent || fail 'nothing is said of a secondary that is silent'
[ "$(grep -c '^192.0.2.4 flycast' "$dir/told")" -le $(((SECONDS + 1) * 2)) ] || fail 'it is told too often'
pass 'one that says nothing is logged while changes go on'
