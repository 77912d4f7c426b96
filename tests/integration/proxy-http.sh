# HTTP through the proxy to the server of a real Machine: woken by a request, kept alive, put to rest, refused.
client=fdaa:0:1:ffff:0:1:0:2
ip address add "$client/128" dev lo nodad

fly init >/dev/null
start agent flycast-agent --registry "$registry"
start proxy flycast-proxy --registry "$registry" --threads 2 --autostop-interval 300ms --metrics '[::1]:9154'
fly apps create web >/dev/null
fly machine run -a web --name one --port 80:8080/tcp:http --autostop=suspend -- /srv/httpd --port 8080 --body page >/dev/null
fly ips allocate-v6 --private -a web >/dev/null
address=$(db 'SELECT address FROM flycast')
fetch() { curl -sf -m 10 --interface $client "$@"; }
state() { db 'SELECT state FROM machine_state'; }

within 10 is page fetch "http://[$address]/"
pass 'a request is answered by the Machine'
