-- Purpose: everything that defines a table, line by line in a fixed order, without object ids: for a checksum.
--          Rights of this project's roles (isolate_users) are left out, because a restore revokes them.
-- Parameters: table (its name in the current schema).
-- Indexes: none; reads the system catalog.
WITH t AS (SELECT c.* FROM pg_class AS c WHERE c.oid = to_regclass(quote_ident(:table))),
rights AS (
    SELECT c.oid, string_agg(concat_ws(' ', pg_get_userbyid(acl.grantor), acl.grantee::regrole, acl.privilege_type, acl.is_grantable), ',' ORDER BY acl.grantor::regrole::text, acl.grantee::regrole::text, acl.privilege_type) AS granted
    FROM pg_class AS c,
         aclexplode(coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", c.relowner))) AS acl
    WHERE acl.grantee = 0 OR pg_get_userbyid(acl.grantee) NOT IN (
        left(current_database(), 54) || '_pipeline', left(current_database(), 56) || '_reader',
        left(current_database(), 52) || '_statistics'
    )
    GROUP BY c.oid
)
SELECT part
FROM (
    SELECT concat_ws(' ', '0 table', pg_get_userbyid(relowner), relkind, relpersistence, relrowsecurity, relforcerowsecurity,
                     rights.granted, reloptions, obj_description(t.oid, 'pg_class')) AS part
    FROM t LEFT JOIN rights ON rights.oid = t.oid
    UNION ALL
    SELECT concat_ws(' ', '1 column', to_char(a.attnum, 'FM0000'), a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
                     a.attidentity, a.attgenerated, a.attstorage, a.attcollation, a.attacl,
                     pg_get_expr(d.adbin, d.adrelid), col_description(a.attrelid, a.attnum))
    FROM t JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    UNION ALL
    SELECT concat_ws(' ', '2 constraint', k.conname, pg_get_constraintdef(k.oid), k.convalidated)
    FROM t JOIN pg_constraint AS k ON k.conrelid = t.oid
    UNION ALL
    SELECT concat_ws(' ', '3 index', pg_get_indexdef(i.indexrelid), i.indisvalid, i.indisclustered, i.indisreplident)
    FROM t JOIN pg_index AS i ON i.indrelid = t.oid
    UNION ALL
    SELECT concat_ws(' ', '4 trigger', pg_get_triggerdef(g.oid), g.tgenabled)
    FROM t JOIN pg_trigger AS g ON g.tgrelid = t.oid AND NOT g.tgisinternal
    UNION ALL
    SELECT concat_ws(' ', '5 rule', pg_get_ruledef(r.oid)) FROM t JOIN pg_rewrite AS r ON r.ev_class = t.oid
    UNION ALL
    SELECT concat_ws(' ', '6 policy', p.polname, p.polcmd, pg_get_expr(p.polqual, p.polrelid))
    FROM t JOIN pg_policy AS p ON p.polrelid = t.oid
    UNION ALL
    SELECT concat_ws(' ', '7 sequence', s.sequencename, s.data_type, s.start_value, s.min_value, s.max_value, s.increment_by,
                     s.cycle, s.cache_size, s.last_value, rights.granted)
    FROM t
    JOIN pg_depend AS o ON o.refobjid = t.oid AND o.classid = CAST('pg_class' AS regclass) AND o.deptype IN ('a', 'i')
    JOIN pg_class AS c ON c.oid = o.objid AND c.relkind = 'S'
    JOIN pg_sequences AS s ON s.sequencename = c.relname AND s.schemaname = current_schema()
    LEFT JOIN rights ON rights.oid = c.oid
) AS parts
ORDER BY part COLLATE "C"
