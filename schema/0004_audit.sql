-- 0004_audit.sql - who changed what, when, before and after. A command writes its actor row inside its transaction;
-- a shell has none, so its edits have no actor. A row that stays as it was is not recorded.
--
-- INSERT OR REPLACE removes a row without firing delete triggers in a shell. Where that is allowed, a BEFORE INSERT
-- trigger keeps what stands in the way in table replaced, and the AFTER INSERT trigger records it; when the row was
-- ignored or updated instead (OR IGNORE, ON CONFLICT) the next insert throws it away.

CREATE TABLE replaced (                  -- rows that the insert which is running will remove, if it does
  object  TEXT NOT NULL,                 -- table
  key     TEXT NOT NULL,                 -- as in audit
  before  TEXT NOT NULL                  -- the row as JSON
) STRICT;
CREATE TRIGGER replaced_after_insert AFTER INSERT ON replaced BEGIN   -- an insert that is ignored changes this alone
  INSERT INTO change (kind, key) VALUES ('meta', 'replaced');
END;
CREATE TRIGGER replaced_after_delete AFTER DELETE ON replaced BEGIN
  INSERT INTO change (kind, key) VALUES ('meta', 'replaced');
END;

-- organization
CREATE TRIGGER organization_audit_replace BEFORE INSERT ON organization BEGIN
  DELETE FROM replaced;
  INSERT INTO replaced (object, key, before)
    SELECT 'organization', organization.slug,
    json_object('slug', organization.slug, 'name', organization.name)
    FROM organization
    WHERE slug = new.slug;
END;
CREATE TRIGGER organization_audit_insert AFTER INSERT ON organization BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT object, key, before, NULL, uid, actor.name, command FROM replaced LEFT JOIN actor
    WHERE key <> new.slug;
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'organization', new.slug,
    (SELECT before FROM replaced WHERE key = new.slug),
    json_object('slug', new.slug, 'name', new.name),
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
  DELETE FROM replaced;
END;
CREATE TRIGGER organization_audit_update AFTER UPDATE ON organization
  WHEN new.slug IS NOT old.slug OR new.name IS NOT old.name BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'organization', old.slug,
    json_object('slug', old.slug, 'name', old.name),
    json_object('slug', new.slug, 'name', new.name),
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;
CREATE TRIGGER organization_audit_delete AFTER DELETE ON organization BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'organization', old.slug,
    json_object('slug', old.slug, 'name', old.name),
    NULL,
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;

-- network
CREATE TRIGGER network_audit_insert AFTER INSERT ON network BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'network', new.id,
    NULL,
    json_object('id', new.id, 'org', new.org, 'name', new.name),
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;
CREATE TRIGGER network_audit_update AFTER UPDATE ON network
  WHEN new.id IS NOT old.id OR new.org IS NOT old.org OR new.name IS NOT old.name BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'network', old.id,
    json_object('id', old.id, 'org', old.org, 'name', old.name),
    json_object('id', new.id, 'org', new.org, 'name', new.name),
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;
CREATE TRIGGER network_audit_delete AFTER DELETE ON network BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'network', old.id,
    json_object('id', old.id, 'org', old.org, 'name', old.name),
    NULL,
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;

-- client_prefix
CREATE TRIGGER client_prefix_audit_replace BEFORE INSERT ON client_prefix BEGIN
  DELETE FROM replaced;
  INSERT INTO replaced (object, key, before)
    SELECT 'client_prefix', client_prefix.prefix,
    json_object('prefix', client_prefix.prefix, 'network', client_prefix.network)
    FROM client_prefix
    WHERE prefix = new.prefix;
END;
CREATE TRIGGER client_prefix_audit_insert AFTER INSERT ON client_prefix BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT object, key, before, NULL, uid, actor.name, command FROM replaced LEFT JOIN actor
    WHERE key <> new.prefix;
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'client_prefix', new.prefix,
    (SELECT before FROM replaced WHERE key = new.prefix),
    json_object('prefix', new.prefix, 'network', new.network),
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
  DELETE FROM replaced;
END;
CREATE TRIGGER client_prefix_audit_update AFTER UPDATE ON client_prefix
  WHEN new.prefix IS NOT old.prefix OR new.network IS NOT old.network BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'client_prefix', old.prefix,
    json_object('prefix', old.prefix, 'network', old.network),
    json_object('prefix', new.prefix, 'network', new.network),
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;
CREATE TRIGGER client_prefix_audit_delete AFTER DELETE ON client_prefix BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'client_prefix', old.prefix,
    json_object('prefix', old.prefix, 'network', old.network),
    NULL,
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;

