# TCP as clients do it: many questions at once, one octet at a time, a FIN right behind the question, nonsense, limits.
# shellcheck source=tests/lib/dns.sh
. "$lib/dns.sh"
one=fdaa:0:1:ffff:0:1:0:2
client $one
fly init >/dev/null
fly apps create web >/dev/null
fly networks attach ::1/128 >/dev/null
fly ips allocate-v6 --private -a web >/dev/null
dns --threads 1 --tcp-clients 8 --tcp-clients-per-source 6 --tcp-idle 300ms --tcp-io 1s --metrics '[::1]:9153'

# A question for web.flycast AAAA with an id, and how its answer starts and ends, as printf and od write them.
question() { printf '\\x00\\x1d\\x%02x\\x%02x\\x01\\x00\\x00\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x03web\\x07flycast\\x00\\x00\\x1c\\x00\\x01' $(($1 / 256)) $(($1 % 256)); }
tell() { socat -t 2 - "TCP6:[::1]:$port" | od -An -v -tx1 | tr -d ' \n'; }
answers() { grep -o '0039[0-9a-f]\{4\}85000001000100000000' | sed 's/^0039\(....\).*/\1/'; }
counter() { curl -s 'http://[::1]:9153/metrics' | sed -n "s/^flycast_dns_$1 //p"; }

# said OCTETS: the ids of the answers to them.
said() { printf '%b' "$1" | tell | answers; }

is 0007 said "$(question 7)"
pass "a question with a FIN right behind it is answered"

all=$(for n in $(seq 1000); do question "$n"; done)
want=$(printf '%04x\n' $(seq 1000))
is "$want" said "$all"
pass "a thousand questions in one go, answered in order"

one_by_one() { # [SECONDS before each]
	local octets n
	octets=$(question 9)
	for ((n = 0; n < ${#octets}; n++)); do
		[ -z "${1:-}" ] || sleep "$1"
		if [ "${octets:n:1}" = \\ ]; then
			printf '%b' "${octets:n:4}"
			n=$((n + 3))
		else
			printf '%s' "${octets:n:1}"
		fi
	done
}
slowly() { one_by_one | tell | answers; }
is 0009 slowly
pass "one octet per write"

# Malformed, an answer, then a good one: FORMERR, nothing, the answer.
malformed='\x00\x0c\x00\x01\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00'
response='\x00\x0c\x00\x02\x81\x00\x00\x01\x00\x00\x00\x00\x00\x00'
begins() { printf '%b' "$1" | tell | cut -c1-36; }
is 000c00018101000000000000000000390003 begins "$malformed$response$(question 3)"
pass "a malformed question is told so, an answer is passed over, and the next question is answered"

for length in '\x00\x00' '\x00\x05abcde' '\xff\xff'; do
	is 0004 said "$(question 4)$length$(question 5)"
done
[ "$(counter tcp_broken_total)" -eq 3 ] || fail "three broken lengths were not counted"
pass "a length that no question has ends the connection behind the answers before it"

# Idle connections and half questions are cut off; the answers of others come meanwhile.
hold() { sleep 5 | socat - "TCP6:[::1]:$port" >/dev/null 2>&1 & }
trickle() { { printf '\x00\x1d\x00'; sleep 5; } | socat - "TCP6:[::1]:$port" >/dev/null 2>&1 & }
expired=$(counter tcp_expired_total)
hold
trickle
is 0006 said "$(question 6)"
both_gone() { [ "$(counter tcp_expired_total)" -ge $((expired + 2)) ]; }
within 3 both_gone
# The time is the question's, not the octet's.
drop_by_drop() { one_by_one 0.1 2>/dev/null | tell | answers; }
is '' drop_by_drop
pass "silence and slowness end a connection"

# Six of one source over all threads, wherever the kernel puts them; the seventh is refused, another source is answered.
stop dns
port=0
dns --threads 3 --tcp-clients 64 --tcp-clients-per-source 6 --tcp-idle 20s --metrics '[::1]:9153'
for _ in 1 2 3 4 5 6; do hold; done
open_are() { [ "$(counter tcp_open)" -eq "$1" ]; }
within 5 open_are 6
[ "$(counter tcp_refused_total)" -eq 0 ] || fail "a source did not get its share"
is '' said "$(question 8)"
[ "$(counter tcp_refused_total)" -eq 1 ] || fail "the seventh connection of one source was not refused"
is fdaa:0:1:0:1::2 ask $one +tcp AAAA web.flycast
pass "a source has a share, and only that"

# All places are taken: the connection that was idle longest goes, or, when all are at work, the one that is slowest.
client fdaa:0:1:ffff:0:2:0:2
from() { { printf '%b' "$2"; sleep 5; } | socat - "TCP6:[::1]:$port,bind=[$1]" >/dev/null 2>&1 & }
for octets in '' '\x00\x1d\x00'; do
	stop dns
	port=0
	dns --threads 1 --tcp-clients 8 --tcp-idle 20s --tcp-io 20s --metrics '[::1]:9153'
	for _ in 1 2 3 4 5 6 7 8; do from $one "$octets"; done
	within 5 open_are 8
	is fdaa:0:1:0:1::2 ask fdaa:0:1:ffff:0:2:0:2 +tcp AAAA web.flycast
	is 1 counter tcp_evicted_total
done
pass "when all places are taken, the longest idle one goes, or the slowest"
stop dns
