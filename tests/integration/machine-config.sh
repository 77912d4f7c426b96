# shellcheck shell=bash
# shellcheck disable=SC2016 # for eval
# --machine-config: a Machine is what its JSON says, and its JSON says what it is.
fly init --host "$(hostname)" --region fra >/dev/null
fly apps create web >/dev/null
config() { fly machine status -a web "$1" -j | jq -S '.config | del(.metadata.fly_process_group)'; }
cat >"$dir/config.json" <<-'END'
	{
	  "init": {"exec": ["sleep", "600"]},
	  "env": {"A": "1", "N": 2},
	  "metadata": {"role": "front"},
	  "services": [
	    {"protocol": "tcp", "internal_port": 8080, "autostop": "suspend", "autostart": true, "min_machines_running": 1,
	     "ports": [{"port": 80, "handlers": ["http"], "force_https": true},
	               {"port": 443, "handlers": ["tls", "http"], "http_options": {"idle_timeout": 9}}],
	     "concurrency": {"type": "requests", "soft_limit": 5, "hard_limit": 9},
	     "checks": [{"type": "http", "interval": "20s", "timeout": "2s", "grace_period": "1s", "path": "/up",
	                 "headers": [{"name": "X-A", "values": ["b"]}]},
	                {"type": "tcp", "interval": "30s"}]},
	    {"protocol": "tcp", "internal_port": 5432, "autostop": false, "ports": [{"start_port": 5000, "end_port": 5010}]}],
	  "restart": {"policy": "always", "max_retries": 3},
	  "stop_config": {"signal": "SIGTERM", "timeout": "9s"},
	  "auto_destroy": true,
	  "guest": {"cpu_kind": "shared", "cpus": 2, "memory_mb": 512},
	  "dns": {"skip_registration": true}
	}
END

# ---------------------------------------------------------------------------------------------- there and back

fly machine create -a web --name one --machine-config "$dir/config.json" >/dev/null
is '["sleep","600"]|{"A":"1","N":"2"}|always|3|SIGTERM|9|1|1|shared|2|512' db "SELECT command, env, restart, max_retries, kill_signal,
	kill_timeout, auto_destroy, skip_dns, cpu_kind, cpus, memory_mb FROM machine"
is 'front' db "SELECT value FROM machine_metadata WHERE key = 'role'"
is '5432|5000|5010||0|off
8080|80|80|http|1|suspend
8080|443|443|tls,http|0|suspend' db "SELECT internal_port, start_port, end_port, handlers, force_https, autostop FROM service JOIN service_port
	USING (machine, protocol, internal_port) ORDER BY internal_port, start_port"
is 9 db "SELECT options ->> '$.http_options.idle_timeout' FROM service_port WHERE start_port = 443"
is '0|http|20000|2000|1000|/up|{"X-A":"b"}
1|tcp|30000|5000|5000|/|{}' db 'SELECT number, type, interval, timeout, grace_period, path, headers FROM service_check'
is 1 db 'SELECT count(*) FROM authority'
fly machine status -a web one -j >"$dir/one.json"
fly machine create -a web --name two --machine-config "$dir/one.json" >/dev/null
is "$(config one)" config two
fly machine create -a web --name three --machine-config - <"$dir/one.json" >/dev/null
is "$(config one)" config three
pass 'it is read, and what status prints of a Machine makes another one like it'

fly machine create -a web --name four --machine-config "$(cat "$dir/config.json")" -e A=3 -e B=4 -m more=1 --restart no \
	--kill-timeout 2 --vm-memory 1gb -p 9000:9000 -- sleep 601 >/dev/null
is '["sleep","601"]|{"A":"3","N":"2","B":"4"}|no|SIGTERM|2|1024' db "SELECT command, env, restart, kill_signal, kill_timeout, memory_mb
	FROM machine WHERE name = 'four'"
is '80 443 5000 9000' eval "db \"SELECT start_port FROM service_port JOIN machine ON id = machine WHERE name = 'four' ORDER BY 1\" | paste -sd ' '"
is 'front 1' eval "fly machine status -a web four -j | jq -r '.config.metadata | \"\(.role) \(.more)\"'"
pass 'flags count more'

fly machine update -a web four -y --skip-start --machine-config '{"services": [{"protocol": "tcp", "internal_port": 7000, "ports": [{"port": 70}]}], "env": {"C": "5"}}' >/dev/null
is '["sleep","601"]|{"C":"5"}|no' db "SELECT command, env, restart FROM machine WHERE name = 'four'"
is '7000|70' db "SELECT internal_port, start_port FROM service_port JOIN machine ON id = machine WHERE name = 'four'"
fly machine update -a web four -y --skip-start --machine-config "$dir/config.json" --vm-memory 512 >/dev/null
is "$(config one | jq 'del(.metadata, .auto_destroy)')" eval "config four | jq 'del(.metadata, .auto_destroy)'"
is 'No changes to apply' fly machine update -a web one --machine-config "$dir/config.json"
pass 'what it says takes the place of what a Machine has, the rest stays'

image() { db "SELECT image, command, entrypoint FROM machine WHERE name = '$1'"; }
fly apps create made >/dev/null
make() { fly machine create -a made --name "$@" >/dev/null; }
make own --machine-config '{"image": "nginx:1.25"}'
is 'nginx:1.25|[""]|' image own
make args --machine-config '{"image": "nginx", "init": {"cmd": ["-g", "x"], "entrypoint": ["/run", "me"]}}'
is 'nginx|["-g","x"]|["/run","me"]' image args
make whole --machine-config '{"image": "nginx", "init": {"exec": ["/bin/sh"]}}'
is 'nginx|[""]|["/bin/sh"]' image whole
make other --machine-config '{"image": "nginx", "init": {"cmd": ["a"]}}' redis:7 -- b
is 'redis:7|["b"]|' image other
fly machine status -a made args -j >"$dir/args.json"
make again --machine-config "$dir/args.json"
is "$(image args)" image again
fly machine update -a made again -y --skip-start -i nginx:1.26 -- c >/dev/null
is 'nginx:1.26|["c"]|["/run","me"]' image again
fly machine update -a made own -y --skip-start --machine-config "$dir/args.json" >/dev/null
is "$(image args)" image own
pass 'images too'

# ---------------------------------------------------------------------------------------------- what cannot be

create() { fly machine create -a web --machine-config "$@"; }
refuses 1 'line 1: ' create '{"env": '
refuses 1 'unable to open' create /nowhere.json
refuses 1 'unable to open' create '[]'
refuses 1 'array of strings' create '{"init": {"exec": ["a", 1]}}'
refuses 1 'services\[0\]' create '{"init": {"exec": ["a"]}, "services": [{"protocol": "icmp", "internal_port": 1, "ports": []}]}'
refuses 1 'metadata.a is no string' create '{"metadata": {"a": 1}, "init": {"exec": ["a"]}}'
refuses 2 'needs ' create '{}'
is 4 db "SELECT count(*) FROM machine WHERE app = 'web'"
has 'schedule means nothing here' eval "create '{\"schedule\": \"daily\", \"init\": {\"exec\": [\"a\"]}}' 2>&1"
pass 'what is wrong is told by its path'
