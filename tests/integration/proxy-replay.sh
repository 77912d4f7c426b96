# fly-replay: a Machine says that another one is to answer; the client gets that answer and nothing of how it came about.
# shellcheck source=tests/lib/proxy.sh
. "$lib/proxy.sh"
# shellcheck source=tests/lib/replay.sh
. "$lib/replay.sh"
world

router
for app in web user; do fly apps create $app >/dev/null; done
fly ips allocate-v6 --private -a web >/dev/null
address=$(db "SELECT address FROM flycast WHERE app = 'web'")
one=$(machine web one)
two=$(machine web two)
user=$(machine user one)
ask() { fetch -D reply "$(url /path)" -H "Fly-Force-Instance-Id: $one" "$@" | tr -d '\r' >seen; }
answers() { ask && [ "$(of Machine)" = "$one" ]; }
within 10 answers

ask -H "X-Say: instance=$two;state=a=b" -d 'some text'
is "$two" of Machine
has "^instance=$one;region=[a-z]{3};t=[0-9]{16};state=a=b\$" of Fly-Replay-Src
is miss of Fly-Replay-Cache-Status
is "$(printf 'some text' | sha256sum | cut -d' ' -f1)" of Body
is 'POST /path HTTP/1.1' head -n 1 seen
has '^HTTP/1.1 200' cat reply
if grep -qiE 'replay|X-Router' reply; then fail "the client sees it: $(cat reply)"; fi
pass 'another Machine gets the request, its body and who sent it; the client does not hear of it'

ask -H 'X-Say: elsewhere=true' && is "$two" of Machine
ask -H 'X-Say: app=user' && is "$user" of Machine
ask -H "X-Say: region=any;prefer_instance=$user;app=user" && is "$user" of Machine
ask -H 'X-Say: app=user;prefer_instance=00000000000000'
is "$user 00000000000000" echo "$(of Machine) $(of Fly-Preferred-Instance-Unavailable)"
ask -H 'X-Json: {"app":"user","state":"j","transform":{"path":"/new?x","delete_headers":["X-Json","user-agent"],"set_headers":[{"name":"X-New","value":"v"}]}}' -d text
is "$user" of Machine
is 'POST /new?x HTTP/1.1' head -n 1 seen
is v of X-New
if grep -qiE '^(x-json|user-agent):' seen; then fail "not deleted: $(cat seen)"; fi
is "$(printf text | sha256sum | cut -d' ' -f1)" of Body
pass 'by app, elsewhere, preference, and as JSON with a transform'

fly machine stop "$user" >/dev/null
within 5 is_in_rest "$user"
ask -H 'X-Say: app=user' && is "$user" of Machine
pass 'a Machine that sleeps is woken for it'

refused_with() { # STATUS CODE WORDS CURL-ARGS...
	local status=$1 code=$2 words=$3
	shift 3
	is "$status" fetch -o refusal -D reply -w '%{http_code}' "$(url)" -H "Fly-Force-Instance-Id: $one" "$@"
	has "^$code .*$words" cat refusal
	if grep -qi '^fly-replay' reply; then fail "the client sees it: $(cat reply)"; fi
}

# Bodies up to 1 MB, larger than what is read at a time; chunked ones in their framing.
head -c 1000000 /dev/urandom >body
sum=$(sha256sum <body)
ask -H "X-Say: instance=$two" -H 'Expect:' --data-binary @body && is "$two" of Machine && is "${sum%% *}" of Body
ask -H "X-Say: instance=$two" --data-binary @body && is "${sum%% *}" of Body
head -c 1500000 /dev/zero >large
refused_with 502 PA01 '1 MB' -H "X-Say: instance=$two" -H 'X-Late: 1' -H 'Expect:' --data-binary @large
pass 'a body is kept for it, up to 1 MB'

refused_with 502 PA02 'more than 10 times' -H 'X-Say: elsewhere=true' -H 'X-Again: 1'
refused_with 502 PA03 'a key that is not known' -H 'X-Say: instnace=1'
refused_with 502 PA03 'no JSON object' -H 'X-Json: []'
refused_with 502 PA04 "app 'nobody'" -H 'X-Say: app=nobody'
fly orgs create other >/dev/null
fly apps create foreign -o other >/dev/null
fly networks create apart >/dev/null
fly apps create apart --network apart >/dev/null
refused_with 502 PA04 "app 'foreign'" -H 'X-Say: app=foreign'
refused_with 502 PA05 "app 'apart'.*permission" -H 'X-Say: app=apart'
refused_with 503 PR01 'app web' -H 'X-Say: instance=00000000000000'
pass 'loops, nonsense, and apps of others are refused'

