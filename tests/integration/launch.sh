# shellcheck shell=bash
# shellcheck disable=SC2016 # $PORT is the program's
# launch: what lies in a directory becomes a fly.toml that is valid, an app and an address; all of them or none.
fly init --host edge-1 --region ams >/dev/null
unset FLY_REGION
mkdir "$dir/My Shop" "$dir/pages" "$dir/jobs" "$dir/empty"

cd "$dir/My Shop" || exit
printf 'web: node server.js --port $PORT\nworker: sidekiq -c 5\n' >Procfile
is 'Detected a Procfile: sh -c '\''exec node server.js --port $PORT'\''
Wrote config file fly.toml
New app created: my-shop
Provisioning ip address for my-shop
  Private ipv6: fdaa:0:1:0:1::2
Once it runs, http://my-shop.flycast is for what is in network default of personal.' fly launch --flycast --no-deploy
is "# my-shop on Flycast. fly.toml(5) has what each key means.

app = 'my-shop'
primary_region = 'ams'

[env]
PORT = '8080'

[processes]
web = \"sh -c 'exec node server.js --port \$PORT'\"
worker = 'sidekiq -c 5'

[http_service]
internal_port = 8080
auto_stop_machines = 'stop'
auto_start_machines = true
min_machines_running = 0
processes = ['web']" cat fly.toml
has '✓ Configuration is valid' flycast config validate --strict
is my-shop jq -r .Name <(fly status -j)
is 'my-shop|fdaa:0:1:0:1::2' db 'SELECT app, address FROM flycast'
pass 'a Procfile becomes a fly.toml fit for private addresses, an app and an address'

cd "$dir/pages" || exit
mkdir public
: >public/index.html
fly orgs create acme >/dev/null
fly networks create blue -o acme >/dev/null
before=$(db .dump)
refuses 1 'app names are unique' fly launch --no-deploy --name my-shop
refuses 1 'a-b' fly launch --no-deploy --name 'a-b-'
refuses 1 'there is no organization "acne": did you mean "acme"' fly launch --no-deploy --org acne
refuses 1 'there is no network' fly launch --no-deploy --network red
refuses 1 'internal-port is 1 to 65535' fly launch --no-deploy --internal-port 0
refuses 1 '--region Amsterdam is no region' fly launch --no-deploy --region Amsterdam
refuses 1 'nowhere/fly.toml could not be written' fly launch --no-deploy -c nowhere/fly.toml
refuses 2 'keep one of the two' fly launch --no-deploy --name a --generate-name
refuses 2 '--auto-stop' fly launch --no-deploy --auto-stop nap
is public ls
is "$before" db .dump
has 'Private ipv6: fdaa:0:3:0:1::2' fly launch --no-deploy --org acme --network blue --region fra --internal-port 9000 --auto-stop suspend
has "^primary_region = 'fra'$" cat fly.toml
has "^app = 'python3 -m http.server --bind 0.0.0.0 --directory public 9000'$" cat fly.toml
has "^auto_stop_machines = 'suspend'$" cat fly.toml
is 'acme|blue' db "SELECT n.org, n.name FROM app a JOIN network n ON n.id = a.network WHERE a.name = 'pages'"
pass 'what is refused leaves no app and no file; organization, network, region and port are as said'

# ---------------------------------------------------------------------------------------------- a file that is there

refuses 1 'yes flag must be specified' fly launch --no-deploy
refuses 1 'a fly.toml that says what to start: leave the command out' fly launch --no-deploy --copy-config -- true
refuses 1 '--internal-port says what fly.toml says already' fly launch --no-deploy --copy-config --internal-port 1
sed -i 's/^\(internal_port.*\)/\1\nforce_https = true/' fly.toml
is 'Left force_https out: fly.toml is reached inside its network, by http' \
	eval 'fly launch --no-deploy --copy-config --name other 2>/dev/null | head -n 1'
has "^app = 'other'$" cat fly.toml
has '^internal_port = 9000$' cat fly.toml
is 0 eval 'grep -c force_https fly.toml || true'
printf 'app = 1\n' >fly.toml
refuses 1 'fly.toml:1: app must be a string' fly launch --no-deploy --copy-config
pass 'the settings of a fly.toml are taken, without what would not work'

# ---------------------------------------------------------------------------------------------- names, questions

cd "$dir/jobs" || exit
printf 'clock: sleep 9\n' >Procfile
has 'None of its processes listens, so it got no address' fly launch --no-deploy --generate-name -c jobs.json
has '^[a-z]+-[a-z]+-[0-9]{4}$' jq -r .app jobs.json
is '' eval 'grep http_service jobs.json || true'
fly apps create jobs >/dev/null
has '^New app created: [a-z]+-[a-z]+-[0-9]{4}$' fly launch --no-deploy </dev/null # jobs is taken, and nobody asked for it
rm fly.toml
printf 'typed-in\n' | script -qec 'flycast launch --no-deploy' /dev/null >"$dir/typed"
has 'App name \([a-z]+-[a-z]+-[0-9]{4}\): ' cat "$dir/typed"
has '^New app created: typed-in' cat "$dir/typed"
rm fly.toml
is 'Detected a command: sh -c '\''sleep 1; sleep 2'\''' eval "fly launch --no-deploy --name by-command -- sh -c 'sleep 1; sleep 2' | head -n 1"
has '✓ Configuration is valid' flycast config validate --strict
cd "$dir/empty" || exit
refuses 1 'nothing here says how to start the program: write a Procfile' fly launch --no-deploy
is "Nothing is inconsistent in $registry" fly check
pass 'names are the directory, made up or typed; a command may be named'
