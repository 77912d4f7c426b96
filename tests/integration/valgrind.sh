# The command line under valgrind: no invalid access, nothing uninitialised, nothing lost, whether a command succeeds or not.
# Each costs a second of a processor; what changes nothing runs side by side.
command -v valgrind >/dev/null || { echo 'no valgrind here'; exit 77; }

# checked CODE ARGS...: the command must end with CODE and leave valgrind silent.
checked() {
	local want=$1 got=0 out=$dir/out.$BASHPID
	shift
	valgrind --quiet --error-exitcode=99 --leak-check=full --show-leak-kinds=definite,indirect,possible \
		--errors-for-leak-kinds=definite,indirect,possible --log-file="$out.valgrind" \
		"$FLYCAST_BIN/flycast" "$@" >"$out" 2>&1 </dev/null || got=$?
	[ ! -s "$out.valgrind" ] || fail "flycast $*: $(cat "$out.valgrind")"
	[ "$got" -eq "$want" ] || fail "flycast $* exited with $got, not $want: $(cat "$out")"
}

# beside CODE ARGS...: the same in the background, until together.
pids=()
beside() {
	checked "$@" &
	pids+=($!)
}
together() {
	local pid
	for pid in "${pids[@]}"; do wait "$pid"; done
	pids=()
}

checked 0 init
checked 0 orgs create other --name 'The Other'
checked 0 networks create lab
checked 0 networks attach 192.0.2.0/24 --network lab
checked 0 apps create my-app
checked 0 ips allocate-v6 --private -a my-app
checked 0 ips allocate-v6 --private --org other -a my-app -j
checked 0 machine create -a my-app --name one --port 80:8080/tcp:http --autostop=suspend --env A=B --metadata k=v -- sleep 1
id=$(db 'SELECT id FROM machine')
checked 0 machine clone "$id" --detach --name two -- sleep 2
checked 0 machine stop "$id" --signal SIGTERM --timeout 1 --wait-timeout 0
mkdir -p "$dir/machines/$id"
for ((i = 0; i < 300; i++)); do echo "2026-11-23T08:59:20.123Z out line $i"; done >"$dir/machines/$id/log"
pass 'writing'

beside 0 orgs list -j
beside 0 networks list -j
beside 0 hosts list
beside 0 platform regions -j
beside 0 apps list
beside 0 ips list -a my-app
beside 0 ips private -a my-app
beside 0 machine list -a my-app -j
beside 0 machine status "$id"
beside 0 services list -a my-app
beside 0 status -a my-app -j
beside 0 logs -a my-app
beside 0 check
beside 0 doctor
beside 0 export "$dir/all.json"
beside 0 backup "$dir/copy.db"
beside 0 machine run --help
together
pass 'reading'

sed 's/"my-app"/"My App"/' "$dir/all.json" >"$dir/wrong.json"
beside 1 init
beside 1 init --registry "$dir/no/where/registry.db"
beside 1 networks attach 192.0.2.1/24
beside 1 apps create My_App
beside 1 ips allocate-v6 -a my-app
beside 1 ips list -a my-ap
beside 1 ips release -a my-app fdaa::1
beside 1 machine create -a my-app --metadata "$(printf '\377')=1" --port 80 -- sleep 1
beside 1 machine run -a my-app --port 80 --soft-limit 9 --hard-limit 5 -- sleep 1
beside 1 machine wait "$id" --state started --wait-timeout 100ms
beside 1 up --agent=--no-such-flag --dns-listen '[::1]:53'
beside 1 dig my-app.flycast @127.0.0.1:9
beside 1 import "$dir/wrong.json" --registry "$dir/wrong.db"
beside 1 backup "$dir/copy.db"
beside 1 restore "$dir/all.json" -y
beside 2 nonsense
together
pass 'refusals'

checked 0 import "$dir/all.json" --registry "$dir/two.db"
checked 0 restore "$dir/copy.db" -y
checked 1 machine start "$id"
db 'UPDATE service SET autostart = 0'
checked 1 check
checked 0 machine cordon "$id"
checked 0 ips release -a my-app fdaa:0:2:0:1::2
checked 0 machine destroy -f "$id"
checked 0 apps destroy my-app -y
pass 'changing and ending'
