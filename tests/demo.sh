# shellcheck shell=bash
# demo.sh [--stay] - the whole road, end to end, as a person would walk it: ./dev demo runs it through tests/lib/run.
# Every command is printed as typed, with its real output, and what it should have shown is checked.
# --stay leaves a shell inside when all was well; FLYCAST_SHELL is the command instead of bash.

bold='' dim='' green='' red='' plain=''
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
	bold=$'\e[1m' dim=$'\e[2m' green=$'\e[32m' red=$'\e[31m' plain=$'\e[0m'
fi
unset FLY_APP FLY_ORG
cd "$dir"

title() {
	printf '\n%s%s%s\n' "$bold" "$*" "$plain"
}

not_so() {
	printf '%s✗ not so: %s%s\n' "$red" "$*" "$plain"
	exit 1
}

# run_once COMMAND...: its output in $out, its exit code in $code.
run_once() {
	code=0
	out=$("$@" 2>&1 </dev/null) || code=$?
}

# show PROMPT COMMAND RUN...: prints COMMAND as typed, runs RUN and prints what came out. It must exit with 0, or with
# $exits. With $until it is run until its output matches; what is printed is the output of that one run.
show() {
	local prompt=$1 command=$2 deadline
	shift 2
	printf '%s %s%s%s\n' "$prompt" "$bold" "$command" "$plain"
	run_once "$@"
	deadline=$((SECONDS + 30))
	while [ "${until:-}" ] && ! grep -Eq -- "$until" <<<"$out" && [ $SECONDS -lt $deadline ]; do
		sleep 0.02
		run_once "$@"
	done
	[ -z "$out" ] || printf '%s%s%s\n' "$dim" "$(sed 's/^/  /' <<<"$out")" "$plain"
	[ "$code" -eq 0 ] || printf '  %s(exit %s)%s\n' "$dim" "$code" "$plain"
	[ "$code" -eq "${exits:-0}" ] || not_so "this ends with ${exits:-0}"
}

type_here() {
	show '$' "$1" bash -c "$1"
}

# type_in APP COMMAND: in the Machine of that app.
type_in() {
	show "$1\$" "$2" inside "$1" bash -c "$2"
}

# so PATTERN SENTENCE: the last output matches, which means SENTENCE.
so() {
	grep -Eq -- "$1" <<<"$out" || not_so "$2 (no match for $1)"
	printf '%s✓ %s%s\n' "$green" "$2" "$plain"
}

took() {
	awk '/^[0-9.]+ s$/ { printf "%.0f ms", $1 * 1000 }' <<<"$out"
}

