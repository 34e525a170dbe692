-- Who may do what: three roles that nobody logs in as, granted to those that servers and people log in as. `{writer}` and the
-- others stand for their names. Whoever made the ledger owns the tables; no server needs to.

-- name: role
-- What is known of a role: whether it logs in, and whether it may do more than it was granted.
SELECT rolcanlogin, rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls
FROM pg_roles WHERE rolname = %(name)s;

-- name: make
-- A role that has nothing yet.
CREATE ROLE {role} NOLOGIN;

-- name: start_anew
-- Takes what was granted before, so that what a newer version needs no more goes.
REVOKE ALL ON ALL TABLES IN SCHEMA affidavit FROM {writer}, {eraser}, {reader};
GRANT USAGE ON SCHEMA affidavit TO {writer}, {eraser}, {reader};

-- name: grant_reader
-- Reads entries and what proves them: no key, and nothing of who sent what.
GRANT SELECT ON affidavit.ledger, affidavit.entries, affidavit.chains, affidavit.arrivals, affidavit.runs,
    affidavit.texts, affidavit.marks, affidavit.checkpoints, affidavit.tiles, affidavit.cosignatures,
    affidavit.timestamps, affidavit.holds, affidavit.workspaces, affidavit.placed, affidavit.standing
TO {reader};

-- name: grant_writer
-- Runs a server: adds entries and all that grows with them. It cannot change an entry, its position, a checkpoint or who a
-- chain belongs to, nor take any of them away; nor release a legal hold.
GRANT SELECT ON ALL TABLES IN SCHEMA affidavit TO {writer};
GRANT INSERT ON affidavit.entries, affidavit.chains, affidavit.arrivals, affidavit.runs, affidavit.repeats,
    affidavit.texts, affidavit.checkpoints, affidavit.tiles, affidavit.cosignatures, affidavit.timestamps,
    affidavit.holds, affidavit.workspaces, affidavit.keys
TO {writer};
GRANT UPDATE (size) ON affidavit.ledger TO {writer};
GRANT UPDATE (holder, epoch, until) ON affidavit.sealer TO {writer};
GRANT UPDATE (seq, hash, at, key) ON affidavit.chains TO {writer};
GRANT UPDATE (request, ids, at), DELETE ON affidavit.repeats TO {writer};
GRANT UPDATE (size, text) ON affidavit.texts TO {writer};
GRANT UPDATE (searched) ON affidavit.marks TO {writer};
GRANT UPDATE (hashes) ON affidavit.tiles TO {writer};
GRANT UPDATE (line, at) ON affidavit.cosignatures TO {writer};
GRANT UPDATE (token) ON affidavit.timestamps TO {writer};
GRANT UPDATE (revoked_at, secret_generation) ON affidavit.keys TO {writer};
GRANT DELETE ON affidavit.arrivals TO {writer};
GRANT UPDATE (xid, vacuums), DELETE ON affidavit.erasing TO {writer};

-- name: grant_eraser
-- Runs a server that may erase, and `affidavit erase`, `retain` and `release`: the same, and what an erasure empties.
GRANT {writer} TO {eraser};
GRANT UPDATE (salt, payload, agent, session, type, severity, time) ON affidavit.entries TO {eraser};
GRANT UPDATE (erased) ON affidavit.chains TO {eraser};
GRANT INSERT ON affidavit.erasing TO {eraser};
GRANT DELETE ON affidavit.holds TO {eraser};
