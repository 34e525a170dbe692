-- What proves the entries to others: the tree's tiles, checkpoints, and the leaves of the heads tree.

-- name: settings
-- The sealer's connection. A commit of it writes to the WAL and lets go of the write lock at once; what makes it durable
-- comes after, so that no append waits for that. Putting the WAL into the file is the indexer's.
PRAGMA synchronous = NORMAL;
PRAGMA wal_autocheckpoint = 0;
PRAGMA cache_size = -1024;

-- name: begin
-- Takes the write lock at once.
BEGIN IMMEDIATE;

-- name: commit
-- Lets go of it.
COMMIT;

-- name: rollback
-- Leaves nothing of a seal that failed.
ROLLBACK;

-- name: add_checkpoint
-- The checkpoint after the one of the size `:expected`. Adds none if that is not the newest, or if the new one is not
-- beyond it, or is beyond the entries.
INSERT INTO checkpoints (size, root, note, at)
SELECT :size, :root, :note, :at
WHERE :expected = (SELECT coalesce(max(size), 0) FROM checkpoints)
    AND :size BETWEEN :expected + 1 AND (SELECT coalesce(max(position), -1) + 1 FROM entries);

-- name: put_tile
-- A tile, in the place of what it grew from.
INSERT OR REPLACE INTO tiles (level, number, hashes) VALUES (?, ?, ?);

-- name: tile
-- The hashes of a tile.
SELECT hashes FROM tiles WHERE level = ? AND number = ?;

-- name: newest_checkpoint
-- What the ledger signed last.
SELECT size, root, note, at FROM checkpoints ORDER BY size DESC LIMIT 1;

-- name: checkpoint
-- What the ledger signed at a size.
SELECT size, root, note, at FROM checkpoints WHERE size = ?;

-- name: checkpoints
-- What the ledger signed beyond a size.
SELECT size, root, note, at FROM checkpoints WHERE size > ? ORDER BY size LIMIT ?;

-- name: size
-- How many entries there are.
SELECT coalesce(max(position), -1) + 1 FROM entries;

-- name: roll
-- The leaves of the heads tree for a stretch of chains, a line each, in one row: a row each would cost a wait for the
-- interpreter's lock each. With them how many there are, and the last one's chain.
SELECT
    count(*), max(chain),
    group_concat(
        lower('{"chain":"' || hex(chain) || '","head":"' || hex(hash) || '","seq":' || seq || '}'),
        char(10) ORDER BY chain
    )
FROM (SELECT chain, hash, seq FROM chains WHERE chain > ? ORDER BY chain LIMIT ?);
