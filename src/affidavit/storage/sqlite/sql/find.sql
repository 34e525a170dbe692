-- Pages of entries. Everywhere: NULL is "any", `:types` and `:severities` are JSON arrays of texts, entries from
-- `:mark` on are not in the index yet, and are scanned. A page lies between `:page_since` and `:page_until`, and beyond
-- `:after_time`, `:after_position` in its order. Positions are put in order first, entries fetched behind that one by
-- one: no payload is ever sorted, and none is read that is not asked for.

-- name: facet
-- The number of a facet; nothing if no entry that is listed has it.
SELECT id FROM facets WHERE workspace = ? AND dialect = ? AND kind = ? AND name = ?;

-- name: count_listed
-- How many entries there are, where nothing of the payload is asked for.
SELECT (
    SELECT count(*) FROM postings
    WHERE facet = :facet AND time BETWEEN :since AND :until
        AND (:types IS NULL OR type IN (
            SELECT id FROM facets
            WHERE workspace = :workspace AND dialect = :dialect AND kind = 'type'
                AND name IN (SELECT value FROM json_each(:types))))
        AND (:severities IS NULL OR severity IN (
            SELECT id FROM facets
            WHERE workspace = :workspace AND dialect = :dialect AND kind = 'severity'
                AND name IN (SELECT value FROM json_each(:severities))))
) + (
    SELECT count(*) FROM entries
    WHERE position >= :mark AND workspace = :workspace AND dialect = :dialect
        AND (:agent IS NULL OR agent = :agent)
        AND (:session IS NULL OR session = :session)
        AND (:types IS NULL OR type IN (SELECT value FROM json_each(:types)))
        AND (:severities IS NULL OR severity IN (SELECT value FROM json_each(:severities)))
        AND time BETWEEN :since AND :until
);

-- name: list_descending
-- A page of them, newest first: both arms are read in this order, merged, and cut off.
WITH page AS MATERIALIZED (
    SELECT time, position FROM postings
    WHERE facet = :facet AND time BETWEEN :page_since AND :page_until
        AND (:after_time IS NULL OR (time, position) < (:after_time, :after_position))
        AND (:types IS NULL OR type IN (
            SELECT id FROM facets
            WHERE workspace = :workspace AND dialect = :dialect AND kind = 'type'
                AND name IN (SELECT value FROM json_each(:types))))
        AND (:severities IS NULL OR severity IN (
            SELECT id FROM facets
            WHERE workspace = :workspace AND dialect = :dialect AND kind = 'severity'
                AND name IN (SELECT value FROM json_each(:severities))))
    UNION ALL
    SELECT time, position FROM entries
    WHERE position >= :mark AND workspace = :workspace AND dialect = :dialect
        AND (:agent IS NULL OR agent = :agent)
        AND (:session IS NULL OR session = :session)
        AND (:types IS NULL OR type IN (SELECT value FROM json_each(:types)))
        AND (:severities IS NULL OR severity IN (SELECT value FROM json_each(:severities)))
        AND time BETWEEN :page_since AND :page_until
        AND (:after_time IS NULL OR (time, position) < (:after_time, :after_position))
    ORDER BY time DESC, position DESC LIMIT :limit OFFSET :offset
)
SELECT e.* FROM page CROSS JOIN entries e ON e.position = page.position ORDER BY page.time DESC, page.position DESC;

