# shellcheck shell=bash
# shellcheck disable=SC2016 # for eval
# deploy: the release_command runs before anything else and may stop it; rollback runs a former release again; copies that
# nothing uses are removed.
cd "$dir" || exit
fly init >/dev/null
start agent flycast-agent --registry "$registry"
chmod 755 "$dir"
mkdir "$dir/site" /srv/data
chmod 777 /srv/data
cd "$dir/site" || exit
fly apps create web >/dev/null
task='cat body'
config() {
	cat >fly.toml <<-END
		app = "web"
		kill_signal = "SIGTERM"
		[env]
		GREETING = "hello"
		[deploy]
		release_command = "$task"
		${1:-}
		[processes]
		app = "sh -c 'exec /srv/httpd --port 8080 --body \$(cat body)'"
	END
}
page() { curl -sf -m 5 "http://$(db "SELECT ipv4 FROM machine"):8080/"; }
newest() { db "SELECT $1 FROM release ORDER BY version DESC LIMIT 1"; }
machines() { db "SELECT id, process_group FROM machine"; }
copies() { find "$dir/releases/web" -mindepth 1 -maxdepth 1 | wc -l; }

# ------------------------------------------------------------------------------------------------ the release command

echo one >body
task='sh -c \"echo $GREETING $RELEASE_COMMAND $(cat body) >/srv/data/task; cat body; echo next; echo; flycast-no-such; exit 0\"'
config
fly deploy >"$dir/out" || fail "$(cat "$dir/out")"
has '^==> Running release_command in Machine [0-9a-f]{14}$' cat "$dir/out"
is 'one next' eval 'grep -Ex "  (one|next)" "$dir/out" | xargs'
is 'hello 1 one' cat /srv/data/task
is 1 eval 'machines | grep -c "|app$"'
is complete newest status
within 5 is one page
pass 'the release_command runs in the release, with its environment, and is gone afterwards'

before=$(machines)
echo two >body
task='sh -c \"echo no such table; exit 7\"'
config
many_lines=1 refuses 1 'release_command failed: machine [0-9a-f]{14} .*ended with exit code 7' fly deploy
many_lines=1 refuses 1 'failed before any Machine was touched' fly deploy
is "$before" machines
is failed newest status
has 'exit code 7' newest message
task='flycast-no-such-program'
config
many_lines=1 refuses 1 'release_command failed: machine' fly deploy
task="echo 'it never ends"
config
refuses 1 'release_command cannot be split into words' fly deploy
task='sleep 600'
config
many_lines=1 refuses 1 'release_command failed: after 0.3s machine [0-9a-f]{14} still runs' fly deploy --release-command-timeout 300ms
config 'release_command_timeout = "200ms"'
many_lines=1 refuses 1 'after 0.2s machine' fly deploy
is "$before" machines
is one page
fly deploy --skip-release-command >/dev/null
within 5 is two page
pass 'one that fails or takes too long stops the deploy before anything was touched; it may be left out'

task='sh -c \"touch /srv/data/runs; sleep 600\"'
config
flycast deploy >/dev/null 2>&1 &
deploying=$!
within 10 test -e /srv/data/runs
kill -KILL $deploying
wait $deploying 2>/dev/null || true
is 2 eval 'machines | wc -l'
task='true'
config
echo three >body
fly deploy >/dev/null
within 5 is three page
is 1 eval 'machines | wc -l'
is interrupted db "SELECT status FROM release ORDER BY version DESC LIMIT 1 OFFSET 1"
pass 'the Machine of one that was killed is cleared away by the next deploy'

# ------------------------------------------------------------------------------------------------ rollback

