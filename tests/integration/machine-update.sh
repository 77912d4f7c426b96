# shellcheck shell=bash
# shellcheck disable=SC2016 # for eval
# machine update: what was named changes, is shown first, and a restart happens only for what needs one.
fly init --host "$(hostname)" --region fra >/dev/null
ready_seconds=60 start agent flycast-agent --registry "$registry"
fly apps create web >/dev/null
update() { fly machine update -a web one "$@"; }
config() { fly machine status -a web one -j | jq -cr ".config | $1"; }
instance() { db "SELECT instance FROM machine_state"; }
environment_of() { tr '\0' '\n' <"/proc/$(pgrep -xf "$1" | head -1)/environ" | grep -E "^$2=" || echo none; }
fly machine run -a web --name one -p 80:8080/tcp:http -p 20000-20010:9000 -e A=1 -e B=2 -m role=front -- sleep 600 >/dev/null
id=$(db 'SELECT id FROM machine')
first=$(instance)

# ---------------------------------------------------------------------------------------------- without a restart

refuses 1 'yes flag must be specified' update --autostop=suspend </dev/null
is 'No changes to apply' update -e A=1
update -y --autostop=suspend --soft-limit 5 --hard-limit 9 --concurrency-type requests --min-machines-running 1 \
	--restart always --kill-signal SIGTERM --kill-timeout 7 --skip-dns-registration -m role=back -m more=1 \
	-p 443:8080/tcp:http:tls -p 20000-20010:9000/tcp:- -p 80:8081/tcp:http --check 8080/http:/up,interval=20s,header='X-A: b' >"$dir/out"
has "^Configuration changes to be applied to machine: $id$" cat "$dir/out"
has '^  - services\[0\].autostop: false$' cat "$dir/out"
has '^  \+ services\[0\].autostop: "suspend"$' cat "$dir/out"
has '^  \+ metadata.more: "1"$' cat "$dir/out"
has '^  - metadata.role: "front"$' cat "$dir/out"
! grep -q 'env' "$dir/out" || fail 'what does not change is shown'
has "^Machine $id updated successfully!$" cat "$dir/out"
is "$first" instance
is 'always SIGTERM 7s true back 1 1' config '"\(.restart.policy) \(.stop_config.signal) \(.stop_config.timeout) \(.dns.skip_registration) \(.metadata.role) \(.metadata.more) \(.env.A)"'
is '[[8080,[443],"suspend",5,9,"requests",1],[8081,[80],"suspend",5,9,"requests",1]]' config \
	'[.services[] | [.internal_port, [.ports[].port], .autostop, .concurrency.soft_limit, .concurrency.hard_limit, .concurrency.type, .min_machines_running]]'
is '[{"type":"http","interval":"20s","timeout":"5s","grace_period":"5s","method":"GET","path":"/up","protocol":"http","headers":[{"name":"X-A","values":["b"]}]}]' config '.services[0].checks'
is 1 db 'SELECT count(*) FROM authority'
update -y --check 8080/tcp --hard-limit 0 --autostop=false >/dev/null
is 'tcp null 5 false' config '.services[0] | "\(.checks[0].type) \(.checks[1].type) \(.concurrency.soft_limit) \(.autostop)"'
is null config '.services[0].concurrency.hard_limit'
is "$first" instance
pass 'services, checks, metadata and how it ends change while it runs'

# ---------------------------------------------------------------------------------------------- with one

update -y --check 8080/tcp -p 443/tcp:- -p 80/tcp:- >/dev/null 2>&1 && fail 'a check without its service was taken'
is '[8080,8081]' config '[.services[].internal_port]'
update -y -p 443/tcp:- >/dev/null
is '0|1' db 'SELECT (SELECT count(*) FROM service_check), (SELECT count(*) FROM service)'
update -y -e B=3 -e C='x y' >/dev/null
[ "$first" != "$(instance)" ] || fail 'it was not restarted'
is 'A=1 B=3 C=x y' eval 'echo $(environment_of "sleep 600" A) $(environment_of "sleep 600" B) $(environment_of "sleep 600" C)'
fly secrets set -a web --stage TOKEN=hush >/dev/null
update -y >"$dir/out"
has '^  \+ the newest secrets$' cat "$dir/out"
is TOKEN=hush environment_of 'sleep 600' TOKEN
is 'No changes to apply' update
update -y --vm-memory 128 -- sleep 601 >/dev/null
is TOKEN=hush environment_of 'sleep 601' TOKEN
is '["sleep","601"] 128' config '"\(.init.exec) \(.guest.memory_mb)"'
is 601 eval "fly machine update $id -j -y -e A=9 | jq -r '.config.init.exec[1]'"
pass 'a command, variables, secrets and a size come with a restart'

fly machine stop "$id" >/dev/null
update -y -e D=4 --skip-start >/dev/null
is stopped db 'SELECT state FROM machine_state'
update -y -e D=5 >/dev/null
is started db 'SELECT state FROM machine_state'
is D=5 environment_of 'sleep 601' D
fly machine suspend "$id" >/dev/null
update -y -e D=6 --skip-start >/dev/null
is stopped db 'SELECT state FROM machine_state'
fly machine start "$id" >/dev/null
is D=6 environment_of 'sleep 601' D
many_lines=1 refuses 1 'did not start: .*no-such|no-such' update -y --restart no -- /no-such-program
update -y -- sleep 602 >/dev/null
is started db 'SELECT state FROM machine_state'
pass 'one that does not run is started, unless told not to; a suspended one forgets what it was'

# ---------------------------------------------------------------------------------------------- what cannot be

before=$(config .)
refuses 1 'has no port 81/tcp to take away' update -y -p 81/tcp:-
refuses 1 'soft limit of 5 over a hard limit of 2' update -y --hard-limit 2
refuses 1 'a limit is at least 1' update -y --soft-limit 0
refuses 1 'unknown service' update -y --check 9999/tcp
refuses 1 'invalid restart provided' update -y --restart sometimes
refuses 1 'kill timeout of 301' update -y --kill-timeout 301
refuses 1 'no digit first' update -y -e 1A=2
refuses 1 'UDP|TCP only' update -y -p 53/udp
refuses 1 "was not found in app 'web'" fly machine update -a web two -y
refuses 2 'a machine ID must be specified' fly machine update -a web -y
is "$before" config .
pass 'what is refused changes nothing'
