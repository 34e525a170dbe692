-- A ledger that is copied: what only a copy reads, and how it is written. `%(copying)s`: the version of a ledger that is not whole.

-- name: cosignatures
-- Every witness's line.
SELECT size, name, line, at FROM affidavit.cosignatures ORDER BY size, name;

-- name: timestamps
-- Every time stamp.
SELECT size, token FROM affidavit.timestamps ORDER BY size;

-- name: requests
-- All that may come again, with the ids of its entries, one behind the other.
SELECT key, request, ids, at FROM affidavit.repeats ORDER BY key;

-- name: set_version
-- What the ledger in this database is from now on; nothing where it is not `before`.
UPDATE affidavit.ledger SET version = %(version)s WHERE version = %(before)s;

-- name: move_size
-- A block goes behind what is there, unless another copy has put one there.
UPDATE affidavit.ledger SET size = %(end)s WHERE size = %(start)s AND version = %(copying)s;

-- name: add_runs
-- The positions of a block from `start` on: runs lie one behind the other.
INSERT INTO affidavit.runs (chain, first, size, position)
SELECT chain, first, size, %(start)s + sum(size) OVER (ORDER BY number) - size
FROM unnest(%(chains)s::bytea[], %(firsts)s::bigint[], %(sizes)s::int[])
    WITH ORDINALITY AS run (chain, first, size, number);

-- name: lock_copy
-- One copy at a time; gives a row where the ledger is not whole.
SELECT size FROM affidavit.ledger WHERE version = %(copying)s FOR UPDATE;

-- name: empty
-- What an earlier try has put beside the entries.
TRUNCATE affidavit.chains, affidavit.checkpoints, affidavit.tiles, affidavit.cosignatures, affidavit.timestamps,
    affidavit.holds, affidavit.repeats;

-- name: empty_owners
-- The same of keys and tenants.
TRUNCATE affidavit.keys, affidavit.workspaces RESTART IDENTITY;

-- name: put_workspace
-- A tenant, with its number.
INSERT INTO affidavit.workspaces (id, name, salt) OVERRIDING SYSTEM VALUE VALUES (%(id)s, %(name)s, %(salt)s);

-- name: number_workspaces
-- The next tenant gets the next number.
SELECT setval(pg_get_serial_sequence('affidavit.workspaces', 'id'), greatest(max(id), 1), max(id) IS NOT NULL)
FROM affidavit.workspaces;

-- name: analyze
-- Plans by what was copied, not by empty tables.
ANALYZE affidavit.entries, affidavit.runs, affidavit.chains, affidavit.checkpoints, affidavit.tiles, affidavit.repeats;

-- name: put_chains
-- Where chains stand.
COPY affidavit.chains (chain, workspace, dialect, key, seq, hash, at, erased) FROM STDIN (FORMAT BINARY);

-- name: put_checkpoints
-- What the ledger signed.
COPY affidavit.checkpoints (size, root, note, at) FROM STDIN (FORMAT BINARY);

-- name: put_tiles
-- The tree.
COPY affidavit.tiles (level, number, hashes) FROM STDIN (FORMAT BINARY);

-- name: put_cosignatures
-- What witnesses said.
COPY affidavit.cosignatures (size, name, line, at) FROM STDIN (FORMAT BINARY);

-- name: put_timestamps
-- What authorities said.
COPY affidavit.timestamps (size, token) FROM STDIN (FORMAT BINARY);

-- name: put_holds
-- Chains under legal hold.
COPY affidavit.holds (chain, by) FROM STDIN (FORMAT BINARY);

-- name: put_requests
-- What may come again.
COPY affidavit.repeats (key, request, ids, at) FROM STDIN (FORMAT BINARY);
