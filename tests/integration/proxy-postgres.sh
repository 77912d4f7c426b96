# pg_tls: a real PostgreSQL as a Machine, and psql. The server speaks no TLS itself.
# shellcheck source=tests/lib/proxy.sh
. "$lib/proxy.sh"
programs=$(find /usr/lib/postgresql -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1)
if [ -z "$programs" ] || ! command -v psql >/dev/null; then
	echo 'no PostgreSQL here'
	exit 77
fi
world --handshake-timeout 8s
# Its files are where Machines may see them, and more than /srv has room for.
mount -t tmpfs -o mode=777,size=300m none /mnt
cat >/mnt/postgres.sh <<'SH'
set -e
data=/mnt/$FLY_MACHINE_ID
[ -e "$data/PG_VERSION" ] || "$programs/initdb" -D "$data" -A trust -U app >/dev/null
echo 'host all all all trust' >"$data/pg_hba.conf"
cd /
exec "$programs/postgres" -D "$data" -c cluster_name="$FLY_MACHINE_ID" -c listen_addresses='*' -c ssl=off -c unix_socket_directories= -c shared_buffers=1MB \
	-c fsync=off -c dynamic_shared_memory_type=mmap
SH
app data --port 5432/tcp:pg_tls --env "programs=$programs" -- sh /mnt/postgres.sh
fly certs ca >ca.pem
sql() { PGCONNECT_TIMEOUT=10 psql -XAtq "host=data.flycast hostaddr=$address user=app dbname=postgres $1" -c "$2"; }
verified='sslmode=verify-full sslrootcert=ca.pem'
within 20 sql "$verified" 'SELECT 1'
is 1 sql "$verified" 'SELECT 1'
is 1 sql "$verified gssencmode=prefer" 'SELECT 1'
is 500000 sql "$verified" "SELECT length(repeat('x', 500000))"
pass 'psql reaches a server without TLS over TLS that it verified'

refuses 2 'takes TLS only: connect with sslmode=require' sql sslmode=disable 'SELECT 1'
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=other -keyout other.key -out other.pem 2>/dev/null
refuses 2 'certificate verify failed' sql 'sslmode=verify-full sslrootcert=other.pem' 'SELECT 1'
pass 'a session without TLS is refused in words that psql shows'

# Many bytes, and a client that rests.
is 200000 sql "$verified" 'SELECT count(*) FROM (SELECT generate_series(1, 200000)) AS s'
{ sleep 2; echo 'SELECT 2;'; } | PGCONNECT_TIMEOUT=10 psql -XAtq "host=data.flycast hostaddr=$address user=app dbname=postgres $verified" >out
is 2 cat out
pass 'a session that rests goes on'

# Ctrl-C: psql asks on a connection of its own, unencrypted before PostgreSQL 17, and the Machine that has the session gets it,
# be it at its hard limit or not. Sessions are spread over both.
fly machine run -a data --name two --port 5432/tcp:pg_tls --env "programs=$programs" -- sh /mnt/postgres.sh >/dev/null
both() { [ "$(for _ in 1 2 3 4 5 6 7 8; do sql "$verified" 'SHOW cluster_name'; done | sort -u | wc -l)" = 2 ]; }
within 20 both
edit 'UPDATE service SET soft_limit = 1, hard_limit = 3'
pids=()
for i in 1 2 3 4 5 6; do
	PGCONNECT_TIMEOUT=10 psql -XAtq "host=data.flycast hostaddr=$address user=app dbname=postgres $verified" \
		-c "SHOW cluster_name" -c 'SELECT pg_sleep(60)' >"out$i" 2>&1 &
	pids+=($!)
done
all_sleep() { [ "$(cat out? | sort | uniq -c | awk '{ print $1 }' | paste -sd' ')" = '3 3' ]; }
within 10 all_sleep
for i in 1 2 3 4 5 6; do
	kill -INT "${pids[i - 1]}"
	wait "${pids[i - 1]}" || true
	has 'canceling statement due to user request' cat "out$i"
