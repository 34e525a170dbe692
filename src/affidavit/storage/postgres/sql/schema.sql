-- The schema `affidavit` of a database. Everything is named with it, so that no session needs a setting of its own.

-- name: schema
-- What the first version holds. A change is a new version: a statement of its own below, which makes a new ledger as well
-- as it migrates an old one. Every table that grows with the entries begins its primary key with the chain, so that
-- all of a chain lies on one shard; no constraint crosses chains.
CREATE SCHEMA affidavit;

-- One row: what this ledger is, and how many of its entries have positions. Whoever gives positions holds it locked.
CREATE TABLE affidavit.ledger (
    id      int    PRIMARY KEY CHECK (id = 1),
    version int    NOT NULL,
    origin  text   NOT NULL,
    size    bigint NOT NULL DEFAULT 0
);

-- One row: who seals. `epoch` goes up whenever another takes over; what was begun in an older one comes to nothing.
CREATE TABLE affidavit.sealer (
    id     int         PRIMARY KEY CHECK (id = 1),
    holder bytea       NOT NULL DEFAULT '',
    epoch  bigint      NOT NULL DEFAULT 0,
    until  timestamptz NOT NULL DEFAULT '-infinity'
);

-- The entries: core.entry.Entry without its position. What can be erased is empty or NULL then.
CREATE TABLE affidavit.entries (
    chain      bytea  NOT NULL,
    seq        bigint NOT NULL,
    at         bigint NOT NULL,
    id         bytea  NOT NULL,
    by         text   COLLATE "C" NOT NULL,
    dialect    text   COLLATE "C" NOT NULL,
    prev       bytea  NOT NULL,
    hash       bytea  NOT NULL,
    commitment bytea  NOT NULL,
    salt       bytea  NOT NULL,
    payload    bytea  NOT NULL,
    workspace  bigint NOT NULL,
    agent      text   COLLATE "C",
    session    text   COLLATE "C",
    type       text   COLLATE "C" NOT NULL,
    severity   text   COLLATE "C",
    time       bigint NOT NULL,
    PRIMARY KEY (chain, seq)
);
CREATE INDEX entries_by_id ON affidavit.entries (id);
-- Names are up to 1 MiB long, an index's keys 2 KB: a hash stands for them, and every row it gives is looked at.
CREATE INDEX entries_by_time ON affidavit.entries (workspace, dialect, time);
CREATE INDEX entries_by_agent ON affidavit.entries (workspace, dialect, hashtextextended(agent, 0), time)
    WHERE agent IS NOT NULL;
CREATE INDEX entries_by_session ON affidavit.entries (workspace, dialect, hashtextextended(session, 0), time)
    WHERE session IS NOT NULL;

-- Where chains stand. `key`: the chain key, empty once every entry of the chain is erased; `erased`: how many are.
-- No index has a column that moves, and there is room on each page: moving a head is one write in one place.
CREATE TABLE affidavit.chains (
    chain     bytea  PRIMARY KEY,
    workspace bigint NOT NULL,
    dialect   text   COLLATE "C" NOT NULL,
    key       text   COLLATE "C" NOT NULL,
    seq       bigint NOT NULL,
    hash      bytea  NOT NULL,
    at        bigint NOT NULL,
    erased    bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 60);
CREATE INDEX chains_by_owner ON affidavit.chains (workspace, dialect);

-- What was committed and has no position yet, a row for each commit: runs of consecutive entries of a chain, in their
-- order, with the id of each one's first. The only table whose rows come and go all the time.
CREATE TABLE affidavit.arrivals (
    id     bytea    PRIMARY KEY,
    chains bytea[]  NOT NULL,
    firsts bigint[] NOT NULL,
    sizes  int[]    NOT NULL,
    ids    bytea[]  NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);

-- The positions: `size` entries of a chain from `first` on lie at `position`, one behind the other.
CREATE TABLE affidavit.runs (
    chain    bytea  NOT NULL,
    first    bigint NOT NULL,
    size     int    NOT NULL,
    position bigint NOT NULL,
    PRIMARY KEY (chain, first)
);
CREATE INDEX runs_by_position ON affidavit.runs (position);

-- What requests with an Idempotency-Key recorded: the ids of their entries, one behind the other. Forgotten after a day.
CREATE TABLE affidavit.repeats (
    key     bytea  PRIMARY KEY,
    request bytea  NOT NULL,
    ids     bytea  NOT NULL,
    at      bigint NOT NULL
);
CREATE INDEX repeats_by_time ON affidavit.repeats (at);

