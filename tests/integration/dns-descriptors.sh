# No descriptor is left: UDP answers, connections make room for each other, a change of the registry arrives; when there are
# some again, all is as before. The log has a line when it begins and a line when it is over.
# shellcheck source=tests/lib/dns.sh
. "$lib/dns.sh"
fly init >/dev/null
fly apps create web >/dev/null
fly networks attach ::1/128 >/dev/null
fly ips allocate-v6 --private -a web >/dev/null
cd "$dir" || exit
answer=fdaa:0:1:0:1::2
dns --threads 1 --metrics '[::1]:9153'
pid=$(pid_of dns)
is $answer ask ::1 +tcp AAAA web.flycast
resident() { awk '/^VmRSS/ {print $2}' "/proc/$pid/status"; }
lines() { grep -c "$1" dns.log || true; }
all_lines() { wc -l <dns.log; }
udp() { # N: answers of N questions
	for ((i = 0; i < $1; i++)); do echo 'web.flycast AAAA'; done >questions
	dig +short +tries=1 +timeout=5 -p "$port" @::1 -f questions | grep -c $answer
}
before=$(resident) said=$(all_lines)

# No number below the limit is free, and nobody is idle who could make room.
least=0
while [ -e "/proc/$pid/fd/$least" ]; do least=$((least + 1)); done
prlimit --pid "$pid" --nofile="$least:1024"
cat >knock.py <<'PY'
"""knock.py PORT N: N connections that ask nothing, until a line comes."""
import socket, sys
crowd = [socket.create_connection(('::1', int(sys.argv[1]))) for _ in range(int(sys.argv[2]))]
print('ready', flush=True)
sys.stdin.readline()
PY
mkfifo knock.in
python3 knock.py "$port" 50 <knock.in >knock.out &
knock=$!
exec 7>knock.in
within 10 grep -q ready knock.out
within 10 grep -q 'connections not taken .*Too many open files' dns.log
is 100 udp 100
fly apps create api >/dev/null
fly ips allocate-v6 --private -a api >/dev/null
within 5 is fdaa:0:1:0:1::3 ask ::1 AAAA api.flycast
is 100 udp 100
is 1 lines 'connections not taken'
is 0 lines 'connections taken again'
pass 'without a descriptor for one more UDP is answered, from what the registry says now'

echo >&7
wait $knock
prlimit --pid "$pid" --nofile=1024:1024
over_tcp() { [ "$(ask ::1 +tcp AAAA web.flycast)" = $answer ]; }
within 5 over_tcp
again() { over_tcp && grep -q 'connections taken again' dns.log; }
within 15 again
has '^flycast_dns_tcp_open' curl -s 'http://[::1]:9153/metrics'
is 1 lines 'connections not taken'
is 1 lines 'connections taken again'
[ "$(($(all_lines) - said))" -le 3 ] || fail "the log is full of it: $(cat dns.log)"
[ "${FLYCAST_SANITIZER:-}" ] || [ $(($(resident) - before)) -le 2048 ] || fail "it grew from $before KiB to $(resident)"
stop dns
pass 'TCP comes back; a line when it began, a line when it was over'
