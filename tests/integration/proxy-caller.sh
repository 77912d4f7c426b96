# Fly-Src: a Machine learns from the proxy which Machine calls it, and can prove it with the key in its /.fly.
# shellcheck source=tests/lib/proxy.sh
. "$lib/proxy.sh"
# shellcheck source=tests/lib/replay.sh
. "$lib/replay.sh"
front=fdaa:0:1:ffff:0:9:0:2
world --proxy-from "$front"
ip address add "$front/128" dev lo nodad
router
fly orgs create acme >/dev/null
for name in web user lines; do fly apps create $name >/dev/null; done
for name in web lines; do fly ips allocate-v6 --private -a $name >/dev/null; done
fly apps create from -o acme >/dev/null
address=$(db "SELECT address FROM flycast WHERE app = 'web'")
web=$(machine web one)
user=$(machine user one)
raw=$(db "SELECT address FROM flycast WHERE app = 'lines'")

# A Machine that does what is written in /srv/do, each time somebody connects, and answers with what that printed.
cat >/srv/doer <<'DOER'
#!/bin/bash
exec bash /srv/do 2>&1
DOER
chmod 755 /srv/doer
doer() { # APP FLAGS...
	local app=$1
	shift
	fly machine run -a "$app" --name doer "$@" --port 7000:7000/tcp -- socat -t 20 TCP-LISTEN:7000,reuseaddr,fork,backlog=8 EXEC:/srv/doer >/dev/null
	db "SELECT id FROM machine WHERE app = '$app' AND name = 'doer'"
}
fly ips allocate-v6 --private -a user >/dev/null
door=$(db "SELECT address FROM flycast WHERE app = 'user'")
doer=$(doer user)
unhex() { python3 -c 'import sys; sys.stdout.buffer.write(bytes.fromhex(sys.stdin.read()))'; }
inside() { # COMMAND: in that Machine
	echo "$1" >/srv/do
	socat -u "TCP6:[$door]:7000,bind=[$client]" - | tr -d '\r'
}
works() { [ "$(inside 'echo so')" = so ]; }
within 10 works

# Verified as anybody would: with the file and openssl.
inside 'cat /.fly/fly-src.pub' >key
has '^[0-9a-f]{64}$' cat key
printf '302a300506032b6570032100%s' "$(cat key)" | unhex >key.der
verified() { # TEXT-FILE SIGNATURE-FILE
	openssl pkeyutl -verify -pubin -keyform DER -inkey key.der -rawin -in "$1" -sigfile "$2" >/dev/null
}
proves() { # MACHINE APP ORG: what `seen` says
	of Fly-Src | tr -d '\n' >text
	of Fly-Src-Signature | base64 -d >signature
	has "^instance=$1;app=$2;org=$3;ts=[0-9]{10}\$" cat text
	local age=$(($(date +%s) - $(sed 's/.*ts=//' text)))
	if [ $age -lt 0 ] || [ $age -gt 30 ]; then fail "it is $age seconds old"; fi
	verified text signature || fail "not verified: $(cat seen)"
}
inside "curl -s -m 10 http://[$address]/" >seen
is "$web" of Machine
proves "$doer" user personal
sed -i 's/app=user/app=used/' text
if verified text signature 2>/dev/null; then fail 'another app is proven too'; fi
pass 'who calls is said, and proven by the key in /.fly'

inside "curl -s -m 10 --http2-prior-knowledge -H 'Fly-Src: forged' -H 'fly_src: forged' -H 'Fly-Src-Signature: Zm9yZ2Vk' http://[$address]/" >seen
proves "$doer" user personal
if grep -qi forged seen; then fail "believed: $(cat seen)"; fi
inside "curl -s -m 10 -H 'X-Say: app=user;instance=$user' http://[$address]/" >seen
is "$user" of Machine
proves "$doer" user personal
has 'touch: .*Read-only' inside 'touch /.fly/x'
pass 'over HTTP/2 and after a replay; a client cannot say it, a Machine cannot change the key'

fetch "$(url)" -H 'Fly-Src: forged' -H 'Fly-Src-Signature: forged' | tr -d '\r' >seen
is "$web" of Machine
if grep -qi '^fly.src' seen; then fail "somebody that is no Machine: $(cat seen)"; fi
# A front is believed about who its clients are, but is none to prove it.
ip=$(db "SELECT address FROM machine WHERE id = '$doer'")
printf 'PROXY TCP6 %s %s 1 80\r\nGET / HTTP/1.0\r\nHost: a\r\n\r\n' "$ip" "$address" |
	socat -t 20 - "TCP6:[$address]:80,bind=[$front]" | tr -d '\r' >seen
