DO $$
DECLARE
    policy record;
    role_name text;
    granted record;
BEGIN
    FOR policy IN SELECT tablename, policyname FROM pg_policies
        WHERE schemaname = current_schema() AND policyname IN ('pipeline', 'reader', 'statistics')
    LOOP
        EXECUTE format('DROP POLICY %I ON %I', policy.policyname, policy.tablename);
        EXECUTE format('ALTER TABLE %I DISABLE ROW LEVEL SECURITY', policy.tablename);
    END LOOP;
    FOREACH role_name IN ARRAY ARRAY[isolation_role('pipeline'), isolation_role('reader'), isolation_role('statistics')] LOOP
        IF to_regrole(quote_ident(role_name)) IS NOT NULL THEN
            -- Only where the role was given something: a REVOKE writes the rights of a table anew.
            FOR granted IN
                SELECT c.oid FROM pg_class AS c, aclexplode(c.relacl) AS acl
                WHERE acl.grantee = to_regrole(quote_ident(role_name))
                UNION
                SELECT a.attrelid FROM pg_attribute AS a, aclexplode(a.attacl) AS acl
                WHERE acl.grantee = to_regrole(quote_ident(role_name))
            LOOP
                EXECUTE format('REVOKE ALL ON %s FROM %I', granted.oid::regclass, role_name);
            END LOOP;
            EXECUTE format('REVOKE ALL ON SCHEMA %I FROM %I', current_schema(), role_name);
            -- Logins may be members of the role: then it stays, without any right here.
            BEGIN
                EXECUTE format('DROP ROLE %I', role_name);
            EXCEPTION WHEN dependent_objects_still_exist OR insufficient_privilege THEN
                NULL;
            END;
        END IF;
    END LOOP;
END
$$;
DROP FUNCTION reader_rule;
DROP FUNCTION personal_tables;
DROP FUNCTION isolate_users;
DROP FUNCTION reader_id;
DROP FUNCTION reader_key;
DROP FUNCTION isolation_role;
