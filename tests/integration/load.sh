# Questions, requests, edits and Machines that come and go, all at once: what the builds with sanitizers look at for races
# and for memory. FLYCAST_LOAD says for how many seconds (6).
seconds=${FLYCAST_LOAD:-6}
cd "$dir"
client=fdaa:0:1:ffff:0:1:0:2
ip address add "$client/128" dev lo nodad

fly init >/dev/null
start agent flycast-agent --registry "$registry"
start dns flycast-dns --registry "$registry" --listen '[::1]:53' --threads 2
start proxy flycast-proxy --registry "$registry" --threads 2 --autostop-interval 1s
fly apps create web >/dev/null
for name in one two; do
	fly machine run -a web --name $name --port 80:8080/tcp:http --port 81:8080 --autostop=suspend --soft-limit 5 -- \
		/srv/httpd --port 8080 >/dev/null
done
fly ips allocate-v6 --private -a web >/dev/null
address=$(db 'SELECT address FROM flycast')
answers() { curl -sf -m 20 --interface $client "http://[$address]/" | grep -q hello; }
within 20 answers

: >running
loop() {
	while [ -e running ]; do "$@" || true; done
}
fetch() {
	curl -s -m 20 --interface $client --parallel --parallel-max 16 -o /dev/null -w '%{http_code}\n' \
		"http://[$address]/?[1-100]" >>fetched
	# Without a handler nobody can send a request again whose Machine was stopped under it: those may fail.
	curl -s -m 20 --interface $client --parallel --parallel-max 16 -o /dev/null "http://[$address]:81/sleep/5?[1-20]"
}
ask() {
	kdig +short -b $client @::1 web.flycast AAAA web.internal AAAA _apps.internal TXT nothing.flycast AAAA >>asked
	kdig +short +tcp +keepopen -b $client @::1 vms.web.internal TXT _instances.internal TXT >>asked
}
edit() {
	db "INSERT OR IGNORE INTO app (name, org, network) VALUES ('edit-$1', 'personal', 1);
		INSERT INTO flycast (app) VALUES ('edit-$1'); DELETE FROM flycast WHERE app = 'edit-$1';
		DELETE FROM app WHERE name = 'edit-$1'" 2>>errors
}
change() {
	local id
	id=$(db "SELECT id FROM machine WHERE name = 'two'")
	fly machine suspend "$id" >/dev/null 2>&1
	fly machine start "$id" >/dev/null 2>&1
	fly machine stop "$id" >/dev/null 2>&1
}
loops=()
for work in fetch fetch ask ask 'edit 1' 'edit 2' change; do
	# shellcheck disable=SC2086 # a word and its argument
	loop $work &
	loops+=($!)
done
sleep "$seconds" # the length of the load, not a wait for something
rm running
wait "${loops[@]}"
within 20 answers

good=$(grep -c '^200$' fetched)
[ "$good" -ge 100 ] || fail "only $good requests were answered"
bad=$(grep -vc '^200$' fetched || true)
[ "$bad" -eq 0 ] || fail "$bad of $((good + bad)) requests failed: $(sort fetched | uniq -c | paste -sd' ')"
pass "$good requests and $(wc -l <asked) lines of answers, none bad"
is ok db 'PRAGMA integrity_check'
# A sanitizer that found something makes a daemon end badly.
for name in proxy dns agent; do stop $name; done
pass 'every daemon ended well'