-- region
CREATE TRIGGER region_audit_replace BEFORE INSERT ON region BEGIN
  DELETE FROM replaced;
  INSERT INTO replaced (object, key, before)
    SELECT 'region', region.code,
    json_object('code', region.code, 'name', region.name, 'latitude', region.latitude, 'longitude', region.longitude)
    FROM region
    WHERE code = new.code;
END;
CREATE TRIGGER region_audit_insert AFTER INSERT ON region BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT object, key, before, NULL, uid, actor.name, command FROM replaced LEFT JOIN actor
    WHERE key <> new.code;
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'region', new.code,
    (SELECT before FROM replaced WHERE key = new.code),
    json_object('code', new.code, 'name', new.name, 'latitude', new.latitude, 'longitude', new.longitude),
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
  DELETE FROM replaced;
END;
CREATE TRIGGER region_audit_update AFTER UPDATE ON region
  WHEN new.code IS NOT old.code OR new.name IS NOT old.name OR new.latitude IS NOT old.latitude OR
    new.longitude IS NOT old.longitude BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'region', old.code,
    json_object('code', old.code, 'name', old.name, 'latitude', old.latitude, 'longitude', old.longitude),
    json_object('code', new.code, 'name', new.name, 'latitude', new.latitude, 'longitude', new.longitude),
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;
CREATE TRIGGER region_audit_delete AFTER DELETE ON region BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'region', old.code,
    json_object('code', old.code, 'name', old.name, 'latitude', old.latitude, 'longitude', old.longitude),
    NULL,
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;

-- host
CREATE TRIGGER host_audit_insert AFTER INSERT ON host BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'host', new.name,
    NULL,
    json_object('name', new.name, 'number', new.number, 'region', new.region),
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;
CREATE TRIGGER host_audit_update AFTER UPDATE ON host
  WHEN new.name IS NOT old.name OR new.number IS NOT old.number OR new.region IS NOT old.region BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'host', old.name,
    json_object('name', old.name, 'number', old.number, 'region', old.region),
    json_object('name', new.name, 'number', new.number, 'region', new.region),
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;
CREATE TRIGGER host_audit_delete AFTER DELETE ON host BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'host', old.name,
    json_object('name', old.name, 'number', old.number, 'region', old.region),
    NULL,
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;

-- peer
CREATE TRIGGER peer_audit_replace BEFORE INSERT ON peer BEGIN
  DELETE FROM replaced;
  INSERT INTO replaced (object, key, before)
    SELECT 'peer', peer.network || ' ' || peer.name,
    json_object('network', peer.network, 'name', peer.name, 'gateway', peer.gateway, 'number', peer.number,
      'public_key', peer.public_key, 'region', peer.region)
    FROM peer
    WHERE network = new.network AND (name = new.name COLLATE NOCASE OR (gateway = new.gateway AND number = new.number));
END;
CREATE TRIGGER peer_audit_insert AFTER INSERT ON peer BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT object, key, before, NULL, uid, actor.name, command FROM replaced LEFT JOIN actor
    WHERE key <> (new.network || ' ' || new.name);
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'peer', new.network || ' ' || new.name,
    (SELECT before FROM replaced WHERE key = (new.network || ' ' || new.name)),
    json_object('network', new.network, 'name', new.name, 'gateway', new.gateway, 'number', new.number,
      'public_key', new.public_key, 'region', new.region),
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
  DELETE FROM replaced;
END;
CREATE TRIGGER peer_audit_update AFTER UPDATE ON peer
  WHEN new.network IS NOT old.network OR new.name IS NOT old.name OR new.gateway IS NOT old.gateway OR
    new.number IS NOT old.number OR new.public_key IS NOT old.public_key OR new.region IS NOT old.region BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'peer', old.network || ' ' || old.name,
    json_object('network', old.network, 'name', old.name, 'gateway', old.gateway, 'number', old.number,
      'public_key', old.public_key, 'region', old.region),
    json_object('network', new.network, 'name', new.name, 'gateway', new.gateway, 'number', new.number,
      'public_key', new.public_key, 'region', new.region),
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;
CREATE TRIGGER peer_audit_delete AFTER DELETE ON peer BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'peer', old.network || ' ' || old.name,
    json_object('network', old.network, 'name', old.name, 'gateway', old.gateway, 'number', old.number,
      'public_key', old.public_key, 'region', old.region),
    NULL,
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;

