# http_options of a port: fields of responses set and removed, pristine, and the limits in place of the proxy's own.
# shellcheck source=tests/lib/proxy.sh
. "$lib/proxy.sh"
world --idle-timeout 30s
app web --port 80:8080/tcp:http -- /srv/httpd --port 8080 --body page
within 10 is page fetch "$(url)"
options() { edit "UPDATE service_port SET options = '{\"http_options\": $1}'"; }
head_of() { fetch -D - -o /dev/null "$(url "${1:-/}")" | tr -d '\r'; }

options '{"response": {"headers": {"Content-Type": "text/html", "X-Many": ["one", "two"], "via": false}}}'
head_of >head
is 'Content-Type: text/html' grep -i '^content-type' head
is 'one two' eval "sed -n 's/^X-Many: //p' head | paste -sd' '"
has '^Fly-Request-Id: ' cat head
if grep -qi '^via' head; then fail "Via is there: $(cat head)"; fi
is page fetch "$(url)"
is 200000 eval 'fetch "$(url /bytes/200000)" | wc -c'
pass 'fields of a response are set, in place of the Machine'"'"'s, several times, and removed'

options '{"response": {"pristine": true}}'
head_of >head
if grep -qiE '^(via|server|fly-)' head; then fail "not as the Machine sent it: $(cat head)"; fi
pass 'pristine leaves out what we add'

# As much as may be set, and more body behind it than one buffer takes, for a client that reads slowly.
options "{\"response\": {\"headers\": {\"X-Large\": \"$(printf '%08000d' 0)\"}}}"
is 3000000 eval 'fetch --limit-rate 20M "$(url /bytes/3000000)" | wc -c'
is 8010 eval 'head_of | grep X-Large | wc -c'
pass 'large fields and a large body do not meet in one buffer'

edit "UPDATE service_port SET options = '{\"http_options\": {\"response\": {\"headers\": {\"Content-Length\": \"1\"}}}}'"
within 5 grep -q 'has options on port 80 that cannot be: .*frames the message' "$dir/proxy.log"
is 8010 eval 'head_of | grep X-Large | wc -c'
pass 'options that cannot be are said, and those before them stay'

idle_now() { [ "$(counter connections_open)" = "$1" ]; }
opens() { socat -t 20 -u "TCP6:[$address]:80,bind=[$client]" STDOUT >idle.out & }
options '{"idle_timeout": 1, "headers_read_timeout": 2}'
opens
within 2 idle_now 1
within 3 idle_now 0
wait $!
is 0 eval 'wc -c <idle.out'
pass 'a silent connection is closed after idle_timeout of its port, long before the proxy would'

(printf 'GET / HTTP/1.1\r\nHost' && sleep 4) | socat -t 20 - "TCP6:[$address]:80,bind=[$client]" >late.out &
within 5 grep -q '408 Request Timeout' late.out
has 'PH02 the request was not complete within 2000 ms' cat late.out
wait $!
is 504 fetch -o refusal -w '%{http_code}' "$(url /sleep/8000)"
has '^PH03 no byte went either way for 1000 ms, the idle_timeout of port 80 of app web' cat refusal
refused PH03 || fail 'no PH03 in the log'
pass 'so are a head that does not come and a silence that is too long'

options '{"idle_timeout": 20}'
is page fetch "$(url /sleep/1500)"
options '{}'
is page fetch "$(url)"
stop proxy
