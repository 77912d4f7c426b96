# shellcheck shell=bash
# proxy.sh - words for tests of the proxy; sourced by them.
#
#   world [FLAGS...]     a registry, the agent, the proxy with these flags; by FLYCAST_VIP, if that is set
#   app NAME FLAGS...    an app with an address and Machine "one": flags of `machine run`; sets $id and $address
#   fetch CURL-ARGS...   curl from a client of network 1
#   url [PATH]           of the app made last
#   state [ID]           of a Machine
#   sleeps HOW           stop or suspend the Machine and wait for it
#   counter NAME         one of the proxy's metrics
#   edit SQL             db, and waits until the proxy has it
#   refused CODE         the proxy's log has a refusal with this code
client=fdaa:0:1:ffff:0:1:0:2
stranger=fdaa:0:2:ffff:0:1:0:2

world() {
	cd "${dir:?}"
	ip address add "$client/128" dev lo nodad
	ip address add "$stranger/128" dev lo nodad
	fly init >/dev/null
	start agent flycast-agent --registry "${registry:?}"
	start proxy flycast-proxy --registry "$registry" --threads 2 --autostop-interval 0 --metrics '[::1]:9154' \
		--vip "${FLYCAST_VIP:-auto}" "$@"
}

app() {
	local name=$1
	shift
	fly apps create "$name" >/dev/null
	fly ips allocate-v6 --private -a "$name" >/dev/null
	address=$(db "SELECT address FROM flycast WHERE app = '$name' AND network = 'default'")
	fly machine run -a "$name" --name one "$@" >/dev/null
	id=$(db "SELECT id FROM machine WHERE app = '$name'")
}

url() { echo "http://[$address]${1:-/}"; }
fetch() { curl -s -m 10 --interface "$client" "$@"; }
state() { db "SELECT state FROM machine_state WHERE machine = '${1:-$id}'"; }
in_state() { [ "$(state)" = "$1" ]; }

sleeps() {
	fly machine "$1" "$id" >/dev/null
	within 5 in_state "$([ "$1" = stop ] && echo stopped || echo suspended)"
}

counter() { curl -s 'http://[::1]:9154/metrics' | awk -v name="flycast_proxy_$1" '$1 == name { print $2 }'; }
follows() { [ "$(counter registry_seq)" -ge "$(db 'SELECT max(seq) FROM change')" ]; }
edit() { db "$1" && within 5 follows; }
refused() { grep -q "refused code=$1 " "${dir:?}/proxy.log"; }
