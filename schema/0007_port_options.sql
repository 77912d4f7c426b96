-- 0007_port_options.sql - what a port says about its handlers beyond their names: TLS, HTTP and PROXY options, as Fly's
-- Machines API writes them. One column of JSON, because options come and go with versions and nobody joins on them; the
-- names in it are checked here as far as a shell should not get them wrong, and completely by every program.

ALTER TABLE service_port ADD COLUMN options TEXT NOT NULL   -- JSON: tls_options, http_options, proxy_proto_options
  DEFAULT '{}' CHECK (json_valid(options) AND json_type(options) = 'object' AND length(options) <= 16384);

CREATE TRIGGER service_port_options_insert BEFORE INSERT ON service_port BEGIN
  SELECT RAISE(ABORT, 'options may have tls_options, http_options and proxy_proto_options in it: correct the names')
    WHERE EXISTS (SELECT 1 FROM json_each(iif(json_valid(new.options), new.options, '{}'))
      WHERE key NOT IN ('tls_options', 'http_options', 'proxy_proto_options') OR type <> 'object');
  SELECT RAISE(ABORT, 'proxy_proto_options.version must be v1 or v2: correct it')
    WHERE coalesce(json_extract(iif(json_valid(new.options), new.options, '{}'),
      '$.proxy_proto_options.version'), 'v1') NOT IN ('v1', 'v2');
END;
CREATE TRIGGER service_port_options_update BEFORE UPDATE OF options ON service_port BEGIN
  SELECT RAISE(ABORT, 'options may have tls_options, http_options and proxy_proto_options in it: correct the names')
    WHERE EXISTS (SELECT 1 FROM json_each(iif(json_valid(new.options), new.options, '{}'))
      WHERE key NOT IN ('tls_options', 'http_options', 'proxy_proto_options') OR type <> 'object');
  SELECT RAISE(ABORT, 'proxy_proto_options.version must be v1 or v2: correct it')
    WHERE coalesce(json_extract(iif(json_valid(new.options), new.options, '{}'),
      '$.proxy_proto_options.version'), 'v1') NOT IN ('v1', 'v2');
END;

-- The audit shows the new column too.
DROP TRIGGER service_port_audit_insert;
DROP TRIGGER service_port_audit_update;
DROP TRIGGER service_port_audit_delete;
CREATE TRIGGER service_port_audit_insert AFTER INSERT ON service_port BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'service_port', new.machine || ' ' || new.protocol || ' ' || new.start_port,
    NULL,
    json_object('machine', new.machine, 'protocol', new.protocol, 'internal_port', new.internal_port,
      'start_port', new.start_port, 'end_port', new.end_port, 'handlers', new.handlers, 'force_https', new.force_https,
      'options', iif(json_valid(new.options), json(new.options), new.options)),
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;
CREATE TRIGGER service_port_audit_update AFTER UPDATE ON service_port
  WHEN new.machine IS NOT old.machine OR new.protocol IS NOT old.protocol OR
    new.internal_port IS NOT old.internal_port OR new.start_port IS NOT old.start_port OR
    new.end_port IS NOT old.end_port OR new.handlers IS NOT old.handlers OR
    new.force_https IS NOT old.force_https OR new.options IS NOT old.options BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'service_port', old.machine || ' ' || old.protocol || ' ' || old.start_port,
    json_object('machine', old.machine, 'protocol', old.protocol, 'internal_port', old.internal_port,
      'start_port', old.start_port, 'end_port', old.end_port, 'handlers', old.handlers, 'force_https', old.force_https,
      'options', iif(json_valid(old.options), json(old.options), old.options)),
    json_object('machine', new.machine, 'protocol', new.protocol, 'internal_port', new.internal_port,
      'start_port', new.start_port, 'end_port', new.end_port, 'handlers', new.handlers, 'force_https', new.force_https,
      'options', iif(json_valid(new.options), json(new.options), new.options)),
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;
CREATE TRIGGER service_port_audit_delete AFTER DELETE ON service_port BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'service_port', old.machine || ' ' || old.protocol || ' ' || old.start_port,
    json_object('machine', old.machine, 'protocol', old.protocol, 'internal_port', old.internal_port,
      'start_port', old.start_port, 'end_port', old.end_port, 'handlers', old.handlers, 'force_https', old.force_https,
      'options', iif(json_valid(old.options), json(old.options), old.options)),
    NULL,
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;
