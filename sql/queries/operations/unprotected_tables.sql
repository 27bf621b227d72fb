-- Purpose: tables with user data in this schema, whoever created them, that lack row-level security or the reader's
--          policy. Backups of the legacy tables and
--          partitions are left out: no role may read them.
-- Parameters: none.
-- Indexes: none; reads the system catalog.
SELECT c.relname AS name
FROM unnest(personal_tables(ARRAY(
    SELECT CAST(relname AS text) FROM pg_class
    WHERE relnamespace = CAST(current_schema() AS regnamespace) AND relkind IN ('r', 'p') AND NOT relispartition
      AND relname NOT LIKE '%\_legacy\_backup'
))) AS personal
JOIN pg_class AS c ON c.oid = to_regclass(quote_ident(personal))
WHERE NOT c.relrowsecurity
   OR NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = c.oid AND polname = 'reader' AND polqual IS NOT NULL)
ORDER BY c.relname
