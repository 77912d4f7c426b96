# Replays that are remembered, by path and by session: later requests go the short way, until it is over, is said to be
# forgotten, or leads nowhere.
# shellcheck source=tests/lib/proxy.sh
. "$lib/proxy.sh"
# shellcheck source=tests/lib/replay.sh
. "$lib/replay.sh"
world
router
for app in web user; do fly apps create $app >/dev/null; done
fly ips allocate-v6 --private -a web >/dev/null
address=$(db "SELECT address FROM flycast WHERE app = 'web'")
web=$(machine web one)
user=$(machine user one)
other=$(machine user two)
ask() { # PATH CURL-ARGS...
	local path=$1
	shift
	fetch -D reply "$(url "$path")" "$@" | tr -d '\r' >seen
}
# Who answered, and how the request came there.
goes() { # MACHINE STATUS PATH CURL-ARGS...
	local machine=$1 status=$2
	shift 2
	ask "$@"
	is "$machine $status" echo "$(of Machine) $(of Fly-Replay-Cache-Status)"
	if grep -qi '^fly-replay' reply; then fail "the client sees it: $(cat reply)"; fi
}
answers() { ask "$@" && [ "$(of Machine)" = "$web" ]; }
within 10 answers /
cached() { # MACHINE PATTERN [MORE FIELDS]: what to say for it
	say=(-H "X-Say: app=user;instance=$1" -H "X-Also: fly-replay-cache: $2|fly-replay-cache-ttl-secs: 60${3:+|$3}")
}
not_remembered() { # WORDS
	grep -q "replay not remembered .*machine=$web app=web: .*$1" proxy.log || fail "the log does not say: $1"
}

cached "$user" '/a/*'
goes "$user" miss /a/x "${say[@]}"
goes "$user" hit '/a/y?q'
is 'GET /a/y?q HTTP/1.1' head -n 1 seen
is '' of Fly-Replay-Src
goes "$user" hit /a/
goes "$web" '' /a
goes "$web" '' /b/a/x
is 2 counter replay_cache_hits_total
pass 'a replay is remembered for what begins with a path'

# From the deepest path up: what leads there already is not asked again.
cached "$other" "[$address]/deep/er/*"
goes "$other" miss /deep/er/x "${say[@]}"
cached "$user" '/deep/*'
goes "$user" miss /deep/x "${say[@]}"
goes "$other" hit /deep/er/y
goes "$user" hit /deep/y
pass 'the longest path counts'

goes "$web" '' /a/x -H 'Host: example.com'
cached "$user" 'Example.com/a/*'
goes "$user" miss /a/x -H 'Host: example.com:80' "${say[@]}"
goes "$user" hit /a/x -H 'Host: EXAMPLE.com'
goes "$web" '' /a/x -H 'Host: example.org'
fly orgs create foreign >/dev/null
fly ips allocate-v6 --private -a web --org foreign >/dev/null
address2=$(db "SELECT address FROM flycast WHERE app = 'web' AND org = 'foreign'")
is "$web" eval "fetch --interface '$stranger' 'http://[$address2]/a/x' -H 'Host: example.com' | tr -d '\r' >seen; of Machine"
pass 'a host and a network have their own'

# What is not remembered is replayed all the same.
for row in '/other/*|' 'example.net/n/*|' '/n/*|fly-replay-cache-ttl-secs: 9' \
	"/n/$(printf 'x%.0s' {1..480})/*|"; do
	ask /n/x -H 'X-Say: app=user' -H "X-Also: fly-replay-cache: $row"
	is miss of Fly-Replay-Cache-Status
	goes "$web" '' /n/x
done
not_remembered 'not one of this request'
not_remembered 'under 10 seconds'
ask /n/x -H 'X-Say: app=user;state=s' -H 'X-Also: fly-replay-cache: /n/*'
goes "$web" '' /n/x
not_remembered 'a state'
ask /n/x -H 'X-Json: {"app":"user","transform":{"path":"/z"},"cache":{"prefix":"/n/*","ttl":60}}'
goes "$web" '' /n/x
not_remembered 'a transform'
refused_with() { # WORDS CURL-ARGS...
	local words=$1
	shift
	is 502 fetch -o refusal -w '%{http_code}' "$(url /n/x)" "$@"
	has "^PA03 .*$words" cat refusal
}
refused_with 'end in /\*' -H 'X-Say: app=user' -H 'X-Also: fly-replay-cache: /n'
refused_with 'number of seconds' -H 'X-Say: app=user' -H 'X-Also: fly-replay-cache: /n/*|fly-replay-cache-ttl-secs: soon'
refused_with 'cache has a key' -H 'X-Json: {"app":"user","cache":{"path":"/n/*"}}'
pass 'what cannot be remembered is not, and the log says why; nonsense is refused'