# inside APP COMMAND...: in the Machine of that app, which sleeps as nobody else does. --stay leaves it to people.
mkdir bin
cat >bin/inside <<'TEXT'
#!/bin/sh
case $1 in
client) pid=$(pgrep -xf 'sleep 1000001') ;;
stranger) pid=$(pgrep -xf 'sleep 1000002') ;;
esac
[ "${pid:-}" ] || { echo 'inside client|stranger [COMMAND...]: in the Machine of that app' >&2; exit 2; }
shift
[ $# -gt 0 ] || set -- bash
exec nsenter --target "$pid" --mount --net --root --wd "$@"
TEXT
chmod 755 bin/inside
PATH=$dir/bin:$PATH
fetch="curl -sS -m 30 -w '%{time_total} s\n'"
id='[0-9a-f]{14}'

title 'A registry, and the three daemons'
type_here 'flycast init'
so 'Created' 'one SQLite file'
printf '$ %sflycast up --autostop-interval 2s &%s\n' "$bold" "$plain"
start up flycast up --autostop-interval 2s
printf '%s✓ agent, name server and proxy are ready%s\n' "$green" "$plain"

title 'An organization beside your own; an app with two Machines that sleep'
type_here 'flycast orgs create other'
type_here 'flycast apps create my-app'
for name in one two; do
	type_here "flycast machine create -a my-app --name $name --port 80:8080/tcp:http --autostop=suspend -- /srv/httpd --port 8080"
	so 'State: created' 'created, not started: nothing runs yet'
done

title 'Its Flycast address'
type_here 'flycast ips allocate-v6 --private -a my-app'
so 'fdaa:0:1:0:1::2' 'one address for the app, in its own network'
address=$(grep -oE 'fdaa:[0-9a-f:]+' <<<"$out" | head -n 1)
type_here 'flycast ips list -a my-app'
so "$address .*personal/default" 'and the list tells which network it answers in'

title 'Two clients: a Machine of another app of the organization, and one of the other organization'
type_here 'flycast apps create client'
type_here 'flycast machine run -a client -- sleep 1000001'
type_here 'flycast apps create stranger -o other'
type_here 'flycast machine run -a stranger -- sleep 1000002'
so 'Machine started' 'client$ and stranger$ are typed in these two Machines from here on'

title 'Names'
type_in client 'dig AAAA my-app.flycast +noall +answer'
so "^my-app\.flycast\..*AAAA[[:space:]]+$address\$" 'the name resolves, asleep or not'
type_in client 'dig +short TXT vms.my-app.internal'
so '^$' 'no Machine of it is started'
type_in client 'dig +short TXT all.vms.my-app.internal'
so "^\"$id [a-z]{3},$id [a-z]{3}\"\$" 'two are there'
type_in client 'dig +short TXT _apps.internal'
so '^"client,my-app"$' 'the apps of this network, and no other'

title 'A request wakes a Machine'
type_in client "$fetch http://my-app.flycast/"
so "^hello from $id\$" "cold start, from the first packet to the last byte: $(took)"
type_in client "$fetch http://my-app.flycast/"
so "^hello from $id\$" "warm: $(took)"
until='^fdaa:' type_in client 'curl -sS -o /dev/null http://my-app.flycast/ && dig +short AAAA my-app.internal'
so '^fdaa:[0-9a-f:]+$' 'the started Machine, and only it, is in .internal'
[ "$(wc -l <<<"$out")" -eq 1 ] || not_so 'one Machine is started'
until=' suspended ' type_here 'flycast machine list -a my-app'
so ' suspended ' 'idle for a while: the proxy had it suspended'
type_in client "$fetch http://my-app.flycast/"
so "^hello from $id\$" "resumed: $(took)"
type_in client "$fetch 'http://[$address]/'"
so "^hello from $id\$" "the same by its literal address: $(took)"

title 'The other organization sees nothing of it'
type_in stranger 'dig AAAA my-app.flycast +noall +comments'
so 'status: NXDOMAIN' 'no such name'
exits=7 type_in stranger "$fetch 'http://[$address]/'"
so 'Failed to connect' 'no such address'

title 'Until it is given an address there'
type_here 'flycast ips allocate-v6 --private --org other -a my-app'
so 'fdaa:0:2:0:1::2 .*other/default' 'an address in the network of the other organization'
until='^fdaa:0:2:' type_in stranger 'dig +short AAAA my-app.flycast'
so '^fdaa:0:2:0:1::2$' 'it has the name now'
type_in stranger "$fetch http://my-app.flycast/"
so "^hello from $id\$" "and it works there: $(took)"

title 'The registry is a file: an edit in the sqlite3 shell is live at once'
type_here "sqlite3 \$FLYCAST_REGISTRY \"INSERT INTO flycast (app) VALUES ('client') RETURNING app\""
edited=$(date +%s%N)
until='^fdaa:' type_in client 'dig +short AAAA client.flycast'
so '^fdaa:0:1:0:1::3$' "the new address resolves; edit and answer are $((($(date +%s%N) - edited) / 1000000)) ms apart, dig's start included"
type_here "sqlite3 \$FLYCAST_REGISTRY \"SELECT app, org, network, address FROM flycast\""
so '^my-app\|other\|default\|fdaa:0:2:0:1::2$' 'and the views answer daily questions'

title 'Left alone, it goes back to sleep'
until='Status += suspended' type_here 'flycast status -a my-app'
so 'Status += suspended' 'autosuspend, seen in status'

if [ "${1:-}" = --stay ]; then
	title 'This shell is inside. Yours are flycast, sqlite3, and inside client (or stranger) for a shell in its Machine; exit ends it all.'
	if [ "${FLYCAST_SHELL:-}" ]; then
		$FLYCAST_SHELL || exit $?
	else
		bash || true # how a person left a shell says nothing
	fi
	title 'That was the whole road.'
else
	title 'That was the whole road. ./dev demo --stay leaves you a shell inside.'
fi
stop up
