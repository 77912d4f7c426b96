-- 0002_rules.sql - rules that must hold in a shell with foreign keys and recursive triggers off, even for
-- INSERT OR IGNORE and INSERT OR REPLACE. Keys are compared with IS NOT: OR REPLACE turns a NULL into the column's
-- default, but only after these triggers. RAISE takes a literal only, so a sentence cannot name the row.

-- ------------------------------------------------------------------------------------------------ counters

CREATE TRIGGER counter_rule_insert BEFORE INSERT ON counter BEGIN
  SELECT RAISE(ABORT, 'a counter never goes back: its numbers were given out')
    WHERE EXISTS (SELECT 1 FROM counter WHERE kind = new.kind AND scope = new.scope AND value > new.value);
END;
CREATE TRIGGER counter_rule_update BEFORE UPDATE ON counter BEGIN
  SELECT RAISE(ABORT, 'a counter never goes back: its numbers were given out')
    WHERE new.value < old.value OR new.kind IS NOT old.kind OR new.scope IS NOT old.scope;
END;
CREATE TRIGGER counter_rule_delete BEFORE DELETE ON counter BEGIN
  SELECT RAISE(ABORT, 'a counter is kept for ever: its numbers were given out');
END;

-- ------------------------------------------------------------------------------------------------ facts about the file

-- Readers take trimmed_to for the end of a log that was trimmed to nothing: a number ahead of the log would hide what comes.
CREATE TRIGGER meta_rule_insert BEFORE INSERT ON meta BEGIN
  SELECT RAISE(ABORT, 'trimmed_to is a number that table change has reached: leave it to the daemons')
    WHERE new.key = 'trimmed_to' AND (new.value = '' OR new.value GLOB '*[^0-9]*' OR CAST(new.value AS INTEGER) >
      coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'change'), 0));
  SELECT RAISE(ABORT, 'audit_days is a number of days: 0 keeps the audit for ever')
    WHERE new.key = 'audit_days' AND (new.value = '' OR new.value GLOB '*[^0-9]*' OR length(new.value) > 6);
END;
CREATE TRIGGER meta_rule_update BEFORE UPDATE ON meta BEGIN
  SELECT RAISE(ABORT, 'a fact about the file keeps its key: update its value') WHERE new.key IS NOT old.key;
  SELECT RAISE(ABORT, 'trimmed_to is a number that table change has reached: leave it to the daemons')
    WHERE new.key = 'trimmed_to' AND (new.value = '' OR new.value GLOB '*[^0-9]*' OR CAST(new.value AS INTEGER) >
      coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'change'), 0));
  SELECT RAISE(ABORT, 'audit_days is a number of days: 0 keeps the audit for ever')
    WHERE new.key = 'audit_days' AND (new.value = '' OR new.value GLOB '*[^0-9]*' OR length(new.value) > 6);
END;
CREATE TRIGGER meta_rule_delete BEFORE DELETE ON meta
  WHEN old.key IN ('generation', 'trimmed_to', 'audit_days') BEGIN
  SELECT RAISE(ABORT, 'the registry needs this fact about itself: update its value');
END;

-- ------------------------------------------------------------------------------------------------ organizations

CREATE TRIGGER organization_rule_update BEFORE UPDATE OF slug ON organization WHEN new.slug IS NOT old.slug BEGIN
  SELECT RAISE(ABORT, 'an organization keeps its slug: create another one and move the apps');
END;
CREATE TRIGGER organization_rule_delete BEFORE DELETE ON organization BEGIN
  SELECT RAISE(ABORT, 'the organization still has apps: destroy them first (flycast apps list --org SLUG)')
    WHERE EXISTS (SELECT 1 FROM app WHERE org = old.slug);
  SELECT RAISE(ABORT,
      'addresses of other apps lead into networks of the organization: release them first (flycast ips release)')
    WHERE EXISTS (SELECT 1 FROM address a JOIN network n ON n.id = a.network WHERE n.org = old.slug);
  SELECT RAISE(ABORT, 'the organization still has WireGuard peers: remove them first')
    WHERE EXISTS (SELECT 1 FROM peer p JOIN network n ON n.id = p.network WHERE n.org = old.slug);
  DELETE FROM client_prefix WHERE network IN (SELECT id FROM network WHERE org = old.slug);
  DELETE FROM network WHERE org = old.slug;
