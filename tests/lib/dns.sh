# shellcheck shell=bash
# dns.sh - words for tests of flycast-dns; sourced by a test after the harness.
#
#   dns [FLAGS...]          starts flycast-dns on a free port of every address; $port is the port
#   client ADDRESS          an address of fdaa::/16 that questions may come from
#   ask SOURCE ARGS...      dig, one try, from SOURCE; short output
#   status SOURCE ARGS...   "NOERROR qr aa rd 1 0" : status, flags, answers, authorities
#   machine APP ID REGION STATE [GROUP]   a Machine without an agent, as the tables have it

: "${registry:?}" "${dir:?}"

dns() {
	start dns flycast-dns --registry "$registry" --listen ":${port:-0}" "$@"
	port=$(sed -n 's/.* ready listen=[^ ]*:\([0-9]*\).*/\1/p' "$dir/dns.log" | tail -n 1)
	[ -n "$port" ] || fail "flycast-dns does not say where it listens"
}

client() {
	ip address add "$1/128" dev lo nodad
}

ask() {
	local source=$1
	shift
	dig +short +tries=1 +timeout=2 -p "$port" -b "$source" @::1 "$@"
}

status() {
	local source=$1
	shift
	dig +tries=1 +timeout=2 -p "$port" -b "$source" @::1 "$@" |
		sed -n 's/.*status: \([A-Z]*\),.*/\1/p; s/^;; flags: \([^;]*\); QUERY: [0-9]*, ANSWER: \([0-9]*\), AUTHORITY: \([0-9]*\).*/\1 \2 \3/p' |
		paste -sd' '
}

machine() {
	db "INSERT OR REPLACE INTO machine_state (machine, host, state, since) VALUES ('$2', (SELECT name FROM host), '$4', 0);
	    INSERT INTO machine (id, app, network, name, host, host_number, slot, region, process_group, command)
	    SELECT '$2', a.name, a.network, 'm$2', h.name, h.number, 1 + (SELECT count(*) FROM machine), '$3', '${5:-app}', '[\"x\"]'
	    FROM app a, host h WHERE a.name = '$1'"
}
