-- What schema.sh asks after every random edit, typed into the sqlite3 shell beside the edits: temporary views and tables.

-- Objects as readers know them, each with everything of it: an object that differs must have a dirty key.
CREATE TEMP VIEW object (kind, key, content) AS
  SELECT 'organization', slug, name FROM organization
  UNION ALL SELECT 'network', CAST(id AS TEXT), org || ' ' || name || instances || forward FROM network
  UNION ALL SELECT 'prefix', CAST(network AS TEXT), group_concat(prefix) FROM client_prefix GROUP BY network
  UNION ALL SELECT 'peer', CAST(network AS TEXT), group_concat(name || address || public_key || coalesce(region, '-'))
    FROM peer GROUP BY network
  UNION ALL SELECT 'transfer', CAST(id AS TEXT), json_array(
    (SELECT json_group_array(json_array(name, algorithm, secret)) FROM transfer_key WHERE network = id),
    (SELECT json_group_array(json_array(address, key)) FROM secondary WHERE network = id))
    FROM network WHERE id IN (SELECT network FROM transfer_key UNION SELECT network FROM secondary)
  UNION ALL SELECT 'region', code, name || latitude || ' ' || longitude FROM region
  UNION ALL SELECT 'host', name, number || ' ' || region || coalesce(probe, '-') FROM host
  UNION ALL SELECT 'round_trip', host, group_concat(region || ' ' || microseconds) FROM round_trip GROUP BY host
  UNION ALL SELECT 'app', a.name, json_array(a.org, a.network,
    (SELECT json_group_array(address) FROM address WHERE app = a.name),
    (SELECT json_group_array(address || type) FROM public_address WHERE app = a.name),
    (SELECT json_group_array(json_array(m.id, m.name, m.address, m.ipv4, m.region, m.process_group, m.command, m.env,
       m.cordoned, m.skip_dns, m.ask, m.ask_serial, m.secrets_version, s.state, s.since, m.cpu_kind, m.cpus, m.memory_mb,
       m.image, m.entrypoint, s.oom_killed,
       (SELECT json_group_array(key || '=' || value) FROM machine_metadata WHERE machine = m.id),
       (SELECT json_group_array(json_array(protocol, internal_port, autostart, autostop, soft_limit, hard_limit))
          FROM service WHERE machine = m.id),
       (SELECT json_group_array(json_array(protocol, internal_port, start_port, end_port, handlers, force_https,
          options)) FROM service_port WHERE machine = m.id),
       (SELECT json_group_array(json_array(k.internal_port, k.number, k.type, k.interval, k.path, c.status, c.output))
          FROM service_check k LEFT JOIN check_state c USING (machine, internal_port, number) WHERE machine = m.id)))
     FROM machine m LEFT JOIN machine_state s ON s.machine = m.id WHERE m.app = a.name),
    (SELECT json_group_array(json_array(version, status, image)) FROM release WHERE app = a.name),
    (SELECT json_group_array(json_array(name, version, value)) FROM secret WHERE app = a.name),
    (SELECT json_group_array(source) FROM replay_source WHERE org = a.org)) FROM app a;

-- No picture has these, but a commit that changes them must leave some row in the change log.
CREATE TEMP VIEW quiet (content) AS
  SELECT json_array((SELECT json_group_array(machine || state || since) FROM machine_state),
    (SELECT json_group_array(machine || at || serial || type) FROM machine_event),
    (SELECT json_group_array(key || value) FROM meta), (SELECT count(*) FROM replaced),
    (SELECT json_group_array(content) FROM object));

