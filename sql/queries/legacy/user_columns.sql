-- Purpose: columns of the legacy backups that identify the user of a row: id in users, user_id elsewhere.
-- Parameters: none.
-- Indexes: none; reads the system catalog.
SELECT c.relname AS table_name, a.attname AS column_name
FROM pg_class AS c
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'p') AND c.relname LIKE '%\_legacy\_backup'
  AND c.relnamespace = CAST(current_schema() AS regnamespace)
  AND a.attname = CASE c.relname WHEN 'users_legacy_backup' THEN 'id' ELSE 'user_id' END
ORDER BY a.attname, c.relname
