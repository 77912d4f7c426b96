-- 0001_tables.sql - every table of the registry. Rules that a CHECK cannot say are in 0002_rules.sql, the change log
-- in 0003_change_log.sql, the audit in 0004_audit.sql, what people read and insert through in 0005_views.sql.
--
-- Only SQL built-ins appear, so the sqlite3 shell obeys all of it. Times are milliseconds since 1970 UTC. Addresses
-- are numbers; their text (RFC 5952) is generated, so a second spelling of an address cannot exist. No key means
-- something on one host only.

-- ------------------------------------------------------------------------------------------------ bookkeeping

CREATE TABLE meta (                      -- facts about this file
  key    TEXT PRIMARY KEY,               -- 'generation' (changes when everything must be read again),
  value  TEXT NOT NULL                   -- 'trimmed_to' (last change.seq that was removed), 'audit_days'
) STRICT, WITHOUT ROWID;
INSERT INTO meta (key, value) VALUES
  ('generation', lower(hex(randomblob(8)))), ('trimmed_to', '0'), ('audit_days', '90');

CREATE TABLE counter (                   -- numbers given out so far; they only grow, so nothing is given out twice
  kind   TEXT NOT NULL CHECK (kind IN ('network', 'host', 'address', 'slot')),   -- what is counted
  scope  TEXT NOT NULL,                  -- '' for network and host, the network id for address, the host for slot
  value  INTEGER NOT NULL CHECK (value >= 0),   -- the last number given out
  PRIMARY KEY (kind, scope)
) STRICT, WITHOUT ROWID;
INSERT INTO counter (kind, scope, value) VALUES ('network', '', 0), ('host', '', 65536);

CREATE TABLE change (                    -- "this object may have changed, read it again"; trimmed from the front
  seq    INTEGER PRIMARY KEY AUTOINCREMENT,   -- grows with every change; also the SOA serial
  kind   TEXT NOT NULL,                  -- organization network app prefix peer host region; machine event meta
  key    TEXT NOT NULL,                  -- slug, network id, app name, network id, network id, host name, region code
  at     INTEGER NOT NULL DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER))   -- when
) STRICT;

CREATE TABLE actor (                     -- who runs the transaction that is open; empty outside one, so that a
  one     INTEGER PRIMARY KEY CHECK (one = 1),   -- shell edit is audited without an actor
  uid     INTEGER NOT NULL,              -- user id
  name    TEXT NOT NULL,                 -- user name
  command TEXT NOT NULL                  -- command line
) STRICT;

CREATE TABLE audit (                     -- who changed what; Machine states are not in it
  seq     INTEGER PRIMARY KEY AUTOINCREMENT,   -- in the order of the changes
  at      INTEGER NOT NULL DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)),   -- when
  uid     INTEGER,                       -- NULL: an edit from a shell
  name    TEXT,                          -- user name; NULL: a shell
  command TEXT,                          -- command line; NULL: a shell
  object  TEXT NOT NULL,                 -- table
  key     TEXT NOT NULL,                 -- the row's key, parts joined by a space
  before  TEXT,                          -- the row as JSON; NULL: it did not exist
  after   TEXT                           -- the row as JSON; NULL: it exists no more
) STRICT;

-- ------------------------------------------------------------------------------------------------ who and where

CREATE TABLE organization (              -- who owns networks and apps
  slug       TEXT PRIMARY KEY            -- a DNS label
             CHECK (length(slug) BETWEEN 1 AND 63 AND slug NOT GLOB '*[^a-z0-9-]*'
                    AND slug NOT GLOB '-*' AND slug NOT GLOB '*-' AND instr(slug, char(0)) = 0),
  name       TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 255 AND instr(name, char(0)) = 0),   -- for people
  created_at INTEGER NOT NULL            -- when it was made
             DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER))
) STRICT, WITHOUT ROWID;

