# WebSockets between a server and clients by the library ws of Node: text, bytes, compression, control frames and closing
# codes through the proxy, with TLS and without; a Machine that is woken by one, and stays while one is open and says nothing.
# shellcheck source=tests/lib/proxy.sh
. "$lib/proxy.sh"
world --autostop-interval 200ms
export NODE_PATH=/usr/share/nodejs # where Debian keeps libraries, whoever built node
cp "$lib/ws_server.js" /srv/
app web --port 80:8080/tcp:http --port 443:8080/tcp:tls:http --autostop=stop --env NODE_PATH=$NODE_PATH -- node /srv/ws_server.js 8080
fly certs ca >ca.pem
cat >expected <<LINES
welcome $client
protocol echo
hello
compressed permessage-deflate
1 MB of text true
300 kB of bytes true
1000 messages in order 1000
pong
closed 4001 as you wish
LINES
visit() { node "$lib/ws_client.js" "$@"; }
within 20 is "$(cat expected)" visit "ws://[$address]/chat" "$client"
pass 'text, bytes, compression, pings and closing codes go through'
is "$(cat expected)" visit "wss://[$address]/chat" "$client" ca.pem web.flycast
pass 'and over TLS'
is 426 fetch -o /dev/null -w '%{http_code}' "$(url)"
pass 'who asks without Upgrade hears what the server says to that'

# Nobody is there: it is stopped, and the next WebSocket wakes it.
within 20 in_state stopped
is "$(cat expected)" visit "ws://[$address]/" "$client"
pass 'a WebSocket wakes its Machine'
mkfifo input
visit "ws://[$address]/" "$client" hold <input >held &
held=$!
exec 8>input
within 10 grep -q '^hello' held
web=$id
app other --port 80:8080/tcp:http --autostop=stop -- /srv/httpd --port 8080
within 20 in_state stopped # so others are looked at, and found idle
is started state "$web"
exec 8>&-
wait $held
is "welcome $client
protocol echo
hello
still there
closed 1000 " cat held
pass 'one that is open and silent keeps its Machine, and goes on'
within 20 is stopped state "$web"
