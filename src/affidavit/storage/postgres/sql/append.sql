-- The commit's path: five round trips, however many entries. Heads are locked in the order of their chains, and before
-- that new chains are inserted in that order: whoever waits for an insert holds nothing that a lock is waited for with.

-- name: begin
-- Each statement sees what was committed before it. A server that is paused in the midst of a commit holds nobody up.
BEGIN ISOLATION LEVEL READ COMMITTED;

-- name: limits
-- For this transaction only, in ms: how long it may rest between two statements, and wait for a lock.
SELECT set_config('idle_in_transaction_session_timeout', %(idle)s, true), set_config('lock_timeout', %(lock)s, true);

-- name: open_chains
-- New chains, with the heads that they will have. Waits for whoever opens the same one, and leaves that as it is then.
INSERT INTO affidavit.chains (chain, workspace, dialect, key, seq, hash, at)
SELECT * FROM unnest(
    %(chains)s::bytea[], %(workspaces)s::bigint[], %(dialects)s::text[], %(keys)s::text[],
    %(seqs)s::bigint[], %(hashes)s::bytea[], %(ats)s::bigint[]
) AS opened (chain, workspace, dialect, key, seq, hash, at)
ORDER BY chain
ON CONFLICT (chain) DO NOTHING
RETURNING chain;

-- name: lock_chains
-- Where chains stand, and whether they have lost their keys; they stay there until the end of the transaction.
SELECT chain, seq, hash, at, erased = seq FROM affidavit.chains WHERE chain = ANY(%(chains)s::bytea[])
ORDER BY chain FOR UPDATE;

-- name: lock_chain
-- The same for one chain: what a database that is distributed by chains takes, many of them in one round trip.
SELECT chain, seq, hash, at, erased = seq FROM affidavit.chains WHERE chain = %(chain)s FOR UPDATE;

-- name: move_heads
-- Where chains stand after the commit.
UPDATE affidavit.chains c SET seq = u.seq, hash = u.hash, at = u.at
FROM unnest(%(chains)s::bytea[], %(seqs)s::bigint[], %(hashes)s::bytea[], %(ats)s::bigint[]) AS u (chain, seq, hash, at)
WHERE c.chain = u.chain;

-- name: move_head
-- The same for one chain.
UPDATE affidavit.chains SET seq = %(seq)s, hash = %(hash)s, at = %(at)s WHERE chain = %(chain)s;

-- name: restore_key
-- A chain goes on that had lost its key.
UPDATE affidavit.chains SET key = %(key)s WHERE chain = %(chain)s;

-- name: add_arrival
-- What this commit brings, for whoever gives positions.
INSERT INTO affidavit.arrivals (id, chains, firsts, sizes, ids)
VALUES (%(id)s, %(chains)s::bytea[], %(firsts)s::bigint[], %(sizes)s::int[], %(ids)s::bytea[]);

-- name: remember
-- What requests recorded that may come again, in the place of older ones that may be forgotten, or were erased. Gives those
-- it kept: one that is missing was recorded meanwhile.
INSERT INTO affidavit.repeats AS r (key, request, ids, at)
SELECT * FROM unnest(%(keys)s::bytea[], %(requests)s::bytea[], %(ids)s::bytea[], %(ats)s::bigint[])
    AS u (key, request, ids, at)
ORDER BY key
ON CONFLICT (key) DO UPDATE SET request = excluded.request, ids = excluded.ids, at = excluded.at
    WHERE r.at < %(since)s OR r.request = ''
RETURNING key;

-- name: forget
-- A few of those that are too old to come again.
DELETE FROM affidavit.repeats WHERE key IN (
    SELECT key FROM affidavit.repeats WHERE at < %(since)s ORDER BY at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
);

-- name: copy_entries
-- The entries, in the order of Entry's fields but for the position.
COPY affidavit.entries (
    chain, seq, at, id, by, dialect, prev, hash, commitment, salt, payload,
    workspace, agent, session, type, severity, time
) FROM STDIN (FORMAT BINARY);

-- name: end_paused
-- Ends whoever of this role keeps chains locked in the midst of a COPY whose rows do not come. `idle`: ms, for how long.
-- A server that is paused there, or whose machine is gone, no timeout of the database reaches.
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND usename = current_user AND state = 'active' AND wait_event = 'ClientRead'
    AND strpos(query, 'COPY affidavit.entries') > 0
    AND query_start < clock_timestamp() - %(idle)s::int * interval '1 ms';

-- name: commit
-- Durable when it returns.
COMMIT;

-- name: rollback
-- Leaves nothing of a failed commit.
ROLLBACK;

-- name: is_committed
-- Whether an entry is there: to be asked while its chain is locked, so that no commit of it is under way any more.
SELECT EXISTS (SELECT FROM affidavit.entries WHERE chain = %(chain)s AND seq = %(seq)s AND id = %(id)s);

-- name: flush
-- Has the commit of this transaction wait for the disk, and for a synchronous standby, as any that writes does.
SELECT pg_logical_emit_message(true, 'affidavit', '');
