# A server that takes 12 s before it listens, as large programs do: whoever asks meanwhile waits, by HTTP and raw TCP, and the
# Machine is started once.
# shellcheck source=tests/lib/proxy.sh
. "$lib/proxy.sh"
world
app web --port 80:8080/tcp:http --port 81:8080 -- /srv/httpd --port 8080 --start-delay 12000 --body page
fly machine stop "$id" >/dev/null
within 5 in_state stopped
before=$(date +%s)
pids=()
for i in 1 2 3 4 5 6 7 8 9 10; do
	fetch -m 60 -o "http.$i" "$(url)" &
	pids+=($!)
	fetch -m 60 -o "raw.$i" "http://[$address]:81/" &
	pids+=($!)
done
sleep 6 # later ones wait less
is page fetch -m 60 "$(url)"
wait "${pids[@]}"
took=$(($(date +%s) - before))
[ $took -ge 11 ] || fail "answered after $took s, before the server listened"
is 20 eval 'cat http.* raw.* | grep -c "^page$"'
is 1 grep -c 'Starting machine' proxy.log
has 'attempts=[0-9]+' grep 'became reachable' proxy.log
pass "twenty-one requests waited for it, for $took s at most"
