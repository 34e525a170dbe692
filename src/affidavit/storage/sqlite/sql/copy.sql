-- What only a copy into another store reads.

-- name: cosignatures
-- Every witness's line.
SELECT size, name, line, at FROM cosignatures ORDER BY size, name;

-- name: timestamps
-- Every time stamp.
SELECT size, token FROM timestamps ORDER BY size;

-- name: requests
-- All that may come again, with the ids of its entries in hex, one behind the other.
SELECT r.key, r.request, (
    SELECT group_concat(hex(id), '' ORDER BY position) FROM entries
    WHERE position >= r.first AND position < r.first + r.size
), r.at
FROM repeats r ORDER BY r.key;