CREATE TABLE network (                   -- a closed space: fdaa:<id high>:<id low>::/48; insert through view networks
  id         INTEGER                     -- the 32 bits after fdaa; never reused
             PRIMARY KEY CHECK (id BETWEEN 1 AND 4294967295 AND id % 65536 <> 0),
  org        TEXT NOT NULL REFERENCES organization (slug),   -- whose it is
  name       TEXT NOT NULL               -- unique in the organization
             CHECK (length(name) BETWEEN 1 AND 63 AND name GLOB '[A-Za-z]*' AND name NOT GLOB '*[^A-Za-z0-9-]*'
                    AND instr(name, char(0)) = 0),
  prefix     TEXT GENERATED ALWAYS AS (printf('fdaa:%x:%x::/48', id >> 16, id & 65535)) VIRTUAL,   -- text of the /48
  created_at INTEGER NOT NULL            -- when it was made
             DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)),
  UNIQUE (org, name)
) STRICT;

CREATE TABLE client_prefix (             -- clients outside fdaa::/16 and the network they belong to; longest match wins
  prefix     TEXT PRIMARY KEY            -- 192.0.2.0/24 or 2001:db8::/32, as `flycast networks attach` writes it
             CHECK (prefix GLOB '[0-9a-f:.]*/[0-9]*' AND prefix NOT GLOB '*[^0-9a-f:./]*' AND length(prefix) <= 49
                    AND instr(prefix, char(0)) = 0),
  network    INTEGER NOT NULL REFERENCES network (id),   -- where these clients are
  created_at INTEGER NOT NULL            -- when it was attached
             DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER))
) STRICT, WITHOUT ROWID;
CREATE INDEX client_prefix_network ON client_prefix (network);

CREATE TABLE region (                    -- a place; Fly's codes
  code       TEXT PRIMARY KEY            -- three letters; 'all' and 'vms' mean something else in a DNS name
             CHECK (length(code) = 3 AND code NOT GLOB '*[^a-z]*' AND code NOT IN ('all', 'vms')
                    AND instr(code, char(0)) = 0),
  name       TEXT NOT NULL,              -- for people
  latitude   REAL NOT NULL CHECK (latitude BETWEEN -90 AND 90),   -- degrees, north is positive
  longitude  REAL NOT NULL CHECK (longitude BETWEEN -180 AND 180)   -- degrees, east is positive
) STRICT, WITHOUT ROWID;

CREATE TABLE host (                      -- a Linux machine with an agent
  name       TEXT PRIMARY KEY            -- usually its host name
             CHECK (length(name) BETWEEN 1 AND 255 AND instr(name, char(0)) = 0),
  number     INTEGER NOT NULL UNIQUE     -- groups 4, 5 of 6PN addresses; 0:1 means Flycast, a7b:x WireGuard peers
             CHECK (number BETWEEN 65537 AND 4294967295 AND number % 65536 <> 0 AND number >> 16 <> 2683),
  region     TEXT NOT NULL REFERENCES region (code),   -- where it stands
  created_at INTEGER NOT NULL            -- when it was added
             DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER))
) STRICT, WITHOUT ROWID;

CREATE TABLE peer (                      -- a WireGuard peer of a network: fdaa:<net>:a7b:<gateway>:0:a:<number>02
  network    INTEGER NOT NULL REFERENCES network (id),   -- where it is let in
  name       TEXT NOT NULL               -- <name>._peer.internal
             CHECK (length(name) BETWEEN 1 AND 63 AND name NOT GLOB '*[^A-Za-z0-9-]*' AND instr(name, char(0)) = 0),
  gateway    INTEGER NOT NULL DEFAULT 1 CHECK (gateway BETWEEN 1 AND 65535),   -- group 5 of its address
  number     INTEGER NOT NULL CHECK (number BETWEEN 0 AND 255),   -- one per gateway
  public_key TEXT NOT NULL,              -- WireGuard's, base64
  region     TEXT REFERENCES region (code),   -- where it is let in; NULL: nobody said
  address    TEXT GENERATED ALWAYS AS (printf('fdaa:%x:%x:a7b:%x:0:a:%x', network >> 16, network & 65535, gateway,
               number * 256 + 2)) VIRTUAL,   -- text of it
  created_at INTEGER NOT NULL            -- when it was made
             DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)),
  PRIMARY KEY (network, name),
  UNIQUE (network, gateway, number)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX peer_name ON peer (network, name COLLATE NOCASE);   -- names are compared as DNS does

