# kill -9 of every daemon and of the command line at random moments, under requests, questions and edits: nothing that was
# acknowledged is lost, nothing is there twice, no Machine is without an owner, and every daemon serves again within a
# second of its restart. FLYCAST_KILLS says how often (40), FLYCAST_SEED repeats a run.
kills=${FLYCAST_KILLS:-40}
RANDOM=${FLYCAST_SEED:=$RANDOM}
echo "  FLYCAST_SEED=$FLYCAST_SEED"
cd "$dir"
mkdir acknowledged

start_agent() { start agent flycast-agent --registry "$registry"; }
start_dns() { start dns flycast-dns --registry "$registry" --listen '[::1]:53'; }
start_proxy() { start proxy flycast-proxy --registry "$registry" --autostop-interval 1s; }

# A client of network 1, without a Machine: an address on the loopback that its requests come from.
client=fdaa:0:1:ffff:0:1:0:2
ip address add "$client/128" dev lo nodad

fly init >/dev/null
start_agent
start_dns
start_proxy
for app in web api; do
	fly apps create $app >/dev/null
	for name in one two; do
		fly machine run -a $app --name $name --port 80:8080/tcp:http --autostop=suspend -- \
			/srv/httpd --port 8080 --body "$app-$name" >/dev/null
	done
	fly ips allocate-v6 --private -a $app >/dev/null
done
address=$(db "SELECT address FROM flycast WHERE app = 'web'")

resolves() { dig +short +tries=1 +timeout=1 -b $client -p 53 @::1 AAAA web.flycast | grep -qx "$address"; }
answers() { curl -sf -m 5 --interface $client "http://[$address]/" | grep -q '^web-'; }
lives() { fly machine list -a web -j | grep -q '"state"'; }
within 10 resolves
within 10 answers

# ---------------------------------------------------------------------------------------------------- traffic

: >running
loop() {
	while [ -e running ]; do
		"$@" || true
		sleep 0.02 # leaves some of the processors to the daemons
	done
}

ask_and_fetch() {
	resolves && echo >>resolved
	answers && echo >>fetched
}

# An edit counts once its program said yes. Names are never used twice.
edit() {
	local n
	n=$1-$((++count))
	fly apps create "$n" >/dev/null 2>&1 || return 0
	: >"acknowledged/$n"
	fly ips allocate-v6 --private -a "$n" >/dev/null 2>&1 && echo >"acknowledged/$n"
}

edit_in_shell() {
	local n
	n=shell-$((++count))
	sqlite3 -cmd '.timeout 5000' "$registry" "BEGIN IMMEDIATE; INSERT INTO app (name, org, network) VALUES ('$n', 'personal', 1);
		INSERT INTO flycast (app) VALUES ('$n'); COMMIT" 2>/dev/null && echo >"acknowledged/$n"
}

change_states() {
	fly machine restart "$(db "SELECT id FROM machine WHERE app = 'api' AND name = 'two'")" >/dev/null 2>&1
	fly machine list -a api >/dev/null 2>&1
}

count=0
loops=()
for work in ask_and_fetch 'edit left' 'edit right' edit_in_shell change_states; do
	# shellcheck disable=SC2086 # a word and its argument
	loop $work 2>>loops.log &
	loops+=($!)
done

# ---------------------------------------------------------------------------------------------------- kills

slowest=0
late=()
for ((i = 1; i <= kills; i++)); do
	sleep "0.$((RANDOM % 150 + 100))"
	case $((RANDOM % 4)) in
	0) victim=agent check=lives ;;
	1) victim=dns check=resolves ;;
	2) victim=proxy check=answers ;;
	3)
		# Anywhere in the life of a command, from its first instruction to its last.
		flycast apps create "killed-$i" >/dev/null 2>&1 &
		sleep "0.00$((RANDOM % 900 + 100))"
		kill -KILL $! 2>/dev/null || true
		wait $! 2>/dev/null || true
		continue
		;;
	esac
	kill -KILL "$(pid_of "$victim")"
	wait "$(pid_of "$victim")" 2>/dev/null || true
	began=$(date +%s%N)
	start_"$victim"
	ready=$((($(date +%s%N) - began) / 1000000))
	until $check; do
		[ $(($(date +%s%N) - began)) -lt 5000000000 ] || fail "$victim does not serve five seconds after its restart"
	done
	took=$((($(date +%s%N) - began) / 1000000))
	[ $took -le $slowest ] || slowest=$took
	[ $took -le 1000 ] || late+=("$victim $took ms, ready after $ready")
done
rm running
wait "${loops[@]}"
pass "$kills kills; late: ${#late[@]}; the slowest daemon served again after $slowest ms"
[ "$(wc -l <fetched)" -ge "$kills" ] || fail "only $(wc -l <fetched) requests were answered meanwhile"
pass "$(wc -l <resolved) names were resolved and $(wc -l <fetched) pages fetched meanwhile"

# ---------------------------------------------------------------------------------------------------- what is left

is ok db 'PRAGMA integrity_check'
is '' db 'PRAGMA foreign_key_check'
find acknowledged -type f -printf '%f\n' | sort >wanted
db 'SELECT name FROM app ORDER BY name' | sort >there
[ -z "$(comm -23 wanted there)" ] || fail "acknowledged and lost: $(comm -23 wanted there | head)"
find acknowledged -type f -size +0 -printf '%f\n' | sort >wanted
db 'SELECT app FROM flycast' | sort >there
[ -z "$(comm -23 wanted there)" ] || fail "address acknowledged and lost: $(comm -23 wanted there | head)"
[ -z "$(uniq -d there)" ] || fail "apps with two addresses in one network: $(uniq -d there)"
is '' db 'SELECT network, number FROM address GROUP BY network, number HAVING count(*) > 1'
is 1 db "SELECT max(number) = (SELECT value FROM counter WHERE kind = 'address' AND scope = '1') FROM address"
pass "$(wc -l <wanted) acknowledged apps and addresses are there, each once"

# Each Machine has as many servers as its state says, and nobody else has one.
settled() {
	[ "$(db "SELECT count(*) FROM instances WHERE state NOT IN ('started', 'stopped', 'suspended', 'created')")" = 0 ] || return 1
	local app name state want
	while IFS='|' read -r app name state; do
		want=0
		[ "$state" != started ] && [ "$state" != suspended ] || want=1
		[ "$(pgrep -cf "httpd --port 8080 --body $app-$name\$")" = $want ] || return 1
	done < <(db 'SELECT app, name, state FROM instances')
	[ "$(pgrep -cf 'httpd --port 8080 --body')" = "$(db "SELECT count(*) FROM instances WHERE state IN ('started', 'suspended')")" ]
}
within 15 settled
is "Nothing is inconsistent in $registry" fly check
pass 'Machines and their processes agree'
for id in $(db 'SELECT id FROM machine'); do
	fly machine destroy -f "$id" >/dev/null
done
gone() { [ "$(pgrep -cf 'httpd --port 8080')" = 0 ] && [ -z "$(ip -o link show type veth)" ]; }
within 15 gone
is "Nothing is inconsistent in $registry" fly check
pass 'destroyed, they leave no process and no interface'
for name in agent dns proxy; do stop $name; done

# A machine that is busy with other things may make a restart late; a daemon that is late by nature would be each time.
[ ${#late[@]} -le $((kills / 20)) ] || fail "not within a second: $(printf '%s; ' "${late[@]}")"
