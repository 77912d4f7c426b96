# flycast dns: what the name server says of itself and of its answers over --control, and what it does when it is told to.
# shellcheck source=tests/lib/dns.sh
. "$lib/dns.sh"
cd "$dir"
control=$dir/dns.sock
own=fdaa:0:1:a:b:c:d:2 other=fdaa:0:2:a:b:c:d:2 attached=fd00::7
for address in $own $other $attached; do client "$address"; done
fly init >/dev/null
fly networks create lab >/dev/null
fly networks attach fd00::/64 >/dev/null
fly apps create web >/dev/null
fly apps create idle >/dev/null
fly apps create secret --network lab >/dev/null
fly ips allocate-v6 --private -a web >/dev/null
refuses 1 "the name server does not say how it is on $control: no answer .No such file.*; is it running with --control $control" fly dns status
dns --control "$control" --metrics '[::1]:9153' --threads 2

is "$(pid_of dns) 2 info 0" eval 'fly dns status -j | jq -r "\"\(.pid) \(.threads) \(.log_level) \(.udp_answers)\""'
newest=$(db 'SELECT max(seq) FROM change')
has '^  Version +. 0\.[0-9.]+, pid [0-9]+, 2 threads, up [0-9dhms]+$' eval 'fly dns status | tr = .'
has "^  Registry +. change $newest of $newest, looked at [0-9]+ ms ago, apps 3, networks 2$" eval 'fly dns status | tr = .'
has '^  Quarantine +. nothing$' eval 'fly dns status | tr = .'
pass 'how it is, for people and for scripts'

for _ in 1 2 3; do ask $own AAAA web.flycast >/dev/null; done
ask $own +tcp TXT idle.internal >/dev/null
ask $own AAAA nobody.internal >/dev/null
ask $other AAAA nobody.internal >/dev/null
ask ::1 AAAA web.flycast >/dev/null
is '4 1 1 1' eval 'fly dns stats -j | jq -r ".answers | \"\(.udp.NOERROR + .tcp.NOERROR) \(.udp.REFUSED) \(.tcp.NOERROR) \(.udp.NXDOMAIN - 1)\""'
is '6 1' eval 'fly dns stats -j | jq -r ".questions | \"\(.AAAA) \(.TXT)\""'
has '^ NXDOMAIN +│ 2 *$' fly dns stats
has '^Half of the questions over UDP were answered within [0-9.]+ ms' fly dns stats
is '["personal/default",3,1,1],["personal/lab",0,0,1]' \
	eval 'fly dns zonestats -j | jq -c ".networks[] | [.name, .answer, .nodata, .nxdomain]" | paste -sd,'
has '^ personal/default +│ 3 +│ 1 +│ 1 *$' fly dns zonestats
printf 'x' | socat -t 0.1 - "UDP6:[::1]:$port"
dropped() { [ "$(fly dns stats -j | jq .dropped.no_question)" = 1 ]; }
within 5 dropped
pass 'answers by transport, code, type and network; what was dropped and why'

# The rest of its numbers, as Prometheus reads them.
cat >parse.py <<'PY'
import sys
from prometheus_client.parser import text_string_to_metric_families as read
samples = {}
for family in read(sys.stdin.read()):
    assert family.type in ('counter', 'gauge', 'histogram') and family.documentation, family
    for s in family.samples:
        key = s.name + ''.join(f' {k}={v}' for k, v in sorted(s.labels.items()))
        assert key not in samples, key
        samples[key] = s.value
for want in sys.argv[1:]:
    key, value = want.rsplit(':', 1)
    assert samples[key] == float(value), (key, samples[key])
buckets = [v for k, v in samples.items() if k.startswith('flycast_dns_udp_answer_seconds_bucket')]
assert buckets == sorted(buckets) and buckets[-1] == samples['flycast_dns_udp_answer_seconds_count'] > 0
PY
for how in 'http://[::1]:9153/metrics' "--unix-socket $control http://localhost/metrics"; do
	# shellcheck disable=SC2086
	curl -s $how | /usr/bin/python3 parse.py 'flycast_dns_answers_total rcode=NXDOMAIN transport=udp:2' \
		'flycast_dns_view_answers_total kind=answer network=personal/default:3' \
		'flycast_dns_view_answers_total kind=nxdomain network=other:0' \
		'flycast_dns_questions_total type=TXT:1' 'flycast_dns_dropped_total reason=no-question:1' \
		"flycast_dns_registry_seq:$newest" || fail 'parse.py'