v() { db "SELECT version FROM release WHERE status = 'complete' ORDER BY version LIMIT 1 OFFSET $1"; }
two=$(v 1)
rm fly.toml body # what is here now does not matter
refuses 2 'app' fly rollback
fly rollback -a web >"$dir/out" || fail "$(cat "$dir/out")"
within 5 is two page
is "Rollback to v$two" newest description
is 0 eval 'grep -c release_command "$dir/out" || true'
is "$(db "SELECT config FROM release WHERE version = $two")" newest config
fly rollback "v$(v 0)" -a web --strategy bluegreen >/dev/null
within 5 is one page
refuses 1 'web has no release v99: see flycast releases -a web' fly rollback 99 -a web
refuses 1 'v2 of web is failed: only a release that was complete can be gone back to' fly rollback v2 -a web
refuses 2 '"vv3" is no version of a release' fly rollback vv3 -a web
fly apps create other >/dev/null
refuses 1 'no release of other was ever complete' fly rollback -a other
has '│ Rollback to v1 +│' fly releases -a web
pass 'rollback runs a former release again, as a release of its own'

# ------------------------------------------------------------------------------------------------ copies

task=true
: >"$dir/releases/web/note" # of somebody else
for body in a b c d e f; do
	echo "$body" >body
	config
	fly deploy --strategy immediate >/dev/null
done
within 5 is f page
is 6 copies
is "$(printf 'note\n%s\n' "$(db "SELECT image FROM release ORDER BY version DESC LIMIT 5")" | sort)" \
	eval 'ls "$dir/releases/web" | sort'
refuses 1 "the copy of v$two is no longer there" fly rollback "$two" -a web
is 0 eval 'find "$dir/releases/web" -name ".*" | wc -l'
pass 'the copies of the newest five complete releases stay, the others go'

mount -t tmpfs -o size=256k none "$dir/releases"
head -c 1000000 /dev/urandom >large
before=$(db 'SELECT * FROM release; SELECT * FROM machine')
refuses 1 '^Error: large could not be copied .No space left on device.: the release was not made$' fly deploy
is "$before" db 'SELECT * FROM release; SELECT * FROM machine'
is 0 copies
umount "$dir/releases"
rm large
pass 'a full disk stops a deploy before anything was changed, and leaves no half copy'

# ------------------------------------------------------------------------------------------------ services

cat >fly.toml <<-END
	app = "web"
	[processes]
	app = "/srv/httpd --port 8080"
	[[services]]
	internal_port = 8080
	processes = ["app"]
	auto_stop_machines = "suspend"
	min_machines_running = 1
	[services.concurrency]
	type = "requests"
	soft_limit = 7
	[[services.ports]]
	port = 80
	handlers = ["http"]
	force_https = true
	[[services.ports]]
	port = 443
	handlers = ["tls", "http"]
	http_options = { idle_timeout = 77, response = { headers = { X-Of = "mine" } } }
	tls_options = { alpn = ["http/1.1"] }
END
is 0 db 'SELECT count(*) FROM authority'
fly deploy >/dev/null 2>&1
is $'80|http|1|||\n443|tls,http|0|77|mine|http/1.1' db "SELECT start_port, handlers, force_https,
	options ->> '\$.http_options.idle_timeout', options ->> '\$.http_options.response.headers.X-Of',
	options ->> '\$.tls_options.alpn[0]' FROM service_port ORDER BY start_port"
is 'suspend|1|requests|7' db 'SELECT autostop, min_machines_running, concurrency, soft_limit FROM service'
is 1 db 'SELECT count(*) FROM authority'
is "Nothing is inconsistent in $registry" fly check
pass 'a deploy stores what fly.toml says of services, and a TLS port gets the authority it needs'

sed -i '/port = 443/,$d' fly.toml
sed -i '$d' fly.toml
refuses 1 'force_https, add a port with handlers = ."tls", "http".*deploy it as it is with --force' fly deploy
refuses 1 'App configuration is not valid' fly config validate
fly deploy --force >/dev/null 2>"$dir/err"
has '^Warning: .*no port here has the handler tls' cat "$dir/err"
is '80|http|1' db 'SELECT start_port, handlers, force_https FROM service_port'
fly deploy --force >/dev/null 2>&1
fly rollback >/dev/null
is '80|http|1' db 'SELECT start_port, handlers, force_https FROM service_port'
pass 'force_https where nobody speaks https is refused, but for --force'

has 'force_https on port 80 of app .web. .* does nothing' eval 'fly check || true'
stop agent
