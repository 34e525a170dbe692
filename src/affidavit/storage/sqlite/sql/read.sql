-- Reads of entries and chains. Entries from `:mark` on are not in the index yet, and are scanned. Positions are put in
-- order first, entries fetched behind that one by one: no payload is ever sorted, and none is read that is not asked for.

-- name: settings
-- A reader cannot write, whatever it is asked; its caches are small, since there may be many.
PRAGMA main.cache_size = -2048;
PRAGMA ledger.cache_size = -2048;
PRAGMA query_only = ON;

-- name: begin
-- One snapshot for all statements of a read, and a statement that is not read to its end before they are.
BEGIN;
SELECT 1 UNION ALL SELECT 2;

-- name: end
-- Lets go of the snapshot, so that the WAL can start anew.
ROLLBACK;

-- name: last_position
-- The newest entry's position; NULL in an empty ledger.
SELECT max(position) FROM entries;

-- name: last_id
-- The newest entry's id.
SELECT id FROM entries ORDER BY position DESC LIMIT 1;

-- name: head
-- Where a chain stands.
SELECT chain, seq, hash, at FROM chains WHERE chain = ?;

-- name: entry
-- An entry by id.
SELECT * FROM entries WHERE id = ?;

-- name: scan
-- Entries in position order.
SELECT * FROM entries WHERE position >= ? ORDER BY position LIMIT ?;

-- name: next_position
-- The first position that is taken, from one on: names the entry that could not be read.
SELECT position FROM entries WHERE position >= ? ORDER BY position LIMIT 1;

-- name: hashes
-- The hashes of a stretch, in hex, in one row: a row each would cost a wait for the interpreter's lock each. With them how
-- many there are, the last's position, and that of the first which is no hash.
SELECT
    count(*), max(position),
    min(position) FILTER (WHERE typeof(hash) <> 'blob' OR length(hash) <> 32),
    group_concat(hex(hash), '' ORDER BY position)
FROM (SELECT position, hash FROM entries WHERE position >= ? ORDER BY position LIMIT ?);

-- name: scan_chain
-- A chain's entries in seq order: those that are linked, and the tail.
WITH stretch AS MATERIALIZED (
    SELECT seq, position FROM links WHERE chain = :chain AND seq > :after_seq
    UNION ALL
    SELECT seq, position FROM entries WHERE position >= :mark AND chain = :chain AND seq > :after_seq
    ORDER BY seq, position LIMIT :limit
)
SELECT e.* FROM stretch CROSS JOIN entries e ON e.position = stretch.position ORDER BY stretch.seq, stretch.position;

-- name: scan_agent
-- A stretch of what an agent did, in the order of the ledger.
WITH stretch AS MATERIALIZED (
    SELECT p.position FROM facets f CROSS JOIN postings p ON p.facet = f.id
    WHERE (f.workspace, f.dialect, f.kind, f.name) = (:workspace, :dialect, 'agent', :agent) AND p.position > :after
    UNION ALL
    SELECT position FROM entries
    WHERE position >= max(:mark, :after + 1) AND workspace = :workspace AND dialect = :dialect AND agent = :agent
    ORDER BY position LIMIT :limit
)
SELECT e.* FROM stretch CROSS JOIN entries e ON e.position = stretch.position ORDER BY stretch.position;

-- name: chains
-- A dialect's chains in a workspace, by chain key.
SELECT c.chain, coalesce(k.key, ''), c.seq, c.hash, c.at, c.erased
FROM chains c LEFT JOIN chain_keys k ON k.number = c.key
WHERE c.workspace = ? AND c.dialect = ? ORDER BY k.key, c.chain;

-- name: chain
-- A chain of a workspace, by its id, and its dialect.
SELECT c.dialect, c.chain, coalesce(k.key, ''), c.seq, c.hash, c.at, c.erased
FROM chains c LEFT JOIN chain_keys k ON k.number = c.key
WHERE c.chain = ? AND c.workspace = ?;

-- name: all_chains
-- Every chain of the ledger.
SELECT c.chain, coalesce(k.key, ''), c.seq, c.hash, c.at, c.erased
FROM chains c LEFT JOIN chain_keys k ON k.number = c.key ORDER BY c.chain;

-- name: holds
-- Every chain under legal hold.
SELECT chain, position FROM holds ORDER BY chain;

-- name: repeat
-- The request with a key that came at or after a time.
SELECT key, request FROM repeats WHERE key = ? AND at >= ?;

-- name: repeated
-- Where the entries are that a request recorded.
SELECT first, size FROM repeats WHERE key = ?;