done
pass 'the metrics are what Prometheus reads, over HTTP and over the socket'

# A burst that the threads cannot take while they stand still is dropped by the kernel, and that is counted.
kill -STOP "$(pid_of dns)"
yes 'x' | head -c 12000000 | socat -u -b 1400 - "UDP6-SENDTO:[::1]:$port"
kill -CONT "$(pid_of dns)"
has '^[1-9]' eval 'fly dns stats -j | jq .dropped.socket_full'
pass 'what the kernel dropped at a full socket is counted, too'

# Why an answer is what it is. What of the flood still waits in sockets is counted first.
before=
counted() {
	local last=$before
	before=$(fly dns stats -j | jq -c .questions)
	[ "$before" = "$last" ]
}
until counted; do :; done
trace() { fly dns trace -j "$@" | jq -r '[.view, .network.name, .found, .records] | map(tostring) | join(" ")'; }
is 'own default records 1' trace web.flycast --from $own
is 'attached default records 1' trace web.flycast from $attached
is 'own lab no name 0' trace web.flycast --from $other
is 'own default no records 0' trace web.internal --from $own
is 'own default other type 1' trace web.flycast TXT --from $own
is 'own default apex 0' trace internal SOA --from $own
is 'own default refused 0' trace example.com --from $own
is 'nowhere null refused 0' trace web.flycast --from ::1
is 'other lab refused 0' trace web.flycast --from $other --to fdaa:0:1::3
is 'own null refused 0' trace web.flycast --from fdaa:0:9::1
has '^  View +. personal/default: .* is one of its addresses$' eval 'fly dns trace web.flycast --from $own | tr = .'
has '^  View +. personal/default: a prefix that has .* is attached to it$' eval 'fly dns trace web.flycast --from $attached | tr = .'
has '^  View +. personal/lab is where the question comes from, but the server at that address is for personal/default$' \
	eval 'fly dns trace web.flycast --from $other --to fdaa:0:1::3 | tr = .'
has '^  View +. none: ::1 is in no network .flycast networks attach PREFIX.$' eval 'fly dns trace web.flycast from ::1 | tr = .'
has '^  View +. network 9, which the registry does not have' eval 'fly dns trace web.flycast from fdaa:0:9::1 | tr = .'
has '^  App +. web of personal/default, 0 of 0 Machines started, no Flycast address in this view$' \
	eval 'fly dns trace web.flycast --from $other | tr = .'
has '^  App +. nobody, which there is not$' eval 'fly dns trace nobody.internal --from $own | tr = .'
has '^web.flycast\.	5	IN	AAAA	fdaa:0:1:0:1::2$' fly dns trace web.flycast --from $own
has 'rcode: NXDOMAIN' fly dns trace web.flycast --from $other
has 'EDE: 18' fly dns trace web.flycast --from ::1
[ "$before" = "$(fly dns stats -j | jq -c .questions)" ] || fail 'a trace was counted as a question'
pass 'whose names an asker sees and why, what there is, and the answer, without anything being counted'

# The same answers as over the wire, and the order of the nearest.
machine web 00000000000001 iad started
machine web 00000000000002 ord started
machine web 00000000000003 ord started
db "INSERT INTO region (code, name, latitude, longitude) VALUES ('iad', 'x', 39, -77), ('ord', 'x', 41, -87) ON CONFLICT DO NOTHING; UPDATE host SET region = 'ord'"
all() { [ "$(ask $own AAAA web.internal | grep -c .)" = 3 ]; }
within 5 all
is 'ord 2,iad 1' eval 'fly dns trace top3.nearest.of.web.internal --from $own -j | jq -r ".nearest[] | \"\(.region) \(.addresses)\"" | paste -sd,'
has '^  Nearest +. ord .2, [0-9.]+ ms., iad .1, [0-9.]+ ms.$' eval 'fly dns trace top3.nearest.of.web.internal --from $own | tr = .'
same() { # NAME TYPE
	local wire trace
	wire=$(dig +noall +answer +authority +tries=1 -p "$port" -b $own @::1 "$@" | awk '{$1 = $1; print tolower($0)}' | sort)
	trace=$(fly dns trace "$@" --from $own | grep -v '^;' | grep '	IN	' | awk '{$1 = $1; print tolower($0)}' | sort)
	[ "$wire" ] || fail "nothing for $*"
	[ "$wire" = "$trace" ] || fail "$*
wire:  $wire
trace: $trace"
}
for name in web.flycast web.internal vms.web.internal _apps.internal nobody.internal internal 2.vm.web.internal 'a\.b.web.internal' 'sp\032ace.internal'; do
	for type in AAAA TXT SOA; do same "$name" $type; done
