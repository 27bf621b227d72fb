-- Purpose: tables of the current schema with their columns.
-- Parameters: none.
-- Indexes: none; reads the system catalog.
SELECT c.relname AS name, coalesce(array_agg(a.attname) FILTER (WHERE a.attname IS NOT NULL), '{}') AS columns
FROM pg_class AS c
LEFT JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = CAST(current_schema() AS regnamespace) AND c.relkind IN ('r', 'p')
GROUP BY c.relname
