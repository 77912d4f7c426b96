# flycast doctor --resolver names the setting at fault, and the lines it prints, put into the resolver's configuration as
# they are, mend it: unbound, BIND, dnsmasq and systemd-resolved, which validate against a signed root that denies our zones.
# shellcheck source=tests/lib/dns.sh
. "$lib/dns.sh"
# shellcheck source=tests/lib/root.sh
. "$lib/root.sh"
one=fdaa:0:1:ffff:0:1:0:2
responder=fdaa:0:1::3
client $one
client $responder
client fdaa::3
client fdaa:0:2:ffff:0:1:0:2
fly init >/dev/null
fly apps create web >/dev/null
fly ips allocate-v6 --private -a web >/dev/null
fly orgs create other >/dev/null
fly apps create theirs --org other >/dev/null
fly ips allocate-v6 --private -a theirs >/dev/null
start dns flycast-dns --registry "$registry" --listen "[$responder]:53" --listen '[fdaa::3]:53' --threads 1 --control "$dir/dns.sock"
root

doctor() { # FLAGS: the report; ends as the doctor does
	fly doctor --server $responder --resolver "$place" "$@"
}
# The lines the doctor prints for its first culprits go to $dir/lines; its report to $dir/report.
ill() { # WHAT... each a pattern that the report has
	local pattern
	if doctor --control "$dir/dns.sock" >"$dir/report"; then
		fail "nothing is wrong: $(cat "$dir/report")"
	fi
	for pattern; do
		grep -Eq -- "$pattern" "$dir/report" || fail "the report has no: $pattern
$(cat "$dir/report")"
	done
	sed -n '/^# /,$p' "$dir/report" | grep -v '^#' >"$dir/lines" || true
}
well() {
	doctor >"$dir/report" || fail "$(cat "$dir/report")"
	is 6 grep -c ' ok ' "$dir/report"
}
end() {
	kill "$resolver"
	wait "$resolver" 2>/dev/null || true
}
up() { [ -n "$(dig +tries=1 +timeout=1 "@$1" -p "$2" com. TXT +short)" ]; }

# ---------------------------------------------------------------------------- unbound
place='[::1]:5300'
unbound_start() {
	unbound -d -c "$dir/unbound.conf" >>"$dir/unbound.log" 2>&1 &
	resolver=$!
	within 10 up ::1 5300
}
cat >"$dir/unbound.conf" <<TEXT
server:
  interface: ::1@5300
  access-control: ::/0 allow
  root-hints: "$dir/root.hints"
  trust-anchor-file: "$dir/root.ds"
  private-address: fc00::/7
  outgoing-interface: $one
  outgoing-interface: 127.0.0.1
  use-syslog: no
  chroot: ""
  username: ""
  directory: "$dir"
  pidfile: ""
TEXT
unbound_start
ill 'SOA flycast +│ BAD .*asks the public root' 'PTR .*│ BAD .*built-in zone'
grep -q 'stub-addr: fdaa:0:1::3$' "$dir/lines" || fail "$(cat "$dir/report")"
cat "$dir/lines" >>"$dir/unbound.conf"
end
unbound_start
ill 'SOA flycast .*BAD .*it validates' 'SOA internal .*BAD .*it validates' 'AAAA web.flycast .*BAD .*it validates'
cat "$dir/lines" >>"$dir/unbound.conf"
end
unbound_start
ill 'SOA flycast .*ok' 'AAAA web.flycast .*BAD .*against rebinding' 'PTR .* ok '
cat "$dir/lines" >>"$dir/unbound.conf"
end
unbound_start
well
pass 'unbound: no stub, validation, a zone of its own and the filter against rebinding, mended by the lines'
end