is "$ip" of Fly-Client-IP
if grep -qi '^fly.src' seen; then fail "what a front says is proven: $(cat seen)"; fi
pass 'nothing is said of those who are no Machines, and of those that a front speaks for'

# Of another organization, let in by an address in its network.
fly ips allocate-v6 --private -a web --org acme >/dev/null
address2=$(db "SELECT address FROM flycast WHERE app = 'web' AND org = 'acme'")
fly ips allocate-v6 --private -a from >/dev/null
door=$(db "SELECT address FROM flycast WHERE app = 'from'")
client=$stranger
foreign=$(doer from)
within 10 works
inside "curl -s -m 10 http://[$address2]/" >seen
proves "$foreign" from acme
client=fdaa:0:1:ffff:0:1:0:2
door=$(db "SELECT address FROM flycast WHERE app = 'user'")
pass 'also of another organization'

# Without HTTP: in the header of the PROXY protocol, version 2.
printf '%s\n' '#!/bin/bash' "head -c 600 | od -An -v -tx1 | tr -d ' \\n'" >/srv/hex
chmod 755 /srv/hex
fly machine run -a lines --name one --port 25:2500/tcp:proxy_proto --port 26:2600/tcp:proxy_proto -- sh -c \
	'socat -t 20 TCP-LISTEN:2500,reuseaddr,fork EXEC:/srv/hex & exec socat -t 20 TCP-LISTEN:2600,reuseaddr,fork EXEC:/srv/hex' >/dev/null
edit "UPDATE service_port SET options = '{\"proxy_proto_options\":{\"version\":\"v2\"}}' WHERE start_port = 25"
answers() { inside "echo hello | socat -t 20 - 'TCP6:[$raw]:$1'" >header && grep -q 68656c6c6f0a header; }
within 10 answers 25
hex=$(cat header)
[ "${hex:0:32}" = "0d0a0d0a000d0a515549540a2121$(printf '%04x' $((${#hex} / 2 - 16 - 6)))" ] || fail "no header: $hex"
tlvs=${hex:104}
len=$((16#${tlvs:2:4}))
is e0 echo "${tlvs:0:2}"
unhex <<<"${tlvs:6:len * 2}" >text
has "^instance=$doer;app=user;org=personal;ts=[0-9]{10}\$" cat text
tlvs=${tlvs:6 + len * 2}
is e10040 echo "${tlvs:0:6}"
unhex <<<"${tlvs:6:128}" >signature
verified text signature || fail "not verified: $hex"
is 68656c6c6f0a echo "${tlvs:134}"
within 10 answers 26
has '^PROXY TCP6 [0-9a-f:]+ [0-9a-f:]+ [0-9]+ 26' eval 'unhex <header'
echo hello | socat -t 20 - "TCP6:[$raw]:25,bind=[$client]" >header
is "2121$(printf '%04x' 36)" eval 'cut -c 25-32 header'
pass 'without HTTP it stands in the PROXY header of version 2'

# The key is the seal's: another proxy, and an agent that was started again, have the same.
stop agent
start agent flycast-agent --registry "$registry"
stop proxy
start proxy flycast-proxy --registry "$registry" --threads 2 --autostop-interval 0 --metrics '[::1]:9154'
within 10 works
is "$(cat key)" inside 'cat /.fly/fly-src.pub'
inside "curl -s -m 10 http://[$address]/" >seen
proves "$doer" user personal

# Lost, with something sealed by it: no new one is made that would hide that, and nothing is said of callers.
fly certs ca >/dev/null
stop agent
stop proxy
mv "$registry.seal" kept
start agent flycast-agent --registry "$registry"
start proxy flycast-proxy --registry "$registry" --threads 2 --autostop-interval 0 --metrics '[::1]:9154'
for daemon in agent proxy; do
	grep -q 'seal.* is missing: copy it' $daemon.log || fail "the $daemon does not say that the seal is missing"
done
[ ! -e "$registry.seal" ] || fail 'a new seal was made in the place of the lost one'
within 10 works
inside "curl -s -m 10 http://[$address]/" >seen
is "$web" of Machine
is '' of Fly-Src
pass 'the key is that of the seal: the same after a restart, and none without it'
stop proxy