-- ------------------------------------------------------------------------------------------------ apps and addresses

CREATE TABLE app (                       -- a name, its Machines and its addresses
  name       TEXT PRIMARY KEY            -- a DNS label, unique in the registry: <name>.flycast, <name>.internal
             CHECK (length(name) BETWEEN 1 AND 63 AND name NOT GLOB '*[^a-z0-9-]*'
                    AND name NOT GLOB '-*' AND name NOT GLOB '*-' AND instr(name, char(0)) = 0),
  org        TEXT NOT NULL REFERENCES organization (slug),   -- whose it is
  network    INTEGER NOT NULL REFERENCES network (id),     -- where its Machines live; for ever
  created_at INTEGER NOT NULL            -- when it was made
             DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER))
) STRICT, WITHOUT ROWID;
CREATE INDEX app_network ON app (network, name);
CREATE INDEX app_org ON app (org, name);

CREATE TABLE address (                   -- a Flycast address, fdaa:<net>:<net>:0:1::<number>; insert through flycast
  network    INTEGER NOT NULL REFERENCES network (id),     -- the network that requests come from
  number     INTEGER NOT NULL CHECK (number BETWEEN 2 AND 4294967295),   -- counts up in the network, from 2
  app        TEXT NOT NULL REFERENCES app (name),   -- where requests to it go
  address    TEXT GENERATED ALWAYS AS (CASE WHEN number < 65536   -- text, as RFC 5952 wants it
               THEN printf('fdaa:%x:%x:0:1::%x', network >> 16, network & 65535, number)
               ELSE printf('fdaa:%x:%x:0:1:0:%x:%x', network >> 16, network & 65535, number >> 16, number & 65535)
               END) VIRTUAL,
  created_at INTEGER NOT NULL            -- when it was allocated
             DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)),
  PRIMARY KEY (network, number),
  UNIQUE (app, network)
) STRICT, WITHOUT ROWID;

CREATE TABLE public_address (            -- not a private one, from an imported registry; none are given out here
  address    TEXT PRIMARY KEY,           -- text
  app        TEXT NOT NULL REFERENCES app (name),   -- whose it was
  type       TEXT NOT NULL CHECK (type IN ('v4', 'v6', 'shared_v4')),   -- as Fly calls them
  region     TEXT NOT NULL DEFAULT 'global',   -- where it was announced
  created_at INTEGER NOT NULL            -- when it was allocated
             DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER))
) STRICT, WITHOUT ROWID;
CREATE INDEX public_address_app ON public_address (app);

-- ------------------------------------------------------------------------------------------------ Machines

