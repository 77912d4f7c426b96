# shellcheck shell=bash
# Machines as the operator writes them into the registry: every command and refusal that needs no agent.

fly init --region fra >/dev/null
fly apps create web >/dev/null
fly apps create db >/dev/null
run=(fly machine run -a web --detach)

count() {
	db 'SELECT count(*) FROM machine'
}

# refused PATTERN ARGS...: refused with exit 1 and one sentence, and nothing changed.
refused() {
	local before
	before=$(count)
	refuses 1 "$1" "${@:2}"
	is "$before" count
}

# ---------------------------------------------------------------------------------------------- what is put

has 'Success! A Machine has been successfully launched in app web' "${run[@]}" --name one \
	-p 80:8080/tcp:http -p 81:8080 -p 20000-20100:9000 --autostop=suspend --soft-limit 5 --hard-limit 10 \
	--concurrency-type requests --min-machines-running 1 -e A=1 -e B='two words' -m role=db -g worker --restart always \
	--kill-signal SIGTERM --kill-timeout 7 --skip-dns-registration -- python3 -m http.server 8080
is 'web|one|fra|worker|["python3","-m","http.server","8080"]|{"A":"1","B":"two words"}|always|SIGTERM|7|1|start|1' db \
	'SELECT app, name, region, process_group, command, env, restart, kill_signal, kill_timeout, skip_dns, ask, ask_serial FROM machine'
is 'tcp|8080|1|suspend|1|requests|5|10
tcp|9000|1|suspend|1|requests|5|10' db \
	'SELECT protocol, internal_port, autostart, autostop, min_machines_running, concurrency, soft_limit, hard_limit FROM service ORDER BY 2'
is '80|80|8080|http
81|81|8080|
20000|20100|9000|' db 'SELECT start_port, end_port, internal_port, handlers FROM service_port ORDER BY 1'
is 'role|db' db 'SELECT key, value FROM machine_metadata'
is 'flycast machine run' db "SELECT substr(command, 1, 19) FROM audit WHERE object = 'machine' LIMIT 1"
one=$(fly machine list -q -a web)
pass 'every flag of machine run is in the registry'

fly machine create -a web --name two --rm -p 80:8080/tcp:http --autostop -- sleep 100 >/dev/null
is 'no|1||0|stop' db "SELECT m.restart, auto_destroy, ask, ask_serial, autostop FROM machine m JOIN service s ON s.machine = m.id WHERE name = 'two'"
fly machine clone -a web one --name three --detach >/dev/null
is '3' db "SELECT count(*) FROM service_port p JOIN machine m ON m.id = p.machine WHERE m.name = 'three'"
is '1' db "SELECT count(DISTINCT m.command || m.env || m.process_group || m.kill_timeout || (SELECT group_concat(key || value) FROM machine_metadata WHERE machine = m.id)) FROM machine m WHERE name IN ('one', 'three')"
fly machine clone -a web one --name four --detach -g other -- sleep 5 >/dev/null
is 'other|["sleep","5"]' db "SELECT process_group, command FROM machine WHERE name = 'four'"
fly machine destroy -a web three four >/dev/null
is '4' db "SELECT value FROM counter WHERE kind = 'slot'"
pass 'create, clone and destroy'

# ---------------------------------------------------------------------------------------------- what is shown

has "$one +│ one +│ created +│ +│ fra +│ fdaa:0:1:" fly machine list -a web
is 'created' jq -r '.[0].state' <(fly m ls -a web -j)
is 'suspend 8080 80 http 81 5 10 requests' jq -r \
	'.[] | select(.name == "one").config.services[0] | "\(.autostop) \(.internal_port) \(.ports[0].port) \(.ports[0].handlers[0]) \(.ports[1].port) \(.concurrency.soft_limit) \(.concurrency.hard_limit) \(.concurrency.type)"' \
	<(fly machine list -a web --json)
is 'worker SIGTERM 7s always true two words python3' jq -r \
	'.config | "\(.metadata.fly_process_group) \(.stop_config.signal) \(.stop_config.timeout) \(.restart.policy) \(.dns.skip_registration) \(.env.B) \(.init.exec[0])"' \
	<(fly machine status "$one" --json)
has 'Command += python3 -m http.server 8080' fly machine status -a web one
has 'No machines are available on this app db' fly machine list -a db
has 'TCP +│ 80 => 8080 +│ \[HTTP\] +│ False +│ app +│ fra +│ 1' fly services list -a web
has 'TCP +│ 20000-20100 => 9000 +│ \[\] +│ False +│ worker' fly services list -a web
is '4' jq length <(fly services list -a web -j)
has 'Hostname += web.flycast' fly status -a web
is 'web 2 created' jq -r '"\(.Name) \(.Machines | length) \(.Machines[0].state)"' <(fly status -a web --json)
fly machine cordon -a web one >/dev/null
has 'created \(cordoned)' fly machine list -a web
is 'Deactivating cordon on machine '"$one"'... done!' fly machine uncordon "$one"
is '0' db 'SELECT sum(cordoned) FROM machine'
pass 'list, status, services and cordon'

