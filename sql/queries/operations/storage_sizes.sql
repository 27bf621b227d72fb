-- Purpose: bytes of each table of the project with its partitions, indexes and TOAST, the planner's estimate of its rows, and
--          the bytes of the whole database.
-- Parameters: none.
-- Indexes: none; reads the system catalog.
SELECT c.relname AS "table", sum(pg_total_relation_size(part.oid)) AS bytes,
       sum(greatest(part.reltuples, 0)) AS estimated_rows, pg_database_size(current_database()) AS database_bytes
FROM pg_class AS c
LEFT JOIN pg_inherits AS i ON i.inhparent = c.oid
JOIN pg_class AS part ON part.oid = coalesce(i.inhrelid, c.oid)
WHERE c.relkind IN ('r', 'p')
  AND NOT c.relispartition
  AND c.relnamespace = 'public'::regnamespace
  AND c.relname !~ '^_?yoyo'
GROUP BY c.oid, c.relname
ORDER BY bytes DESC, c.relname
