# nginx as a Machine: a site by HTTP/1.1, h2c and HTTP/2 over TLS, ranges, conditions, compression, many requests at a time; and
# nginx is reloaded, which ends all its connections, without a request being lost.
# shellcheck source=tests/lib/proxy.sh
. "$lib/proxy.sh"
world
mkdir -m 777 /srv/run
mkdir -p /srv/site/folder
head -c 300000 /dev/urandom | base64 >/srv/site/page.txt
echo '<p>index of a folder' >/srv/site/folder/index.html
cat >/srv/nginx.conf <<'CONF'
daemon off; pid /srv/run/nginx.pid; error_log stderr; worker_processes 2;
events {}
http { access_log off; client_body_temp_path /srv/run/body; proxy_temp_path /srv/run/proxy; fastcgi_temp_path /srv/run/fastcgi;
  uwsgi_temp_path /srv/run/uwsgi; scgi_temp_path /srv/run/scgi; types { text/plain txt; text/html html; }
  server { listen 0.0.0.0:8080; root /srv/site; gzip on; gzip_proxied any; gzip_types text/plain; port_in_redirect off;
    location = /moved { return 302 /page.txt; }
    location = /me { return 200 '$http_host $http_x_forwarded_proto $http_fly_client_ip $server_protocol'; } } }
CONF
app web --port 80:8080/tcp:http --port 443:8080/tcp:tls:http --concurrency-type requests -- nginx -e stderr -c /srv/nginx.conf
fly certs ca >ca.pem
over() { # PROTOCOL PATH CURL-ARGS...: http1, h2c, h2
	case $1 in
	http1) fetch --http1.1 "http://[$address]$2" "${@:3}" ;;
	h2c) fetch --http2-prior-knowledge "http://[$address]$2" "${@:3}" ;;
	h2) fetch --cacert ca.pem --resolve "web.flycast:443:[$address]" "https://web.flycast$2" "${@:3}" ;;
	esac
}
within 20 over http1 /page.txt -o /dev/null
length=$(stat -c %s /srv/site/page.txt)
for how in http1 h2c h2; do
	over $how /page.txt -D head -o page
	cmp page /srv/site/page.txt || fail "the page came otherwise by $how"
	tag=$(sed -n 's/^etag: *//Ip' head | tr -d '\r')
	is '304 0' over $how /page.txt -H "If-None-Match: $tag" -o /dev/null -w '%{http_code} %{size_download}'
	over $how /page.txt -r 1000-1999 -o part
	tail -c +1001 /srv/site/page.txt | head -c 1000 | cmp part - || fail "a range came otherwise by $how"
	has '^206 multipart/byteranges; boundary=' over $how /page.txt -r 0-9,20-29 -o parts -w '%{http_code} %{content_type}'
	is 200 over $how /page.txt -I -o head -w '%{http_code}'
	has "^[Cc]ontent-[Ll]ength: $length" cat head
	over $how /page.txt --compressed -D head -o page
	cmp page /srv/site/page.txt || fail "compressed, the page came otherwise by $how"
	has '^[Cc]ontent-[Ee]ncoding: gzip' cat head
	is 404 over $how /nothing -o /dev/null -w '%{http_code}'
	has "^301 http.*/folder/$" over $how /folder -o /dev/null -w '%{http_code} %{redirect_url}'
	has 'index of a folder' over $how /folder/
	is 302 over $how /moved -o /dev/null -w '%{http_code}'
done
is "[$address] http $client HTTP/1.1" over http1 /me
is "[$address] http $client HTTP/1.1" over h2c /me
is "web.flycast https $client HTTP/1.1" over h2 /me
pass 'a site by HTTP/1.1, h2c and HTTP/2 over TLS: whole, in parts, compressed, unchanged, moved, missing'

urls=()
for i in $(seq 100); do urls+=(-o "out.$i" "https://web.flycast/page.txt"); done
fetch -m 60 --no-progress-meter -Z --parallel-max 50 --cacert ca.pem --resolve "web.flycast:443:[$address]" "${urls[@]}"
for i in $(seq 100); do cmp "out.$i" /srv/site/page.txt || fail "page $i of a hundred came otherwise"; done
pass 'a hundred pages over HTTP/2, fifty at a time'

# nginx ends its connections when it is told to read its configuration anew, those at rest at any moment.
h2load --h1 -c 16 -D 3 -H ':authority: web' "http://[$address]/me" >load.out &
load=$!
reloads=0
while kill -0 $load 2>/dev/null; do
	kill -HUP "$(pgrep -o -x nginx)" # of this test's processes, the first
	reloads=$((reloads + 1))
	sleep 0.1
done
wait $load
has ', 0 failed, 0 errored, 0 timeout' cat load.out
[ $reloads -ge 5 ] || fail "nginx was reloaded $reloads times only"
pass "$(awk '/^requests:/ { print $8 }' load.out) requests while nginx was reloaded $reloads times, none lost"
