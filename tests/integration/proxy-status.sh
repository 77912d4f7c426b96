# flycast proxy status: what a proxy says of itself and of its Machines over --control, also while it drains or is followed.
# shellcheck source=tests/lib/proxy.sh
. "$lib/proxy.sh"
control=$dir/proxy.sock
flags=(--registry "$registry" --threads 2 --metrics '[::1]:9154' --autostop-interval 0 --control "$control" --drain-timeout 60s)
world --wake-timeout 2s --queue-timeout 10m --control "$control" --drain-timeout 60s
refuses 1 "does not say how it is on /nowhere: no answer .No such file or directory.; is it running with --control /nowhere" \
	fly proxy status --control /nowhere
is 'serving 2 true false' eval 'fly proxy status -j | jq -r "[.state, .threads, .agent, .former_drains] | map(tostring) | join(\" \")"'
is '[]' eval 'fly proxy status -j | jq -c .apps'
app web --port 80:8080/tcp:http --port 7:7007 --port 8:7008 --soft-limit 2 --hard-limit 3 -- sh -c '/srv/httpd --port 8080 --body page &
	socat TCP-LISTEN:7007,reuseaddr,fork EXEC:cat & wait'
one=$id
fly machine run -a web --name two --port 80:8080/tcp:http --soft-limit 2 --hard-limit 3 -- sleep 1000 >/dev/null
two=$(db "SELECT id FROM machine WHERE name = 'two'")
fly apps create other >/dev/null
within 10 is page fetch -H "Fly-Force-Instance-Id: $one" "$(url)"
within 5 follows
has '^  Version +. 0\.[0-9.]+, pid [0-9]+, up [0-9dhms]+$' eval 'fly proxy status | tr = .'
has '^  State +. serving on 2 threads$' eval 'fly proxy status | tr = .'
has '^  Agent +. connected' eval 'fly proxy status | tr = .'
has '^  Addresses +. all open' eval 'fly proxy status | tr = .'
has '^  Quarantine +. nothing' eval 'fly proxy status | tr = .'
newest=$(db 'SELECT max(seq) FROM change')
has "^  Registry +. change $newest of $newest, looked at [0-9]+ ms ago, apps 2, networks 1" eval 'fly proxy status | tr = .'
has '^ web +│ 0 +│ 0 +│ 2 +│ 2' fly proxy status
has '^ other +│ 0 +│ 0 +│ 0 +│ 0' fly proxy status
pass 'how it is, for people'

# Work, limits, and why a Machine gets none
number() { fly proxy status -j -a web | jq -r "$1"; }
holders=()
for _ in 1 2 3 4; do
	socat -u "TCP6:[$address]:7,bind=[$client]" STDOUT &
	holders+=($!)
done
in_flight() { [ "$(number '.apps[0] | "\(.in_flight) \(.waiting)"')" = '3 1' ]; }
within 10 in_flight
is "3/2/3" number ".apps[0].machines[] | select(.id == \"$one\") | .services[] | select(.internal_port == 7007) | \"\(.in_flight)/\(.soft_limit)/\(.hard_limit)\""
has "^ $one +│ .* +│ started +│ 7007 +│ 3 +│ 2 +│ 3 +│ *$" fly proxy status -a web
has '^web: 3 in flight, 1 waiting$' fly proxy status -a web
is web number '.apps | map(.name) | join(",")'
kill "${holders[@]}"
within 10 is 0 number '.apps[0].in_flight'
# Refused at once, or after it was waited for because it had just started.
has 'PM05|PC01' fetch -H "Fly-Force-Instance-Id: $two" "$(url)"
has "^ $two .*│ 8080 .*│ .*(nobody answered|out of the rotation|is a trial)" fly proxy status -a web
refusing() {
	socat -u "TCP6:[$address]:8,bind=[$client]" STDOUT 2>/dev/null || true
	fly proxy status -a web | grep -Eq "^ $one .*│ 7008 .*│ out of the rotation"
}
within 20 refusing
fly machine cordon -a web one >/dev/null
within 5 is true number ".apps[0].machines[] | select(.id == \"$one\") | .cordoned"
has "^ $one .*│ cordoned" fly proxy status -a web
fly machine uncordon -a web one >/dev/null
fly machine stop "$two" >/dev/null
within 5 is stopped number ".apps[0].machines[] | select(.id == \"$two\") | .state"
refuses 1 'the proxy knows no app nobody: flycast apps list' fly proxy status -a nobody
refuses 2 'one word too many' fly proxy status web
refuses 2 'is no name of an app' fly proxy status -a 'web HTTP/1.1'
pass 'what is open at each Machine, who waits, and why one gets no work'