-- app
CREATE TRIGGER app_audit_insert AFTER INSERT ON app BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'app', new.name,
    NULL,
    json_object('name', new.name, 'org', new.org, 'network', new.network),
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;
CREATE TRIGGER app_audit_update AFTER UPDATE ON app
  WHEN new.name IS NOT old.name OR new.org IS NOT old.org OR new.network IS NOT old.network BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'app', old.name,
    json_object('name', old.name, 'org', old.org, 'network', old.network),
    json_object('name', new.name, 'org', new.org, 'network', new.network),
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;
CREATE TRIGGER app_audit_delete AFTER DELETE ON app BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'app', old.name,
    json_object('name', old.name, 'org', old.org, 'network', old.network),
    NULL,
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;

-- address
CREATE TRIGGER address_audit_insert AFTER INSERT ON address BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'address', new.address,
    NULL,
    json_object('network', new.network, 'number', new.number, 'app', new.app),
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;
CREATE TRIGGER address_audit_update AFTER UPDATE ON address
  WHEN new.network IS NOT old.network OR new.number IS NOT old.number OR new.app IS NOT old.app BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'address', old.address,
    json_object('network', old.network, 'number', old.number, 'app', old.app),
    json_object('network', new.network, 'number', new.number, 'app', new.app),
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;
CREATE TRIGGER address_audit_delete AFTER DELETE ON address BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'address', old.address,
    json_object('network', old.network, 'number', old.number, 'app', old.app),
    NULL,
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;

-- public_address
CREATE TRIGGER public_address_audit_replace BEFORE INSERT ON public_address BEGIN
  DELETE FROM replaced;
  INSERT INTO replaced (object, key, before)
    SELECT 'public_address', public_address.address,
    json_object('address', public_address.address, 'app', public_address.app, 'type', public_address.type,
      'region', public_address.region)
    FROM public_address
    WHERE address = new.address;
END;
CREATE TRIGGER public_address_audit_insert AFTER INSERT ON public_address BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT object, key, before, NULL, uid, actor.name, command FROM replaced LEFT JOIN actor
    WHERE key <> new.address;
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'public_address', new.address,
    (SELECT before FROM replaced WHERE key = new.address),
    json_object('address', new.address, 'app', new.app, 'type', new.type, 'region', new.region),
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
  DELETE FROM replaced;
END;
CREATE TRIGGER public_address_audit_update AFTER UPDATE ON public_address
  WHEN new.address IS NOT old.address OR new.app IS NOT old.app OR new.type IS NOT old.type OR
    new.region IS NOT old.region BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'public_address', old.address,
    json_object('address', old.address, 'app', old.app, 'type', old.type, 'region', old.region),
    json_object('address', new.address, 'app', new.app, 'type', new.type, 'region', new.region),
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;
CREATE TRIGGER public_address_audit_delete AFTER DELETE ON public_address BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'public_address', old.address,
    json_object('address', old.address, 'app', old.app, 'type', old.type, 'region', old.region),
    NULL,
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;