done
pass 'the answer is the one that is given, and the nearest come first'

# Rows that cannot be.
db >/dev/null <<'SQL'
.dbconfig enable_trigger off
PRAGMA ignore_check_constraints = on;
UPDATE machine SET region = 'no region' WHERE id = '00000000000001';
INSERT INTO change (kind, key) VALUES ('app', 'web');
SQL
quarantined() { [ "$(fly dns status -j | jq .registry.quarantined)" = 1 ]; }
within 5 quarantined
has '^  Quarantine +. 1 objects are answered as they were before: flycast check$' eval 'fly dns status | tr = .'
has "^  Quarantine +. the app's newest rows cannot be used, so it is as it was before: " eval 'fly dns trace web.internal --from $own | tr = .'
pass 'what is quarantined is told, and why'

reloads() { fly dns status -j | jq .registry.reloads; }
before=$(reloads)
has '^Registry read in [0-9]+ ms: change [0-9]+, apps 3, networks 2$' fly dns reload
[ "$(reloads)" -gt "$before" ] || fail 'nothing was read'
has 'registry read whole path=.*: asked for' cat "$dir/dns.log"
has '^Log level is error, was info; until the next start$' fly dns log-level error
is error eval 'fly dns status -j | jq -r .log_level'
lines=$(wc -l <"$dir/dns.log")
fly dns reload >/dev/null
is "$lines" eval 'wc -l <"$dir/dns.log"'
fly dns log-level info >/dev/null
pass 'it reads the registry again and logs less when it is told to'

refuses 2 'who asks\? The answer depends on it: --from ADDRESS' fly dns trace web.flycast
refuses 2 'FOO. is no type of records' fly dns trace web.flycast FOO --from $own
refuses 2 'nowhere. is no address' fly dns trace web.flycast --from nowhere
refuses 2 'nowhere. is no address' fly dns trace web.flycast --from $own --to nowhere
refuses 1 'name is no DNS name' fly dns trace a..b --from $own
refuses 1 'name is to be the name' fly dns trace "$(printf 'a%.0s' {1..1100})" --from $own
refuses 2 'loud is no log level: debug, info, warn or error' fly dns log-level loud
ask_socket() { curl -s -o body -w '%{http_code} ' --unix-socket "$control" "$@" && cat body; }
is '405 /reload is for POST' ask_socket http://x/reload
is '405 /status is for GET' ask_socket -X POST http://x/status
is '400 level is to be debug, info, warn or error' ask_socket -X POST 'http://x/log-level?level=loud'
is '400 from is to be the address of who asks' ask_socket 'http://x/trace?name=a'
has '^404 there are GET /status' ask_socket http://x/
is '400 name is to be the name that is asked for' ask_socket 'http://x/trace?name=%00web.flycast&from=::1'
ask_socket -H "X: $(printf 'x%.0s' {1..5000})" http://x/status >/dev/null && fail 'a head of 5000 octets was taken'
is "$(pid_of dns)" eval 'fly dns status -j | jq .pid'
pass 'what makes no sense is refused with a sentence, and does no harm'
stop dns
dns --control "$control" --forward '[::1]:1'
is 'own default forwarded 0' trace example.com --from $own
has '^No answer is made here' fly dns trace example.com --from $own
has '^  Records +. none of ours: the question is passed on' eval 'fly dns trace example.com --from $own | tr = .'
stop dns
[ ! -e "$control" ] || fail 'the path of the control socket was left'
