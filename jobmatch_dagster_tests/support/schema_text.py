"""The schema that migrations make, as text: what PostgreSQL's catalog knows about it, one object a line."""

from pathlib import Path

from sqlalchemy import Connection, text

# Written by `make schema`.
RECORDED_SCHEMA = Path(__file__).parent / "data" / "schema.txt"

_SCHEMA = text("""
WITH relation AS (
    SELECT c.* FROM pg_class AS c
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relname !~ 'yoyo' AND c.relkind <> 'v'
      AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.objid = c.oid AND d.deptype = 'e')
), procedure AS (
    SELECT p.* FROM pg_proc AS p
    WHERE p.pronamespace = current_schema()::regnamespace
      AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.objid = p.oid AND d.deptype = 'e')
), object (line) AS (
    SELECT format('extension %s in %s', extname, extnamespace::regnamespace) FROM pg_extension
    WHERE extname <> 'plpgsql'
    UNION ALL
    SELECT format('table %s kind=%s persistence=%s options=%s row security=%s forced=%s comment=%s', relname, relkind,
                  relpersistence, reloptions, relrowsecurity, relforcerowsecurity, obj_description(oid, 'pg_class'))
    FROM relation WHERE relkind NOT IN ('i', 'S')
    UNION ALL
    SELECT format('column %s %s %s %s not null=%s identity=%s generated=%s default=%s storage=%s compression=%s '
                  'collation=%s statistics=%s options=%s comment=%s',
                  r.relname, to_char(a.attnum, 'FM000'), a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
                  a.attidentity, a.attgenerated, pg_get_expr(d.adbin, d.adrelid), a.attstorage, a.attcompression,
                  CASE WHEN a.attcollation <> 0 THEN a.attcollation::regcollation END, a.attstattarget, a.attoptions,
                  col_description(r.oid, a.attnum))
    FROM relation AS r JOIN pg_attribute AS a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE r.relkind NOT IN ('i', 'S')
    UNION ALL
    SELECT format('constraint %s %s %s validated=%s inherited=%s comment=%s', r.relname, k.conname,
                  pg_get_constraintdef(k.oid), k.convalidated, NOT k.connoinherit,
                  obj_description(k.oid, 'pg_constraint'))
    FROM relation AS r JOIN pg_constraint AS k ON k.conrelid = r.oid
    UNION ALL
    SELECT format('index %s options=%s valid=%s clustered=%s replica identity=%s comment=%s',
                  pg_get_indexdef(i.indexrelid), c.reloptions, i.indisvalid, i.indisclustered, i.indisreplident,
                  obj_description(i.indexrelid, 'pg_class'))
    FROM relation AS r JOIN pg_index AS i ON i.indrelid = r.oid JOIN pg_class AS c ON c.oid = i.indexrelid
    UNION ALL
    SELECT format('trigger %s %s %s', r.relname, pg_get_triggerdef(t.oid), t.tgenabled)
    FROM relation AS r JOIN pg_trigger AS t ON t.tgrelid = r.oid AND NOT t.tgisinternal
    UNION ALL
    SELECT format('rule %s %s', r.relname, pg_get_ruledef(w.oid))
    FROM relation AS r JOIN pg_rewrite AS w ON w.ev_class = r.oid
    UNION ALL
    SELECT format('policy %s %s for %s to %s permissive=%s using=%s check=%s', p.tablename, p.policyname, p.cmd,
                  p.roles, p.permissive, p.qual, p.with_check)
    FROM pg_policies AS p WHERE p.schemaname = current_schema()
    UNION ALL
    SELECT format('sequence %s %s start=%s min=%s max=%s by=%s cycle=%s cache=%s owned by %s', s.sequencename,
                  s.data_type, s.start_value, s.min_value, s.max_value, s.increment_by, s.cycle, s.cache_size,
                  (SELECT concat(d.refobjid::regclass, '.', a.attname) FROM pg_depend AS d
                   JOIN pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
                   WHERE d.classid = 'pg_class'::regclass AND d.objid = r.oid AND d.deptype IN ('a', 'i')))
    FROM pg_sequences AS s JOIN relation AS r ON r.relname = s.sequencename WHERE s.schemaname = current_schema()
    UNION ALL
    SELECT format('function %s comment=%s %s', proname, obj_description(oid, 'pg_proc'), pg_get_functiondef(oid))
    FROM procedure
    UNION ALL
    SELECT format('type %s %s', typname, typtype) FROM pg_type
    WHERE typnamespace = current_schema()::regnamespace AND typtype IN ('d', 'e', 'r')
    UNION ALL
    SELECT format('statistics %s', pg_get_statisticsobjdef(oid)) FROM pg_statistic_ext
    WHERE stxnamespace = current_schema()::regnamespace
    UNION ALL
    SELECT format('grant %s on %s to %s', string_agg(acl.privilege_type, ', ' ORDER BY acl.privilege_type), r.relname,
                  acl.grantee::regrole)
    FROM pg_class AS r, aclexplode(r.relacl) AS acl
    WHERE r.relnamespace = current_schema()::regnamespace AND r.relkind <> 'v' AND acl.grantee <> r.relowner
    GROUP BY r.relname, acl.grantee
    UNION ALL
    SELECT format('grant %s on %s.%s to %s', acl.privilege_type, r.relname, a.attname, acl.grantee::regrole)
    FROM relation AS r JOIN pg_attribute AS a ON a.attrelid = r.oid, aclexplode(a.attacl) AS acl
    UNION ALL
    SELECT format('grant %s on schema to %s', acl.privilege_type, acl.grantee::regrole)
    FROM pg_namespace AS n, aclexplode(n.nspacl) AS acl
    WHERE n.oid = current_schema()::regnamespace AND acl.grantee NOT IN (0, n.nspowner)
    UNION ALL
    SELECT format('grant %s on function %s to %s', acl.privilege_type, proname, acl.grantee::regrole)
    FROM procedure, aclexplode(proacl) AS acl
    UNION ALL
    SELECT format('role %s superuser=%s inherit=%s login=%s create role=%s bypass row security=%s', rolname, rolsuper,
                  rolinherit, rolcanlogin, rolcreaterole, rolbypassrls)
    FROM pg_roles WHERE rolname LIKE replace(current_database(), '_', '\\_') || '\\_%'
)
SELECT replace(line, current_database() || '_', 'DATABASE_') FROM object
""")


def schema_text(connection: Connection) -> str:
    """The schema without owners, object ids, views and the tables of yoyo, in a fixed order.

    Roles are named after their database: its name is replaced by DATABASE.
    """
    return "".join(f"{line}\n" for line in sorted(connection.scalars(_SCHEMA)))