# Those who are let may, from the next request on, and not a moment longer; the grant is the target's, not the source's.
apart=$(machine apart one)
foreign=$(machine foreign one)
goes() { ask "$@" && [ "$(of Machine)" = "$there" ]; }
fly orgs replay-sources add personal -o other >/dev/null
there=$foreign
within 10 goes -H 'X-Say: app=foreign'
refused_with 502 PA05 "app 'apart'.*cross-network-replays enable" -H 'X-Say: app=apart'
fly orgs cross-network-replays enable -y >/dev/null
there=$apart
within 10 goes -H 'X-Say: app=apart'
ask -H 'X-Say: app=foreign' -H 'X-Also: fly-replay-cache: /path/*' && is "$foreign" of Machine
fetch "$(url /path/x)" -H 'X-Say: app=foreign' -H 'X-Also: fly-replay-cache: /path/*' | tr -d '\r' >seen
is "$foreign miss" echo "$(of Machine) $(of Fly-Replay-Cache-Status)"
fetch "$(url /path/x)" | tr -d '\r' >seen
is "$foreign hit" echo "$(of Machine) $(of Fly-Replay-Cache-Status)"
fly orgs replay-sources remove personal -o other >/dev/null
fly orgs cross-network-replays disable -y >/dev/null
fly orgs replay-sources add other >/dev/null
within 5 follows
refused_with 502 PA04 "app 'foreign'" -H 'X-Say: app=foreign'
refused_with 502 PA05 "app 'apart'" -H 'X-Say: app=apart'
fetch "$(url /path/x)" | tr -d '\r' >seen
is '' of Fly-Replay-Cache-Status
# A source that is no label, past every rule, is nobody's.
edit "PRAGMA ignore_check_constraints = 1; DROP TRIGGER replay_source_rule_insert;
	INSERT INTO replay_source (org, source) VALUES ('other', 'a personal b')"
refused_with 502 PA04 "app 'foreign'" -H 'X-Say: app=foreign'
pass 'across networks and organizations when the target lets them, remembered replays too'

ask -H 'Fly-Replay: app=user' -H 'fly_replay: app=user' -H 'Fly-Replay-Src: instance=forged' -H 'Fly-Replay-Failed: x'
is "$one" of Machine
if grep -qi 'fly.replay' seen; then fail "believed: $(cat seen)"; fi
pass 'a client cannot say any of it'

# Falling back
ask -H "X-Say: instance=00000000000000;fallback=force_self" -d text
is "$one" of Machine
has "^instance=00000000000000;app=web;region=;replay_source=$one;reason=no_candidate;elapsed_ms=[0-9]+\$" of Fly-Replay-Failed
is "$(printf text | sha256sum | cut -d' ' -f1)" of Body
ask -H 'X-Json: {"app":"user","instance":"00000000000000","fallback":"prefer_self","transform":{"path":"/new"}}'
is "GET /path HTTP/1.1 $one" echo "$(head -n 1 seen) $(of Machine)"
refused_with 502 PA03 'by its fallback' -H 'X-Again: 1' -H 'X-Say: instance=00000000000000;fallback=force_self'
fly apps create slow >/dev/null
slow=$(fly machine run -a slow --name one --port 80:8080/tcp:http -- bash -c 'sleep 3; exec "$@"' x "${serve[@]}" >/dev/null &&
	db "SELECT id FROM machine WHERE app = 'slow'")
fly machine stop "$slow" >/dev/null
within 5 is_in_rest "$slow"
ask -H 'X-Say: app=slow;timeout=300ms;fallback=force_self'
is "$one" of Machine
has "app=slow;region=;replay_source=$one;reason=timeout;elapsed_ms=[3-9][0-9][0-9]\$" of Fly-Replay-Failed
refused_with 504 PA06 'within 300 ms' -H 'X-Say: app=slow;timeout=300ms'
pass 'it goes back to who sent it, once, with the reason'

stop proxy
