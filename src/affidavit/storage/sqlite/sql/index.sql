-- What queries need: index.sqlite. Derived from the entries, may be deleted at any time, brought forward off the
-- commit's path in a few statements over many entries each: while one runs, other threads run too.

-- name: schema
-- Everything a new index.sqlite holds. Any change needs a new user_version; an older file is thrown away.
PRAGMA application_id = 0x41666649;  -- "AffI"
PRAGMA user_version = 3;

-- One row: whose index this is and how far it goes. Entries below `listed` are in postings and links, those below
-- `searched` in texts. `last_id`: the id of the last entry listed, so that an index of another history is found out.
CREATE TABLE marks (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    origin     TEXT    NOT NULL,
    searchable TEXT    NOT NULL,
    listed     INTEGER NOT NULL,
    last_id    BLOB,
    searched   INTEGER NOT NULL
) STRICT;

-- What entries have in common, by number. Kinds: all (name ''), agent, session, type, severity. One that no entry has
-- any more, since they were erased, loses its name and is of the kind ''.
CREATE TABLE facets (
    id        INTEGER PRIMARY KEY,
    workspace INTEGER NOT NULL,
    dialect   TEXT    NOT NULL,
    kind      TEXT    NOT NULL,
    name      TEXT    NOT NULL,
    UNIQUE (workspace, dialect, kind, name)
) STRICT;

-- The entries of each facet of the kinds all, agent and session, in the order of pages, and by the index in that of the
-- ledger. type and severity are facets.
CREATE TABLE postings (
    facet    INTEGER NOT NULL,
    time     INTEGER NOT NULL,
    position INTEGER NOT NULL,
    type     INTEGER NOT NULL,
    severity INTEGER,
    PRIMARY KEY (facet, time, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX postings_by_position ON postings (facet, position);

-- The entries of each chain, in its order.
CREATE TABLE links (
    chain    BLOB    NOT NULL,
    seq      INTEGER NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (chain, seq, position)
) STRICT, WITHOUT ROWID;

-- Which entries have which three characters in a row in the searchable part of their payload. It only proposes: every
-- entry it gives is looked at.
CREATE VIRTUAL TABLE texts USING fts5 (text, content = '', detail = none, columnsize = 0, tokenize = 'trigram');
INSERT INTO texts (texts, rank) VALUES ('secure-delete', 1);

-- name: set_marks
-- An index of nothing yet.
INSERT INTO marks (id, origin, searchable, listed, searched) VALUES (1, ?, ?, 0, 0);

-- name: use_wal
-- Readers go on while the index is brought forward. Before anything else is in the file.
PRAGMA journal_mode = WAL;

-- name: attach_ledger
-- The index is `main`, so that what it knows is read first; no table name is in both files.
ATTACH ? AS ledger;

-- name: is_about
-- Whether this is the index of a ledger: same name, same searchable parts, and the last entry it lists is there.
SELECT origin = :origin AND searchable = :searchable AND searched BETWEEN 0 AND listed
    AND last_id IS (SELECT id FROM entries WHERE position = listed - 1)
FROM marks;

-- name: marks
-- How far the index goes.
SELECT listed, searched FROM marks;

-- name: settings
-- A power cut may take back what was indexed last, never leave it half written; the cache holds the facets; what is
-- deleted is overwritten, and nothing is put into a file of its own to be sorted.
PRAGMA main.synchronous = NORMAL;
PRAGMA main.cache_size = -16384;
PRAGMA ledger.cache_size = -2048;
PRAGMA temp_store = MEMORY;
PRAGMA secure_delete = ON;

-- name: stretch
-- The next entries after a mark: how many, and the position of the last.
SELECT count(*), max(position) FROM (
    SELECT position FROM entries WHERE position >= ? ORDER BY position LIMIT ?
);

-- name: add_facets
-- Numbers for what the stretch names for the first time.
INSERT OR IGNORE INTO facets (workspace, dialect, kind, name)
WITH stretch AS MATERIALIZED (
    SELECT workspace, dialect, agent, session, type, severity FROM entries
    WHERE position BETWEEN :first AND :last
)
SELECT DISTINCT workspace, dialect, 'all', '' FROM stretch
UNION ALL
SELECT DISTINCT workspace, dialect, 'agent', agent FROM stretch WHERE agent IS NOT NULL
UNION ALL
SELECT DISTINCT workspace, dialect, 'session', session FROM stretch WHERE session IS NOT NULL
UNION ALL
SELECT DISTINCT workspace, dialect, 'type', type FROM stretch
UNION ALL
SELECT DISTINCT workspace, dialect, 'severity', severity FROM stretch WHERE severity IS NOT NULL;

-- name: add_postings
-- Up to three postings for each entry of the stretch.
INSERT INTO postings (facet, time, position, type, severity)
WITH stretch AS MATERIALIZED (
    SELECT e.time, e.position, f.id AS everything, a.id AS agent, s.id AS session, t.id AS type, v.id AS severity
    FROM entries e
    CROSS JOIN facets f ON (f.workspace, f.dialect, f.kind, f.name) = (e.workspace, e.dialect, 'all', '')
    CROSS JOIN facets t ON (t.workspace, t.dialect, t.kind, t.name) = (e.workspace, e.dialect, 'type', e.type)
    LEFT JOIN facets a ON (a.workspace, a.dialect, a.kind, a.name) = (e.workspace, e.dialect, 'agent', e.agent)
    LEFT JOIN facets s ON (s.workspace, s.dialect, s.kind, s.name) = (e.workspace, e.dialect, 'session', e.session)
    LEFT JOIN facets v ON (v.workspace, v.dialect, v.kind, v.name) = (e.workspace, e.dialect, 'severity', e.severity)
    WHERE e.position BETWEEN :first AND :last
)
SELECT everything, time, position, type, severity FROM stretch
UNION ALL
SELECT agent, time, position, type, severity FROM stretch WHERE agent IS NOT NULL
UNION ALL
SELECT session, time, position, type, severity FROM stretch WHERE session IS NOT NULL;

-- name: add_links
-- One link for each entry of the stretch.
INSERT INTO links (chain, seq, position)
SELECT chain, seq, position FROM entries WHERE position BETWEEN :first AND :last;

-- name: set_listed
-- The stretch is in postings and links.
UPDATE marks SET listed = :last + 1, last_id = (SELECT id FROM entries WHERE position = :last);

-- name: add_texts
-- The searchable part of each payload of the stretch; `:searchable` is a JSON object, dialect -> JSON path.
INSERT INTO texts (rowid, text)
SELECT e.position, iif(json_valid(CAST(e.payload AS TEXT)), CAST(e.payload AS TEXT) -> path.value, '')
FROM entries e CROSS JOIN json_each(:searchable) path ON path.key = e.dialect
WHERE e.position BETWEEN :first AND :last;

-- name: set_searched
-- The stretch is in texts.
UPDATE marks SET searched = :last + 1;
