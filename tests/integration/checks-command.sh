# Checks as people write and read them: --check, checks list, and the columns of Machines.
cd "$dir"
fly init >/dev/null
fly apps create web >/dev/null
run=(fly machine run -a web --detach -p 80:8080/tcp:http -p 5432)
rows() { db "SELECT name, interval, timeout, grace_period, method, path, headers FROM service_check ORDER BY machine, name"; }
nothing() { is 0 db 'SELECT count(*) FROM machine'; }

refuses 1 '--check 8080/udp: behind the port stands /tcp, /http or /https' "${run[@]}" --check 8080/udp -- true
refuses 1 'tls_skip_verify is true or false' "${run[@]}" --check 8080/https,tls_skip_verify=1 -- true
refuses 1 'an interval is 1s to 1h' "${run[@]}" --check 8080/http,interval=10ms -- true
refuses 1 "no --port leads to the Machine's port 80, so there is no service to check" "${run[@]}" --check 80/http -- true
refuses 1 'no --port leads' fly machine run -a web --detach --check 80/tcp -- true
refuses 2 'takes one|unknown|no such' fly checks lst -a web
refuses 1 'no app "nope"' fly checks list -a nope
nothing
is 'No checks are defined for app web: machine run --check defines them' fly checks list -a web
pass 'a check that cannot be is refused with one sentence, and nothing is made'

"${run[@]}" -n one --check '8080/http:/health?deep=1,interval=10s,timeout=500ms,grace_period=0,method=head,header=Host: a.example' \
	--check 8080/http --check 5432/tcp -- sleep 1000 >/dev/null
is 'servicecheck-00-http-8080|10000|500|0|HEAD|/health?deep=1|{"Host":"a.example"}
servicecheck-00-tcp-5432|15000|5000|5000|GET|/|{}
servicecheck-01-http-8080|15000|5000|5000|GET|/|{}' rows
is "$(rows | sed 's/^/x/')" eval "fly machine clone -a web one -n two --detach >/dev/null; rows | sort -u | sed 's/^/x/'"
is 6 db 'SELECT count(*) FROM service_check'
pass 'what --check says is in the registry, and a clone has the same'

one=$(db "SELECT id FROM machine WHERE name = 'one'")
db "INSERT INTO check_state VALUES ('$one', 8080, 0, 'h', 'critical', 1700000000000, '503 Service Unavailable')"
db "INSERT INTO check_state VALUES ('$one', 5432, 0, 'h', 'passing', 1700000000000, 'connected')"
has 'Health Checks for web' fly checks list -a web
has '^ *NAME +│ STATUS +│ MACHINE +│ LAST UPDATED +│ OUTPUT' fly checks list -a web
has "servicecheck-00-http-8080 +│ critical +│ $one +│ .* │ 503 Service Unavailable" fly checks list -a web
has "servicecheck-01-http-8080 +│ warning +│ $one" fly checks list -a web
is 2 eval 'fly checks list -a web --check-name servicecheck-00-tcp-5432 | grep -c servicecheck'
refuses 1 'no check of app web is called nope' fly checks list -a web --check-name nope
is 'critical 503 Service Unavailable 2023-11-14T22:13:20Z' eval "fly checks list -a web --json | jq -r '
	.\"$one\"[] | select(.name == \"servicecheck-00-http-8080\") | [.status, .output, .updated_at] | join(\" \")'"
is 1/3 eval "fly machine list -a web | grep $one | awk -F ' *│ *' '{ print \$4 }'"
is '3 total, 1 passing, 1 warning, 1 critical' eval "fly status -a web | grep $one | awk -F ' *│ *' '{ print \$6 }'"
has 'Checks \[1/3\]' fly machine status -a web one
has '^ *NAME +│ STATUS +│ LAST UPDATED +│ OUTPUT' fly machine status -a web one
is '3 1' eval "fly machine list -a web --json | jq -r '.[] | select(.id == \"$one\") | .checks
	| [length, (map(select(.status == \"passing\")) | length)] | join(\" \")'"
fly export >copy.json
is 6 jq '.service_check | length' copy.json
is null jq .check_state copy.json
pass 'they are shown where Machines are, and exported without how they go'

fly apps destroy -y web >/dev/null
is '0|0' db 'SELECT (SELECT count(*) FROM service_check), (SELECT count(*) FROM check_state)'
