# Nine processes and a killer on one registry: writers by libstore and by flycast, sqlite3 shells with bulk edits, readers,
# the checkpointer. Afterwards the file is whole, every acknowledged row is there once with its address, and every
# reader's picture is the file. FLYCAST_STRESS_SECONDS (60) says how long.
seconds=${FLYCAST_STRESS_SECONDS:-60}
stress=${FLYCAST_TESTS:?}/stress
runs=0

flycast init >/dev/null
# Scratch pages for bulk edits: more than the 1000 after which a shell checkpoints by itself.
db "CREATE TABLE scratch (x); CREATE TABLE n AS WITH RECURSIVE c (i) AS
    (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 1500) SELECT i FROM c"

launch() { # NAME COMMAND...: its process id in $dir/NAME.pid; what it acknowledges in $dir/NAME.ack
	local name=$1
	shift
	"$@" >>"$dir/$name.ack" 2>>"$dir/$name.log" &
	echo $! >"$dir/$name.pid"
	case $name in reader-*) ;; *) disown ;; esac # else the shell has something to say about each that is killed
}

writer() { # NAME: under a new name each time, so that an app that was not acknowledged is not in the way
	runs=$((runs + 1))
	launch "$1" "$stress" write "$registry" "$1-$runs"
}

# Loops in a subshell; the process that is killed is the one that writes.
shell_loop() { # NAME
	local i=0
	while [ ! -e "$dir/over" ]; do
		i=$((i + 1))
		sqlite3 -bail "$registry" >>"$dir/$1.ack" 2>>"$dir/$1.log" <<SQL &
.timeout 10000
BEGIN IMMEDIATE;
INSERT INTO app (name, org, network) SELECT '$1-$i', org, id FROM network LIMIT 1;
INSERT INTO flycast (app) VALUES ('$1-$i');
INSERT INTO scratch SELECT randomblob(4000) FROM n;
DELETE FROM scratch;
COMMIT;
.separator ' '
SELECT app, address FROM flycast WHERE app = '$1-$i';
UPDATE region SET name = name || '.' WHERE length(name) < 60;
SQL
		echo $! >"$dir/$1.pid"
		wait $! 2>/dev/null || true
	done
}

command_loop() { # NAME
	local i=0
	while [ ! -e "$dir/over" ]; do
		i=$((i + 1))
		flycast apps create "$1-$i" --org personal >/dev/null 2>>"$dir/$1.log" &
		echo $! >"$dir/$1.pid"
		wait $! 2>/dev/null || continue
		flycast ips allocate-v6 --private -a "$1-$i" >/dev/null 2>>"$dir/$1.log" &
		echo $! >"$dir/$1.pid"
		# Whoever was not killed has said so; the address itself is asked for later.
		wait $! 2>/dev/null && echo "$1-$i" >>"$dir/$1.apps"
	done
}

launch reader-1 "$stress" read "$registry" "$dir/reader-1.up"
launch reader-2 "$stress" read "$registry" "$dir/reader-2.up"
launch checkpointer "$stress" checkpoint "$registry"
within 20 test -e "$dir/reader-1.up"
within 20 test -e "$dir/reader-2.up"
writer writer-1
writer writer-2
writer writer-3
shell_loop shell-1 &
loops=$!
shell_loop shell-2 &
loops="$loops $!"
command_loop command-1 &
loops="$loops $!"

victims=(writer-1 writer-2 writer-3 shell-1 shell-2 command-1 checkpointer)
end=$(($(date +%s) + seconds))
kills=0
while [ "$(date +%s)" -lt $end ]; do
	sleep "0.$((RANDOM % 6 + 1))"
	victim=${victims[RANDOM % ${#victims[@]}]}
	# A loop may just have ended it itself, or not started it yet.
	kill -KILL "$(cat "$dir/$victim.pid" 2>/dev/null)" 2>/dev/null || continue
	kills=$((kills + 1))
	case $victim in
	writer-*) writer "$victim" ;;
	checkpointer) launch checkpointer "$stress" checkpoint "$registry" ;;
	esac
	for reader in reader-1 reader-2; do
		kill -0 "$(pid_of $reader)" 2>/dev/null || fail "$reader ended: $(cat "$dir/$reader.log")"
	done
done

touch "$dir/over"
for name in writer-1 writer-2 writer-3; do
	# A writer that ended by itself was refused something it should have been given.
	kill -KILL "$(pid_of $name)" 2>/dev/null || fail "$name ended: $(cat "$dir/$name.log")"
done
for loop in $loops; do
	wait "$loop" || true
done
for reader in reader-1 reader-2; do
	stop $reader
done
pass "$kills processes were killed, two readers' pictures are the file"
late=$(cat "$dir"/*.log | grep -c 'is locked by another program' || true)
pass "$late writes waited for the lock for more than five seconds"

is ok db "PRAGMA integrity_check"
is "" db "PRAGMA foreign_key_check"
pass "the file is whole"

cat "$dir"/*.ack | sort >"$dir/acknowledged"
[ "$(wc -l <"$dir/acknowledged")" -gt $((seconds * 5)) ] || fail "only $(wc -l <"$dir/acknowledged") rows in $seconds s"
is "" uniq -d "$dir/acknowledged"
db -separator ' ' "SELECT app, address FROM flycast" | sort >"$dir/rows"
is "" comm -23 "$dir/acknowledged" "$dir/rows"
db "SELECT app FROM flycast" | sort >"$dir/apps"
sort "$dir/command-1.apps" >"$dir/command.sorted"
is "" comm -23 "$dir/command.sorted" "$dir/apps"
is 0 db "SELECT count(*) - count(DISTINCT number) FROM address"
pass "$(wc -l <"$dir/acknowledged") acknowledged rows by libstore and shells, $(wc -l <"$dir/command.sorted") by flycast, each there once"
kill -KILL "$(pid_of checkpointer)"
