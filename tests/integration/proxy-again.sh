# A request is sent again where it cannot have been carried out: an HTTP/2 Machine refused its stream, or the Machine was
# stopped under it, whenever the proxy hears of that.
# shellcheck source=tests/lib/proxy.sh
. "$lib/proxy.sh"
cp "$lib/planned.py" "$lib/h2_frames.py" /srv/
world --verbose
plan() { # LINE...: for the connections from here on
	printf '%s\n' "$@" >plan.new
	cp plan.new /srv/plan.new
	mv /srv/plan.new /srv/plan
}
digest() { sha256sum "$1" | cut -d' ' -f1; }
app two --port 80:8080/tcp:http --concurrency-type requests -- /usr/bin/python3 /srv/planned.py 8080
edit "UPDATE service_port SET options = '{\"http_options\":{\"h2_backend\":true}}' WHERE machine = '$id'"
: >empty
head -c 300000 /dev/urandom >body
head -c 1500000 /dev/urandom >large
within 10 has "$(digest empty)" fetch "$(url)"

plan refuse answer
before=$(counter retries_total)
is "1 $(digest body)" fetch --data-binary @body "$(url)"
is $((before + 1)) counter retries_total
plan late late answer
is "2 $(digest body)" fetch --data-binary @body "$(url)"
plan late answer
is "1 $(digest body)" eval 'fetch -T - "$(url)" <body'
is "0 $(digest empty)" eval 'plan answer && fetch -X POST "$(url)"'
plan goaway answer
is "1 $(digest body)" fetch --data-binary @body "$(url)"
plan refuse answer
is "1 $(digest body)" curl -s -m 10 --http2-prior-knowledge --interface "$client" --data-binary @body "$(url)"
is 0 counter ejections_total
pass 'a stream that the Machine refused is sent again with its body, whatever the method'

plan refuse refuse refuse refuse answer
is 502 fetch -o refusal -w '%{http_code}' -d x "$(url)"
has '^PU02 .*it refused the stream' cat refusal
plan later answer
is 502 fetch -o refusal -w '%{http_code}' --data-binary @large "$(url)"
has '^PU02 .*it refused the stream' cat refusal
plan answer
is "0 $(digest large)" fetch --data-binary @large "$(url)"
pass 'but not for ever, and not when the body is too large to be kept'

# The end of a connection is seen before the order that caused it is heard: an agent that speaks when the test wants.
cat >agent.py <<'AGENT'
import os, select, socket, sys
path, machine = sys.argv[1:]
door = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
if os.path.exists(path):
    os.unlink(path)
door.bind(path)
door.listen(1)
proxy = door.accept()[0]
def say(serial, word, state):
    proxy.send(f"{serial} {word} {machine} {state} 0".encode())
say(0, "state", "started")
while True:
    if select.select([proxy], [], [], 0.01)[0]:
        message = proxy.recv(8192).decode().split()
        if not message:
            break
        say(message[0], "ok", "started")
    if os.path.exists("order"):
        os.unlink("order")
        say(0, "state", "stopping")
        say(0, "state", "stopped")
AGENT
app one --port 80:8080/tcp:http -- /usr/bin/python3 /srv/planned.py 8080
rm /srv/plan
within 10 has "$(digest empty)" fetch "$(url)"
stop agent KILL
/usr/bin/python3 agent.py agent.sock "$id" &
within 5 eval '[ "$(grep -c "agent connected" proxy.log)" = 2 ]'
plan close 'close /srv/go' close answer
before=$(counter retries_total)
fetch "$(url)" >reply &
request=$!
within 5 eval '[ "$(counter retries_total)" = $((before + 1)) ]'
touch order
within 5 grep -q "machine state machine=$id state=stopped" proxy.log
touch /srv/go
wait $request
is "3 $(digest empty)" cat reply
pass 'an order that is heard of late does not use up the one time that a request is sent again'
plan close close answer
is 502 fetch -o refusal -w '%{http_code}' "$(url)"
has '^PU02 .*ended the connection before it answered' cat refusal
pass 'a Machine that nobody stopped gets it twice, and no more'
stop proxy
