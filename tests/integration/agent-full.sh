# shellcheck shell=bash
# The disk that holds logs and records is full: what runs goes on and is adopted, what cannot be started says why.
fly init >/dev/null
mkdir "$dir/machines"
mount -t tmpfs -o size=256k,mode=750 none "$dir/machines"
dd if=/dev/zero of="$dir/machines/ballast" bs=4k count=32 2>/dev/null
agent() { start agent flycast-agent --registry "$registry"; }
agent
fly apps create web >/dev/null
state() { db "SELECT state FROM machine_state WHERE machine = '$1'"; }
in_state() { [ "$(state "$1")" = "$2" ]; }
run() { # NAME COMMAND...: prints the id
	fly machine run -a web --name "$1" --kill-timeout 1 --detach -- "${@:2}" >/dev/null 2>&1 || true
	db "SELECT id FROM machine WHERE name = '$1'"
}
process_of() { sed -n 's/^pid //p' "$dir/machines/$1/init"; }

one=$(run one sh -c 'yes a line that nobody can keep | head -c 3000000 & exec /srv/httpd --bind :: --port 8080')
url="http://$(db "SELECT ipv4 FROM machine WHERE id = '$one'"):8080/"
within 5 in_state "$one" started
is_full() { [ "$(df --output=avail "$dir/machines" | tail -n 1)" -eq 0 ]; }
within 10 is_full
within 5 curl -sf -m 2 "$url"
pass 'a Machine whose log cannot be written is not held up by that'

process=$(process_of "$one")
stop agent KILL 2>/dev/null
agent
in_state "$one" started || fail 'it was not adopted'
is "$process" process_of "$one"
within 5 curl -sf -m 2 "$url"
is 1 eval 'pgrep -xc flycast-init'
grep -q fly-local-6pn "$dir/machines/$one/hosts" || fail 'a file of it was emptied'
pass 'it is adopted, with its network and its files'

fly machine stop "$one" >/dev/null
within 5 in_state "$one" stopped
db "UPDATE machine SET command = '[\"/srv/httpd\",\"--bind\",\"::\",\"--port\",\"8080\"]' WHERE id = '$one'"
rm -f "$dir/machines/$one/log.1"
dd if=/dev/zero of="$dir/machines/ballast" bs=4k oflag=append conv=notrunc 2>/dev/null || true
within 5 is_full
fly machine start "$one" >/dev/null
within 5 curl -sf -m 2 "$url"
process=$(process_of "$one")
stop agent KILL 2>/dev/null
agent
in_state "$one" started || fail 'it was not adopted'
is "$process" process_of "$one"
pass 'one that ran before starts again, and is known to the next agent'

two=$(run two sleep 1000)
within 5 in_state "$two" failed
has 'no process for the Machine: No space left on device' db "SELECT message FROM machine_state WHERE machine = '$two'"
rm "$dir/machines/ballast" "$dir/machines/$one/log"
fly machine start "$two" >/dev/null
within 5 in_state "$two" started
pass 'a new one is refused with the reason, and starts when there is room'
db 'DELETE FROM machine'
within 10 eval '! pgrep -x flycast-init && [ "$(db "SELECT count(*) FROM machine_state")" = 0 ]'
stop agent
umount "$dir/machines"