-- machine
CREATE TRIGGER machine_audit_insert AFTER INSERT ON machine BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'machine', new.id,
    NULL,
    json_object('id', new.id, 'app', new.app, 'network', new.network, 'name', new.name, 'host', new.host,
      'slot', new.slot, 'region', new.region, 'process_group', new.process_group,
      'command', iif(json_valid(new.command), json(new.command), new.command),
      'env', iif(json_valid(new.env), json(new.env), new.env), 'restart', new.restart, 'max_retries', new.max_retries,
      'kill_signal', new.kill_signal, 'kill_timeout', new.kill_timeout, 'auto_destroy', new.auto_destroy,
      'skip_dns', new.skip_dns, 'cordoned', new.cordoned, 'ask', new.ask,
      'ask_options', iif(json_valid(new.ask_options), json(new.ask_options), new.ask_options)),
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;
CREATE TRIGGER machine_audit_update AFTER UPDATE ON machine
  WHEN new.id IS NOT old.id OR new.app IS NOT old.app OR new.network IS NOT old.network OR
    new.name IS NOT old.name OR new.host IS NOT old.host OR new.slot IS NOT old.slot OR
    new.region IS NOT old.region OR new.process_group IS NOT old.process_group OR
    new.command IS NOT old.command OR new.env IS NOT old.env OR new.restart IS NOT old.restart OR
    new.max_retries IS NOT old.max_retries OR new.kill_signal IS NOT old.kill_signal OR
    new.kill_timeout IS NOT old.kill_timeout OR new.auto_destroy IS NOT old.auto_destroy OR
    new.skip_dns IS NOT old.skip_dns OR new.cordoned IS NOT old.cordoned OR new.ask IS NOT old.ask OR
    new.ask_options IS NOT old.ask_options BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'machine', old.id,
    json_object('id', old.id, 'app', old.app, 'network', old.network, 'name', old.name, 'host', old.host,
      'slot', old.slot, 'region', old.region, 'process_group', old.process_group,
      'command', iif(json_valid(old.command), json(old.command), old.command),
      'env', iif(json_valid(old.env), json(old.env), old.env), 'restart', old.restart, 'max_retries', old.max_retries,
      'kill_signal', old.kill_signal, 'kill_timeout', old.kill_timeout, 'auto_destroy', old.auto_destroy,
      'skip_dns', old.skip_dns, 'cordoned', old.cordoned, 'ask', old.ask,
      'ask_options', iif(json_valid(old.ask_options), json(old.ask_options), old.ask_options)),
    json_object('id', new.id, 'app', new.app, 'network', new.network, 'name', new.name, 'host', new.host,
      'slot', new.slot, 'region', new.region, 'process_group', new.process_group,
      'command', iif(json_valid(new.command), json(new.command), new.command),
      'env', iif(json_valid(new.env), json(new.env), new.env), 'restart', new.restart, 'max_retries', new.max_retries,
      'kill_signal', new.kill_signal, 'kill_timeout', new.kill_timeout, 'auto_destroy', new.auto_destroy,
      'skip_dns', new.skip_dns, 'cordoned', new.cordoned, 'ask', new.ask,
      'ask_options', iif(json_valid(new.ask_options), json(new.ask_options), new.ask_options)),
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;
CREATE TRIGGER machine_audit_delete AFTER DELETE ON machine BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'machine', old.id,
    json_object('id', old.id, 'app', old.app, 'network', old.network, 'name', old.name, 'host', old.host,
      'slot', old.slot, 'region', old.region, 'process_group', old.process_group,
      'command', iif(json_valid(old.command), json(old.command), old.command),
      'env', iif(json_valid(old.env), json(old.env), old.env), 'restart', old.restart, 'max_retries', old.max_retries,
      'kill_signal', old.kill_signal, 'kill_timeout', old.kill_timeout, 'auto_destroy', old.auto_destroy,
      'skip_dns', old.skip_dns, 'cordoned', old.cordoned, 'ask', old.ask,
      'ask_options', iif(json_valid(old.ask_options), json(old.ask_options), old.ask_options)),
    NULL,
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;

-- machine_metadata
CREATE TRIGGER machine_metadata_audit_replace BEFORE INSERT ON machine_metadata BEGIN
  DELETE FROM replaced;
  INSERT INTO replaced (object, key, before)
    SELECT 'machine_metadata', machine_metadata.machine || ' ' || machine_metadata.key,
    json_object('machine', machine_metadata.machine, 'key', machine_metadata.key, 'value', machine_metadata.value)
    FROM machine_metadata
    WHERE machine = new.machine AND key = new.key;
END;
CREATE TRIGGER machine_metadata_audit_insert AFTER INSERT ON machine_metadata BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT object, key, before, NULL, uid, actor.name, command FROM replaced LEFT JOIN actor
    WHERE key <> (new.machine || ' ' || new.key);
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'machine_metadata', new.machine || ' ' || new.key,
    (SELECT before FROM replaced WHERE key = (new.machine || ' ' || new.key)),
    json_object('machine', new.machine, 'key', new.key, 'value', new.value),
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
  DELETE FROM replaced;
END;
CREATE TRIGGER machine_metadata_audit_update AFTER UPDATE ON machine_metadata
  WHEN new.machine IS NOT old.machine OR new.key IS NOT old.key OR new.value IS NOT old.value BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'machine_metadata', old.machine || ' ' || old.key,
    json_object('machine', old.machine, 'key', old.key, 'value', old.value),
    json_object('machine', new.machine, 'key', new.key, 'value', new.value),
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;
CREATE TRIGGER machine_metadata_audit_delete AFTER DELETE ON machine_metadata BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'machine_metadata', old.machine || ' ' || old.key,
    json_object('machine', old.machine, 'key', old.key, 'value', old.value),
    NULL,
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;

-- service
CREATE TRIGGER service_audit_replace BEFORE INSERT ON service BEGIN
  DELETE FROM replaced;
  INSERT INTO replaced (object, key, before)
    SELECT 'service', service.machine || ' ' || service.protocol || ' ' || service.internal_port,
    json_object('machine', service.machine, 'protocol', service.protocol, 'internal_port', service.internal_port,
      'autostart', service.autostart, 'autostop', service.autostop,
      'min_machines_running', service.min_machines_running, 'concurrency', service.concurrency,
      'soft_limit', service.soft_limit, 'hard_limit', service.hard_limit)
    FROM service
    WHERE machine = new.machine AND protocol = new.protocol AND internal_port = new.internal_port;
