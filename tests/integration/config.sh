# shellcheck shell=bash
# fly.toml as people have it: what config validate says and on which line, what the Machines have, and back into a file.
export FLY_REGION=fra
cd "$dir"

# said PATTERN ARGS...: config validate prints it; its exit code is not looked at.
said() {
	local out
	out=$(flycast config validate "${@:2}" 2>&1) || true
	grep -Eq -- "$1" <<<"$out" || fail "config validate ${*:2}
    want a match for: $1
    got: $out"
}

refuses 1 'App config file not found: there is no fly.toml' flycast config validate
cat >fly.toml <<'TOML'
app = "web"
kil_signal = "SIGTERM"

[http_service]
internal_port = 8080
auto_stop_machines = "suspend"
  [[http_service.checks]]
  interval = 500
  path = "/up"

[[mounts]]
source = "data"
destination = "/data"
TOML
is "Validating $dir/fly.toml
fly.toml:2: WARN kil_signal is not known: did you mean kill_signal?
fly.toml:4: WARN Service HTTP check has an interval less than 1 second (500ms); this will be raised to 1 second
fly.toml:11: note: mounts has no effect here: fly.toml(5) says why
✓ Configuration is valid" flycast config validate
[ ! -e "$registry" ] || fail 'validating made a registry'
said '^Strict validation found unrecognised sections or keys:$' --strict
said '^  fly.toml:2: kil_signal is not known' -s
refuses 1 'strict validation failed' flycast config validate --strict
sed -i /kil_signal/d fly.toml
has '✓ Configuration is valid' flycast config validate --strict
pass 'a good file is valid; what is not known is told with its line, and refused with --strict'

# Each of these is refused on the line that has to be changed.
bad() { # LINE PATTERN TOML
	printf '%s\n' "$3" >bad.toml
	said "^bad.toml:$1: ✘ .*$2" -c bad.toml
	said '^✘ invalid app configuration$' -c bad.toml
	refuses 1 'App configuration is not valid' flycast config validate -c bad.toml
}
bad 3 'expected' 'app = "a"

x y'
bad 5 'no handler: handlers are http, tls, pg_tls and proxy_proto' '[[services]]
internal_port = 8080
[[services.ports]]
port = 80
handlers = ["htpp"]'
bad 5 'has port 80, which services\[0\] has already' '[[services]]
internal_port = 8080
[[services.ports]]
port = 80
[[services.ports]]
start_port = 70
end_port = 90'
bad 3 'no port here has the handler tls: remove force_https' '[[services]]
internal_port = 8080
ports = [{port = 80, handlers = ["http"], force_https = true}]'
bad 3 'Service has no processes set but app has 1 processes defined' '[processes]
app = "x"
[http_service]
internal_port = 8080'
bad 2 'Could not parse command for .app. process group' '[processes]
app = "it '\''s"'
bad 3 'a Flycast address carries TCP only' 'app = "web"

[[services]]
protocol = "udp"
internal_port = 53'
printf '{"app": "web",\n "http_service": {"internal_port": 8080},\n}' >bad.json
said '^bad.json:3: ✘ ' -c bad.json
printf 'app: web\n' >fly.yaml
said 'fly.yaml: ✘ YAML is not read here' -c fly.yaml
head -c 300000 /dev/zero | tr '\0' '#' >bad.toml
said 'bad.toml: ✘ it is longer than 262144 bytes' -c bad.toml
pass 'what is wrong is told with the line to change'

# ---------------------------------------------------------------------------------------------- the app's name

fly init >/dev/null
fly apps create web >/dev/null
is web jq -r .Name <(fly status -j)
mv fly.toml kept.toml
printf '{"app": "web"}' >fly.json
is web jq -r .Name <(fly status -j)
rm fly.json
printf 'app = "web"\n[[vm]]\nmemory = 0\n' >fly.toml # wrong, but not in its name
is web jq -r .Name <(fly status -j)
printf '# app = "other"\n"app" = """web""" # as TOML has it\n' >fly.toml
is web jq -r .Name <(fly status -j)
printf 'app = \n' >fly.toml
many_lines=1 refuses 2 'Warning: fly.toml:1: ' fly status
many_lines=1 refuses 2 'no app was named' fly status
mv kept.toml fly.toml
pass 'the app is named by fly.toml or fly.json, however it is written there'

# ---------------------------------------------------------------------------------------------- show, save, env

is '15s' jq -r '.http_service.checks[0].interval' <(sed 's/500/15000/' fly.toml >t.toml && fly config show --local -c t.toml 2>/dev/null)
refuses 1 'app web has no Machines, so there is no configuration to show' fly config show
fly machine create -a web --port 80:8080/tcp:http --port 20000-20010:9000 --autostop suspend --hard-limit 30 \
	-e GREETING="it's" --restart no -- sh -c "echo 'a b'; \"exec\" sleep 1" >/dev/null
fly machine create -a web --process-group worker -- sleep '2 3' >/dev/null
is 'GREETING it'\''s' jq -r 'to_entries[] | "\(.key) \(.value)"' <(fly config env -a web --json)
has '^ GREETING │ it'\''s$' fly config env
refuses 1 'yes flag must be specified' flycast config save -a web -c fly.toml
is 'Wrote config file saved.toml' fly config save -a web -c saved.toml
has '✓ Configuration is valid' flycast config validate --strict -c saved.toml
is "$(fly config show -a web | jq -S .)" jq -S . <(fly config show --local -c saved.toml)
is "$(fly config show -a web --toml)" cat saved.toml
is 'Wrote config file saved.json' fly config save -a web -c saved.json
is "$(fly config show -a web | jq -S .)" jq -S . <(fly config show --local -c saved.json)
is 'Wrote config file fly.toml' fly config save -a web --yes
cmp fly.toml saved.toml
is "$(
	cat <<'TEXT'
sh -c 'echo '\''a b'\''; "exec" sleep 1'
TEXT
)" jq -r .processes.app <(fly config show)
is "sleep '2 3'" jq -r .processes.worker <(fly config show)
is '{"port":80,"handlers":["http"]}|{"start_port":20000,"end_port":20010}' \
	jq -r '[.services[].ports[] | tojson] | join("|")' <(fly config show)
refuses 1 'nowhere/fly.toml could not be written' fly config save -a web -c nowhere/fly.toml
pass 'what the Machines have is shown, and written as a fly.toml that says the same'