END;

-- ------------------------------------------------------------------------------------------------ networks

CREATE TRIGGER network_rule_insert BEFORE INSERT ON network BEGIN
  SELECT RAISE(ABORT, 'unknown organization: create it first (flycast orgs create SLUG)')
    WHERE NOT EXISTS (SELECT 1 FROM organization WHERE slug = new.org);
  SELECT RAISE(ABORT,
      'network ids come from the registry and are never given out twice: INSERT INTO networks (org, name) instead')
    WHERE new.id <= (SELECT value FROM counter WHERE kind = 'network' AND scope = '');
  SELECT RAISE(ABORT, 'the organization has a network of this name: its id is bound to the name for ever')
    WHERE EXISTS (SELECT 1 FROM network WHERE org = new.org AND name = new.name);
END;
CREATE TRIGGER network_count AFTER INSERT ON network BEGIN
  UPDATE counter SET value = new.id WHERE kind = 'network' AND scope = '';
END;
CREATE TRIGGER network_rule_update BEFORE UPDATE ON network
  WHEN new.id IS NOT old.id OR new.org IS NOT old.org OR new.name IS NOT old.name BEGIN
  SELECT RAISE(ABORT, 'a network keeps its id, organization and name for ever: create another one');
END;
CREATE TRIGGER network_rule_delete BEFORE DELETE ON network BEGIN
  SELECT RAISE(ABORT, 'apps live in the network: destroy them first')
    WHERE EXISTS (SELECT 1 FROM app WHERE network = old.id);
  SELECT RAISE(ABORT, 'Flycast addresses lead into the network: release them first (flycast ips release)')
    WHERE EXISTS (SELECT 1 FROM address WHERE network = old.id);
  SELECT RAISE(ABORT, 'the network has WireGuard peers: remove them first')
    WHERE EXISTS (SELECT 1 FROM peer WHERE network = old.id);
  DELETE FROM client_prefix WHERE network = old.id;
END;

CREATE TRIGGER client_prefix_rule_insert BEFORE INSERT ON client_prefix BEGIN
  SELECT RAISE(ABORT, 'unknown network: create it first (flycast networks create NAME)')
    WHERE NOT EXISTS (SELECT 1 FROM network WHERE id = new.network);
  SELECT RAISE(ABORT, 'addresses in fdaa::/16 say their network themselves: attach other prefixes only')
    WHERE new.prefix GLOB 'fdaa:*';
END;
CREATE TRIGGER client_prefix_rule_update BEFORE UPDATE ON client_prefix BEGIN
  SELECT RAISE(ABORT, 'a prefix is the row''s key: detach it and attach another one')
    WHERE new.prefix IS NOT old.prefix;
  SELECT RAISE(ABORT, 'unknown network: create it first (flycast networks create NAME)')
    WHERE NOT EXISTS (SELECT 1 FROM network WHERE id = new.network);
END;

CREATE TRIGGER peer_rule_insert BEFORE INSERT ON peer BEGIN
  SELECT RAISE(ABORT, 'unknown region: see SELECT code, name FROM region')
    WHERE new.region IS NOT NULL AND NOT EXISTS (SELECT 1 FROM region WHERE code = new.region);
  SELECT RAISE(ABORT, 'unknown network: create it first (flycast networks create NAME)')
    WHERE NOT EXISTS (SELECT 1 FROM network WHERE id = new.network);
END;
CREATE TRIGGER peer_rule_update BEFORE UPDATE ON peer BEGIN
  SELECT RAISE(ABORT, 'a peer keeps its network, name and address: delete it and insert another one')
    WHERE new.network IS NOT old.network OR new.name IS NOT old.name OR new.gateway IS NOT old.gateway
       OR new.number IS NOT old.number;
  SELECT RAISE(ABORT, 'unknown region: see SELECT code, name FROM region')
    WHERE new.region IS NOT NULL AND NOT EXISTS (SELECT 1 FROM region WHERE code = new.region);
END;

-- ------------------------------------------------------------------------------------------------ hosts and regions

CREATE TRIGGER region_rule_update BEFORE UPDATE OF code ON region WHEN new.code IS NOT old.code BEGIN
  SELECT RAISE(ABORT, 'a region keeps its code: insert another one');
