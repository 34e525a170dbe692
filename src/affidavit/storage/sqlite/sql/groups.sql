-- Entries by what they have in common. Entries from `:mark` on are not in the index yet, and are scanned.

-- name: agents
-- Agents with entries in a span of time: name, entries, least and greatest time.
SELECT name, sum(entries), min(first), max(last) FROM (
    SELECT f.name, count(*) AS entries, min(p.time) AS first, max(p.time) AS last
    FROM facets f CROSS JOIN postings p ON p.facet = f.id AND p.time BETWEEN :since AND :until
    WHERE f.workspace = :workspace AND f.dialect = :dialect AND f.kind = 'agent'
    GROUP BY f.id
    UNION ALL
    SELECT agent, count(*), min(time), max(time) FROM entries
    WHERE position >= :mark AND workspace = :workspace AND dialect = :dialect AND agent IS NOT NULL
        AND time BETWEEN :since AND :until
    GROUP BY agent
)
GROUP BY name ORDER BY name;

-- name: sessions
-- The same of sessions.
SELECT name, sum(entries), min(first), max(last) FROM (
    SELECT f.name, count(*) AS entries, min(p.time) AS first, max(p.time) AS last
    FROM facets f CROSS JOIN postings p ON p.facet = f.id AND p.time BETWEEN :since AND :until
    WHERE f.workspace = :workspace AND f.dialect = :dialect AND f.kind = 'session'
    GROUP BY f.id
    UNION ALL
    SELECT session, count(*), min(time), max(time) FROM entries
    WHERE position >= :mark AND workspace = :workspace AND dialect = :dialect AND session IS NOT NULL
        AND time BETWEEN :since AND :until
    GROUP BY session
)
GROUP BY name ORDER BY name;
