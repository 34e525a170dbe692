-- What is derived, compared with the entries.

-- name: unplaced
-- Runs that overlap, leave a gap, or have no entries, by position.
SELECT position, message FROM (
    SELECT position, CASE
        WHEN position <> coalesce(lag(position + size) OVER (ORDER BY position), 0)
            THEN 'the run before it does not end where this one begins'
    END AS message
    FROM affidavit.runs
) looked_at WHERE message IS NOT NULL ORDER BY position LIMIT 100;

-- name: counts
-- Entries that lie in no run and in no arrival, or the other way round; and the ledger's size against its runs.
SELECT
    (SELECT count(*) FROM affidavit.entries)
        - (SELECT coalesce(sum(size), 0) FROM affidavit.runs) - (SELECT coalesce(sum(size), 0) FROM affidavit.arrivals, unnest(sizes) AS size),
    (SELECT size FROM affidavit.ledger) - (SELECT coalesce(max(position + size), 0) FROM affidavit.runs);

-- name: missing_texts
-- Entries below the mark that no text has, by position; and texts that are not those of their entries. Each is looked for in
-- the one text that can have it, however long its chain.
SELECT p.position FROM affidavit.placed p
LEFT JOIN LATERAL (
    SELECT * FROM affidavit.texts t WHERE t.chain = p.chain AND t.first <= p.seq ORDER BY t.first DESC LIMIT 1
) t ON true
WHERE p.position < (SELECT searched FROM affidavit.marks)
    AND octet_length(p.payload) > 0
    AND (t.first IS NULL OR p.seq >= t.first + t.size OR position(affidavit.lowered(p.payload) IN t.text) = 0)
ORDER BY p.position LIMIT 100;