END;
CREATE TRIGGER region_rule_delete BEFORE DELETE ON region BEGIN
  SELECT RAISE(ABORT, 'hosts are in the region: move them first (UPDATE host SET region = ...)')
    WHERE EXISTS (SELECT 1 FROM host WHERE region = old.code);
  SELECT RAISE(ABORT, 'Machines are in the region: destroy them first')
    WHERE EXISTS (SELECT 1 FROM machine WHERE region = old.code);
  SELECT RAISE(ABORT, 'WireGuard peers are in the region: move them first (UPDATE peer SET region = ...)')
    WHERE EXISTS (SELECT 1 FROM peer WHERE region = old.code);
END;
CREATE TRIGGER host_rule_insert BEFORE INSERT ON host BEGIN
  SELECT RAISE(ABORT, 'unknown region: see SELECT code, name FROM region')
    WHERE NOT EXISTS (SELECT 1 FROM region WHERE code = new.region);
  SELECT RAISE(ABORT,
      'host numbers come from the registry and are never given out twice: INSERT INTO hosts (name, region) instead')
    WHERE new.number <= (SELECT value FROM counter WHERE kind = 'host' AND scope = '');
  SELECT RAISE(ABORT, 'there is a host of this name')
    WHERE EXISTS (SELECT 1 FROM host WHERE name = new.name);
END;
CREATE TRIGGER host_count AFTER INSERT ON host BEGIN
  UPDATE counter SET value = new.number WHERE kind = 'host' AND scope = '';
END;
CREATE TRIGGER host_rule_update BEFORE UPDATE ON host BEGIN
  SELECT RAISE(ABORT, 'a host keeps its name and number: its Machines'' addresses are made of them')
    WHERE new.name IS NOT old.name OR new.number IS NOT old.number;
  SELECT RAISE(ABORT, 'unknown region: see SELECT code, name FROM region')
    WHERE NOT EXISTS (SELECT 1 FROM region WHERE code = new.region);
END;
CREATE TRIGGER host_rule_delete BEFORE DELETE ON host BEGIN
  SELECT RAISE(ABORT, 'the host has Machines: destroy them first')
    WHERE EXISTS (SELECT 1 FROM machine WHERE host = old.name);
END;

-- ------------------------------------------------------------------------------------------------ apps

CREATE TRIGGER app_rule_insert BEFORE INSERT ON app BEGIN
  SELECT RAISE(ABORT, 'app names are unique in the registry and this one is taken: choose another name')
    WHERE EXISTS (SELECT 1 FROM app WHERE name = new.name);
  SELECT RAISE(ABORT, 'unknown organization: create it first (flycast orgs create SLUG)')
    WHERE NOT EXISTS (SELECT 1 FROM organization WHERE slug = new.org);
  SELECT RAISE(ABORT, 'the network is not one of the organization: see SELECT id, name FROM network WHERE org = ...')
    WHERE NOT EXISTS (SELECT 1 FROM network WHERE id = new.network AND org = new.org);
END;
CREATE TRIGGER app_rule_update BEFORE UPDATE ON app
  WHEN new.name IS NOT old.name OR new.org IS NOT old.org OR new.network IS NOT old.network BEGIN
  SELECT RAISE(ABORT, 'an app keeps its name, organization and network: create another one');
END;
CREATE TRIGGER app_cascade AFTER DELETE ON app BEGIN
  DELETE FROM address WHERE app = old.name;
  DELETE FROM public_address WHERE app = old.name;
  DELETE FROM machine WHERE app = old.name;
END;

CREATE TRIGGER address_rule_insert BEFORE INSERT ON address BEGIN
  SELECT RAISE(ABORT, 'unknown app: create it first (flycast apps create NAME)')
    WHERE NOT EXISTS (SELECT 1 FROM app WHERE name = new.app);
  SELECT RAISE(ABORT, 'unknown network: create it first (flycast networks create NAME)')
    WHERE NOT EXISTS (SELECT 1 FROM network WHERE id = new.network);
  SELECT RAISE(ABORT, 'the app has an address in this network: see SELECT * FROM flycast')
    WHERE EXISTS (SELECT 1 FROM address WHERE app = new.app AND network = new.network);
  SELECT RAISE(ABORT, 'numbers come from the registry and are never given out twice: INSERT INTO flycast (app) instead')
    WHERE new.number <= (SELECT value FROM counter WHERE kind = 'address' AND scope = CAST(new.network AS TEXT));
