# shellcheck shell=bash
# Organizations, networks, apps, addresses and hosts by hand: flyctl's words, columns and JSON fields, and where output goes.
export FLY_REGION=fra

# keys FILTER COMMAND...: the names of the fields of what FILTER finds, in their order.
keys() { jq -r "$1 | keys_unsorted | join(\" \")" <<<"$("${@:2}")"; }
# heads COMMAND...: the columns of a table.
heads() { "$@" | head -n 1 | sed 's/ *│ */│/g; s/^ //; s/ *$//'; }

# ---------------------------------------------------------------------------------------------- a registry

is "Created $dir/new/registry.db with the organization \"personal\" and its network \"default\"" fly init --registry "$dir/new/registry.db"
refuses 1 "there is no directory $dir/no/where: make it with: mkdir -p $dir/no/where$" fly init --registry "$dir/no/where/registry.db"
: >"$registry"
fly init --host edge-1 >/dev/null
is 'edge-1|fra' db 'SELECT name, region FROM host'
before=$(db .dump)
refuses 1 "$registry is a registry already: nothing was changed" fly init
is "$before" db .dump
pass 'init makes the directory and the file, and never a second time'

# ---------------------------------------------------------------------------------------------- organizations, networks

has '^Your organization Acme Limited \(acme\) was created successfully\. .*"default" is fdaa:0:2::/48' fly orgs create acme --name 'Acme Limited'
is '{"Name":"other","Slug":"other"}' jq -c . <(fly org create other -j)
is 'Name                 Slug                 Type
----                 ----                 ----
Acme Limited         acme                 SHARED
other                other                SHARED
Personal             personal             PERSONAL' fly orgs list
is '{"acme":"Acme Limited","other":"other","personal":"Personal"}' jq -c . <(fly orgs ls --json)
is 'Organization other deleted' fly orgs delete other --yes
is 'New network created: blue (fdaa:0:4::/48) of acme' fly networks create blue --org acme
is 'New network created: lab (fdaa:0:5::/48) of personal' fly network create lab
is 'Clients in 192.0.2.0/24 are in network lab of personal now' fly networks attach 192.0.2.0/24 --network lab
fly networks attach 192.0.2.0/24 --network lab >/dev/null # again: as it is
is 'NAME│ORG│ID│PREFIX│APPS│ADDRESSES│CLIENTS│OFF' heads fly networks list
has '^ lab +│ personal │ 5  │ fdaa:0:5::/48 │ 0    │ 0 +│ 192.0.2.0/24 │ *$' fly networks list
is 'blue default' jq -r 'map(.Name) | join(" ")' <(fly networks list -o acme -j)
is 'ID Name Organization Prefix Apps Addresses Instances Forward Clients' keys '.[0]' fly networks list -j
is 'Clients in 192.0.2.0/24 are in no network now' fly networks detach 192.0.2.0/24
is 'New host created: edge-2 in ams' fly hosts create edge-2 --region ams
is 'NAME│REGION│NUMBER│MACHINES│PROBE' heads fly hosts list
is 'edge-1 edge-2' jq -r 'map(.Name) | join(" ")' <(fly hosts ls -j)
is 'Host edge-2 deleted' fly hosts delete edge-2
is 'NAME│CODE' heads fly platform regions
is 'code name latitude longitude' keys '.Regions[0]' fly platform regions --json
pass 'organizations, networks, hosts and regions'

is 'Your organization a?[2Jb (third) was created' eval "fly orgs create third --name \$'a\e[2Jb' | grep -o '^.*created'"
is 'No replay source organizations configured for personal' fly orgs replay-sources list
is '[]' jq -c . <(fly orgs replay-sources ls --json)
is 'Added allowed replay source organizations for personal: acme, third' fly orgs replay-sources add acme third
is 'Added allowed replay source organizations for personal: acme' fly orgs replay-sources add acme # again: as it is
is 'Allowed replay source organizations for personal:
  acme
  third' fly orgs replay-sources list
