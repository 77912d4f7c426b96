# shellcheck shell=bash
# shellcheck disable=SC2016 # for eval
# deploy with several Machines: each strategy changes them in its own order and loses no request, and whatever goes wrong
# with one of them brings back what ran before.
# shellcheck source=tests/lib/proxy.sh
. "$lib/proxy.sh"
world
chmod 755 "$dir"
mkdir "$dir/site"
cd "$dir/site" || exit
fly apps create web >/dev/null
worker='sleep 600'
config() {
	cat >fly.toml <<-END
		app = "web"
		kill_signal = "SIGTERM"
		${1:-}
		[processes]
		web = "sh -c 'exec /srv/httpd --port 8080 --body \$(cat body)'"
		worker = "$worker"
		[[services]]
		internal_port = 8080
		processes = ["web"]
		[[services.ports]]
		port = 80
		handlers = ["http"]
	END
}
machines() { db "SELECT id, state, instance, cordoned FROM machine JOIN machine_state ON machine = id ORDER BY id"; }
groups() { db "SELECT group_concat(process_group) FROM (SELECT process_group FROM machine ORDER BY 1)"; }
order() { grep -Eo 'takes|is ready|is back' "$dir/out" | sed 's/is //' | paste -sd' '; }
newest() { db "SELECT $1 FROM release ORDER BY version DESC LIMIT 1"; }
# Requests all the time, quick and slow ones, until the file is gone; what was answered, in $dir/pages. A POST that was cut
# is sent to no other Machine.
ask() {
	while [ -e "$dir/loading" ]; do
		fetch -w '\n' -f -d body "$(url "$1")" || echo "failed with $?"
	done
}
load() {
	: >"$dir/loading"
	{
		ask / &
		[ "${FLYCAST_SANITIZER:-}" ] || ask /sleep/100 &
		[ "${FLYCAST_SANITIZER:-}" ] || ask /sleep/100 &
		wait
	} >"$dir/pages" 2>&1 &
	loader=$!
}
strangers() { grep -vE "^($1)?\$" "$dir/pages" || true; }
unload() {
	rm "$dir/loading"
	wait "$loader"
}

echo one >body
config
fly deploy --flycast --ha >"$dir/out" || fail "$(cat "$dir/out")"
address=$(db "SELECT address FROM flycast WHERE app = 'web'")
is web,web,worker groups
within 10 is one fetch "$(url)"
pass '--ha makes two Machines of a new group with a service, and one of the other'

# ------------------------------------------------------------------------------------------------ the strategies

for way in 'rolling two takes ready takes ready takes ready' 'canary three takes takes ready ready takes ready' \
	'bluegreen four takes takes takes ready ready ready'; do
	read -r how body want <<<"$way"
	former=$(cat body)
	echo "$body" >body
	load
	fly deploy --strategy "$how" >"$dir/out" || fail "$(cat "$dir/out")"
	within 5 is "$body" fetch "$(url)"
	unload
	is "$want" order
	is '' strangers "$former|$body"
	is "$(printf '%s\n' "$former" "$body" | sort)" eval 'grep . "$dir/pages" | sort -u'
	is web,web,worker groups
	is 0 db "SELECT count(*) FROM machine WHERE cordoned"
done
pass 'rolling, canary and bluegreen replace Machines in their order, and no request fails'

# ------------------------------------------------------------------------------------------------ going back

before=$(machines)
echo five >body
worker="sh -c 'echo I am broken; exit 3'"
config
asleep=$(db "SELECT max(id) FROM machine WHERE process_group = 'web'")
load
many_lines=1 refuses 1 'I am broken' fly deploy --strategy bluegreen
is "$before" machines
many_lines=1 refuses 1 'what ran before goes on' eval 'fly deploy | tee "$dir/out"; exit "${PIPESTATUS[0]}"'
unload
is 'takes ready takes ready takes back back' order
is '' strangers 'four|five'
is "$(cut -d'|' -f1,2,4 <<<"$before")" eval 'machines | cut -d"|" -f1,2,4'
is 'failed' newest status
has '^machine [0-9a-f]{14} of process group worker ended with exit code 3' newest message
has 'v6 failed: machine [0-9a-f]{14} of process group worker' fly releases
is four fetch "$(url)"
pass 'a Machine that fails brings back those that were replaced before, and no request fails'

fly machine stop "$asleep" >/dev/null
fly machine cordon "$asleep" >/dev/null
within 5 eval '[ "$(state "$asleep")" = stopped ]'
before=$(machines)
many_lines=1 refuses 1 'what ran before goes on' fly deploy
is "$(grep "^$asleep" <<<"$before")" eval 'machines | grep "^$asleep"'
is 1 db "SELECT count(*) FROM machine WHERE cordoned"
fly machine uncordon "$asleep" >/dev/null
pass 'one that was stopped and cordoned is so again'

