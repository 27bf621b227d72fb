-- Purpose: everything with a name of its own in these tables: the tables, their indexes, and the sequences that they own.
-- Parameters: tables (text[], names in the current schema).
-- Indexes: none; reads the system catalog.
WITH given (oid) AS (
    SELECT CAST(to_regclass(quote_ident(name)) AS oid) FROM unnest(CAST(:tables AS text[])) AS name
)
SELECT c.relname AS name, c.relkind AS kind
FROM pg_class AS c
WHERE c.oid IN (
    SELECT oid FROM given
    UNION
    SELECT i.indexrelid FROM pg_index AS i JOIN given ON given.oid = i.indrelid
    UNION
    SELECT d.objid FROM pg_depend AS d JOIN given ON given.oid = d.refobjid
    WHERE d.classid = CAST('pg_class' AS regclass) AND d.refclassid = CAST('pg_class' AS regclass)
      AND d.deptype IN ('a', 'i')
) AND c.relkind IN ('r', 'p', 'i', 'I', 'S')
ORDER BY c.relkind, c.relname
