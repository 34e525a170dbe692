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

-- name: left
-- Of how many entries something may be left.
SELECT count(*) FROM affidavit.erasing;

-- name: lock_texts
-- Whoever brings texts forward has done, or sees from now on what was erased. Gives this transaction's number.
SELECT pg_current_xact_id()::text::bigint FROM affidavit.marks FOR UPDATE;

-- name: take_erased
-- What is to go out of texts in this transaction.
UPDATE affidavit.erasing SET xid = %(xid)s WHERE xid IS NULL;

-- name: clean_texts
-- Texts without that.
UPDATE affidavit.texts t SET text = (
    SELECT coalesce(string_agg(affidavit.lowered(e.payload), E'\n' ORDER BY e.seq), '') FROM affidavit.entries e
    WHERE e.chain = t.chain AND e.seq >= t.first AND e.seq < t.first + t.size
)
FROM affidavit.erasing g WHERE g.chain = t.chain AND g.seq >= t.first AND g.seq < t.first + t.size AND g.xid = %(xid)s;

-- name: horizon
-- The oldest transaction that somebody may not see the end of, who still sees what was there before; and the next one. By
-- sessions, of which ours does not see the end of any that is under way or prepared, and replicas: a vacuum that begins
-- now removes whatever ended before the oldest.
SELECT xmax - coalesce(max(age(held)), 0), xmax
FROM (SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS xmax) now
LEFT JOIN (
    SELECT backend_xmin AS held FROM pg_stat_activity WHERE datname IS NULL OR datname = current_database()
    UNION ALL
    SELECT xmin FROM pg_replication_slots
) holding ON held IS NOT NULL
GROUP BY xmax;

-- name: ripe
-- Of how many entries nobody can see any more what was there before. One from beyond `next` was restored from a dump, which
-- has no older versions of rows.
SELECT count(*) FROM affidavit.erasing WHERE xid < %(oldest)s OR xid >= %(next)s;

-- name: may_vacuum
-- Whether VACUUM does it for us: for who owns these tables, or the database; all others it leaves with a warning.
SELECT bool_and(pg_has_role(relowner, 'USAGE'))
    OR (SELECT pg_has_role(datdba, 'USAGE') FROM pg_database WHERE datname = current_database())
FROM pg_class WHERE relnamespace = 'affidavit'::regnamespace AND relname IN ('entries', 'texts', 'chains', 'repeats');

-- name: vacuum
-- What was erased goes off the pages, where nobody reads an older snapshot.
VACUUM (INDEX_CLEANUP ON) affidavit.entries, affidavit.texts, affidavit.chains, affidavit.repeats;

-- name: vacuumed
-- We have vacuumed: nothing is left of these.
DELETE FROM affidavit.erasing WHERE xid < %(oldest)s OR xid >= %(next)s;

-- name: count_vacuums
-- Others vacuum: how often they have, from when on it would remove these; anew where the database has forgotten its counts.
UPDATE affidavit.erasing SET vacuums = ARRAY(
    SELECT vacuum_count + autovacuum_count FROM pg_stat_all_tables
    WHERE schemaname = 'affidavit' AND relname IN ('chains', 'entries', 'repeats', 'texts') ORDER BY relname
)
WHERE (xid < %(oldest)s OR xid >= %(next)s) AND (vacuums IS NULL OR EXISTS (
    SELECT FROM unnest(vacuums, ARRAY(
        SELECT vacuum_count + autovacuum_count FROM pg_stat_all_tables
        WHERE schemaname = 'affidavit' AND relname IN ('chains', 'entries', 'repeats', 'texts') ORDER BY relname
    )) AS counted (before, now) WHERE now < before
));

-- name: vacuumed_by_others
-- Each table was vacuumed twice since: the first may have been under way, the second began after.
DELETE FROM affidavit.erasing WHERE NOT EXISTS (
    SELECT FROM unnest(vacuums, ARRAY(
        SELECT vacuum_count + autovacuum_count FROM pg_stat_all_tables
        WHERE schemaname = 'affidavit' AND relname IN ('chains', 'entries', 'repeats', 'texts') ORDER BY relname
    )) AS counted (before, now) WHERE now < before + 2
) AND vacuums IS NOT NULL;