config $'[experimental]\nauto_rollback = false'
many_lines=1 refuses 1 'v8 failed, and 2 Machines are of it all the same' fly deploy
within 5 is five fetch "$(url)"
is web,web,worker groups
is 0 db "SELECT count(*) FROM machine WHERE cordoned"
fly rollback --strategy immediate >"$dir/out" || fail "$(cat "$dir/out")"
within 5 is four fetch "$(url)"
pass 'without auto_rollback those that were replaced stay, and a rollback leads to what ran before them'

# ------------------------------------------------------------------------------------------------ some groups only

echo six >body
config
kept=$(db "SELECT id FROM machine WHERE process_group = 'worker'")
refuses 1 'there is no process group wbe' fly deploy --process-groups web,wbe
fly deploy --process-groups web >"$dir/out" || fail "$(cat "$dir/out")"
is 'takes ready takes ready' order
is "$kept" db "SELECT id FROM machine WHERE process_group = 'worker'"
within 5 is six fetch "$(url)"
fly deploy --max-unavailable 2 --process-groups web >"$dir/out" || fail "$(cat "$dir/out")"
is 'takes takes ready ready' order
refuses 1 'names none' fly deploy --process-groups ''
refuses 2 'neither a share such as 0.33 nor a number' fly deploy --max-unavailable none
pass '--process-groups leaves the others alone, --max-unavailable says how many go together'

# ------------------------------------------------------------------------------------------------ ended in the middle

before=$(machines | cut -d'|' -f1,2,4)
worker='sleep 600'
echo seven >body
config
taken() { db "SELECT count(*) FROM machine WHERE cordoned AND process_group = 'web'"; }
flycast deploy >"$dir/out" 2>"$dir/err" &
deploying=$!
within 10 is 2 taken
within 10 eval '[ "$(grep -c takes "$dir/out")" = 3 ]'
kill -INT $deploying
code=0
wait $deploying || code=$?
is 1 echo $code
has '^Error: it was interrupted$' cat "$dir/err"
is 'takes ready takes ready takes back back' order
is "$before" eval 'machines | cut -d"|" -f1,2,4'
is six fetch "$(url)"
pass 'Ctrl-C brings back what ran before'

env --default-signal=HUP flycast deploy --wait-timeout 30s >"$dir/out" 2>"$dir/err" &
deploying=$!
within 10 is 2 taken
within 10 eval '[ "$(grep -c takes "$dir/out")" = 3 ]'
lost=$(db "SELECT min(id) FROM machine WHERE cordoned AND process_group = 'web'")
fly machine destroy --force --wait-timeout 0 "$lost" >/dev/null
kill -HUP $deploying
code=0
wait $deploying || code=$?
is 1 echo $code
has 'failed, and 1 Machine is of it all the same' cat "$dir/err"
is 'takes ready takes ready takes back' order
is web,web,worker groups
is 0 db "SELECT count(*) FROM machine WHERE cordoned"
pass 'the end of the terminal, too; where the former Machine was destroyed meanwhile the new one stays, and the others go back'

flycast deploy >"$dir/out" 2>"$dir/err" &
deploying=$!
within 10 is 2 taken
within 10 eval '[ "$(grep -c takes "$dir/out")" = 3 ]'
kill -KILL $deploying
wait $deploying || true
within 5 is seven fetch "$(url)"
echo eight >body
config
fly deploy >"$dir/out" || fail "$(cat "$dir/out")"
within 5 is eight fetch "$(url)"
is web,web,worker groups
is 0 db "SELECT count(*) FROM machine WHERE cordoned"
is interrupted db "SELECT status FROM release ORDER BY version DESC LIMIT 1 OFFSET 1"
is "Nothing is inconsistent in $registry" fly check
pass 'after a kill in the middle the next deploy leaves one Machine in each place'

(flycast deploy 2>"$dir/err" || true) | head -1 >"$dir/out"
is complete db "SELECT status FROM release ORDER BY version DESC LIMIT 1"
pass 'a reader who goes away ends nothing'

echo nine >body
flycast deploy >"$dir/out" 2>&1 &
deploying=$!
within 10 grep -q takes "$dir/out"
stop agent KILL
sleep 1.2 # it is away for longer than one look
start agent flycast-agent --registry "$registry"
wait $deploying || fail "$(cat "$dir/out")"
within 5 is nine fetch "$(url)"
pass 'an agent that is restarted meanwhile is waited for'

# ------------------------------------------------------------------------------------------------ immediate, a terminal

worker="sh -c 'exit 3'"
config
many_lines=1 refuses 1 'v[0-9]+ failed, and 3 Machines are of it all the same' fly deploy --strategy immediate
is web,web,worker groups
worker='sleep 600'
config
fly deploy --detach >"$dir/out"
is 'takes takes takes' order
within 10 is 3 db "SELECT count(*) FROM machine_state JOIN machine ON id = machine WHERE state = 'started'"
TERM=xterm script -qec 'flycast deploy' /dev/null >"$dir/out"
has $'\r\x1b\\[K  Machine [0-9a-f]{14} \\[web\\] (is created|is starting|runs, but)' cat "$dir/out"
pass 'immediate waits for nothing; a terminal sees what is waited for'
stop proxy
stop agent
