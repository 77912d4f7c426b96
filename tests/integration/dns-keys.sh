# shellcheck shell=bash
# dns-keys: a question that is signed with a key sees the key's network, whoever asks, and its answer is signed.
# shellcheck source=tests/lib/dns.sh
. "$lib/dns.sh"
fly init --host "$(hostname)" --region fra >/dev/null
fly orgs create acme >/dev/null
fly apps create web >/dev/null
fly ips allocate-v6 -a web --private >/dev/null
fly apps create other --org acme >/dev/null
fly ips allocate-v6 -a other --private >/dev/null
fly keys create Mine >/dev/null
fly keys create theirs --org acme --algorithm hmac-sha512 >/dev/null
for kind in 224 384; do fly keys create "sha$kind" --algorithm "hmac-sha$kind" >/dev/null; done
client fdaa:0:1::9
dns

asked() { # KEY ARGS... : KEY as dig -y takes it
	local key=$1
	shift
	dig +tries=1 +timeout=2 -y "$key" -p "$port" @::1 "$@" 2>&1
}
by() { # NAME ARGS...
	asked "$(fly keys show "$1" --for dig)" "${@:2}"
}
# The answer's status and its signature's; dig says it when it does not believe one.
verdict() {
	asked "$@" | sed -En "s/.*status: ([A-Z]*),.*/\1/p; s/.*ANY\sTSIG.* ([A-Z]+) [06]\s.*/\1/p; s/.*(Couldn't verify).*/\1/p" | paste -sd' '
}
seen_by() { verdict "$(fly keys show "$1" --for dig)" "${@:2}"; }
has '^REFUSED' status ::1 web.flycast AAAA
is fdaa:0:1:0:1::2 by mine +short web.flycast AAAA
is 'NOERROR NOERROR' seen_by mine web.flycast AAAA
is 'NXDOMAIN NOERROR' seen_by mine other.flycast AAAA
is 'NOERROR NOERROR' seen_by theirs other.flycast AAAA
is 'NXDOMAIN NOERROR' seen_by theirs web.flycast AAAA
for key in sha224 sha384; do is 'NOERROR NOERROR' seen_by $key web.flycast AAAA; done
is 'NOERROR NOERROR' seen_by mine +tcp web.flycast AAAA
is 'NOERROR NOERROR' seen_by mine +noedns web.internal SOA
is 'REFUSED NOERROR' seen_by mine example.com AAAA
kdig -y "$(fly keys show mine --for dig)" -p "$port" @::1 web.flycast AAAA | has 'ANSWER: 1' cat
pass 'a key reads its network; dig and kdig believe the answers'

is "Couldn't verify NOTAUTH BADKEY" verdict hmac-sha256:nobody:c2VjcmV0c2VjcmV0 web.flycast AAAA
is "Couldn't verify NOTAUTH BADKEY" verdict "hmac-sha384:$(fly keys show mine --for dig | cut -d: -f2-)" web.flycast AAAA
is "Couldn't verify NOTAUTH BADSIG" verdict hmac-sha256:mine:c2VjcmV0c2VjcmV0 web.flycast AAAA
pass 'a key nobody knows is BADKEY, so is another algorithm; another secret is BADSIG'

secret=$(fly keys show mine --for dig)
fly keys destroy -y mine >/dev/null
within 5 is "Couldn't verify NOTAUTH BADKEY" verdict "$secret" web.flycast AAAA
echo "$secret" | fly keys import --org acme - >/dev/null
within 5 is fdaa:0:2:0:1::2 asked "$secret" +short other.flycast AAAA
pass 'a key is gone when its row is, and is good as soon as it is there'

mv "$registry.seal" "$dir/seal"
fly_import() { echo 'late:c2VjcmV0IG9mIDI0IG9jdGV0cyAu' | fly keys import -; }
refuses 1 'is missing' fly_import
db "INSERT INTO secondary (network, address, key) VALUES (2, '192.0.2.1:53', 'mine')"
within 5 has 'keys of name servers not read: the seal .* is missing' cat "$dir/dns.log"
is fdaa:0:1:0:1::2 ask fdaa:0:1::9 web.flycast AAAA
mv "$dir/seal" "$registry.seal"
db 'DELETE FROM secondary'
within 5 is fdaa:0:2:0:1::2 asked "$secret" +short other.flycast AAAA
pass 'without its seal no key is known, and all else goes on'