CREATE TABLE machine (                   -- a command and how to run it; its row's absence means destroyed
  id           TEXT PRIMARY KEY DEFAULT (lower(hex(randomblob(7))))   -- 14 hexadecimal digits
               CHECK (length(id) = 14 AND id NOT GLOB '*[^0-9a-f]*' AND instr(id, char(0)) = 0),
  app          TEXT NOT NULL REFERENCES app (name),   -- whose it is
  network      INTEGER NOT NULL,         -- the app's
  name         TEXT NOT NULL             -- a DNS label, unique in the app
               CHECK (length(name) BETWEEN 1 AND 63 AND name NOT GLOB '*[^a-z0-9-]*'
                      AND name NOT GLOB '-*' AND name NOT GLOB '*-' AND instr(name, char(0)) = 0),
  host         TEXT NOT NULL REFERENCES host (name),   -- where it runs
  host_number  INTEGER NOT NULL,         -- the host's
  slot         INTEGER NOT NULL CHECK (slot BETWEEN 1 AND 4294967295),   -- its number on the host, never reused
  region       TEXT NOT NULL REFERENCES region (code),   -- its host's, when it was made
  address      TEXT GENERATED ALWAYS AS (printf('fdaa:%x:%x:%x:%x:%x:%x:2', network >> 16, network & 65535,
                 host_number >> 16, host_number & 65535, slot >> 16, slot & 65535)) VIRTUAL,   -- 6PN
  ipv4         TEXT GENERATED ALWAYS AS (printf('172.%d.%d.%d', 16 + ((slot % 1048000 + 512) >> 16),
                 ((slot % 1048000 + 512) >> 8) & 255, (slot % 1048000 + 512) & 255)) VIRTUAL,  -- for the host's proxy
  process_group TEXT NOT NULL DEFAULT 'app'   -- <group>.process.<app>.internal
               CHECK (length(process_group) BETWEEN 1 AND 63 AND process_group NOT GLOB '*[^A-Za-z0-9_-]*'
                      AND instr(process_group, char(0)) = 0),
  command      TEXT NOT NULL             -- JSON array of strings: program and arguments
               CHECK (json_valid(command) AND json_type(command) = 'array' AND json_array_length(command) > 0),
  env          TEXT NOT NULL             -- JSON object of strings
               DEFAULT '{}' CHECK (json_valid(env) AND json_type(env) = 'object'),
  restart      TEXT NOT NULL             -- what to do when it ends by itself
               DEFAULT 'on-failure' CHECK (restart IN ('no', 'always', 'on-failure')),
  max_retries  INTEGER NOT NULL          -- restarts in a row before it has failed
               DEFAULT 10 CHECK (max_retries BETWEEN 0 AND 1000000),
  kill_signal  TEXT NOT NULL DEFAULT 'SIGINT'   -- what stop sends first
               CHECK (kill_signal IN ('SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGKILL', 'SIGUSR1', 'SIGUSR2', 'SIGTERM',
                 'SIGSTOP')),
  kill_timeout INTEGER NOT NULL DEFAULT 5 CHECK (kill_timeout BETWEEN 0 AND 300),   -- seconds
  auto_destroy INTEGER NOT NULL DEFAULT 0 CHECK (auto_destroy IN (0, 1)),           -- --rm
  skip_dns     INTEGER NOT NULL DEFAULT 0 CHECK (skip_dns IN (0, 1)),   -- 1: not in .internal
  cordoned     INTEGER NOT NULL DEFAULT 0 CHECK (cordoned IN (0, 1)),               -- no new work from the proxy
  ask          TEXT CHECK (ask IN ('start', 'stop', 'suspend', 'restart')),         -- what the agent is asked to do
  ask_options  TEXT CHECK (ask_options IS NULL OR json_valid(ask_options)),         -- {"signal":"SIGTERM","timeout":5}
  ask_serial   INTEGER NOT NULL DEFAULT 0,   -- grows with every ask; done when machine_state.done_serial has reached it
  created_at   INTEGER NOT NULL          -- when it was made
               DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)),
  updated_at   INTEGER NOT NULL          -- when its settings changed
               DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)),
  UNIQUE (app, name),
  UNIQUE (host, slot)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX machine_ipv4 ON machine (host, slot % 1048000);

CREATE TABLE machine_state (             -- what a Machine does; written by the agent of its host and nobody else
  machine      TEXT PRIMARY KEY,         -- the row outlives the Machine's until the agent has cleaned up
  host         TEXT NOT NULL,            -- the host whose agent wrote this
  state        TEXT NOT NULL             -- what it does now
               CHECK (state IN ('created', 'starting', 'started', 'stopping', 'stopped', 'suspending',
                 'suspended', 'restarting', 'failed', 'destroying')),
  since        INTEGER NOT NULL,         -- when it came into this state
  instance     TEXT NOT NULL DEFAULT '', -- one per start from scratch
  exit_code    INTEGER,                  -- of the last run; 128 + n: killed by signal n
  restarts     INTEGER NOT NULL DEFAULT 0,   -- in a row
  done_serial  INTEGER NOT NULL DEFAULT 0,   -- the last machine.ask_serial that was carried out or refused
  message      TEXT NOT NULL DEFAULT ''  -- why it failed, or what an ask was refused for
) STRICT, WITHOUT ROWID;
CREATE INDEX machine_state_host ON machine_state (host);

