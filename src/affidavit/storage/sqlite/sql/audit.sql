-- What is derived, compared with the entries. Only what lies below the index's marks: lagging is not a fault.

-- name: ledger_integrity
-- SQLite's own check: every row is in its indexes, every page is where it belongs.
PRAGMA ledger.integrity_check(100);

-- name: index_integrity
-- The same for the index, trigrams included.
PRAGMA main.integrity_check(100);

-- name: unlisted
-- Entries of a stretch that lack a posting or a link, or have one that says something else.
SELECT e.position FROM entries e
LEFT JOIN facets t ON (t.workspace, t.dialect, t.kind, t.name) = (e.workspace, e.dialect, 'type', e.type)
LEFT JOIN facets v
    ON (v.workspace, v.dialect, v.kind, v.name) = (e.workspace, e.dialect, 'severity', e.severity)
WHERE e.position BETWEEN :first AND :last AND (
    NOT EXISTS (SELECT 1 FROM links WHERE chain = e.chain AND seq = e.seq AND position = e.position)
    OR NOT EXISTS (
        SELECT 1 FROM facets f
        CROSS JOIN postings p ON p.facet = f.id AND p.time = e.time AND p.position = e.position
        WHERE (f.workspace, f.dialect, f.kind, f.name) = (e.workspace, e.dialect, 'all', '')
            AND p.type = t.id AND p.severity IS v.id)
    OR e.agent IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM facets f
        CROSS JOIN postings p ON p.facet = f.id AND p.time = e.time AND p.position = e.position
        WHERE (f.workspace, f.dialect, f.kind, f.name) = (e.workspace, e.dialect, 'agent', e.agent)
            AND p.type = t.id AND p.severity IS v.id)
    OR e.session IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM facets f
        CROSS JOIN postings p ON p.facet = f.id AND p.time = e.time AND p.position = e.position
        WHERE (f.workspace, f.dialect, f.kind, f.name) = (e.workspace, e.dialect, 'session', e.session)
            AND p.type = t.id AND p.severity IS v.id)
)
ORDER BY e.position;

-- name: surplus
-- Where every entry has what it must have, only a count can differ: what the index holds beyond the entries.
SELECT
    (SELECT count(*) FROM postings)
        - (SELECT count(*) + count(agent) + count(session) FROM entries WHERE position < :mark),
    (SELECT count(*) FROM links) - (SELECT count(*) FROM entries WHERE position < :mark);
