# HTTP/2 to Machines (h2_backend): gRPC with a real server and client, clients of both kinds, and a Machine that does not speak it.
# shellcheck source=tests/lib/proxy.sh
. "$lib/proxy.sh"
world --idle-timeout 5s
cp "$lib/grpc_server.py" /srv/
h2_backend() { edit "UPDATE service_port SET options = '{\"http_options\":{\"h2_backend\":true}}' WHERE machine = '$id'"; }
app grpc --port 80:8080/tcp:http --concurrency-type requests -- /usr/bin/python3 /srv/grpc_server.py 8080
h2_backend
cat >expected <<'LINES'
upper HELLO 2 fly.io behind
each ABC 0 OK
sum 3000000
count 3000000
fail FAILED_PRECONDITION not today because
nothing UNIMPLEMENTED
again X
LINES
call() { /usr/bin/python3 "$lib/grpc_client.py" "$address"; }
within 20 is "$(cat expected)" call
pass 'gRPC: every kind of call, trailers, errors, an end by the client'
sleeps stop
is "$(cat expected)" call
pass 'gRPC to a Machine that sleeps'
before=$(counter machine_connections_total)
for _ in 1 2 3; do /usr/bin/python3 "$lib/grpc_client.py" "$address" >/dev/null; done
[ $(($(counter machine_connections_total) - before)) -lt 15 ] || fail 'connections to the Machine are not used again'
pass 'connections to the Machine are used again'

# A client of HTTP/1.1
printf '\0\0\0\0\5hello' >message
fetch -D reply -o answer -H 'Content-Type: application/grpc' --data-binary @message "$(url /t/Upper)"
has '^HTTP/1.1 200' tr -d '\r' <reply
has '^grpc-status: 0$' tr -d '\r' <reply
has 'HELLO 1.1 fly.io$' tail -c 16 answer
fetch -D reply -o answer -H 'Content-Type: application/grpc' -H 'Transfer-Encoding: chunked' --data-binary @message "$(url /t/Nothing)"
has '^grpc-status: 12$' tr -d '\r' <reply
pass 'a client of HTTP/1.1 speaks to a Machine of HTTP/2, and gets its trailers'

# A Machine that does not speak it
app old --port 80:8080/tcp:http -- /srv/httpd --port 8080 --body page
within 10 is page fetch "$(url)"
h2_backend
fetch -D reply -o answer "$(url)"
has '^HTTP/1.1 502' tr -d '\r' <reply
has '^Flycast-Error: PU01 .*does not speak HTTP/2' tr -d '\r' <reply
refused PU01
pass 'a Machine that does not speak HTTP/2 is named'
