# shellcheck shell=bash
# replay.sh - words for tests of fly-replay; sourced by them after proxy.sh.
#
#   router              writes the program /srv/router, which a Machine runs for each connection (serve)
#   machine APP NAME [FLAGS...]   a Machine that runs it, HTTP on port 80; says its id
#   of FIELD [FILE]     the value of that line of what a Machine saw
#   is_in_rest ID       the Machine is stopped
#
# The router answers with what X-Say (a field) or X-Json (a body) of the request says, and the fields of X-Also (lines with
# | between them), once; with X-Again each time; else it shows the request as it came.
serve=(socat "TCP-LISTEN:8080,reuseaddr,fork,backlog=64" EXEC:/srv/router)

router() {
	cat >/srv/router <<'ROUTER'
#!/bin/bash
while IFS= read -r line && [ "$line" != $'\r' ]; do
	line=${line%$'\r'}
	head+=$line$'\n'
	case ${line,,} in
	content-length:*) length=${line#*: } ;;
	transfer-encoding:*) chunked=1 ;;
	x-say:*) say=${line#*: } ;;
	x-json:*) json=${line#*: } ;;
	x-also:*) also=${line#*: } ;;
	x-again:*) again=1 ;;
	x-late:*) late=1 ;;
	fly-replay-src:* | fly-replay-failed:*) arrived=1 ;;
	esac
done
if [ "$say$json" ] && { [ ! "$arrived" ] || [ "$again" ]; }; then
	[ "$late" ] && head -c "$length" >/dev/null
	[ "$also" ] && also=${also//|/$'\r\n'}$'\r\n'
	[ "$json" ] && printf 'HTTP/1.1 200 OK\r\n%sContent-Type: application/vnd.fly.replay+json\r\nContent-Length: %d\r\n\r\n%s' "$also" ${#json} "$json"
	[ "$say" ] && printf 'HTTP/1.1 409 No\r\nfly-replay: %s\r\nfly-replay-secret: x\r\n%sX-Router: %s\r\nContent-Length: 6\r\n\r\nnot me' "$say" "$also" "$FLY_MACHINE_ID"
	sleep 0.05
	exit
fi
[ "$chunked" ] && body=$(sha256sum < <(timeout 1 cat)) || body=$(head -c "${length:-0}" | sha256sum)
text="${head}Machine: $FLY_MACHINE_ID
Body: ${body%% *}
"
printf 'HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s' ${#text} "$text"
ROUTER
	chmod 755 /srv/router
}

machine() {
	local app=$1 name=$2
	shift 2
	fly machine run -a "$app" --name "$name" --port 80:8080/tcp:http "$@" -- "${serve[@]}" >/dev/null
	db "SELECT id FROM machine WHERE app = '$app' AND name = '$name'"
}

of() { sed -n "s/^$1: //p" "${2:-seen}"; }
is_in_rest() { [ "$(state "$1")" = stopped ]; }
