-- The commit's path. What is not needed to commit is not here.

-- name: settings
-- Durable when COMMIT returns, and what is deleted is overwritten. The cache holds the pages that appends touch: the ends of the tables, and the chains.
PRAGMA synchronous = FULL;
PRAGMA cache_size = -8192;
PRAGMA secure_delete = ON;

-- name: begin
-- Takes the write lock at once, so that the heads compared are the heads written over.
BEGIN IMMEDIATE;

-- name: commit
-- Durable when it returns.
COMMIT;

-- name: rollback
-- Leaves nothing of a failed commit.
ROLLBACK;

-- name: last_position
-- The newest entry's position; NULL in an empty ledger.
SELECT max(position) FROM entries;

-- name: insert_entry
-- One entry, as msgspec.structs.astuple gives it.
INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: open_chain
-- The head of a new chain. Changes nothing if the chain is there already: somebody else was first.
INSERT INTO chains (chain, workspace, dialect, key, seq, hash, at) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING;

-- name: last_key
-- The newest chain key's number.
SELECT coalesce(max(number), 0) FROM chain_keys;

-- name: add_key
-- The key of a new chain.
INSERT INTO chain_keys (number, key) VALUES (?, ?);

-- name: move_head
-- The head after a batch. Changes nothing if the chain is not where the batch was built on.
UPDATE chains SET seq = ?, hash = ?, at = ? WHERE chain = ? AND seq = ?;

-- name: remember
-- What a request recorded that may come again; in the place of an older one that has been forgotten.
INSERT OR REPLACE INTO repeats (key, request, first, size, at) VALUES (?, ?, ?, ?, ?);

-- name: forget
-- A few of those that are too old to come again.
DELETE FROM repeats WHERE key IN (SELECT key FROM repeats WHERE at < ? ORDER BY at LIMIT ?);
