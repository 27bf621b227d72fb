-- Purpose: these tables, and all that foreign keys connect with them, in either direction.
-- Parameters: names (text[], tables of the current schema).
-- Indexes: none; reads the system catalog.
WITH RECURSIVE linked (oid) AS (
    SELECT CAST(to_regclass(quote_ident(name)) AS oid) FROM unnest(CAST(:names AS text[])) AS name
    UNION
    SELECT CASE WHEN k.conrelid = linked.oid THEN k.confrelid ELSE k.conrelid END
    FROM pg_constraint AS k JOIN linked ON linked.oid IN (k.conrelid, k.confrelid)
    WHERE k.contype = 'f'
)
SELECT c.relname AS name FROM linked JOIN pg_class AS c ON c.oid = linked.oid ORDER BY c.relname
