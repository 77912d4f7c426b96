-- 0003_change_log.sql - dirty keys: a row of change says "this object may have changed, read it again".
--
-- AFTER triggers name the row under its old and its new key. Where a statement with OR REPLACE may remove a row of
-- another object, a BEFORE trigger names that one (delete triggers do not fire for it in a shell); everywhere else
-- 0002_rules.sql refuses to replace, or the row it removes has the same key. Reading an object that did not change is
-- harmless; missing one is not. Addresses, Machines, metadata, services and ports belong to their app's object.

-- organization
CREATE TRIGGER organization_after_insert AFTER INSERT ON organization BEGIN
  INSERT INTO change (kind, key) VALUES ('organization', new.slug);
END;
CREATE TRIGGER organization_after_update AFTER UPDATE ON organization BEGIN
  INSERT INTO change (kind, key) VALUES ('organization', old.slug);
  INSERT INTO change (kind, key) SELECT 'organization', new.slug WHERE new.slug <> old.slug;
END;
CREATE TRIGGER organization_after_delete AFTER DELETE ON organization BEGIN
  INSERT INTO change (kind, key) VALUES ('organization', old.slug);
END;

-- network
CREATE TRIGGER network_after_insert AFTER INSERT ON network BEGIN
  INSERT INTO change (kind, key) VALUES ('network', CAST(new.id AS TEXT));
END;
CREATE TRIGGER network_after_update AFTER UPDATE ON network BEGIN
  INSERT INTO change (kind, key) VALUES ('network', CAST(old.id AS TEXT));
  INSERT INTO change (kind, key) SELECT 'network', CAST(new.id AS TEXT) WHERE new.id <> old.id;
END;
CREATE TRIGGER network_after_delete AFTER DELETE ON network BEGIN
  INSERT INTO change (kind, key) VALUES ('network', CAST(old.id AS TEXT));
END;

-- client_prefix; REPLACE may take a prefix from another network
CREATE TRIGGER client_prefix_before_insert BEFORE INSERT ON client_prefix BEGIN
  INSERT INTO change (kind, key) SELECT 'prefix', CAST(network AS TEXT) FROM client_prefix WHERE prefix = new.prefix;
END;
CREATE TRIGGER client_prefix_after_insert AFTER INSERT ON client_prefix BEGIN
  INSERT INTO change (kind, key) VALUES ('prefix', CAST(new.network AS TEXT));
END;
CREATE TRIGGER client_prefix_after_update AFTER UPDATE ON client_prefix BEGIN
  INSERT INTO change (kind, key) VALUES ('prefix', CAST(old.network AS TEXT));
  INSERT INTO change (kind, key) SELECT 'prefix', CAST(new.network AS TEXT) WHERE new.network <> old.network;
END;
CREATE TRIGGER client_prefix_after_delete AFTER DELETE ON client_prefix BEGIN
  INSERT INTO change (kind, key) VALUES ('prefix', CAST(old.network AS TEXT));
END;

-- region
CREATE TRIGGER region_after_insert AFTER INSERT ON region BEGIN
  INSERT INTO change (kind, key) VALUES ('region', new.code);
END;
CREATE TRIGGER region_after_update AFTER UPDATE ON region BEGIN
  INSERT INTO change (kind, key) VALUES ('region', old.code);
  INSERT INTO change (kind, key) SELECT 'region', new.code WHERE new.code <> old.code;
END;
CREATE TRIGGER region_after_delete AFTER DELETE ON region BEGIN
  INSERT INTO change (kind, key) VALUES ('region', old.code);
END;

-- host
CREATE TRIGGER host_after_insert AFTER INSERT ON host BEGIN
  INSERT INTO change (kind, key) VALUES ('host', new.name);
END;
CREATE TRIGGER host_after_update AFTER UPDATE ON host BEGIN
  INSERT INTO change (kind, key) VALUES ('host', old.name);
  INSERT INTO change (kind, key) SELECT 'host', new.name WHERE new.name <> old.name;
END;
CREATE TRIGGER host_after_delete AFTER DELETE ON host BEGIN
  INSERT INTO change (kind, key) VALUES ('host', old.name);
