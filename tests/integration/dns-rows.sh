# A registry full of rows that no rule would let in: what can be used is answered, one line and one count for each that cannot,
# a start does not fail on them, and they come back when they are mended.
# shellcheck source=tests/lib/dns.sh
. "$lib/dns.sh"
fly init --host "$(hostname)" --region fra >/dev/null
client fdaa:0:1::9
for app in web api; do
	fly apps create $app >/dev/null
	fly ips allocate-v6 -a $app --private >/dev/null
done
machine web 00000000000001 fra started
machine api 00000000000002 fra started
fly networks attach 192.0.2.0/24 >/dev/null
db "WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
    INSERT INTO app (name, org, network) SELECT 'bulk' || i, 'personal', 1 FROM n"
ip=$(db "SELECT address FROM machine WHERE id = '00000000000001'")
dns --threads 2 --metrics '[::1]:9153'

spoil() { sqlite3 -cmd '.timeout 5000' "$registry" >/dev/null; }
quarantined() { curl -s 'http://[::1]:9153/metrics' | sed -n 's/^flycast_dns_registry_quarantined //p'; }
amounts() { [ "$(quarantined)" = "$1" ] || { quarantined; return 1; }; }
lines() { grep -c "$1" "$dir/dns.log" || true; }
answers() {
	is fdaa:0:1:0:1::2 ask fdaa:0:1::9 AAAA web.flycast
	is "$ip" ask fdaa:0:1::9 AAAA web.internal
	is fdaa:0:1:0:1::3 ask fdaa:0:1::9 AAAA api.flycast
	is 'NOERROR qr aa rd 0 1' status fdaa:0:1::9 AAAA bulk300.internal
}
answers
is 0 quarantined

# Rows of apps that are answered: those stay as they were. Names that are none: never there.
spoil <<'SQL'
.dbconfig enable_trigger off
PRAGMA ignore_check_constraints = on;
PRAGMA foreign_keys = off;
BEGIN;
UPDATE machine SET region = 'no region' WHERE id = '00000000000001';
UPDATE app SET network = 77 WHERE name = 'api';
INSERT INTO change (kind, key) VALUES ('app', 'web'), ('app', 'api');
INSERT INTO app (name, org, network) VALUES ('', 'personal', 1), ('UPPER', 'personal', 1), ('a.b', 'personal', 1),
	('-x-', 'personal', 1), (CAST(x'fffe41' AS TEXT), 'personal', 1), (replace(hex(zeroblob(10000)), '0', 'a'), 'personal', 1);
INSERT INTO change (kind, key) SELECT 'app', name FROM app WHERE name IN ('', 'UPPER', 'a.b', '-x-') OR length(name) > 100
	OR name = CAST(x'fffe41' AS TEXT);
INSERT INTO network (id, org, name) VALUES (-1, 'personal', 'minus'), (4294967297, 'personal', 'wide');
INSERT INTO change (kind, key) VALUES ('network', '-1'), ('network', '4294967297');
COMMIT;
SQL
within 10 amounts 10
answers
for key in web api "" UPPER a.b -x-; do is 1 lines "app refused key=\"$key\""; done
for key in -1 4294967297; do is 1 lines "network refused key=\"$key\""; done
is 10 lines ' refused key='
fly apps create later >/dev/null
within 5 is 'NOERROR qr aa rd 0 1' status fdaa:0:1::9 AAAA later.internal
spoil <<<"INSERT INTO change (kind, key) VALUES ('app', 'web'), ('app', 'UPPER'), ('network', '-1'), ('app', ''), ('nonsense', 'x')"
fly apps create later2 >/dev/null
within 5 is 'NOERROR qr aa rd 0 1' status fdaa:0:1::9 AAAA later2.internal
is 10 lines ' refused key='
pass 'rows that cannot be used: what was answered is answered, what is new arrives, each is told once'

# Most of it at once. A start reads what it can; what it never had it cannot serve.
spoil <<'SQL'
.dbconfig enable_trigger off
PRAGMA ignore_check_constraints = on;
PRAGMA foreign_keys = off;
BEGIN;
UPDATE app SET network = -1 WHERE name GLOB 'bulk[12]*';
INSERT INTO change (kind, key) SELECT 'app', name FROM app WHERE name GLOB 'bulk[12]*';
COMMIT;
SQL
bad=$((10 + $(db "SELECT count(*) FROM app WHERE name GLOB 'bulk[12]*'")))
within 10 amounts "$bad"
answers
is 'NOERROR qr aa rd 0 1' status fdaa:0:1::9 AAAA bulk1.internal
[ "$(lines ' refused key=')" -le "$bad" ] || fail 'some are told twice'
stop dns KILL
dns --threads 2 --metrics '[::1]:9153'
is "$bad" quarantined
is 'NXDOMAIN qr aa rd 0 1' status fdaa:0:1::9 AAAA bulk1.internal
is 'NXDOMAIN qr aa rd 0 1' status fdaa:0:1::9 AAAA web.flycast
is 'NOERROR qr aa rd 0 1' status fdaa:0:1::9 AAAA bulk300.internal
pass 'a start does not fail on them'

spoil <<'SQL'
.dbconfig enable_trigger off
PRAGMA ignore_check_constraints = on;
PRAGMA foreign_keys = off;
BEGIN;
INSERT INTO change (kind, key) SELECT 'app', name FROM app;
UPDATE machine SET region = 'fra' WHERE id = '00000000000001';
UPDATE app SET network = 1 WHERE network IN (-1, 77);
DELETE FROM app WHERE name IN ('', 'UPPER', 'a.b', '-x-') OR length(name) > 100 OR name = CAST(x'fffe41' AS TEXT);
DELETE FROM network WHERE id IN (-1, 4294967297);
INSERT INTO change (kind, key) VALUES ('network', '-1'), ('network', '4294967297');
COMMIT;
SQL
within 10 amounts 0
answers
is 'NOERROR qr aa rd 0 1' status fdaa:0:1::9 AAAA bulk1.internal
is 0 eval 'fly check >"$dir/check.out" 2>&1; echo $?'
stop dns
pass 'mended, they are answered, and nothing is counted any more'