CREATE TABLE machine_event (             -- the last things that happened to a Machine; written by its agent
  machine    TEXT NOT NULL,              -- whose event
  at         INTEGER NOT NULL,           -- when
  serial     INTEGER NOT NULL,           -- tells two events of one millisecond apart
  type       TEXT NOT NULL,              -- launch start stop suspend resume exit restart
  status     TEXT NOT NULL,              -- the state it led to
  source     TEXT NOT NULL,              -- flyd (agent), proxy, user
  info       TEXT NOT NULL DEFAULT '',   -- exit_code=0,oom_killed=false,requested_stop=true
  PRIMARY KEY (machine, at, serial)
) STRICT, WITHOUT ROWID;

CREATE TABLE machine_metadata (          -- words on a Machine; they may be changed while it runs
  machine    TEXT NOT NULL REFERENCES machine (id),   -- whose
  key        TEXT NOT NULL               -- <value>.<key>.kv._metadata.<app>.internal
             CHECK (length(key) BETWEEN 1 AND 255 AND instr(key, char(0)) = 0),
  value      TEXT NOT NULL               -- compared byte by byte
             CHECK (length(value) <= 4096 AND instr(value, char(0)) = 0),
  PRIMARY KEY (machine, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE service (                   -- a port that a Machine listens on, and how the proxy treats it
  machine       TEXT NOT NULL REFERENCES machine (id),   -- who offers it
  protocol      TEXT NOT NULL DEFAULT 'tcp' CHECK (protocol IN ('tcp', 'udp')),   -- of the port
  internal_port INTEGER NOT NULL CHECK (internal_port BETWEEN 1 AND 65535),   -- where the Machine listens
  autostart     INTEGER NOT NULL DEFAULT 1 CHECK (autostart IN (0, 1)),   -- 1: a request wakes the Machine
  autostop      TEXT NOT NULL            -- what happens to it when idle
                DEFAULT 'off' CHECK (autostop IN ('off', 'stop', 'suspend')),
  min_machines_running INTEGER NOT NULL  -- that autostop leaves
                       DEFAULT 0 CHECK (min_machines_running BETWEEN 0 AND 1000000),
  concurrency   TEXT NOT NULL            -- what the limits count
                DEFAULT 'connections' CHECK (concurrency IN ('connections', 'requests')),
  soft_limit    INTEGER NOT NULL         -- others are preferred from here on
                DEFAULT 20 CHECK (soft_limit BETWEEN 1 AND 1000000),
  hard_limit    INTEGER CHECK (hard_limit BETWEEN 1 AND 1000000),      -- NULL: none
  PRIMARY KEY (machine, protocol, internal_port),
  CHECK (hard_limit IS NULL OR soft_limit <= hard_limit)
) STRICT, WITHOUT ROWID;

CREATE TABLE service_port (              -- a port (range) of the app's addresses that leads to a service
  machine       TEXT NOT NULL,           -- the service's
  protocol      TEXT NOT NULL DEFAULT 'tcp',   -- the service's
  internal_port INTEGER NOT NULL,        -- the service's
  start_port    INTEGER NOT NULL CHECK (start_port BETWEEN 1 AND 65535),   -- first external port
  end_port      INTEGER NOT NULL CHECK (end_port BETWEEN 1 AND 65535),   -- last one; often the same
  handlers      TEXT NOT NULL DEFAULT ''   -- comma list in the order data meets them on the way in; '': raw TCP
                CHECK (handlers IN ('', 'http', 'tls', 'tls,http', 'pg_tls', 'proxy_proto', 'tls,proxy_proto')),
  force_https   INTEGER NOT NULL DEFAULT 0 CHECK (force_https IN (0, 1)),   -- 1: plain HTTP is sent to https
  PRIMARY KEY (machine, protocol, start_port),
  FOREIGN KEY (machine, protocol, internal_port) REFERENCES service (machine, protocol, internal_port),
  CHECK (start_port <= end_port)
) STRICT, WITHOUT ROWID;
