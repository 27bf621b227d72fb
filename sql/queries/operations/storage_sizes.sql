-- Purpose: bytes of each table of the project with its indexes and TOAST, the planner's estimate of its rows, and
--          the bytes of the whole database.
-- Parameters: none.
-- Indexes: none; reads the system catalog.
SELECT c.relname AS "table", pg_total_relation_size(c.oid) AS bytes, greatest(c.reltuples, 0) AS estimated_rows,
       pg_database_size(current_database()) AS database_bytes
FROM pg_class AS c
WHERE c.relkind = 'r'
  AND c.relnamespace = 'public'::regnamespace
  AND c.relname !~ '^_?yoyo'
ORDER BY bytes DESC, c.relname