# ---------------------------------------------------------------------------------------------- what is refused

refused 'no app "wbe".*did you mean "web"' fly machine run -a wbe -- true
refused 'invalid port: --port 0: ports are 1 to 65535' "${run[@]}" -p 0 -- true
refused 'invalid port: --port 70000: ports are 1 to 65535' "${run[@]}" -p 70000 -- true
refused 'port 80 is given twice' "${run[@]}" -p 80 -p 80:81 -- true
refused 'port 25 is given twice' "${run[@]}" -p 20-30:80 -p 25:81 -- true
refused 'a Flycast address carries TCP only' "${run[@]}" -p 53/udp -- true
refused 'soft limit 30 is above hard limit 20' "${run[@]}" -p 80 --soft-limit 30 --hard-limit 20 -- true
refused 'a limit is at least 1' "${run[@]}" -p 80 --hard-limit 0 -- true
refused 'limits go up to 1000000' "${run[@]}" -p 80 --hard-limit 1000001 -- true
refused '--soft-limit does nothing without a service' "${run[@]}" --soft-limit 30 -- true
refused "no host is in region 'syd': hosts are in fra" "${run[@]}" -r syd -- true
refused 'may only have the letters' "${run[@]}" -n Upper -- true
refused 'is longer than 63 characters' "${run[@]}" -n "$(printf '%064d' 0)" -- true
refused 'Machine of this name' "${run[@]}" -n one -- true
refused 'must be in the format NAME=VALUE' "${run[@]}" -e X -- true
refused 'a name has letters' "${run[@]}" -e 1=2 -- true
refused 'UTF-8' "${run[@]}" -- "$(printf '\377')"
refused 'process group' "${run[@]}" -g 'a b' -- true
refused 'invalid restart provided' "${run[@]}" --restart maybe -- true
refused 'kill signal' "${run[@]}" --kill-signal SIGWINCH -- true
refused '0 to 300 s' "${run[@]}" --kill-timeout 301 -- true
refused "machine nope was not found in app 'web'" fly machine stop -a web nope
refused "machine $one was not found in app 'db'" fly machine destroy -a db "$one"
refused 'is not a signal that can be sent' fly machine stop -a web one --signal SIGWINCH
refused 'more than 300 s' fly machine stop -a web one --timeout 301
refused 'no app "nope"' fly status -a nope
refused 'no app "nope"' fly services list -a nope
refused 'no app "nope"' fly logs -a nope
refuses 2 'name alone may stand: write -- COMMAND ARGS' fly machine run -a web nginx sh
refused 'cannot be the name of an image' "${run[@]}" 'nginx 1'
refuses 2 'needs an image, or a command after --' fly machine run -a web
refuses 2 'no app was named' fly machine run -- true
refuses 2 '--autostop takes one of' "${run[@]}" -p 80 --autostop=never -- true
refuses 2 'a machine ID must be specified' fly machine start
pass 'bad input is refused with one sentence, and nothing changed'

# ---------------------------------------------------------------------------------------------- without an agent

refuses 1 "no agent runs on host $(hostname), so machine .* stays created: .*flycast up" fly machine start -a web two
is 'start' db "SELECT ask FROM machine WHERE name = 'two'"
refuses 1 'is created and not yet started after 0.2s' fly machine wait -a web one --state started -w 0.2
db "INSERT INTO machine_state (machine, host, state, since) SELECT id, host, 'started', 1 FROM machine WHERE name = 'one'"
refused "machine $one currently started, either stop first or use --force flag" fly machine destroy -a web one
db "UPDATE machine_state SET state = 'starting'"
refused "machine $one is in a starting state and cannot be destroyed" fly machine destroy -a web one
(
	within 5 is stop db "SELECT ask FROM machine WHERE name = 'one'"
	db "UPDATE machine_state SET state = 'stopped', done_serial = (SELECT ask_serial FROM machine WHERE id = machine)"
) &
answer=$!
has "$one has been successfully stopped" fly machine stop -a web one -s SIGTERM --timeout 3
wait $answer
is '{"signal":"SIGTERM","timeout":3}' db "SELECT ask_options FROM machine WHERE name = 'one'"
pass 'a command waits for the answer in the registry, and says so when there is nobody to give one'
