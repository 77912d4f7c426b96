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

# show PROMPT COMMAND RUN...: prints COMMAND, runs RUN, prints what came out and keeps it in $out.
show() {
	local prompt=$1 command=$2 code=0
	shift 2
	printf '%s %s%s%s\n' "$prompt" "$bold" "$command" "$plain"
	out=$("$@" 2>&1 </dev/null) || code=$?
	out+=$([ $code -eq 0 ] || printf '\n(exit %s)' $code)
	[ -z "$out" ] || printf '%s%s%s\n' "$dim" "$(sed 's/^/  /' <<<"$out")" "$plain"
}

type_here() {
	show '$' "$1" bash -c "$1"
}

# type_in APP COMMAND: in the Machine of that app.
type_in() {
	show "$1\$" "$2" nsenter --target "$(pgrep -xf "sleep ${client[$1]}")" --mount --net bash -c "$2"
}

# so PATTERN SENTENCE: the last output matches, which means SENTENCE.
so() {
	if ! grep -Eq -- "$1" <<<"$out"; then
		printf '%s✗ not so: %s%s (no match for %s)\n' "$red" "$2" "$plain" "$1"
		exit 1
	fi
	printf '%s✓ %s%s\n' "$green" "$2" "$plain"
}

took() {
	awk '/^[0-9.]+ s$/ { printf "%.0f ms", $1 * 1000 }' <<<"$out"
}

# settles PATTERN COMMAND: until the command shows it; then shows it once more, for people.
settles() {
	within 20 bash -c "$2 | grep -Eq -- '$1'"
	type_here "$2"
}

declare -A client=([client]=1000001 [stranger]=1000002) # what their Machines sleep, to find them by
fetch="curl -sS -m 30 -w '%{time_total} s\n'"

title 'A registry, and the three daemons'
type_here 'flycast init'
printf '$ %sflycast up --autostop-interval 2s &%s\n' "$bold" "$plain"
start up flycast up --autostop-interval 2s

title 'An organization beside your own; an app with two Machines that sleep'
type_here 'flycast orgs create other'
type_here 'flycast apps create my-app'
for name in one two; do
	type_here "flycast machine create -a my-app --name $name --port 80:8080/tcp:http --autostop=suspend -- /srv/httpd --port 8080"
done
so '[0-9a-f]{14}' 'created, not started: nothing runs yet'

title 'Its Flycast address'
type_here 'flycast ips allocate-v6 --private -a my-app'
so 'fdaa:0:1:0:1::2' 'one address for the app, in its own network'
address=$(grep -oE 'fdaa:[0-9a-f:]+' <<<"$out" | head -n 1)
type_here 'flycast ips list -a my-app'
so 'default' 'and the list tells which network it answers in'

title 'Two clients: a Machine of another app of the organization, and one of the other organization'
type_here 'flycast apps create client'
type_here 'flycast apps create stranger -o other'
for name in client stranger; do
	type_here "flycast machine run -a $name -- sleep ${client[$name]}"
done
within 10 pgrep -xf "sleep ${client[stranger]}" >/dev/null

title 'Names'
type_in client 'dig AAAA my-app.flycast +noall +answer +comments'
so "^ *my-app.flycast.*AAAA[[:space:]]+$address" 'the name resolves, asleep or not'
type_in client 'dig +short TXT vms.my-app.internal; dig +short TXT all.vms.my-app.internal'
so ',' 'no Machine of it is started, two are there'
type_in client 'dig +short TXT _apps.internal'
so 'my-app' 'the apps of this network'

title 'A request wakes a Machine'
type_in client "$fetch http://my-app.flycast/"
so 'hello from' "cold start, first byte to last: $(took)"
type_in client "$fetch http://my-app.flycast/"
so 'hello from' "warm: $(took)"
type_in client 'dig +short AAAA my-app.internal'
so '^fdaa:' 'the started Machine is in .internal'
settles 'suspended' 'flycast machine list -a my-app'
so 'suspended' 'idle for a while: the proxy let it be suspended'
type_in client "$fetch http://my-app.flycast/"
so 'hello from' "resumed: $(took)"
type_in client "$fetch 'http://[$address]/'"
so 'hello from' 'the same by its literal address'

title 'The other organization sees nothing of it'
type_in stranger 'dig AAAA my-app.flycast +noall +comments'
so 'NXDOMAIN' 'no such name'
type_in stranger "$fetch 'http://[$address]/'"
so '(exit|refused|Connection)' 'no such address'

title 'Until it is given an address there'
type_here 'flycast ips allocate-v6 --private --org other -a my-app'
so 'fdaa:' 'an address in the network of the other organization'
within 5 nsenter --target "$(pgrep -xf "sleep ${client[stranger]}")" --mount --net bash -c 'dig +short AAAA my-app.flycast | grep -q fdaa'
type_in stranger "$fetch http://my-app.flycast/"
so 'hello from' "and it works there: $(took)"

title 'The registry is a file: an edit in the sqlite3 shell is live at once'
type_here "sqlite3 \$FLYCAST_REGISTRY \"INSERT INTO flycast (app) VALUES ('client') RETURNING app\""
type_in client 'sleep 0.1; dig +short AAAA client.flycast'
so '^fdaa:' 'the new address resolves a tenth of a second later'
type_here "sqlite3 \$FLYCAST_REGISTRY \"SELECT app, org, network, address FROM flycast\""
so 'my-app' 'and the views answer daily questions'

title 'Left alone, it goes back to sleep'
settles 'suspended' 'flycast status -a my-app'
so 'suspended' 'autosuspend, seen in status'

if [ "${1:-}" = --stay ]; then
	title 'This shell is inside. flycast, dig, sqlite3 are yours; exit ends everything.'
	${FLYCAST_SHELL:-bash} || exit $?
fi
title 'That was the whole road. ./dev demo --stay leaves you a shell inside.'
stop up
