-- What proves the entries to others: the tree's tiles, checkpoints, and the leaves of the heads tree.

-- name: lead
-- Take the lease, or renew it; by the database's own clock. Gives the epoch, nothing while another has it. One that goes
-- on for longer than any is given was given before the clock went back, or by a primary whose clock was ahead.
UPDATE affidavit.sealer
SET holder = %(holder)s, epoch = epoch + CASE WHEN holder = %(holder)s THEN 0 ELSE 1 END,
    until = clock_timestamp() + make_interval(secs => %(seconds)s)
WHERE holder = %(holder)s
    OR until NOT BETWEEN clock_timestamp() AND clock_timestamp() + 2 * make_interval(secs => %(seconds)s)
RETURNING epoch;

-- name: resign
-- Let go of the lease.
UPDATE affidavit.sealer SET until = '-infinity' WHERE holder = %(holder)s AND epoch = %(epoch)s;

-- name: fence
-- Whether it is still this one's epoch: nobody takes over until the end of the transaction.
SELECT holder = %(holder)s AND epoch = %(epoch)s FROM affidavit.sealer FOR UPDATE;

-- name: add_checkpoint
-- The checkpoint after the one of the size `expected`. Adds none if that is not the newest, or if the new one is not
-- beyond it, or is beyond the entries.
INSERT INTO affidavit.checkpoints (size, root, note, at)
SELECT %(size)s, %(root)s, %(note)s, %(at)s
WHERE %(expected)s = (SELECT coalesce(max(size), 0) FROM affidavit.checkpoints)
    AND %(size)s BETWEEN %(expected)s + 1 AND (SELECT size FROM affidavit.ledger);

-- name: put_tiles
-- Tiles, in the place of what they grew from.
INSERT INTO affidavit.tiles (level, number, hashes)
SELECT * FROM unnest(%(levels)s::int[], %(numbers)s::bigint[], %(hashes)s::bytea[])
ON CONFLICT (level, number) DO UPDATE SET hashes = excluded.hashes;

-- name: tile
-- The hashes of a tile.
SELECT hashes FROM affidavit.tiles WHERE level = %(level)s AND number = %(number)s;

-- name: newest_checkpoint
-- What the ledger signed last.
SELECT size, root, note, at FROM affidavit.checkpoints ORDER BY size DESC LIMIT 1;

-- name: checkpoint
-- What the ledger signed at a size.
SELECT size, root, note, at FROM affidavit.checkpoints WHERE size = %(size)s;

-- name: checkpoints
-- What the ledger signed beyond a size.
SELECT size, root, note, at FROM affidavit.checkpoints WHERE size > %(after)s ORDER BY size LIMIT %(limit)s;

-- name: roll
-- The leaves of the heads tree, a line each, by chain: for a stretch of chains, in one row.
SELECT count(*), (max(ARRAY[chain]))[1],
    string_agg(
        '{"chain":"' || encode(chain, 'hex') || '","head":"' || encode(hash, 'hex') || '","seq":' || seq || '}',
        E'\n' ORDER BY chain
    )
FROM (
    SELECT chain, hash, seq FROM affidavit.standing WHERE chain > %(after)s ORDER BY chain LIMIT %(limit)s
) stretch;