# Bypass: only where the app allowed it.
goes "$user" hit /a/x -H 'Fly-Replay-Cache-Control: skip'
ask /by/x -H "X-Json: {\"app\":\"user\",\"instance\":\"$user\",\"cache\":{\"prefix\":\"/by/*\",\"ttl\":60},\"allow_bypass\":true}"
goes "$user" hit /by/x
goes "$web" bypass /by/x -H 'Fly-Replay-Cache-Control: skip'
goes "$other" bypass /by/x -H 'Fly-Replay-Cache-Control: skip' -H "X-Say: app=user;instance=$other"
goes "$user" hit /by/x -H 'Fly-Replay-Cache-Control: no'
goes "$web" '' /by -H 'Fly-Replay-Cache-Control: skip' -H 'Fly-Replay-Cache-Status: hit'
pass 'a client passes it by where the app allows that'

# The target sends the request back and says that it is no longer the one.
goes "$web" miss /a/x -H "X-Say: app=web" -H 'X-Also: fly-replay-cache: invalidate'
has "^instance=$user;" of Fly-Replay-Src
goes "$web" '' /a/x
goes "$user" hit /deep/x
goes "$web" miss /deep/x -H 'X-Json: {"app":"web","cache":{"invalidate":true}}'
goes "$web" '' /deep/x
goes "$other" hit /deep/er/x
pass 'the target can have it forgotten'

# A target cannot remember for the app whose address it is.
goes "$other" miss /deep/er/x -H "X-Say: app=user;instance=$other" -H 'X-Also: fly-replay-cache: /deep/*' -H 'Fly-Replay-Cache-Control: skip'
goes "$web" '' /deep/x
pass 'only the app itself says where its requests go'

# Sessions
rule() { # JSON OF REPLAY_CACHE
	edit "UPDATE service_port SET options = '{\"http_options\":{\"replay_cache\":[$1]}}'
		WHERE machine = '$web'"
}
rule '{"path_prefix":"/s","ttl_seconds":60,"type":"cookie","name":"sid"},{"path_prefix":"/h/","ttl_seconds":60,"type":"header","name":"Authorization","allow_bypass":true}'
goes "$user" miss /s/x -b 'a=1; sid=anna' -H "X-Say: app=user;instance=$user"
goes "$other" miss /s/x -b 'sid=bob; a=1' -H "X-Say: app=user;instance=$other"
goes "$user" hit /s -b 'sid=anna'
goes "$other" hit /s/y -b 'x=sid; sid=bob'
goes "$web" '' /s/x -b 'sid=carl'
goes "$web" '' /s/x -b 'Sid=anna; asid=anna; sid='
goes "$web" '' /s/x
goes "$web" '' /t -b 'sid=anna'
goes "$user" hit /s -b 'sid=anna' -H 'Fly-Replay-Cache-Control: skip'
goes "$user" miss /h/x -H 'Authorization: Bearer 1' -H "X-Say: app=user;instance=$user"
goes "$user" hit /h/x -H 'authorization: Bearer 1'
goes "$web" '' /h/x -H 'Authorization: Bearer 2'
goes "$web" bypass /h/x -H 'Authorization: Bearer 1' -H 'Fly-Replay-Cache-Control: skip'
goes "$web" miss /s/x -b 'sid=anna' -H 'X-Say: app=web' -H 'X-Also: fly-replay-cache: invalidate'
goes "$web" '' /s/x -b 'sid=anna'
goes "$other" hit /s/x -b 'sid=bob'
pass 'a session is known by a cookie or a field'

# Bodies, HTTP/2 and a Machine that sleeps
head -c 300000 /dev/urandom >body
sum=$(sha256sum <body)
goes "$other" hit /s/x -b 'sid=bob' -H 'Expect:' --data-binary @body && is "${sum%% *}" of Body
goes "$other" hit /s/x -b 'sid=bob' -H 'Transfer-Encoding: chunked' --data-binary @body && has '^Transfer-Encoding: chunked' cat seen
goes "$other" hit /s/x --http2-prior-knowledge -b 'sid=bob' --data-binary @body && is "${sum%% *}" of Body
fly machine stop "$other" >/dev/null
within 5 is_in_rest "$other"
goes "$other" hit /s/x -b 'sid=bob'
pass 'with a body, over HTTP/2, and to a Machine that has to be woken'

# It leads nowhere: the app is asked, with the whole request, and it is forgotten.
fly machine destroy --force "$other" >/dev/null
gone() { [ -z "$(db "SELECT 1 FROM machine WHERE id = '$other'")" ] && follows; }
within 5 gone
goes "$web" '' /s/x -b 'sid=bob' --data-binary @body
is "${sum%% *}" of Body
hits=$(counter replay_cache_hits_total)
goes "$web" '' /s/x -b 'sid=bob'
goes "$web" '' /deep/er/x -H 'Transfer-Encoding: chunked' --data-binary @body
is "$((hits + 1))" counter replay_cache_hits_total
grep -q 'remembered replay led nowhere .*code=PR01' proxy.log || fail 'the log does not say that it led nowhere'
pass 'when it leads nowhere the app itself is asked'

stop proxy