is '["acme","third"]' jq -c . <(fly orgs replay-sources list -j -o personal)
is 'Removed allowed replay source organizations from personal: acme' fly orgs replay-sources remove acme
refuses 1 '"acme" is no replay source of personal: flycast orgs replay-sources list -o personal shows them' fly orgs replay-sources remove third acme
is '["third"]' jq -c . <(fly orgs replay-sources list -j)
refuses 1 'apps of acme may replay to each other anyway' fly orgs replay-sources add acme -o acme
refuses 1 'there is no organization "acne": did you mean "acme"\?' fly orgs replay-sources add acne
refuses 2 'replay-sources add needs the slugs' fly orgs replay-sources add
refuses 2 'replay-sources has no command "grant": there are list\|add SLUG' fly orgs replay-sources grant acme
refuses 2 '"x" is one word too many for replay-sources list' fly orgs replay-sources list x
is 'Cross-network replays are disabled for acme (replays are scoped to networks)' fly orgs cross-network-replays status -o acme
refuses 1 'add -y' fly orgs cross-network-replays enable -o acme
is 'Cross-network replays enabled for acme' fly orgs cross-network-replays enable -o acme -y
is 'Cross-network replays enabled for acme' fly orgs cross-network-replays enable -o acme -y
is 'Cross-network replays are enabled for acme' fly orgs cross-network-replays status -o acme
is '{"allowAllCrossNetworkReplays":true}' jq -c . <(fly orgs cross-network-replays status -o acme -j)
is '[]' jq -c . <(fly orgs replay-sources list -j -o acme)
is 'Cross-network replays disabled for acme (replays are now scoped to networks)' fly orgs cross-network-replays disable -o acme -y
is 'acme third personal' db "DELETE FROM organization WHERE slug = 'third'; SELECT 'acme third personal' WHERE NOT EXISTS (SELECT 1 FROM replay_source)"
refuses 19 'at most 100 replay sources' db "WITH RECURSIVE n (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM n WHERE n < 101)
	INSERT INTO organization (slug, name) SELECT 'o' || n, 'x' FROM n;
	INSERT INTO replay_source (org, source) SELECT 'acme', slug FROM organization WHERE slug GLOB 'o*'"
db "DELETE FROM organization WHERE slug GLOB 'o[0-9]*'"
pass 'who may replay to whose apps'

# ---------------------------------------------------------------------------------------------- apps

is 'New app created: web' fly apps create web
is 'New app created: shop' fly apps create --name shop --org acme --network blue
has '^New app created: [a-z]+-[a-z]+-[0-9]{4}$' fly apps create --generate-name
fly app destroy "$(fly apps list -q | grep -Ex '[a-z]+-[a-z]+-[0-9]{4}')" -y >/dev/null
is 'NAME│OWNER│STATUS│NETWORK│LATEST DEPLOY' heads fly apps list
is 'NAME│OWNER│STATUS│LATEST DEPLOY' heads fly apps list --org personal
is 'shop' fly apps list --org acme --quiet
is 'web' env FLY_ORG=personal flycast apps list -q
is 'ID Name Status Deployed Hostname Organization Network CreatedAt' keys '.[0]' fly apps list -j
pass 'apps'

# ---------------------------------------------------------------------------------------------- addresses