-- The rows that are audited, as the audit writes them.
CREATE TEMP VIEW audited (object, key, row) AS
  SELECT 'organization', slug, json_object('slug', slug, 'name', name) FROM organization
  UNION ALL SELECT 'network', CAST(id AS TEXT), json_object('id', id, 'org', org, 'name', name,
    'instances', instances, 'forward', forward) FROM network
  UNION ALL SELECT 'client_prefix', prefix, json_object('prefix', prefix, 'network', network) FROM client_prefix
  UNION ALL SELECT 'region', code, json_object('code', code, 'name', name, 'latitude', latitude, 'longitude', longitude)
    FROM region
  UNION ALL SELECT 'host', name, json_object('name', name, 'number', number, 'region', region,
    'probe', probe) FROM host
  UNION ALL SELECT 'peer', network || ' ' || name, json_object('network', network, 'name', name, 'gateway', gateway,
    'number', number, 'public_key', public_key, 'region', region) FROM peer
  UNION ALL SELECT 'app', name, json_object('name', name, 'org', org, 'network', network) FROM app
  UNION ALL SELECT 'address', address, json_object('network', network, 'number', number, 'app', app) FROM address
  UNION ALL SELECT 'public_address', address, json_object('address', address, 'app', app, 'type', type, 'region', region)
    FROM public_address
  UNION ALL SELECT 'machine_metadata', machine || ' ' || key, json_object('machine', machine, 'key', key, 'value', value)
    FROM machine_metadata
  UNION ALL SELECT 'service', machine || ' ' || protocol || ' ' || internal_port, json_object('machine', machine,
    'protocol', protocol, 'internal_port', internal_port, 'autostart', autostart, 'autostop', autostop,
    'min_machines_running', min_machines_running, 'concurrency', concurrency, 'soft_limit', soft_limit,
    'hard_limit', hard_limit) FROM service
  UNION ALL SELECT 'service_port', machine || ' ' || protocol || ' ' || start_port, json_object('machine', machine,
    'protocol', protocol, 'internal_port', internal_port, 'start_port', start_port, 'end_port', end_port,
    'handlers', handlers, 'force_https', force_https, 'options', json(options)) FROM service_port
  UNION ALL SELECT 'service_check', machine || ' ' || protocol || ' ' || internal_port || ' ' || number,
    json_object('machine', machine, 'protocol', protocol, 'internal_port', internal_port, 'number', number,
    'type', type, 'interval', interval, 'timeout', timeout, 'grace_period', grace_period, 'method', method,
    'path', path, 'headers', json(headers), 'scheme', scheme, 'tls_server_name', tls_server_name,
    'tls_skip_verify', tls_skip_verify) FROM service_check
  UNION ALL SELECT 'release', app || ' ' || version, json_object('app', app, 'version', version, 'who', who,
    'status', status, 'image', image) FROM release
  UNION ALL SELECT 'secret', app || ' ' || name || ' ' || version, json_object('app', app, 'name', name,
    'version', version, 'digest', digest) FROM secret
  UNION ALL SELECT 'machine_secrets', id, json_object('machine', id, 'version', secrets_version) FROM machine
    WHERE secrets_version <> 0
  UNION ALL SELECT 'replay_source', org || ' ' || source, json_object('org', org, 'source', source) FROM replay_source
  UNION ALL SELECT 'transfer_key', name, json_object('name', name, 'network', network, 'algorithm', algorithm)
    FROM transfer_key
  UNION ALL SELECT 'secondary', network || ' ' || address, json_object('network', network, 'address', address,
    'key', key) FROM secondary;

CREATE TEMP TABLE before_object (kind, key, content);
CREATE TEMP TABLE before (edit, seq, quiet, counters);
CREATE TEMP TABLE given (what, number, gone);     -- every number there ever was
CREATE TEMP TABLE wrong (edit, what, key);

CREATE TEMP VIEW number (what, number) AS
  SELECT 'network', CAST(id AS TEXT) FROM network
  UNION ALL SELECT 'host', CAST(number AS TEXT) FROM host
  UNION ALL SELECT 'address', address FROM address
  UNION ALL SELECT 'slot', host || ' ' || slot FROM machine;

