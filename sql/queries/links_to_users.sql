-- Purpose: foreign keys of one column between tables of the project, those of columns called user_id first.
-- Parameters: none.
-- Indexes: the catalogue's own.
SELECT c.conrelid::regclass::text AS child, a.attname::text AS child_column,
       c.confrelid::regclass::text AS parent, b.attname::text AS parent_column
FROM pg_constraint AS c
JOIN pg_class AS t ON t.oid = c.conrelid AND t.relnamespace = current_schema()::regnamespace
JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
JOIN pg_attribute AS b ON b.attrelid = c.confrelid AND b.attnum = c.confkey[1]
WHERE c.contype = 'f' AND cardinality(c.conkey) = 1
ORDER BY a.attname <> 'user_id', child, child_column