-- What text searches need, a row for some entries of a chain: their payloads in lower case. It only proposes.
CREATE TABLE affidavit.texts (
    chain bytea  NOT NULL,
    first bigint NOT NULL,
    size  int    NOT NULL,
    text  text   COLLATE "C" NOT NULL,
    PRIMARY KEY (chain, first)
);

-- One row: entries below the position `searched` are in texts. Whoever brings that forward holds it locked.
CREATE TABLE affidavit.marks (
    id       int    PRIMARY KEY CHECK (id = 1),
    searched bigint NOT NULL DEFAULT 0
);

-- Everything the ledger signed about itself, and the tree's tiles of level 1 and above (C2SP tlog-tiles).
CREATE TABLE affidavit.checkpoints (
    size bigint PRIMARY KEY,
    root bytea  NOT NULL,
    note bytea  NOT NULL,
    at   bigint NOT NULL
);
CREATE TABLE affidavit.tiles (
    level  int    NOT NULL CHECK (level >= 1),
    number bigint NOT NULL,
    hashes bytea  NOT NULL,
    PRIMARY KEY (level, number)
);

-- What witnesses and time-stamping authorities said of a checkpoint.
CREATE TABLE affidavit.cosignatures (
    size bigint NOT NULL,
    name text   COLLATE "C" NOT NULL,
    line text   NOT NULL,
    at   bigint NOT NULL,
    PRIMARY KEY (size, name)
);
CREATE TABLE affidavit.timestamps (
    size  bigint PRIMARY KEY,
    token bytea  NOT NULL
);

-- Chains under legal hold, and the entry that says so.
CREATE TABLE affidavit.holds (
    chain bytea PRIMARY KEY,
    by    bytea NOT NULL
);

-- Entries whose payload is gone while texts, or pages that were not vacuumed, may still have it. `xid`: of the transaction
-- that took it out of texts, NULL before; `vacuums`: how often each table had been vacuumed when nobody could see any more
-- what was there before that.
CREATE TABLE affidavit.erasing (
    chain   bytea  NOT NULL,
    seq     bigint NOT NULL,
    xid     bigint,
    vacuums bigint[],
    PRIMARY KEY (chain, seq)
);

-- Tenants, and API keys by the SHA-256 of their token.
CREATE TABLE affidavit.workspaces (
    id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text   COLLATE "C" NOT NULL UNIQUE,
    salt bytea  NOT NULL
);
CREATE TABLE affidavit.keys (
    number            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id                text   COLLATE "C" NOT NULL UNIQUE,
    workspace         bigint NOT NULL REFERENCES affidavit.workspaces (id),
    dialect           text   NOT NULL,
    scopes            text[] NOT NULL,
    digest            bytea  NOT NULL UNIQUE,
    created_at        bigint NOT NULL,
    expires_at        bigint,
    revoked_at        bigint,
    secret_generation bigint NOT NULL
);

-- Entries with their positions, in the order of Entry's fields; those that have none yet are not in it.
CREATE VIEW affidavit.placed AS
SELECT r.position + e.seq - r.first AS position, e.*
FROM affidavit.entries e
CROSS JOIN LATERAL (
    SELECT * FROM affidavit.runs r WHERE r.chain = e.chain AND r.first <= e.seq ORDER BY r.first DESC LIMIT 1
) r
WHERE e.seq < r.first + r.size;

-- Where chains stood when the ledger had the size that it says it has: at their last entry with a position.
CREATE VIEW affidavit.standing AS
SELECT c.chain, c.workspace, c.dialect, c.key,
    coalesce(e.seq, c.seq) AS seq, coalesce(e.hash, c.hash) AS hash, coalesce(e.at, c.at) AS at, c.erased
FROM affidavit.chains c
LEFT JOIN (
    SELECT chain, min(first) - 1 AS seq FROM affidavit.arrivals, unnest(chains, firsts) AS arrived (chain, first)
    GROUP BY chain
) a ON a.chain = c.chain
LEFT JOIN affidavit.entries e ON e.chain = c.chain AND e.seq = a.seq
WHERE a.seq IS NULL OR a.seq > 0;

