/* check_rules.c - see check_rules.h. Parents before children, so that the first sentence is the one to act on. */
#include "command/check_rules.h"

#include <stddef.h>

/* What a DNS label is, of a column. */
#define LABEL(column)                                                                                                  \
	"length(" column ") BETWEEN 1 AND 63 AND " column " NOT GLOB '*[^a-z0-9-]*' AND " column                       \
	" NOT GLOB '-*' AND " column " NOT GLOB '*-'"

const char *const check_rules[] = {
    /* names */
    "SELECT 'the organization ' || quote(slug) || ' has a slug that is no DNS label',"
    " 'DELETE FROM organization WHERE slug = ' || quote(slug)"
    " FROM organization WHERE NOT (" LABEL("slug") ") ORDER BY slug",

    "SELECT 'the app ' || quote(name) || ' has a name that is no DNS label, so it cannot be asked for',"
    " 'flycast apps destroy -- ' || quote(name) FROM app WHERE NOT (" LABEL("name") ") ORDER BY name",

    "SELECT 'the apps ' || group_concat(quote(name), ' and ') || ' have one name in DNS, which does not tell case "
    "apart',"
    " 'destroy all but one of them (flycast apps destroy)' FROM app GROUP BY lower(name) HAVING count(*) > 1",

    "SELECT 'the Machines ' || group_concat(id, ' and ') || ' of app ' || quote(app) || ' have one name in DNS',"
    " 'UPDATE machine SET name = ''another'' WHERE id = ' || quote(max(id))"
    " FROM machine GROUP BY app, lower(name) HAVING count(*) > 1",

    "SELECT 'the peers ' || group_concat(quote(name), ' and ') || ' of network ' || network || ' have one name in DNS',"
    " 'DELETE FROM peer WHERE network = ' || network || ' AND name = ' || quote(max(name))"
    " FROM peer GROUP BY network, lower(name) HAVING count(*) > 1",

    /* rows that belong to nothing */
    "SELECT 'network ' || id || ' belongs to the organization ' || quote(org) || ', which does not exist',"
    " 'INSERT INTO organization (slug, name) VALUES (' || quote(org) || ', ' || quote(org) || ')'"
    " FROM network WHERE org NOT IN (SELECT slug FROM organization) ORDER BY id",

    "SELECT 'the prefix ' || prefix || ' is attached to network ' || network || ', which does not exist',"
    " 'flycast networks detach ' || prefix FROM client_prefix WHERE network NOT IN (SELECT id FROM network) ORDER BY "
    "prefix",

    "SELECT 'the peer ' || quote(name) || ' is in network ' || network || ', which does not exist',"
    " 'DELETE FROM peer WHERE network = ' || network || ' AND name = ' || quote(name)"
    " FROM peer WHERE network NOT IN (SELECT id FROM network) ORDER BY network, name",

    "SELECT 'the key ' || quote(name) || ' reads network ' || network || ', which does not exist',"
    " 'DELETE FROM transfer_key WHERE name = ' || quote(name)"
    " FROM transfer_key WHERE network NOT IN (SELECT id FROM network) ORDER BY name",

    "SELECT 'the secondary ' || quote(address) || ' copies network ' || network || ', which does not exist',"
    " 'DELETE FROM secondary WHERE network = ' || network || ' AND address = ' || quote(address)"
    " FROM secondary WHERE network NOT IN (SELECT id FROM network) ORDER BY network, address",

    "SELECT 'the secondary ' || quote(address) || ' of network ' || network || ' signs with the key ' || quote(key) ||"
    " ', which does not exist or reads another network',"
    " 'DELETE FROM secondary WHERE network = ' || network || ' AND address = ' || quote(address)"
    " FROM secondary s WHERE key IS NOT NULL AND NOT EXISTS"
    " (SELECT 1 FROM transfer_key WHERE name = s.key AND network = s.network) ORDER BY network, address",

    "SELECT 'without a key the secondary ' || quote(min(address)) || ' copies several networks',"
    " 'DELETE FROM secondary WHERE network = ' || max(network) || ' AND address = ' || quote(max(address))"
    " FROM secondary WHERE key IS NULL GROUP BY rtrim(address, '0123456789') HAVING count(DISTINCT network) > 1",

    "SELECT 'the host ' || quote(name) || ' is in region ' || quote(region) || ', which does not exist',"
    " 'UPDATE host SET region = ''iad'' WHERE name = ' || quote(name)"
    " FROM host WHERE region NOT IN (SELECT code FROM region) ORDER BY name",

    "SELECT 'the hosts ' || group_concat(quote(name), ' and ') || ' answer probes on one address, ' || quote(probe),"
    " 'flycast hosts probe ' || quote(max(name)) || ' none' FROM host WHERE probe IS NOT NULL"
    " GROUP BY probe HAVING count(*) > 1",

    "SELECT 'a round trip from host ' || quote(host) || ' to region ' || quote(region) || ' is left, one of which does "
    "not exist',"
    " 'DELETE FROM round_trip WHERE host = ' || quote(host) || ' AND region = ' || quote(region) FROM round_trip"
    " WHERE host NOT IN (SELECT name FROM host) OR region NOT IN (SELECT code FROM region) ORDER BY host, region",

    "SELECT 'the app ' || quote(name) || ' belongs to the organization ' || quote(org) || ', which does not exist',"
    " 'flycast orgs create ' || org FROM app WHERE org NOT IN (SELECT slug FROM organization) ORDER BY name",

    "SELECT 'the authority of ' || quote(org) || ' belongs to an organization that does not exist',"
    " 'DELETE FROM authority WHERE org = ' || quote(org)"
    " FROM authority WHERE org NOT IN (SELECT slug FROM organization) ORDER BY org",

    "SELECT 'the replay source ' || quote(source) || ' of ' || quote(org) || ' is or belongs to an organization that "
    "does "
    "not exist', 'DELETE FROM replay_source WHERE org = ' || quote(org) || ' AND source = ' || quote(source)"
    " FROM replay_source WHERE org NOT IN (SELECT slug FROM organization)"
    " OR source NOT IN (SELECT slug FROM organization) ORDER BY org, source",

    "SELECT 'the certificate of ' || quote(hostname) || ' belongs to the app ' || quote(app) || ', which does not "
    "exist',"
    " 'DELETE FROM certificate WHERE app = ' || quote(app) || ' AND hostname = ' || quote(hostname)"
    " FROM certificate WHERE app NOT IN (SELECT name FROM app) ORDER BY app, hostname",

    "SELECT 'the secret ' || quote(name) || ' belongs to the app ' || quote(app) || ', which does not exist',"
    " 'DELETE FROM secret WHERE app = ' || quote(app)"
    " FROM secret WHERE app NOT IN (SELECT name FROM app) ORDER BY app, name",

    "SELECT 'release v' || version || ' belongs to the app ' || quote(app) || ', which does not exist',"
    " 'DELETE FROM release WHERE app = ' || quote(app)"
    " FROM release WHERE app NOT IN (SELECT name FROM app) ORDER BY app, version",

    "SELECT 'the app ' || quote(name) || ' lives in network ' || network || ', which is none of its organization ' ||"
    " quote(org), 'DELETE FROM app WHERE name = ' || quote(name) FROM app a WHERE NOT EXISTS"
    " (SELECT 1 FROM network WHERE id = a.network AND org = a.org) ORDER BY name",

    "SELECT 'the address ' || address || ' belongs to the app ' || quote(app) || ', which does not exist',"
    " 'DELETE FROM address WHERE network = ' || network || ' AND number = ' || number"
    " FROM address WHERE app NOT IN (SELECT name FROM app) ORDER BY network, number",

    "SELECT 'the address ' || address || ' of app ' || quote(app) || ' is in network ' || network ||"
    " ', which does not exist', 'flycast ips release ' || address || ' -a ' || app"
    " FROM address WHERE network NOT IN (SELECT id FROM network) ORDER BY network, number",

    "SELECT 'the public address ' || address || ' belongs to the app ' || quote(app) || ', which does not exist',"
    " 'DELETE FROM public_address WHERE address = ' || quote(address)"
    " FROM public_address WHERE app NOT IN (SELECT name FROM app) ORDER BY address",

    "SELECT 'Machine ' || id || ' belongs to the app ' || quote(app) || ', which does not exist',"
    " 'DELETE FROM machine WHERE id = ' || quote(id) FROM machine WHERE app NOT IN (SELECT name FROM app) ORDER BY id",

    "SELECT 'Machine ' || m.id || ' is in network ' || m.network || ', its app ' || quote(m.app) || ' in ' || "
    "a.network,"
    " 'flycast machine destroy --force ' || m.id FROM machine m JOIN app a ON a.name = m.app"
    " WHERE a.network <> m.network ORDER BY m.id",

    "SELECT 'Machine ' || id || ' is on the host ' || quote(host) || ', which does not exist or has another number',"
    " 'DELETE FROM machine WHERE id = ' || quote(id) FROM machine m WHERE NOT EXISTS"
    " (SELECT 1 FROM host WHERE name = m.host AND number = m.host_number) ORDER BY id",

    "SELECT 'Machine ' || m.id || ' says region ' || quote(m.region) || ', its host ' || quote(h.name) || ' is in ' ||"
    " quote(h.region), 'UPDATE machine SET region = ' || quote(h.region) || ' WHERE id = ' || quote(m.id)"
    " FROM machine m JOIN host h ON h.name = m.host WHERE h.region <> m.region ORDER BY m.id",

    "SELECT 'Machine ' || id || ' has a size that cannot be, so it is not limited', 'UPDATE machine SET cpu_kind = "
    "NULL,'"
    " || ' cpus = NULL, memory_mb = NULL WHERE id = ' || quote(id) FROM machine"
    " WHERE coalesce(cpu_kind, cpus, memory_mb) IS NOT NULL AND NOT (coalesce(cpu_kind, '') IN ('shared', "
    "'performance')"
    " AND coalesce(cpus, 0) BETWEEN 1 AND 1024 AND coalesce(memory_mb, 0) BETWEEN 16 AND 16777216) ORDER BY id",

    "SELECT 'Machine ' || id || ' has neither an image nor a program to run', 'flycast machine destroy --force ' || id"
    " FROM machine WHERE image IS NULL AND iif(json_valid(command), json_extract(command, '$[0]') = '', 0) ORDER BY id",

    "SELECT 'the state of Machine ' || machine || ' (' || state || ') is left though the Machine is gone',"
    " 'let the agent of host ' || host || ' run, which cleans up; when that host is gone: DELETE FROM machine_state"
    " WHERE machine = ' || quote(machine)"
    " FROM machine_state WHERE machine NOT IN (SELECT id FROM machine) ORDER BY machine",

    "SELECT 'the state of Machine ' || m.id || ' is written by host ' || quote(s.host) || ', not by its own, ' ||"
    " quote(m.host), 'DELETE FROM machine_state WHERE machine = ' || quote(m.id)"
    " FROM machine_state s JOIN machine m ON m.id = s.machine WHERE s.host <> m.host ORDER BY m.id",

    "SELECT 'the metadata ' || quote(key) || ' belongs to Machine ' || quote(machine) || ', which does not exist',"
    " 'DELETE FROM machine_metadata WHERE machine = ' || quote(machine)"
    " FROM machine_metadata WHERE machine NOT IN (SELECT id FROM machine) ORDER BY machine, key",

    "SELECT 'the service on port ' || internal_port || ' belongs to Machine ' || quote(machine) ||"
    " ', which does not exist', 'DELETE FROM service WHERE machine = ' || quote(machine)"
    " FROM service WHERE machine NOT IN (SELECT id FROM machine) ORDER BY machine, internal_port",

    "SELECT 'port ' || start_port || ' of Machine ' || quote(machine) || ' leads to a service that does not exist',"
    " 'DELETE FROM service_port WHERE machine = ' || quote(machine) || ' AND start_port = ' || start_port"
    " FROM service_port p WHERE NOT EXISTS (SELECT 1 FROM service WHERE machine = p.machine AND protocol = p.protocol"
    " AND internal_port = p.internal_port) ORDER BY machine, start_port",

    "SELECT 'the check ' || name || ' of Machine ' || quote(machine) || ' belongs to a service that does not exist',"
    " 'DELETE FROM service_check WHERE machine = ' || quote(machine) || ' AND internal_port = ' || internal_port"
    " FROM service_check k WHERE NOT EXISTS (SELECT 1 FROM service WHERE machine = k.machine AND protocol = k.protocol"
    " AND internal_port = k.internal_port) ORDER BY machine, name",

    "SELECT 'the state of a check on port ' || internal_port || ' of Machine ' || quote(machine) || ' is left though "
    "the'"
    " || ' check is gone', 'DELETE FROM check_state WHERE machine = ' || quote(machine) || ' AND internal_port = ' ||"
    " internal_port || ' AND number = ' || number FROM check_state c WHERE NOT EXISTS (SELECT 1 FROM service_check"
    " WHERE machine = c.machine AND internal_port = c.internal_port AND number = c.number) ORDER BY machine",

    /* numbers */
    "SELECT 'the address ' || address || ' of app ' || quote(app) || ' has a number that is never given out',"
    " 'flycast ips release ' || address || ' -a ' || app FROM address WHERE number NOT BETWEEN 2 AND 4294967295",

    "SELECT 'the counter of ' || kind || 's is missing, so none can be created', 'INSERT INTO counter (kind, scope, "
    "value)"
    " VALUES (' || quote(kind) || ', '''', ' || coalesce((SELECT max(id) FROM network WHERE kind = 'network'),"
    " (SELECT max(number) FROM host WHERE kind = 'host'), 65536 * (kind = 'host')) || ')'"
    " FROM (SELECT 'network' AS kind UNION SELECT 'host') WHERE kind NOT IN (SELECT kind FROM counter)",

    "SELECT 'the counter of networks is behind (' || c.value || ', the last id is ' || max(n.id) ||"
    " '), so an id would be given out twice', 'UPDATE counter SET value = ' || max(n.id) || ' WHERE kind = ''network'''"
    " FROM counter c, network n WHERE c.kind = 'network' GROUP BY c.kind HAVING max(n.id) > c.value",

    "SELECT 'the counter of hosts is behind (' || c.value || ', the last number is ' || max(h.number) ||"
    " '), so a number would be given out twice', 'UPDATE counter SET value = ' || max(h.number) || ' WHERE kind = "
    "''host'''"
    " FROM counter c, host h WHERE c.kind = 'host' GROUP BY c.kind HAVING max(h.number) > c.value",

    "SELECT 'the counter of addresses of network ' || a.network || ' is behind, so a number would be given out twice',"
    " 'INSERT INTO counter (kind, scope, value) VALUES (''address'', ''' || a.network || ''', ' || max(a.number) ||"
    " ') ON CONFLICT DO UPDATE SET value = excluded.value'"
    " FROM address a LEFT JOIN counter c ON c.kind = 'address' AND c.scope = CAST(a.network AS TEXT)"
    " GROUP BY a.network HAVING max(a.number) > coalesce(c.value, 0)",

    "SELECT 'the counter of Machines of host ' || quote(m.host) || ' is behind, so a number would be given out twice',"
    " 'INSERT INTO counter (kind, scope, value) VALUES (''slot'', ' || quote(m.host) || ', ' || max(m.slot) ||"
    " ') ON CONFLICT DO UPDATE SET value = excluded.value'"
    " FROM machine m LEFT JOIN counter c ON c.kind = 'slot' AND c.scope = m.host"
    " GROUP BY m.host HAVING max(m.slot) > coalesce(c.value, 0)",

    /* services that do not do what their owner expects */
    "SELECT 'ports ' || p.start_port || '-' || p.end_port || ' and ' || q.start_port || '-' || q.end_port ||"
    " ' of Machine ' || p.machine || ' overlap', 'DELETE FROM service_port WHERE machine = ' || quote(p.machine) ||"
    " ' AND start_port = ' || q.start_port FROM service_port p JOIN service_port q ON q.machine = p.machine"
    " AND q.protocol = p.protocol AND q.start_port > p.start_port AND q.start_port <= p.end_port",

    "SELECT 'a service on port ' || v.internal_port || ' of app ' || quote(m.app) || ' has soft limit ' || "
    "v.soft_limit ||"
    " ' over hard limit ' || v.hard_limit, 'UPDATE service SET soft_limit = ' || v.hard_limit || ' WHERE machine = ' ||"
    " quote(v.machine) || ' AND internal_port = ' || v.internal_port"
    " FROM service v JOIN machine m ON m.id = v.machine WHERE v.hard_limit IS NOT NULL AND v.soft_limit > v.hard_limit",

    "SELECT 'Machines of app ' || quote(m.app) || ' with a service on port ' || v.internal_port || ' are put to rest "
    "when"
    " idle (autostop ' || v.autostop || ') and nothing wakes them again (autostart off)',"
    " 'UPDATE service SET autostart = 1 WHERE internal_port = ' || v.internal_port || ' AND machine IN (SELECT id FROM"
    " machine WHERE app = ' || quote(m.app) || ')'"
    " FROM service v JOIN machine m ON m.id = v.machine WHERE v.autostart = 0 AND v.autostop <> 'off'"
    " GROUP BY m.app, v.internal_port, v.autostop",

    "SELECT 'force_https on port ' || p.start_port || ' of app ' || quote(m.app) ||"
    " ' has no port with TLS and HTTP to send clients to, so it does nothing',"
    " 'UPDATE service_port SET force_https = 0 WHERE start_port = ' || p.start_port || ' AND machine IN (SELECT id FROM"
    " machine WHERE app = ' || quote(m.app) || ')'"
    " FROM service_port p JOIN machine m ON m.id = p.machine WHERE p.force_https AND NOT EXISTS (SELECT 1 FROM machine "
    "n"
    " JOIN service_port q ON q.machine = n.id WHERE n.app = m.app AND q.handlers = 'tls,http')"
    " GROUP BY m.app, p.start_port",

    "SELECT 'port ' || p.start_port || ' of app ' || quote(m.app) || ' is UDP, which a Flycast address does not carry',"
    " 'let clients use <app>.internal; DELETE FROM service_port WHERE protocol = ''udp'' AND start_port = ' || "
    "p.start_port ||"
    " ' AND machine IN (SELECT id FROM machine WHERE app = ' || quote(m.app) || ')'"
    " FROM service_port p JOIN machine m ON m.id = p.machine WHERE p.protocol <> 'tcp' GROUP BY m.app, p.start_port",

    "SELECT 'the app ' || quote(p.app) || ' has services and the address ' || p.address || ', which is not private',"
    " 'flycast ips release ' || p.address || ' -a ' || p.app FROM public_address p WHERE EXISTS"
    " (SELECT 1 FROM machine m JOIN service v ON v.machine = m.id WHERE m.app = p.app) ORDER BY p.app, p.address",

    /* bookkeeping */
    "SELECT 'an actor row is left of ' || quote(command) || ', so edits are audited under its name',"
    " 'DELETE FROM actor' FROM actor",

    "SELECT 'the registry does not say its ' || key, 'INSERT INTO meta (key, value) VALUES (' || quote(key) || ', ' ||"
    " CASE key WHEN 'generation' THEN 'lower(hex(randomblob(8)))' WHEN 'audit_days' THEN '''90''' ELSE '''0''' END || "
    "')'"
    " FROM (SELECT 'generation' AS key UNION SELECT 'trimmed_to' UNION SELECT 'audit_days')"
    " WHERE key NOT IN (SELECT key FROM meta)",

    NULL};
