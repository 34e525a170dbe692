-- The data: ledger.sqlite. Nothing in it can be rebuilt from anywhere else.

-- name: schema
-- What ledger.sqlite held in its first version, and still holds. A change is a new version: a statement of its own below,
-- which makes a new file as well as it migrates an old one.
PRAGMA page_size = 8192;
PRAGMA application_id = 0x41666644;  -- "AffD"
PRAGMA user_version = 1;

-- One row: what this ledger is.
CREATE TABLE ledger (
    id     INTEGER PRIMARY KEY CHECK (id = 1),
    origin TEXT    NOT NULL
) STRICT;

-- The entries, in the column order of core.entry.Entry. No index but the one on ids, which only ever grow: what
-- queries need is derived off the commit's path, in index.sqlite.
CREATE TABLE entries (
    position   INTEGER PRIMARY KEY,
    chain      BLOB    NOT NULL,
    seq        INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    id         BLOB    NOT NULL,
    by         TEXT    NOT NULL,
    dialect    TEXT    NOT NULL,
    prev       BLOB    NOT NULL,
    hash       BLOB    NOT NULL,
    commitment BLOB    NOT NULL,
    salt       BLOB    NOT NULL,
    payload    BLOB    NOT NULL,
    workspace  INTEGER NOT NULL,
    agent      TEXT,
    session    TEXT,
    type       TEXT    NOT NULL,
    severity   TEXT,
    time       INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX entries_by_id ON entries (id);

-- The heads. The columns of the index never change after a chain's first entry, so that moving a head is one write.
CREATE TABLE chains (
    chain     BLOB    PRIMARY KEY,
    workspace INTEGER NOT NULL,
    dialect   TEXT    NOT NULL,
    key       TEXT    NOT NULL,
    seq       INTEGER NOT NULL,
    hash      BLOB    NOT NULL,
    at        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX chains_by_key ON chains (workspace, dialect, key);

CREATE TABLE workspaces (
    id   INTEGER PRIMARY KEY,
    name TEXT    NOT NULL UNIQUE,
    salt BLOB    NOT NULL
) STRICT;

-- API keys by the SHA-256 of their token; scopes are a JSON array of texts.
CREATE TABLE keys (
    number     INTEGER PRIMARY KEY,
    id         TEXT    NOT NULL UNIQUE,
    workspace  INTEGER NOT NULL REFERENCES workspaces (id),
    dialect    TEXT    NOT NULL,
    scopes     TEXT    NOT NULL,
    digest     BLOB    NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER,
    secret_generation INTEGER NOT NULL
) STRICT;

-- What requests with an Idempotency-Key recorded: `size` entries from position `first` on. Forgotten after a day.
CREATE TABLE repeats (
    key     BLOB    PRIMARY KEY,
    request BLOB    NOT NULL,
    first   INTEGER NOT NULL,
    size    INTEGER NOT NULL,
    at      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX repeats_by_time ON repeats (at);

-- name: schema_2
-- What the second version adds: evidence over the entries, and what is erased or held.

-- The tree's nodes of level 8, 16, ... in tiles of 256, 32 bytes each (C2SP tlog-tiles). The last of a level grows.
CREATE TABLE tiles (
    level  INTEGER NOT NULL CHECK (level >= 1),
    number INTEGER NOT NULL,
    hashes BLOB    NOT NULL,
    PRIMARY KEY (level, number)
) STRICT, WITHOUT ROWID;

-- Everything the ledger signed about itself.
CREATE TABLE checkpoints (
    size INTEGER PRIMARY KEY,
    root BLOB    NOT NULL,
    note BLOB    NOT NULL,
    at   INTEGER NOT NULL
) STRICT;

-- What witnesses said of a checkpoint: lines of its signed note (C2SP tlog-cosignature).
CREATE TABLE cosignatures (
    size INTEGER NOT NULL,
    name TEXT    NOT NULL,
    line TEXT    NOT NULL,
    at   INTEGER NOT NULL,
    PRIMARY KEY (size, name)
) STRICT, WITHOUT ROWID;

-- What an authority said about when a checkpoint existed (RFC 3161, DER).
CREATE TABLE timestamps (
    size  INTEGER PRIMARY KEY,
    token BLOB    NOT NULL
) STRICT;

-- Entries whose payload is gone while copies of it may still be in the index or in a WAL.
CREATE TABLE erasing (
    position INTEGER PRIMARY KEY
) STRICT;

-- Chains under legal hold, and the position of the entry that says so.
CREATE TABLE holds (
    chain    BLOB    PRIMARY KEY,
    position INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 2;

-- name: schema_3
-- What the third version changes: chain keys, which are clients' texts, lie in a table that only grows at its end. What
-- lies in an ordered one is copied when its pages are split, and such a copy outlives what is erased.

-- The chains' keys. One is empty once every entry of its chain is erased.
CREATE TABLE chain_keys (
    number INTEGER PRIMARY KEY,
    key    TEXT    NOT NULL
) STRICT;

-- The heads. `key`: its number. `erased`: how many of the entries are; the chain has `seq` in all. The columns of the
-- index never change after a chain's first entry, so that moving a head is one write.
CREATE TABLE heads (
    chain     BLOB    PRIMARY KEY,
    workspace INTEGER NOT NULL,
    dialect   TEXT    NOT NULL,
    key       INTEGER NOT NULL,
    seq       INTEGER NOT NULL,
    hash      BLOB    NOT NULL,
    at        INTEGER NOT NULL,
    erased    INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

INSERT INTO chain_keys (key) SELECT key FROM chains ORDER BY chain;
INSERT INTO heads (chain, workspace, dialect, key, seq, hash, at)
SELECT chain, workspace, dialect, row_number() OVER (ORDER BY chain), seq, hash, at FROM chains ORDER BY chain;
DROP TABLE chains;
ALTER TABLE heads RENAME TO chains;
CREATE INDEX chains_by_owner ON chains (workspace, dialect);

PRAGMA user_version = 3;

-- name: use_wal
-- Readers and the writer do not wait for each other.
PRAGMA journal_mode = WAL;

-- name: set_origin
-- Names a new ledger.
INSERT INTO ledger (id, origin) VALUES (1, ?);

-- name: origin
-- The ledger's name.
SELECT origin FROM ledger;
