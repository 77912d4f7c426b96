# A Machine that breaks HTTP: what is wrong becomes a 502, what is cut off looks cut off, and bytes that nobody asked for
# never reach the next request. A client that hides one request in another gets one answer. The proxy keeps serving
# through all of it.
# shellcheck source=tests/lib/proxy.sh
. "$lib/proxy.sh"

# Answers by path; goes on with the next request on the connection unless the answer ends it.
cat >/srv/answer <<'ANSWER'
#!/bin/bash
while read -r _ path _; do
	while IFS= read -r line && [ "$line" != $'\r' ]; do :; done
	case $path in
	/ok) printf 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok' ;;
	/surplus) printf 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison' ;;
	/surplus-chunked) printf 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison' ;;
	/204) printf 'HTTP/1.1 204 No Content\r\nContent-Length: 44\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison' ;;
	/205) printf 'HTTP/1.1 205 Reset\r\nContent-Length: 44\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison' ;;
	/head) printf 'HTTP/1.1 200 OK\r\nContent-Length: 44\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison' ;;
	/both) printf 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n' ;;
	/two-lengths) printf 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\npoison' ;;
	/gzip-chunked) printf 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n' ;;
	/bare-lf) printf 'HTTP/1.1 200 OK\nContent-Length: 2\n\nok' ;;
	/folded) printf 'HTTP/1.1 200 OK\r\nA: b\r\n c\r\nContent-Length: 2\r\n\r\nok' ;;
	/unasked-101) printf 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n' ;;
	/no-http) printf 'SSH-2.0-OpenSSH_9.2\r\n' ;;
	/large) printf 'HTTP/1.1 200 OK\r\nA: %020000d\r\nContent-Length: 2\r\n\r\nok' 0 ;;
	/interim) for _ in {1..17}; do printf 'HTTP/1.1 100 Continue\r\n\r\n'; done; printf 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok' ;;
	/hints) printf 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok' ;;
	/silent) exit ;;
	/cut) printf 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf' && exit ;;
	/cut-chunked) printf 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n' && exit ;;
	/bad-chunk) printf 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n0x4\r\nhalf\r\n0\r\n\r\n' ;;
	/late) sleep 0.2; printf 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison' ;;
	/until-close) printf 'HTTP/1.0 200 OK\r\n\r\nok' && exit ;;
	esac
done
ANSWER
chmod 755 /srv/answer
world --response-timeout 5s
app web --port 80:8080/tcp:http --concurrency-type requests -- socat TCP-LISTEN:8080,reuseaddr,fork,backlog=64 EXEC:/srv/answer
within 10 is ok fetch "$(url /ok)"

# One client connection and several: whatever came behind an answer is gone.
for path in surplus surplus-chunked 204 205; do
	fetch -o before "$(url /ok)" -o /dev/null "$(url "/$path")" -o after "$(url /ok)"
	is okok cat before after
	for _ in 1 2 3 4; do is ok fetch "$(url /ok)"; done
	fetch --http2-prior-knowledge -o /dev/null "$(url "/$path")"
	for _ in 1 2 3 4; do is ok fetch --http2-prior-knowledge "$(url /ok)"; done
done
fetch -o /dev/null -I "$(url /head)"
for _ in 1 2 3 4; do is ok fetch "$(url /ok)"; done
pass 'bytes behind a response never answer another request'

for path in both two-lengths gzip-chunked bare-lf folded unasked-101 no-http large interim silent; do
	for version in http1.1 http2-prior-knowledge; do
		is "502 PU02" eval "fetch --$version -D - -o /dev/null '$(url "/$path")' | tr -d '\r' |
			awk '/^HTTP/ { s = \$2 } tolower(\$1) == \"flycast-error:\" { c = \$2 } END { print s, c }'"
		is ok fetch --$version "$(url /ok)"
	done
done
pass 'what is not HTTP/1.1 is a 502 with a code'

for path in cut cut-chunked bad-chunk; do
	for version in http1.1 http2-prior-knowledge; do
		code=0
		fetch --$version -o part "$(url "/$path")" || code=$?
		case $code in 18 | 56 | 92) ;; *) fail "curl took /$path for whole: $code" ;; esac
		is half cat part
		is ok fetch --$version "$(url /ok)"
	done
done
pass 'what is cut off does not look whole'

# This Machine looks for no body, so the one of a GET is its next request: whose answer must reach nobody.
printf 'GET /late HTTP/1.1\r\nHost: web\r\n\r\n' >smuggled
for _ in 1 2; do
	fetch -X GET --data-binary @smuggled -o before "$(url /ok)" --next -s -m 10 --interface "$client" -o after "$(url /ok)"
	is okok cat before after
	is ok fetch "$(url /ok)"
done
pass 'a request in the body of a GET answers no other'

is ok fetch "$(url /until-close)"
has '^transfer-encoding: chunked' eval "fetch -D - -o /dev/null '$(url /until-close)' | tr 'A-Z' 'a-z'"
has '^HTTP/1.1 103' fetch -D - -o /dev/null "$(url /hints)"
pass 'a body that ends with the connection and early hints are passed on'