columns='VERSION│IP│TYPE│REGION│NETWORK│CREATED AT'
is "$columns" heads fly ips allocate-v6 --private -a web
has '^ v6 +│ fdaa:0:1:0:1::2 │ private ingress │ global │ personal/default │ (just now|[0-9]+s ago)$' fly ips allocate-v6 --private -a web
is 1 db 'SELECT count(*) FROM address' # twice is once
has 'fdaa:0:2:0:1::2 .* acme/default' fly ips allocate-v6 --private --org acme -a web
has 'fdaa:0:5:0:1::2 .* personal/lab' fly ips allocate-v6 --private --network lab -a web
is fdaa:0:4:0:1::2 jq -r .Address <(fly ips allocate-v6 --private -a shop -j) # the network it lives in
is "$columns" heads fly ip list -a web
is 'ID Address Type Region CreatedAt ServiceName Network' keys '.[0]' fly ips list -a web --json
is 'private_v6 global default acme' jq -r '.[1] | "\(.Type) \(.Region) \(.Network.Name) \(.Network.Organization.Slug)"' <(fly ips ls -a web -j)
is 'Released fdaa:0:2:0:1::2 from web
Released FDAA:0:5:0:1:0:0:2 from web' fly ips release -a web fdaa:0:2:0:1::2 FDAA:0:5:0:1:0:0:2
has 'fdaa:0:2:0:1::3' fly ips allocate-v6 --private --org acme -a web # the number is not given out again
printf "app = 'web'\n[env]\napp = 'shop'\n" >"$dir/fly.toml"
is 2 jq length <(cd "$dir" && fly ips list -j)
is 2 jq length <(fly ips list -j -c "$dir/fly.toml")
is 1 jq length <(cd "$dir" && FLY_APP=shop fly ips list -j)

db "INSERT INTO public_address (address, type, app) VALUES ('192.0.2.80', 'shared_v4', 'web')"
is '' eval 'fly ips list -a web 2>&1 >/dev/null' # nothing is reached by it
fly machine create -a web --name one --port 80:8080/tcp:http -- sleep 1 >/dev/null
has '^Warning: app web has services and addresses that are not private.*: flycast ips release 192.0.2.80 -a web$' \
	eval 'fly ips list -a web 2>&1 >/dev/null'
has '^ v4 +│ 192.0.2.80 +│ public ingress \(shared\) │ global +│ +│' eval 'fly ips list -a web 2>/dev/null'
is 'Released 192.0.2.80 from web' fly ips release -a web 192.0.2.80
is '' eval 'fly ips list -a web 2>&1 >/dev/null'
is 'ID│REGION│IP' heads fly ips private -a web
is "$(db 'SELECT json_array(address) FROM machine')" jq -c . <(fly ips private -a web -j)
pass 'addresses, and the network that each is reached from'

# ---------------------------------------------------------------------------------------------- Machines

is 'ID│NAME│STATE│CHECKS│REGION│IP ADDRESS│CREATED│LAST UPDATED│PROCESS GROUP│SIZE│COMMAND' eval 'fly machine list -a web | sed 1,3d | heads cat'
is 'PROTOCOL│PORTS│HANDLERS│FORCE HTTPS│PROCESS GROUP│REGIONS│MACHINES' eval 'fly services list -a web | sed 1d | heads cat'
is 'PROCESS│ID│NAME│REGION│STATE│CHECKS│LAST UPDATED' eval 'fly status -a web | sed "1,/^Machines/d" | heads cat'
fly status -a web --watch --rate 60 >"$dir/watched" &
watching=$!
within 5 has '^App$' cat "$dir/watched"
fly machine create -a web --name seen -- sleep 1 >/dev/null
within 5 has '│ seen ' cat "$dir/watched"
has '^....-..-..T..:..:..Z  every 60s, and when something changes' cat "$dir/watched"
kill $watching
fly machine destroy -w 0 -a web seen >/dev/null
refuses 2 'not supported together' fly status -a web --watch -j
refuses 2 '0.1 seconds at least' fly status -a web --watch --rate 0
is 'ID Name Deployed Status Hostname Version AppURL Organization PlatformVersion Network Machines' keys . fly status -a web -j
is 'id name state region instance_id private_ip host ipv4 created_at updated_at cordoned config events checks' keys '.[0]' fly machine list -a web -j
is 'protocol internal_port autostop autostart min_machines_running ports concurrency' keys '.[0].config.services[0]' fly machine list -a web -j
is 'STATE│EVENT│SOURCE│TIMESTAMP│INFO' eval 'fly machine status -a web one | sed "1,/^Event Logs/d" | heads cat'
fly machine create -a web --name lines -- sh -c 'echo one
echo two' >/dev/null
has 'lines .*│ sh -c echo one echo two$' fly machine list -a web
is 'Success! A Machine has been successfully created in app web' eval 'fly machine create -a web -- true | head -n 1'
has "^ Machine ID: [0-9a-f]{14} +State: created$" eval 'fly machine run -a web -d -- true | tail -n 2 | paste -sd " "'
pass 'tables and JSON of Machines'

