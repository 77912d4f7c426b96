# shellcheck shell=bash
# What proxies ask on the agent's socket: wake, rest, explain; several at once, in any order, and not always well-behaved.
fly init >/dev/null
start agent flycast-agent --registry "$registry" --metrics '[::1]:9153'
fly apps create web >/dev/null
socket=$dir/agent.sock

state() { db "SELECT state FROM machine_state WHERE machine = '$1'"; }
in_state() { [ "$(state "$1")" = "$2" ]; }
ask() { "$FLYCAST_TESTS/agent_probe" "$socket" "$1" once "$2" || true; }
# talk SECONDS MESSAGE...: one packet each; prints what comes back, without bounds.
talk_both() { # the same without a pause; prints the answer to the second
	python3 - "$socket" "$@" <<-'PYTHON'
		import socket, sys
		s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
		s.settimeout(10)
		s.connect(sys.argv[1])
		for message in sys.argv[2:]:
		    s.send(message.encode())
		answer = ""
		while not answer.startswith("2 "):
		    answer = s.recv(9000).decode()
		print(answer.replace("2 ", "1 ", 1))
	PYTHON
}
talk() {
	local seconds=$1
	shift
	{
		for message; do
			printf '%s' "$message"
			sleep 0.02 # a packet is one write(2)
		done
	} | socat -t "$seconds" - "UNIX-CONNECT:$socket,type=5"
}

fly machine run -a web --name one --kill-timeout 20 -- sh -c 'trap "until [ -e /srv/go ]; do sleep 0.02; done; exit 0" INT; /srv/httpd --bind 127.0.0.1 --port 8080 & echo "hello log"; while :; do sleep 0.02; done' >/dev/null
one=$(db "SELECT id FROM machine WHERE name = 'one'")
has "^0 state $one started 0" talk 0.2 ''
has "^1 ok $one started [0-9]$" ask "$one" start
has "^1 ok $one suspended [0-9]+$" ask "$one" suspend
within 5 in_state "$one" suspended
has "^1 ok $one started [0-9]{1,3}$" ask "$one" start
within 5 in_state "$one" started
for _ in $(seq 40); do
	has "^1 ok $one suspended" ask "$one" suspend
	has "^1 ok $one started" ask "$one" start
done
pass 'a proxy suspends and wakes a Machine, as quickly as it likes'

listens() { ask "$one" explain | grep -q '127.0.0.1:8080'; }
within 5 listens
has "^1 told $one started it listens on 127.0.0.1:8080; its last lines are:" ask "$one" explain
has 'out hello log' ask "$one" explain
pass 'explain tells where it listens and what it wrote last'

ask "$one" stop >"$dir/stopped" &
stopping=$!
within 5 in_state "$one" stopping
ask "$one" start >"$dir/started" &
starting=$!
within 5 in_state "$one" restarting
touch /srv/go # from here on it ends when it is asked to
wait $starting $stopping
has "^1 ok $one started" cat "$dir/started"
has "^1 error $one (restarting|starting|started) something else was asked" cat "$dir/stopped"
is 2 eval "grep -c 'fly started' '$dir/machines/$one/log'"
pass 'a start during stopping waits for the end and then starts; who asked for the stop is told'

fly machine stop "$one" >/dev/null
before=$(grep -c 'fly started' "$dir/machines/$one/log")
for i in $(seq 8); do ask "$one" start >"$dir/start.$i" & done
for i in $(seq 8); do within 5 has "ok $one started" cat "$dir/start.$i"; done
is $((before + 1)) eval "grep -c 'fly started' '$dir/machines/$one/log'"
pass 'eight that wake it at once start it once, and each is answered'

has "7 error 00000000000000 created there is no such Machine on this host" talk 0.2 '7 start 00000000000000'
has '0 error - created not a message' talk 0.2 'nonsense'
has '0 error - created not a message' talk 0.2 "5 start $(printf 'x%.0s' $(seq 300))"
has "that is the agent's to say" talk 0.2 "5 ok $one started 1"
pass 'what is no message is answered and harms nobody'

fly machine run -a web --name broken --restart no -d -- /no/such/program >/dev/null
broken=$(db "SELECT id FROM machine WHERE name = 'broken'")
within 5 in_state "$broken" failed
has "^1 error $broken failed could not run /no/such/program" ask "$broken" start
pass 'a Machine that cannot be started is an answer with the reason, not silence'

# It stops while it begins: the signal must not be lost in a process that does not listen yet.
fly machine run -a web --name brief --kill-timeout 20 --kill-signal SIGTERM -- sleep 1000 >/dev/null
brief=$(db "SELECT id FROM machine WHERE name = 'brief'")
fly machine stop "$brief" >/dev/null
for _ in $(seq 25); do
	has "^1 ok $brief stopped" talk_both "1 start $brief" "2 stop $brief"
done
pass 'a stop that comes in the middle of a start is obeyed at once'