-- What must be so at any time, each with a name.
CREATE TEMP VIEW broken (what, key) AS
  SELECT 'foreign key of ' || "table", coalesce(rowid, '') FROM pragma_foreign_key_check
  UNION ALL SELECT 'no dirty key', kind || ' ' || key FROM
    (SELECT kind, key FROM (SELECT * FROM object EXCEPT SELECT * FROM before_object)
     UNION SELECT kind, key FROM (SELECT * FROM before_object EXCEPT SELECT * FROM object)) d
    WHERE NOT EXISTS (SELECT 1 FROM change c, before b WHERE c.seq > b.seq AND c.kind = d.kind AND c.key = d.key)
  UNION ALL SELECT 'no row in the change log', '' FROM before, quiet
    WHERE before.quiet <> quiet.content AND NOT EXISTS (SELECT 1 FROM change WHERE change.seq > before.seq)
  UNION ALL SELECT 'given out twice', what || ' ' || number FROM number JOIN given USING (what, number) WHERE gone
  UNION ALL SELECT 'a counter went back', '' FROM before
    WHERE EXISTS (SELECT 1 FROM json_each(before.counters) old LEFT JOIN counter c ON c.kind || ' ' || c.scope = old.key
      WHERE c.value IS NULL OR c.value < old.value)
  UNION ALL SELECT 'app outside its organization', a.name FROM app a JOIN network n ON n.id = a.network WHERE n.org <> a.org
  UNION ALL SELECT 'Machine outside its app''s network', m.id FROM machine m JOIN app a ON a.name = m.app
    WHERE m.network <> a.network
  UNION ALL SELECT 'Machine with another host''s number', m.id FROM machine m JOIN host h ON h.name = m.host
    WHERE h.number <> m.host_number
  UNION ALL SELECT 'two services on a port', p.machine FROM service_port p JOIN service_port q ON q.machine = p.machine
    AND q.protocol = p.protocol AND q.start_port <> p.start_port AND q.start_port BETWEEN p.start_port AND p.end_port
  UNION ALL SELECT 'a secret nobody will ever have', app || ' ' || name || ' ' || version FROM secret_needless
  UNION ALL SELECT 'NUL in a name', key FROM object WHERE instr(key, char(0)) > 0 OR instr(content, char(0)) > 0
  UNION ALL SELECT 'audit differs from the row', a.object || ' ' || a.key FROM audited a
    WHERE a.row IS NOT (SELECT after FROM audit WHERE object = a.object AND key = a.key ORDER BY seq DESC LIMIT 1)
  UNION ALL SELECT 'audit does not know it is gone', object || ' ' || key FROM audit t
    WHERE after IS NOT NULL AND object <> 'machine'
      AND NOT EXISTS (SELECT 1 FROM audit WHERE object = t.object AND key = t.key AND seq > t.seq)
      AND NOT EXISTS (SELECT 1 FROM audited WHERE object = t.object AND key = t.key)
  UNION ALL SELECT 'audit has a gap', object || ' ' || key FROM
    (SELECT object, key, before, lag(after) OVER (PARTITION BY object, key ORDER BY seq) AS last FROM audit)
    WHERE before IS NOT last;

-- The two halves around an edit.
CREATE TEMP TABLE look (edit);   -- one row for each half that worked
CREATE TEMP TRIGGER look_before INSERT ON look WHEN new.edit > 0 BEGIN
  DELETE FROM before_object;
  INSERT INTO before_object SELECT kind, key, content FROM object;
  DELETE FROM before;
  INSERT INTO before SELECT new.edit, (SELECT coalesce(max(seq), 0) FROM change), (SELECT content FROM quiet),
    (SELECT json_group_object(kind || ' ' || scope, value) FROM counter);
  INSERT INTO given SELECT what, number, 0 FROM number EXCEPT SELECT what, number, 0 FROM given;
  UPDATE given SET gone = 1 WHERE NOT EXISTS
    (SELECT 1 FROM number WHERE number.what = given.what AND number.number = given.number);
END;
CREATE TEMP TRIGGER look_after INSERT ON look WHEN new.edit = 0 BEGIN
  INSERT INTO wrong SELECT before.edit, broken.what, broken.key FROM broken, before;
END;
