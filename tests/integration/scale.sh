# shellcheck shell=bash
# shellcheck disable=SC2016 # for eval
# scale: as many Machines as asked for, in the regions asked for, like those that are there.
fly init --host "$(hostname)" --region fra >/dev/null
fly hosts create elsewhere --region ams
ready_seconds=60 start agent flycast-agent --registry "$registry"
counts() { db "SELECT process_group || ' ' || region || ' ' || count(*) FROM machine WHERE app = '$1' GROUP BY process_group, region ORDER BY 1" | paste -sd,; }
scale() { fly scale count "$@"; }

# ---------------------------------------------------------------------------------------------- by hand

fly apps create web >/dev/null
refuses 1 'no complete releases and no Machines' scale 2 -a web -y
first=$(fly machine run -a web -p 80:8080/tcp:http --check 8080/tcp,interval=60s -e A=b -m role=front -- sleep 600 | awk '/Machine ID/ { print $3 }')
refuses 1 'yes flag must be specified' scale 3 -a web </dev/null
is 'app fra 1' counts web
scale 3 -a web -y >"$dir/out"
has "^App 'web' is going to be scaled according to this plan:$" cat "$dir/out"
has "^  \+2 machines for group 'app' on region 'fra' of size 'unlimited'$" cat "$dir/out"
is 2 grep -cE '^  Created [0-9a-f]{14} group:app region:fra$' "$dir/out"
is 'app fra 3' counts web
is 3 db "SELECT count(*) FROM machine_state WHERE state = 'started'"
is "3|3|3|3" db "SELECT (SELECT count(*) FROM service_port), (SELECT count(*) FROM service_check),
	(SELECT count(*) FROM machine_metadata WHERE key = 'role'), count(*) FROM machine WHERE env = '{\"A\":\"b\"}'"
is 'App already scaled to desired state. No need for changes' scale 3 -a web
is '3 {"fra":3}' eval "fly scale show -a web -j | jq -cr '.[] | \"\(.Count) \(.Regions)\"'"
has '^ *app +│ 3 +│ unlimited +│ +│ +│ fra\(3\) *$' fly scale show -a web
pass 'new Machines are like the others, services, checks and metadata too'

stopped=$(fly machine list -a web -q | grep -v "$first" | head -1)
fly machine stop "$stopped" >/dev/null
scale -y -a web -- -1 >"$dir/out"
has "^  Destroyed $stopped group:app region:fra$" cat "$dir/out"
scale +1 -y -a web --max-per-region 3 -d >/dev/null
refuses 1 'fewer than the expected total' scale +1 -y -a web --max-per-region 3
is 'app fra 3' counts web
task=$(fly machine run -a web --rm -d -- sleep 600 | awk '/Machine ID/ { print $3 }')
scale app=1 -y -a web >"$dir/out"
is 2 grep -c '^  Destroyed' "$dir/out"
is "$(printf '%s\n' "$first" "$task" | sort)" eval 'fly machine list -a web -q | sort'
within 5 eval '[ "$(db "SELECT count(*) FROM machine_state")" = 2 ]'
pass 'those that do not run go first, then the newest; --rm ones are not counted'

scale 3 -y -a web -r fra,ams -d >/dev/null
is 'app ams 1,app fra 3' counts web
scale 1 -y -a web -r ams >"$dir/out"
is 'App already scaled to desired state. No need for changes' cat "$dir/out"
scale 0 -y -a web -r ams >/dev/null
is 'app fra 3' counts web
refuses 1 'there is no region "xyz"' scale 1 -y -a web -r xyz
refuses 1 'no host is in region' scale 1 -y -a web -r nrt
refuses 1 "unknown process groups \[worker\] but valid names are \[app\]" scale worker=1 -y -a web
refuses 1 "'many' is not a valid process=count option" scale many -y -a web
refuses 1 "'2' is not a valid" scale 2 app=1 -y -a web
refuses 1 'invalid relative scale count: \+x' scale app=+x -y -a web
refuses 1 '9 cannot go' scale app=-9 -y -a web
refuses 1 'named twice' scale app=1 app=2 -y -a web
refuses 2 'needs N' scale -a web
is 'app fra 3' counts web
pass 'regions are counted by themselves; what cannot be is refused and changes nothing'

# ---------------------------------------------------------------------------------------------- of a release

chmod 755 "$dir"
mkdir "$dir/site" && cd "$dir/site" || exit
cat >fly.toml <<-'END'
	app = 'site'
	primary_region = 'fra'
	[processes]
	web = 'sleep 600'
	worker = 'sleep 601'
	[[services]]
	internal_port = 8080
	protocol = 'tcp'
	processes = ['worker']
	[[services.ports]]
	port = 5000
END
fly apps create site >/dev/null
fly deploy --strategy immediate --detach >/dev/null
fly machine run -a site -g web -d -- sleep 602 >/dev/null
refuses 1 "process-group is required when there is no group named 'app': the groups are \[web worker\]" scale 2
scale web=2 worker=0 -y -d >/dev/null
is 'web fra 3' counts site
is 2 db "SELECT count(*) FROM machine_metadata WHERE key = 'fly_release_version' AND value = '1'"
pass 'Machines of releases are counted, not those made by hand'
db "UPDATE release SET status = 'complete'"
scale 2 -g worker -y -d >/dev/null
is 'web fra 3,worker fra 2' counts site
is '2|["sleep","601"]|5000' db "SELECT count(*), command, start_port FROM machine JOIN service_port ON machine = id WHERE process_group = 'worker'"
is 4 db "SELECT count(*) FROM machine_metadata WHERE key = 'fly_release_version' AND value = '1'"
pass 'a group without a Machine begins again as its release says'