# A Machine that answers without reading and closes: its answer counts, not the write that failed.
printf 'HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig' >/srv/early
app early --port 80:8080/tcp:http -- socat -U TCP-LISTEN:8080,reuseaddr,fork,backlog=64 OPEN:/srv/early
head -c 3000000 /dev/zero >upload
early() { fetch -H 'Expect:' --data-binary @upload -w ' %{http_code}' "$(url)"; }
within 10 is 'big 413' early
for _ in {1..20}; do is 'big 413' early; done
pass 'an answer to half a request comes through'

app honest --port 80:8080/tcp:http -- /srv/httpd --port 8080 --body page
within 10 is page fetch "$(url)"
gets() { # STATUSES BYTES, as printf reads them
	# shellcheck disable=SC2059 # the bytes are the format
	printf "$2" | socat -t 5 - "TCP6:[$address]:80,bind=[$client]" | tr '\0' '?' >answers || true
	is "$1" eval "grep -aoE '^HTTP/1.1 [0-9]+' answers | cut -d' ' -f2 | paste -sd' '"
}
post='POST / HTTP/1.1\r\nHost: a\r\n'
get='GET / HTTP/1.1\r\nHost: a\r\n'
last='GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
chunked='Transfer-Encoding: chunked\r\n'
gets '200 200' "${get}Content-Length: 37\r\n\r\nGET /hidden HTTP/1.1\r\nHost: abcde\r\n\r\n$last"
gets 400 "${post}Content-Length: 5\r\n$chunked\r\n0\r\n\r\n$last"
gets 400 "$post${chunked}Content-Length: 5\r\n\r\n0\r\n\r\n$last"
gets 400 "$post$chunked$chunked\r\n0\r\n\r\n$last"
gets 501 "${post}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n$last"
gets 400 "${post}Transfer-Encoding: \vchunked\r\n\r\n0\r\n\r\n$last"
gets 400 "${post}Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n$last"
gets 400 "${post}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n$last"
gets 400 "POST / HTTP/1.0\r\nHost: a\r\n$chunked\r\n0\r\n\r\n$last"
gets 400 "${post}Content-Length: 0\r\nContent-Length: 0\r\n\r\n$last"
gets 400 "${post}Content-Length: 18446744073709551616\r\n\r\n$last"
gets 400 "${get}A: b\0c\r\n\r\n$last"
gets 400 "${get}A: b\nTransfer-Encoding: chunked\r\n\r\n$last"
gets 400 "${get}A: b\rTransfer-Encoding: chunked\r\n\r\n$last"
gets 400 "$post$chunked\r\n10000000000000000\r\n$last"
gets 400 "$post$chunked\r\n1;a=\"\n\"\r\nx\r\n0\r\n\r\n$last"
gets 400 "$post$chunked\r\n1\r\nx\n0\r\n\r\n$last"
gets 417 "${post}Expect: 100-continue, x\r\nContent-Length: 0\r\n\r\n$last"
gets '200 200' "${get}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMA\r\n\r\n$last"
many='' statuses=''
for _ in {1..50}; do many+="$get\r\n" statuses+='200 '; done
gets "${statuses}200" "$many$last"
is page fetch "$(url)"
pass 'a request hidden in another is refused or stays its body, and fifty in one packet are fifty'

# A Machine that speaks HTTP/2: no window bounds heads, and its table makes many octets out of few.
cp "$lib/h2_frames.py" /srv/
cat >/srv/hints.py <<'PYTHON'
import socket
from h2_frames import END_HEADERS, HEADERS, SETTINGS, fields, frame, next_frame, receive
number, left = b"\x7f", 3800 - 127
while left >= 128:
    number, left = number + bytes([left % 128 + 128]), left // 128
first = fields((":status", "103")) + b"\x40\x04link" + number + bytes([left]) + b"x" * 3800
again = fields((":status", "103")) + b"\xbe" * 4
listener = socket.create_server(("0.0.0.0", 8080))
while True:
    sock = listener.accept()[0]
    try:
        receive(sock, len(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))
        sock.sendall(frame(SETTINGS, 0, 0))
        while True:
            kind, flags, stream, payload = next_frame(sock)
            if kind == HEADERS:
                sock.sendall(frame(HEADERS, END_HEADERS, stream, first) + 5000 * frame(HEADERS, END_HEADERS, stream, again))
    except (EOFError, OSError):
        sock.close()
PYTHON
app hints --port 80:8080/tcp:http -- /usr/bin/python3 /srv/hints.py
edit "UPDATE service_port SET options = '{\"http_options\":{\"h2_backend\":true}}' WHERE machine = '$id'"
most() { awk '/^VmHWM:/ { print $2 }' "/proc/$(pid_of proxy)/status"; }
before=$(most)
hints() { fetch "$(url)" >refusal && grep -q '^PU02 .*too many interim responses' refusal; }
within 10 hints
[ $(($(most) - before)) -lt 10000 ] || fail "$(($(most) - before)) KiB for interim responses"
pass 'interim responses without end take no room'

stop proxy