# ---------------------------------------------------------------------------------------------- the end of things

is 'Destroyed app shop
Destroyed app web' fly apps destroy shop web --yes
is '0|0|0' db 'SELECT (SELECT count(*) FROM app), (SELECT count(*) FROM machine), (SELECT count(*) FROM address)'
is "Nothing is inconsistent in $registry" fly check
is 'Organization acme deleted' fly orgs delete acme -y
pass 'an app goes with its Machines and addresses, all named or none'

# ---------------------------------------------------------------------------------------------- help, misuse, output

# Every command there is says how to use it, with an example, and refuses what nobody ever asked for.
words() { sed -n '/^Commands:/,/^$/s/^  \([a-z0-9-]*\) .*/\1/p' <<<"$("$@" --help)"; }
many=0
for group in $(words flycast); do
	for command in $(words flycast "$group") ''; do
		[ "$command" ] || [ -z "$(words flycast "$group")" ] || continue
		many=$((many + 1))
		line=$group${command:+ $command}
		# shellcheck disable=SC2086 # two words
		has "^  flycast $line" eval "flycast $line -h | sed '1,/^Examples:/d'"
		# shellcheck disable=SC2086
		refuses 2 "unknown flag \"--colour\". Try: flycast $line --help" flycast $line --colour
	done
done
[ "$many" -ge 44 ] || fail "only $many commands have help"
has '^Commands:' flycast help
has 'allocate-v6' flycast ips help
has '^flycast [0-9]' flycast --version
refuses 2 'unknown command "machin": did you mean "machine"\? Try: flycast --help' fly machin
refuses 2 'unknown flag "--jsno": did you mean --json\?' fly orgs list --jsno
refuses 2 'ips needs a command' fly ips
refuses 2 '"b" is one word too many for create' fly orgs create a b
refuses 2 'create needs SLUG' fly orgs create
refuses 2 'two app names specified a and b' fly apps create a --name b
refuses 2 'list does not take --app' fly orgs list -a web
refuses 2 '--config /no/such/file cannot be read' fly status -c /no/such/file
refuses 2 '--lines takes a whole number, not "many"' fly logs -a web --lines many
refuses 2 '-a needs a value \(NAME\)' fly status -a
pass "$many commands have help, and misuse says what to type"

for words in --version --help 'orgs list' 'orgs list -j' 'platform regions' export 'machine run --help' doctor check; do
	refuses 1 'could not be written' bash -c "flycast $words >/dev/full"
	refuses 1 'could not be written' bash -c "flycast $words >&-"
done
is '{' eval '{ flycast export 2>&3 | head -n 1; } 3>&1' # a reader that has enough is no error
fly apps create closed >&- 2>&- <&- || true
is closed fly apps list -q
is ok db 'PRAGMA integrity_check' # no sentence went into the file
pass 'output that is lost is an error, and closed descriptors harm nothing'

# ---------------------------------------------------------------------------------------------- several at once

pids=()
for ((i = 0; i < 12; i++)); do
	{ fly apps create "many-$i" && fly ips allocate-v6 --private -a "many-$i"; } >/dev/null &
	pids+=($!)
	{ fly apps create contested >/dev/null 2>&1 && echo >>"$dir/won"; } &
done
for pid in "${pids[@]}"; do wait "$pid"; done
wait
is 12 db "SELECT count(DISTINCT address) FROM flycast WHERE app LIKE 'many-%'"
is 1 wc -l <"$dir/won"
is "Nothing is inconsistent in $registry" fly check
pass 'commands at the same time wait for each other, and one name is given once'
