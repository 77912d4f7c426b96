-- 0005_views.sql - what people read, and insert through where the registry chooses a number.

-- ------------------------------------------------------------------------------------------------ flycast

-- INSERT INTO flycast (app) VALUES ('my-app') is `flycast ips allocate-v6 --private -a my-app`. org and network (a
-- name) say where requests come from; without them it is the app's own network, with org alone that organization's
-- network "default". An address that exists already is left as it is. DELETE FROM flycast releases.
CREATE VIEW flycast (app, address, org, network, name, prefix, created_at) AS
  SELECT a.app, a.address, n.org, n.name, a.app || '.flycast', n.prefix,
         strftime('%Y-%m-%d %H:%M:%S', a.created_at / 1000, 'unixepoch')
  FROM address a JOIN network n ON n.id = a.network;

CREATE TRIGGER flycast_insert INSTEAD OF INSERT ON flycast BEGIN
  SELECT RAISE(ABORT, 'unknown app: create it first (flycast apps create NAME)')
    WHERE NOT EXISTS (SELECT 1 FROM app WHERE name = new.app);
  SELECT RAISE(ABORT, 'unknown organization: create it first (flycast orgs create SLUG)')
    WHERE new.org IS NOT NULL AND NOT EXISTS (SELECT 1 FROM organization WHERE slug = new.org);
  SELECT RAISE(ABORT, 'the organization has no network of this name: create it first (flycast networks create NAME)')
    WHERE new.network IS NOT NULL AND NOT EXISTS (SELECT 1 FROM network
      WHERE name = new.network AND org = coalesce(new.org, (SELECT org FROM app WHERE name = new.app)));
  SELECT RAISE(ABORT, 'the organization has no network "default": name one of its networks')
    WHERE new.network IS NULL AND new.org IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM network WHERE org = new.org AND name = 'default');
  SELECT RAISE(ABORT, 'the registry chooses the address: INSERT INTO flycast (app, org, network) only')
    WHERE new.address IS NOT NULL OR new.name IS NOT NULL OR new.prefix IS NOT NULL;
  INSERT INTO address (network, number, app)
    SELECT n.id, 1 + coalesce((SELECT value FROM counter WHERE kind = 'address' AND scope = CAST(n.id AS TEXT)), 1),
           new.app
    FROM network n
    WHERE n.id = CASE
        WHEN new.network IS NOT NULL THEN (SELECT id FROM network WHERE name = new.network
             AND org = coalesce(new.org, (SELECT org FROM app WHERE name = new.app)))
        WHEN new.org IS NOT NULL THEN (SELECT id FROM network WHERE name = 'default' AND org = new.org)
        ELSE (SELECT network FROM app WHERE name = new.app) END
      AND NOT EXISTS (SELECT 1 FROM address WHERE app = new.app AND network = n.id);
END;
CREATE TRIGGER flycast_delete INSTEAD OF DELETE ON flycast BEGIN
  DELETE FROM address WHERE app = old.app
    AND network = (SELECT id FROM network WHERE org = old.org AND name = old.network);
END;
CREATE TRIGGER flycast_update INSTEAD OF UPDATE ON flycast BEGIN
  SELECT RAISE(ABORT, 'an address keeps its app, network and number: DELETE and INSERT instead');
END;

-- ------------------------------------------------------------------------------------------------ networks and hosts

-- INSERT INTO networks (org, name) VALUES ('acme', 'blue') gives the next id.
CREATE VIEW networks (org, name, id, prefix, apps, addresses) AS
  SELECT org, name, id, prefix, (SELECT count(*) FROM app WHERE network = n.id),
         (SELECT count(*) FROM address WHERE network = n.id)
  FROM network n;
CREATE TRIGGER networks_insert INSTEAD OF INSERT ON networks BEGIN
  SELECT RAISE(ABORT, 'the registry chooses id and prefix: INSERT INTO networks (org, name) only')
    WHERE new.id IS NOT NULL OR new.prefix IS NOT NULL;
  INSERT INTO network (id, org, name)
    SELECT value + 1 + (value % 65536 = 65535), new.org, new.name FROM counter WHERE kind = 'network' AND scope = '';