-- Gives positions to what was committed, and returns the ledger's size. A run gets its place by the id of its first
-- entry, but never one before an earlier run of its chain, whoever wrote that with whatever clock. From the moment the
-- row is ours each statement sees whatever was committed before; positions that were given are never changed. Where
-- nothing can be written, on a standby or by a role that only reads, the ledger is as large as it says.
CREATE FUNCTION affidavit.place() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    base bigint;
    taken bytea[];
    added bigint;
BEGIN
    IF pg_is_in_recovery() OR NOT has_table_privilege('affidavit.runs', 'INSERT')
        OR NOT EXISTS (SELECT FROM affidavit.arrivals)
    THEN
        RETURN (SELECT size FROM affidavit.ledger);
    END IF;
    SELECT size INTO STRICT base FROM affidavit.ledger FOR UPDATE;
    SELECT array_agg(id) INTO taken FROM affidavit.arrivals;
    INSERT INTO affidavit.runs (chain, first, size, position)
    SELECT chain, first, size, base - size + sum(size) OVER (ORDER BY rank, first)
    FROM (
        SELECT r.chain, r.first, r.size, max(ARRAY[r.id]) OVER (PARTITION BY r.chain ORDER BY r.first) AS rank
        FROM affidavit.arrivals a, unnest(a.chains, a.firsts, a.sizes, a.ids) AS r (chain, first, size, id)
        WHERE a.id = ANY(taken)
    ) ranked;
    SELECT coalesce(sum(size), 0) INTO added FROM affidavit.arrivals a, unnest(a.sizes) AS size WHERE a.id = ANY(taken);
    DELETE FROM affidavit.arrivals WHERE id = ANY(taken);
    UPDATE affidavit.ledger SET size = base + added WHERE added > 0;
    RETURN base + added;
END
$$;

-- A payload as text searches look at it: ASCII letters in lower case. Empty where it is not UTF-8: somebody edited it.
CREATE FUNCTION affidavit.lowered(payload bytea) RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL UNSAFE AS $$
BEGIN
    RETURN lower(convert_from(payload, 'UTF8') COLLATE "C");
EXCEPTION WHEN character_not_in_repertoire OR untranslatable_character THEN
    RETURN '';
END
$$;

-- name: trigrams
-- An index of the texts. The extension is PostgreSQL's own; a server that was built without it searches more slowly.
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE INDEX texts_by_trigram ON affidavit.texts USING gin (text gin_trgm_ops);

-- name: begin_ledger
-- Names a new ledger. The last thing that is made.
WITH sealer AS (INSERT INTO affidavit.sealer (id) VALUES (1)), marks AS (INSERT INTO affidavit.marks (id) VALUES (1))
INSERT INTO affidavit.ledger (id, version, origin) VALUES (1, %(version)s, %(origin)s);

-- name: lock_making
-- Whoever makes a ledger in this database, one at a time. Before anything of it is there.
SELECT pg_advisory_xact_lock(hashtextextended('affidavit: making the ledger', 0));

-- name: is_there
-- Whether there is a schema of ours.
SELECT to_regclass('affidavit.ledger') IS NOT NULL;

-- name: ledger
-- Which version of the schema the ledger has, and its name.
SELECT version, origin FROM affidavit.ledger;

-- name: encoding
-- How texts are kept.
SHOW server_encoding;

-- name: unfit
-- What this role's sessions are set to that no ledger is safe with, and what it is to be. A transaction that sees what was
-- there when it began gives positions to less than there is; a COMMIT that waits for no disk is no commit.
SELECT name, setting, CASE name WHEN 'synchronous_commit' THEN 'on' ELSE 'read committed' END FROM pg_settings
WHERE name = 'default_transaction_isolation' AND setting <> 'read committed'
    OR name = 'synchronous_commit' AND setting = 'off'
ORDER BY name;

-- name: open_to_others
-- Schemas where what our statements name is looked for, and anybody may make a function: one that fits better than
-- PostgreSQL's own would be taken for it, and do what our role may.
SELECT nspname FROM pg_namespace, aclexplode(nspacl)
WHERE nspname = ANY(current_schemas(false)) AND grantee = 0 AND privilege_type = 'CREATE';

-- name: is_distributed
-- Whether the entries lie on several nodes: then statements about heads name one chain each.
SELECT EXISTS (
    SELECT FROM pg_extension x JOIN pg_class c ON c.relname = 'pg_dist_partition'
    WHERE x.extname = 'citus'
);
