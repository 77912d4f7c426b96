# The command line under valgrind: no invalid access, nothing uninitialised, nothing lost, whether a command succeeds or not.
command -v valgrind >/dev/null || { echo 'no valgrind here'; exit 77; }

# checked CODE ARGS...: the command must end with CODE and leave valgrind silent.
checked() {
	local want=$1 got=0
	shift
	valgrind --quiet --error-exitcode=99 --leak-check=full --show-leak-kinds=definite,indirect,possible \
		--errors-for-leak-kinds=definite,indirect,possible --log-file="$dir/valgrind.out" \
		"$FLYCAST_BIN/flycast" "$@" >"$dir/out" 2>&1 </dev/null || got=$?
	[ ! -s "$dir/valgrind.out" ] || fail "flycast $*: $(cat "$dir/valgrind.out")"
	[ "$got" -eq "$want" ] || fail "flycast $* exited with $got, not $want: $(cat "$dir/out")"
}

checked 0 init
checked 1 init
checked 0 orgs create other
checked 0 orgs list -j
checked 0 networks create lab
checked 0 networks attach 192.0.2.0/24 --network lab
checked 0 networks list
checked 0 apps create my-app
checked 1 apps create My_App
checked 0 apps list -j
checked 0 ips allocate-v6 --private -a my-app
checked 0 ips allocate-v6 --private --org other -a my-app
checked 1 ips allocate-v6 -a my-app
checked 1 ips allocate-v4 -a my-app
checked 0 ips list -a my-app
checked 0 ips list -a my-app -j
checked 1 ips list -a my-ap
checked 1 ips release -a my-app fdaa::1
checked 0 machine create -a my-app --name one --port 80:8080/tcp:http --autostop=suspend --env A=B --metadata k=v -- sleep 1
checked 1 machine create -a my-app --port 70000:1 -- sleep 1
checked 0 machine list -a my-app
checked 0 machine list -a my-app -j
id=$(db 'SELECT id FROM machine')
checked 0 machine status "$id"
checked 0 machine clone "$id" --detach --name two -- sleep 2
checked 0 machine run -a my-app --detach --rm --region iad --metadata fly=1 -- sleep 1
checked 1 machine run -a my-app --port 80 --soft-limit 9 --hard-limit 5 -- sleep 1
checked 1 machine start "$id"
checked 0 machine stop "$id" --signal SIGTERM --timeout 1 --wait-timeout 0
checked 1 machine wait "$id" --state started --wait-timeout 100ms
mkdir -p "$dir/machines/$id"
for ((i = 0; i < 300; i++)); do echo "2026-11-23T08:59:20.123Z out line $i"; done >"$dir/machines/$id/log"
checked 0 logs -a my-app
checked 0 logs -i "$id" --lines 5 -j
checked 0 machine cordon "$id"
checked 0 machine uncordon "$id"
checked 0 services list -a my-app
checked 0 status -a my-app
checked 0 status -a my-app -j
checked 1 up --agent=--no-such-flag
checked 0 export
checked 0 backup "$dir/copy.db"
checked 0 machine destroy -f "$id"
checked 0 apps destroy my-app -y
checked 2 nonsense
checked 0 --help
checked 0 machine run --help
pass 'valgrind is silent'
