-- Purpose: foreign keys with one column between tables of the project, those of user_id columns first; and user_id
--          or user_key columns without a foreign key.
-- Parameters: none.
-- Indexes: those of the system catalog.
SELECT child, child_column, parent, parent_column
FROM (
    SELECT c.conrelid::regclass::text AS child, a.attname::text AS child_column,
           c.confrelid::regclass::text AS parent, b.attname::text AS parent_column
    FROM pg_constraint AS c
    JOIN pg_class AS t ON t.oid = c.conrelid AND t.relnamespace = current_schema()::regnamespace
    JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
    JOIN pg_attribute AS b ON b.attrelid = c.confrelid AND b.attnum = c.confkey[1]
    WHERE c.contype = 'f' AND cardinality(c.conkey) = 1 AND NOT t.relispartition
    UNION
    SELECT t.relname::text, a.attname::text, 'users', CASE a.attname WHEN 'user_key' THEN 'user_key' ELSE 'id' END
    FROM pg_class AS t
    JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attname IN ('user_id', 'user_key') AND NOT a.attisdropped
    -- The legacy backups count users by other numbers.
    WHERE t.relkind IN ('r', 'p') AND NOT t.relispartition AND t.relname <> 'users' AND t.relname NOT LIKE '%\_legacy\_backup'
      AND t.relnamespace = current_schema()::regnamespace
      AND NOT EXISTS (
          SELECT FROM pg_constraint AS c
          WHERE c.contype = 'f' AND c.conrelid = t.oid AND c.conkey[1] = a.attnum
      )
) AS links
ORDER BY child_column NOT IN ('user_id', 'user_key'), child, child_column