END;
CREATE TRIGGER service_audit_insert AFTER INSERT ON service BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT object, key, before, NULL, uid, actor.name, command FROM replaced LEFT JOIN actor
    WHERE key <> (new.machine || ' ' || new.protocol || ' ' || new.internal_port);
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'service', new.machine || ' ' || new.protocol || ' ' || new.internal_port,
    (SELECT before FROM replaced WHERE key = (new.machine || ' ' || new.protocol || ' ' || new.internal_port)),
    json_object('machine', new.machine, 'protocol', new.protocol, 'internal_port', new.internal_port,
      'autostart', new.autostart, 'autostop', new.autostop, 'min_machines_running', new.min_machines_running,
      'concurrency', new.concurrency, 'soft_limit', new.soft_limit, 'hard_limit', new.hard_limit),
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
  DELETE FROM replaced;
END;
CREATE TRIGGER service_audit_update AFTER UPDATE ON service
  WHEN new.machine IS NOT old.machine OR new.protocol IS NOT old.protocol OR
    new.internal_port IS NOT old.internal_port OR new.autostart IS NOT old.autostart OR
    new.autostop IS NOT old.autostop OR new.min_machines_running IS NOT old.min_machines_running OR
    new.concurrency IS NOT old.concurrency OR new.soft_limit IS NOT old.soft_limit OR
    new.hard_limit IS NOT old.hard_limit BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'service', old.machine || ' ' || old.protocol || ' ' || old.internal_port,
    json_object('machine', old.machine, 'protocol', old.protocol, 'internal_port', old.internal_port,
      'autostart', old.autostart, 'autostop', old.autostop, 'min_machines_running', old.min_machines_running,
      'concurrency', old.concurrency, 'soft_limit', old.soft_limit, 'hard_limit', old.hard_limit),
    json_object('machine', new.machine, 'protocol', new.protocol, 'internal_port', new.internal_port,
      'autostart', new.autostart, 'autostop', new.autostop, 'min_machines_running', new.min_machines_running,
      'concurrency', new.concurrency, 'soft_limit', new.soft_limit, 'hard_limit', new.hard_limit),
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;
CREATE TRIGGER service_audit_delete AFTER DELETE ON service BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'service', old.machine || ' ' || old.protocol || ' ' || old.internal_port,
    json_object('machine', old.machine, 'protocol', old.protocol, 'internal_port', old.internal_port,
      'autostart', old.autostart, 'autostop', old.autostop, 'min_machines_running', old.min_machines_running,
      'concurrency', old.concurrency, 'soft_limit', old.soft_limit, 'hard_limit', old.hard_limit),
    NULL,
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;

-- service_port
CREATE TRIGGER service_port_audit_insert AFTER INSERT ON service_port BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'service_port', new.machine || ' ' || new.protocol || ' ' || new.start_port,
    NULL,
    json_object('machine', new.machine, 'protocol', new.protocol, 'internal_port', new.internal_port,
      'start_port', new.start_port, 'end_port', new.end_port, 'handlers', new.handlers, 'force_https', new.force_https),
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;
CREATE TRIGGER service_port_audit_update AFTER UPDATE ON service_port
  WHEN new.machine IS NOT old.machine OR new.protocol IS NOT old.protocol OR
    new.internal_port IS NOT old.internal_port OR new.start_port IS NOT old.start_port OR
    new.end_port IS NOT old.end_port OR new.handlers IS NOT old.handlers OR
    new.force_https IS NOT old.force_https BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'service_port', old.machine || ' ' || old.protocol || ' ' || old.start_port,
    json_object('machine', old.machine, 'protocol', old.protocol, 'internal_port', old.internal_port,
      'start_port', old.start_port, 'end_port', old.end_port, 'handlers', old.handlers, 'force_https', old.force_https),
    json_object('machine', new.machine, 'protocol', new.protocol, 'internal_port', new.internal_port,
      'start_port', new.start_port, 'end_port', new.end_port, 'handlers', new.handlers, 'force_https', new.force_https),
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;
CREATE TRIGGER service_port_audit_delete AFTER DELETE ON service_port BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'service_port', old.machine || ' ' || old.protocol || ' ' || old.start_port,
    json_object('machine', old.machine, 'protocol', old.protocol, 'internal_port', old.internal_port,
      'start_port', old.start_port, 'end_port', old.end_port, 'handlers', old.handlers, 'force_https', old.force_https),
    NULL,
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;
