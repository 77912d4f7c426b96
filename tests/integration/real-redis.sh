# Redis and redis-cli through a raw TCP port and a TLS port: pipelines, pushes, blocking commands, large values; a pool of idle
# connections is neither cut nor lets its Machine sleep, and many clients of a sleeping Machine wake it once.
# shellcheck source=tests/lib/proxy.sh
. "$lib/proxy.sh"
command -v redis-server >/dev/null || { echo 'no Redis here' && exit 77; }
world --autostop-interval 200ms --idle-timeout 1s
app data --port 6379/tcp --port 6380:6379/tcp:tls --autostop=suspend -- \
	redis-server --port 6379 --bind 0.0.0.0 --protected-mode no --save '' --daemonize no
data=$id
redis() { timeout 30 redis-cli -h "$address" "$@"; }
within 20 is PONG redis ping
is OK redis set greeting hello
is hello redis get greeting
fly certs ca >ca.pem
is hello redis --tls --cacert ca.pem --sni data.flycast -p 6380 get greeting
pass 'redis-cli, and over TLS that ends at the proxy'

for i in $(seq 20000); do printf 'SET key:%d value-%d\r\n' "$i" "$i"; done >pipeline
has 'errors: 0, replies: 20000' redis --pipe <pipeline
is 20001 redis dbsize
is value-12345 redis get key:12345
head -c 5000000 /dev/urandom | base64 -w 0 >big
is OK redis -x set big <big
redis --raw get big | tr -d '\n' | cmp - big || fail 'a large value is not what was sent'
pass '20000 commands in one go, and 6 MB in one value'

timeout 30 redis-cli -h "$address" subscribe news >heard &
subscriber=$!
within 10 is 'news
1' redis --raw pubsub numsub news
is 1 redis publish news first
within 10 grep -q '^first' heard
redis --raw blpop work 20 >popped &
popper=$!
within 10 has 'cmd=blpop' redis client list
is 1 redis rpush work finished
wait $popper
is 'work
finished' cat popped
kill $subscriber
pass 'what the server sends by itself arrives, and a command that waits is answered'

# A pool: ten connections that say nothing, for longer than any limit of HTTP; another app shows that there were passes.
for _ in 1 2 3 4 5 6 7 8 9 10; do
	{
		echo 'CLIENT SETNAME pool'
		until [ -e go ]; do sleep 0.1; done
		echo 'GET greeting'
	} | redis --raw >>pool &
done
pooled() { redis client list | grep -c 'name=pool'; }
within 10 is 10 pooled
starts() { grep -c 'Starting machine' proxy.log || true; }
before=$(starts)
app other --port 80:8080/tcp:http --autostop=stop -- /srv/httpd --port 8080
within 20 in_state stopped
address=$(db "SELECT address FROM flycast WHERE app = 'data'")
is started state "$data"
is 10 pooled
is "$before" starts
touch go
within 10 is 10 grep -c '^hello$' pool
pass 'ten idle connections are not cut, keep their Machine, and go on'

# The pool is closed, the Machine sleeps; then a pool of a hundred opens.
within 20 is suspended state "$data"
edit "UPDATE service SET autostop = 'off'"
before=$(starts)
for i in $(seq 100); do redis get "key:$i" >>answers & done
within 20 is 100 grep -c '^value-' answers
is $((before + 1)) starts
pass 'a hundred clients at once wake it once, and each is answered'

# Its Machine is stopped by hand under a pool: who holds a connection and asks nothing wakes nobody; when all ask again, one wake
# is enough.
member() {
	{
		echo 'CLIENT SETNAME pool'
		until [ -e again ]; do sleep 0.1; done
		echo 'GET greeting'
	} | redis --raw >/dev/null 2>&1 || true
	redis ping >>after # as a client's library does that finds its connection gone
}
for _ in 1 2 3 4 5 6 7 8 9 10; do member & done
within 10 is 10 pooled
fly machine stop "$data" >/dev/null
within 20 is stopped state "$data"
before=$(starts)
address=$(db "SELECT address FROM flycast WHERE app = 'other'")
has '^hello from' fetch "$(url)" # some time, in which another Machine is woken
address=$(db "SELECT address FROM flycast WHERE app = 'data'")
is stopped state "$data"
is $((before + 1)) starts
touch again
within 20 is 10 grep -c '^PONG$' after
is $((before + 2)) starts
pass 'idle clients of a stopped Machine wake nobody; when they ask, they wake it once'