END;
CREATE TRIGGER networks_delete INSTEAD OF DELETE ON networks BEGIN
  DELETE FROM network WHERE id = old.id;
END;

-- INSERT INTO hosts (name, region) VALUES ('edge-1', 'fra') gives the next number.
CREATE VIEW hosts (name, region, number, machines) AS
  SELECT name, region, number, (SELECT count(*) FROM machine WHERE host = h.name) FROM host h;
CREATE TRIGGER hosts_insert INSTEAD OF INSERT ON hosts BEGIN
  SELECT RAISE(ABORT, 'the registry chooses the number: INSERT INTO hosts (name, region) only')
    WHERE new.number IS NOT NULL;
  INSERT INTO host (name, number, region)
    SELECT new.name, v + (v % 65536 = 0) + (v >> 16 = 2683) * 65536, new.region
    FROM (SELECT value + 1 AS v FROM counter WHERE kind = 'host' AND scope = '');
END;
CREATE TRIGGER hosts_delete INSTEAD OF DELETE ON hosts BEGIN
  DELETE FROM host WHERE name = old.name;
END;

-- ------------------------------------------------------------------------------------------------ daily questions

-- Machines by app, with what they do: SELECT * FROM instances WHERE app = 'my-app'.
CREATE VIEW instances (app, id, name, state, region, host, process_group, address, ipv4, cordoned, since) AS
  SELECT m.app, m.id, m.name, coalesce(s.state, 'created'), m.region, m.host, m.process_group, m.address, m.ipv4,
         m.cordoned,
         strftime('%Y-%m-%d %H:%M:%S', coalesce(s.since, m.created_at) / 1000, 'unixepoch')
  FROM machine m LEFT JOIN machine_state s ON s.machine = m.id;

-- Services by port: SELECT * FROM ports WHERE app = 'my-app' AND 80 BETWEEN start_port AND end_port.
CREATE VIEW ports (app, start_port, end_port, protocol, handlers, internal_port, autostart, autostop, process_group,
  machines) AS
  SELECT m.app, p.start_port, p.end_port, p.protocol, p.handlers, p.internal_port, v.autostart, v.autostop,
         m.process_group,
         count(*)
  FROM service_port p
  JOIN service v ON v.machine = p.machine AND v.protocol = p.protocol AND v.internal_port = p.internal_port
  JOIN machine m ON m.id = p.machine
  GROUP BY m.app, p.start_port, p.end_port, p.protocol, p.handlers, p.internal_port, v.autostart, v.autostop,
           m.process_group;

-- What resolves in a network: SELECT name, value FROM resolves WHERE org = 'personal' AND network = 'default'.
-- Regions, metadata and the TXT names are answered too; they are not listed here.
CREATE VIEW resolves (org, network, name, type, value) AS
  SELECT n.org, n.name, a.app || '.flycast', 'AAAA', a.address FROM address a JOIN network n ON n.id = a.network
  UNION ALL
  SELECT n.org, n.name, m.app || '.internal', 'AAAA', m.address
    FROM machine m JOIN network n ON n.id = m.network JOIN machine_state s ON s.machine = m.id
    WHERE s.state = 'started' AND m.skip_dns = 0
  UNION ALL
  SELECT n.org, n.name, m.id || '.vm.' || m.app || '.internal', 'AAAA', m.address
    FROM machine m JOIN network n ON n.id = m.network JOIN machine_state s ON s.machine = m.id
    WHERE s.state = 'started' AND m.skip_dns = 0
  UNION ALL
  SELECT n.org, n.name, p.name || '._peer.internal', 'AAAA', p.address FROM peer p JOIN network n ON n.id = p.network
    WHERE p.name NOT GLOB 'interactive-*';
