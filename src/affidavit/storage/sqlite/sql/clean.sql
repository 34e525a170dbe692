-- Erased entries taken out of the index. `:traces`: a JSON array of arrays, what the index knows of each entry: position,
-- workspace, dialect, agent, session, type, severity, time; and `at`, which is its time from now on.

-- name: add_erased_type
-- The type of erased entries is ''.
INSERT OR IGNORE INTO facets (workspace, dialect, kind, name)
SELECT DISTINCT value ->> 1, value ->> 2, 'type', '' FROM json_each(:traces);

-- name: delete_postings
-- All there are.
DELETE FROM postings WHERE (facet, time, position) IN (
    SELECT f.id, t.value ->> 7, t.value ->> 0
    FROM json_each(:traces) t
    CROSS JOIN facets f ON (f.workspace, f.dialect) = (t.value ->> 1, t.value ->> 2)
        AND (f.kind, f.name) IN (
            VALUES ('all', ''), ('agent', t.value ->> 3), ('session', t.value ->> 4)
        )
);

-- name: add_postings
-- What every entry has.
INSERT INTO postings (facet, time, position, type, severity)
SELECT f.id, t.value ->> 8, t.value ->> 0, e.id, NULL
FROM json_each(:traces) t
CROSS JOIN facets f ON (f.workspace, f.dialect, f.kind, f.name) = (t.value ->> 1, t.value ->> 2, 'all', '')
CROSS JOIN facets e ON (e.workspace, e.dialect, e.kind, e.name) = (t.value ->> 1, t.value ->> 2, 'type', '');

-- name: erase_facets
-- The names that only these entries had. It loses no byte: what is left of the row is no longer than it was.
UPDATE facets SET workspace = id, dialect = '', kind = '', name = '' WHERE id IN (
    SELECT f.id
    FROM (
        SELECT DISTINCT value ->> 1 AS workspace, value ->> 2 AS dialect, kind, name FROM (
            SELECT value, 'agent' AS kind, value ->> 3 AS name FROM json_each(:traces)
            UNION ALL
            SELECT value, 'session', value ->> 4 FROM json_each(:traces)
            UNION ALL
            SELECT value, 'type', value ->> 5 FROM json_each(:traces)
            UNION ALL
            SELECT value, 'severity', value ->> 6 FROM json_each(:traces)
        )
    ) had
    CROSS JOIN facets f ON (f.workspace, f.dialect, f.kind, f.name) = (had.workspace, had.dialect, had.kind, had.name)
    CROSS JOIN facets a ON (a.workspace, a.dialect, a.kind, a.name) = (had.workspace, had.dialect, 'all', '')
    WHERE CASE f.kind
        WHEN 'type' THEN NOT EXISTS (SELECT 1 FROM postings WHERE facet = a.id AND type = f.id)
        WHEN 'severity' THEN NOT EXISTS (SELECT 1 FROM postings WHERE facet = a.id AND severity = f.id)
        ELSE NOT EXISTS (SELECT 1 FROM postings WHERE facet = f.id)
    END
);

-- name: rewrite_names
-- An ordered table keeps copies of what lay on a page before it was split. Its pages are overwritten and filled anew.
REINDEX main.facets;

-- name: delete_text
-- One text, which must be what was added.
INSERT INTO texts (texts, rowid, text) VALUES ('delete', ?, ?);

-- name: delete_texts
-- Every text there is.
INSERT INTO texts (texts) VALUES ('delete-all');

-- name: search_anew
-- The texts are added again.
UPDATE marks SET searched = 0;