# One answer of a client comes due while another of its asks waits, and it has gone just now.
holds=$(db "UPDATE machine SET command = '[\"sh\",\"-c\",\"trap \\\"until [ -e /srv/end ]; do sleep 0.02; done; exit\\\" TERM; echo on; while :; do sleep 0.02; done\"]'
	WHERE id = '$brief'; SELECT '$brief'")
has "^1 ok $holds started" ask "$holds" start
within 5 grep -q 'out on$' "$dir/machines/$holds/log"
db "UPDATE machine SET ask = 'restart' WHERE id = '$holds'"
within 5 in_state "$holds" restarting
python3 - "$socket" "$holds" "$(pid_of agent)" <<'PYTHON'
import os, signal, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.connect(sys.argv[1])
s.settimeout(0.3)
try:
    while s.recv(9000):  # the greeting; what is left unread would reset the connection
        pass
except TimeoutError:
    pass
os.kill(int(sys.argv[3]), signal.SIGSTOP)
s.send(b"1 start " + sys.argv[2].encode())
s.send(b"2 stop " + sys.argv[2].encode())
s.close()
os.kill(int(sys.argv[3]), signal.SIGCONT)
PYTHON
within 5 in_state "$holds" stopping
touch /srv/end
within 5 in_state "$holds" stopped
pass 'clients that go while they wait for several answers harm nobody'
db "DELETE FROM machine WHERE id = '$brief'"

# A client that asks and asks and never reads is dropped; others are served meanwhile and after.
python3 - "$socket" "$one" <<'PYTHON' &
import socket, sys, time
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.connect(sys.argv[1])
try:
    for i in range(200000):
        s.send(b"9 explain " + sys.argv[2].encode())
except OSError:
    pass
PYTHON
flood=$!
for _ in $(seq 20); do has "^1 ok $one started" ask "$one" start; done
wait $flood
within 5 grep -q 'client of the control socket dropped: it does not read' "$dir/agent.log"
memory=$(awk '/VmRSS/ { print $2 }' "/proc/$(pid_of agent)/status")
case $FLYCAST_BIN in */asan/* | */tsan/*) memory=0 ;; esac # these builds keep what was freed
[ "$memory" -lt 60000 ] || fail "the agent holds $memory kB"
pass 'a client that does not read is dropped'

# Somebody holds the registry's write lock for longer than the agent waits for it.
ask "$one" suspend >/dev/null
{
	printf 'BEGIN IMMEDIATE;\n.shell touch "%s/held"\n' "$dir"
	within 20 test -e "$dir/let-go"
	echo 'COMMIT;'
} | sqlite3 -cmd '.timeout 5000' "$registry" &
within 10 test -e "$dir/held"
has "^1 ok $one started [0-9]{1,3}$" ask "$one" start
has "^1 ok $one suspended [0-9]{1,3}$" ask "$one" suspend
has "^1 ok $one started [0-9]{1,3}$" ask "$one" start
within 8 grep -q 'registry not written, trying again' "$dir/agent.log"
touch "$dir/let-go"
within 5 in_state "$one" started
within 5 grep -q 'registry written again' "$dir/agent.log"
pass 'a locked registry delays no wake, and hears of it when it is free'

# A rule of somebody's own refuses one Machine's state.
db "CREATE TRIGGER mine BEFORE INSERT ON machine_state WHEN NEW.machine = '$broken' BEGIN SELECT RAISE(ABORT, 'not that one'); END"
ask "$broken" start >/dev/null
has "^1 ok $one suspended" ask "$one" suspend
within 5 in_state "$one" suspended
within 10 grep -q "row refused by the registry and left out machine=$broken" "$dir/agent.log"
db 'DROP TRIGGER mine'
has "^1 ok $one started" ask "$one" start
within 5 in_state "$one" started
pass 'a row that the registry refuses holds up no other'

mv "$registry" "$dir/away.db"
has "^1 ok $one suspended" ask "$one" suspend
has "^1 ok $one started" ask "$one" start
mv "$dir/away.db" "$registry"
within 5 in_state "$one" started
pass 'Machines are woken while the registry is gone'

# Nothing is left of the registry but a backup, which says that the Machine runs, and counts fewer asks.
fly backup "$dir/old.db" >/dev/null
fly machine stop "$one" >/dev/null
fly machine start "$one" >/dev/null
has "^1 ok $one suspended" ask "$one" suspend
rm "$registry" "$registry-wal" "$registry-shm"
fly restore -y "$dir/old.db" >/dev/null
within 5 in_state "$one" suspended
fly machine stop "$one" >/dev/null
within 5 in_state "$one" stopped
fly machine start "$one" >/dev/null
within 5 in_state "$one" started
pass 'states and asks go on in a registry that took the place of the one that is gone'

metric() { curl -sg 'http://[::1]:9153/metrics'; }
has '^flycast_agent_machines\{state="started"\} 1$' metric
has '^flycast_agent_start_failures_total 3$' metric
refuses 2 'the agent serves on --control only' flycast-agent --registry "$registry" --listen '[::1]:1'
refuses 2 'stays who it is' flycast-agent --registry "$registry" --user nobody
echo precious >"$dir/file"
refuses 1 'file: that is no socket' flycast-agent --registry "$registry" --control "$dir/file"
is precious cat "$dir/file"
refuses 1 'there is no host' flycast-agent --registry "$registry" --host nowhere
refuses 1 'there is no registry' flycast-agent --registry "$dir/none.db"
pass 'its figures are served, and flags that mean nothing here are refused'
stop agent
[ ! -e "$socket" ] || fail 'the socket is left'
