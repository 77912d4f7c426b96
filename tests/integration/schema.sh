# Whatever is typed into the sqlite3 shell, the rules hold, every object that differs has a dirty key, the change log and the
# audit are complete, and no number is given out twice. Random edits, legal and illegal, one after the other; foreign keys
# and recursive triggers are off, as the shell has them. FLYCAST_SEED and FLYCAST_EDITS choose others.
seed=${FLYCAST_SEED:-4711}
count=${FLYCAST_EDITS:-1200}
edits=${FLYCAST_TESTS:?}/edits
sql=$(dirname "$file")/schema.sql
echo "  seed $seed"

flycast init >/dev/null
"$edits" | db

"$edits" "$seed" "$count" >"$dir/edits"
{
	echo "PRAGMA synchronous = OFF;"
	echo ".read $sql"
	awk '{ print "INSERT INTO look VALUES (" NR ");"; print; print "INSERT INTO look VALUES (0);" }' "$dir/edits"
	echo ".output $dir/wrong"
	echo "SELECT min(edit), what, key FROM wrong GROUP BY what, key ORDER BY 1 LIMIT 20;"
	echo ".output $dir/looks"
	echo "SELECT count(*) FROM look;"
	echo ".output $dir/counts"
	echo "SELECT count(*) FROM app; SELECT count(*) FROM machine; SELECT count(*) FROM service_port;"
} | sqlite3 "$registry" 2>"$dir/refusals" >/dev/null || true
[ "$(cat "$dir/looks")" = $((count * 2)) ] || fail "$(cat "$dir/looks") looks at $count edits: $(grep -m3 look "$dir/refusals")"
while IFS='|' read -r number what key; do
	echo "  edit $number: $(sed -n "${number}p" "$dir/edits")"
	echo "    $what: $key"
done <"$dir/wrong"
[ ! -s "$dir/wrong" ] || fail "the edits above"
refused=$(grep -c . "$dir/refusals")
pass "$count edits, $refused lines of refusals; apps, Machines, ports in the end: $(paste -sd' ' "$dir/counts")"
is ok db "PRAGMA integrity_check"
