# flycast doctor and systemd-resolved, which validates: the lines of flycast doctor mend it. It speaks over a bus of its own, for
# a link's servers can be set over the bus only.
# shellcheck source=tests/lib/dns.sh
. "$lib/dns.sh"
# shellcheck source=tests/lib/root.sh
. "$lib/root.sh"
home=
for place in "$FLYCAST_TESTS/../resolved" "$FLYCAST_TESTS/../../resolved"; do
	[ ! -x "$place/lib/systemd/systemd-resolved" ] || home=$place
done
if ! [ -x "$home/lib/systemd/systemd-resolved" ] || ! command -v dbus-daemon >/dev/null; then
	echo 'no systemd-resolved here'
	exit 77
fi
PATH=$home/usr/bin:$home/bin:$PATH
one=fdaa:0:1:ffff:0:1:0:2
mount -t tmpfs none /run
# The responder is behind a link, as it is for a host that is in a network.
ip netns add server
ip link add wg0 type veth peer name wg1 netns server
ip link set wg0 up
ip -n server link set lo up
ip -n server link set wg1 up
ip address add "$one/128" dev wg0 nodad
ip address add 2001:db8::1/64 dev wg0 nodad
ip route add fdaa::/16 dev wg0
ip -n server address add fdaa::3/128 dev wg1 nodad
ip -n server route add fdaa::/16 dev wg1
fly init >/dev/null
fly apps create web >/dev/null
fly ips allocate-v6 --private -a web >/dev/null
start dns nsenter --net=/run/netns/server "$FLYCAST_BIN/flycast-dns" --registry "$registry" --listen '[fdaa::3]:53' --threads 1
root

# What it finds on a host: its user, a bus that lets it have its name, its files.
mkdir -p /run/systemd/resolve /run/systemd/resolved.conf.d /run/dbus /run/dnssec-trust-anchors.d
for file in passwd group; do
	cp /etc/$file "$dir/$file"
	grep -q systemd-resolve /etc/$file || sed -n 's/^nobody/systemd-resolve/p; s/^nogroup/systemd-resolve/p' /etc/$file >>"$dir/$file"
	mount --bind "$dir/$file" /etc/$file
done
chown systemd-resolve:systemd-resolve /run/systemd/resolve
cat >"$dir/bus.conf" <<TEXT
<busconfig>
  <type>system</type>
  <listen>unix:path=/run/dbus/system_bus_socket</listen>
  <policy context="default">
    <allow user="*"/> <allow own="*"/> <allow send_type="*"/> <allow receive_type="*"/> <allow send_destination="*"/>
  </policy>
</busconfig>
TEXT
dbus-daemon --config-file="$dir/bus.conf" --nofork --nopidfile >"$dir/bus.log" 2>&1 &
within 5 test -S /run/dbus/system_bus_socket
cat >/run/systemd/resolved.conf.d/test.conf <<TEXT
[Resolve]
DNS=[::1]:5303
DNSSEC=yes
LLMNR=no
MulticastDNS=no
TEXT
cp "$dir/root.ds" /run/dnssec-trust-anchors.d/root.positive
cat >"$dir/plain.conf" <<TEXT
server:
  interface: ::1@5303
  access-control: ::/0 allow
  root-hints: "$dir/root.hints"
  module-config: "iterator"
  use-syslog: no
  chroot: ""
  username: ""
  directory: "$dir"
  pidfile: ""
TEXT
unbound -d -c "$dir/plain.conf" >"$dir/plain.log" 2>&1 &
resolved() {
	"$home/lib/systemd/systemd-resolved" >>"$dir/resolved.log" 2>&1 &
	resolver=$!
	within 10 has 'a name' dig +tries=1 +timeout=1 @127.0.0.53 com. TXT +short
}
ill() { # PATTERN...
	local pattern
	if fly doctor --resolver 127.0.0.53 >"$dir/report"; then
		fail "nothing is wrong: $(cat "$dir/report")"
	fi
	for pattern; do
		grep -Eq -- "$pattern" "$dir/report" || fail "the report has no: $pattern
$(cat "$dir/report")"
	done
}
resolved
ill 'SOA flycast .*BAD .*asks the public root'
cat "$dir/report"
resolvectl dns wg0 "$(sed -n 's/^DNS=//p' "$dir/report")"
# shellcheck disable=SC2046 # one word for each domain
resolvectl domain wg0 $(sed -n 's/^Domains=//p' "$dir/report")
ill 'SOA flycast .*BAD .*it validates'
sed -n '/^flycast$/,/arpa$/p' "$dir/report" >/run/dnssec-trust-anchors.d/flycast.negative
kill $resolver
wait $resolver || true
resolved
resolvectl dns wg0 fdaa::3
resolvectl domain wg0 '~flycast' '~internal' '~a.a.d.f.ip6.arpa'
fly doctor --resolver 127.0.0.53 >"$dir/report" || fail "$(cat "$dir/report")"
is 6 grep -c ' ok ' "$dir/report"
pass 'systemd-resolved: no server for the zones, and validation, mended by the lines'