-- name: list_ascending
-- The same, oldest first.
WITH page AS MATERIALIZED (
    SELECT time, position FROM postings
    WHERE facet = :facet AND time BETWEEN :page_since AND :page_until
        AND (:after_time IS NULL OR (time, position) > (:after_time, :after_position))
        AND (:types IS NULL OR type IN (
            SELECT id FROM facets
            WHERE workspace = :workspace AND dialect = :dialect AND kind = 'type'
                AND name IN (SELECT value FROM json_each(:types))))
        AND (:severities IS NULL OR severity IN (
            SELECT id FROM facets
            WHERE workspace = :workspace AND dialect = :dialect AND kind = 'severity'
                AND name IN (SELECT value FROM json_each(:severities))))
    UNION ALL
    SELECT time, position FROM entries
    WHERE position >= :mark AND workspace = :workspace AND dialect = :dialect
        AND (:agent IS NULL OR agent = :agent)
        AND (:session IS NULL OR session = :session)
        AND (:types IS NULL OR type IN (SELECT value FROM json_each(:types)))
        AND (:severities IS NULL OR severity IN (SELECT value FROM json_each(:severities)))
        AND time BETWEEN :page_since AND :page_until
        AND (:after_time IS NULL OR (time, position) > (:after_time, :after_position))
    ORDER BY time, position LIMIT :limit OFFSET :offset
)
SELECT e.* FROM page CROSS JOIN entries e ON e.position = page.position ORDER BY page.time, page.position;

-- name: search
-- A page where the payload is asked for, and in front of each row how many there are. Candidates are what the trigrams
-- propose, or one facet's entries, and the tail; each is looked at. `:escaped`, `:raw`: the needle, in lower case, as
-- JSON writes it and as it is. `:labels`: [[path, key, value], ...]. `:direction`: 1 up, -1 down.
WITH wanted AS MATERIALIZED (
    SELECT value ->> 0 AS path, value ->> 1 AS key, value ->> 2 AS value FROM json_each(:labels)
),
places AS MATERIALIZED (SELECT path, count(*) AS labels FROM wanted GROUP BY path),
matches AS MATERIALIZED (
    SELECT e.time * :direction AS time, e.position * :direction AS position FROM entries e
    WHERE (
            e.position IN (
                SELECT rowid FROM texts WHERE texts MATCH :trigrams
                UNION ALL
                SELECT position FROM postings WHERE facet = :facet AND time BETWEEN :since AND :until
            )
            OR e.position >= :mark
        )
        AND e.workspace = :workspace AND e.dialect = :dialect
        AND (:agent IS NULL OR e.agent = :agent)
        AND (:session IS NULL OR e.session = :session)
        AND (:types IS NULL OR e.type IN (SELECT value FROM json_each(:types)))
        AND (:severities IS NULL OR e.severity IN (SELECT value FROM json_each(:severities)))
        AND e.time BETWEEN :since AND :until
        -- The whole payload first: most that do not match are told without reading the JSON.
        AND (:escaped IS NULL OR (
            (instr(lower(CAST(e.payload AS TEXT)), :escaped) OR instr(lower(CAST(e.payload AS TEXT)), :raw))
            AND json_valid(CAST(e.payload AS TEXT))
            AND (
                instr(lower(CAST(e.payload AS TEXT) -> :path), :escaped)
                OR instr(lower(CAST(e.payload AS TEXT) -> :path), :raw)
            )
        ))
        AND (:labels IS NULL OR (
            json_valid(CAST(e.payload AS TEXT))
            -- Each object is read once, however many labels are wanted of it; none has a key twice.
            AND NOT EXISTS (
                SELECT 1 FROM places
                WHERE places.labels > (
                    SELECT count(*)
                    FROM json_each(CAST(e.payload AS TEXT), places.path) member CROSS JOIN wanted
                    WHERE wanted.path = places.path AND wanted.key = member.key
                        AND iif(member.type = 'text', member.atom, CAST(e.payload AS TEXT) -> member.fullkey)
                            = wanted.value
                )
            )
        ))
),
page AS MATERIALIZED (
    SELECT time, position FROM matches
    WHERE :after_time IS NULL OR (time, position) > (:after_time * :direction, :after_position * :direction)
    ORDER BY time, position LIMIT :limit OFFSET :offset
)
SELECT (SELECT count(*) FROM matches), e.*
FROM page CROSS JOIN entries e ON e.position = page.position * :direction
ORDER BY page.time, page.position;
