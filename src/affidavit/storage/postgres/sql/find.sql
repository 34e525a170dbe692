-- Pages of entries. NULL is "any". A page lies beyond `after_time`, `after_position` in its order, and ends with the entry
-- that brings its payloads to `most` bytes.

-- name: count
-- How many entries there are, where nothing of the payload is asked for.
SELECT count(*) FROM affidavit.entries
WHERE workspace = %(workspace)s AND dialect = %(dialect)s AND time BETWEEN %(since)s AND %(until)s
    AND (%(agent)s::text IS NULL OR hashtextextended(agent, 0) = hashtextextended(%(agent)s, 0) AND agent = %(agent)s)
    AND (%(session)s::text IS NULL
        OR hashtextextended(session, 0) = hashtextextended(%(session)s, 0) AND session = %(session)s)
    AND (%(types)s::text[] IS NULL OR type = ANY(%(types)s))
    AND (%(severities)s::text[] IS NULL OR severity = ANY(%(severities)s));

-- name: list_descending
-- A page of them, newest first.
SELECT * FROM (
    SELECT *, sum(octet_length(payload)) OVER (
        ORDER BY time DESC, position DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS size
    FROM (
        SELECT * FROM affidavit.placed
        WHERE workspace = %(workspace)s AND dialect = %(dialect)s AND time BETWEEN %(page_since)s AND %(page_until)s
            AND (%(agent)s::text IS NULL
                OR hashtextextended(agent, 0) = hashtextextended(%(agent)s, 0) AND agent = %(agent)s)
            AND (%(session)s::text IS NULL
                OR hashtextextended(session, 0) = hashtextextended(%(session)s, 0) AND session = %(session)s)
            AND (%(types)s::text[] IS NULL OR type = ANY(%(types)s))
            AND (%(severities)s::text[] IS NULL OR severity = ANY(%(severities)s))
            AND (%(after_time)s::bigint IS NULL OR (time, position) < (%(after_time)s, %(after_position)s::bigint))
        ORDER BY time DESC, position DESC LIMIT %(limit)s OFFSET %(offset)s
    ) page
) block
WHERE coalesce(size, 0) < %(most)s ORDER BY time DESC, position DESC;

-- name: list_ascending
-- The same, oldest first.
SELECT * FROM (
    SELECT *, sum(octet_length(payload)) OVER (
        ORDER BY time, position ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS size
    FROM (
        SELECT * FROM affidavit.placed
        WHERE workspace = %(workspace)s AND dialect = %(dialect)s AND time BETWEEN %(page_since)s AND %(page_until)s
            AND (%(agent)s::text IS NULL
                OR hashtextextended(agent, 0) = hashtextextended(%(agent)s, 0) AND agent = %(agent)s)
            AND (%(session)s::text IS NULL
                OR hashtextextended(session, 0) = hashtextextended(%(session)s, 0) AND session = %(session)s)
            AND (%(types)s::text[] IS NULL OR type = ANY(%(types)s))
            AND (%(severities)s::text[] IS NULL OR severity = ANY(%(severities)s))
            AND (%(after_time)s::bigint IS NULL OR (time, position) > (%(after_time)s, %(after_position)s::bigint))
        ORDER BY time, position LIMIT %(limit)s OFFSET %(offset)s
    ) page
) block
WHERE coalesce(size, 0) < %(most)s ORDER BY time, position;

-- name: candidates_ascending
-- Entries that may be asked for, where the payload is, oldest first: of these agents and sessions, with the text anywhere.
SELECT * FROM affidavit.placed
WHERE workspace = %(workspace)s AND dialect = %(dialect)s AND time BETWEEN %(since)s AND %(until)s
    AND (%(agent)s::text IS NULL OR hashtextextended(agent, 0) = hashtextextended(%(agent)s, 0) AND agent = %(agent)s)
    AND (%(session)s::text IS NULL
        OR hashtextextended(session, 0) = hashtextextended(%(session)s, 0) AND session = %(session)s)
    AND (%(types)s::text[] IS NULL OR type = ANY(%(types)s))
    AND (%(severities)s::text[] IS NULL OR severity = ANY(%(severities)s))
    AND (%(escaped)s::text IS NULL
        OR strpos(affidavit.lowered(payload), %(escaped)s) > 0 OR strpos(affidavit.lowered(payload), %(raw)s::text) > 0)
ORDER BY time, position;

-- name: candidates_descending
-- The same, newest first.
SELECT * FROM affidavit.placed
WHERE workspace = %(workspace)s AND dialect = %(dialect)s AND time BETWEEN %(since)s AND %(until)s
    AND (%(agent)s::text IS NULL OR hashtextextended(agent, 0) = hashtextextended(%(agent)s, 0) AND agent = %(agent)s)
    AND (%(session)s::text IS NULL
        OR hashtextextended(session, 0) = hashtextextended(%(session)s, 0) AND session = %(session)s)
    AND (%(types)s::text[] IS NULL OR type = ANY(%(types)s))
    AND (%(severities)s::text[] IS NULL OR severity = ANY(%(severities)s))
    AND (%(escaped)s::text IS NULL
        OR strpos(affidavit.lowered(payload), %(escaped)s) > 0 OR strpos(affidavit.lowered(payload), %(raw)s::text) > 0)
ORDER BY time DESC, position DESC;

-- name: proposed
-- The same by what texts propose, and what they have not seen. `direction`: 1 up, -1 down.
SELECT p.*
FROM (
    SELECT chain, first AS start, first + size AS beyond FROM affidavit.texts
    WHERE text LIKE %(like_escaped)s OR text LIKE %(like_raw)s::text
    UNION ALL
    SELECT chain, first + greatest((SELECT searched FROM affidavit.marks) - position, 0), first + size FROM affidavit.runs
    WHERE position >= coalesce((
        SELECT position FROM affidavit.runs WHERE position <= (SELECT searched FROM affidavit.marks)
        ORDER BY position DESC LIMIT 1
    ), 0)
) stretch
CROSS JOIN LATERAL (
    SELECT * FROM affidavit.placed WHERE chain = stretch.chain AND seq >= stretch.start AND seq < stretch.beyond OFFSET 0
) p
WHERE workspace = %(workspace)s AND dialect = %(dialect)s AND time BETWEEN %(since)s AND %(until)s
    AND (%(agent)s::text IS NULL OR agent = %(agent)s)
    AND (%(types)s::text[] IS NULL OR type = ANY(%(types)s))
    AND (%(severities)s::text[] IS NULL OR severity = ANY(%(severities)s))
    AND (strpos(affidavit.lowered(payload), %(escaped)s) > 0 OR strpos(affidavit.lowered(payload), %(raw)s::text) > 0)
ORDER BY time * %(direction)s::bigint, p.position * %(direction)s::bigint;
