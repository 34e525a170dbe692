-- Reads of entries and chains. `%(most)s`: bytes of payloads with which a block ends. OFFSET 0 has each run's entries looked
-- up by their key, whatever the planner believes about the sizes of tables that grow all the time.

-- name: place
-- Gives positions to what was committed until now.
SELECT affidavit.place();

-- name: begin
-- All statements see the same commits.
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;

-- name: end
-- Nothing was written.
COMMIT;

-- name: size
-- How many entries have positions.
SELECT size FROM affidavit.ledger;

-- name: last_id
-- The id of the entry at the last position.
SELECT p.id FROM affidavit.runs r
JOIN affidavit.placed p ON p.chain = r.chain AND p.seq = r.first + r.size - 1
ORDER BY r.position DESC LIMIT 1;

-- name: heads
-- Where chains stand now.
SELECT chain, seq, hash, at FROM affidavit.chains WHERE chain = ANY(%(chains)s::bytea[]);

-- name: standing_heads
-- Where they stood at the last position.
SELECT chain, seq, hash, at FROM affidavit.standing WHERE chain = ANY(%(chains)s::bytea[]);

-- name: entry
-- An entry by id.
SELECT * FROM affidavit.placed WHERE id = %(id)s LIMIT 1;

-- name: scan
-- A block of entries from a position on: of the run that the position lies in, and those behind it.
WITH stretch AS (
    SELECT r.position + e.seq - r.first AS position, e.*
    FROM (
        SELECT * FROM affidavit.runs
        WHERE position < %(end)s AND position >= coalesce(
            (SELECT position FROM affidavit.runs WHERE position <= %(start)s ORDER BY position DESC LIMIT 1), 0
        )
    ) r
    CROSS JOIN LATERAL (
        SELECT * FROM affidavit.entries
        WHERE chain = r.chain
            AND seq >= r.first + greatest(%(start)s - r.position, 0)
            AND seq < r.first + least(r.size, %(end)s - r.position)
        OFFSET 0
    ) e
)
SELECT * FROM (
    SELECT *, sum(octet_length(payload)) OVER (ORDER BY position ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS size
    FROM stretch
) block
WHERE coalesce(size, 0) < %(most)s ORDER BY position;

-- name: hashes
-- The hashes of a stretch in one row, with how many there are, where they begin and end, and which is no hash.
WITH stretch AS (
    SELECT r.position + e.seq - r.first AS position, e.hash
    FROM (
        SELECT * FROM affidavit.runs
        WHERE position < %(end)s AND position >= coalesce(
            (SELECT position FROM affidavit.runs WHERE position <= %(start)s ORDER BY position DESC LIMIT 1), 0
        )
    ) r
    CROSS JOIN LATERAL (
        SELECT * FROM affidavit.entries
        WHERE chain = r.chain
            AND seq >= r.first + greatest(%(start)s - r.position, 0)
            AND seq < r.first + least(r.size, %(end)s - r.position)
        OFFSET 0
    ) e
)
SELECT count(*), min(position), max(position), min(position) FILTER (WHERE octet_length(hash) <> 32),
    string_agg(hash, ''::bytea ORDER BY position)
FROM stretch;

-- name: scan_chain
-- A chain's entries in seq order.
SELECT * FROM (
    SELECT *, sum(octet_length(payload)) OVER (ORDER BY seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS size
    FROM (
        SELECT * FROM affidavit.placed WHERE chain = %(chain)s AND seq > %(after)s ORDER BY seq LIMIT %(limit)s
    ) stretch
) block
WHERE coalesce(size, 0) < %(most)s ORDER BY seq;

-- name: scan_agent
-- A stretch of what an agent did, in the order of the ledger.
SELECT * FROM (
    SELECT *, sum(octet_length(payload)) OVER (ORDER BY position ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS size
    FROM (
        SELECT * FROM affidavit.placed
        WHERE workspace = %(workspace)s AND dialect = %(dialect)s
            AND hashtextextended(agent, 0) = hashtextextended(%(agent)s::text, 0) AND agent = %(agent)s
            AND position > %(after)s
        ORDER BY position LIMIT %(limit)s
    ) stretch
) block
WHERE coalesce(size, 0) < %(most)s ORDER BY position;

-- name: chains
-- A dialect's chains in a workspace, by chain key.
SELECT chain, key, seq, hash, at, erased FROM affidavit.standing
WHERE workspace = %(workspace)s AND dialect = %(dialect)s ORDER BY key, chain;

-- name: chain
-- A chain of a workspace, by its id, and its dialect.
SELECT dialect, chain, key, seq, hash, at, erased FROM affidavit.standing
WHERE chain = %(chain)s AND workspace = %(workspace)s;

-- name: all_chains
-- Every chain of the ledger.
SELECT chain, key, seq, hash, at, erased FROM affidavit.standing ORDER BY chain;

-- name: holds
-- Every chain under legal hold, and the position of the entry that says so.
SELECT h.chain, p.position FROM affidavit.holds h JOIN affidavit.placed p ON p.id = h.by ORDER BY h.chain;

-- name: repeats
-- What is known of requests that came at or after a time.
SELECT key, request FROM affidavit.repeats WHERE key = ANY(%(keys)s::bytea[]) AND at >= %(since)s;

-- name: repeated
-- The ids of what a request recorded, one behind the other.
SELECT ids FROM affidavit.repeats WHERE key = %(key)s;

-- name: entries
-- Entries by their ids.
SELECT * FROM affidavit.placed WHERE id = ANY(%(ids)s::bytea[]);

-- name: agents
-- Agents with entries in a span of time: name, entries, least and greatest time.
SELECT agent, count(*), min(time), max(time) FROM affidavit.entries
WHERE workspace = %(workspace)s AND dialect = %(dialect)s AND agent IS NOT NULL AND time BETWEEN %(since)s AND %(until)s
GROUP BY agent ORDER BY agent;

-- name: sessions
-- The same of sessions.
SELECT session, count(*), min(time), max(time) FROM affidavit.entries
WHERE workspace = %(workspace)s AND dialect = %(dialect)s AND session IS NOT NULL
    AND time BETWEEN %(since)s AND %(until)s
GROUP BY session ORDER BY session;

-- name: storage_bytes
-- What all tables take, with their indexes.
SELECT sum(pg_total_relation_size(oid))::bigint FROM pg_class
WHERE relnamespace = 'affidavit'::regnamespace AND relkind = 'r';
