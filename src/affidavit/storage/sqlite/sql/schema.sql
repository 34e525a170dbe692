-- What a file says it is.

-- name: application_id
-- Whose file this is.
PRAGMA application_id;

-- name: user_version
-- Which version of the schema the file has.
PRAGMA user_version;

-- name: overwrite
-- What a migration deletes is overwritten.
PRAGMA secure_delete = ON;

-- name: objects
-- The schema as it is in the file: a table, index or trigger that is not ours would change what our statements do.
SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name;
