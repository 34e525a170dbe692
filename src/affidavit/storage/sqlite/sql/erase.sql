-- Erasing: in the transaction that appends the entry which says so, and afterwards.

-- name: held
-- The entries of `:ids`, a JSON array of hexadecimal ids, whose chain is under legal hold, and what says so.
SELECT e.id, e.chain, h.position
FROM json_each(:ids) wanted CROSS JOIN entries e ON e.id = unhex(wanted.value) CROSS JOIN holds h ON h.chain = e.chain;

-- name: traces
-- What is derived from the entries: needed to find it, and to take the text out of the search. `:searchable` is a JSON
-- object, dialect -> JSON path.
SELECT e.position, e.chain, e.workspace, e.dialect, e.agent, e.session, e.type, e.severity, e.time, e.at,
    iif(json_valid(CAST(e.payload AS TEXT)), CAST(e.payload AS TEXT) -> path.value, '')
FROM json_each(:ids) wanted
CROSS JOIN entries e ON e.id = unhex(wanted.value)
LEFT JOIN json_each(:searchable) path ON path.key = e.dialect
WHERE length(e.salt) > 0 OR length(e.payload) > 0;

-- name: erase
-- One entry: its header stays.
UPDATE entries
SET salt = x'', payload = x'', agent = NULL, session = NULL, type = '', severity = NULL, time = at WHERE position = ?;

-- name: erasing
-- Copies of it may be left.
INSERT INTO erasing (position) VALUES (?);

-- name: count_erased
-- So many more of a chain's entries are.
UPDATE chains SET erased = erased + ? WHERE chain = ?;

-- name: erase_key
-- A chain's key goes with the last of its entries. Gives the chain then.
UPDATE chain_keys SET key = ''
WHERE number = (SELECT key FROM chains WHERE chain = :chain AND erased = seq) RETURNING :chain;

-- name: requests
-- The requests that recorded any of them. Every request of a day is looked at, so not where commits wait.
SELECT key FROM ledger.repeats
WHERE request <> x''
    AND EXISTS (SELECT 1 FROM ledger.erasing WHERE position >= first AND position < first + size);

-- name: erase_request
-- The digest of a request.
UPDATE ledger.repeats SET request = x'' WHERE key = ?;

-- name: nameless
-- Chains without a key: all their entries are erased.
SELECT chain FROM chains WHERE erased = seq;

-- name: restore_key
-- A chain goes on that had lost its key.
UPDATE chain_keys SET key = :key WHERE number = (SELECT key FROM chains WHERE chain = :chain);

-- name: hold
-- The first that says so counts.
INSERT INTO holds (chain, position) VALUES (?, ?) ON CONFLICT DO NOTHING;

-- name: release
-- A chain that is under legal hold no more.
DELETE FROM holds WHERE chain = ?;

-- name: left
-- What an earlier process did not come to the end of.
SELECT position FROM erasing ORDER BY position;

-- name: cleaned
-- No copy of these is left; `:positions` is a JSON array.
DELETE FROM ledger.erasing WHERE position IN (SELECT value FROM json_each(:positions));
