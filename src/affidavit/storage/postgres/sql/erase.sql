-- Erasing: in the transaction that appends the entry which says so, and afterwards.

-- name: chains
-- The chains of what is to be erased, which never change: to be locked with those of the commit, in one order.
SELECT DISTINCT chain FROM affidavit.entries WHERE id = ANY(%(ids)s::bytea[]);

-- name: held
-- The entries whose chain is under legal hold, and the id of the entry that says so.
SELECT e.id, e.chain, h.by FROM affidavit.entries e JOIN affidavit.holds h ON h.chain = e.chain
WHERE e.id = ANY(%(ids)s::bytea[]) LIMIT 1;

-- name: erase
-- Entries: their headers stay. Gives their chains.
UPDATE affidavit.entries
SET salt = '', payload = '', agent = NULL, session = NULL, type = '', severity = NULL, time = at
WHERE id = ANY(%(ids)s::bytea[]) AND (octet_length(salt) > 0 OR octet_length(payload) > 0)
RETURNING chain, seq;

-- name: erasing
-- Copies of them may be left.
INSERT INTO affidavit.erasing (chain, seq) SELECT * FROM unnest(%(chains)s::bytea[], %(seqs)s::bigint[]);

-- name: count_erased
-- So many more of a chain's entries are. A chain's key goes with the last of them.
UPDATE affidavit.chains c
SET erased = erased + u.count, key = CASE WHEN erased + u.count = seq THEN '' ELSE key END
FROM unnest(%(chains)s::bytea[], %(counts)s::bigint[]) AS u (chain, count) WHERE c.chain = u.chain;

-- name: erase_requests
-- The digests of the requests that recorded any of them.
UPDATE affidavit.repeats SET request = ''
WHERE request <> '' AND EXISTS (SELECT FROM unnest(%(ids)s::bytea[]) AS id WHERE position(id IN ids) > 0);

-- name: hold
-- The first that says so counts.
INSERT INTO affidavit.holds (chain, by) SELECT chain, %(by)s FROM unnest(%(chains)s::bytea[]) AS chain
ON CONFLICT (chain) DO NOTHING;

-- name: release
-- Chains that are under legal hold no more.
DELETE FROM affidavit.holds WHERE chain = ANY(%(chains)s::bytea[]);

-- name: clean_texts
-- Texts without what was erased.
UPDATE affidavit.texts t SET text = (
    SELECT coalesce(string_agg(affidavit.lowered(e.payload), E'\n' ORDER BY e.seq), '') FROM affidavit.entries e
    WHERE e.chain = t.chain AND e.seq >= t.first AND e.seq < t.first + t.size
)
FROM affidavit.erasing g WHERE g.chain = t.chain AND g.seq >= t.first AND g.seq < t.first + t.size;

-- name: vacuum
-- What was erased goes off the pages, where nobody reads an older snapshot.
VACUUM (INDEX_CLEANUP ON) affidavit.entries, affidavit.texts, affidavit.chains, affidavit.repeats;

-- name: cleaned
-- Nothing is left of these.
DELETE FROM affidavit.erasing WHERE at < %(at)s;

-- name: left
-- Of how many entries something may be left, and what time it is.
SELECT count(*), clock_timestamp() FROM affidavit.erasing;

-- name: vacuumed
-- When all these tables were last vacuumed, at the least; and since when a transaction lasts that may still see what was there before.
SELECT
    (SELECT min(greatest(last_vacuum, last_autovacuum)) FROM pg_stat_all_tables
     WHERE schemaname = 'affidavit' AND relname IN ('entries', 'texts', 'chains', 'repeats'));