END;
CREATE TRIGGER address_count AFTER INSERT ON address BEGIN
  INSERT INTO counter (kind, scope, value) VALUES ('address', CAST(new.network AS TEXT), new.number)
    ON CONFLICT (kind, scope) DO UPDATE SET value = excluded.value;
END;
CREATE TRIGGER address_rule_update BEFORE UPDATE ON address BEGIN
  SELECT RAISE(ABORT, 'an address keeps its network and number: release it and allocate another one')
    WHERE new.network IS NOT old.network OR new.number IS NOT old.number;
  SELECT RAISE(ABORT, 'unknown app: create it first (flycast apps create NAME)')
    WHERE NOT EXISTS (SELECT 1 FROM app WHERE name = new.app);
  SELECT RAISE(ABORT, 'the app has an address in this network: see SELECT * FROM flycast')
    WHERE new.app IS NOT old.app AND EXISTS (SELECT 1 FROM address WHERE app = new.app AND network = new.network);
END;
CREATE TRIGGER public_address_rule_insert BEFORE INSERT ON public_address BEGIN
  SELECT RAISE(ABORT, 'unknown app: create it first (flycast apps create NAME)')
    WHERE NOT EXISTS (SELECT 1 FROM app WHERE name = new.app);
END;
CREATE TRIGGER public_address_rule_update BEFORE UPDATE ON public_address BEGIN
  SELECT RAISE(ABORT, 'an address is the row''s key: delete it and insert another one')
    WHERE new.address IS NOT old.address;
  SELECT RAISE(ABORT, 'unknown app: create it first (flycast apps create NAME)')
    WHERE NOT EXISTS (SELECT 1 FROM app WHERE name = new.app);
END;

-- ------------------------------------------------------------------------------------------------ Machines

CREATE TRIGGER machine_rule_insert BEFORE INSERT ON machine BEGIN
  SELECT RAISE(ABORT, 'unknown app: create it first (flycast apps create NAME)')
    WHERE NOT EXISTS (SELECT 1 FROM app WHERE name = new.app);
  SELECT RAISE(ABORT, 'a Machine lives in its app''s network')
    WHERE new.network <> (SELECT network FROM app WHERE name = new.app);
  SELECT RAISE(ABORT, 'unknown host, or not its number: see SELECT name, number FROM host')
    WHERE NOT EXISTS (SELECT 1 FROM host WHERE name = new.host AND number = new.host_number);
  SELECT RAISE(ABORT, 'unknown region: see SELECT code, name FROM region')
    WHERE NOT EXISTS (SELECT 1 FROM region WHERE code = new.region);
  SELECT RAISE(ABORT, 'there is a Machine of this id: UPDATE it instead')
    WHERE EXISTS (SELECT 1 FROM machine WHERE id = new.id);
  SELECT RAISE(ABORT, 'the app has a Machine of this name: choose another name')
    WHERE EXISTS (SELECT 1 FROM machine WHERE app = new.app AND name = new.name);
  SELECT RAISE(ABORT, 'slots come from the registry and are never given out twice: use flycast machine run')
    WHERE new.slot <= (SELECT value FROM counter WHERE kind = 'slot' AND scope = new.host);
  SELECT RAISE(ABORT, 'another Machine of the host has the IPv4 address of this slot: use the next slot')
    WHERE EXISTS (SELECT 1 FROM machine WHERE host = new.host AND slot % 1048000 = new.slot % 1048000);
END;
CREATE TRIGGER machine_count AFTER INSERT ON machine BEGIN
  INSERT INTO counter (kind, scope, value) VALUES ('slot', new.host, new.slot)
    ON CONFLICT (kind, scope) DO UPDATE SET value = excluded.value;