# The responder's side of it: nothing arrives, or from nowhere, or from elsewhere.
sed -i 's/stub-addr: .*/&@5399/' "$dir/unbound.conf"
unbound_start
ill 'SOA flycast .*BAD .*none of its questions reaches the responder'
grep -q 'stub-addr: fdaa:0:1::3$' "$dir/lines" || fail "$(cat "$dir/report")"
end
sed -i 's/@5399//; s/outgoing-interface: fdaa.*/outgoing-interface: 2001:db8::53/' "$dir/unbound.conf"
unbound_start
ill 'SOA flycast .*BAD .*the responder refuses its questions'
grep -q 'outgoing-interface: ADDRESS_IN_THE_NETWORK' "$dir/lines" || fail "$(cat "$dir/report")"
end
sed -i 's/stub-addr: .*/stub-addr: fdaa::3/; s/outgoing-interface: 2001.*/outgoing-interface: fdaa:0:2:ffff:0:1:0:2/' "$dir/unbound.conf"
unbound_start
ill 'SOA flycast .* ok ' 'AAAA web.flycast .*BAD .*address of another network'
end
doctor >"$dir/report" && fail 'nobody is there'
grep -q 'SOA flycast .*BAD .*no answer' "$dir/report" || fail "$(cat "$dir/report")"
is '{"Check":"SOA flycast","OK":false}' eval 'doctor --json | jq -c "[.[] | select(.OK | not) | {Check, OK}][0]"'
refuses 2 'is no address of a name server' fly doctor --resolver nobody
is 1 eval 'fly doctor --resolver "[::1]:5300" --server "[::1]:5399" >"$dir/report" && echo 0 || echo $?'
grep -q 'responder .*BAD .*does not answer: start flycast-dns' "$dir/report" || fail "$(cat "$dir/report")"
pass 'a wrong port, a source in no network, one of another network, and silence are told apart'

# ---------------------------------------------------------------------------- BIND
place='[::1]:5301'
bind_start() {
	named -g -c "$dir/named.conf" >>"$dir/named.log" 2>&1 &
	resolver=$!
	within 10 up ::1 5301
	# What it says of itself comes from a zone that is loaded later.
	within 10 has '^"9' dig +tries=1 +timeout=1 @::1 -p 5301 CH TXT version.bind +short
}
# Lines of options go into the one block there is.
bind_conf() {
	cat <<-TEXT
		options {
			directory "$dir";
			pid-file none;
			session-keyfile none;
			managed-keys-directory "$dir";
			listen-on-v6 port 5301 { ::1; };
			listen-on { none; };
			query-source-v6 address $one;
			allow-query { any; };
			recursion yes;
			dnssec-validation yes;
			$(sed -n 's/^options { \(.*\) };$/\1/p' "$dir/said")
		};
		controls { };
		trust-anchors { . static-ds $(sed -n 's/.*DS[[:space:]]*\([0-9]* [0-9]* [0-9]*\) \(.*\)/\1 "\2"/p' "$dir/root.ds"); };
		zone "." { type hint; file "$dir/root.hints"; };
	TEXT
	grep -v '^options' "$dir/said" || true
}
: >"$dir/said"
bind_conf >"$dir/named.conf"
bind_start
ill 'SOA flycast .*BAD .*asks the public root' 'PTR .*BAD'
end
cat "$dir/lines" >>"$dir/said"
bind_conf >"$dir/named.conf"
bind_start
ill 'SOA flycast .*BAD .*it validates'
end
cat "$dir/lines" >>"$dir/said"
bind_conf >"$dir/named.conf"
bind_start
well
end
sed -i 's/recursion yes;/&\n deny-answer-addresses { fc00::\/7; };/' "$dir/named.conf"
bind_start
ill 'SOA flycast .*ok' 'AAAA web.flycast .*BAD .*against rebinding'
end
cat "$dir/lines" >>"$dir/said"
bind_conf >"$dir/named.conf"
bind_start
well
end
pass 'BIND: no stub, validation and the filter against rebinding, mended by the lines'

# ---------------------------------------------------------------------------- dnsmasq
place='[::1]:5302'
dnsmasq_start() {
	dnsmasq -k -C "$dir/dnsmasq.conf" >>"$dir/dnsmasq.log" 2>&1 &
	resolver=$!
	within 10 up ::1 5302
}
# It needs somebody who asks the root for it.
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
within 10 up ::1 5303
cat >"$dir/dnsmasq.conf" <<TEXT
port=5302
listen-address=::1
bind-interfaces
no-resolv
no-hosts
user=root
server=::1#5303
dnssec
trust-anchor=.,$(sed -n 's/.*DS[[:space:]]*\([0-9]*\) \([0-9]*\) \([0-9]*\) \(.*\)/\1,\2,\3,\4/p' "$dir/root.ds")
stop-dns-rebind
bogus-priv
log-facility=-
TEXT
dnsmasq_start
ill 'SOA flycast .*BAD .*asks the public root' 'PTR .*BAD .*built-in zone'
cat "$dir/lines" >>"$dir/dnsmasq.conf"
end
dnsmasq_start
ill 'SOA flycast .* ok ' 'AAAA web.flycast .*BAD .*against rebinding'
cat "$dir/lines" >>"$dir/dnsmasq.conf"
end
dnsmasq_start
well
end
pass 'dnsmasq: no server, a zone of its own and the filter against rebinding, mended by the lines'