# A row that cannot be is not read: the app is served as it was, and that is said.
is 0 counter registry_quarantined
spoil() { db "UPDATE service_port SET options = $1 WHERE start_port = 80"; }
spoil "'{\"http_options\":{\"response\":{\"headers\":{\"Content-Length\":\"1\"}}}}'"
quarantined() { [ "$(counter registry_quarantined)" = 1 ] && [ "$(number .registry.quarantined)" = 1 ]; }
within 5 quarantined
has '^  Quarantine +. 1 objects are served as they were before: flycast check' eval 'fly proxy status | tr = .'
spoil "'{}'"
within 5 is 0 counter registry_quarantined
pass 'what is quarantined is told, in the metrics too'

# Other ways to ask, and those who ask badly or not at all.
is serving eval 'curl -s --unix-socket $control http://proxy/status | jq -r .state'
has '^flycast_proxy_draining 0$' curl -s --unix-socket "$control" http://proxy/metrics
is 404 curl -s -o /dev/null -w '%{http_code}' --unix-socket "$control" http://proxy/other
has 'change [0-9]+ of [0-9]+' fly doctor --control "$control"
cat >ask.py <<'PY'
import json, socket, sys
def dial():
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(30)
    s.connect(sys.argv[1])
    return s
def ask(s=None):
    s = s or dial()
    s.sendall(b'GET /status HTTP/1.1\r\n\r\n')
    got = b''
    while more := s.recv(65536):
        got += more
    return got
idle = [dial() for _ in range(40)]       # say nothing
half = [dial() for _ in range(3)]        # begin a question
def begin(s):
    try:
        s.sendall(b'GET /st')
    except BrokenPipeError:
        pass
for s in half:
    begin(s)
for _ in range(20):
    assert b' 200 OK' in ask()
for bad in b'G' * 5000, b'GXX / HTTP/1.1\r\n\r\n', b'GET', b'\0' * 40, b'X':
    s = dial()
    s.sendall(bad)
    s.shutdown(socket.SHUT_WR)
    try:
        assert b' 200 ' not in s.recv(65536)
    except ConnectionResetError:
        pass
# More than are answered at a time are told so, whoever they are.
more = [dial() for _ in range(6)]
for s in more:
    begin(s)
def told(s):
    try:
        return b'503' in s.recv(1000)
    except ConnectionResetError:
        return False
assert any([told(s) for s in more])
for s in idle + half + more:
    s.close()
PY
python3 ask.py "$control" || fail 'ask.py'
within 5 eval 'fly proxy status >/dev/null'
pass 'curl and doctor may ask; nobody keeps others from asking'

# Followed by another proxy, and draining.
exec 5> >(socat -t 60 - "TCP6:[$address]:7,bind=[$client]" >raw)
echo stays >&5
within 10 grep -q stays raw
old=$(pid_of proxy)
start proxy flycast-proxy "${flags[@]}" 5>&-
is "$(pid_of proxy) true" eval 'fly proxy status -j | jq -r "[.pid, .former_drains] | map(tostring) | join(\" \")"'
has 'the one before it still finishes its work' fly proxy status
kill -0 "$old"
exec 5>&-
within 10 is false eval 'fly proxy status -j | jq -r .former_drains'
pass 'a proxy that took the place of another says so until that one has ended'

exec 5> >(socat -t 60 - "TCP6:[$address]:7,bind=[$client]" >raw)
echo again >&5
within 10 grep -q again raw
old=$(pid_of proxy)
kill -TERM "$old"
within 5 is draining eval 'fly proxy status -j | jq -r .state'
is 1 counter draining
# A new one does not get anything from one that drains: it begins anew, and gets the path.
start second flycast-proxy --registry "$registry" --threads 3 --autostop-interval 0 --control "$control" 5>&-
is "$(pid_of second) serving 3" eval 'fly proxy status -j | jq -r "[.pid, .state, .threads] | map(tostring) | join(\" \")"'
kill -0 "$old"
is page fetch -H "Fly-Force-Instance-Id: $one" "$(url)"
exec 5>&-
wait "$old" || fail 'the old one ended badly'
within 5 is serving eval 'fly proxy status -j | jq -r .state'
stop second
[ ! -e "$control" ] || fail 'the path of the control socket was left'
pass 'one that drains says so, and makes room for a new one'