END;
CREATE TRIGGER machine_rule_update BEFORE UPDATE ON machine BEGIN
  SELECT RAISE(ABORT, 'a Machine keeps its id, app, network, host and slot: clone it instead (flycast machine clone)')
    WHERE new.id IS NOT old.id OR new.app IS NOT old.app OR new.network IS NOT old.network OR new.host IS NOT old.host
       OR new.host_number IS NOT old.host_number OR new.slot IS NOT old.slot;
  SELECT RAISE(ABORT, 'the app has a Machine of this name: choose another name')
    WHERE new.name IS NOT old.name AND EXISTS (SELECT 1 FROM machine WHERE app = new.app AND name = new.name);
  SELECT RAISE(ABORT, 'unknown region: see SELECT code, name FROM region')
    WHERE NOT EXISTS (SELECT 1 FROM region WHERE code = new.region);
  SELECT RAISE(ABORT, 'ask_serial grows by itself: set ask only')
    WHERE new.ask_serial < old.ask_serial;
END;
-- Any write of ask is an ask, also of the same word: the serial makes it new.
CREATE TRIGGER machine_ask AFTER UPDATE OF ask ON machine
  WHEN new.ask IS NOT NULL AND new.ask_serial = old.ask_serial BEGIN
  UPDATE machine SET ask_serial = old.ask_serial + 1 WHERE id = new.id;
END;
CREATE TRIGGER machine_cascade AFTER DELETE ON machine BEGIN
  DELETE FROM machine_metadata WHERE machine = old.id;
  DELETE FROM service_port WHERE machine = old.id;
  DELETE FROM service WHERE machine = old.id;
END;

CREATE TRIGGER machine_metadata_rule_insert BEFORE INSERT ON machine_metadata BEGIN
  SELECT RAISE(ABORT, 'unknown Machine: see SELECT id, name, app FROM machine')
    WHERE NOT EXISTS (SELECT 1 FROM machine WHERE id = new.machine);
END;
CREATE TRIGGER machine_metadata_rule_update BEFORE UPDATE ON machine_metadata
  WHEN new.machine IS NOT old.machine OR new.key IS NOT old.key BEGIN
  SELECT RAISE(ABORT, 'metadata keeps its Machine and key: delete it and insert another one');
END;
CREATE TRIGGER service_rule_insert BEFORE INSERT ON service BEGIN
  SELECT RAISE(ABORT, 'unknown Machine: see SELECT id, name, app FROM machine')
    WHERE NOT EXISTS (SELECT 1 FROM machine WHERE id = new.machine);
END;
CREATE TRIGGER service_rule_update BEFORE UPDATE ON service
  WHEN new.machine IS NOT old.machine OR new.protocol IS NOT old.protocol
    OR new.internal_port IS NOT old.internal_port BEGIN
  SELECT RAISE(ABORT, 'a service keeps its Machine, protocol and internal port: delete it and insert another one');
END;
CREATE TRIGGER service_cascade AFTER DELETE ON service BEGIN
  DELETE FROM service_port
    WHERE machine = old.machine AND protocol = old.protocol AND internal_port = old.internal_port;
END;
CREATE TRIGGER service_port_rule_insert BEFORE INSERT ON service_port BEGIN
  SELECT RAISE(ABORT, 'unknown service: INSERT INTO service first')
    WHERE NOT EXISTS (SELECT 1 FROM service WHERE machine = new.machine AND protocol = new.protocol
                      AND internal_port = new.internal_port);
  SELECT RAISE(ABORT, 'another service of the Machine has the port (or one of the range)')
    WHERE EXISTS (SELECT 1 FROM service_port WHERE machine = new.machine AND protocol = new.protocol
                  AND start_port <= new.end_port AND end_port >= new.start_port);
END;
CREATE TRIGGER service_port_rule_update BEFORE UPDATE ON service_port BEGIN
  SELECT RAISE(ABORT, 'unknown service: INSERT INTO service first')
    WHERE NOT EXISTS (SELECT 1 FROM service WHERE machine = new.machine AND protocol = new.protocol
                      AND internal_port = new.internal_port);
  SELECT RAISE(ABORT, 'another service of the Machine has the port (or one of the range)')
    WHERE EXISTS (SELECT 1 FROM service_port WHERE machine = new.machine AND protocol = new.protocol
                  AND start_port <= new.end_port AND end_port >= new.start_port
                  AND NOT (old.machine = machine AND old.protocol = protocol AND old.start_port = start_port));
END;