END;

-- peer
CREATE TRIGGER peer_after_insert AFTER INSERT ON peer BEGIN
  INSERT INTO change (kind, key) VALUES ('peer', CAST(new.network AS TEXT));
END;
CREATE TRIGGER peer_after_update AFTER UPDATE ON peer BEGIN
  INSERT INTO change (kind, key) VALUES ('peer', CAST(old.network AS TEXT));
  INSERT INTO change (kind, key) SELECT 'peer', CAST(new.network AS TEXT) WHERE new.network <> old.network;
END;
CREATE TRIGGER peer_after_delete AFTER DELETE ON peer BEGIN
  INSERT INTO change (kind, key) VALUES ('peer', CAST(old.network AS TEXT));
END;

-- app
CREATE TRIGGER app_after_insert AFTER INSERT ON app BEGIN
  INSERT INTO change (kind, key) VALUES ('app', new.name);
END;
CREATE TRIGGER app_after_update AFTER UPDATE ON app BEGIN
  INSERT INTO change (kind, key) VALUES ('app', old.name);
  INSERT INTO change (kind, key) SELECT 'app', new.name WHERE new.name <> old.name;
END;
CREATE TRIGGER app_after_delete AFTER DELETE ON app BEGIN
  INSERT INTO change (kind, key) VALUES ('app', old.name);
END;

-- address
CREATE TRIGGER address_after_insert AFTER INSERT ON address BEGIN
  INSERT INTO change (kind, key) VALUES ('app', new.app);
END;
CREATE TRIGGER address_after_update AFTER UPDATE ON address BEGIN
  INSERT INTO change (kind, key) VALUES ('app', old.app);
  INSERT INTO change (kind, key) SELECT 'app', new.app WHERE new.app <> old.app;
END;
CREATE TRIGGER address_after_delete AFTER DELETE ON address BEGIN
  INSERT INTO change (kind, key) VALUES ('app', old.app);
END;

-- public_address; REPLACE may take it from another app
CREATE TRIGGER public_address_before_insert BEFORE INSERT ON public_address BEGIN
  INSERT INTO change (kind, key) SELECT 'app', app FROM public_address WHERE address = new.address;
END;
CREATE TRIGGER public_address_after_insert AFTER INSERT ON public_address BEGIN
  INSERT INTO change (kind, key) VALUES ('app', new.app);
END;
CREATE TRIGGER public_address_after_update AFTER UPDATE ON public_address BEGIN
  INSERT INTO change (kind, key) VALUES ('app', old.app);
  INSERT INTO change (kind, key) SELECT 'app', new.app WHERE new.app <> old.app;
END;
CREATE TRIGGER public_address_after_delete AFTER DELETE ON public_address BEGIN
  INSERT INTO change (kind, key) VALUES ('app', old.app);
END;

-- machine
CREATE TRIGGER machine_after_insert AFTER INSERT ON machine BEGIN
  INSERT INTO change (kind, key) VALUES ('app', new.app);
END;
CREATE TRIGGER machine_after_update AFTER UPDATE ON machine BEGIN
  INSERT INTO change (kind, key) VALUES ('app', old.app);
  INSERT INTO change (kind, key) SELECT 'app', new.app WHERE new.app <> old.app;
END;
CREATE TRIGGER machine_after_delete AFTER DELETE ON machine BEGIN
  INSERT INTO change (kind, key) VALUES ('app', old.app);
END;

-- machine_state; a row may be there without its Machine (being destroyed): nobody reads that, but it is logged
CREATE TRIGGER machine_state_after_insert AFTER INSERT ON machine_state BEGIN
  INSERT INTO change (kind, key) SELECT 'app', app FROM machine WHERE id = new.machine;
  INSERT INTO change (kind, key) SELECT 'machine', new.machine
    WHERE NOT EXISTS (SELECT 1 FROM machine WHERE id = new.machine);