done
pass 'a query is cancelled by another connection: in the Machine that has it, of two at their hard limits'

cat >cancel.py <<'PY'
import socket, ssl, struct, sys
client, address, authority = sys.argv[1:4]
def secure():
    s = socket.create_connection((address, 5432), 20, (client, 0))
    s.sendall(struct.pack('!II', 8, 80877103))
    assert s.recv(1) == b'S'
    return ssl.create_default_context(cafile=authority).wrap_socket(s, server_hostname='data.flycast')
def exactly(s, n):
    got = b''
    while len(got) < n:
        more = s.recv(n - len(got))
        assert more, got
        got += more
    return got
def until(s, kind):
    while True:
        head = exactly(s, 5)
        body = exactly(s, struct.unpack('!I', head[1:])[0] - 4)
        if head[:1] == kind:
            return body
def cancel(key, s, pieces):
    packet = struct.pack('!II', 8 + len(key), 80877102) + key
    for piece in (packet[i:i + pieces] for i in range(0, len(packet), pieces)):
        s.sendall(piece)
    assert s.recv(1) == b''
silent = secure()
for turn in range(4):
    session = secure()
    start = struct.pack('!I', 196608) + b'user\0app\0database\0postgres\0\0'
    start = struct.pack('!I', len(start) + 4) + start
    session.sendall(start[:6])
    session.sendall(start[6:])
    key = until(session, b'K')
    until(session, b'Z')
    query = b'SELECT pg_sleep(60)\0'
    session.sendall(b'Q' + struct.pack('!I', len(query) + 4) + query)
    cancel(key[:4] + bytes([key[4] ^ 1]) + key[5:], secure(), 99)  # nobody's
    session.settimeout(0.2)
    try:
        session.recv(1)
        raise SystemExit('cancelled with the wrong key')
    except TimeoutError:
        session.settimeout(20)
    plain = socket.create_connection((address, 5432), 20, (client, 0))
    cancel(key, secure() if turn % 2 else plain, 99 if turn < 2 else 3)
    assert b'canceling statement' in until(session, b'E')
    session.close()
silent.settimeout(60)
assert silent.recv(1) == b''  # nobody waits for ever
PY
python3 cancel.py "$client" "$address" ca.pem || fail 'cancel.py'
within 5 grep -q 'refused code=PT08 .* did not finish its start-up packet' proxy.log
pass 'so it is inside TLS (PostgreSQL 17), in pieces, and not with a key that is nobody'"'"'s'
edit 'UPDATE service SET soft_limit = 20, hard_limit = NULL'

# Bytes behind an SSLRequest are not taken for anything (CVE-2021-23214), nor is what no PostgreSQL client says.
talk() { printf '%b' "$1" | socat -t 2 - "TCP6:[$address]:5432,bind=[$client]" 2>/dev/null | head -c 1; }
is '' talk '\0\0\0\x08\x04\xd2\x16\x2f\0\0\0\x14\0\x03\0\0user\0app\0\0'
is N talk '\0\0\0\x08\x04\xd2\x16\x30'
is N talk '\0\0\0\x08\x04\xd2\x16\x30\0\0\0\x08\x04\xd2\x16\x30'
within 5 grep -q 'asked for GSSAPI encryption again' proxy.log
is S talk '\0\0\0\x08\x04\xd2\x16\x2f'
is E talk '\0\0\0\x14\0\x03\0\0user\0app\0\0'
is '' talk 'GET / HTTP/1.1\r\n\r\n'
has 'sent more before its SSLRequest was answered' cat proxy.log
# TLS at once (PostgreSQL 17): with its name only.
direct() { openssl s_client -connect "[$address]:5432" -bind "[$client]:0" -servername data.flycast "$@" </dev/null 2>&1 || true; }
has 'ALPN protocol: postgresql' direct -alpn postgresql
has 'no application protocol' direct -alpn h2
direct >out
within 5 grep -q 'must name the protocol postgresql' proxy.log
pass 'what comes before TLS is never trusted; TLS without a request must say what it is for'
