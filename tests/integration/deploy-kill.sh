# shellcheck shell=bash
# shellcheck disable=SC2016 # for eval
# deploy, killed at any moment: the app is served all the same, and the next deploy leaves one Machine in each place.
# FLYCAST_SEED and FLYCAST_KILLS choose other moments and more of them.
cd "$dir" || exit
fly init >/dev/null
start agent flycast-agent --registry "$registry"
chmod 755 "$dir"
mkdir "$dir/site"
cd "$dir/site" || exit
fly apps create web >/dev/null
RANDOM=${FLYCAST_SEED:-4711}
strategies=(rolling canary bluegreen)
# Every third release is bad, so that kills fall into the way back too.
config() {
	local command="exec /srv/httpd --port 8080 --body $1"
	[ $(($1 % 3)) -gt 0 ] || command='sleep 0.3; exit 3'
	cat >fly.toml <<-END
		app = "web"
		kill_signal = "SIGTERM"
		[deploy]
		release_command = "sleep 0.1"
		max_unavailable = 1
		[processes]
		web = "/srv/httpd --port 8080 --body $1"
		worker = "sh -c '$command'"
		[[services]]
		internal_port = 8080
		processes = ["web"]
		ports = [{ port = 80, handlers = ["http"] }]
	END
}
places() { db "SELECT group_concat(process_group) FROM (SELECT process_group FROM machine ORDER BY 1)"; }
served() {
	local ip
	for ip in $(db "SELECT ipv4 FROM machine JOIN machine_state s ON s.machine = id
		WHERE process_group = 'web' AND NOT cordoned AND s.state = 'started'"); do
		curl -sf -m 2 "http://$ip:8080/" >/dev/null && return
	done
	return 1
}

config 1
fly deploy --ha >/dev/null
is web,web,worker places
for ((turn = 2; turn < ${FLYCAST_KILLS:-8} + 2; turn++)); do
	config "$turn"
	strategy=${strategies[RANDOM % 3]}
	moment=$(printf '%d.%03d' $((RANDOM % 3)) $((RANDOM % 1000)))
	flycast deploy --strategy "$strategy" >"$dir/out" 2>&1 &
	deploying=$!
	sleep "$moment"
	kill -KILL $deploying 2>/dev/null || true
	{ wait $deploying || true; } 2>/dev/null
	within 5 served
	[ "$(tail -n 1 "$dir/out")" ] || echo '(nothing was said)' >>"$dir/out"
	echo "  release $turn, $strategy, after $moment s: $(tail -n 1 "$dir/out")"
done
config $((turn % 3 ? turn : turn + 1))
fly deploy >"$dir/out" 2>&1 || fail "$(cat "$dir/out")"
is web,web,worker places
is 0 db "SELECT count(*) FROM machine WHERE cordoned"
is 0 db "SELECT count(*) FROM release WHERE status = 'running'"
is 3 db "SELECT count(*) FROM machine_metadata JOIN release ON version = CAST(value AS INTEGER)
	WHERE key = 'fly_release_version' AND version = (SELECT max(version) FROM release)"
within 5 served
is "Nothing is inconsistent in $registry" fly check
pass 'however deploys are killed, the app is served, and the next one mends'
stop agent
