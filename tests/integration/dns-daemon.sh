# flycast-dns as a process: flags, what stops it from starting, the user it becomes, metrics, control socket, signals.
# shellcheck source=tests/lib/dns.sh
. "$lib/dns.sh"
fly init >/dev/null
fly apps create web >/dev/null
fly networks attach ::1/128 >/dev/null
fly ips allocate-v6 --private -a web >/dev/null

has 'Usage: flycast-dns' flycast-dns --help
has '^flycast-dns [0-9]' flycast-dns --version
refuses 2 'no such flag' flycast-dns --frobnicate 1
refuses 2 '\[ADDR\]:PORT' flycast-dns --listen ::1
refuses 2 'udp-size' flycast-dns --udp-size 100
refuses 2 'longer than 64' flycast-dns --id "$(printf '%065d' 0)"
refuses 1 "cannot serve $dir/none.db" flycast-dns --registry "$dir/none.db" --listen '[::1]:0'
refuses 1 'cannot listen on \[2001:db8::1\]:53' flycast-dns --registry "$registry" --listen '[2001:db8::1]:53'
refuses 1 'user unknown name=no-such-user' flycast-dns --registry "$registry" --listen '[::1]:0' --user no-such-user
pass "misuse exits with 2, what cannot be served with 1, each with a sentence"

dns --listen '127.0.0.1:0' --metrics '[::1]:9153' --control "$dir/dns.sock"
has 'listen=\[::\]:[0-9]+ listen=127.0.0.1:[0-9]+ metrics=\[::1\]:9153' grep ready "$dir/dns.log"
is fdaa:0:1:0:1::2 ask ::1 AAAA web.flycast
is fdaa:0:1:0:1::2 ask ::1 +tcp AAAA web.flycast
has 'answers_total\{transport="udp",rcode="NOERROR"\} 1' curl -s 'http://[::1]:9153/metrics'
has 'answers_total\{transport="tcp",rcode="NOERROR"\} 1' curl -s --unix-socket "$dir/dns.sock" http://localhost/metrics
has "^flycast_dns_registry_seq $(db 'SELECT max(seq) FROM change')\$" curl -s 'http://[::1]:9153/metrics'
has 'questions_total\{type="AAAA"\} 2$' curl -s 'http://[::1]:9153/metrics'
has 'view_answers_total\{network="personal/default",kind="answer"\} 2$' curl -s 'http://[::1]:9153/metrics'
has 'udp_answer_seconds_count [1-9]' curl -s 'http://[::1]:9153/metrics'
has '^flycast_dns_registry_quarantined 0' curl -s 'http://[::1]:9153/metrics'
socat "UNIX-LISTEN:$dir/other.sock,fork" SYSTEM:'sleep 0.1' &
within 5 test -S "$dir/other.sock"
refuses 1 "nothing taken over: the daemon that runs did not hand over its sockets on $dir/other.sock" \
	flycast-dns --registry "$registry" --listen '[::1]:0' --control "$dir/other.sock"
refuses 1 "cannot listen on \[::\]:$port: Address already in use" flycast-dns --registry "$registry" --listen ":$port"
stop dns
[ ! -e "$dir/dns.sock" ] || fail "the control socket was left behind"
pass "two addresses, metrics over HTTP and over the control socket, SIGTERM ends it cleanly"

start json flycast-dns --registry "$registry" --listen '[::1]:0' --threads 2 --log-format json
stop json
is '"ready","2","info","flycast-dns"' eval "jq -r 'select(.event == \"ready\") | [.event, .fields.threads, .level, .program] | @csv' '$dir/json.log'"
is opened eval "jq -r 'select(.event == \"registry read whole\") | .reason' '$dir/json.log'"
is "$(wc -l <"$dir/json.log")" eval "jq -c 'select(.message and .time and .event)' '$dir/json.log' | wc -l"
pass "a log in JSON is an object a line, each with what the line says, apart"

port=0
dns --metrics '[::1]:9153'
stop dns INT
pass "SIGINT ends it cleanly"

# Only root can become somebody else; in a user namespace there is nobody else.
if [ "$(id -u)" = 0 ] && [ "$(wc -l </proc/self/uid_map)" = 1 ] && grep -q '4294967295' /proc/self/uid_map; then
	chmod 711 "$dir"
	mkdir "$dir/registry"
	export registry=$dir/registry/registry.db
	FLYCAST_REGISTRY=$registry fly init >/dev/null
	FLYCAST_REGISTRY=$registry fly networks attach ::1/128 >/dev/null
	chown -R nobody "$dir/registry"
	port=0
	dns --listen '[::1]:53' --user nobody
	pid=$(pid_of dns)
	is "$(id -u nobody)" awk '/^Uid:/ {print $2}' "/proc/$pid/status"
	for set in CapInh CapPrm CapEff CapBnd CapAmb; do
		is 0000000000000000 awk -v set="$set:" '$1 == set {print $2}' "/proc/$pid/status"
	done
	is 1 awk '/^NoNewPrivs:/ {print $2}' "/proc/$pid/status"
	for task in "/proc/$pid/task/"*; do
		is 0000000000000000 awk '/^CapEff:/ {print $2}' "$task/status"
	done
	db "INSERT INTO app (name, org, network) VALUES ('later', 'personal', 1)"
	later() { dig +tries=1 +timeout=1 -b ::1 @::1 AAAA later.internal | grep -q NOERROR; }
	within 5 later
	stop dns
	pass "binds port 53 as root, then is nobody, without a capability in any thread, and follows the registry"
fi
