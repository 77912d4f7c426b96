# pg_tls: a real PostgreSQL as a Machine, and psql. The server speaks no TLS itself.
# shellcheck source=tests/lib/proxy.sh
. "$lib/proxy.sh"
programs=$(find /usr/lib/postgresql -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1)
if [ -z "$programs" ] || ! command -v psql >/dev/null; then
	echo 'no PostgreSQL here'
	exit 77
fi
world
# Its files are where Machines may see them, and more than /srv has room for.
mount -t tmpfs -o mode=777,size=200m none /mnt
cat >/mnt/postgres.sh <<'SH'
set -e
[ -e /mnt/data/PG_VERSION ] || "$programs/initdb" -D /mnt/data -A trust -U app >/dev/null
echo 'host all all all trust' >/mnt/data/pg_hba.conf
cd /
exec "$programs/postgres" -D /mnt/data -c listen_addresses='*' -c ssl=off -c unix_socket_directories= -c shared_buffers=1MB \
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

# Ctrl-C: psql asks on a connection of its own, unencrypted before PostgreSQL 17.
PGCONNECT_TIMEOUT=10 psql -XAtq "host=data.flycast hostaddr=$address user=app dbname=postgres $verified" \
	-c 'SELECT pg_sleep(60)' >out 2>&1 &
pid=$!
within 10 eval '[ "$(sql "$verified" "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '"'%pg_sleep(60)'"'")" = 1 ]'
kill -INT $pid
wait $pid || true
has 'canceling statement due to user request' cat out
pass 'a query is cancelled by another connection'

# Bytes behind an SSLRequest are not taken for anything (CVE-2021-23214), nor is what no PostgreSQL client says.
talk() { printf '%b' "$1" | socat -t 2 - "TCP6:[$address]:5432,bind=[$client]" 2>/dev/null | head -c 1; }
is '' talk '\0\0\0\x08\x04\xd2\x16\x2f\0\0\0\x14\0\x03\0\0user\0app\0\0'
is N talk '\0\0\0\x08\x04\xd2\x16\x30'
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
