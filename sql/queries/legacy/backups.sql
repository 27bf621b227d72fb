-- Purpose: names of the backups that a conversion made.
-- Parameters: none.
-- Indexes: none; reads the system catalog.
SELECT relname AS name FROM pg_class
WHERE relname LIKE '%\_legacy\_backup' AND relkind IN ('r', 'p')
  AND relnamespace = CAST(current_schema() AS regnamespace)
ORDER BY relname COLLATE "C"
