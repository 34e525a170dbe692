-- What text searches need, brought forward off the commit's path.

-- name: lock_marks
-- How far texts go; nothing while another brings them forward.
SELECT searched FROM affidavit.marks FOR UPDATE SKIP LOCKED;

-- name: add_texts
-- The texts of a stretch, at most so many entries of a chain to a row: its entries follow one another there without a gap,
-- whatever lies between them.
INSERT INTO affidavit.texts (chain, first, size, text)
SELECT e.chain, min(e.seq), count(*), string_agg(affidavit.lowered(e.payload), E'\n' ORDER BY e.seq)
FROM (
    SELECT * FROM affidavit.runs
    WHERE position < %(end)s AND position >= coalesce(
        (SELECT position FROM affidavit.runs WHERE position <= %(start)s ORDER BY position DESC LIMIT 1), 0
    )
) r
CROSS JOIN LATERAL (
    SELECT * FROM affidavit.entries
    WHERE chain = r.chain
        AND seq >= r.first + greatest(%(start)s - r.position, 0)
        AND seq < r.first + least(r.size, %(end)s - r.position)
    OFFSET 0
) e
GROUP BY e.chain, e.seq / %(width)s
ON CONFLICT (chain, first) DO UPDATE SET size = excluded.size, text = excluded.text;

-- name: set_searched
-- The stretch is in texts.
UPDATE affidavit.marks SET searched = %(end)s;