END;
CREATE TRIGGER machine_state_after_update AFTER UPDATE ON machine_state BEGIN
  INSERT INTO change (kind, key) SELECT 'app', app FROM machine WHERE id = old.machine;
  INSERT INTO change (kind, key) SELECT 'app', app FROM machine WHERE id = new.machine AND new.machine <> old.machine;
  INSERT INTO change (kind, key) SELECT 'machine', new.machine
    WHERE NOT EXISTS (SELECT 1 FROM machine WHERE id IN (old.machine, new.machine));
END;
CREATE TRIGGER machine_state_after_delete AFTER DELETE ON machine_state BEGIN
  INSERT INTO change (kind, key) SELECT 'app', app FROM machine WHERE id = old.machine;
  INSERT INTO change (kind, key) SELECT 'machine', old.machine
    WHERE NOT EXISTS (SELECT 1 FROM machine WHERE id = old.machine);
END;

-- machine_metadata
CREATE TRIGGER machine_metadata_after_insert AFTER INSERT ON machine_metadata BEGIN
  INSERT INTO change (kind, key) SELECT 'app', app FROM machine WHERE id = new.machine;
END;
CREATE TRIGGER machine_metadata_after_update AFTER UPDATE ON machine_metadata BEGIN
  INSERT INTO change (kind, key) SELECT 'app', app FROM machine WHERE id = old.machine;
  INSERT INTO change (kind, key) SELECT 'app', app FROM machine WHERE id = new.machine AND new.machine <> old.machine;
END;
CREATE TRIGGER machine_metadata_after_delete AFTER DELETE ON machine_metadata BEGIN
  INSERT INTO change (kind, key) SELECT 'app', app FROM machine WHERE id = old.machine;
END;

-- service
CREATE TRIGGER service_after_insert AFTER INSERT ON service BEGIN
  INSERT INTO change (kind, key) SELECT 'app', app FROM machine WHERE id = new.machine;
END;
CREATE TRIGGER service_after_update AFTER UPDATE ON service BEGIN
  INSERT INTO change (kind, key) SELECT 'app', app FROM machine WHERE id = old.machine;
  INSERT INTO change (kind, key) SELECT 'app', app FROM machine WHERE id = new.machine AND new.machine <> old.machine;
END;
CREATE TRIGGER service_after_delete AFTER DELETE ON service BEGIN
  INSERT INTO change (kind, key) SELECT 'app', app FROM machine WHERE id = old.machine;
END;

-- service_port
CREATE TRIGGER service_port_after_insert AFTER INSERT ON service_port BEGIN
  INSERT INTO change (kind, key) SELECT 'app', app FROM machine WHERE id = new.machine;
END;
CREATE TRIGGER service_port_after_update AFTER UPDATE ON service_port BEGIN
  INSERT INTO change (kind, key) SELECT 'app', app FROM machine WHERE id = old.machine;
  INSERT INTO change (kind, key) SELECT 'app', app FROM machine WHERE id = new.machine AND new.machine <> old.machine;
END;
CREATE TRIGGER service_port_after_delete AFTER DELETE ON service_port BEGIN
  INSERT INTO change (kind, key) SELECT 'app', app FROM machine WHERE id = old.machine;
END;

-- No picture holds these, but a commit without any row here would look like one that switched the triggers off, and
-- every reader would read everything again.
CREATE TRIGGER machine_event_after_insert AFTER INSERT ON machine_event BEGIN
  INSERT INTO change (kind, key) VALUES ('event', new.machine);
END;
CREATE TRIGGER machine_event_after_update AFTER UPDATE ON machine_event BEGIN
  INSERT INTO change (kind, key) VALUES ('event', new.machine);
END;
CREATE TRIGGER machine_event_after_delete AFTER DELETE ON machine_event BEGIN
  INSERT INTO change (kind, key) VALUES ('event', old.machine);
END;
CREATE TRIGGER meta_after_insert AFTER INSERT ON meta BEGIN
  INSERT INTO change (kind, key) VALUES ('meta', new.key);
END;
CREATE TRIGGER meta_after_update AFTER UPDATE ON meta BEGIN
  INSERT INTO change (kind, key) VALUES ('meta', new.key);
END;
CREATE TRIGGER meta_after_delete AFTER DELETE ON meta BEGIN
  INSERT INTO change (kind, key) VALUES ('meta', old.key);
END;
